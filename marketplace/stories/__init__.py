"""Stories: what registered contracts brought about, public only as long as both sides agree to the same text.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.contracts.disclosure import broker_of_deal
from marketplace.permissions import Deeds, operator
from marketplace.stories.announcements import notice_kinds
from marketplace.stories.contributed import (
    case_panels,
    deed_names,
    nav,
    personal_copy,
    task_count,
    tasks,
)
from marketplace.stories.deeds import forget_person
from marketplace.stories.disclosure import of_either

DEEDS: Deeds = {
    # Of a contract, or of its story.
    "story.write": (broker_of_deal, operator),
    # Of a story.
    "story.read": (of_either, broker_of_deal, operator),
    "story.agree": (of_either,),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "forget_person",
    "nav",
    "notice_kinds",
    "personal_copy",
    "task_count",
    "tasks",
]
