"""Deals: what two sides of an introduction carry from talks to the day a contract may be signed.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.deals.contributed import deed_names
from marketplace.deals.disclosure import holder_approver, of_holder, of_receiver
from marketplace.permissions import (
    Deeds,
    assigned_broker,
    broker,
    of_verified_organisation,
    operator,
)

DEEDS: Deeds = {
    # Of an introduction that was accepted.
    "deal.propose": (of_verified_organisation, broker),
    # Of a deal.
    "deal.read": (of_holder, of_receiver, assigned_broker, operator),
    "deal.act": (of_holder, of_receiver),
    "deal.hold": (of_holder,),
    "deal.approve": (holder_approver,),
    "deal.follow_up": (operator,),
}

__all__ = ["DEEDS", "deed_names"]
