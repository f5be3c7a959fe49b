"""Imports: lists uploaded in the browser, staged row by row, corrected, written, taken back.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.imports.announcements import notice_kinds
from marketplace.imports.background import jobs
from marketplace.imports.contributed import (
    deed_names,
    nav,
    removals,
    task_count,
    tasks,
)
from marketplace.imports.moving import move_back, move_between
from marketplace.permissions import (
    Deeds,
    acting_person,
    handler,
    operator,
    writer,
)

DEEDS: Deeds = {
    # The form; for whom, is asked of `imports.write`.
    "imports.begin": (acting_person,),
    "imports.read": (writer, handler, operator),
    # Every list of everybody, and lists whose rows name several organisations.
    "imports.read_all": (operator,),
    # As an edit of what the list holds: the writer, the desk, or an operator on the telephone.
    "imports.write": (writer, handler, operator),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "removals",
    "task_count",
    "tasks",
]
