"""Statuses that state bodies give firms for a time: 科小, 高企, 专精特新, with their days and who checked them (132).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import (
    Deeds,
    administrator,
    handler,
    operator,
    uninvolved_operator,
)
from marketplace.statuses.announcements import notice_kinds
from marketplace.statuses.contributed import deed_names, organisation_panels, trays
from marketplace.statuses.moving import move_back, move_between

DEEDS: Deeds = {
    "statuses.read": (handler, administrator, operator),
    # Not every member: what is entered here goes into packs and estimates of the organisation.
    "statuses.propose": (handler, administrator),
    # Nobody lets what counts for their own firm, or what they entered, through.
    "statuses.verify": (uninvolved_operator,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "move_back",
    "move_between",
    "notice_kinds",
    "organisation_panels",
    "trays",
]
