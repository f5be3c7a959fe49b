"""需求诊断: a demand that is not fit is discussed with its firm and rewritten, split, or advised upon.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.diagnosis.announcements import notice_kinds
from marketplace.diagnosis.contributed import (
    deed_names,
    panels,
    review_links,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.diagnosis.queries import diagnoser
from marketplace.permissions import (
    Deeds,
    assigned_broker,
    handler,
    operator,
    writer,
)

DEEDS: Deeds = {
    # of a demand
    "diagnosis.request": (writer, handler),
    "diagnosis.take": (operator, assigned_broker),
    # of a case
    "diagnosis.read": (writer, handler, diagnoser),
    "diagnosis.work": (diagnoser,),
    "diagnosis.answer": (writer, handler),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "notice_kinds",
    "panels",
    "review_links",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
