"""What is read of requests for a broker. Nothing is written here."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_
from sqlalchemy.orm import joinedload

from marketplace.counting import Count, as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.disclosure import UNNAMED, view_of
from marketplace.listings.models import LISTINGS, Achievement, Assignment, Demand
from marketplace.listings.queries import get_visible, load_rows
from marketplace.mediation.life import UNDECIDED
from marketplace.mediation.models import BrokerRequest
from marketplace.permissions import Reader, may, require
from marketplace.persistence import find_row
from marketplace.profiles import queries as profile_queries
from marketplace.profiles.disclosure import PublicBroker
from marketplace.wording import in_quotes

Row = Achievement | Demand
# A listing that is over needs no broker; one that is hidden or expired may be back tomorrow.
LIVING = ("published", "suspended", "expired")
MAX_ROWS = 100  # of a page of the operators, and of a broker's own list


def get_requestable(kind: str, listing_id: int, *, by: Reader) -> Row:
    """A listing for which somebody may request a broker. Raises NotFound, NotAllowed."""
    row = get_visible(kind, listing_id, by=by)
    require(by, "mediation.request", row)
    return row


def get_request(request_id: int, *, by: Reader, deed: str) -> BrokerRequest:
    """A request to which somebody may do a deed.

    Raises:
        NotFound: there is none, or they may not: one answer for both, for a request says what a firm looks for.
    """
    row = find_row(BrokerRequest, request_id)
    if row is None or not may(by, deed, row):
        raise NotFound("没有找到这份申请。", "请从「我的」进入。")
    return row


def undecided_request(row: Row) -> BrokerRequest | None:
    """The request of a listing that nobody has decided yet."""
    query = db.select(BrokerRequest).where(
        *_of_row(row), BrokerRequest.state.in_(UNDECIDED)
    )
    request: BrokerRequest | None = db.session.scalar(query)
    return request


def latest_request(row: Row) -> BrokerRequest | None:
    """The newest request of a listing, decided or not."""
    query = db.select(BrokerRequest).where(*_of_row(row))
    request: BrokerRequest | None = db.session.scalars(
        query.order_by(BrokerRequest.id.desc()).limit(1)
    ).first()
    return request


def requests_to(broker: Reader) -> list[BrokerRequest]:
    """The requests that wait for a broker's answer, or for that of somebody they stand in for; oldest first."""
    numbers = broker.broker_numbers
    # Most readers are no brokers and cost no statement.
    return _oldest_first(*_waits_for(numbers)) if numbers else []


def request_count(broker: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    numbers = broker.broker_numbers
    if not numbers:
        return 0
    return Count(_waiting_query(), {"numbers": sorted(numbers)})


@cache
def _waiting_query() -> Any:
    """Built once: building took longer than counting."""
    query = db.select(func.count()).select_from(BrokerRequest)
    return query.where(*_waits_for(bindparam("numbers", expanding=True)))


def requests_naming(person_id: int) -> list[BrokerRequest]:
    """The requests that wait for somebody, whether they may still answer or not."""
    # Also of listings that are over: the request would wait for somebody who is gone.
    query = db.select(BrokerRequest).where(
        BrokerRequest.broker_id == person_id, BrokerRequest.state == "requested"
    )
    return list(db.session.scalars(query.order_by(BrokerRequest.id)))


def people_requested() -> set[int]:
    """The numbers of everybody whose answer is waited for."""
    query = db.select(BrokerRequest.broker_id).where(BrokerRequest.state == "requested")
    return {number for number in db.session.scalars(query) if number is not None}


def waiting_requests(state: str) -> list[BrokerRequest]:
    """What lies with the operators (`open`), or with brokers (`requested`), oldest first."""
    return _oldest_first(BrokerRequest.state == state, _is_living())


def _oldest_first(*conditions: ColumnElement[bool]) -> list[BrokerRequest]:
    """A page of requests, with the people and the listings that a page names."""
    query = (
        db.select(BrokerRequest)
        .where(*conditions)
        .order_by(BrokerRequest.id)
        .options(joinedload(BrokerRequest.asked_by), joinedload(BrokerRequest.broker))
    )
    requests = list(db.session.scalars(query.limit(MAX_ROWS)))
    # All at once: each request would read its own listing whenever somebody names it.
    rows = load_rows((one.listing_kind, one.listing_id) for one in requests)
    for one in requests:
        one.listing = rows[one.listing_kind, one.listing_id]
    return requests


@as_count()
def open_count() -> Any:
    """How many lie with the operators."""
    query = db.select(func.count()).select_from(BrokerRequest)
    return query.where(BrokerRequest.state == "open", _is_living())


def given_to(broker: Reader) -> list[Row]:
    """The living listings that a broker looks after, or somebody they stand in for; newest first."""
    numbers = broker.broker_numbers
    if not numbers:
        return []
    query = db.select(Assignment).where(
        Assignment.broker_id.in_(numbers), Assignment.ended_at.is_(None)
    )
    newest = query.order_by(Assignment.id.desc()).limit(MAX_ROWS)
    places = [(one.kind, one.listing_id) for one in db.session.scalars(newest)]
    rows = load_rows(places)
    # Both of two who stand in for each other may have one.
    places = list(dict.fromkeys(places))
    return [rows[place] for place in places if rows[place].state in LIVING]


def choosable_brokers(row: Row) -> list[PublicBroker]:
    """The brokers of the directory whom a firm may request for a listing: who has least to do first."""
    listed = profile_queries.listed_brokers()
    # The directory also has brokers whose certificate is over; they may be given nothing.
    acting = {person.id for person in profile_queries.acting_brokers()}
    # Who looks after it already has nothing to accept.
    acting -= row.broker_ids
    return [one for one in listed if one.person_id in acting]


def described(row: Row, reader: Reader) -> str:
    """What somebody who is requested may know of a listing before they have accepted: a confidential one stays unnamed.

    Its owner decides what they write into the request; of the listing itself a request discloses nothing.
    """
    # The title alone would disclose what a confidential demand is about.
    if not is_visible(row, reader):
        return f"一条不公开的{row.kind_word}"
    view = view_of(row, reader)
    # As everybody knows it: a request opens no name that its listing does not open.
    owner = row.holder_name if view.knows.firm else UNNAMED
    return f"{row.kind_word}{in_quotes(view.title)}（{owner}）"


def is_visible(row: Row, reader: Reader) -> bool:
    """Whether somebody may open the page of a listing."""
    try:
        get_visible(row.kind, row.id, by=reader)
    except NotFound:
        return False
    return True


def _of_row(row: Row) -> tuple[ColumnElement[bool], ...]:
    return BrokerRequest.listing_kind == row.kind, BrokerRequest.listing_id == row.id


def _waits_for(numbers: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        BrokerRequest.broker_id.in_(numbers),
        BrokerRequest.state == "requested",
        _is_living(),
    )


def _is_living() -> ColumnElement[bool]:
    """Filter of requests: their listing is not over."""
    parts = []
    for kind, table in LISTINGS.items():
        living = exists().where(
            table.id == BrokerRequest.listing_id, table.state.in_(LIVING)
        )
        parts.append(and_(BrokerRequest.listing_kind == kind, living))
    return or_(*parts)
