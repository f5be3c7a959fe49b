"""Published lists: 第 N 期 of achievements or demands, frozen with a hash that everybody can check.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.issues.background import jobs
from marketplace.issues.contributed import (
    deed_names,
    nav,
    panels,
    sections,
    trays,
)
from marketplace.issues.moving import move_back, move_between
from marketplace.permissions import Deeds, operator, publisher

DEEDS: Deeds = {
    # By the desk or the administrators of a verified organisation for its own lists; the city's are the operators'.
    "issue.prepare": (publisher,),
    "issue.publish": (publisher,),
    "issue.correct": (publisher,),
    "issue.publish_city": (operator,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "panels",
    "sections",
    "trays",
]
