"""Whether a database belongs to a rehearsal

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = '0058'
down_revision = '0057'
branch_labels = None
depends_on = None


def upgrade():
    # Empty: what is there already is no rehearsal.
    op.create_table(
        'rehearsal_mark',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('speed', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_rehearsal_mark_one')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rehearsal_mark')),
    )


def downgrade():
    op.drop_table('rehearsal_mark')
