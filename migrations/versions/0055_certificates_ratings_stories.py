"""Certificates of conversion achievements, ratings of partners, stories with the consent of both sides

Revision ID: 0055
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = '0055'
down_revision = '0053'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('conversion_certificate',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('requested_at', sa.DateTime(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=True),
    sa.Column('code_hash', sa.String(length=64), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('pdf', sa.LargeBinary(), nullable=True),
    sa.Column('corrected_at', sa.DateTime(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'requested') = (decided_at is null)", name=op.f('ck_conversion_certificate_decided_at')),
    sa.CheckConstraint("(state in ('issued', 'withdrawn')) = (code_hash is not null)", name=op.f('ck_conversion_certificate_code')),
    sa.CheckConstraint("state in ('requested', 'issued', 'declined', 'cancelled', 'withdrawn')", name=op.f('ck_conversion_certificate_state')),
    sa.CheckConstraint("state not in ('declined', 'withdrawn') or reason <> ''", name=op.f('ck_conversion_certificate_reason')),
    sa.CheckConstraint('(code is null) = (code_hash is null)', name=op.f('ck_conversion_certificate_code_hash')),
    sa.CheckConstraint('(code is null) = (issued_on is null)', name=op.f('ck_conversion_certificate_issued_on')),
    sa.CheckConstraint('(pdf is null) = (sha256 is null)', name=op.f('ck_conversion_certificate_pdf')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_conversion_certificate_decided_by_id_person')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_conversion_certificate_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_conversion_certificate_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversion_certificate')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_conversion_certificate_code_hash'))
    )
    with op.batch_alter_table('conversion_certificate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversion_certificate_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_conversion_certificate_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_conversion_certificate_state'), ['state'], unique=False)
        batch_op.create_index('uq_conversion_certificate_open', ['person_id', 'organisation_id'], unique=True, sqlite_where=sa.text("state = 'requested'"), postgresql_where=sa.text("state = 'requested'"))

    op.create_table('certificate_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('certificate_id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=60), nullable=False),
    sa.Column('total_fen', sa.BigInteger(), nullable=True),
    sa.Column('tech_fen', sa.BigInteger(), nullable=True),
    sa.Column('exempt_fen', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['certificate_id'], ['conversion_certificate.id'], name=op.f('fk_certificate_line_certificate_id_conversion_certificate')),
    sa.ForeignKeyConstraint(['contract_id'], ['tech_contract.id'], name=op.f('fk_certificate_line_contract_id_tech_contract')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_line')),
    sa.UniqueConstraint('certificate_id', 'contract_id', name=op.f('uq_certificate_line_certificate_id_contract_id'))
    )
    with op.batch_alter_table('certificate_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_certificate_line_certificate_id'), ['certificate_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_line_contract_id'), ['contract_id'], unique=False)

    op.create_table('rating',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=10), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('reveal_on', sa.Date(), nullable=False),
    sa.Column('announced_at', sa.DateTime(), nullable=True),
    sa.Column('reply', sa.String(length=500), nullable=False),
    sa.Column('reply_by_id', sa.Integer(), nullable=True),
    sa.Column('replied_at', sa.DateTime(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(reply = '') = (replied_at is null)", name=op.f('ck_rating_reply')),
    sa.CheckConstraint("side in ('holder', 'receiver')", name=op.f('ck_rating_side')),
    sa.CheckConstraint('score between 1 and 5', name=op.f('ck_rating_score')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_rating_by_id_person')),
    sa.ForeignKeyConstraint(['contract_id'], ['tech_contract.id'], name=op.f('fk_rating_contract_id_tech_contract')),
    sa.ForeignKeyConstraint(['reply_by_id'], ['person.id'], name=op.f('fk_rating_reply_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating')),
    sa.UniqueConstraint('contract_id', 'side', name='uq_rating_side')
    )
    with op.batch_alter_table('rating', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rating_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_rating_reveal_on'), ['reveal_on'], unique=False)

    op.create_table('story',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('published_at', sa.DateTime(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("state <> 'ended' or reason <> ''", name=op.f('ck_story_reason')),
    sa.CheckConstraint("state <> 'published' or published_at is not null", name=op.f('ck_story_published_at')),
    sa.CheckConstraint("state in ('waiting', 'published', 'ended')", name=op.f('ck_story_state')),
    sa.ForeignKeyConstraint(['contract_id'], ['tech_contract.id'], name=op.f('fk_story_contract_id_tech_contract')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_story'))
    )
    with op.batch_alter_table('story', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_story_state'), ['state'], unique=False)
        batch_op.create_index('uq_story_contract', ['contract_id'], unique=True, sqlite_where=sa.text("state <> 'ended'"), postgresql_where=sa.text("state <> 'ended'"))

    op.create_table('story_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('story_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_story_text_sha256')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_story_text_by_id_person')),
    sa.ForeignKeyConstraint(['story_id'], ['story.id'], name=op.f('fk_story_text_story_id_story')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_story_text')),
    sa.UniqueConstraint('story_id', 'number', name='uq_story_text_number')
    )
    with op.batch_alter_table('story_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_story_text_story_id'), ['story_id'], unique=False)

    op.create_table('story_consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=10), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_why', sa.String(length=500), nullable=False),
    sa.CheckConstraint("(withdrawn_at is null) = (withdrawn_why = '')", name=op.f('ck_story_consent_withdrawn')),
    sa.CheckConstraint("side in ('holder', 'receiver')", name=op.f('ck_story_consent_side')),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_story_consent_sha256')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_story_consent_by_id_person')),
    sa.ForeignKeyConstraint(['text_id'], ['story_text.id'], name=op.f('fk_story_consent_text_id_story_text')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['person.id'], name=op.f('fk_story_consent_withdrawn_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_story_consent'))
    )
    with op.batch_alter_table('story_consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_story_consent_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_story_consent_text_id'), ['text_id'], unique=False)
        batch_op.create_index('uq_story_consent_side', ['text_id', 'side'], unique=True, sqlite_where=sa.text('withdrawn_at is null'), postgresql_where=sa.text('withdrawn_at is null'))



def downgrade():
    with op.batch_alter_table('story_consent', schema=None) as batch_op:
        batch_op.drop_index('uq_story_consent_side', sqlite_where=sa.text('withdrawn_at is null'), postgresql_where=sa.text('withdrawn_at is null'))
        batch_op.drop_index(batch_op.f('ix_story_consent_text_id'))
        batch_op.drop_index(batch_op.f('ix_story_consent_by_id'))

    op.drop_table('story_consent')
    with op.batch_alter_table('story_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_story_text_story_id'))

    op.drop_table('story_text')
    with op.batch_alter_table('story', schema=None) as batch_op:
        batch_op.drop_index('uq_story_contract', sqlite_where=sa.text("state <> 'ended'"), postgresql_where=sa.text("state <> 'ended'"))
        batch_op.drop_index(batch_op.f('ix_story_state'))

    op.drop_table('story')
    with op.batch_alter_table('rating', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rating_reveal_on'))
        batch_op.drop_index(batch_op.f('ix_rating_by_id'))

    op.drop_table('rating')
    with op.batch_alter_table('certificate_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_certificate_line_contract_id'))
        batch_op.drop_index(batch_op.f('ix_certificate_line_certificate_id'))

    op.drop_table('certificate_line')
    with op.batch_alter_table('conversion_certificate', schema=None) as batch_op:
        batch_op.drop_index('uq_conversion_certificate_open', sqlite_where=sa.text("state = 'requested'"), postgresql_where=sa.text("state = 'requested'"))
        batch_op.drop_index(batch_op.f('ix_conversion_certificate_state'))
        batch_op.drop_index(batch_op.f('ix_conversion_certificate_person_id'))
        batch_op.drop_index(batch_op.f('ix_conversion_certificate_organisation_id'))

    op.drop_table('conversion_certificate')
