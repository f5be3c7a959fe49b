"""Deals: what two sides of an introduction carry from talks to the day a contract may be signed.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.deals.announcements import notice_kinds
from marketplace.deals.background import jobs, removals
from marketplace.deals.contributed import (
    case_panels,
    deal_lines,
    deed_names,
    listing_approved,
    nav,
    personal_copy,
    publication_blocks,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.deals.disclosure import (
    carrying_broker,
    holder_approver,
    of_holder,
    of_receiver,
)
from marketplace.deals.moving import move_back, move_between
from marketplace.permissions import (
    Deeds,
    anyone,
    assigned_broker,
    broker,
    of_verified_organisation,
    operator,
)

DEEDS: Deeds = {
    # Of an introduction that was accepted.
    "deal.propose": (of_verified_organisation, broker),
    # Of a deal.
    # A broker of either listing follows it without acting, an operator may only end it (116).
    "deal.read": (of_holder, of_receiver, assigned_broker, carrying_broker, operator),
    "deal.act": (of_holder, of_receiver),
    "deal.hold": (of_holder,),
    # Who merely carries a deal hands a price in and approves nothing.
    "deal.approve": (holder_approver,),
    "deal.follow_up": (operator,),
    # Of a publicity.
    # Guests too: a publicity is there for everybody to object to, not only for who has an account.
    "deal.object": (anyone,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "case_panels",
    "deal_lines",
    "jobs",
    "listing_approved",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "personal_copy",
    "publication_blocks",
    "removals",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
