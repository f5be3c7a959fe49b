"""Evidence packs of deals

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = '0053'
down_revision = '0052'
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state in ('requested', 'printed')")


def upgrade():
    op.create_table(
        'evidence_pack',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('record', sa.Text(), nullable=False),
        sa.Column('record_sha256', sa.String(length=64), nullable=False),
        sa.Column('manifest', sa.Text(), nullable=True),
        sa.Column('manifest_sha256', sa.String(length=64), nullable=True),
        sa.Column('tree_size', sa.BigInteger(), nullable=True),
        sa.Column('printed', sa.LargeBinary(), nullable=True),
        sa.Column('archive', sa.LargeBinary(), nullable=True),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('requested_at', sa.DateTime(), nullable=False),
        sa.Column('ready_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_pack')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_evidence_pack_deal_id_deal')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_evidence_pack_by_id_person')),
        sa.UniqueConstraint('deal_id', 'number', name='uq_evidence_pack_number'),
        sa.CheckConstraint("state in ('requested', 'printed', 'ready', 'removed')", name=op.f('ck_evidence_pack_state')),
        sa.CheckConstraint('length(record_sha256) = 64', name=op.f('ck_evidence_pack_record_sha256')),
        sa.CheckConstraint(
            "(state = 'requested') = (manifest_sha256 is null)", name=op.f('ck_evidence_pack_manifest')
        ),
        sa.CheckConstraint("(state = 'printed') = (printed is not null)", name=op.f('ck_evidence_pack_printed')),
        sa.CheckConstraint("(state = 'ready') = (archive is not null)", name=op.f('ck_evidence_pack_archive')),
        sa.CheckConstraint(
            "(state in ('ready', 'removed')) = (tree_size is not null)", name=op.f('ck_evidence_pack_tree_size')
        ),
    )
    op.create_index('ix_evidence_pack_deal_id', 'evidence_pack', ['deal_id'])
    op.create_index('ix_evidence_pack_by_id', 'evidence_pack', ['by_id'])
    op.create_index('ix_evidence_pack_state', 'evidence_pack', ['state'])
    op.create_index(
        'uq_evidence_pack_unfinished',
        'evidence_pack',
        ['deal_id'],
        unique=True,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )


def downgrade():
    op.drop_table('evidence_pack')
