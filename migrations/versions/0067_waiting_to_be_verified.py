"""Since when organisations wait to be verified

Revision ID: 0067
Revises: 0066

Those that have people wait since they were entered: nobody recorded when they were renamed or supplied anything.
"""

import sqlalchemy as sa
from alembic import op

revision = '0067'
down_revision = '0066'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('organisation', sa.Column('waiting_since', sa.DateTime(), nullable=True))
    op.execute(
        'update organisation set waiting_since = created_at'
        ' where exists (select 1 from membership where membership.organisation_id = organisation.id)'
    )


def downgrade():
    # Its rows of History stay: they name what was done, and no table refers to them.
    op.drop_column('organisation', 'waiting_since')
