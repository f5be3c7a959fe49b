"""Organisations have states, names and seats over time; rights belong to memberships; drafts may be personal

Global roles become places: whoever was 成果转化岗 or 科研人员 is so in each of their organisations, everybody else is a
member. The first person of each organisation looks after its people (of an institution the first of its desk).
"Verified" without a code does not stay. Listings without an owner can only be drafts of their writer.

Revision ID: 0010
Revises: 0007
"""

import re

import click
import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0007'
branch_labels = None
depends_on = None

SITE_ROLES = {'broker': '技术经理人', 'operator': '平台运营人员', 'auditor': '审计人员'}
OLD_ROLES = {'researcher': '科研人员', 'firm': '企业用户', 'desk': '机构成果转化岗'}
OWNED = (
    "organisation_id is not null or (state in ('draft', 'withdrawn', 'archived')"
    " and owner_id is not null)"
)
ORGANISATION_CHECKS = {
    'state': "state in ('unverified', 'verified', 'suspended', 'merged')",
    'verified': "state <> 'verified' or (uscc is not null and verified_at is not null)",
    'merged': "(state = 'merged') = (merged_into_id is not null)",
}
# The owner of personal drafts in a database of the release before, which knows no draft without one.
HOLDER = '（个人草稿）'


def upgrade():
    _upgrade_organisations()
    _upgrade_places()
    for table in ('achievement', 'demand'):
        _free_owner(table)


def downgrade():
    for table in ('achievement', 'demand'):
        _bind_owner(table)
    _downgrade_places()
    _downgrade_organisations()


def _upgrade_organisations():
    op.add_column('organisation', sa.Column('state', sa.String(12), nullable=False, server_default='unverified'))
    op.add_column('organisation', sa.Column('state_note', sa.String(500), nullable=False, server_default=''))
    op.add_column('organisation', sa.Column('revision', sa.Integer(), nullable=False, server_default='1'))
    op.add_column('organisation', sa.Column('merged_into_id', sa.Integer(), nullable=True))
    op.execute("update organisation set state = 'verified' where verified_at is not null and uscc is not null")
    _say_who_lost_it()
    op.execute("update organisation set verified_at = null where state = 'unverified'")
    if _is_sqlite():
        # Added to the text of the table, as SQLite's own pages advise where stored rows stay as they are.
        constraints = [f"CONSTRAINT ck_organisation_{name} CHECK ({check})" for name, check in ORGANISATION_CHECKS.items()]
        constraints.append(
            'CONSTRAINT fk_organisation_merged_into_id_organisation FOREIGN KEY(merged_into_id) REFERENCES organisation (id)'
        )
        _rewrite_table('organisation', lambda sql: _with_constraints(sql, constraints))
    else:
        for name, check in ORGANISATION_CHECKS.items():
            op.create_check_constraint(op.f(f'ck_organisation_{name}'), 'organisation', check)
        op.create_foreign_key(
            op.f('fk_organisation_merged_into_id_organisation'), 'organisation', 'organisation', ['merged_into_id'], ['id']
        )
    op.create_index(op.f('ix_organisation_state'), 'organisation', ['state'])
    op.create_table(
        'organisation_name',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(120), nullable=False),
        sa.Column('name_key', sa.String(200), nullable=False),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('until', sa.Date(), nullable=True),
        sa.CheckConstraint("kind in ('former', 'alias')", name=op.f('ck_organisation_name_kind')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], ondelete='CASCADE',
            name=op.f('fk_organisation_name_organisation_id_organisation'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_name')),
        sa.UniqueConstraint('organisation_id', 'name_key', name=op.f('uq_organisation_name_organisation_id_name_key')),
    )
    op.create_index(op.f('ix_organisation_name_organisation_id'), 'organisation_name', ['organisation_id'])
    op.create_index(op.f('ix_organisation_name_name_key'), 'organisation_name', ['name_key'])
    op.create_table(
        'organisation_seat',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('district_code', sa.String(12), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], ondelete='CASCADE',
            name=op.f('fk_organisation_seat_organisation_id_organisation'),
        ),
        sa.ForeignKeyConstraint(
            ['district_code'], ['district.code'], name=op.f('fk_organisation_seat_district_code_district')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_seat')),
    )
    op.create_index(op.f('ix_organisation_seat_organisation_id'), 'organisation_seat', ['organisation_id'])
    op.create_table(
        'organisation_merge',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('gone_id', sa.Integer(), nullable=False),
        sa.Column('kept_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('moved', sa.JSON(), nullable=False),
        sa.Column('undone_at', sa.DateTime(), nullable=True),
        sa.Column('undone_by_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['gone_id'], ['organisation.id'], name=op.f('fk_organisation_merge_gone_id_organisation')),
        sa.ForeignKeyConstraint(['kept_id'], ['organisation.id'], name=op.f('fk_organisation_merge_kept_id_organisation')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_organisation_merge_by_id_person')),
        sa.ForeignKeyConstraint(['undone_by_id'], ['person.id'], name=op.f('fk_organisation_merge_undone_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_merge')),
    )
    op.create_index(op.f('ix_organisation_merge_gone_id'), 'organisation_merge', ['gone_id'])
    op.create_index(op.f('ix_organisation_merge_kept_id'), 'organisation_merge', ['kept_id'])
    op.create_table(
        'twin_pair',
        sa.Column('one_id', sa.Integer(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(10), nullable=False),
        sa.Column('reason', sa.String(200), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('one_id < other_id', name=op.f('ck_twin_pair_order')),
        sa.CheckConstraint("state in ('proposed', 'apart', 'merged')", name=op.f('ck_twin_pair_state')),
        sa.ForeignKeyConstraint(
            ['one_id'], ['organisation.id'], ondelete='CASCADE', name=op.f('fk_twin_pair_one_id_organisation')
        ),
        sa.ForeignKeyConstraint(
            ['other_id'], ['organisation.id'], ondelete='CASCADE', name=op.f('fk_twin_pair_other_id_organisation')
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_twin_pair_by_id_person')),
        sa.PrimaryKeyConstraint('one_id', 'other_id', name=op.f('pk_twin_pair')),
    )
    op.create_index(op.f('ix_twin_pair_state'), 'twin_pair', ['state'])


def _say_who_lost_it():
    rows = op.get_bind().execute(
        sa.text('select name from organisation where verified_at is not null and uscc is null order by id')
    )
    for row in rows:
        click.echo(f"「{row.name}」没有统一社会信用代码，改回未核验，请在待核验单位里补代码后核验。", err=True)


def _downgrade_organisations():
    for table in ('twin_pair', 'organisation_merge', 'organisation_seat', 'organisation_name'):
        op.drop_table(table)
    op.execute("update organisation set verified_at = null where state <> 'verified'")
    op.drop_index(op.f('ix_organisation_state'), 'organisation')
    if _is_sqlite():
        names = [f'ck_organisation_{name}' for name in ORGANISATION_CHECKS]
        names.append('fk_organisation_merged_into_id_organisation')
        _rewrite_table('organisation', lambda sql: _without_constraints(sql, names))
    else:
        for name in ORGANISATION_CHECKS:
            op.drop_constraint(op.f(f'ck_organisation_{name}'), 'organisation', type_='check')
        op.drop_constraint(op.f('fk_organisation_merged_into_id_organisation'), 'organisation', type_='foreignkey')
    for column in ('merged_into_id', 'revision', 'state_note', 'state'):
        op.drop_column('organisation', column)


def _upgrade_places():
    check = "role in ('member', 'researcher', 'desk')"
    op.add_column('membership', sa.Column('role', sa.String(12), nullable=False, server_default='member'))
    op.add_column('membership', sa.Column('is_administrator', sa.Boolean(), nullable=False, server_default=sa.false()))
    # Of one who was both, the wider right stays.
    for role in ('researcher', 'desk'):
        op.get_bind().execute(
            sa.text(
                'update membership set role = :role where person_id in (select person_id from person_role'
                ' join role on role.id = person_role.role_id where role.name = :role)'
                " and organisation_id in (select id from organisation where kind in ('university', 'institute'))"
            ),
            {'role': role},
        )
    if _is_sqlite():
        _rewrite_table('membership', lambda sql: _with_constraints(sql, [f'CONSTRAINT ck_membership_role CHECK ({check})']))
    else:
        op.create_check_constraint(op.f('ck_membership_role'), 'membership', check)
    _name_administrators()
    connection = op.get_bind()
    for name in OLD_ROLES:
        connection.execute(sa.text('delete from person_role where role_id in (select id from role where name = :name)'), {'name': name})
        connection.execute(sa.text('delete from role where name = :name'), {'name': name})
    op.create_table(
        'assignment',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('broker_id', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_assignment_kind')),
        sa.ForeignKeyConstraint(['broker_id'], ['person.id'], name=op.f('fk_assignment_broker_id_person')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_assignment_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment')),
    )
    op.create_index('ix_assignment_row', 'assignment', ['kind', 'listing_id'])
    op.create_index(op.f('ix_assignment_broker_id'), 'assignment', ['broker_id'])


def _name_administrators():
    """The desk of an institution and the first person of any other organisation look after its people."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            'select person_id, organisation_id from membership'
            " order by organisation_id, case role when 'desk' then 0 when 'member' then 1 else 2 end, since, person_id"
        )
    )
    first = {}
    for row in rows:
        first.setdefault(row.organisation_id, row.person_id)
    for organisation_id, person_id in first.items():
        connection.execute(
            sa.text(
                'update membership set is_administrator = :yes'
                ' where organisation_id = :organisation and person_id = :person'
            ),
            {'yes': True, 'organisation': organisation_id, 'person': person_id},
        )


def _downgrade_places():
    connection = op.get_bind()
    op.drop_table('assignment')
    connection.execute(
        sa.text("delete from person_role where role_id in (select id from role where name = 'auditor')")
    )
    connection.execute(sa.text("delete from role where name = 'auditor'"))
    places = {'researcher': 'researcher', 'desk': 'desk', 'firm': 'member'}
    for name, description in OLD_ROLES.items():
        connection.execute(
            sa.text('insert into role (name, description) values (:name, :description)'),
            {'name': name, 'description': description},
        )
        connection.execute(
            sa.text(
                'insert into person_role (person_id, role_id)'
                ' select distinct membership.person_id, role.id from membership, role'
                ' where role.name = :name and membership.role = :place'
            ),
            {'name': name, 'place': places[name]},
        )
    if _is_sqlite():
        _rewrite_table('membership', lambda sql: _without_constraints(sql, ['ck_membership_role']))
    else:
        op.drop_constraint(op.f('ck_membership_role'), 'membership', type_='check')
    op.drop_column('membership', 'is_administrator')
    op.drop_column('membership', 'role')


def _free_owner(table):
    """Let drafts have no owner."""
    name = f'ck_{table}_owned'
    if _is_sqlite():
        _rewrite_table(
            table,
            lambda sql: _with_constraints(
                re.sub(r'(organisation_id INTEGER) NOT NULL', r'\1', sql), [f'CONSTRAINT {name} CHECK ({OWNED})']
            ),
        )
        return
    op.alter_column(table, 'organisation_id', nullable=True)
    op.create_check_constraint(op.f(name), table, OWNED)


def _bind_owner(table):
    """Give every personal draft an owner, as the release before knows none without one."""
    connection = op.get_bind()
    ids = connection.execute(sa.text(f'select id, title_key from {table} where organisation_id is null order by id')).all()
    if ids:
        holder = _holder(connection)
        for row in ids:
            # Two people may have begun one title; the holder may have each only once.
            connection.execute(
                sa.text(f'update {table} set organisation_id = :holder, title_key = :key where id = :id'),
                {'holder': holder, 'id': row.id, 'key': f'{row.title_key[:180]}|{row.id}'},
            )
    name = f'ck_{table}_owned'
    if _is_sqlite():
        _rewrite_table(
            table,
            lambda sql: re.sub(
                r'(organisation_id INTEGER)', r'\1 NOT NULL', _without_constraints(sql, [name]), count=1
            ),
        )
        return
    op.drop_constraint(op.f(name), table, type_='check')
    op.alter_column(table, 'organisation_id', nullable=False)


def _holder(connection):
    found = connection.scalar(sa.text('select id from organisation where name = :name'), {'name': HOLDER})
    if found is None:
        connection.execute(
            sa.text(
                'insert into organisation (name, name_key, kind, address, legal_representative, supervisor, profile,'
                " size_band, created_at) values (:name, :name, 'operator', '', '', '', '', '', current_timestamp)"
            ),
            {'name': HOLDER},
        )
        found = connection.scalar(sa.text('select id from organisation where name = :name'), {'name': HOLDER})
    return found


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _rewrite_table(table, change):
    """Change the text of a table of SQLite, which leaves its rows as they are.

    The way its documentation gives for constraints (lang_altertable, section 7): copying the table would drop the old
    one, and with it, by the cascades of foreign keys, the rows that belong to its rows.
    """
    connection = op.get_bind()
    sql = connection.scalar(sa.text("select sql from sqlite_master where type = 'table' and name = :name"), {'name': table})
    changed = change(sql)
    if changed == sql:
        raise RuntimeError(f'{table}: nothing to change in {sql}')
    version = connection.scalar(sa.text('pragma schema_version'))
    connection.exec_driver_sql('pragma writable_schema = on')
    connection.execute(
        sa.text("update sqlite_master set sql = :sql where type = 'table' and name = :name"),
        {'sql': changed, 'name': table},
    )
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')
    found = connection.scalar(sa.text('pragma integrity_check'))
    if found != 'ok':
        raise RuntimeError(f'{table}: {found}')


def _with_constraints(sql, constraints):
    body = sql.rstrip()
    if not body.endswith(')'):
        raise RuntimeError(f'no closing bracket: {sql}')
    return body[:-1].rstrip() + ',\n\t' + ',\n\t'.join(constraints) + '\n)'


def _without_constraints(sql, names):
    """Drop named constraints: each begins at its name and ends with the bracket that closes its own, or its reference."""
    for name in names:
        start = sql.index(f'CONSTRAINT {name} ')
        end = start
        depth = 0
        while True:
            end += 1
            if sql[end] == '(':
                depth += 1
            elif sql[end] == ')':
                if depth == 0:
                    break
                depth -= 1
            elif sql[end] == ',' and depth == 0:
                break
        before = sql[:start].rstrip().rstrip(',')
        after = sql[end:]
        sql = before + after
    return sql
