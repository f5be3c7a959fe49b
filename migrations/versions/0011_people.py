"""Signing in: confirmed addresses, locks, second factors, sessions, past passwords, consents, what was typed before

The people who are there are carried over: their address counts as confirmed since they were added, their password as
set today, so that nobody is made to change it by the upgrade itself. Everybody signs in once more.

Revision ID: 0011
Revises: 0014
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0014'
branch_labels = None
depends_on = None

# Columns that may be empty, or have a constant to begin with: both databases add them without copying the table.
COLUMNS = (
    ('mobile', sa.String(20)),
    ('password_set_at', sa.DateTime()),
    ('confirmed_at', sa.DateTime()),
    ('failed_at', sa.DateTime()),
    ('locked_until', sa.DateTime()),
    ('tf_primary_method', sa.String(20)),
    ('tf_totp_secret', sa.Text()),
    ('tf_counter', sa.Integer()),
    ('mf_recovery_codes', sa.Text()),
)


def upgrade():
    for name, kind in COLUMNS:
        op.add_column('person', sa.Column(name, kind, nullable=True))
    op.add_column(
        'person',
        sa.Column('failed_count', sa.Integer(), nullable=False, server_default='0'),
    )
    op.create_index('uq_person_mobile', 'person', ['mobile'], unique=True)
    person = sa.table(
        'person',
        sa.column('confirmed_at', sa.DateTime()),
        sa.column('password_set_at', sa.DateTime()),
        sa.column('created_at', sa.DateTime()),
    )
    today = datetime.now(UTC).replace(tzinfo=None)
    op.execute(
        person.update().values(
            confirmed_at=person.c.created_at, password_set_at=today
        )
    )
    op.create_table(
        'person_session',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('token_digest', sa.String(64), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('seen_at', sa.DateTime(), nullable=False),
        sa.Column('idle_minutes', sa.Integer(), nullable=False),
        sa.Column('agent', sa.String(60), nullable=False),
        sa.Column('address', sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'],
            ['person.id'],
            name=op.f('fk_person_session_person_id_person'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_person_session')),
        sa.UniqueConstraint(
            'token_digest', name=op.f('uq_person_session_token_digest')
        ),
    )
    op.create_index(
        op.f('ix_person_session_person_id'), 'person_session', ['person_id']
    )
    op.create_index(op.f('ix_person_session_seen_at'), 'person_session', ['seen_at'])
    op.create_table(
        'past_password',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('password', sa.String(255), nullable=False),
        sa.Column('until', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'],
            ['person.id'],
            name=op.f('fk_past_password_person_id_person'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_past_password')),
    )
    op.create_index(op.f('ix_past_password_person_id'), 'past_password', ['person_id'])
    op.create_table(
        'agreement_text',
        sa.Column('version', sa.String(40), nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('since', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('version', name=op.f('pk_agreement_text')),
    )
    op.create_table(
        'consent',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('version', sa.String(40), nullable=False),
        sa.Column('given_at', sa.DateTime(), nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['person_id'],
            ['person.id'],
            name=op.f('fk_consent_person_id_person'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['version'],
            ['agreement_text.version'],
            name=op.f('fk_consent_version_agreement_text'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_consent')),
    )
    op.create_index('ix_consent_person_id_kind', 'consent', ['person_id', 'kind'])
    op.create_table(
        'held_form',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('token_digest', sa.String(64), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(10), nullable=False),
        sa.Column('path', sa.String(500), nullable=False),
        sa.Column('fields', sa.JSON(), nullable=False),
        sa.Column('held_at', sa.DateTime(), nullable=False),
        sa.Column('until', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'],
            ['person.id'],
            name=op.f('fk_held_form_person_id_person'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_held_form')),
        sa.UniqueConstraint('token_digest', name=op.f('uq_held_form_token_digest')),
    )
    op.create_index(op.f('ix_held_form_person_id'), 'held_form', ['person_id'])
    op.create_index(op.f('ix_held_form_until'), 'held_form', ['until'])


def downgrade():
    for name in (
        'held_form',
        'consent',
        'agreement_text',
        'past_password',
        'person_session',
    ):
        op.drop_table(name)
    op.drop_index('uq_person_mobile', 'person')
    # Whoever has set no password yet could sign in nowhere; the column held NULL before too.
    for name, _ in reversed(COLUMNS):
        op.drop_column('person', name)
    op.drop_column('person', 'failed_count')
