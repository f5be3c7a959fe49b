"""Cases that brokers carry, and the ledger of who brought whom together

Revision ID: 0043
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0041'
branch_labels = None
depends_on = None

GOES_ON = "state <> 'terminated'"
REFUSED = 'the ledger of attributions takes rows and changes none'


def upgrade():
    op.create_table(
        'brokerage_case',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('origin', sa.String(length=12), nullable=False),
        sa.Column('pair_key', sa.String(length=60), nullable=False),
        sa.Column('introduction_id', sa.Integer(), nullable=True),
        sa.Column('achievement_id', sa.Integer(), nullable=True),
        sa.Column('demand_id', sa.Integer(), nullable=True),
        sa.Column('holder_organisation_id', sa.Integer(), nullable=False),
        sa.Column('receiver_organisation_id', sa.Integer(), nullable=False),
        sa.Column('proposed_by_id', sa.Integer(), nullable=True),
        sa.Column('broker_id', sa.Integer(), nullable=True),
        sa.Column('referrer_id', sa.Integer(), nullable=True),
        sa.Column('referral_share', sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column('message', sa.String(length=500), nullable=False),
        sa.Column('grade', sa.String(length=12), nullable=True),
        sa.Column('why', sa.String(length=500), nullable=False),
        sa.Column('words', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('held_from', sa.String(length=12), nullable=True),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('next_step', sa.String(length=200), nullable=False),
        sa.Column('declared_at', sa.DateTime(), nullable=True),
        sa.Column('asked_at', sa.DateTime(), nullable=True),
        sa.Column('entered_at', sa.DateTime(), nullable=False),
        sa.Column('touched_at', sa.DateTime(), nullable=False),
        sa.Column('reminded_at', sa.DateTime(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('deal_number', sa.String(length=40), nullable=False),
        sa.Column('terminate_reason', sa.String(length=20), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_brokerage_case')),
        *(
            sa.ForeignKeyConstraint([column], [f'{table}.id'], name=op.f(f'fk_brokerage_case_{column}_{table}'))
            for column, table in (
                ('introduction_id', 'introduction'),
                ('achievement_id', 'achievement'),
                ('demand_id', 'demand'),
                ('holder_organisation_id', 'organisation'),
                ('receiver_organisation_id', 'organisation'),
                ('proposed_by_id', 'person'),
                ('broker_id', 'person'),
                ('referrer_id', 'person'),
            )
        ),
        sa.CheckConstraint(
            "state in ('lead', 'qualified', 'dispatched', 'matching', 'meeting', 'intention', 'on_hold', 'deal', "
            "'terminated')",
            name=op.f('ck_brokerage_case_state'),
        ),
        sa.CheckConstraint(
            "origin in ('introduction', 'broker', 'operator', 'referral')", name=op.f('ck_brokerage_case_origin')
        ),
        sa.CheckConstraint(
            'achievement_id is not null or demand_id is not null', name=op.f('ck_brokerage_case_listing')
        ),
        sa.CheckConstraint('holder_organisation_id <> receiver_organisation_id', name=op.f('ck_brokerage_case_sides')),
        sa.CheckConstraint(
            "state not in ('dispatched', 'matching', 'meeting', 'intention', 'on_hold') or broker_id is not null",
            name=op.f('ck_brokerage_case_broker_id'),
        ),
        sa.CheckConstraint(
            "state in ('deal', 'terminated') or due_on is not null", name=op.f('ck_brokerage_case_due_on')
        ),
        sa.CheckConstraint(
            "state not in ('matching', 'meeting', 'intention', 'on_hold') or declared_at is not null",
            name=op.f('ck_brokerage_case_declared_at'),
        ),
        sa.CheckConstraint("(state = 'on_hold') = (held_from is not null)", name=op.f('ck_brokerage_case_held_from')),
        sa.CheckConstraint(
            "held_from is null or held_from in ('matching', 'meeting', 'intention')",
            name=op.f('ck_brokerage_case_held_state'),
        ),
        sa.CheckConstraint(
            "(state = 'terminated') = (terminate_reason <> '')", name=op.f('ck_brokerage_case_terminate_reason')
        ),
        sa.CheckConstraint(
            "(state in ('deal', 'terminated')) = (ended_at is not null)", name=op.f('ck_brokerage_case_ended_at')
        ),
        sa.CheckConstraint("state <> 'deal' or deal_number <> ''", name=op.f('ck_brokerage_case_deal_number')),
        sa.CheckConstraint(
            'referral_share is null or (referrer_id is not null and referral_share > 0 and referral_share <= 100)',
            name=op.f('ck_brokerage_case_referral_share'),
        ),
    )
    for column in (
        'introduction_id', 'achievement_id', 'demand_id', 'holder_organisation_id', 'receiver_organisation_id',
        'broker_id', 'referrer_id', 'state',
    ):
        op.create_index(f'ix_brokerage_case_{column}', 'brokerage_case', [column])
    op.create_index('ix_brokerage_case_due', 'brokerage_case', ['state', 'due_on'])
    op.create_index(
        'uq_brokerage_case_current', 'brokerage_case', ['pair_key'],
        unique=True, sqlite_where=sa.text(GOES_ON), postgresql_where=sa.text(GOES_ON),
    )
    op.create_table(
        'brokerage_side',
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('side', sa.String(length=10), nullable=False),
        sa.Column('answer', sa.String(length=10), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('opens_firm', sa.Boolean(), nullable=False),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.Column('answered_by_id', sa.Integer(), nullable=True),
        sa.Column('consented_at', sa.DateTime(), nullable=True),
        sa.Column('consented_by_id', sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint('case_id', 'side', name=op.f('pk_brokerage_side')),
        sa.ForeignKeyConstraint(
            ['case_id'], ['brokerage_case.id'], name=op.f('fk_brokerage_side_case_id_brokerage_case')
        ),
        sa.ForeignKeyConstraint(
            ['answered_by_id'], ['person.id'], name=op.f('fk_brokerage_side_answered_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['consented_by_id'], ['person.id'], name=op.f('fk_brokerage_side_consented_by_id_person')
        ),
        sa.CheckConstraint("side in ('holder', 'receiver')", name=op.f('ck_brokerage_side_side')),
        sa.CheckConstraint("answer in ('waiting', 'accepted', 'declined')", name=op.f('ck_brokerage_side_answer')),
        sa.CheckConstraint(
            "(answer = 'waiting') = (answered_at is null)", name=op.f('ck_brokerage_side_answered_at')
        ),
        sa.CheckConstraint("answer <> 'declined' or reason <> ''", name=op.f('ck_brokerage_side_reason')),
        sa.CheckConstraint(
            '(consented_at is null) = (consented_by_id is null)', name=op.f('ck_brokerage_side_consented')
        ),
    )
    op.create_table(
        'brokerage_declaration',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('broker_id', sa.Integer(), nullable=False),
        sa.Column('equity', sa.Boolean(), nullable=False),
        sa.Column('kinship', sa.Boolean(), nullable=False),
        sa.Column('employment', sa.Boolean(), nullable=False),
        sa.Column('dual_agency', sa.Boolean(), nullable=False),
        sa.Column('details', sa.String(length=500), nullable=False),
        sa.Column('filed_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_brokerage_declaration')),
        sa.ForeignKeyConstraint(
            ['case_id'], ['brokerage_case.id'], name=op.f('fk_brokerage_declaration_case_id_brokerage_case')
        ),
        sa.ForeignKeyConstraint(
            ['broker_id'], ['person.id'], name=op.f('fk_brokerage_declaration_broker_id_person')
        ),
        sa.CheckConstraint(
            "not (equity or kinship or employment or dual_agency) or details <> ''",
            name=op.f('ck_brokerage_declaration_details'),
        ),
    )
    op.create_index('ix_brokerage_declaration_case_id', 'brokerage_declaration', ['case_id'])
    op.create_index('ix_brokerage_declaration_broker_id', 'brokerage_declaration', ['broker_id'])
    op.create_table(
        'attribution',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('pair_key', sa.String(length=60), nullable=False),
        sa.Column('achievement_id', sa.Integer(), nullable=True),
        sa.Column('demand_id', sa.Integer(), nullable=True),
        sa.Column('holder_organisation_id', sa.Integer(), nullable=False),
        sa.Column('receiver_organisation_id', sa.Integer(), nullable=False),
        sa.Column('introduction_id', sa.Integer(), nullable=True),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('broker_id', sa.Integer(), nullable=True),
        sa.Column('introduced_by_id', sa.Integer(), nullable=True),
        sa.Column('basis', sa.String(length=12), nullable=False),
        sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('confirmed_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attribution')),
        sa.UniqueConstraint('pair_key', name=op.f('uq_attribution_pair_key')),
        *(
            sa.ForeignKeyConstraint([column], [f'{table}.id'], name=op.f(f'fk_attribution_{column}_{table}'))
            for column, table in (
                ('achievement_id', 'achievement'),
                ('demand_id', 'demand'),
                ('holder_organisation_id', 'organisation'),
                ('receiver_organisation_id', 'organisation'),
                ('introduction_id', 'introduction'),
                ('case_id', 'brokerage_case'),
                ('broker_id', 'person'),
                ('introduced_by_id', 'person'),
                ('confirmed_by_id', 'person'),
            )
        ),
        sa.CheckConstraint("basis in ('both_sides', 'operator')", name=op.f('ck_attribution_basis')),
        sa.CheckConstraint(
            "(basis = 'operator') = (confirmed_by_id is not null)", name=op.f('ck_attribution_confirmed_by_id')
        ),
    )
    op.create_index('ix_attribution_broker_id', 'attribution', ['broker_id'])
    op.create_table(
        'attribution_dispute',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('attribution_id', sa.Integer(), nullable=False),
        sa.Column('claimed_by_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('ruling', sa.String(length=500), nullable=False),
        sa.Column('ruled_by_id', sa.Integer(), nullable=True),
        sa.Column('ruled_at', sa.DateTime(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attribution_dispute')),
        sa.ForeignKeyConstraint(
            ['attribution_id'], ['attribution.id'], name=op.f('fk_attribution_dispute_attribution_id_attribution')
        ),
        sa.ForeignKeyConstraint(
            ['claimed_by_id'], ['person.id'], name=op.f('fk_attribution_dispute_claimed_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['ruled_by_id'], ['person.id'], name=op.f('fk_attribution_dispute_ruled_by_id_person')
        ),
        sa.CheckConstraint("state in ('open', 'upheld', 'rejected')", name=op.f('ck_attribution_dispute_state')),
        sa.CheckConstraint("(state = 'open') = (ruled_at is null)", name=op.f('ck_attribution_dispute_ruled_at')),
        sa.CheckConstraint("state = 'open' or ruling <> ''", name=op.f('ck_attribution_dispute_ruling')),
    )
    for column in ('attribution_id', 'claimed_by_id', 'state'):
        op.create_index(f'ix_attribution_dispute_{column}', 'attribution_dispute', [column])
    op.create_index(
        'uq_attribution_dispute_open', 'attribution_dispute', ['attribution_id', 'claimed_by_id'],
        unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
    )
    if op.get_bind().dialect.name == 'sqlite':
        for deed in ('update', 'delete'):
            op.execute(
                f"create trigger attribution_no_{deed} before {deed} on attribution "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    else:
        op.execute(
            "create function attribution_refuse() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSED}'; end $$"
        )
        op.execute(
            "create trigger attribution_append_only before update or delete on attribution "
            "for each row execute function attribution_refuse()"
        )


def downgrade():
    op.drop_table('attribution_dispute')
    op.drop_table('attribution')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('drop function attribution_refuse()')
    op.drop_table('brokerage_declaration')
    op.drop_table('brokerage_side')
    op.drop_table('brokerage_case')
