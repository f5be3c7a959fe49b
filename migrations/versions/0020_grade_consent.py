"""A grade model is a candidate until an operator has it used; those from before were never consented to

Revision ID: 0020
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('grade_model') as batch:
        # Nobody was asked about the models from before, and nobody counted whose verdicts they rest on: none stays in
        # force, and the next night prepares a candidate where there are verdicts enough.
        batch.add_column(sa.Column('state', sa.String(length=20), nullable=False, server_default='dropped'))
        batch.add_column(sa.Column('people', sa.Integer(), nullable=False, server_default='0'))
        batch.add_column(sa.Column('organisations', sa.Integer(), nullable=False, server_default='0'))
        batch.add_column(sa.Column('effect', sa.JSON(), nullable=False, server_default='{}'))
        batch.add_column(sa.Column('used_at', sa.DateTime(), nullable=True))
        batch.add_column(sa.Column('used_by_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('revision', sa.Integer(), nullable=False, server_default='1'))
        batch.create_foreign_key(batch.f('fk_grade_model_used_by_id_person'), 'person', ['used_by_id'], ['id'])
        batch.create_check_constraint(
            batch.f('ck_grade_model_state'), "state in ('candidate', 'active', 'former', 'dropped')"
        )
        batch.create_check_constraint(
            batch.f('ck_grade_model_consented'),
            "state not in ('active', 'former') or (used_at is not null and used_by_id is not null)",
        )
    op.create_index(
        'uq_grade_model_active', 'grade_model', ['state'], unique=True,
        sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"),
    )


def downgrade():
    op.drop_index('uq_grade_model_active', table_name='grade_model')
    # The newest model of a ranking was in force by itself where it did better: only what was consented to may be.
    op.execute("update grade_model set better = (state = 'active')")
    with op.batch_alter_table('grade_model') as batch:
        batch.drop_constraint(batch.f('ck_grade_model_consented'), type_='check')
        batch.drop_constraint(batch.f('ck_grade_model_state'), type_='check')
        batch.drop_constraint(batch.f('fk_grade_model_used_by_id_person'), type_='foreignkey')
        for name in ('revision', 'used_by_id', 'used_at', 'effect', 'organisations', 'people', 'state'):
            batch.drop_column(name)
