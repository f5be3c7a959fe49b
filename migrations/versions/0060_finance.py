"""Products of financial institutions, packs of firms, filed loans, investors

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = '0060'
down_revision = '0059'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('finance_product',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("kind in ('loan', 'guarantee', 'insurance', 'ip_pledge', 'fund')", name=op.f('ck_finance_product_kind')),
    sa.CheckConstraint("state in ('preparing', 'listed', 'ended')", name=op.f('ck_finance_product_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_finance_product_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finance_product')),
    sa.UniqueConstraint('organisation_id', 'name', name='uq_finance_product_name')
    )
    with op.batch_alter_table('finance_product', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finance_product_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_finance_product_state'), ['state'], unique=False)

    op.create_table('investor_preference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('stages', sa.JSON(), nullable=False),
    sa.Column('chain_codes', sa.JSON(), nullable=False),
    sa.Column('ticket_low', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.Column('ticket_high', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint('ticket_low > 0 and ticket_high >= ticket_low', name=op.f('ck_investor_preference_ticket')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_investor_preference_by_id_person')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_investor_preference_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investor_preference')),
    sa.UniqueConstraint('organisation_id', name='uq_investor_preference_organisation')
    )
    op.create_table('filed_loan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('institution_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('borrower_name', sa.String(length=120), nullable=False),
    sa.Column('borrower_uscc', sa.String(length=18), nullable=False),
    sa.Column('borrower_id', sa.Integer(), nullable=True),
    sa.Column('district_code', sa.String(length=12), nullable=False),
    sa.Column('contract_no', sa.String(length=60), nullable=False),
    sa.Column('purpose', sa.String(length=500), nullable=False),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('rate', sa.Numeric(precision=6, scale=4), nullable=False),
    sa.Column('start_on', sa.Date(), nullable=False),
    sa.Column('end_on', sa.Date(), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('is_first', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('note', sa.String(length=500), server_default='', nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('repaid_on', sa.Date(), nullable=True),
    sa.Column('lost_fen', sa.BigInteger(), nullable=True),
    sa.Column('province_fen', sa.BigInteger(), nullable=True),
    sa.Column('province_document', sa.String(length=200), server_default='', nullable=False),
    sa.Column('rules', sa.JSON(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'lost') = (lost_fen is not null)", name=op.f('ck_filed_loan_lost')),
    sa.CheckConstraint("(state = 'repaid') = (repaid_on is not null)", name=op.f('ck_filed_loan_repaid')),
    sa.CheckConstraint("province_fen is null or (province_fen > 0 and state = 'repaid' and province_document <> '')", name=op.f('ck_filed_loan_province_fen')),
    sa.CheckConstraint("state <> 'returned' or note <> ''", name=op.f('ck_filed_loan_note')),
    sa.CheckConstraint("state in ('filed', 'confirmed', 'returned', 'withdrawn', 'repaid', 'lost')", name=op.f('ck_filed_loan_state')),
    sa.CheckConstraint('end_on > start_on', name=op.f('ck_filed_loan_period')),
    sa.CheckConstraint('lost_fen is null or (lost_fen > 0 and lost_fen <= principal_fen)', name=op.f('ck_filed_loan_lost_fen')),
    sa.CheckConstraint('principal_fen > 0', name=op.f('ck_filed_loan_principal_fen')),
    sa.CheckConstraint('rate > 0 and rate < 100', name=op.f('ck_filed_loan_rate')),
    sa.ForeignKeyConstraint(['borrower_id'], ['organisation.id'], name=op.f('fk_filed_loan_borrower_id_organisation')),
    sa.ForeignKeyConstraint(['district_code'], ['district.code'], name=op.f('fk_filed_loan_district_code_district')),
    sa.ForeignKeyConstraint(['institution_id'], ['organisation.id'], name=op.f('fk_filed_loan_institution_id_organisation')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_filed_loan_owner_id_person')),
    sa.ForeignKeyConstraint(['product_id'], ['finance_product.id'], name=op.f('fk_filed_loan_product_id_finance_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filed_loan'))
    )
    with op.batch_alter_table('filed_loan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_filed_loan_borrower_id'), ['borrower_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_filed_loan_borrower_uscc'), ['borrower_uscc'], unique=False)
        batch_op.create_index(batch_op.f('ix_filed_loan_institution_id'), ['institution_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_filed_loan_state'), ['state'], unique=False)
        batch_op.create_index('uq_filed_loan_first', ['borrower_uscc'], unique=True, sqlite_where=sa.text('is_first'), postgresql_where=sa.text('is_first'))
        batch_op.create_index('uq_filed_loan_contract', ['institution_id', 'contract_no'], unique=True, sqlite_where=sa.text("state <> 'withdrawn'"), postgresql_where=sa.text("state <> 'withdrawn'"))

    op.create_table('finance_product_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('note', sa.String(length=500), server_default='', nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('replaced_at', sa.DateTime(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("state <> 'returned' or note <> ''", name=op.f('ck_finance_product_version_note')),
    sa.CheckConstraint("state in ('draft', 'submitted', 'approved', 'returned', 'dropped')", name=op.f('ck_finance_product_version_state')),
    sa.CheckConstraint('valid_to is null or valid_to >= valid_from', name=op.f('ck_finance_product_version_period')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_finance_product_version_decided_by_id_person')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_finance_product_version_owner_id_person')),
    sa.ForeignKeyConstraint(['product_id'], ['finance_product.id'], name=op.f('fk_finance_product_version_product_id_finance_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finance_product_version'))
    )
    with op.batch_alter_table('finance_product_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finance_product_version_state'), ['state'], unique=False)
        batch_op.create_index('uq_finance_product_version_first_day', ['product_id', 'valid_from'], unique=True, sqlite_where=sa.text("state = 'approved' and replaced_at is null"), postgresql_where=sa.text("state = 'approved' and replaced_at is null"))
        batch_op.create_index('uq_finance_product_version_number', ['product_id', 'number'], unique=True)
        batch_op.create_index('uq_finance_product_version_open', ['product_id'], unique=True, sqlite_where=sa.text("state in ('draft', 'submitted', 'returned')"), postgresql_where=sa.text("state in ('draft', 'submitted', 'returned')"))

    op.create_table('firm_pack',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('institution_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('purpose', sa.String(length=500), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('consent', sa.String(length=500), nullable=False),
    sa.Column('consented_by_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'granted') = (ended_at is null)", name=op.f('ck_firm_pack_ended')),
    sa.CheckConstraint("consent <> ''", name=op.f('ck_firm_pack_consent')),
    sa.CheckConstraint("state in ('granted', 'withdrawn', 'expired')", name=op.f('ck_firm_pack_state')),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_firm_pack_sha256')),
    sa.CheckConstraint('organisation_id <> institution_id', name=op.f('ck_firm_pack_parties')),
    sa.ForeignKeyConstraint(['consented_by_id'], ['person.id'], name=op.f('fk_firm_pack_consented_by_id_person')),
    sa.ForeignKeyConstraint(['institution_id'], ['organisation.id'], name=op.f('fk_firm_pack_institution_id_organisation')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_firm_pack_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['product_id'], ['finance_product.id'], name=op.f('fk_firm_pack_product_id_finance_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_firm_pack'))
    )
    with op.batch_alter_table('firm_pack', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_firm_pack_institution_id'), ['institution_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_firm_pack_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_firm_pack_state'), ['state'], unique=False)
        batch_op.create_index('uq_firm_pack_granted', ['organisation_id', 'institution_id'], unique=True, sqlite_where=sa.text("state = 'granted'"), postgresql_where=sa.text("state = 'granted'"))

    op.create_table('investor_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('investor_id', sa.Integer(), nullable=False),
    sa.Column('demand_id', sa.Integer(), nullable=False),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('teaser', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'requested') = (decided_at is null)", name=op.f('ck_investor_request_decided')),
    sa.CheckConstraint("state in ('requested', 'accepted', 'declined', 'withdrawn')", name=op.f('ck_investor_request_state')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_investor_request_by_id_person')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_investor_request_decided_by_id_person')),
    sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_investor_request_demand_id_demand')),
    sa.ForeignKeyConstraint(['investor_id'], ['organisation.id'], name=op.f('fk_investor_request_investor_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investor_request'))
    )
    with op.batch_alter_table('investor_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_investor_request_demand_id'), ['demand_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_investor_request_investor_id'), ['investor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_investor_request_state'), ['state'], unique=False)
        batch_op.create_index('uq_investor_request_current', ['demand_id', 'investor_id'], unique=True, sqlite_where=sa.text("state in ('requested', 'accepted')"), postgresql_where=sa.text("state in ('requested', 'accepted')"))



def downgrade():
    with op.batch_alter_table('investor_request', schema=None) as batch_op:
        batch_op.drop_index('uq_investor_request_current', sqlite_where=sa.text("state in ('requested', 'accepted')"), postgresql_where=sa.text("state in ('requested', 'accepted')"))
        batch_op.drop_index(batch_op.f('ix_investor_request_state'))
        batch_op.drop_index(batch_op.f('ix_investor_request_investor_id'))
        batch_op.drop_index(batch_op.f('ix_investor_request_demand_id'))

    op.drop_table('investor_request')
    with op.batch_alter_table('firm_pack', schema=None) as batch_op:
        batch_op.drop_index('uq_firm_pack_granted', sqlite_where=sa.text("state = 'granted'"), postgresql_where=sa.text("state = 'granted'"))
        batch_op.drop_index(batch_op.f('ix_firm_pack_state'))
        batch_op.drop_index(batch_op.f('ix_firm_pack_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_firm_pack_institution_id'))

    op.drop_table('firm_pack')
    with op.batch_alter_table('finance_product_version', schema=None) as batch_op:
        batch_op.drop_index('uq_finance_product_version_open', sqlite_where=sa.text("state in ('draft', 'submitted', 'returned')"), postgresql_where=sa.text("state in ('draft', 'submitted', 'returned')"))
        batch_op.drop_index('uq_finance_product_version_number')
        batch_op.drop_index('uq_finance_product_version_first_day', sqlite_where=sa.text("state = 'approved' and replaced_at is null"), postgresql_where=sa.text("state = 'approved' and replaced_at is null"))
        batch_op.drop_index(batch_op.f('ix_finance_product_version_state'))

    op.drop_table('finance_product_version')
    with op.batch_alter_table('filed_loan', schema=None) as batch_op:
        batch_op.drop_index('uq_filed_loan_first', sqlite_where=sa.text('is_first'), postgresql_where=sa.text('is_first'))
        batch_op.drop_index('uq_filed_loan_contract', sqlite_where=sa.text("state <> 'withdrawn'"), postgresql_where=sa.text("state <> 'withdrawn'"))
        batch_op.drop_index(batch_op.f('ix_filed_loan_state'))
        batch_op.drop_index(batch_op.f('ix_filed_loan_institution_id'))
        batch_op.drop_index(batch_op.f('ix_filed_loan_borrower_uscc'))
        batch_op.drop_index(batch_op.f('ix_filed_loan_borrower_id'))

    op.drop_table('filed_loan')
    op.drop_table('investor_preference')
    with op.batch_alter_table('finance_product', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_finance_product_state'))
        batch_op.drop_index(batch_op.f('ix_finance_product_organisation_id'))

    op.drop_table('finance_product')
