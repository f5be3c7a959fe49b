"""What is read of rewritings: what somebody else wrote into a listing for its owner, and who may take it over.

What is done with them stands in `rewriting_deeds.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import func

from marketplace.accounts.models import INSTITUTIONS, Person
from marketplace.clock import day_in_china, today
from marketplace.counting import Count
from marketplace.errors import NotFound, NotNow
from marketplace.extensions import db
from marketplace.listings import announcements
from marketplace.listings.differences import Difference, row_differences
from marketplace.listings.life import CHANGEABLE
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import without_children
from marketplace.listings.review_models import ListingRewriting
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.snapshots import changed_since, proposed_row
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.memberships.queries import people_of as organisation_people
from marketplace.permissions import Reader, may, require
from marketplace.workdays.calendar import Calendar, Deadline
from marketplace.workdays.queries import load_calendar

Row = Achievement | Demand
OWNER_DAYS = 5  # working days in which an owner says whether they take a rewriting over
MAX_ROWS = 50
WAITS_FOR_OWNER = (
    "您代为改写的内容还等对方确认，不能送审。",
    "对方确认以后可以自己送审；不改了的，先收回改写。",
)


def open_rewriting(row: Row) -> ListingRewriting | None:
    """What waits for the owner of a listing; None where nothing does."""
    query = db.select(ListingRewriting).where(
        ListingRewriting.kind == row.kind,
        ListingRewriting.listing_id == row.id,
        ListingRewriting.state == "proposed",
    )
    # Without a flush: a deed asks while it writes.
    with db.session.no_autoflush:
        found: ListingRewriting | None = db.session.scalar(query)
    return found


def latest_rewriting(row: Row, *, by: Reader) -> ListingRewriting:
    """The newest rewriting of a listing, for its owner and the operators. Raises NotAllowed, NotFound: none."""
    require(by, "listing.history", row)
    query = (
        db.select(ListingRewriting)
        .where(ListingRewriting.kind == row.kind, ListingRewriting.listing_id == row.id)
        .order_by(ListingRewriting.id.desc())
        .limit(1)
    )
    found: ListingRewriting | None = db.session.scalar(query)
    if found is None:
        raise NotFound("这一条没有别人代为改写的内容。", "请从「我的」进入。")
    return found


def with_rewriting(row: Row, shown: Row) -> Row:
    """A listing as it would be with what waits for its owner, for reading.

    Args:
        row: the listing.
        shown: the same with a change that waits for review, or itself: what is given where nothing waits for the owner.
    """
    found = open_rewriting(row)
    return shown if found is None else proposed_row(shown, found.content)


def is_for_others(row: Row, by: Reader | None) -> bool:
    """Whether what somebody writes into a listing waits for its owner first.

    Of a university or institute the desk reads every text before the operators do, which is the same promise; what is
    suspended passes no desk. A firm that has nobody on the platform can confirm nothing: another operator
    lets through what was written for it, as always.
    """
    # The site itself and the owner's own people need nobody's consent.
    if by is None or may(by, "listing.confirm", row):
        return False
    owner = row.organisation
    has_desk = owner is not None and owner.kind in INSTITUTIONS
    if has_desk and row.state != "suspended":
        return False
    return bool(confirmers(row, by))


def refuse_unconfirmed(row: Row, by: Reader | None) -> None:
    """Refuse to hand in for its owner a listing of which a rewriting waits for them. Raises NotNow."""
    # Only who writes for others is stopped: the owner who hands it in has seen what waits.
    if open_rewriting(row) is not None and is_for_others(row, by):
        raise NotNow(*WAITS_FOR_OWNER)


def confirmers(row: Row, by: Reader | None) -> list[Person]:
    """Who may say for the owner of a listing that a text is theirs: who wrote or handed it in, else its people."""
    people = announcements.people_of(row, by)
    able = [one for one in people if may(one, "listing.confirm", row)]
    # A draft without an organisation has nobody but its writer.
    if able or row.organisation is None:
        return able
    everybody = [place.person for place in organisation_people(row.organisation)]
    # Whose account is closed or stopped cannot press the button, so they are nobody to wait for.
    return [one for one in everybody if one.active and may(one, "listing.confirm", row)]


def differences_of(row: Row, rewriting: ListingRewriting) -> list[Difference]:
    """What a rewriting changes, word by word; of one that was decided on, what it changed then."""
    before = row
    if not rewriting.is_open:
        before = proposed_row(row, rewriting.base)
    return row_differences(before, proposed_row(row, rewriting.content))


def moved_fields(row: Row, rewriting: ListingRewriting) -> list[str]:
    """The fields that the owner has changed since a rewriting of them was written."""
    return changed_since(row, rewriting.base)


def labels_of(row: Row, names: list[str]) -> list[str]:
    """Fields as people call them."""
    labels = SCHEMAS[row.kind].labels
    return [labels.get(name, name) for name in names]


def deadline_of(rewriting: ListingRewriting) -> tuple[Deadline, int]:
    """The last day on which an owner should have decided, and the working days until then; negative: it is over."""
    return _deadline_by(load_calendar(), rewriting)


def _deadline_by(
    calendar: Calendar, rewriting: ListingRewriting
) -> tuple[Deadline, int]:
    deadline = calendar.after_workdays(day_in_china(rewriting.at), OWNER_DAYS)
    return deadline, calendar.workdays_left(today(), deadline.day)


def waiting_for(person: Reader) -> list[tuple[Row, ListingRewriting]]:
    """The listings of a person with what somebody wrote into them for their owner, longest waiting first."""
    if person.id is None:
        return []
    pairs: list[tuple[Row, ListingRewriting]] = []
    for table in LISTINGS.values():
        query = _waiting(table, db.select(table, ListingRewriting), person)
        query = query.options(*without_children(table.kind))
        oldest = query.order_by(ListingRewriting.at).limit(MAX_ROWS)
        pairs += db.session.execute(oldest).tuples()
    return sorted(pairs, key=lambda pair: (pair[1].at, pair[1].id))


def waiting_with_deadlines(
    person: Reader,
) -> Iterator[tuple[Row, ListingRewriting, Deadline, int]]:
    """The same, each with its `deadline_of`, by one calendar."""
    waiting = waiting_for(person)
    if not waiting:
        return
    calendar = load_calendar()
    for row, rewriting in waiting:
        yield row, rewriting, *_deadline_by(calendar, rewriting)


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_count_query(), own_numbers(person))


@cache
def _count_query() -> Any:
    """Built once: building it took longer than counting."""
    return db.select(reduce(add, _counts()))


def _counts() -> Iterator[Any]:
    for table in LISTINGS.values():
        counted = db.select(func.count()).select_from(table)
        yield _waiting(table, counted, SOMEBODY).scalar_subquery()


def _waiting(table: Any, query: Any, person: Reader) -> Any:
    """A query of listings, narrowed to those of which a rewriting waits for a person."""
    joined = query.join(ListingRewriting, ListingRewriting.listing_id == table.id)
    return joined.where(
        ListingRewriting.kind == table.kind,
        ListingRewriting.state == "proposed",
        # Nobody confirms their own words, so those are no task of theirs.
        ListingRewriting.by_id != person.id,
        # What is under review or over takes nothing in; it waits until it may be changed again.
        table.state.in_(CHANGEABLE),
        table.looked_after_by(person),
    )
