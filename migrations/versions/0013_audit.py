"""The audit: entries, values that may be erased, signed checkpoints; what was written is neither changed nor removed

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

# As INTEGER it is the number of the row in SQLite itself, so that reading in its order jumps nowhere.
POSITION = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
REFUSED = 'the audit is append-only'
# Table, what is refused of it. Values of a person may be erased; an entry then says that they were.
REFUSALS = (
    ('audit_entry', ('update', 'delete')),
    ('audit_checkpoint', ('update', 'delete')),
    ('audit_personal', ('update',)),
)


def upgrade():
    op.create_table(
        'audit_entry',
        sa.Column('position', POSITION, primary_key=True, autoincrement=False),
        sa.Column('text', sa.Text, nullable=False),
        sa.Column('leaf', sa.LargeBinary(32), nullable=False),
        sa.Column('at', sa.String(27), nullable=False),
        sa.Column('actor', sa.BigInteger),
        sa.Column('organisation', sa.BigInteger),
        sa.Column('deed', sa.String(60), nullable=False),
        sa.Column('kind', sa.String(60), nullable=False),
        sa.Column('thing', sa.String(80), nullable=False),
    )
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at'])
    op.create_index('ix_audit_entry_thing', 'audit_entry', ['kind', 'thing', 'position'])
    op.create_index('ix_audit_entry_actor', 'audit_entry', ['actor', 'position'])
    op.create_index('ix_audit_entry_deed', 'audit_entry', ['deed', 'position'])
    op.create_table(
        'audit_personal',
        sa.Column(
            'position', POSITION, sa.ForeignKey('audit_entry.position'), primary_key=True, autoincrement=False
        ),
        sa.Column('number', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('subject', sa.BigInteger),
        sa.Column('salt', sa.String(32), nullable=False),
        sa.Column('text', sa.Text, nullable=False),
        # In the order in which it is read, beside its entries.
        sqlite_with_rowid=False,
    )
    op.create_index('ix_audit_personal_subject', 'audit_personal', ['subject'])
    op.create_table(
        'audit_checkpoint',
        sa.Column('number', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('size', sa.BigInteger, nullable=False),
        sa.Column('note', sa.Text, nullable=False),
        sa.Column('at', sa.String(27), nullable=False),
    )
    if op.get_bind().dialect.name == 'postgresql':
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite():
    for table, deeds in REFUSALS:
        for deed in deeds:
            op.execute(
                f"create trigger {table}_no_{deed} before {deed} on {table} "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    # INSERT OR REPLACE removes the old row without any trigger of a deletion. Only the next position may be written: so
    # nothing is replaced, and no gap begins.
    op.execute(
        "create trigger audit_entry_next before insert on audit_entry "
        "when new.position <> (select coalesce(max(position), -1) + 1 from audit_entry) "
        f"begin select raise(abort, '{REFUSED}'); end"
    )
    op.execute(
        "create trigger audit_checkpoint_next before insert on audit_checkpoint "
        "when new.number <> (select coalesce(max(number), -1) + 1 from audit_checkpoint) "
        f"begin select raise(abort, '{REFUSED}'); end"
    )
    op.execute(
        "create trigger audit_personal_new before insert on audit_personal "
        "when exists (select 1 from audit_personal where position = new.position and number = new.number) "
        f"begin select raise(abort, '{REFUSED}'); end"
    )


def _guard_postgresql():
    op.execute(
        "create function audit_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{REFUSED}'; end $$"
    )
    for table, deeds in REFUSALS:
        words = ' or '.join(deeds)
        op.execute(
            f"create trigger {table}_append_only before {words} on {table} "
            "for each row execute function audit_refuse()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function audit_refuse()"
        )
    for table, column in (('audit_entry', 'position'), ('audit_checkpoint', 'number')):
        op.execute(
            f"create function {table}_next() returns trigger language plpgsql as $$ begin "
            f"if new.{column} <> (select coalesce(max({column}), -1) + 1 from {table}) "
            f"then raise exception '{REFUSED}'; end if; return new; end $$"
        )
        op.execute(
            f"create trigger {table}_next before insert on {table} for each row execute function {table}_next()"
        )


def downgrade():
    # Triggers go with their tables.
    op.drop_table('audit_checkpoint')
    op.drop_table('audit_personal')
    op.drop_table('audit_entry')
    if op.get_bind().dialect.name == 'postgresql':
        for name in ('audit_refuse', 'audit_entry_next', 'audit_checkpoint_next'):
            op.execute(f'drop function {name}()')
