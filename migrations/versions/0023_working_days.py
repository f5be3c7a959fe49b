"""Announced days off and working days, for deadlines

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'holiday_year',
        sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('status', sa.String(length=12), nullable=False),
        sa.Column('source', sa.String(length=200), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('changed_by', sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint('year', name=op.f('pk_holiday_year')),
        sa.ForeignKeyConstraint(['changed_by'], ['person.id'], name=op.f('fk_holiday_year_changed_by_person')),
        sa.CheckConstraint("status in ('announced', 'unverified')", name=op.f('ck_holiday_year_status')),
        sa.CheckConstraint("status <> 'announced' or source <> ''", name=op.f('ck_holiday_year_source')),
    )
    op.create_table(
        'special_day',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('works', sa.Boolean(), nullable=False),
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint('day', name=op.f('pk_special_day')),
        sa.ForeignKeyConstraint(['year'], ['holiday_year.year'], name=op.f('fk_special_day_year_holiday_year')),
    )
    op.create_index('ix_special_day_year', 'special_day', ['year'])


def downgrade():
    op.drop_table('special_day')
    op.drop_table('holiday_year')
