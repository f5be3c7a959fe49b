"""Lists uploaded in the browser, and their rows until they are written

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'list_import',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('listing_kind', sa.String(length=20), nullable=False),
        sa.Column('source', sa.String(length=12), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=True),
        sa.Column('owner_id', sa.Integer(), nullable=True),
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('sheet', sa.String(length=100), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('publish', sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column('remarks', sa.JSON(), nullable=False),
        sa.Column('layouts', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.Column('committed_by_id', sa.Integer(), nullable=True),
        sa.Column('committed_at', sa.DateTime(), nullable=True),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_list_import')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_list_import_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_list_import_owner_id_person')),
        sa.ForeignKeyConstraint(['committed_by_id'], ['person.id'], name=op.f('fk_list_import_committed_by_id_person')),
        sa.CheckConstraint("listing_kind in ('achievement', 'demand')", name=op.f('ck_list_import_listing_kind')),
        sa.CheckConstraint("source in ('list', 'patents', 'papers')", name=op.f('ck_list_import_source')),
        sa.CheckConstraint(
            "state in ('checked', 'writing', 'done', 'undoing', 'taken_back', 'discarded')",
            name=op.f('ck_list_import_state'),
        ),
    )
    op.create_index('ix_list_import_organisation_id', 'list_import', ['organisation_id'])
    op.create_index('ix_list_import_owner_id', 'list_import', ['owner_id'])
    op.create_index('ix_list_import_state', 'list_import', ['state'])
    op.create_table(
        'staged_row',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('import_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('cells', sa.JSON(), nullable=False),
        sa.Column('layout', sa.Integer(), nullable=False),
        sa.Column('author', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('title_key', sa.String(length=200), nullable=False),
        sa.Column('owner_name', sa.String(length=200), nullable=False),
        sa.Column('findings', sa.JSON(), nullable=False),
        sa.Column('conflicts', sa.JSON(), nullable=False),
        sa.Column('choices', sa.JSON(), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=True),
        sa.Column('deed', sa.String(length=10), nullable=False),
        sa.Column('history_id', sa.Integer(), nullable=True),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_staged_row')),
        sa.ForeignKeyConstraint(
            ['import_id'], ['list_import.id'], name=op.f('fk_staged_row_import_id_list_import'), ondelete='CASCADE'
        ),
        sa.UniqueConstraint('import_id', 'number', name=op.f('uq_staged_row_import_id_number')),
        sa.CheckConstraint(
            "state in ('conflict', 'faulty', 'new', 'changed', 'same', 'left_out')", name=op.f('ck_staged_row_state')
        ),
        sa.CheckConstraint("deed in ('', 'new', 'changed', 'same', 'undone')", name=op.f('ck_staged_row_deed')),
    )
    op.create_index('ix_staged_row_state', 'staged_row', ['import_id', 'state'])
    op.create_index('ix_staged_row_title', 'staged_row', ['import_id', 'title_key'])


def downgrade():
    op.drop_table('staged_row')
    op.drop_table('list_import')
