"""Policies: versions of clauses, official texts, kept estimates

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade():
    stands = sa.text('replaced_at IS NULL')
    op.create_table(
        'policy_clause',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('made_by', sa.Integer(), nullable=True),
        sa.Column('replaced_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_clause')),
        sa.ForeignKeyConstraint(['made_by'], ['person.id'], name=op.f('fk_policy_clause_made_by_person')),
        sa.CheckConstraint("text <> ''", name=op.f('ck_policy_clause_text')),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f('ck_policy_clause_period')),
    )
    op.create_index('uq_policy_clause_number', 'policy_clause', ['code', 'number'], unique=True)
    op.create_index(
        'uq_policy_clause_first_day', 'policy_clause', ['code', 'valid_from'], unique=True,
        sqlite_where=stands, postgresql_where=stands,
    )
    op.create_table(
        'policy_text',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('document', sa.String(length=200), nullable=False),
        sa.Column('clause', sa.String(length=40), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('file_sha256', sa.String(length=64), nullable=False),
        sa.Column('loaded_at', sa.DateTime(), nullable=False),
        sa.Column('replaced_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_text')),
    )
    op.create_index(
        'uq_policy_text_clause', 'policy_text', ['document', 'clause'], unique=True,
        sqlite_where=stands, postgresql_where=stands,
    )
    op.create_table(
        'policy_estimate',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('made_by', sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_estimate')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_policy_estimate_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['made_by'], ['person.id'], name=op.f('fk_policy_estimate_made_by_person')),
    )
    op.create_index('ix_policy_estimate_organisation_id', 'policy_estimate', ['organisation_id'])


def downgrade():
    op.drop_table('policy_estimate')
    op.drop_table('policy_text')
    op.drop_table('policy_clause')
