"""Values of law and policy with dates, source and status

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'rule_value',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('value', sa.Text(), nullable=False),
        sa.Column('unit', sa.String(length=20), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.Column('document', sa.String(length=200), nullable=False),
        sa.Column('clause', sa.String(length=100), nullable=False),
        sa.Column('says', sa.String(length=300), nullable=False),
        sa.Column('in_force', sa.String(length=10), nullable=False),
        sa.Column('checked', sa.String(length=10), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('made_by', sa.Integer(), nullable=True),
        sa.Column('replaced_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_value')),
        sa.ForeignKeyConstraint(['made_by'], ['person.id'], name=op.f('fk_rule_value_made_by_person')),
        sa.CheckConstraint("kind IN ('decimal', 'int', 'text', 'bool')", name=op.f('ck_rule_value_kind')),
        sa.CheckConstraint("in_force IN ('active', 'draft', 'lapsed')", name=op.f('ck_rule_value_in_force')),
        sa.CheckConstraint("checked IN ('verified', 'unverified')", name=op.f('ck_rule_value_checked')),
        sa.CheckConstraint("value <> ''", name=op.f('ck_rule_value_value')),
        sa.CheckConstraint("unit <> ''", name=op.f('ck_rule_value_unit')),
        sa.CheckConstraint("document <> ''", name=op.f('ck_rule_value_document')),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f('ck_rule_value_period')),
    )
    op.create_index('uq_rule_value_number', 'rule_value', ['key', 'number'], unique=True)
    stands = sa.text('replaced_at IS NULL')
    op.create_index(
        'uq_rule_value_first_day', 'rule_value', ['key', 'valid_from'], unique=True,
        sqlite_where=stands, postgresql_where=stands,
    )


def downgrade():
    op.drop_table('rule_value')
