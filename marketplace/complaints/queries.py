"""What is read of complaints: one by number and code, the queue with its clock, what is hidden. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_

from marketplace.clock import day_in_china, today
from marketplace.complaints.life import APPEAL_DAYS, HIDING, OPEN, RULE_DAYS
from marketplace.complaints.models import Complaint
from marketplace.counting import Count, as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.issues.models import Issue
from marketplace.listings.models import LISTINGS
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.lookup_codes import hash_of
from marketplace.permissions import Reader, may, require
from marketplace.persistence import find_row
from marketplace.workdays.calendar import Deadline
from marketplace.workdays.queries import load_calendar

MAX_ROWS = 100
NOWHERE = NotFound("没有找到这份举报。", "请核对受理编号和查询码，两个都要对。")


@dataclass(frozen=True)
class Clocked:
    """A complaint with the day by which the operators rule, and whether that is past."""

    row: Complaint
    deadline: Deadline
    is_overdue: bool


def complaint_of(code: str) -> Complaint | None:
    """The complaint with that code."""
    query = db.select(Complaint).where(Complaint.code_hash == hash_of(code))
    row: Complaint | None = db.session.scalar(query)
    return row


def by_number(number: str, code: str) -> Complaint:
    """A complaint for who knows its number and code. Raises NotFound: one answer whichever is wrong."""
    row = complaint_of(code)
    # One fact tells nothing of the other.
    if row is None or row.number != "".join(number.split()).upper():
        raise NOWHERE
    return row


def get_complaint(complaint_id: int, *, by: Reader) -> Complaint:
    """A complaint for an operator. Raises NotAllowed, NotFound."""
    require(by, "complaint.read")
    row = find_row(Complaint, complaint_id)
    if row is None:
        raise NOWHERE
    return row


def get_concerning(complaint_id: int, *, by: Reader) -> Complaint:
    """A complaint for whom it concerns, once they were told of it. Raises NotFound."""
    row = find_row(Complaint, complaint_id)
    # What nobody has acted upon yet concerns nobody: they are told when it is hidden, or ruled.
    if row is None or row.state == "received" or not may(by, "complaint.answer", row):
        raise NOWHERE
    return row


@as_count()
def open_count() -> Any:
    """How many wait for the operators."""
    query = db.select(func.count()).select_from(Complaint)
    return query.where(Complaint.state.in_(OPEN))


def open_complaints() -> list[Clocked]:
    """What waits for the operators, the oldest first."""
    query = db.select(Complaint).where(Complaint.state.in_(OPEN))
    rows = db.session.scalars(query.order_by(Complaint.id).limit(MAX_ROWS))
    return [clock_of(row) for row in rows]


def clock_of(row: Complaint) -> Clocked:
    """By when the operators rule, in working days since it came in, or since it was answered after the ruling."""
    # In working days since it came in: a promise of the platform, for no law found sets a term.
    since = row.created_at
    if row.state == "appealed" and row.appealed_at is not None:
        since = row.appealed_at
    deadline = load_calendar().after_workdays(day_in_china(since), RULE_DAYS)
    return Clocked(row, deadline, row.is_open and deadline.day < today())


def unanswered() -> list[Complaint]:
    """What was ruled against somebody who has let the days to answer pass."""
    calendar = load_calendar()
    query = db.select(Complaint).where(Complaint.state == "upheld")
    over = []
    for row in db.session.scalars(query.order_by(Complaint.id)):
        if row.ruled_at is None:
            continue
        last = calendar.after_workdays(day_in_china(row.ruled_at), APPEAL_DAYS)
        # Only after the last day: it lasts until 24:00 in China.
        if last.day < today():
            over.append(row)
    return over


def concerning(person: Reader) -> list[Complaint]:
    """What somebody may answer now."""
    if person.id is None:
        return []
    rows = db.session.scalars(_answerable_query(), _numbers(person))
    # The statement narrows, the permission table decides.
    return [row for row in rows if may(person, "complaint.answer", row)]


def concerning_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    values = _numbers(person)
    # Rows are loaded only where the statement counts some (109).
    return Count(_answerable_count(), values, lambda: len(concerning(person)))


def _numbers(person: Reader) -> dict[str, Any]:
    """As for one's own listings; who may speak for a suspended organisation is heard on its things too."""
    numbers = own_numbers(person)
    numbers["handled_ids"] = [*numbers["handled_ids"], *person.stopped_ids]
    return numbers


@cache
def _answerable_count() -> Any:
    return db.select(func.count(Complaint.id)).where(_is_answerable())


@cache
def _answerable_query() -> Any:
    """Built once. The permission table decides; here nothing it allows is left out."""
    query = db.select(Complaint).where(_is_answerable())
    return query.order_by(Complaint.id).limit(MAX_ROWS)


def _is_answerable() -> ColumnElement[bool]:
    return and_(
        Complaint.state.in_(("held", "upheld")),
        Complaint.appealed_at.is_(None),
        or_(*_things_of(SOMEBODY)),
    )


def _things_of(person: Reader) -> Iterator[ColumnElement[bool]]:
    """Filters of complaints: they are about something of this person's, as `subjects.load_subject` says whose it is."""
    for kind, table in LISTINGS.items():
        is_own = exists().where(
            table.id == Complaint.thing_id, table.looked_after_by(person)
        )
        yield and_(Complaint.thing_kind == kind, is_own)
    yield and_(
        Complaint.thing_kind == "organisation",
        Complaint.thing_id.in_(person.handled_ids),
    )
    yield and_(
        Complaint.thing_kind.in_(("profile", "broker")), Complaint.thing_id == person.id
    )
    is_own = exists().where(
        Issue.id == Complaint.thing_id, Issue.organisation_id.in_(person.handled_ids)
    )
    # A list is its institution's, whoever of its people published it.
    yield and_(Complaint.thing_kind.in_(("issue", "issue_line")), is_own)


def reported_by(person_id: int) -> list[Complaint]:
    """What somebody reported while signed in, in the order it came."""
    query = db.select(Complaint).where(Complaint.reporter_id == person_id)
    return list(db.session.scalars(query.order_by(Complaint.id)))


def answered_by(person_id: int) -> list[Complaint]:
    """The complaints that somebody has answered for their side, in the order they came."""
    query = db.select(Complaint).where(Complaint.appealed_by_id == person_id)
    return list(db.session.scalars(query.order_by(Complaint.id)))


def others_hiding(row: Complaint) -> bool:
    """Whether another complaint hides the same thing."""
    query = (
        db.select(func.count())
        .select_from(Complaint)
        .where(
            Complaint.thing_kind == row.thing_kind,
            Complaint.thing_id == row.thing_id,
            # Another line of the same list is another thing.
            Complaint.part == row.part,
            Complaint.id != row.id,
            Complaint.state.in_(HIDING),
        )
    )
    return bool(db.session.scalar(query))


def held_things(kind: str) -> Iterator[Any]:
    """What is hidden of a kind: numbers; of lines of lists (number of the list, line)."""
    query = db.select(Complaint.thing_id, Complaint.part).where(
        Complaint.thing_kind == kind, Complaint.state.in_(HIDING)
    )
    for number, part in db.session.execute(query).tuples():
        yield (number, part) if kind == "issue_line" else number
