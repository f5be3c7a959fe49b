"""Notices: the outbox of mail and the page of notices, what people chose to get, and what they stopped

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'notice',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('uid', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('recipient', sa.String(length=270), nullable=False),
        sa.Column('address', sa.String(length=254), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('subject', sa.String(length=120), nullable=False),
        sa.Column('happened', sa.Text(), nullable=False),
        sa.Column('to_do', sa.Text(), nullable=False),
        sa.Column('until', sa.String(length=40), nullable=False),
        sa.Column('link', sa.Text(), nullable=False),
        sa.Column('about_kind', sa.String(length=30), nullable=False),
        sa.Column('about_id', sa.Integer(), nullable=True),
        sa.Column('urgent', sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column('in_app', sa.Boolean(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('not_before', sa.DateTime(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('lease', sa.String(length=32), nullable=False),
        sa.Column('lease_until', sa.DateTime(), nullable=True),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('error', sa.String(length=500), nullable=False),
        sa.Column('digest_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('sent_at', sa.DateTime(), nullable=True),
        sa.Column('read_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'held', 'sending', 'sent', 'gathered', 'failed', 'suppressed')",
            name=op.f('ck_notice_state'),
        ),
        sa.CheckConstraint("(state = 'sending') = (lease <> '')", name=op.f('ck_notice_leased')),
        sa.CheckConstraint("state <> 'sending' or message <> ''", name=op.f('ck_notice_written')),
        sa.CheckConstraint("(state = 'sent') = (sent_at is not null)", name=op.f('ck_notice_sent')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_person_id_person')),
        sa.ForeignKeyConstraint(['digest_id'], ['notice.id'], name=op.f('fk_notice_digest_id_notice')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
        sa.UniqueConstraint('uid', name=op.f('uq_notice_uid')),
        sa.UniqueConstraint('recipient', 'key', name=op.f('uq_notice_recipient_key')),
    )
    op.create_index('ix_notice_due', 'notice', ['state', 'not_before'])
    op.create_index('ix_notice_person', 'notice', ['person_id', 'in_app', 'read_at'])
    op.create_index('ix_notice_address', 'notice', ['address', 'sent_at'])
    op.create_index('ix_notice_about', 'notice', ['about_kind', 'about_id'])
    op.create_table(
        'notice_setting',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('quiet_from', sa.Integer(), nullable=False),
        sa.Column('quiet_until', sa.Integer(), nullable=False),
        sa.Column('daily', sa.Boolean(), nullable=False),
        sa.CheckConstraint('quiet_from between 0 and 23', name=op.f('ck_notice_setting_quiet_from')),
        sa.CheckConstraint('quiet_until between 0 and 23', name=op.f('ck_notice_setting_quiet_until')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_notice_setting_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_notice_setting')),
    )
    op.create_table(
        'notice_stop',
        sa.Column('recipient', sa.String(length=270), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('recipient', 'kind', name=op.f('pk_notice_stop')),
    )


def downgrade():
    op.drop_table('notice_stop')
    op.drop_table('notice_setting')
    op.drop_index('ix_notice_about', 'notice')
    op.drop_index('ix_notice_address', 'notice')
    op.drop_index('ix_notice_person', 'notice')
    op.drop_index('ix_notice_due', 'notice')
    op.drop_table('notice')
