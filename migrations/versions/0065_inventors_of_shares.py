"""To whom the statement of an inventor is given

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = '0065'
down_revision = '0064'
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == 'sqlite':
        # In one statement: Alembic leaves references of an added column out.
        op.execute(
            'alter table inventor_share add column person_id integer'
            ' constraint fk_inventor_share_person_id_person references person (id)'
        )
    else:
        op.add_column('inventor_share', sa.Column('person_id', sa.Integer(), nullable=True))
        op.create_foreign_key(op.f('fk_inventor_share_person_id_person'), 'inventor_share', 'person', ['person_id'], ['id'])
    op.create_index(op.f('ix_inventor_share_person_id'), 'inventor_share', ['person_id'], unique=False)


def downgrade():
    op.drop_index(op.f('ix_inventor_share_person_id'), table_name='inventor_share')
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_constraint(op.f('fk_inventor_share_person_id_person'), 'inventor_share', type_='foreignkey')
    op.drop_column('inventor_share', 'person_id')
