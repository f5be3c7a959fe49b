"""Contacts are shown as long as the person who typed them agrees; nobody has been asked before

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('person', sa.Column('publishes_contact', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    op.drop_column('person', 'publishes_contact')
