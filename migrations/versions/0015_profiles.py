"""Profiles of researchers and brokers, and certificates of brokers

Revision ID: 0015
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0013'
branch_labels = None
depends_on = None


def flag(name):
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def upgrade():
    op.create_table(
        'researcher_profile',
        sa.Column('person_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('title', sa.String(40), nullable=False),
        sa.Column('discipline', sa.String(60), nullable=False),
        sa.Column('offer', sa.Text(), nullable=False),
        flag('deputy'),
        flag('envoy'),
        flag('fields_public'),
        flag('title_public'),
        flag('discipline_public'),
        flag('offer_public'),
        flag('willingness_public'),
        flag('desk_public'),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], ondelete='CASCADE', name=op.f('fk_researcher_profile_person_id_person')
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_researcher_profile')),
    )
    op.create_table(
        'researcher_field',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('field_code', sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['researcher_profile.person_id'], ondelete='CASCADE',
            name=op.f('fk_researcher_field_person_id_researcher_profile'),
        ),
        sa.ForeignKeyConstraint(
            ['field_code'], ['hitech_field.code'], name=op.f('fk_researcher_field_field_code_hitech_field')
        ),
        sa.PrimaryKeyConstraint('person_id', 'field_code', name=op.f('pk_researcher_field')),
    )
    op.create_index(op.f('ix_researcher_field_field_code'), 'researcher_field', ['field_code'])
    op.create_table(
        'broker_profile',
        sa.Column('person_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('number', sa.String(40), nullable=False),
        sa.Column('level', sa.String(12), nullable=True),
        sa.Column('issuer', sa.String(80), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.Column('introduction', sa.Text(), nullable=False),
        flag('listed'),
        flag('number_public'),
        sa.Column('state', sa.String(10), nullable=False, server_default='none'),
        sa.Column('checked', sa.String(60), nullable=False),
        sa.Column('checked_at', sa.DateTime(), nullable=True),
        sa.Column('note', sa.String(500), nullable=False),
        sa.Column('waiting_since', sa.DateTime(), nullable=True),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.CheckConstraint("state in ('none', 'waiting', 'checked', 'returned')", name=op.f('ck_broker_profile_state')),
        sa.CheckConstraint(
            "level is null or level in ('junior', 'intermediate', 'senior')", name=op.f('ck_broker_profile_level')
        ),
        sa.CheckConstraint("(state = 'none') = (number = '')", name=op.f('ck_broker_profile_number')),
        sa.CheckConstraint(
            "number = '' or (level is not null and issuer <> '')", name=op.f('ck_broker_profile_certificate')
        ),
        sa.CheckConstraint(
            "(state = 'checked') = (checked_at is not null)", name=op.f('ck_broker_profile_checked_at')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], ondelete='CASCADE', name=op.f('fk_broker_profile_person_id_person')
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_broker_profile')),
    )
    op.create_index(op.f('ix_broker_profile_state'), 'broker_profile', ['state'])
    op.create_index(
        'uq_broker_profile_number', 'broker_profile', ['number'], unique=True,
        sqlite_where=sa.text("state = 'checked'"), postgresql_where=sa.text("state = 'checked'"),
    )
    op.create_table(
        'broker_field',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('field_code', sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['broker_profile.person_id'], ondelete='CASCADE',
            name=op.f('fk_broker_field_person_id_broker_profile'),
        ),
        sa.ForeignKeyConstraint(
            ['field_code'], ['hitech_field.code'], name=op.f('fk_broker_field_field_code_hitech_field')
        ),
        sa.PrimaryKeyConstraint('person_id', 'field_code', name=op.f('pk_broker_field')),
    )
    op.create_index(op.f('ix_broker_field_field_code'), 'broker_field', ['field_code'])


def downgrade():
    op.drop_table('broker_field')
    op.drop_table('broker_profile')
    op.drop_table('researcher_field')
    op.drop_table('researcher_profile')
