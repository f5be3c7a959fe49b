"""What is read of pairs. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import aliased

from marketplace.duplicates.models import ListingPair
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS, Row
from marketplace.listings.queries import load_rows
from marketplace.permissions import Reader, may
from marketplace.persistence import Page, find_row

PAGE = 20  # pairs of a page
# Of what is no longer public nobody decides; the deeds check again.
LIVING = ("published", "expired")


def get_pair(pair_id: int, *, by: Reader) -> ListingPair:
    """A pair that somebody may decide on.

    Raises:
        NotFound: there is none, or they may not: one answer for both, for a pair may hold what is confidential.
    """
    pair = find_row(ListingPair, pair_id)
    if pair is None or not may(by, "duplicates.settle", pair):
        raise NotFound("没有找到这一对。", "可能已经处理，请从列表进入。")
    return pair


def proposed_count() -> int:
    """How many pairs nobody has decided on."""
    query = db.select(func.count()).select_from(ListingPair).where(_is_open())
    return db.session.scalar(query) or 0


def proposed_page(page: int) -> tuple[list[ListingPair], Page]:
    """A page of the pairs nobody has decided on, the most alike first, and the arithmetic of the pages."""
    # One condition for the number and for the rows, so that the last page is never empty.
    arithmetic = Page(proposed_count(), PAGE)
    return _loaded(arithmetic.offset(page), _is_open()), arithmetic


def settled_lately() -> list[ListingPair]:
    """The pairs that were decided last, so that a slip can be taken back."""
    query = (
        db.select(ListingPair)
        .where(ListingPair.state != "proposed")
        .order_by(ListingPair.settled_at.desc(), ListingPair.id.desc())
        .limit(PAGE)
    )
    return _with_rows(db.session.scalars(query).all())


def proposed_within(organisation_ids: Sequence[int]) -> list[ListingPair]:
    """The pairs of which both belong to one of the organisations."""
    if not organisation_ids:
        return []
    return _loaded(0, _is_open(), _is_within(organisation_ids))


def proposed_pairs(kind: str, row_ids: Sequence[int]) -> list[ListingPair]:
    """The pairs nobody has decided on that have one of the listings in them."""
    query = db.select(ListingPair).where(
        ListingPair.listing_kind == kind,
        ListingPair.state == "proposed",
        or_(ListingPair.one_id.in_(row_ids), ListingPair.other_id.in_(row_ids)),
    )
    return list(db.session.scalars(query))


def pairs_of(row: Row) -> list[ListingPair]:
    """What is proposed of one listing, and what it was merged into."""
    query = db.select(ListingPair).where(
        ListingPair.listing_kind == row.kind,
        or_(ListingPair.one_id == row.id, ListingPair.other_id == row.id),
        # Not one that was decided against: nobody is troubled twice.
        or_(ListingPair.gone_id == row.id, _is_open()),
    )
    return _with_rows(db.session.scalars(query.order_by(ListingPair.id)).all())


def successor(kind: str, listing_id: int) -> Iterator[int]:
    """The listing into which another one was merged."""
    query = db.select(ListingPair).where(
        ListingPair.listing_kind == kind, ListingPair.gone_id == listing_id
    )
    for pair in db.session.scalars(query):
        yield kept_id(pair)


def kept_id(pair: ListingPair) -> int:
    """The number of the listing that stayed, of a pair that was merged."""
    return pair.other_id if pair.gone_id == pair.one_id else pair.one_id


def offered_batch(
    kind: str, after: int, size: int, since: datetime | None
) -> list[Row]:
    """Listings that are offered now, in the order of their numbers.

    Args:
        kind: `achievement` or `demand`.
        after: numbers above this one only.
        size: rows at most.
        since: changed since then, UTC; None for all.
    """
    table = LISTINGS[kind]
    query = _offered(kind).where(table.id > after)
    if since is not None:
        query = query.where(table.updated_at >= since)
    # By number and not by offset: what is published meanwhile moves no row into the next batch.
    return list(db.session.scalars(query.order_by(table.id).limit(size)))


def offered_rows(kind: str, ids: Iterable[int]) -> list[Row]:
    """Those of some listings that are offered now, in the order of their numbers."""
    table = LISTINGS[kind]
    query = _offered(kind).where(table.id.in_(ids)).order_by(table.id)
    return list(db.session.scalars(query))


def _offered(kind: str) -> Any:
    table = LISTINGS[kind]
    # As the site itself: what is confidential is handed in twice as well.
    return db.select(table).where(table.findable_by(None), table.matchable())


def _loaded(offset: int, *conditions: ColumnElement[bool]) -> list[ListingPair]:
    query = (
        db.select(ListingPair)
        .where(*conditions)
        .order_by(ListingPair.score.desc(), ListingPair.id)
        .offset(offset)
        .limit(PAGE)
    )
    return _with_rows(db.session.scalars(query).all())


def _with_rows(pairs: Sequence[ListingPair]) -> list[ListingPair]:
    """The pairs with their listings: two statements a kind, not two a pair."""
    numbers = []
    for pair in pairs:
        numbers.append((pair.listing_kind, pair.one_id))
        numbers.append((pair.listing_kind, pair.other_id))
    rows = load_rows(numbers)
    for pair in pairs:
        one = rows[pair.listing_kind, pair.one_id]
        pair.rows = one, rows[pair.listing_kind, pair.other_id]
    return list(pairs)


def _is_open() -> ColumnElement[bool]:
    """Proposed, and both are still what somebody can read."""
    kinds = []
    for kind, table in LISTINGS.items():
        one, other = aliased(table), aliased(table)
        both = exists().where(
            one.id == ListingPair.one_id,
            other.id == ListingPair.other_id,
            one.state.in_(LIVING),
            other.state.in_(LIVING),
        )
        kinds.append(and_(ListingPair.listing_kind == kind, both))
    return and_(ListingPair.state == "proposed", or_(*kinds))


def _is_within(organisation_ids: Sequence[int]) -> ColumnElement[bool]:
    kinds = []
    for kind, table in LISTINGS.items():
        one, other = aliased(table), aliased(table)
        both = exists().where(
            one.id == ListingPair.one_id,
            other.id == ListingPair.other_id,
            # Not merely both of theirs: who handles two organisations decides within each of them.
            one.organisation_id == other.organisation_id,
            one.organisation_id.in_(organisation_ids),
        )
        kinds.append(and_(ListingPair.listing_kind == kind, both))
    return or_(*kinds)
