"""举报: anybody reports what is public; the operators hide it, rule and restore; both sides are notified.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.complaints.announcements import notice_kinds
from marketplace.complaints.background import jobs, removals
from marketplace.complaints.contributed import (
    deed_names,
    nav,
    personal_copy,
    task_count,
    tasks,
    trays,
)
from marketplace.complaints.deeds import forget_person
from marketplace.complaints.queries import held_things
from marketplace.permissions import (
    Deeds,
    anyone,
    handler,
    operator,
    stopped_administrator,
    uninvolved_operator,
    writer,
)

DEEDS: Deeds = {
    "complaint.file": (anyone,),
    "complaint.read": (operator,),
    "complaint.rule": (uninvolved_operator,),
    "complaint.answer": (writer, handler, stopped_administrator),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "held_things",
    "jobs",
    "nav",
    "notice_kinds",
    "personal_copy",
    "removals",
    "task_count",
    "tasks",
    "trays",
]
