"""Ratings: the two sides of a registered contract say how it was, each without knowing what the other says.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.contracts.disclosure import of_buyer, of_seller
from marketplace.permissions import Deeds, operator
from marketplace.ratings.announcements import notice_kinds
from marketplace.ratings.background import jobs
from marketplace.ratings.contributed import (
    case_panels,
    deed_names,
    organisation_panels,
    personal_copy,
    task_count,
    tasks,
)
from marketplace.ratings.upkeep import forget_person

DEEDS: Deeds = {
    # Of a contract.
    "rating.read": (of_seller, of_buyer, operator),
    "rating.give": (of_seller, of_buyer),
    "rating.reply": (of_seller, of_buyer),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "forget_person",
    "jobs",
    "notice_kinds",
    "organisation_panels",
    "personal_copy",
    "task_count",
    "tasks",
]
