"""Industry chains, districts and high-tech fields as versions beside the word lists, and what they moved

Revision ID: 0052
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = '0052'
down_revision = '0050'
branch_labels = None
depends_on = None

DICTIONARIES = ('chains', 'districts', 'fields')
KIND = 'ck_word_list_version_kind'


def upgrade():
    # No version of them: a site begins with what its tables hold.
    with op.batch_alter_table('chain') as batch:
        batch.add_column(sa.Column('successor', sa.String(length=30), nullable=False, server_default=''))
    with op.batch_alter_table('hitech_field') as batch:
        batch.add_column(sa.Column('active', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column('successor', sa.String(length=8), nullable=False, server_default=''))
    with op.batch_alter_table('word_list_version') as batch:
        batch.drop_constraint(op.f(KIND), type_='check')
        batch.create_check_constraint(
            op.f(KIND), "kind IN ('synonyms', 'terms', 'stop_words', 'chains', 'districts', 'fields')"
        )
    with op.batch_alter_table('word_edition') as batch:
        for name in DICTIONARIES:
            batch.add_column(sa.Column(f'{name}_id', sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f'fk_word_edition_{name}_id_word_list_version'), 'word_list_version', [f'{name}_id'], ['id']
            )
    op.create_table(
        'moved_code',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('dictionary', sa.String(length=20), nullable=False),
        sa.Column('thing_kind', sa.String(length=20), nullable=False),
        sa.Column('thing_id', sa.Integer(), nullable=False),
        sa.Column('was', sa.String(length=30), nullable=False),
        sa.Column('became', sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_moved_code')),
        sa.CheckConstraint("dictionary IN ('chains', 'districts', 'fields')", name=op.f('ck_moved_code_dictionary')),
        sa.CheckConstraint(
            "thing_kind IN ('achievement', 'demand', 'organisation')", name=op.f('ck_moved_code_thing_kind')
        ),
    )
    op.create_index('ix_moved_code_dictionary', 'moved_code', ['dictionary'])


def downgrade():
    op.drop_table('moved_code')
    with op.batch_alter_table('word_edition') as batch:
        for name in DICTIONARIES:
            batch.drop_constraint(op.f(f'fk_word_edition_{name}_id_word_list_version'), type_='foreignkey')
            batch.drop_column(f'{name}_id')
    op.execute("delete from word_preview where version_id in (select id from word_list_version where kind in"
               " ('chains', 'districts', 'fields'))")
    op.execute("delete from word_list_version where kind in ('chains', 'districts', 'fields')")
    with op.batch_alter_table('word_list_version') as batch:
        batch.drop_constraint(op.f(KIND), type_='check')
        batch.create_check_constraint(KIND, "kind IN ('synonyms', 'terms', 'stop_words')")
    with op.batch_alter_table('hitech_field') as batch:
        batch.drop_column('successor')
        batch.drop_column('active')
    with op.batch_alter_table('chain') as batch:
        batch.drop_column('successor')
