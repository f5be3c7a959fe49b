"""Files that are added to what is public wait at the desk of their institution first

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = '0064'
down_revision = '0063'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('attachment', sa.Column('endorsed_at', sa.DateTime(), nullable=True))
    # What was there before went to the operators at once, and waits for nobody else now.
    op.execute('update attachment set endorsed_at = created_at')


def downgrade():
    op.drop_column('attachment', 'endorsed_at')
