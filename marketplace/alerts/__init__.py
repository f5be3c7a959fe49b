"""Alerts: searches that people save, and what is new that fits a search of theirs or a listing of theirs.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.alerts.announcements import notice_kinds
from marketplace.alerts.background import jobs, removals
from marketplace.alerts.contributed import deed_names, search_panels, sections
from marketplace.alerts.deeds import forget_person
from marketplace.alerts.queries import personal_copy
from marketplace.permissions import Deeds, acting_person

DEEDS: Deeds = {
    # One's own: the page shows no others.
    "alerts.save": (acting_person,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "jobs",
    "notice_kinds",
    "personal_copy",
    "removals",
    "search_panels",
    "sections",
]
