"""Deals: what two sides carry from talks to a contract

Revision ID: 0046
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = '0044'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'deal',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('introduction_id', sa.Integer(), nullable=False),
        sa.Column('achievement_id', sa.Integer(), nullable=True),
        sa.Column('demand_id', sa.Integer(), nullable=True),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('holder_organisation_id', sa.Integer(), nullable=False),
        sa.Column('receiver_organisation_id', sa.Integer(), nullable=False),
        sa.Column('holder_person_id', sa.Integer(), nullable=True),
        sa.Column('receiver_person_id', sa.Integer(), nullable=True),
        sa.Column('proposed_by_side', sa.String(length=10), nullable=False),
        sa.Column('proposed_by_id', sa.Integer(), nullable=False),
        sa.Column('agreed_sides', sa.JSON(), nullable=False),
        sa.Column('owner_type', sa.String(length=24), nullable=False),
        sa.Column('contract_type', sa.String(length=16), nullable=False),
        sa.Column('contract_subtype', sa.String(length=24), nullable=False),
        sa.Column('conversion_mode', sa.String(length=16), nullable=False),
        sa.Column('pricing_method', sa.String(length=12), nullable=True),
        sa.Column('price_fen', sa.BigInteger(), nullable=True),
        sa.Column('price_text', sa.String(length=300), nullable=False),
        sa.Column('related_party', sa.Boolean(), nullable=True),
        sa.Column('publicity_due', sa.Boolean(), nullable=False),
        sa.Column('publicity_closed_on', sa.Date(), nullable=True),
        sa.Column('priority', sa.String(length=8), nullable=False),
        sa.Column('priority_note', sa.String(length=500), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('rules', sa.JSON(), nullable=False),
        sa.Column('began_on', sa.Date(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.Column('terminate_reason', sa.String(length=24), nullable=False),
        sa.Column('terminate_note', sa.String(length=500), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.CheckConstraint("(state = 'terminated') = (terminate_reason <> '')", name=op.f('ck_deal_terminate_reason')),
        sa.CheckConstraint(
            "(state in ('converted', 'terminated')) = (ended_at is not null)",
            name=op.f('ck_deal_ended_at'),
        ),
        sa.CheckConstraint(
            "contract_type in ('development', 'transfer', 'license', 'consulting', 'service')",
            name=op.f('ck_deal_contract_type'),
        ),
        sa.CheckConstraint(
            "conversion_mode in ('self_implement', 'transfer', 'license', 'co_implement', 'equity', 'other')",
            name=op.f('ck_deal_conversion_mode'),
        ),
        sa.CheckConstraint(
            "owner_type in ('government_university', 'government_institute', 'firm', 'other')",
            name=op.f('ck_deal_owner_type'),
        ),
        sa.CheckConstraint(
            "pricing_method is null or pricing_method in ('negotiated', 'listing', 'auction')",
            name=op.f('ck_deal_pricing_method'),
        ),
        sa.CheckConstraint("priority in ('', 'waived', 'used', 'none')", name=op.f('ck_deal_priority')),
        sa.CheckConstraint(
            "proposed_by_side in ('holder', 'receiver', 'broker')",
            name=op.f('ck_deal_proposed_by_side'),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'open', 'intention', 'due_diligence', 'pricing', 'price_determined', "
            "'in_publicity', 'objection', 'approved', 'contracted', 'performing', 'converted', 'terminated')",
            name=op.f('ck_deal_state'),
        ),
        sa.CheckConstraint(
            "state not in ('approved', 'contracted', 'performing', 'converted') or not publicity_due or "
            "publicity_closed_on is not null",
            name=op.f('ck_deal_publicity'),
        ),
        sa.CheckConstraint(
            "state not in ('contracted', 'performing', 'converted') or priority <> ''",
            name=op.f('ck_deal_priority_settled'),
        ),
        sa.CheckConstraint(
            "state not in ('price_determined', 'in_publicity', 'objection', 'approved', 'contracted', "
            "'performing', 'converted') or (pricing_method is not null and (price_fen is not null or "
            "price_text <> ''))",
            name=op.f('ck_deal_priced'),
        ),
        sa.CheckConstraint(
            "state not in ('price_determined', 'in_publicity', 'objection', 'approved', 'contracted', "
            "'performing', 'converted') or related_party is not null",
            name=op.f('ck_deal_diligence'),
        ),
        sa.CheckConstraint('holder_organisation_id <> receiver_organisation_id', name=op.f('ck_deal_sides')),
        sa.CheckConstraint('price_fen is null or price_fen > 0', name=op.f('ck_deal_price_fen')),
        sa.ForeignKeyConstraint(
            ['achievement_id'], ['achievement.id'],
            name=op.f('fk_deal_achievement_id_achievement'),
        ),
        sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_deal_demand_id_demand')),
        sa.ForeignKeyConstraint(
            ['holder_organisation_id'], ['organisation.id'],
            name=op.f('fk_deal_holder_organisation_id_organisation'),
        ),
        sa.ForeignKeyConstraint(['holder_person_id'], ['person.id'], name=op.f('fk_deal_holder_person_id_person')),
        sa.ForeignKeyConstraint(
            ['introduction_id'], ['introduction.id'],
            name=op.f('fk_deal_introduction_id_introduction'),
        ),
        sa.ForeignKeyConstraint(['proposed_by_id'], ['person.id'], name=op.f('fk_deal_proposed_by_id_person')),
        sa.ForeignKeyConstraint(
            ['receiver_organisation_id'], ['organisation.id'],
            name=op.f('fk_deal_receiver_organisation_id_organisation'),
        ),
        sa.ForeignKeyConstraint(['receiver_person_id'], ['person.id'], name=op.f('fk_deal_receiver_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal')),
    )
    op.create_index('ix_deal_achievement_id', 'deal', ['achievement_id'])
    op.create_index('ix_deal_demand_id', 'deal', ['demand_id'])
    op.create_index('ix_deal_holder_organisation_id', 'deal', ['holder_organisation_id'])
    op.create_index('ix_deal_holder_person_id', 'deal', ['holder_person_id'])
    op.create_index('ix_deal_introduction_id', 'deal', ['introduction_id'])
    op.create_index('ix_deal_proposed_by_id', 'deal', ['proposed_by_id'])
    op.create_index('ix_deal_receiver_organisation_id', 'deal', ['receiver_organisation_id'])
    op.create_index('ix_deal_receiver_person_id', 'deal', ['receiver_person_id'])
    op.create_index('ix_deal_state', 'deal', ['state'])
    op.create_index(
        'uq_deal_current', 'deal', ['introduction_id'], unique=True,
        sqlite_where=sa.text("state <> 'terminated'"), postgresql_where=sa.text("state <> 'terminated'"),
    )


def downgrade():
    op.drop_table('deal')
