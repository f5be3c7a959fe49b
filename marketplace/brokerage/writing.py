"""A move of a case as it is written: the state, its clock, its History. No commit."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.brokerage.life import ENDED
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import now, today
from marketplace.errors import Stale
from marketplace.extensions import db
from marketplace.permissions import Reader
from marketplace.rules.queries import value_on
from marketplace.workdays.queries import load_calendar


def require_seen(case: BrokerageCase, seen: int) -> None:
    """Refuse what was decided on a page that is no longer true, and let nobody else decide before this commit.

    Of two who press at once the second waits here on PostgreSQL, and is refused then. Raises Stale.
    """
    persistence.hold_row(case)
    if case.revision != seen:
        raise Stale("这件撮合刚有变化。", "请重新打开，看过再决定。")


def term_days(key: str) -> int:
    """How many days a term has by the rules of today. Raises NoValueError: no rule stands today."""
    return value_on(key, today()).whole


def workdays_on(key: str) -> date:
    """The last working day of a term that begins today."""
    return load_calendar().after_workdays(today(), term_days(key)).day


def days_on(key: str) -> date:
    """The last day of a term of natural days that begins today, moved to a working day."""
    return load_calendar().after_days(today(), term_days(key)).day


def move_case(
    case: BrokerageCase,
    deed: str,
    *,
    by: Reader | None,
    note: str = "",
    due_on: date | None = None,
) -> None:
    """Carry out a deed of the life table and write it (flushed, not committed).

    Args:
        case: loaded in this session.
        deed: a deed of `CASE_LIFE`.
        by: the acting person; None: the site itself.
        note: a remark, for the History row.
        due_on: the last day for what comes next; None: as it was, and none where the case is over.

    Raises:
        NotNow: the table has no such move.
        Stale: somebody else was quicker.
    """
    before = case.state
    case.life.move(case, deed, by=by, note=note)
    case.touched_at = now()
    # Whoever does anything ends the silence; the next one earns a reminder of its own.
    case.reminded_at = None
    # A step that was planned belongs to the state it was planned in.
    if case.state != before:
        case.entered_at = case.touched_at
        case.next_step = ""
    # Before the flush: the table refuses a running case without a last day, and an ended one that is on hold.
    if due_on is not None:
        case.due_on = due_on
    if case.state in ENDED:
        case.due_on = None
        case.held_from = None
        case.ended_at = case.touched_at
    # The order of two History rows of one flush is not certain; who was quicker has moved the revision.
    with persistence.refusals():
        db.session.flush()
