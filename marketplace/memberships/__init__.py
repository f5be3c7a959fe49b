"""Memberships: coming into an organisation, being given a place in it, inviting others, leaving.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.memberships.announcements import (
    notice_kinds,
    organisation_announced,
)
from marketplace.memberships.contributed import (
    deed_names,
    nav,
    removals,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.memberships.moving import move_back, move_between
from marketplace.permissions import (
    Deeds,
    acting_person,
    administrator,
    operator,
    signed_in,
)

DEEDS: Deeds = {
    # Not auditors: they look on and act for nobody (072).
    "organisation.found": (acting_person,),
    "organisation.join": (acting_person,),
    "membership.read": (signed_in,),  # one's own places
    # Operators too: some organisations are administered by nobody.
    "people.manage": (administrator, operator),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "organisation_announced",
    "removals",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
