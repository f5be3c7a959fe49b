"""No password in a form that was sent too late

Revision ID: 0029
Revises: 0028
"""

from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade():
    # The form that closes an account was stored with its password; nobody goes on with such a form, for it asks again.
    op.execute("delete from held_form where cast(fields as text) like '%password%'")


def downgrade():
    """What was removed does not come back."""
