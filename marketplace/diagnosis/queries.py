"""What is read of diagnoses: cases, whose turn it is and until when, what a proposal changes. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import func, or_

from marketplace import contributions
from marketplace.clock import day_in_china, today
from marketplace.counting import Count
from marketplace.diagnosis.life import OPEN
from marketplace.diagnosis.models import (
    DiagnosisCase,
    DiagnosisPart,
    DiagnosisQuestion,
)
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings import snapshots
from marketplace.listings.differences import Difference, row_differences
from marketplace.listings.models import Demand
from marketplace.listings.queries import looked_after
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.snapshots import FREE_FIELDS, proposed_row
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.permissions import Reader, assigned_broker, may, operator, require
from marketplace.persistence import find_row
from marketplace.wording import UNKNOWN
from marketplace.workdays.calendar import Deadline
from marketplace.workdays.queries import load_calendar

# Working days in which each side does what lies with it.
DIAGNOSER_DAYS = 5
FIRM_DAYS = 5
MAX_ROWS = 100  # of a tray, and of what lies with a firm
# What every demand says; contact, bounty, capital and talent are steps of their own and never proposed.
STEPS = ("what", "target", "terms", "class")
# What a demand says may be proposed to be said otherwise; never whom to ring up, who is named or who may read it.
PROPOSED = tuple(
    field.name
    for field in SCHEMAS["demand"]
    if field.step in STEPS
    and field.name not in FREE_FIELDS["demand"]
    and field.name != "organisation"
)
LABELS = {name: SCHEMAS["demand"].labels[name] for name in PROPOSED}
# A demand in one of these can be taken; what waits for review is returned with it.
# At the desk of its institution it is the desk's to decide, and what is over needs no diagnosis.
TAKEABLE = ("draft", "returned", "rejected", "submitted", "in_review", "published")
# What its firm has confirmed is written at once into these, and proposed as a change of what is published.
WRITABLE = ("draft", "returned", "rejected")


@dataclass(frozen=True)
class Turn:
    """Whose turn it is.

    Attributes:
        is_firms: the firm's; else the diagnoser's.
        deadline: the last day.
        left: working days until then; negative: it is overdue.
    """

    is_firms: bool
    deadline: Deadline
    left: int

    @property
    def is_overdue(self) -> bool:
        """Whether the last day is over."""
        return self.left < 0


def get_takeable(demand_id: int, *, by: Reader) -> Demand:
    """A demand that somebody may take for diagnosis. Raises NotFound: none, or not theirs: one answer for both."""
    row = find_row(Demand, demand_id)
    if row is None or not may(by, "diagnosis.take", row):
        raise NotFound("没有找到这条需求。", "请从列表里打开。")
    return row


def get_case(number: int, *, by: Reader, deed: str = "diagnosis.read") -> DiagnosisCase:
    """A case that somebody may read, and do a deed to.

    Raises:
        NotFound: none, or not for their eyes: one answer for both.
        NotAllowed: they may read it and no more.
    """
    row = find_row(DiagnosisCase, number)
    if row is None or not may(by, "diagnosis.read", row):
        raise NotFound("没有找到这份诊断。", "请从「我的」进入。")
    require(by, deed, row)
    return row


def diagnoser(person: Reader, case: Any) -> bool:
    """An operator, or the broker who has taken the demand (or who stands in for that one) while it is given to them."""
    # Operators go on with what a broker began, also after the demand was taken from that broker.
    if operator(person, case):
        return True
    taken_by = getattr(case, "taken_by_id", None)
    # While the demand is given to them: afterwards they may not even read it (decision 098).
    if taken_by is None or not assigned_broker(person, case):
        return False
    return taken_by in person.broker_numbers


def represented_by(case: DiagnosisCase, by: Reader) -> int | None:
    """In whose place somebody works on a case; None where they do so for themselves."""
    if case.taken_by_id is None or case.taken_by_id == by.id:
        return None
    for seat in contributions.standing_in(by.id):
        # A desk has no diagnoses: its substitute works for the institution, not on demands.
        if seat.absent_id == case.taken_by_id and seat.role != "desk":
            return seat.absent_id
    return None


def open_case(row: Demand) -> DiagnosisCase | None:
    """The case of a demand that has come to no exit yet."""
    query = db.select(DiagnosisCase).where(
        DiagnosisCase.demand_id == row.id, DiagnosisCase.state.in_(OPEN)
    )
    case: DiagnosisCase | None = db.session.scalar(query)
    return case


def latest_case(row: Demand) -> DiagnosisCase | None:
    """The newest case of a demand."""
    query = db.select(DiagnosisCase).where(DiagnosisCase.demand_id == row.id)
    newest = query.order_by(DiagnosisCase.id.desc()).limit(1)
    case: DiagnosisCase | None = db.session.scalars(newest).first()
    return case


def origin_of(row: Demand) -> DiagnosisCase | None:
    """The case by which a demand came of splitting another."""
    part = db.session.scalar(
        db.select(DiagnosisPart).where(DiagnosisPart.demand_id == row.id)
    )
    return None if part is None else part.case


def waiting_cases(state: str) -> list[DiagnosisCase]:
    """The cases in a state, oldest first."""
    query = db.select(DiagnosisCase).where(DiagnosisCase.state == state)
    oldest = query.order_by(DiagnosisCase.since, DiagnosisCase.id).limit(MAX_ROWS)
    return list(db.session.scalars(oldest))


def case_count() -> Count:
    """How many cases wait for the operators: those that nobody has taken, and those that operators work on."""
    return Count(_case_count_query(), {})


@cache
def _case_count_query() -> Any:
    query = db.select(func.count()).select_from(DiagnosisCase)
    return query.where(DiagnosisCase.state.in_(("requested", "diagnosing")))


def cases_of_firm(person: Reader) -> list[DiagnosisCase]:
    """The open cases in which it is the turn of somebody's firm, oldest first."""
    if person.id is None:
        return []
    query = _of_firm(db.select(DiagnosisCase), person)
    rows = db.session.scalars(query.order_by(DiagnosisCase.since).limit(MAX_ROWS))
    return [case for case in rows if firms_turn(case)]


def firm_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_firm_count_query(), own_numbers(person))


@cache
def _firm_count_query() -> Any:
    """Built once: building took longer than counting. The same turn as `firms_turn`."""
    asked = DiagnosisCase.questions.any(DiagnosisQuestion.answered_at.is_(None))
    query = _of_firm(db.select(func.count()).select_from(DiagnosisCase), SOMEBODY)
    return query.where(or_(DiagnosisCase.state == "proposed", asked))


def cases_of_broker(person: Reader) -> list[DiagnosisCase]:
    """The open cases that a broker, or somebody they stand in for, has taken."""
    numbers = person.broker_numbers
    if not numbers:
        return []
    query = db.select(DiagnosisCase).where(
        DiagnosisCase.taken_by_id.in_(numbers),
        DiagnosisCase.state.in_(OPEN),
        # As `diagnoser`: taken away, it is in nobody's list of work but the operators'.
        DiagnosisCase.demand_id.in_(looked_after("demand", numbers)),
    )
    return list(db.session.scalars(query.order_by(DiagnosisCase.since)))


def firms_turn(case: DiagnosisCase) -> bool:
    """Whether the firm has to answer a question, or to decide on a proposal."""
    # One open question is enough: without its answer the diagnoser cannot go on.
    return case.state == "proposed" or bool(case.unanswered)


def turn_of(case: DiagnosisCase) -> Turn:
    """Whose turn it is, until when: in working days since it came to them."""
    calendar = load_calendar()
    is_firms = firms_turn(case)
    days = FIRM_DAYS if is_firms else DIAGNOSER_DAYS
    deadline = calendar.after_workdays(day_in_china(case.since), days)
    return Turn(is_firms, deadline, calendar.workdays_left(today(), deadline.day))


def proposed_differences(case: DiagnosisCase) -> list[Difference]:
    """What the proposal changes of the demand as it is now, field by field."""
    if not case.content:
        return []
    row = case.demand
    return row_differences(row, proposed_row(row, case.content))


def settled_differences(case: DiagnosisCase) -> list[Difference]:
    """What the proposal changed of the demand as it was, once the case has ended."""
    row = case.demand
    # From what was stored with the proposal: the demand itself says something else by now.
    before = proposed_row(row, case.base)
    return row_differences(before, proposed_row(row, case.content))


def changed_since(case: DiagnosisCase) -> list[str]:
    """The proposed fields that the firm has changed itself since the proposal was written."""
    return snapshots.changed_since(case.demand, case.base)


def moved_labels(row: DiagnosisCase) -> list[str]:
    """The proposed fields that the firm has changed itself meanwhile, in words."""
    if row.state != "proposed":
        return []
    return [LABELS[name] for name in changed_since(row)]


def differences_of(row: DiagnosisCase) -> list[Difference]:
    """What the proposal changes, or changed where the case has ended."""
    if not row.content:
        return []
    if row.is_open:
        return proposed_differences(row)
    return settled_differences(row)


def texts_of(row: Demand) -> list[tuple[str, str]]:
    """(label, value) of what a demand says and a diagnosis is about; no contact, and no more than is proposed."""
    texts = []
    for field in SCHEMAS["demand"].reviewed:
        value = field.describe(row)
        # Only what a diagnosis may touch: how to reach somebody is no part of what has to be clear.
        if field.name in LABELS and value != UNKNOWN:
            texts.append((field.label, value))
    return texts


def _of_firm(query: Any, person: Reader) -> Any:
    joined = query.join(Demand, Demand.id == DiagnosisCase.demand_id)
    return joined.where(DiagnosisCase.state.in_(OPEN), Demand.looked_after_by(person))
