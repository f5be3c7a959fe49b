"""Commissions of brokers, and who confirmed them

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

CURRENT = "state in ('proposed', 'signed')"


def upgrade():
    op.create_table(
        'commission_agreement',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('broker_id', sa.Integer(), nullable=False),
        sa.Column('payer', sa.String(length=10), nullable=False),
        sa.Column('mode', sa.String(length=10), nullable=False),
        sa.Column('base', sa.String(length=20), nullable=False),
        sa.Column('rate', sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column('amount_fen', sa.BigInteger(), nullable=True),
        sa.Column('tiers', sa.String(length=500), nullable=False),
        sa.Column('trigger', sa.String(length=12), nullable=False),
        sa.Column('cap_fen', sa.BigInteger(), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('text_hash', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('settled_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_agreement')),
        sa.ForeignKeyConstraint(
            ['case_id'], ['brokerage_case.id'], name=op.f('fk_commission_agreement_case_id_brokerage_case')
        ),
        sa.ForeignKeyConstraint(['broker_id'], ['person.id'], name=op.f('fk_commission_agreement_broker_id_person')),
        *(
            sa.CheckConstraint(rule, name=op.f(f'ck_commission_agreement_{name}'))
            for name, rule in (
                ('state', "state in ('proposed', 'signed', 'withdrawn')"),
                ('payer', "payer in ('holder', 'receiver', 'both')"),
                ('mode', "mode in ('fixed', 'percent', 'tier', 'success')"),
                ('base', "base in ('technology_amount', 'total_amount')"),
                ('trigger', '"trigger" in (\'signed\', \'registered\', \'received\')'),
                ('amount', "mode not in ('fixed', 'success') or amount_fen is not null"),
                ('rate', "mode not in ('percent', 'success') or rate is not null"),
                ('tiers', "mode <> 'tier' or tiers <> ''"),
                ('rate_range', 'rate is null or (rate > 0 and rate <= 100)'),
                ('amount_range', 'amount_fen is null or amount_fen > 0'),
                ('cap_range', 'cap_fen is null or cap_fen > 0'),
                ('settled_at', "(state = 'proposed') = (settled_at is null)"),
            )
        ),
    )
    op.create_index('ix_commission_agreement_case_id', 'commission_agreement', ['case_id'])
    op.create_index('ix_commission_agreement_broker_id', 'commission_agreement', ['broker_id'])
    op.create_index(
        'uq_commission_agreement_current', 'commission_agreement', ['case_id'],
        unique=True, sqlite_where=sa.text(CURRENT), postgresql_where=sa.text(CURRENT),
    )
    op.create_table(
        'commission_signature',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('agreement_id', sa.Integer(), nullable=False),
        sa.Column('side', sa.String(length=10), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('text_hash', sa.String(length=64), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_signature')),
        sa.ForeignKeyConstraint(
            ['agreement_id'], ['commission_agreement.id'],
            name=op.f('fk_commission_signature_agreement_id_commission_agreement'),
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_commission_signature_by_id_person')),
        sa.CheckConstraint("side in ('holder', 'receiver')", name=op.f('ck_commission_signature_side')),
        sa.UniqueConstraint('agreement_id', 'side', name=op.f('uq_commission_signature_agreement_id_side')),
    )
    op.create_index('ix_commission_signature_agreement_id', 'commission_signature', ['agreement_id'])


def downgrade():
    op.drop_table('commission_signature')
    op.drop_table('commission_agreement')
