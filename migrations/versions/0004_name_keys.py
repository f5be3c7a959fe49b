"""Names are told apart by their figures and signs: the keys of organisations and listings are worked out anew

1.5MW and 15MW, C++ and C, −40℃ and 40℃ had one key; 長 and 长, ⻓ and 长 had two. Two rows whose names now share a
key are both kept: the later one's key gets its number, and both are named, so that a person can decide. The key of a
row is worked out again whenever its name is saved.

Revision ID: 0004
Revises: 0003
"""

import re
import unicodedata

import click
import sqlalchemy as sa
from alembic import op

# The function of today and no copy: whoever changes it adds a migration like this one.
from marketplace.parsing.names import MAX_KEY, name_key

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ENDED = ('rejected', 'withdrawn', 'archived', 'closed')
BATCH = 500
# Table → its names, its keys, and the words for what it holds.
ORGANISATION = ('organisation', 'name', 'name_key', '单位')
LISTINGS = (
    ('achievement', 'title', 'title_key', '成果'),
    ('demand', 'title', 'title_key', '需求'),
)


def upgrade():
    _rewrite_keys(name_key, '|')


def downgrade():
    # The old keys held letters and figures only, so a sign is free to tell twins apart.
    _rewrite_keys(_old_key, '#')


def _old_key(text):
    folded = unicodedata.normalize('NFKC', text).casefold()
    return re.sub(r'[\W_]+', '', folded)[:MAX_KEY]


def _rewrite_keys(key_of, mark):
    connection = op.get_bind()
    _rewrite_table(connection, ORGANISATION, key_of, mark)
    for table in LISTINGS:
        _rewrite_table(connection, table, key_of, mark)


def _rewrite_table(connection, table, key_of, mark):
    name, names, keys, word = table
    columns = [sa.column('id', sa.Integer), sa.column(names, sa.String), sa.column(keys, sa.String)]
    is_listing = name != 'organisation'
    if is_listing:
        columns += [sa.column('organisation_id', sa.Integer), sa.column('state', sa.String)]
    rows = sa.table(name, *columns)
    # Owner and key → number and name of the row that has it; ended listings take no key from others.
    taken = {}
    changed = []
    for row in connection.execute(sa.select(rows).order_by(rows.c.id)).mappings():
        old = row[keys]
        key = key_of(row[names]) or old
        if not is_listing or row['state'] not in ENDED:
            # Not row.get(): SQLAlchemy knows the column `id` of `organisation` as organisation_id too.
            owner = row['organisation_id'] if is_listing else None
            first = taken.setdefault((owner, key), (row['id'], row[names]))
            if first[0] != row['id']:
                ending = f"{mark}{row['id']}"
                key = key[: MAX_KEY - len(ending)] + ending
                click.echo(
                    f"{word}「{first[1]}」（编号 {first[0]}）和「{row[names]}」（编号 {row['id']}）现在算作同名，"
                    "两条都保留。请核对是不是同一条，是就撤回一条，不是就改名。",
                    err=True,
                )
        if key != old:
            changed.append({'row_id': row['id'], 'parking': f"\ue000{row['id']}", 'key': key})
    # First out of the way: a new key may be the old one of a row that is not rewritten yet.
    for value in ('parking', 'key'):
        statement = (
            sa.update(rows).where(rows.c.id == sa.bindparam('row_id')).values({keys: sa.bindparam(value)})
        )
        for start in range(0, len(changed), BATCH):
            part = [{'row_id': one['row_id'], value: one[value]} for one in changed[start : start + BATCH]]
            connection.execute(statement, part)
