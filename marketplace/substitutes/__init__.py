"""Substitutes: somebody of the same role and organisation stands in for a person who is away, from a day to a day.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, acting_person
from marketplace.substitutes.announcements import notice_kinds
from marketplace.substitutes.background import jobs
from marketplace.substitutes.contributed import deed_names, nav, sections
from marketplace.substitutes.deeds import forget_person
from marketplace.substitutes.queries import personal_copy, standing_in

DEEDS: Deeds = {
    # For whom somebody may name one depends on both people: `queries.may_name`.
    "substitutes.name": (acting_person,),
    "substitutes.end": (acting_person,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "jobs",
    "nav",
    "notice_kinds",
    "personal_copy",
    "sections",
    "standing_in",
]
