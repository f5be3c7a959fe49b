"""金融机构 as a kind of organisations, and dated statuses of organisations

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = '0059'
down_revision = '0058'
branch_labels = None
depends_on = None

BEFORE = "kind in ('firm', 'university', 'institute', 'service_body', 'operator')"
AFTER = "kind in ('firm', 'university', 'institute', 'service_body', 'financial', 'operator')"


def upgrade():
    _let_kinds(BEFORE, AFTER)
    op.create_table(
        'organisation_status',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('number', sa.String(length=60), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('checked', sa.String(length=60), server_default='', nullable=False),
        sa.Column('note', sa.String(length=300), server_default='', nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.CheckConstraint(
            "code in ('tech_sme', 'high_tech', 'innovative_sme', 'specialised', 'little_giant')",
            name=op.f('ck_organisation_status_code'),
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'verified', 'refused', 'withdrawn', 'revoked')",
            name=op.f('ck_organisation_status_state'),
        ),
        sa.CheckConstraint('valid_to >= valid_from', name=op.f('ck_organisation_status_period')),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at is null)", name=op.f('ck_organisation_status_decided')
        ),
        sa.CheckConstraint("state <> 'verified' or checked <> ''", name=op.f('ck_organisation_status_checked')),
        sa.CheckConstraint(
            "state not in ('refused', 'revoked') or note <> ''", name=op.f('ck_organisation_status_note')
        ),
        sa.ForeignKeyConstraint(
            ['by_id'], ['person.id'], name=op.f('fk_organisation_status_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['decided_by_id'], ['person.id'], name=op.f('fk_organisation_status_decided_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_status_organisation_id_organisation')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_status')),
    )
    op.create_index('ix_organisation_status_organisation_id', 'organisation_status', ['organisation_id'])
    op.create_index('ix_organisation_status_state', 'organisation_status', ['state'])
    current = sa.text("state in ('waiting', 'verified')")
    op.create_index(
        'uq_organisation_status_current',
        'organisation_status',
        ['organisation_id', 'code', 'valid_from'],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )


def downgrade():
    op.drop_table('organisation_status')
    # A bank is a firm to what knows no other kind.
    op.execute("update organisation set kind = 'firm' where kind = 'financial'")
    _let_kinds(AFTER, BEFORE)


def _let_kinds(before, after):
    """Let the check constraint of organisations allow other kinds."""
    connection = op.get_bind()
    if connection.dialect.name != 'sqlite':
        name = op.f('ck_organisation_kind')
        op.drop_constraint(name, 'organisation', type_='check')
        op.create_check_constraint(name, 'organisation', after)
        return
    # SQLite cannot alter a constraint, and other tables refer to this one; the text of a CHECK may be changed in place
    # (lang_altertable, 7).
    table = "select sql from sqlite_master where type = 'table' and name = 'organisation'"
    sql = connection.exec_driver_sql(table).scalar()
    if sql.count(before) != 1:
        raise RuntimeError(f'the table organisation has another constraint than {before}')
    version = connection.exec_driver_sql('pragma schema_version').scalar()
    connection.exec_driver_sql('pragma writable_schema = on')
    connection.exec_driver_sql(
        "update sqlite_master set sql = ? where type = 'table' and name = 'organisation'",
        (sql.replace(before, after),),
    )
    # Other connections, and this one, read the schema again.
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')
