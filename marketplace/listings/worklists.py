"""Lists of work: what waits for a person, and the listings and drafts of their organisations.

Reading only; the queue of the operators is read in `review_queue.py`, what is done to a listing stands in `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, reduce
from operator import add
from typing import Any, cast

from sqlalchemy import Select, bindparam, func, literal, or_, union_all

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.counting import Count
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import without_children
from marketplace.listings.review_models import ListingChange
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader
from marketplace.persistence import Page

Row = Achievement | Demand
PAGE = 50  # rows of one page
DRAFTS = 10  # drafts listed at the foot of the first page
DUE_DAYS = 30  # how long before its end the owner of a published listing is reminded
# Drafts have a list of their own, and what is archived is looked for by its state.
NOT_LISTED = ("draft", "archived")


# States in which a listing waits for its owner, and the deed of the operators that led there.
STOPPED = {
    "returned": ("return", "desk_return"),
    "rejected": ("reject", "desk_reject"),
    "suspended": ("suspend",),
}


@dataclass(frozen=True)
class Stopped:
    """A listing that the operators returned, refused or suspended: when, and why."""

    row: Row
    at: datetime | None
    reason: str


@dataclass(frozen=True)
class OwnPage:
    """One page of a list: its rows, its number from 1, the number of pages and of all rows."""

    rows: list[Row]
    page: int
    pages: int
    total: int


def writing_organisations(person: Person) -> list[Organisation]:
    """The organisations a person may write for; who has none yet writes drafts of their own."""
    # An organisation that is stopped publishes nothing, so nothing is begun for it.
    return [one for one in person.organisations if one.is_active]


def stopped_listings(person: Reader) -> list[Stopped]:
    """The listings that a person has to mend or to begin again, longest waiting first; at most `PAGE` of each kind."""
    stopped = []
    for table, own in _own_tables(person):
        query = db.select(table).where(own, table.state.in_(STOPPED))
        query = query.options(*without_children(table.kind))
        rows = list(db.session.scalars(query.limit(PAGE)))
        reasons = _reasons(table.kind, [row.id for row in rows])
        for row in rows:
            at, reason = reasons.get((row.id, row.state), (None, ""))
            stopped.append(Stopped(row, at, reason))
    # A row whose return left no History (imported, older release) has waited longest as far as anybody knows.
    return sorted(stopped, key=lambda item: (item.at or datetime.min, item.row.id))


def ending_listings(person: Reader) -> list[Row]:
    """The published listings of a person whose validity ends soon, soonest first; at most `PAGE` of each kind."""
    listings: list[Row] = []
    for table, own in _own_tables(person):
        query = db.select(table).where(own, _ends_soon(table, _last_day()))
        query = query.options(*without_children(table.kind))
        listings += db.session.scalars(query.limit(PAGE))
    return sorted(listings, key=lambda row: (row.valid_until, row.id))


def waiting_listings(person: Reader) -> list[Row]:
    """The listings of a person that wait for their desk or the operators, longest first; at most `PAGE` of a kind."""
    listings: list[Row] = []
    for table, own in _own_tables(person):
        phases = table.life.phases
        waiting = table.state.in_([*phases["at_desk"], *phases["waiting"]])
        query = db.select(table).where(own, waiting).order_by(table.submitted_at)
        query = query.options(*without_children(table.kind))
        listings += db.session.scalars(query.limit(PAGE))
    return sorted(listings, key=lambda row: (row.submitted_at, row.id))


def to_do_count(person: Reader) -> Count:
    """How many listings wait for a deed of this person: to mend, or to make valid for longer."""
    values = {**numbers_of(person), "last_day": _last_day()}
    return Count(_to_do_query(), values)


@cache
def _to_do_query() -> Any:
    """One statement, built once: the header of every page asks, and building it took ten times as long as asking."""
    counts = []
    for table, own in _own_tables(SOMEBODY):
        ending = _ends_soon(table, bindparam("last_day"))
        wanted = or_(table.state.in_(STOPPED), ending)
        query = db.select(func.count()).select_from(table).where(own, wanted)
        counts.append(query.scalar_subquery())
        counts.append(_returned_changes(table, own))
    return db.select(reduce(add, counts))


class _Somebody:
    id: Any = bindparam("person_id")
    handled_ids: Any = bindparam("handled_ids", expanding=True)
    active_ids: Any = bindparam("active_ids", expanding=True)
    broker_numbers: Any = bindparam("broker_numbers", expanding=True)


# A reader whose numbers are named when a statement is carried out: for those that are built once (`numbers_of`).
SOMEBODY = cast("Reader", _Somebody())


def numbers_of(person: Reader) -> dict[str, Any]:
    """The numbers of a person, for a statement that was built for `SOMEBODY`."""
    return {**own_numbers(person), "broker_numbers": list(person.broker_numbers)}


def own_numbers(person: Reader) -> dict[str, Any]:
    """The same for a statement that asks for no broker: whose listings a broker reads today takes two queries."""
    return {
        "person_id": person.id,
        "handled_ids": list(person.handled_ids),
        "active_ids": list(person.active_ids),
    }


def own_listings(
    person: Reader,
    *,
    kind: str = "",
    state: str = "",
    text: str = "",
    mine: bool = False,
    page: int = 1,
) -> OwnPage:
    """One page of the listings of a person's organisations, last changed first.

    Args:
        person: the reader.
        kind: only this kind; empty for both.
        state: only this state; empty for every state but `NOT_LISTED`.
        text: only titles that hold this, whatever its case; empty for all.
        mine: only what this person began.
        page: from 1; beyond the end the last one is given.
    """
    # Both kinds in one list need one order, so the database sorts keys of both; the rows of a page are loaded after.
    parts = []
    for table in LISTINGS.values():
        if kind in ("", table.kind):
            wanted: Any = table.state.not_in(NOT_LISTED)
            if state:
                wanted = table.state == state
            if text:
                # % and _ in a title are letters here and no wildcards.
                wanted &= table.title.icontains(text, autoescape=True)
            if mine:
                wanted &= table.owner_id == person.id
            columns = key_columns(table, table.updated_at)
            parts.append(columns.where(table.looked_after_by(person), wanted))
    everything = union_all(*parts).subquery()
    total = db.session.scalar(db.select(func.count()).select_from(everything)) or 0
    arithmetic = Page(total, PAGE)
    order = (everything.c.at.desc(), everything.c.kind, everything.c.id.desc())
    chosen = (
        db.select(everything.c.kind, everything.c.id)
        .order_by(*order)
        .limit(PAGE)
        .offset(arithmetic.offset(page))
    )
    keys = [(row.kind, row.id) for row in db.session.execute(chosen)]
    number = arithmetic.clamp(page)
    return OwnPage(load_in_order(keys), number, arithmetic.pages, total)


def own_drafts(person: Reader) -> tuple[list[Row], int]:
    """The drafts last changed, and how many there are."""
    drafts = own_listings(person, state="draft")
    return drafts.rows[:DRAFTS], drafts.total


def key_columns(table: Any, at: Any) -> Any:
    """(kind, id, at) of a table, for one list of both kinds; `at` is what it is ordered by."""
    return db.select(
        literal(table.kind).label("kind"), table.id.label("id"), at.label("at")
    )


def load_in_order(keys: Iterable[tuple[str, int]]) -> list[Row]:
    """Listings in the order of their (kind, id), one query for each kind."""
    keys = list(keys)
    rows: dict[tuple[str, int], Row] = {}
    ids: dict[str, list[int]] = {}
    for kind, row_id in keys:
        ids.setdefault(kind, []).append(row_id)
    # A query of no ids finds nothing and costs as much as one that does.
    for kind, of_kind in ids.items():
        table = LISTINGS[kind]
        for row in db.session.scalars(db.select(table).where(table.id.in_(of_kind))):
            rows[kind, row.id] = row
    return [rows[key] for key in keys]


def _own_tables(person: Reader) -> Iterator[tuple[Any, Any]]:
    """(table, filter of the rows that a person looks after)."""
    for table in LISTINGS.values():
        yield table, table.looked_after_by(person)


def _last_day() -> date:
    """The last of the days that are soon."""
    return today() + timedelta(days=DUE_DAYS)


def _ends_soon(table: Any, last_day: Any) -> Any:
    """Filter: published, with a validity that ends by that day."""
    return (table.state == "published") & (table.valid_until <= last_day)


def _reasons(kind: str, ids: list[int]) -> dict[tuple[int, str], tuple[datetime, str]]:
    """(id, state) → when each listing last came into it, returned, refused or suspended, and the reason given."""
    if not ids:
        return {}
    states = {}
    # From the deed to the state it led to: a listing may have been stopped in several ways by turns.
    for state, deeds in STOPPED.items():
        states.update(dict.fromkeys(deeds, state))
    stopped = (
        History.kind == kind,
        History.thing_id.in_(ids),
        History.deed.in_(states),
    )
    query: Select[tuple[History]] = db.select(History).where(*stopped)
    reasons = {}
    # Oldest first: the last time is the one that stays.
    for event in db.session.scalars(query.order_by(History.id)):
        reasons[event.thing_id, states[event.deed]] = (event.at, event.note)
    return reasons


def own_changes(
    person: Reader, states: Iterable[str]
) -> list[tuple[Row, ListingChange]]:
    """The published listings of a person with their open change in one of these states, longest waiting first.

    At most `PAGE` of each kind.
    """
    pairs: list[tuple[Row, ListingChange]] = []
    for table, own in _own_tables(person):
        query = (
            db.select(table, ListingChange)
            .join(ListingChange, ListingChange.listing_id == table.id)
            .where(
                ListingChange.kind == table.kind,
                ListingChange.state.in_(states),
                table.state == "published",
                own,
            )
        )
        query = query.order_by(ListingChange.submitted_at)
        pairs += db.session.execute(query.limit(PAGE)).tuples()
    return sorted(pairs, key=lambda pair: (pair[1].submitted_at, pair[0].id))


def _returned_changes(table: Any, own: Any) -> Any:
    """How many changes of one's own listings were returned, as a part of one statement."""
    query = (
        db.select(func.count())
        .select_from(table)
        .join(ListingChange, ListingChange.listing_id == table.id)
        .where(
            ListingChange.kind == table.kind,
            ListingChange.state == "returned",
            table.state == "published",
            own,
        )
    )
    return query.scalar_subquery()
