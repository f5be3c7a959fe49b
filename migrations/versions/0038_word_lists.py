"""Word lists as versions: drafts on top of the shipped lists, their previews, and the editions that are in force

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def _where(condition):
    return {'sqlite_where': sa.text(condition), 'postgresql_where': sa.text(condition)}


def upgrade():
    # No row: a site begins with the lists as they are shipped, and its index and matchers stay valid.
    op.create_table(
        'word_list_version',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('added', sa.Text(), nullable=False),
        sa.Column('removed', sa.Text(), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.Column('in_force_since', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_word_list_version')),
        sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_word_list_version_author_id_person')),
        sa.CheckConstraint("kind IN ('synonyms', 'terms', 'stop_words')", name=op.f('ck_word_list_version_kind')),
        sa.CheckConstraint(
            "state IN ('draft', 'building', 'in_force', 'former', 'withdrawn')",
            name=op.f('ck_word_list_version_state'),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'building', 'withdrawn') OR in_force_since IS NOT NULL",
            name=op.f('ck_word_list_version_in_force_since'),
        ),
    )
    op.create_index('uq_word_list_version_number', 'word_list_version', ['kind', 'number'], unique=True)
    op.create_index(
        'uq_word_list_version_draft', 'word_list_version', ['kind'], unique=True,
        **_where("state IN ('draft', 'building')"),
    )
    op.create_index(
        'uq_word_list_version_in_force', 'word_list_version', ['kind'], unique=True, **_where("state = 'in_force'")
    )
    op.create_table(
        'word_preview',
        sa.Column('version_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('edition', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('version_id', name=op.f('pk_word_preview')),
        sa.ForeignKeyConstraint(
            ['version_id'], ['word_list_version.id'], name=op.f('fk_word_preview_version_id_word_list_version')
        ),
    )
    op.create_table(
        'word_edition',
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('synonyms_id', sa.Integer(), nullable=True),
        sa.Column('terms_id', sa.Integer(), nullable=True),
        sa.Column('stop_words_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('in_force_since', sa.DateTime(), nullable=True),
        sa.Column('failure', sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint('number', name=op.f('pk_word_edition')),
        sa.ForeignKeyConstraint(
            ['synonyms_id'], ['word_list_version.id'], name=op.f('fk_word_edition_synonyms_id_word_list_version')
        ),
        sa.ForeignKeyConstraint(
            ['terms_id'], ['word_list_version.id'], name=op.f('fk_word_edition_terms_id_word_list_version')
        ),
        sa.ForeignKeyConstraint(
            ['stop_words_id'], ['word_list_version.id'], name=op.f('fk_word_edition_stop_words_id_word_list_version')
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_word_edition_by_id_person')),
        sa.CheckConstraint(
            "state IN ('building', 'in_force', 'former', 'cancelled')", name=op.f('ck_word_edition_state')
        ),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'former') OR in_force_since IS NOT NULL",
            name=op.f('ck_word_edition_in_force_since'),
        ),
    )
    op.create_index('uq_word_edition_building', 'word_edition', ['state'], unique=True, **_where("state = 'building'"))
    op.create_index('uq_word_edition_in_force', 'word_edition', ['state'], unique=True, **_where("state = 'in_force'"))


def downgrade():
    op.drop_table('word_edition')
    op.drop_table('word_preview')
    op.drop_table('word_list_version')
