"""Achievements and demands: their fields, their life, who may know what of them, and their pages.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.listings.announcements import notice_kinds
from marketplace.listings.background import jobs
from marketplace.listings.contributed import (
    broker_loads,
    chain_uses,
    deed_names,
    nav,
    personal_copy,
    removals,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.listings.ownership import (
    move_back,
    move_between,
    start_organisation,
    stop_organisation,
)
from marketplace.listings.panels import (
    organisation_panels,
    panels,
    publication_blocks,
    review_links,
    search_panels,
)
from marketplace.listings.unsaved_deeds import forget_person
from marketplace.permissions import (
    Deeds,
    acting_person,
    another_handler,
    another_operator,
    anyone,
    assigned_broker,
    handler,
    member,
    named,
    of_verified_organisation,
    openly_shown,
    operator,
    writer,
)

DEEDS: Deeds = {
    # reading
    "listing.read": (anyone,),  # which rows: models.Listing.visible_to
    "listing.read_full": (openly_shown, member, writer, assigned_broker, operator),
    # Of an organisation that nobody has verified, nobody knows whose telephone it is.
    "listing.read_contact": (of_verified_organisation, handler, writer, operator),
    # Who is a broker of another listing learns nothing of this one's firm.
    "demand.read_firm": (named, member, writer, assigned_broker, operator),
    # one's own
    "listing.create": (acting_person,),
    "listing.edit": (writer, handler, operator),
    # Operators are missing on purpose: they write for others and cannot confirm in their name (140).
    "listing.confirm": (writer, handler),
    "listing.submit": (writer, handler, operator),
    "listing.withdraw": (writer, handler, operator),
    "listing.close": (writer, handler, operator),
    "listing.archive": (writer, handler, operator),
    "listing.history": (writer, handler, operator),
    "listing.versions": (writer, handler, operator),
    # the desk of an institution
    "listing.desk_review": (handler,),
    # Another than who had a hand in it: whose hands these are is settled by `may_pass` (092).
    "listing.endorse": (another_handler,),
    # the operators
    "listing.review": (operator,),
    "listing.approve": (another_operator,),
    "listing.suspend": (operator,),
    "listing.assign": (operator,),
}

__all__ = [
    "DEEDS",
    "broker_loads",
    "chain_uses",
    "deed_names",
    "forget_person",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "organisation_panels",
    "panels",
    "publication_blocks",
    "search_panels",
    "personal_copy",
    "removals",
    "review_links",
    "sections",
    "start_organisation",
    "stop_organisation",
    "task_count",
    "tasks",
    "trays",
]
