"""Notes of organisations name people and invitations by number

Revision ID: 0026
Revises: 0025
"""

import re

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

# Deeds whose note named a person: alone, or before a colon and the place they were given.
NAMED = ('accept', 'decline', 'place', 'remove', 'leave', 'take')
ADDRESSED = ('invite', 'revoke')
NUMBERED = re.compile(r'(账号|邀请) \d+')


def upgrade():
    connection = op.get_bind()
    notes = connection.execute(
        sa.text(
            'select id, thing_id, deed, note, by_id, "at" from history'
            " where kind = 'organisation' and note <> '' order by id"
        )
    ).all()
    for row in notes:
        if row.deed not in (*NAMED, *ADDRESSED) or NUMBERED.match(row.note):
            continue
        subject, colon, rest = row.note.partition('：')
        if row.deed in ADDRESSED:
            number = _invitation(connection, row.thing_id, subject, row.at)
            name = '' if number is None else f'邀请 {number}'
        else:
            number = row.by_id if row.deed in ('leave', 'take') else _person(connection, subject)
            name = '' if number is None else f'账号 {number}'
        # A name that several bear, or that nobody bears any more, tells nothing: better none than a wrong one.
        note = f'{name}{colon}{rest}'.strip('：')
        connection.execute(
            sa.text('update history set note = :note where id = :id'), {'note': note, 'id': row.id}
        )


def downgrade():
    # Numbers are read by the former release as well as names were; what was erased does not come back.
    pass


def _person(connection, name):
    """The number of the only person of a name; None where there is none, or more than one."""
    found = connection.execute(sa.text('select id from person where name = :name'), {'name': name}).scalars().all()
    return found[0] if len(found) == 1 else None


def _invitation(connection, organisation_id, email, at):
    """The number of the invitation to an address that was the latest at a moment; None where its row is removed."""
    query = sa.text(
        'select id, created_at from invitation where organisation_id = :organisation and email = :email order by id'
    )
    found = connection.execute(query, {'organisation': organisation_id, 'email': email}).all()
    # Compared as text: SQLite has no moments, PostgreSQL gives them back as such. An invitation and its note are made
    # in one deed, a few milliseconds apart, so that the next second is the edge.
    before = [row.id for row in found if str(row.created_at)[:19] <= str(at)[:19]]
    return before[-1] if before else None
