"""The review queue: what waits for the operators, in which order, and the history of a listing as they read it.

Reading only; what operators decide stands in `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, union_all

from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Person
from marketplace.clock import day_in_china, now, today
from marketplace.counting import Count
from marketplace.extensions import db
from marketplace.lifecycle import History, history_of
from marketplace.listings import changes_waiting
from marketplace.listings.life import AT_DESK, WAITING
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.review_models import (
    ListingChange,
    ListingVersion,
    ReviewDecision,
)
from marketplace.listings.worklists import key_columns, load_in_order
from marketplace.permissions import Reader, require
from marketplace.persistence import Page
from marketplace.workdays.calendar import (
    DESK_DAYS,
    OPERATOR_DAYS,
    Calendar,
    Deadline,
)
from marketplace.workdays.queries import load_calendar

Row = Achievement | Demand
PAGE = 50
# Tray → the state of the changes of published listings that wait in it too.
CHANGES = {"waiting": "submitted", "at_desk": "at_desk"}
# What the operators look through: name in the address → states.
TRAYS = {
    "waiting": WAITING,
    "at_desk": AT_DESK,
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
class Clock:
    """When a listing has to be decided on.

    Attributes:
        since: when it came to its station, UTC.
        deadline: the last day.
        left: working days until then from today; negative: it is overdue.
    """

    since: datetime
    deadline: Deadline
    left: int

    @property
    def is_overdue(self) -> bool:
        """Whether the last day is over."""
        return self.left < 0


@dataclass(frozen=True)
class Neighbours:
    """Where a listing stands in its tray: its place from 1, how many there are, and the (kind, id) before and after."""

    place: int
    total: int
    before: tuple[str, int] | None
    after: tuple[str, int] | None


def tray_page(
    *,
    by: Reader | None,
    tray: str = "waiting",
    kind: str = "",
    page: int = 1,
    overdue: bool = False,
) -> TrayPage:
    """One page of a tray: what waits longest first, so the overdue first; of what is published, the newest first.

    Args:
        by: the reader.
        tray: a key of `TRAYS`.
        kind: only this kind; empty for both.
        page: from 1; beyond the end the last one is given.
        overdue: only what is overdue.

    Raises:
        NotAllowed.
    """
    require(by, "listing.review")
    # What is published or suspended waits for nobody and is never overdue.
    if overdue and tray in CHANGES:
        late = overdue_keys(tray, kind)
        late_pages = Page(len(late), PAGE)
        start = late_pages.offset(page)
        rows = load_in_order(late[start : start + PAGE])
        return TrayPage(rows, late_pages.clamp(page), late_pages.pages)
    arithmetic = Page(int(tray_count(tray, kind)), PAGE)
    query = _in_order(tray, kind).limit(PAGE).offset(arithmetic.offset(page))
    keys = [(row.kind, row.id) for row in db.session.execute(query)]
    return TrayPage(load_in_order(keys), arithmetic.clamp(page), arithmetic.pages)


def tray_count(tray: str, kind: str = "") -> Count:
    """How many listings lie in a tray; of one kind, if it is named."""
    return Count(_count_query(tray, kind), {})


@cache
def _count_query(tray: str, kind: str, is_within: bool = False) -> Any:
    """Built once: the header of every page counts, and building took longer than counting."""
    within: Any = None
    if is_within:
        within = bindparam("within", expanding=True)
    return db.select(func.count()).select_from(_rows_of(tray, kind, within))


def overdue_count(tray: str, kind: str = "") -> int:
    """How many of those that wait are overdue."""
    return len(overdue_keys(tray, kind))


def overdue_keys(tray: str, kind: str = "") -> list[tuple[str, int]]:
    """(kind, id) of what is overdue, longest first."""
    calendar = load_calendar()
    keys = []
    for one in db.session.execute(_in_order(tray, kind)):
        # What came later ends no earlier.
        if not _clock(calendar, tray, one.at).is_overdue:
            break
        keys.append((one.kind, one.id))
    return keys


def clocks_of(tray: str, rows: Iterable[Row]) -> dict[tuple[str, int], Clock]:
    """(kind, id) → when each of these has to be decided on; of a change, by the day it was handed in."""
    rows = list(rows)
    if not rows:
        return {}
    calendar = load_calendar()
    changes = changes_waiting.open_for(rows)
    clocks = {}
    for row in rows:
        change = changes.get((row.kind, row.id))
        # A published listing was handed in long ago; its change waits since it was handed in itself.
        since = row.submitted_at if change is None else change.submitted_at
        if since is not None:
            clocks[row.kind, row.id] = _clock(calendar, tray, since)
    return clocks


def _clock(calendar: Calendar, tray: str, since: datetime) -> Clock:
    # Each station has its own days, which the page of who hands in names as well.
    days = DESK_DAYS if tray == "at_desk" else OPERATOR_DAYS
    deadline = calendar.after_workdays(day_in_china(since), days)
    return Clock(since, deadline, calendar.workdays_left(today(), deadline.day))


def neighbours(
    row: Row,
    *,
    by: Reader | None,
    kind: str = "",
    tray: str = "waiting",
    within: Collection[int] | None = None,
) -> Neighbours | None:
    """What stands before and after a listing in the queue of what waits; None where it does not wait.

    Args:
        row: the listing.
        by: the reader.
        kind: only this kind; empty for both.
        tray: `waiting` of the operators, or `at_desk`.
        within: only listings of these organisations; None for all.

    Raises:
        NotAllowed.
    """
    if tray == "waiting":
        require(by, "listing.review")
    # The whole queue is read: it is short, and the place of a row in it is part of what is shown.
    query = _in_order(tray, kind, within)
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


def desk_rows(person: Reader) -> list[Row]:
    """What waits for somebody at the desk of their institution, longest waiting first; at most `PAGE`."""
    if not person.handled_ids:
        return []
    query = _in_order("at_desk", "", person.handled_ids).limit(PAGE)
    keys = [(one.kind, one.id) for one in db.session.execute(query)]
    return load_in_order(keys)


def desk_count(person: Reader) -> Count | int:
    """How many that are: the header of every page asks."""
    # Most people have no desk, and the header of their pages asks as well.
    if not person.handled_ids:
        return 0
    query = _count_query("at_desk", "", is_within=True)
    return Count(query, {"within": list(person.handled_ids)})


def days_since(moment: datetime | None) -> int | None:
    """Whole days since a moment."""
    return None if moment is None else (now() - moment).days


def history_with_people(
    row: Achievement | Demand,
) -> list[tuple[History, Person | None, Person | None]]:
    """The history of a listing, newest first, with who did it (None: the site itself), and in whose place."""
    rows = history_of(row)
    numbers = {one.by_id for one in rows} | {one.for_id for one in rows}
    people = account_queries.people_by_id(numbers)
    lines = []
    for one in reversed(rows):
        person = people.get(one.by_id or 0)
        lines.append((one, person, people.get(one.for_id or 0)))
    return lines


def people_of_versions(listed: Iterable[ListingVersion]) -> dict[int | None, str]:
    """Number of a person → their name, of those who wrote, rewrote and approved these versions."""
    numbers: set[int | None] = set()
    for one in listed:
        numbers |= {one.by_id, one.written_by_id, one.rewritten_by_id}
    people = account_queries.people_by_id(numbers)
    return {number: person.name for number, person in people.items()}


def returned_todos(row: Row) -> dict[str, str]:
    """Field → what the last reviewer wants done there; empty where they returned it as a whole."""
    query = (
        db.select(ReviewDecision)
        .where(ReviewDecision.kind == row.kind, ReviewDecision.listing_id == row.id)
        .order_by(ReviewDecision.id.desc())
        .limit(1)
    )
    last: ReviewDecision | None = db.session.scalar(query)
    return {} if last is None else last.todos


def _tables(kind: str) -> list[Any]:
    """The table of a kind; both where it is empty."""
    return [table for table in LISTINGS.values() if kind in ("", table.kind)]


def _rows_of(tray: str, kind: str, within: Any = None) -> Any:
    """(kind, id, at) of a tray: its listings, and the published ones of which a change waits in it."""
    parts = []
    for table in _tables(kind):
        at = table.published_at
        if tray in CHANGES:
            # What is published is in the order of its publication, what waits in that of its waiting.
            at = table.submitted_at
        inside = []
        if within is not None:
            inside.append(table.organisation_id.in_(within))
        columns = key_columns(table, at)
        parts.append(columns.where(table.state.in_(TRAYS[tray]), *inside))
        if tray in CHANGES:
            change = ListingChange
            waiting = key_columns(table, change.submitted_at).where(
                change.kind == table.kind,
                change.state == CHANGES[tray],
                # A change stays open while its listing is suspended; there is nothing to decide on until it is back.
                table.state == "published",
                *inside,
            )
            parts.append(waiting.join(change, change.listing_id == table.id))
    return union_all(*parts).subquery()


def _in_order(tray: str, kind: str, within: Collection[int] | None = None) -> Any:
    """(kind, id, at) of a tray in its order."""
    everything = _rows_of(tray, kind, within)
    # What waits is taken up in the order it came; of what is published the newest is what operators look for.
    at = everything.c.at.desc()
    if tray in CHANGES:
        at = everything.c.at
    columns = (everything.c.kind, everything.c.id, everything.c.at)
    # Kind and number after the moment, so that rows of one import keep their order from page to page.
    return db.select(*columns).order_by(at, everything.c.kind, everything.c.id)
