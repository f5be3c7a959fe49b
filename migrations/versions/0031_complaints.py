"""Complaints, and who has one open

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

THINGS = "'achievement', 'demand', 'organisation', 'profile', 'broker', 'issue', 'issue_line', 'page'"
REASONS = "'rights', 'false', 'privacy', 'illegal', 'secret', 'other'"
STATES = "'received', 'held', 'upheld', 'dismissed', 'appealed', 'confirmed', 'overturned'"


def upgrade():
    op.create_table(
        'complaint',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=30), nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('thing_kind', sa.String(length=20), nullable=False),
        sa.Column('thing_id', sa.Integer(), nullable=False),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=250), nullable=False),
        sa.Column('path', sa.String(length=500), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('link', sa.String(length=500), nullable=False),
        sa.Column('contact_reply', sa.String(length=200), nullable=False),
        sa.Column('reporter_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('ruling', sa.String(length=500), nullable=False),
        sa.Column('ruled_by_id', sa.Integer(), nullable=True),
        sa.Column('ruled_at', sa.DateTime(), nullable=True),
        sa.Column('appeal', sa.String(length=2000), nullable=False),
        sa.Column('appealed_by_id', sa.Integer(), nullable=True),
        sa.Column('appealed_at', sa.DateTime(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint')),
        sa.UniqueConstraint('number', name=op.f('uq_complaint_number')),
        sa.UniqueConstraint('code_hash', name=op.f('uq_complaint_code_hash')),
        sa.ForeignKeyConstraint(['reporter_id'], ['person.id'], name=op.f('fk_complaint_reporter_id_person')),
        sa.ForeignKeyConstraint(['ruled_by_id'], ['person.id'], name=op.f('fk_complaint_ruled_by_id_person')),
        sa.ForeignKeyConstraint(['appealed_by_id'], ['person.id'], name=op.f('fk_complaint_appealed_by_id_person')),
        sa.CheckConstraint(f'thing_kind in ({THINGS})', name=op.f('ck_complaint_thing_kind')),
        sa.CheckConstraint(f'reason in ({REASONS})', name=op.f('ck_complaint_reason')),
        sa.CheckConstraint(f'state in ({STATES})', name=op.f('ck_complaint_state')),
        sa.CheckConstraint("state in ('received', 'held') or ruling <> ''", name=op.f('ck_complaint_ruling')),
        sa.CheckConstraint(
            "state <> 'appealed' or appealed_at is not null", name=op.f('ck_complaint_appealed')
        ),
    )
    op.create_index('ix_complaint_thing', 'complaint', ['thing_kind', 'thing_id'])
    op.create_index(op.f('ix_complaint_state'), 'complaint', ['state'])
    _make_claims("'achievement', 'demand', 'complaint'")


def downgrade():
    # What a complaint hides of listings stays suspended; the operators decide on it in the release before.
    _make_claims("'achievement', 'demand'")
    op.drop_table('complaint')


def _make_claims(kinds):
    """The table anew: it holds who looks at something at this moment, which is over in minutes."""
    op.drop_table('review_claim')
    op.create_table(
        'review_claim',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('until', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_claim')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_review_claim_person_id_person'), ondelete='CASCADE'
        ),
        sa.CheckConstraint(f'kind in ({kinds})', name=op.f('ck_review_claim_kind')),
    )
    op.create_index('uq_review_claim', 'review_claim', ['kind', 'listing_id', 'person_id'], unique=True)
