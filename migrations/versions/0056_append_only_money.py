"""Entries of the ledger of contracts and receipts are never changed or removed, whoever asks the database

Revision ID: 0056
Revises: 0055
"""

from alembic import op

revision = '0056'
down_revision = '0055'
branch_labels = None
depends_on = None

# Table → what the database says.
REFUSED = {
    'contract_entry': 'an entry of the ledger is never changed',
    'contract_receipt': 'a receipt is never changed',
}


def upgrade():
    for table, words in REFUSED.items():
        if op.get_bind().dialect.name == 'postgresql':
            _guard_postgresql(table, words)
        else:
            _guard_sqlite(table, words)


def _guard_sqlite(table, words):
    for deed in ('update', 'delete'):
        op.execute(
            f"create trigger {table}_no_{deed} before {deed} on {table} begin select raise(abort, '{words}'); end"
        )
    # INSERT OR REPLACE removes the old row without any trigger of a deletion.
    op.execute(
        f"create trigger {table}_no_replace before insert on {table} "
        f"when exists (select 1 from {table} where id = new.id) begin select raise(abort, '{words}'); end"
    )


def _guard_postgresql(table, words):
    op.execute(
        f"create function {table}_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{words}'; end $$"
    )
    op.execute(
        f"create trigger {table}_frozen before update or delete on {table} "
        f"for each row execute function {table}_refuse()"
    )
    op.execute(
        f"create trigger {table}_no_truncate before truncate on {table} "
        f"for each statement execute function {table}_refuse()"
    )


def downgrade():
    for table in REFUSED:
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'drop trigger {table}_no_truncate on {table}')
            op.execute(f'drop trigger {table}_frozen on {table}')
            op.execute(f'drop function {table}_refuse()')
        else:
            for name in ('no_update', 'no_delete', 'no_replace'):
                op.execute(f'drop trigger {table}_{name}')
