"""What is read of achievements and demands: one row, several.

Lists of work are read in `worklists.py` and `review_queue.py`; which rows a reader may see is decided in `models.py`.
Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.clock import today
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.child_models import (
    IntellectualProperty,
    ValueScore,
    standing_of_patents,
)
from marketplace.listings.life import ENDED, SOLVED
from marketplace.listings.models import (
    CHILDREN,
    LISTINGS,
    Achievement,
    Assignment,
    Demand,
)
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import find_organisation
from marketplace.permissions import Guest, Reader, audiences
from marketplace.persistence import MAX_ID, Page

# Child rows that the page of a listing shows; a list of values is replaced as a whole only where CHILDREN has it.
SHOWN_CHILDREN: dict[str, dict[str, Any]] = {
    "achievement": {**CHILDREN["achievement"], "value_scores": ValueScore},
    "demand": CHILDREN["demand"],
}
# Sets of audiences whose statement is remembered: that of guests, and those of who reads much.
REMEMBERED = 128
SOLVED_SIZE = 20  # demands on a page of those that were met
MAX_PUBLISHED = 50  # on the page of an organisation; search has the rest


def get_visible(
    kind: str, listing_id: int, *, by: Reader | None
) -> Achievement | Demand:
    """The listing of that kind and id, if `by` may open its page.

    Raises:
        NotFound: there is none, or it is not this reader's to know of.
    """
    row: Achievement | Demand | None = None
    # A number beyond what the column holds is an error of PostgreSQL, not a missing row.
    if kind in LISTINGS and listing_id <= MAX_ID:
        # None is the site itself and no guest: it sees everything.
        is_guest = by is not None and not by.is_authenticated
        query = _guest_query(kind) if is_guest else _visible_query(kind, by)
        row = db.session.scalar(query, {"listing": listing_id})
    # One answer for both: a different one would say that something secret is there.
    if row is None:
        raise NotFound(
            "没有找到这一条。", "它可能已被撤回，或者网址有误。可以用搜索找找看。"
        )
    _load_children(kind, row)
    return row


def _visible_query(kind: str, reader: Reader | None) -> Any:
    table = LISTINGS[kind]
    is_it = table.id == bindparam("listing")
    query = db.select(table).where(is_it, table.visible_to(reader))
    return query.options(*without_children(kind))


@cache
def _guest_query(kind: str) -> Any:
    """Built once, for most pages are read by guests and building it took longer than carrying it out."""
    return _visible_query(kind, Guest())


def _load_children(kind: str, row: Achievement | Demand) -> None:
    """Load the child rows of a listing by statements that are built once.

    SQLAlchemy loads them by itself too, and builds each statement again: 2.0 ms of a processor a page, and .4 so.
    """
    unloaded = db.inspect(row).unloaded
    for name, query in _children_queries(kind).items():
        # What somebody has loaded may have been changed since, and is theirs.
        if name in unloaded:
            rows = list(db.session.scalars(query, {"listing": row.id}))
            set_committed_value(row, name, rows)


@cache
def _children_queries(kind: str) -> dict[str, Select[Any]]:
    queries = {}
    for name, table in SHOWN_CHILDREN[kind].items():
        of_listing = table.__table__.c[f"{kind}_id"]
        query = db.select(table).where(of_listing == bindparam("listing"))
        # As the relationship has it, for one without an order too.
        order = db.inspect(LISTINGS[kind]).relationships[name].order_by or ()
        queries[name] = query.order_by(*order)
    return queries


def find_own(kind: str, listing_id: int, *, by: Reader) -> Achievement | Demand | None:
    """The listing of that kind and id, if `by` wrote it; None else."""
    table = LISTINGS[kind]
    row: Achievement | Demand | None = db.session.scalar(
        db.select(table).where(table.id == listing_id, table.owner_id == by.id)
    )
    return row


@dataclass(frozen=True)
class SolvedPage:
    """A page of the demands that were met.

    Attributes:
        rows: those that ended last first.
        total: how many there are in all, of those that the reader may know of.
        number, pages: the page, from 1, and how many there are.
    """

    rows: list[Demand]
    total: int
    number: int
    pages: int


def solved_page(number: int, *, by: Reader | None) -> SolvedPage:
    """The demands that were met and stay public as 已解决, as far as this reader may know of them."""
    solved = db.select(Demand).where(*_is_solved(by))
    total = solved_count(by=by)
    page = Page(total, SOLVED_SIZE)
    newest = solved.order_by(Demand.closed_at.desc(), Demand.id.desc())
    query = newest.offset(page.offset(number)).limit(page.size)
    rows = list(db.session.scalars(query.options(*without_children("demand"))))
    return SolvedPage(rows, total, page.clamp(number), page.pages)


def solved_count(*, by: Reader | None) -> int:
    """How many there are."""
    query = db.select(func.count()).select_from(Demand).where(*_is_solved(by))
    return db.session.scalar(query) or 0


def _is_solved(reader: Reader | None) -> tuple[ColumnElement[bool], ...]:
    return (
        Demand.state == "closed",
        Demand.outcome.in_(SOLVED),
        # A confidential demand stays confidential after it was met.
        Demand.visible_to(reader),
    )


def load_row(kind: str, listing_id: int) -> Achievement | Demand | None:
    """The listing of that kind and id whatever its state, for work of the site itself; None where there is none."""
    table: Any = LISTINGS[kind]
    row: Achievement | Demand | None = db.session.get(table, listing_id)
    return row


def load_rows(
    places: Iterable[tuple[str, int]],
) -> dict[tuple[str, int], Achievement | Demand]:
    """The same for many (kind, id), by these, in one query a kind, without their children."""
    ids: dict[str, list[int]] = {}
    for kind, listing_id in places:
        ids.setdefault(kind, []).append(listing_id)
    rows = {}
    for kind, of_kind in ids.items():
        table = LISTINGS[kind]
        query = db.select(table).where(table.id.in_(of_kind))
        for row in db.session.scalars(query.options(*without_children(kind))):
            rows[kind, row.id] = row
    return rows


def get_findable(
    kind: str, ids: Iterable[int], *, by: Reader | None, in_full: bool = False
) -> dict[int, Achievement | Demand]:
    """The findable listings among `ids`, by id, in one query; the others are left out.

    Args:
        kind: `achievement` or `demand`.
        ids: whose rows are wanted, in any order; numbers no listing can have are among those left out.
        by: the reader.
        in_full: people, figures and rights are wanted too; rows of a list show none of them.
    """
    # No listing has a negative number, and no database takes one as long as a form can send.
    possible = [listing_id for listing_id in ids if 0 < listing_id <= MAX_ID]
    query = _findable_query(kind, None if by is None else audiences(by), in_full)
    found = db.session.scalars(query, {"listings": possible, "day": today()})
    return {row.id: row for row in found}


@lru_cache(maxsize=REMEMBERED)
def _findable_query(kind: str, reader: frozenset[str] | None, in_full: bool) -> Any:
    """Built once for each set of audiences: every page with rows of a list carries it out."""
    table = LISTINGS[kind]
    wanted = table.id.in_(bindparam("listings", expanding=True))
    day: Any = bindparam("day")
    query = db.select(table).where(wanted, table.findable_among(reader, day))
    if not in_full:
        query = query.options(*without_children(kind))
    return query


def patent_standings(ids: Iterable[int]) -> dict[int, str]:
    """Id → how the patents of achievements stand, of those whose patents are all out of force: see `models`.

    What is only partly public keeps its rights to itself, so nothing is known of it here.
    """
    rights: dict[int, list[IntellectualProperty]] = {}
    for right in db.session.scalars(_rights_query(), {"listings": list(ids)}):
        rights.setdefault(right.achievement_id, []).append(right)
    standings = {}
    for listing_id, of_listing in rights.items():
        standing = standing_of_patents(of_listing)
        if standing:
            standings[listing_id] = standing
    return standings


@cache
def _rights_query() -> Any:
    return (
        db.select(IntellectualProperty)
        .join(Achievement, Achievement.id == IntellectualProperty.achievement_id)
        .where(
            Achievement.id.in_(bindparam("listings", expanding=True)),
            Achievement.visibility != "partial",
        )
    )


def load_figures(kind: str, rows: Iterable[Achievement | Demand]) -> None:
    """Load the figures of rows of one kind that came without their children, in one query and not one a row."""
    without = [row for row in rows if "metrics" in db.inspect(row).unloaded]
    if not without:
        return
    figures: dict[int, list[Any]] = {}
    listings = {"listings": [row.id for row in without]}
    for figure in db.session.scalars(_figures_query(kind), listings):
        figures.setdefault(getattr(figure, f"{kind}_id"), []).append(figure)
    for row in without:
        # As if it had come with them: nothing is changed by it.
        set_committed_value(row, "metrics", figures.get(row.id, []))


@cache
def _figures_query(kind: str) -> Any:
    table: Any = CHILDREN[kind]["metrics"]
    of_listing = table.__table__.c[f"{kind}_id"]
    wanted = of_listing.in_(bindparam("listings", expanding=True))
    return db.select(table).where(wanted).order_by(of_listing, table.position)


def without_children(kind: str) -> list[Any]:
    """Options of a query that load no child rows: of an achievement that saves four statements, of a demand one."""
    table = LISTINGS[kind]
    return [lazyload(getattr(table, name)) for name in CHILDREN[kind]]


def chain_uses() -> Iterator[tuple[str, int]]:
    """(code of an industry chain, how many listings of one kind name it)."""
    for table in LISTINGS.values():
        query = (
            db.select(table.chain_code, db.func.count())
            .where(table.chain_code.is_not(None))
            .group_by(table.chain_code)
        )
        yield from db.session.execute(query).tuples()


def broker_loads(ids: Collection[int]) -> Iterator[tuple[int, int]]:
    """(id of a broker, how many listings of one kind they look after that are not over), of these brokers."""
    for kind, table in LISTINGS.items():
        query = (
            db.select(Assignment.broker_id, db.func.count())
            .join(table, table.id == Assignment.listing_id)
            .where(
                Assignment.kind == kind,
                Assignment.broker_id.in_(ids),
                Assignment.ended_at.is_(None),
                # What was closed or withdrawn is no work any more, though nobody took it back.
                table.state.not_in(ENDED),
            )
            .group_by(Assignment.broker_id)
        )
        yield from db.session.execute(query).tuples()


def looked_after(kind: str, broker_numbers: Any) -> Select[tuple[int]]:
    """The ids of the listings of a kind that some brokers look after now, for the `in_` of another statement.

    Args:
        kind: of the listings.
        broker_numbers: of people, or their name in a statement that is built once.
    """
    query: Select[tuple[int]] = db.select(Assignment.listing_id).where(
        Assignment.kind == kind,
        Assignment.broker_id.in_(broker_numbers),
        Assignment.ended_at.is_(None),
    )
    return query


def was_given_any(broker: Reader) -> bool:
    """Whether a broker, or somebody they stand in for, looks after any listing now."""
    query = exists().where(
        Assignment.broker_id.in_(broker.broker_numbers), Assignment.ended_at.is_(None)
    )
    return bool(db.session.scalar(db.select(query)))


def published_by(
    organisation: Organisation, *, by: Reader | None
) -> list[Achievement | Demand]:
    """What an organisation has published under its name and a reader may find, newest first; at most MAX_PUBLISHED."""
    listings: list[Achievement | Demand] = []
    for table in LISTINGS.values():
        # A partly public or unnamed one must not be found by way of its owner.
        named = table.visibility != "partial"
        # Achievements are never unnamed and have no such column.
        if hasattr(table, "anonymous"):
            named &= table.anonymous.is_(False)
        query = db.select(table).where(
            table.organisation_id == organisation.id, table.findable_by(by), named
        )
        order = (table.published_at.desc(), table.id.desc())
        # Each kind up to the limit: the newest of both together may all be of one.
        listings += db.session.scalars(query.order_by(*order).limit(MAX_PUBLISHED))
    listings.sort(key=lambda row: row.published_at or row.created_at, reverse=True)
    return listings[:MAX_PUBLISHED]


def is_held_by(row: Achievement | Demand, reader: Reader) -> bool:
    """Whether a reader belongs to the owner of a listing or to one that holds it with them, the market left out."""
    holders = [row.organisation]
    if isinstance(row, Achievement):
        # Named by their text: a co-owner that is no organisation here has nobody who could review.
        holders += [find_organisation(one.name) for one in row.co_owners]
    for holder in holders:
        # The market's own listings would otherwise be let through by nobody.
        is_market = holder is not None and holder.kind == "operator"
        if (
            holder is not None
            and not is_market
            and holder.id in reader.organisation_ids
        ):
            return True
    return False
