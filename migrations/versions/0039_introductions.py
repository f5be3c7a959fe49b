"""Introductions of two sides, and what they write to each other

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

CURRENT = "state in ('waiting', 'overdue', 'accepted')"


def upgrade():
    op.create_table(
        'introduction',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('wanted_kind', sa.String(length=20), nullable=False),
        sa.Column('wanted_id', sa.Integer(), nullable=False),
        sa.Column('own_kind', sa.String(length=20), nullable=True),
        sa.Column('own_id', sa.Integer(), nullable=True),
        sa.Column('asking_organisation_id', sa.Integer(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=False),
        sa.Column('message', sa.String(length=500), nullable=False),
        sa.Column('is_unnamed', sa.Boolean(), nullable=False),
        sa.Column('opens_firm', sa.Boolean(), nullable=False),
        sa.Column('answer_opens_firm', sa.Boolean(), nullable=False),
        sa.Column('grade', sa.String(length=12), nullable=True),
        sa.Column('why', sa.String(length=500), nullable=False),
        sa.Column('words', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_introduction')),
        sa.ForeignKeyConstraint(
            ['asking_organisation_id'], ['organisation.id'],
            name=op.f('fk_introduction_asking_organisation_id_organisation'),
        ),
        sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_introduction_asked_by_id_person')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_introduction_decided_by_id_person')),
        sa.CheckConstraint("wanted_kind in ('achievement', 'demand')", name=op.f('ck_introduction_wanted_kind')),
        sa.CheckConstraint(
            "own_kind is null or (own_kind in ('achievement', 'demand') and own_kind <> wanted_kind)",
            name=op.f('ck_introduction_own_kind'),
        ),
        sa.CheckConstraint('(own_kind is null) = (own_id is null)', name=op.f('ck_introduction_own_id')),
        sa.CheckConstraint(
            "state in ('waiting', 'overdue', 'accepted', 'declined', 'withdrawn', 'ended')",
            name=op.f('ck_introduction_state'),
        ),
        sa.CheckConstraint(
            "(state in ('waiting', 'overdue')) = (decided_at is null)", name=op.f('ck_introduction_decided_at')
        ),
        sa.CheckConstraint("state <> 'declined' or reason <> ''", name=op.f('ck_introduction_reason')),
        sa.CheckConstraint("state <> 'ended' or note <> ''", name=op.f('ck_introduction_note')),
    )
    op.create_index('ix_introduction_asking_organisation_id', 'introduction', ['asking_organisation_id'])
    op.create_index('ix_introduction_asked_by_id', 'introduction', ['asked_by_id'])
    op.create_index('ix_introduction_state', 'introduction', ['state'])
    op.create_index('ix_introduction_own', 'introduction', ['own_kind', 'own_id'])
    op.create_index(
        'uq_introduction_current', 'introduction', ['wanted_kind', 'wanted_id', 'asking_organisation_id'],
        unique=True, sqlite_where=sa.text(CURRENT), postgresql_where=sa.text(CURRENT),
    )
    op.create_table(
        'introduction_message',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('introduction_id', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('by_asking_side', sa.Boolean(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_introduction_message')),
        sa.ForeignKeyConstraint(
            ['introduction_id'], ['introduction.id'], name=op.f('fk_introduction_message_introduction_id_introduction')
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_introduction_message_by_id_person')),
    )
    op.create_index('ix_introduction_message_introduction_id', 'introduction_message', ['introduction_id'])


def downgrade():
    op.drop_table('introduction_message')
    op.drop_table('introduction')
