"""Introductions: one side of a match wants to talk to the other, which is told who and why, and answers in time.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.introductions.announcements import notice_kinds
from marketplace.introductions.background import jobs
from marketplace.introductions.contributed import (
    deed_names,
    panels,
    personal_copy,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.introductions.moving import move_back, move_between
from marketplace.permissions import (
    Deeds,
    assigned_broker,
    handler,
    of_verified_organisation,
    operator,
    writer,
)

DEEDS: Deeds = {
    # Of the listing that is wanted.
    "introduction.request": (of_verified_organisation,),
    "introduction.answer": (writer, handler, assigned_broker),
    # Of the introduction, which belongs to the side that wants it.
    "introduction.withdraw": (writer, handler),
    "introduction.follow_up": (operator,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "move_back",
    "move_between",
    "notice_kinds",
    "panels",
    "personal_copy",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
