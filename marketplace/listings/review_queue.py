"""The review queue: what waits for the operators, in which order, and the history of a listing as they read it.

Reading only; what operators decide stands in `deeds.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, union_all

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.lifecycle import History, history_of
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.permissions import require

PAGE = 50
# What the office looks through: name in the address → states.
TRAYS = {
    "waiting": ("submitted", "in_review"),
    "published": ("published",),
    "suspended": ("suspended",),
}


@dataclass(frozen=True)
class Queue:
    """One page of a tray: rows, page number from 1, number of pages, and how many rows each tray holds."""

    rows: list[Achievement | Demand]
    page: int
    pages: int
    counts: dict[str, int]


@dataclass(frozen=True)
class Neighbours:
    """Where a listing stands in its tray: its place from 1, how many there are, and the (kind, id) beside it."""

    place: int
    total: int
    before: tuple[str, int] | None
    after: tuple[str, int] | None


def review_queue(
    *, by: Any, tray: str = "waiting", kind: str = "", page: int = 1
) -> Queue:
    """One page of a tray: what waits longest first; of what is published, the newest first.

    Args:
        by: the reader.
        tray: a key of `TRAYS`.
        kind: only this kind; empty for both.
        page: from 1; beyond the end the last one is given.

    Raises:
        NotAllowed.
    """
    require(by, "office.read")
    counts = {one: _count(one, kind) for one in TRAYS}
    pages = max(1, -(-counts[tray] // PAGE))
    page = min(max(1, page), pages)
    keys = [
        (row.kind, row.id)
        for row in db.session.execute(
            _ordered(tray, kind).limit(PAGE).offset((page - 1) * PAGE)
        )
    ]
    rows: dict[tuple[str, int], Achievement | Demand] = {}
    for name, table in LISTINGS.items():
        ids = [row_id for one, row_id in keys if one == name]
        rows |= {
            (name, row.id): row
            for row in db.session.scalars(db.select(table).where(table.id.in_(ids)))
        }
    return Queue([rows[key] for key in keys], page, pages, counts)


def neighbours(
    row: Achievement | Demand, *, by: Any, kind: str = ""
) -> Neighbours | None:
    """What stands before and after a listing in the queue of what waits; None where it does not wait.

    Raises:
        NotAllowed.
    """
    require(by, "office.read")
    keys = [(one.kind, one.id) for one in db.session.execute(_ordered("waiting", kind))]
    if (row.kind, row.id) not in keys:
        return None
    place = keys.index((row.kind, row.id))
    after = keys[place + 1] if place + 1 < len(keys) else None
    return Neighbours(place + 1, len(keys), keys[place - 1] if place else None, after)


def days_since(moment: datetime | None) -> int | None:
    """Whole days since a moment."""
    return None if moment is None else (now() - moment).days


def history_with_people(
    row: Achievement | Demand,
) -> list[tuple[History, Person | None]]:
    """The history of a listing, newest first, with who did it (None: the site itself)."""
    rows = history_of(row)
    people = account_deeds.people_by_id(one.by_id for one in rows)
    return [(one, people.get(one.by_id or 0)) for one in reversed(rows)]


def _ordered(tray: str, kind: str) -> Any:
    """(kind, id) of a tray in its order."""
    parts = []
    for table in LISTINGS.values():
        if kind in ("", table.kind):
            at = table.submitted_at if tray == "waiting" else table.published_at
            columns = db.select(
                literal(table.kind).label("kind"), table.id.label("id"), at.label("at")
            )
            parts.append(columns.where(table.state.in_(TRAYS[tray])))
    everything = union_all(*parts).subquery()
    at = everything.c.at if tray == "waiting" else everything.c.at.desc()
    return db.select(everything.c.kind, everything.c.id).order_by(
        at, everything.c.kind, everything.c.id
    )


def _count(tray: str, kind: str) -> int:
    return (
        db.session.scalar(
            db.select(func.count()).select_from(_ordered(tray, kind).subquery())
        )
        or 0
    )
