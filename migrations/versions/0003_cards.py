"""The card of a listing: what lists show of it, stored in its row

Cards are written by `flask prepare` (`upkeep.write_cards`); a row without one is shown all the same.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    # ADD COLUMN as it is, not a copy of the table: both databases add a column without a default at once.
    for table in ('achievement', 'demand'):
        op.add_column(table, sa.Column('card', sa.JSON(), nullable=True))


def downgrade():
    for table in ('achievement', 'demand'):
        op.drop_column(table, 'card')
