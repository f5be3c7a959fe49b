"""Requests to join organisations, and invitations

Revision ID: 0014
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'join_request',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('note', sa.String(200), nullable=False),
        sa.Column('state', sa.String(10), nullable=False),
        sa.Column('reason', sa.String(200), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'accepted', 'declined', 'withdrawn')", name=op.f('ck_join_request_state')
        ),
        sa.CheckConstraint("(state = 'waiting') = (decided_at is null)", name=op.f('ck_join_request_decided_at')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], ondelete='CASCADE', name=op.f('fk_join_request_person_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_join_request_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_join_request_decided_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_join_request')),
    )
    op.create_index(op.f('ix_join_request_person_id'), 'join_request', ['person_id'])
    op.create_index(op.f('ix_join_request_organisation_id'), 'join_request', ['organisation_id'])
    op.create_index(
        'uq_join_request_waiting', 'join_request', ['person_id', 'organisation_id'], unique=True,
        sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        'invitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(254), nullable=False),
        sa.Column('role', sa.String(12), nullable=False),
        sa.Column('is_administrator', sa.Boolean(), nullable=False),
        sa.Column('digest', sa.String(64), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        sa.Column('expires_at', sa.DateTime(), nullable=False),
        sa.Column('used_at', sa.DateTime(), nullable=True),
        sa.Column('used_by_id', sa.Integer(), nullable=True),
        sa.Column('revoked_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("role in ('member', 'researcher', 'desk')", name=op.f('ck_invitation_role')),
        sa.CheckConstraint('used_at is null or revoked_at is null', name=op.f('ck_invitation_used_or_revoked')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_invitation_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_invitation_created_by_id_person')),
        sa.ForeignKeyConstraint(['used_by_id'], ['person.id'], name=op.f('fk_invitation_used_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
        sa.UniqueConstraint('digest', name=op.f('uq_invitation_digest')),
    )
    op.create_index(op.f('ix_invitation_organisation_id'), 'invitation', ['organisation_id'])
    op.create_index(op.f('ix_invitation_email'), 'invitation', ['email'])


def downgrade():
    op.drop_table('invitation')
    op.drop_table('join_request')
