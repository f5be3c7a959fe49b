"""Requests for a broker; a listing is given to one broker once at a time

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade():
    # Of two presses at the same moment both were stored; the first one stays.
    op.execute(
        'update assignment set ended_at = "at" where ended_at is null and exists (select 1 from assignment as earlier'
        ' where earlier.kind = assignment.kind and earlier.listing_id = assignment.listing_id'
        ' and earlier.broker_id = assignment.broker_id and earlier.ended_at is null and earlier.id < assignment.id)'
    )
    op.create_index(
        'uq_assignment_open', 'assignment', ['kind', 'listing_id', 'broker_id'], unique=True,
        sqlite_where=sa.text('ended_at is null'), postgresql_where=sa.text('ended_at is null'),
    )
    op.create_table(
        'broker_request',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('listing_kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=True),
        sa.Column('broker_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_broker_request')),
        sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_broker_request_asked_by_id_person')),
        sa.ForeignKeyConstraint(['broker_id'], ['person.id'], name=op.f('fk_broker_request_broker_id_person')),
        sa.CheckConstraint("listing_kind in ('achievement', 'demand')", name=op.f('ck_broker_request_listing_kind')),
        sa.CheckConstraint(
            "state in ('requested', 'open', 'accepted', 'declined', 'assigned', 'refused', 'withdrawn')",
            name=op.f('ck_broker_request_state'),
        ),
        sa.CheckConstraint(
            "state not in ('requested', 'accepted', 'declined', 'assigned') or broker_id is not null",
            name=op.f('ck_broker_request_broker_id'),
        ),
        sa.CheckConstraint(
            "(state in ('requested', 'open')) = (decided_at is null)", name=op.f('ck_broker_request_decided_at')
        ),
        sa.CheckConstraint(
            "state not in ('declined', 'refused') or reason <> ''", name=op.f('ck_broker_request_reason')
        ),
    )
    op.create_index('ix_broker_request_broker_id', 'broker_request', ['broker_id'])
    op.create_index('ix_broker_request_state', 'broker_request', ['state'])
    op.create_index(
        'uq_broker_request_open', 'broker_request', ['listing_kind', 'listing_id'], unique=True,
        sqlite_where=sa.text("state in ('requested', 'open')"),
        postgresql_where=sa.text("state in ('requested', 'open')"),
    )


def downgrade():
    op.drop_table('broker_request')
    op.drop_index('uq_assignment_open', table_name='assignment')
