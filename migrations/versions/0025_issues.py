"""Published lists: proofs, and issues with their lines, files and corrections, which are neither changed nor removed

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

REFUSED = 'a published list is frozen'
# Table → what tells its rows apart. INSERT OR REPLACE of SQLite removes a row without any trigger of a deletion.
FROZEN = {
    'issue': 'id = new.id or proof_id = new.proof_id or content_hash = new.content_hash or'
    ' (kind = new.kind and number = new.number and organisation_id is new.organisation_id)',
    'issue_row': 'issue_id = new.issue_id and position = new.position',
    'issue_file': 'issue_id = new.issue_id and format = new.format',
    'issue_correction': 'id = new.id',
}
KIND = "kind in ('achievement', 'demand')"
OF_CITY = sa.text('organisation_id is null')


def upgrade():
    op.create_table(
        'issue_series',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=True),
        sa.Column('last_number', sa.Integer(), nullable=False, server_default='0'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_series')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_issue_series_organisation_id_organisation')
        ),
        sa.CheckConstraint(KIND, name=op.f('ck_issue_series_kind')),
    )
    op.create_index(
        'uq_issue_series_city', 'issue_series', ['kind'], unique=True,
        sqlite_where=OF_CITY, postgresql_where=OF_CITY,
    )
    op.create_index('uq_issue_series_own', 'issue_series', ['organisation_id', 'kind'], unique=True)
    op.create_table(
        'issue_proof',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=True),
        sa.Column('owner_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('until', sa.Date(), nullable=False),
        sa.Column('chain_code', sa.String(length=40), nullable=False),
        sa.Column('field_code', sa.String(length=10), nullable=False),
        sa.Column('district_code', sa.String(length=20), nullable=False),
        sa.Column('need', sa.String(length=20), nullable=False),
        sa.Column('left_out', sa.JSON(), nullable=False),
        sa.Column('arranged', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_proof')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_issue_proof_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_issue_proof_owner_id_person')),
        sa.CheckConstraint(KIND, name=op.f('ck_issue_proof_kind')),
        sa.CheckConstraint("state in ('open', 'published', 'dropped')", name=op.f('ck_issue_proof_state')),
        sa.CheckConstraint('since <= until', name=op.f('ck_issue_proof_period')),
    )
    op.create_index('ix_issue_proof_holder', 'issue_proof', ['organisation_id', 'state'])
    op.create_table(
        'issue',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('proof_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=True),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=300), nullable=False),
        sa.Column('holder', sa.String(length=200), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('until', sa.Date(), nullable=False),
        sa.Column('narrowed', sa.String(length=300), nullable=False),
        sa.Column('published_on', sa.Date(), nullable=False),
        sa.Column('row_count', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('content_hash', sa.String(length=64), nullable=False),
        sa.Column('checkpoint', sa.String(length=1000), nullable=True),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_issue')),
        sa.ForeignKeyConstraint(['proof_id'], ['issue_proof.id'], name=op.f('fk_issue_proof_id_issue_proof')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_issue_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_issue_by_id_person')),
        sa.UniqueConstraint('proof_id', name=op.f('uq_issue_proof_id')),
        sa.UniqueConstraint('content_hash', name=op.f('uq_issue_content_hash')),
        sa.CheckConstraint(KIND, name=op.f('ck_issue_kind')),
        sa.CheckConstraint('number > 0', name=op.f('ck_issue_number')),
    )
    op.create_index(
        'uq_issue_city_number', 'issue', ['kind', 'number'], unique=True,
        sqlite_where=OF_CITY, postgresql_where=OF_CITY,
    )
    op.create_index('uq_issue_own_number', 'issue', ['organisation_id', 'kind', 'number'], unique=True)
    op.create_index('ix_issue_published_on', 'issue', ['published_on'])
    op.create_table(
        'issue_row',
        sa.Column('issue_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False, autoincrement=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('issue_id', 'position', name=op.f('pk_issue_row')),
        sa.ForeignKeyConstraint(['issue_id'], ['issue.id'], name=op.f('fk_issue_row_issue_id_issue')),
    )
    op.create_index('ix_issue_row_listing', 'issue_row', ['kind', 'listing_id'])
    op.create_table(
        'issue_file',
        sa.Column('issue_id', sa.Integer(), nullable=False),
        sa.Column('format', sa.String(length=4), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('file_hash', sa.String(length=64), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('issue_id', 'format', name=op.f('pk_issue_file')),
        sa.ForeignKeyConstraint(['issue_id'], ['issue.id'], name=op.f('fk_issue_file_issue_id_issue')),
        sa.CheckConstraint("format in ('pdf', 'xlsx')", name=op.f('ck_issue_file_format')),
    )
    op.create_index('ix_issue_file_file_hash', 'issue_file', ['file_hash'])
    op.create_table(
        'issue_correction',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('issue_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_correction')),
        sa.ForeignKeyConstraint(['issue_id'], ['issue.id'], name=op.f('fk_issue_correction_issue_id_issue')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_issue_correction_by_id_person')),
    )
    op.create_index('ix_issue_correction_issue_id', 'issue_correction', ['issue_id'])
    if op.get_bind().dialect.name == 'postgresql':
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite():
    for table, same in FROZEN.items():
        for deed in ('update', 'delete'):
            op.execute(
                f"create trigger {table}_no_{deed} before {deed} on {table} "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
        op.execute(
            f"create trigger {table}_no_replace before insert on {table} "
            f"when exists (select 1 from {table} where {same}) "
            f"begin select raise(abort, '{REFUSED}'); end"
        )


def _guard_postgresql():
    op.execute(
        "create function issue_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{REFUSED}'; end $$"
    )
    for table in FROZEN:
        op.execute(
            f"create trigger {table}_frozen before update or delete on {table} "
            "for each row execute function issue_refuse()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function issue_refuse()"
        )


def downgrade():
    # Triggers go with their tables.
    for table in ('issue_correction', 'issue_file', 'issue_row', 'issue', 'issue_proof', 'issue_series'):
        op.drop_table(table)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('drop function issue_refuse()')
