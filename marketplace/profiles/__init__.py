"""Profiles: what researchers and brokers say of themselves, and the certificates of brokers.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, acting_person, another_operator, anyone
from marketplace.profiles.announcements import notice_kinds
from marketplace.profiles.background import jobs
from marketplace.profiles.contributed import (
    deed_names,
    nav,
    organisation_panels,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.profiles.queries import lapsed_brokers

DEEDS: Deeds = {
    "profile.read": (anyone,),  # what of one: disclosure.researcher_view
    "profile.edit": (acting_person,),  # one's own
    "broker.read": (anyone,),
    "broker.apply": (acting_person,),
    # Never one's own: nobody makes themselves a broker.
    "broker.check": (another_operator,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "lapsed_brokers",
    "nav",
    "notice_kinds",
    "organisation_panels",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
