"""Files that are added to what is public wait at the desk first; diagnoses end with a conclusion

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = '0064'
down_revision = '0063'
branch_labels = None
depends_on = None

CHECK = "conclusion in ('', 'ready', 'incomplete', 'long_term')"


def upgrade():
    op.add_column('attachment', sa.Column('endorsed_at', sa.DateTime(), nullable=True))
    # What was there before went to the operators at once, and waits for nobody else now.
    op.execute('update attachment set endorsed_at = created_at')
    if op.get_bind().dialect.name == 'sqlite':
        # With its check in one statement: the table is not rebuilt.
        op.execute(
            "alter table diagnosis add column conclusion varchar(12) not null default ''"
            f' constraint ck_diagnosis_conclusion check ({CHECK})'
        )
    else:
        op.add_column(
            'diagnosis', sa.Column('conclusion', sa.String(length=12), nullable=False, server_default='')
        )
        op.create_check_constraint(op.f('ck_diagnosis_conclusion'), 'diagnosis', CHECK)
    # What a firm has confirmed can be dealt with as it is.
    op.execute("update diagnosis set conclusion = 'ready' where state = 'rewritten'")


def downgrade():
    if op.get_bind().dialect.name != 'sqlite':
        op.drop_constraint(op.f('ck_diagnosis_conclusion'), 'diagnosis', type_='check')
    op.drop_column('diagnosis', 'conclusion')
    op.drop_column('attachment', 'endorsed_at')
