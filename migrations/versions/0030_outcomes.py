"""How demands ended, and when

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('demand', sa.Column('outcome', sa.String(length=12), nullable=True))
    op.add_column('demand', sa.Column('closed_at', sa.DateTime(), nullable=True))
    # When it was, the history says; how it ended nobody was asked, so nothing is claimed.
    op.execute(
        'update demand set closed_at = (select max(h."at") from history h'
        " where h.kind = 'demand' and h.thing_id = demand.id and h.deed = 'close')"
        " where state in ('closed', 'archived')"
    )


def downgrade():
    with op.batch_alter_table('demand') as batch:
        batch.drop_column('closed_at')
        batch.drop_column('outcome')
