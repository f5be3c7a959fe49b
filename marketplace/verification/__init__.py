"""Verification: what an organisation or a broker supplies that operators need to verify them.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import (
    Deeds,
    administrator,
    operator,
    stopped_administrator,
)
from marketplace.verification.announcements import notice_kinds
from marketplace.verification.contributed import (
    case_panels,
    deed_names,
    personal_copy,
    removals,
    task_count,
    tasks,
)
from marketplace.verification.upkeep import forget_person

DEEDS: Deeds = {
    # Of an organisation: a licence names its representative, so that its other people have no use for it.
    "verification.read": (administrator, stopped_administrator, operator),
    "verification.answer": (administrator, stopped_administrator),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "forget_person",
    "notice_kinds",
    "personal_copy",
    "removals",
    "task_count",
    "tasks",
]
