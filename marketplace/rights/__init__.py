"""Rights in an achievement: co-owners agree before it is public, and patents are looked after before they end.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, handler, writer
from marketplace.rights.announcements import notice_kinds
from marketplace.rights.background import jobs
from marketplace.rights.contributed import (
    deed_names,
    panels,
    personal_copy,
    publication_blocks,
    review_panels,
    task_count,
    tasks,
)
from marketplace.rights.queries import of_co_owner
from marketplace.rights.upkeep import forget_person, move_back, move_between

DEEDS: Deeds = {
    "rights.ask": (writer, handler),
    # By account; whoever has the link needs none, for the link itself is the right to answer.
    "rights.answer": (of_co_owner,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "jobs",
    "move_back",
    "move_between",
    "notice_kinds",
    "panels",
    "personal_copy",
    "publication_blocks",
    "review_panels",
    "task_count",
    "tasks",
]
