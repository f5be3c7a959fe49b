"""What co-owners of achievements are asked, and say

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'co_owner_consent',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('achievement_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('name_key', sa.String(length=254), nullable=False),
        sa.Column('co_owner_id', sa.Integer(), nullable=True),
        sa.Column('email', sa.String(length=254), server_default='', nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('terms', sa.String(length=300), nullable=False),
        sa.Column('text_version', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.String(length=500), server_default='', nullable=False),
        sa.Column('answered_as', sa.String(length=120), server_default='', nullable=False),
        sa.Column('answered_by_id', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_co_owner_consent')),
        sa.ForeignKeyConstraint(
            ['achievement_id'], ['achievement.id'], name=op.f('fk_co_owner_consent_achievement_id_achievement')
        ),
        sa.ForeignKeyConstraint(
            ['co_owner_id'], ['organisation.id'], name=op.f('fk_co_owner_consent_co_owner_id_organisation')
        ),
        sa.ForeignKeyConstraint(
            ['answered_by_id'], ['person.id'], name=op.f('fk_co_owner_consent_answered_by_id_person')
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_co_owner_consent_by_id_person')),
        sa.CheckConstraint(
            "state in ('requested', 'agreed', 'refused', 'withdrawn')", name=op.f('ck_co_owner_consent_state')
        ),
        sa.CheckConstraint("state <> 'refused' or reason <> ''", name=op.f('ck_co_owner_consent_reason')),
        sa.CheckConstraint(
            "state not in ('agreed', 'refused') or answered_at is not null",
            name=op.f('ck_co_owner_consent_answered_at'),
        ),
        sa.CheckConstraint(
            "co_owner_id is not null or email <> ''", name=op.f('ck_co_owner_consent_reached')
        ),
    )
    op.create_index(op.f('ix_co_owner_consent_achievement_id'), 'co_owner_consent', ['achievement_id'])
    op.create_index(op.f('ix_co_owner_consent_co_owner_id'), 'co_owner_consent', ['co_owner_id'])
    op.create_index(op.f('ix_co_owner_consent_state'), 'co_owner_consent', ['state'])
    living = sa.text("state <> 'withdrawn'")
    op.create_index(
        'uq_co_owner_consent_open', 'co_owner_consent', ['achievement_id', 'name_key'],
        unique=True, sqlite_where=living, postgresql_where=living,
    )


def downgrade():
    op.drop_table('co_owner_consent')
