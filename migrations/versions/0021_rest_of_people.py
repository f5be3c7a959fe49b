"""Twins: which pairs are sure, and which brands too many bear to be compared

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade():
    # What is sure is looked at again by the work of the next night.
    op.add_column('twin_pair', sa.Column('is_sure', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        'twin_crowd',
        sa.Column('key', sa.String(200), nullable=False),
        sa.Column('bearers', sa.Integer(), nullable=False),
        sa.Column('examples', sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_twin_crowd')),
    )


def downgrade():
    op.drop_table('twin_crowd')
    op.drop_column('twin_pair', 'is_sure')
