"""The desk of an institution decides first; decisions, versions and waiting changes of listings

Revision ID: 0024
Revises: 0023
"""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

LISTINGS = ('achievement', 'demand')
STATES = {
    'achievement': "'submitted', 'in_review', 'returned', 'rejected', 'published', 'suspended', 'expired', 'withdrawn', 'archived'",
    'demand': "'submitted', 'in_review', 'returned', 'rejected', 'published', 'suspended', 'expired', 'withdrawn', 'archived',"
    " 'closed'",
}
# Where a listing stands in the house; everything else of the row is what it says.
NO_CONTENT = {
    'id', 'title_key', 'state', 'submitted_at', 'published_at', 'created_at', 'updated_at', 'revision',
    'indexed_revision', 'card', 'organisation_id', 'owner_id', 'place_shown',
}
CHILDREN = {
    'achievement': {
        'co_owners': 'achievement_organisation',
        'contributors': 'contributor',
        'metrics': 'achievement_metric',
        'ips': 'intellectual_property',
    },
    'demand': {'metrics': 'demand_metric'},
}
NO_CHILD_CONTENT = {'id', 'achievement_id', 'demand_id', 'position'}


def upgrade():
    _let_states("'draft', 'at_desk', ", "'draft', ", "'at_desk', 'submitted', 'in_review'", "'submitted', 'in_review'")
    op.create_table(
        'review_decision',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('station', sa.String(length=10), nullable=False),
        sa.Column('decision', sa.String(length=10), nullable=False),
        sa.Column('truth', sa.Integer(), nullable=True),
        sa.Column('completeness', sa.Integer(), nullable=True),
        sa.Column('feasibility', sa.Integer(), nullable=True),
        sa.Column('wording', sa.Integer(), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('todos', sa.JSON(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_decision')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_review_decision_by_id_person')),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_review_decision_kind')),
        sa.CheckConstraint("station in ('desk', 'operator')", name=op.f('ck_review_decision_station')),
        sa.CheckConstraint("decision in ('pass', 'return', 'reject')", name=op.f('ck_review_decision_decision')),
        sa.CheckConstraint(
            "(truth is null or truth between 0 and 5)"
            " and (completeness is null or completeness between 0 and 5)"
            " and (feasibility is null or feasibility between 0 and 5)"
            " and (wording is null or wording between 0 and 5)",
            name=op.f('ck_review_decision_scores'),
        ),
        sa.CheckConstraint(
            "decision <> 'pass' or station <> 'operator' or by_id is null"
            " or (truth > 0 and completeness > 0 and feasibility > 0 and wording > 0"
            " and (truth + completeness + feasibility + wording >= 10 or note <> ''))",
            name=op.f('ck_review_decision_passed'),
        ),
    )
    op.create_index('ix_review_decision_listing', 'review_decision', ['kind', 'listing_id', 'id'])
    op.create_table(
        'listing_version',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_version')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_listing_version_by_id_person')),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_listing_version_kind')),
    )
    op.create_index('uq_listing_version', 'listing_version', ['kind', 'listing_id', 'number'], unique=True)
    op.create_table(
        'listing_change',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('submitted_at', sa.DateTime(), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_change')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_listing_change_by_id_person')),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_listing_change_kind')),
        sa.CheckConstraint(
            "state in ('at_desk', 'submitted', 'returned', 'approved', 'rejected', 'withdrawn')",
            name=op.f('ck_listing_change_state'),
        ),
        sa.CheckConstraint(
            "state not in ('returned', 'rejected') or reason <> ''", name=op.f('ck_listing_change_reason')
        ),
    )
    op.create_index(
        'uq_listing_change_open', 'listing_change', ['kind', 'listing_id'], unique=True,
        sqlite_where=sa.text("state in ('at_desk', 'submitted', 'returned')"),
        postgresql_where=sa.text("state in ('at_desk', 'submitted', 'returned')"),
    )
    op.create_index('ix_listing_change_state', 'listing_change', ['state'])
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
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_review_claim_kind')),
    )
    op.create_index('uq_review_claim', 'review_claim', ['kind', 'listing_id', 'person_id'], unique=True)
    _keep_first_versions()


def downgrade():
    # Versions, scores and changes that wait have no place in the release before; the listings stay as they are public.
    for name in ('review_claim', 'listing_change', 'listing_version', 'review_decision'):
        op.drop_table(name)
    for kind in LISTINGS:
        # Its queue is that of the operators alone.
        op.execute(f"update {kind} set state = 'submitted' where state = 'at_desk'")
    _let_states("'draft', ", "'draft', 'at_desk', ", "'submitted', 'in_review'", "'at_desk', 'submitted', 'in_review'")


def _let_states(first, first_before, waiting, waiting_before):
    """Let the check constraints of both tables allow other states."""
    if op.get_bind().dialect.name != 'sqlite':
        for kind in LISTINGS:
            op.drop_constraint(op.f(f'ck_{kind}_state'), kind, type_='check')
            op.create_check_constraint(op.f(f'ck_{kind}_state'), kind, f"state in ({first}{STATES[kind]})")
            op.drop_constraint(op.f(f'ck_{kind}_submitted'), kind, type_='check')
            op.create_check_constraint(
                op.f(f'ck_{kind}_submitted'), kind, f"state not in ({waiting}) or submitted_at is not null"
            )
        return
    # SQLite cannot alter a constraint. To write the table anew would remove its child rows by their foreign keys, which
    # cannot be switched off inside a transaction; the text of a CHECK may be changed in place (lang_altertable, 7).
    connection = op.get_bind()
    version = connection.exec_driver_sql('pragma schema_version').scalar()
    connection.exec_driver_sql('pragma writable_schema = on')
    for kind in LISTINGS:
        sql = connection.exec_driver_sql(
            "select sql from sqlite_master where type = 'table' and name = ?", (kind,)
        ).scalar()
        for before, after in (
            (f'state in ({first_before}{STATES[kind]})', f'state in ({first}{STATES[kind]})'),
            (f'state not in ({waiting_before})', f'state not in ({waiting})'),
        ):
            if sql.count(before) != 1:
                raise RuntimeError(f'the table {kind} has another constraint than {before}')
            sql = sql.replace(before, after)
        connection.exec_driver_sql(
            "update sqlite_master set sql = ? where type = 'table' and name = ?", (sql, kind)
        )
    # Other connections, and this one, read the schema again.
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')


def _keep_first_versions():
    """What is or was public becomes version 1, as of the day it was published."""
    connection = op.get_bind()
    metadata = sa.MetaData()
    versions = sa.Table('listing_version', metadata, autoload_with=connection)
    for kind in LISTINGS:
        table = sa.Table(kind, metadata, autoload_with=connection)
        public = table.c.published_at.is_not(None)
        children = {}
        for field, name in CHILDREN[kind].items():
            child = sa.Table(name, metadata, autoload_with=connection)
            children[field] = _children_of(connection, child, child.c[f'{kind}_id'])
        rows = connection.execute(sa.select(table).where(public).order_by(table.c.id)).mappings()
        batch = []
        for row in rows:
            content = {name: _packed(value) for name, value in row.items() if name not in NO_CONTENT}
            for field, of_listing in children.items():
                content[field] = of_listing.get(row['id'], [])
            batch.append(
                {'kind': kind, 'listing_id': row['id'], 'number': 1, 'content': content, 'at': row['published_at']}
            )
        for start in range(0, len(batch), 500):
            connection.execute(sa.insert(versions), batch[start:start + 500])


def _children_of(connection, child, of_listing):
    found = {}
    for row in connection.execute(sa.select(child).order_by(of_listing, child.c.position)).mappings():
        content = {}
        for name, value in row.items():
            if name not in NO_CHILD_CONTENT and value not in (None, '', False):
                content[name] = _packed(value)
        found.setdefault(row[of_listing.name], []).append(content)
    return found


def _packed(value):
    if isinstance(value, Decimal):
        return f'{value.normalize():f}'
    return value.isoformat() if isinstance(value, date) else value
