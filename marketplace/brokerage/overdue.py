"""Cases whose clock has run out: nobody took them up, or nobody has written in them for long."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement

from marketplace.brokerage.life import ACTIVE, REASSIGN_DAYS, REMIND_DAYS
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.writing import term_days
from marketplace.clock import now
from marketplace.extensions import db


def unaccepted(day: date) -> list[BrokerageCase]:
    """Dispatches that nobody took up until the day before."""
    # The last day lasts until 24:00, so it lapses the day after.
    return _clocked(BrokerageCase.state == "dispatched", BrokerageCase.due_on < day)


def quiet() -> list[BrokerageCase]:
    """Cases without an update for REMIND_DAYS whose broker has not been reminded since."""
    # Natural days, by the rule of today: whoever changes the term changes it for cases that run.
    since = now() - timedelta(days=term_days(REMIND_DAYS))
    return _clocked(
        BrokerageCase.state.in_(ACTIVE),
        BrokerageCase.touched_at <= since,
        BrokerageCase.reminded_at.is_(None),
    )


def abandoned() -> list[BrokerageCase]:
    """Cases without an update for REASSIGN_DAYS."""
    since = now() - timedelta(days=term_days(REASSIGN_DAYS))
    return _clocked(BrokerageCase.state.in_(ACTIVE), BrokerageCase.touched_at <= since)


def _clocked(*where: ColumnElement[bool]) -> list[BrokerageCase]:
    query = db.select(BrokerageCase).where(*where).order_by(BrokerageCase.id)
    return list(db.session.scalars(query))
