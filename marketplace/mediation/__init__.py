"""Requests for a broker: a firm asks one of the directory or leaves it to the operators; what a broker leaves behind.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.mediation.announcements import notice_kinds
from marketplace.mediation.background import jobs
from marketplace.mediation.contributed import (
    deed_names,
    panels,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.mediation.deeds import broker_given, stop_broker
from marketplace.permissions import (
    Deeds,
    handler,
    operator,
    requested_broker,
    writer,
)

DEEDS: Deeds = {
    "mediation.request": (writer, handler),
    "mediation.withdraw": (writer, handler),
    "mediation.answer": (requested_broker,),
    "mediation.assign": (operator,),
}

__all__ = [
    "DEEDS",
    "broker_given",
    "deed_names",
    "jobs",
    "notice_kinds",
    "panels",
    "sections",
    "stop_broker",
    "task_count",
    "tasks",
    "trays",
]
