"""Pairs of listings that resemble one another

Revision ID: 0037
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'listing_pair',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('listing_kind', sa.String(length=20), nullable=False),
        sa.Column('one_id', sa.Integer(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=False),
        sa.Column('score', sa.Float(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('gone_id', sa.Integer(), nullable=True),
        sa.Column('found_at', sa.DateTime(), nullable=False),
        sa.Column('settled_at', sa.DateTime(), nullable=True),
        sa.Column('settled_by_id', sa.Integer(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_pair')),
        sa.ForeignKeyConstraint(['settled_by_id'], ['person.id'], name=op.f('fk_listing_pair_settled_by_id_person')),
        sa.UniqueConstraint('listing_kind', 'one_id', 'other_id', name='uq_listing_pair'),
        sa.CheckConstraint("listing_kind in ('achievement', 'demand')", name=op.f('ck_listing_pair_listing_kind')),
        sa.CheckConstraint('one_id < other_id', name=op.f('ck_listing_pair_order')),
        sa.CheckConstraint("state in ('proposed', 'apart', 'merged')", name=op.f('ck_listing_pair_state')),
        sa.CheckConstraint("(state = 'proposed') = (settled_at is null)", name=op.f('ck_listing_pair_settled')),
        sa.CheckConstraint(
            "(state = 'merged') = (gone_id is not null) and (gone_id is null or gone_id in (one_id, other_id))",
            name=op.f('ck_listing_pair_gone'),
        ),
    )
    op.create_index('ix_listing_pair_gone', 'listing_pair', ['listing_kind', 'gone_id'])
    op.create_index('ix_listing_pair_state', 'listing_pair', ['state'])


def downgrade():
    # What was merged stays withdrawn: the former release has no deed that takes it back.
    op.drop_table('listing_pair')
