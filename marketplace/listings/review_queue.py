"""The review queue: what waits for the operators, in which order, and the history of a listing as they read it.

Reading only; what operators decide stands in `deeds.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, union_all

from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.lifecycle import History, history_of
from marketplace.listings.life import WAITING
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.worklists import load_in_order
from marketplace.permissions import Reader, require
from marketplace.persistence import Page

PAGE = 50
# What the operators look through: name in the address → states.
TRAYS = {
    "waiting": WAITING,
    "published": ("published",),
    "suspended": ("suspended",),
}


@dataclass(frozen=True)
class TrayPage:
    """One page of a tray: its rows, its number from 1, and the number of pages."""

    rows: list[Achievement | Demand]
    page: int
    pages: int


@dataclass(frozen=True)
class Neighbours:
    """Where a listing stands in its tray: its place from 1, how many there are, and the (kind, id) before and after."""

    place: int
    total: int
    before: tuple[str, int] | None
    after: tuple[str, int] | None


def tray_page(
    *, by: Reader | None, tray: str = "waiting", kind: str = "", page: int = 1
) -> TrayPage:
    """One page of a tray: what waits longest first; of what is published, the newest first.

    Args:
        by: the reader.
        tray: a key of `TRAYS`.
        kind: only this kind; empty for both.
        page: from 1; beyond the end the last one is given.

    Raises:
        NotAllowed.
    """
    require(by, "listing.review")
    arithmetic = Page(tray_count(tray, kind), PAGE)
    query = _in_order(tray, kind).limit(PAGE).offset(arithmetic.offset(page))
    keys = [(row.kind, row.id) for row in db.session.execute(query)]
    return TrayPage(load_in_order(keys), arithmetic.clamp(page), arithmetic.pages)


def tray_count(tray: str, kind: str = "") -> int:
    """How many listings lie in a tray; of one kind, if it is named."""
    total = 0
    for table in _tables(kind):
        held = table.state.in_(TRAYS[tray])
        query = db.select(func.count()).select_from(table).where(held)
        total += db.session.scalar(query) or 0
    return total


def neighbours(
    row: Achievement | Demand, *, by: Reader | None, kind: str = ""
) -> Neighbours | None:
    """What stands before and after a listing in the queue of what waits; None where it does not wait.

    Raises:
        NotAllowed.
    """
    require(by, "listing.review")
    # The whole queue is read: it is short, and the place of a row in it is part of what is shown.
    query = _in_order("waiting", kind)
    keys = [(one.kind, one.id) for one in db.session.execute(query)]
    if (row.kind, row.id) not in keys:
        return None
    place = keys.index((row.kind, row.id))
    before = after = None
    if place:
        before = keys[place - 1]
    if place + 1 < len(keys):
        after = keys[place + 1]
    return Neighbours(place + 1, len(keys), before, after)


def days_since(moment: datetime | None) -> int | None:
    """Whole days since a moment."""
    return None if moment is None else (now() - moment).days


def history_with_people(
    row: Achievement | Demand,
) -> list[tuple[History, Person | None]]:
    """The history of a listing, newest first, with who did it (None: the site itself)."""
    rows = history_of(row)
    people = account_queries.people_by_id(one.by_id for one in rows)
    return [(one, people.get(one.by_id or 0)) for one in reversed(rows)]


def _tables(kind: str) -> list[Any]:
    """The table of a kind; both where it is empty."""
    return [table for table in LISTINGS.values() if kind in ("", table.kind)]


def _in_order(tray: str, kind: str) -> Any:
    """(kind, id) of a tray in its order."""
    parts = []
    for table in _tables(kind):
        at = table.published_at
        if tray == "waiting":
            at = table.submitted_at
        columns = db.select(
            literal(table.kind).label("kind"), table.id.label("id"), at.label("at")
        )
        parts.append(columns.where(table.state.in_(TRAYS[tray])))
    everything = union_all(*parts).subquery()
    # What waits is taken up in the order it came; of what is published the newest is what operators look for.
    at = everything.c.at.desc()
    if tray == "waiting":
        at = everything.c.at
    return db.select(everything.c.kind, everything.c.id).order_by(
        at, everything.c.kind, everything.c.id
    )
