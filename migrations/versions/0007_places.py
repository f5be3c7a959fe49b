"""How much of its place an unnamed demand shows: nothing until the site has counted who shares it

`upkeep.settle_places` decides it, in `flask prepare` and in the background.

Revision ID: 0007
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    # A constant default is added at once by both databases; a CHECK would make SQLite copy the table.
    op.add_column(
        'demand',
        sa.Column('place_shown', sa.String(10), nullable=False, server_default=''),
    )


def downgrade():
    op.drop_column('demand', 'place_shown')
