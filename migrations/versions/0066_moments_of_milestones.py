"""When milestones were planned and when they were recorded as done

Revision ID: 0066
Revises: 0065

Releases are dated by these moments. Nobody recorded those of earlier milestones: theirs is that of the migration, the first
at which a release could say so.
"""

from datetime import datetime, timezone

import sqlalchemy as sa
from alembic import op

revision = '0066'
down_revision = '0065'
branch_labels = None
depends_on = None


def upgrade():
    moment = datetime.now(timezone.utc).replace(tzinfo=None)
    default = sa.text(f"'{moment:%Y-%m-%d %H:%M:%S.%f}'")
    op.add_column('contract_milestone', sa.Column('planned_at', sa.DateTime(), nullable=False, server_default=default))
    op.add_column('contract_milestone', sa.Column('done_at', sa.DateTime(), nullable=True))
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('contract_milestone', 'planned_at', server_default=None)
    op.execute('update contract_milestone set done_at = planned_at where done_on is not null')


def downgrade():
    op.drop_column('contract_milestone', 'done_at')
    op.drop_column('contract_milestone', 'planned_at')
