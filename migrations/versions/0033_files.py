"""Files of listings, and requests to see one

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

USES = "'test_report', 'pilot_report', 'contract', 'patent', 'paper', 'drawing', 'photo', 'other'"
TYPES = "'pdf', 'docx', 'xlsx', 'pptx', 'png', 'jpg', 'webp'"
STATES = "'requested', 'granted', 'declined', 'withdrawn', 'revoked', 'expired'"


def upgrade():
    op.create_table(
        'stored_file',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('file_type', sa.String(length=10), nullable=False),
        sa.Column('scan', sa.String(length=10), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
        sa.UniqueConstraint('sha256', name=op.f('uq_stored_file_sha256')),
        sa.CheckConstraint(f"file_type in ({TYPES})", name=op.f('ck_stored_file_file_type')),
        sa.CheckConstraint("scan in ('clean', 'unscanned', 'held')", name=op.f('ck_stored_file_scan')),
        sa.CheckConstraint('size > 0', name=op.f('ck_stored_file_size')),
    )
    op.create_index(op.f('ix_stored_file_scan'), 'stored_file', ['scan'])
    op.create_table(
        'attachment',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('listing_kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('file_id', sa.Integer(), nullable=True),
        sa.Column('name', sa.String(length=130), nullable=False),
        sa.Column('use', sa.String(length=20), nullable=False),
        sa.Column('visibility', sa.String(length=10), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('approved_at', sa.DateTime(), nullable=True),
        sa.Column('returned', sa.String(length=500), server_default='', nullable=False),
        sa.Column('removed_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
        sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_attachment_file_id_stored_file')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_attachment_by_id_person')),
        sa.CheckConstraint("listing_kind in ('achievement', 'demand')", name=op.f('ck_attachment_listing_kind')),
        sa.CheckConstraint(f'"use" in ({USES})', name=op.f('ck_attachment_use')),
        sa.CheckConstraint("visibility in ('public', 'request')", name=op.f('ck_attachment_visibility')),
        sa.CheckConstraint(
            '(removed_at is null) = (file_id is not null)', name=op.f('ck_attachment_removed')
        ),
    )
    op.create_index('ix_attachment_row', 'attachment', ['listing_kind', 'listing_id'])
    op.create_index(op.f('ix_attachment_file_id'), 'attachment', ['file_id'])
    op.create_index(op.f('ix_attachment_by_id'), 'attachment', ['by_id'])
    present = sa.text('file_id is not null')
    op.create_index(
        'uq_attachment_content', 'attachment', ['listing_kind', 'listing_id', 'file_id'],
        unique=True, sqlite_where=present, postgresql_where=present,
    )
    op.create_table(
        'file_access',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('attachment_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('answer', sa.String(length=500), server_default='', nullable=False),
        sa.Column('until', sa.Date(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_file_access')),
        sa.ForeignKeyConstraint(
            ['attachment_id'], ['attachment.id'], name=op.f('fk_file_access_attachment_id_attachment')
        ),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_file_access_person_id_person')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_file_access_organisation_id_organisation')
        ),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f('ck_file_access_state')),
        sa.CheckConstraint("state <> 'granted' or until is not null", name=op.f('ck_file_access_until')),
        sa.CheckConstraint(
            "(state = 'requested') = (decided_at is null)", name=op.f('ck_file_access_decided_at')
        ),
        sa.CheckConstraint("state <> 'declined' or answer <> ''", name=op.f('ck_file_access_answer')),
    )
    op.create_index(op.f('ix_file_access_attachment_id'), 'file_access', ['attachment_id'])
    op.create_index(op.f('ix_file_access_organisation_id'), 'file_access', ['organisation_id'])
    op.create_index(op.f('ix_file_access_state'), 'file_access', ['state'])
    op.create_index('ix_file_access_person', 'file_access', ['person_id', 'attachment_id'])
    waiting = sa.text("state = 'requested'")
    op.create_index(
        'uq_file_access_open', 'file_access', ['attachment_id', 'person_id'],
        unique=True, sqlite_where=waiting, postgresql_where=waiting,
    )


def downgrade():
    # The contents stay below DATA_DIR/files; the job removes what nothing refers to once the tables are back.
    op.drop_table('file_access')
    op.drop_table('attachment')
    op.drop_table('stored_file')
