"""Saved searches, and what people were alerted to

Revision ID: 0028
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'saved_search',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('query', sa.String(length=2000), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_saved_search_person_id_person')),
        sa.UniqueConstraint('person_id', 'query', name='uq_saved_search_query'),
    )
    op.create_table(
        'alerted',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('for_kind', sa.String(length=20), nullable=False),
        sa.Column('for_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alerted')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_alerted_person_id_person')),
        sa.CheckConstraint("(for_kind = 'search') = (for_id = 0)", name=op.f('ck_alerted_for_id')),
        sa.UniqueConstraint('person_id', 'for_kind', 'for_id', 'kind', 'listing_id', name='uq_alerted'),
    )
    op.create_index('ix_alerted_at', 'alerted', ['at'])
    op.create_table(
        'match_scan',
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('published_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('kind', 'listing_id', name=op.f('pk_match_scan')),
    )
    # What is public already is no news: nobody shall get a mail for each old listing on the day of the upgrade.
    for kind in ('achievement', 'demand'):
        op.execute(
            f"insert into match_scan (kind, listing_id, published_at) select '{kind}', id, published_at from {kind}"
            " where state = 'published' and published_at is not null"
        )


def downgrade():
    op.drop_table('match_scan')
    op.drop_table('alerted')
    op.drop_table('saved_search')
