"""What is typed and not saved yet, and what demands for people and money are asked

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

LINES = {'talent_role': 120, 'qualification': 200, 'pay': 200, 'security': 200}
TERMS = {
    'education': ('any', 'college', 'bachelor', 'master', 'doctor'),
    'firm_stage': ('seed', 'start_up', 'growth', 'mature'),
}
COLUMNS = (*LINES, *TERMS, 'headcount', 'engagement_modes', 'capital_sought', 'financing_modes', 'capital_use')


def upgrade():
    op.create_table(
        'unsaved_form',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('place', sa.String(length=40), nullable=False),
        sa.Column('fields', sa.JSON(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('seen', sa.Integer(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_unsaved_form')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_unsaved_form_person_id_person')),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_unsaved_form_kind')),
        sa.UniqueConstraint('person_id', 'kind', 'place', name='uq_unsaved_form_place'),
    )
    op.create_index('ix_unsaved_form_updated_at', 'unsaved_form', ['updated_at'])
    for name, length in LINES.items():
        op.add_column('demand', sa.Column(name, sa.String(length), nullable=False, server_default=''))
    op.add_column('demand', sa.Column('capital_use', sa.String(500), nullable=False, server_default=''))
    op.add_column('demand', sa.Column('headcount', sa.Integer(), nullable=True))
    for name in ('engagement_modes', 'financing_modes'):
        op.add_column('demand', sa.Column(name, sa.JSON(), nullable=False, server_default='[]'))
    op.add_column('demand', sa.Column('capital_sought', sa.Numeric(14, 4), nullable=True))
    for name, codes in TERMS.items():
        # Written out: both databases take a check with the column, and SQLite takes it no other way without a copy of
        # the table, on which everything hangs.
        listed = ', '.join(f"'{code}'" for code in codes)
        op.execute(
            f'alter table demand add column {name} varchar(20) constraint ck_demand_{name}'
            f' check ({name} is null or {name} in ({listed}))'
        )


def downgrade():
    for name in reversed(COLUMNS):
        op.drop_column('demand', name)
    op.drop_table('unsaved_form')
