"""Brokerage: brokers carry pairs from the first word to the day a deal begins; who brought whom together is recorded.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.brokerage.announcements import notice_kinds
from marketplace.brokerage.background import jobs
from marketplace.brokerage.contributed import (
    deed_names,
    nav,
    panels,
    personal_copy,
    sections,
    task_count,
    tasks,
    thing_words,
    trays,
)
from marketplace.brokerage.disclosure import of_side
from marketplace.brokerage.moving import move_back, move_between
from marketplace.brokerage.queries import broker_loads
from marketplace.brokerage.settling import introduction_accepted, stop_broker
from marketplace.permissions import (
    Deeds,
    another_operator,
    broker,
    of_verified_organisation,
    operator,
    requested_broker,
)

DEEDS: Deeds = {
    "brokerage.propose": (broker, operator, of_verified_organisation),
    # Of a case.
    "brokerage.read": (requested_broker, of_side, operator),
    "brokerage.carry": (requested_broker,),
    "brokerage.answer": (of_side,),
    "brokerage.direct": (operator,),
    "brokerage.end": (requested_broker, operator),
    # The board, and the ledger of who brought whom together.
    "brokerage.desk": (broker, operator),
    "brokerage.dispute": (broker,),
    "brokerage.rule": (another_operator,),
}

__all__ = [
    "DEEDS",
    "broker_loads",
    "deed_names",
    "introduction_accepted",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "panels",
    "personal_copy",
    "sections",
    "stop_broker",
    "task_count",
    "tasks",
    "thing_words",
    "trays",
]
