"""Notes, minutes and files of cases of brokers, and files of decisions on prices

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = '0057'
down_revision = '0056'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('thing_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('thing_kind', sa.String(length=20), nullable=False),
    sa.Column('thing_id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=130), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('removed_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('(removed_at is null) = (file_id is not null)', name=op.f('ck_thing_file_removed')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_thing_file_by_id_person')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_thing_file_file_id_stored_file')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thing_file'))
    )
    with op.batch_alter_table('thing_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_thing_file_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_thing_file_file_id'), ['file_id'], unique=False)
        batch_op.create_index('ix_thing_file_thing', ['thing_kind', 'thing_id'], unique=False)
        batch_op.create_index('uq_thing_file_content', ['thing_kind', 'thing_id', 'file_id'], unique=True, sqlite_where=sa.text('file_id is not null'), postgresql_where=sa.text('file_id is not null'))

    op.create_table('case_note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('note_kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.String(length=2000), nullable=False),
    sa.Column('met_on', sa.Date(), nullable=True),
    sa.Column('attendees', sa.String(length=200), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("note_kind = 'note' or (met_on is not null and attendees <> '')", name=op.f('ck_case_note_minutes')),
    sa.CheckConstraint("note_kind in ('note', 'minutes', 'shared_minutes')", name=op.f('ck_case_note_note_kind')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_case_note_by_id_person')),
    sa.ForeignKeyConstraint(['case_id'], ['brokerage_case.id'], name=op.f('fk_case_note_case_id_brokerage_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_note'))
    )
    with op.batch_alter_table('case_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_note_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_note_case_id'), ['case_id'], unique=False)



def downgrade():
    with op.batch_alter_table('case_note', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_note_case_id'))
        batch_op.drop_index(batch_op.f('ix_case_note_by_id'))

    op.drop_table('case_note')
    with op.batch_alter_table('thing_file', schema=None) as batch_op:
        batch_op.drop_index('uq_thing_file_content', sqlite_where=sa.text('file_id is not null'), postgresql_where=sa.text('file_id is not null'))
        batch_op.drop_index('ix_thing_file_thing')
        batch_op.drop_index(batch_op.f('ix_thing_file_file_id'))
        batch_op.drop_index(batch_op.f('ix_thing_file_by_id'))

    op.drop_table('thing_file')
