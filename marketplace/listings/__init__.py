"""Achievements and demands: their fields, their life, who may know what of them, and their pages.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.listings.announcements import notice_kinds
from marketplace.listings.background import jobs
from marketplace.listings.contributed import (
    chain_uses,
    nav,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.permissions import (
    Deeds,
    another_operator,
    anyone,
    belongs_somewhere,
    broker,
    member,
    named,
    openly_shown,
    operator,
    signed_in,
)

DEEDS: Deeds = {
    # reading
    "listing.read": (anyone,),  # which rows: models.Listing.visible_to
    "listing.read_full": (openly_shown, member, broker, operator),
    "listing.read_contact": (signed_in,),
    "demand.read_firm": (named, member, operator),
    # one's own
    "listing.create": (belongs_somewhere, operator),
    "listing.edit": (member, operator),
    "listing.submit": (member, operator),
    "listing.withdraw": (member, operator),
    "listing.close": (member, operator),
    "listing.archive": (member, operator),
    "listing.history": (member, operator),
    # the operators
    "listing.review": (operator,),
    "listing.approve": (another_operator,),
    "listing.suspend": (operator,),
}

__all__ = [
    "DEEDS",
    "chain_uses",
    "jobs",
    "nav",
    "notice_kinds",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
