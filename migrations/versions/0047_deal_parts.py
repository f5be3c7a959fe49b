"""Letters, 尽调, decisions on the price, publicity and objections of deals

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade():
    # Whom the station waits for, so that the header of every page counts in one statement.
    op.add_column('deal', sa.Column('turn', sa.String(length=10), nullable=False, server_default='both'))
    op.create_index('ix_deal_turn', 'deal', ['turn'])
    op.create_table(
        'deal_decision',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('method', sa.String(length=12), nullable=False),
        sa.Column('price_fen', sa.BigInteger(), nullable=True),
        sa.Column('price_text', sa.String(length=300), nullable=False),
        sa.Column('basis', sa.String(length=2000), nullable=False),
        sa.Column('evaluation', sa.String(length=16), nullable=False),
        sa.Column('evaluation_note', sa.String(length=2000), nullable=False),
        sa.Column('empowerment', sa.String(length=2000), nullable=False),
        sa.Column('minutes', sa.String(length=2000), nullable=False),
        sa.Column('met_on', sa.Date(), nullable=False),
        sa.Column('attendees', sa.JSON(), nullable=False),
        sa.Column('approvals_needed', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=False),
        sa.Column('rejected_note', sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "evaluation in ('appraised', 'waived', 'not_required')",
            name=op.f('ck_deal_decision_evaluation'),
        ),
        sa.CheckConstraint("method in ('negotiated', 'listing', 'auction')", name=op.f('ck_deal_decision_method')),
        sa.CheckConstraint("price_fen is not null or price_text <> ''", name=op.f('ck_deal_decision_price')),
        sa.CheckConstraint(
            "state in ('pending', 'approved', 'rejected', 'replaced')",
            name=op.f('ck_deal_decision_state'),
        ),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_decision_deal_id_deal')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_deal_decision_decided_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_decision')),
    )
    op.create_index('ix_deal_decision_deal_id', 'deal_decision', ['deal_id'])
    op.create_index(
        'uq_deal_decision_pending', 'deal_decision', ['deal_id'], unique=True,
        sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        'deal_item',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('has_finding', sa.Boolean(), nullable=False),
        sa.Column('note', sa.String(length=2000), nullable=False),
        sa.Column('answered_by_id', sa.Integer(), nullable=False),
        sa.Column('answered_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "code in ('ownership', 'legal_status', 'limits', 'disputes', 'secrecy_export', 'related_party')",
            name=op.f('ck_deal_item_code'),
        ),
        sa.CheckConstraint("not has_finding or note <> ''", name=op.f('ck_deal_item_note')),
        sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_deal_item_answered_by_id_person')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_item_deal_id_deal')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_item')),
        sa.UniqueConstraint('deal_id', 'code', name=op.f('uq_deal_item_deal_id_code')),
    )
    op.create_index('ix_deal_item_deal_id', 'deal_item', ['deal_id'])
    op.create_table(
        'deal_letter',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('letter_kind', sa.String(length=12), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('access_until', sa.Date(), nullable=True),
        sa.Column('drafted_by_id', sa.Integer(), nullable=False),
        sa.Column('drafted_at', sa.DateTime(), nullable=False),
        sa.Column('holder_by_id', sa.Integer(), nullable=True),
        sa.Column('holder_at', sa.DateTime(), nullable=True),
        sa.Column('receiver_by_id', sa.Integer(), nullable=True),
        sa.Column('receiver_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("letter_kind <> 'nda' or access_until is not null", name=op.f('ck_deal_letter_nda')),
        sa.CheckConstraint("letter_kind in ('intention', 'nda')", name=op.f('ck_deal_letter_letter_kind')),
        sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_deal_letter_sha256')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_letter_deal_id_deal')),
        sa.ForeignKeyConstraint(['drafted_by_id'], ['person.id'], name=op.f('fk_deal_letter_drafted_by_id_person')),
        sa.ForeignKeyConstraint(['holder_by_id'], ['person.id'], name=op.f('fk_deal_letter_holder_by_id_person')),
        sa.ForeignKeyConstraint(['receiver_by_id'], ['person.id'], name=op.f('fk_deal_letter_receiver_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_letter')),
    )
    op.create_index('ix_deal_letter_deal_id', 'deal_letter', ['deal_id'])
    op.create_table(
        'deal_publicity',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('round', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('holder_name', sa.String(length=120), nullable=False),
        sa.Column('receiver_name', sa.String(length=120), nullable=False),
        sa.Column('price_fen', sa.BigInteger(), nullable=True),
        sa.Column('price_text', sa.String(length=300), nullable=False),
        sa.Column('method', sa.String(length=12), nullable=False),
        sa.Column('basis', sa.String(length=2000), nullable=False),
        sa.Column('conversion_mode', sa.String(length=16), nullable=False),
        sa.Column('completers', sa.JSON(), nullable=False),
        sa.Column('related_party', sa.Boolean(), nullable=False),
        sa.Column('related_note', sa.String(length=2000), nullable=False),
        sa.Column('places', sa.String(length=500), nullable=False),
        sa.Column('objection_contact', sa.String(length=500), nullable=False),
        sa.Column('procedure', sa.String(length=2000), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('day_kind', sa.String(length=8), nullable=False),
        sa.Column('started_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=False),
        sa.Column('unannounced', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=8), nullable=False),
        sa.Column('result', sa.String(length=2000), nullable=False),
        sa.Column('started_by_id', sa.Integer(), nullable=False),
        sa.Column('started_at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("(state = 'running') = (ended_at is null)", name=op.f('ck_deal_publicity_ended_at')),
        sa.CheckConstraint("day_kind in ('natural', 'working')", name=op.f('ck_deal_publicity_day_kind')),
        sa.CheckConstraint("state = 'running' or result <> ''", name=op.f('ck_deal_publicity_result')),
        sa.CheckConstraint("state in ('running', 'closed', 'void')", name=op.f('ck_deal_publicity_state')),
        sa.CheckConstraint('ends_on > started_on', name=op.f('ck_deal_publicity_ends_on')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_publicity_deal_id_deal')),
        sa.ForeignKeyConstraint(['started_by_id'], ['person.id'], name=op.f('fk_deal_publicity_started_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_publicity')),
    )
    op.create_index('ix_deal_publicity_deal_id', 'deal_publicity', ['deal_id'])
    op.create_index('ix_deal_publicity_state', 'deal_publicity', ['state'])
    op.create_index(
        'uq_deal_publicity_running', 'deal_publicity', ['deal_id'], unique=True,
        sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        'deal_approval',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('decision_id', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_deal_approval_by_id_person')),
        sa.ForeignKeyConstraint(
            ['decision_id'], ['deal_decision.id'],
            name=op.f('fk_deal_approval_decision_id_deal_decision'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_approval')),
        sa.UniqueConstraint('decision_id', 'by_id', name=op.f('uq_deal_approval_decision_id_by_id')),
    )
    op.create_index('ix_deal_approval_decision_id', 'deal_approval', ['decision_id'])
    op.create_table(
        'deal_objection',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=30), nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('publicity_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('evidence', sa.String(length=2000), nullable=False),
        sa.Column('remedy', sa.String(length=20), nullable=False),
        sa.Column('contact_reply', sa.String(length=200), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('received_at', sa.DateTime(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('answer_reason', sa.String(length=20), nullable=False),
        sa.Column('answer', sa.String(length=2000), nullable=False),
        sa.Column('answered_by_id', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("(state = 'received') = (answered_at is null)", name=op.f('ck_deal_objection_answered_at')),
        sa.CheckConstraint(
            "answer_reason = '' or answer_reason in ('facts_confirmed', 'facts_unfounded', 'insufficient', "
            "'not_relevant', 'handled')",
            name=op.f('ck_deal_objection_answer_reason'),
        ),
        sa.CheckConstraint(
            "reason in ('ownership', 'price', 'related_party', 'procedure', 'infringement', 'untrue', 'other')",
            name=op.f('ck_deal_objection_reason'),
        ),
        sa.CheckConstraint(
            "remedy in ('correct', 'reprice', 'disclose', 'redo', 'stop')",
            name=op.f('ck_deal_objection_remedy'),
        ),
        sa.CheckConstraint("state = 'received' or answer <> ''", name=op.f('ck_deal_objection_answer')),
        sa.CheckConstraint("state in ('received', 'rejected', 'sustained')", name=op.f('ck_deal_objection_state')),
        sa.ForeignKeyConstraint(
            ['answered_by_id'], ['person.id'],
            name=op.f('fk_deal_objection_answered_by_id_person'),
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_deal_objection_by_id_person')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_objection_deal_id_deal')),
        sa.ForeignKeyConstraint(
            ['publicity_id'], ['deal_publicity.id'],
            name=op.f('fk_deal_objection_publicity_id_deal_publicity'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_objection')),
        sa.UniqueConstraint('code_hash', name=op.f('uq_deal_objection_code_hash')),
        sa.UniqueConstraint('number', name=op.f('uq_deal_objection_number')),
    )
    op.create_index('ix_deal_objection_deal_id', 'deal_objection', ['deal_id'])
    op.create_index('ix_deal_objection_publicity_id', 'deal_objection', ['publicity_id'])
    op.create_index('ix_deal_objection_state', 'deal_objection', ['state'])


def downgrade():
    op.drop_table('deal_objection')
    op.drop_table('deal_approval')
    op.drop_table('deal_publicity')
    op.drop_table('deal_letter')
    op.drop_table('deal_item')
    op.drop_table('deal_decision')
    op.drop_index('ix_deal_turn', 'deal')
    op.drop_column('deal', 'turn')
