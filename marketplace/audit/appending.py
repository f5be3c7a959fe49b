"""Entries get their place in the tree: one writer after the other, in the transaction of what they are about.

What becomes an entry is settled in `collecting.py` and `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from marketplace.audit.entries import (
    Draft,
    entry_leaf,
    entry_text,
    moment_text,
    salted,
)
from marketplace.audit.models import (
    Entry,
    StoredCheckpoint,
    Withheld,
    table_of,
)
from marketplace.clock import now

log = structlog.get_logger(__name__)

APPEND_LOCK = 0x6C69616F_617564  # the advisory lock of who appends: any number, as long as it stays the same


# Made once: building a statement takes as long as running it.
LAST = sa.select(sa.func.max(Entry.position))
ADD_ENTRY = sa.insert(table_of(Entry))
ADD_WITHHELD = sa.insert(table_of(Withheld))


def append_entries(connection: sa.Connection, drafts: Sequence[Draft]) -> range:
    """Append entries to the audit; they are there with the commit of the connection's transaction, or not at all.

    Args:
        connection: in the transaction that did what the drafts say.
        drafts: entries without a place.

    Returns:
        their positions.
    """
    # Last of all that the transaction does: whoever appends waits here for who has it.
    begin = take_turn(connection)
    # After the turn was taken: moments rise with positions.
    at = moment_text(now())
    rows: list[dict[str, Any]] = []
    withheld: list[dict[str, Any]] = []
    for position, draft in enumerate(drafts, begin):
        # In the order of the draft, for an entry names its withheld values by their number.
        digests = []
        for number, personal in enumerate(draft.personal):
            value = salted(personal)
            digests.append(value.digest)
            withheld.append(
                {
                    "position": position,
                    "number": number,
                    "subject": personal.subject,
                    "salt": value.salt,
                    "text": value.text,
                }
            )
        text = entry_text(draft, position, at, digests)
        rows.append(
            {
                "position": position,
                "text": text,
                # Of the very text that is stored: a leaf of anything else would be a false alarm of the next night.
                "leaf": entry_leaf(text),
                "at": at,
                "actor": draft.actor,
                "organisation": draft.organisation,
                "deed": draft.deed,
                "kind": draft.kind,
                "thing": draft.thing,
            }
        )
    # An empty list would make SQLAlchemy insert one row of defaults.
    if rows:
        connection.execute(ADD_ENTRY, rows)
    if withheld:
        connection.execute(ADD_WITHHELD, withheld)
    return range(begin, begin + len(rows))


def take_turn(connection: sa.Connection) -> int:
    """Wait until nobody else appends, and say where the next entry goes.

    On SQLite one writes at a time. On PostgreSQL an advisory lock is held to the end of the transaction: a lock of
    the last row would not do, for the one that waited for it would not see the row that came after it. The position
    comes from the table and never from memory, which other processes do not share.
    """
    if connection.dialect.name == "postgresql":
        lock = sa.text("select pg_advisory_xact_lock(:lock)")
        connection.execute(lock, {"lock": APPEND_LOCK})
    # By the index of the key, one step, whatever the size.
    last = connection.scalar(LAST)
    if last is not None:
        return int(last) + 1
    # Entries that were signed are gone. What is done now is still written; `flask audit verify` and the next signing
    # refuse the tree.
    if connection.scalar(sa.select(sa.func.max(StoredCheckpoint.size))):
        log.error("audit_emptied")
    return 0
