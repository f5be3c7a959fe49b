"""What a contract brings: payments, milestones, and how what was received is shared.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.contracts.disclosure import of_buyer, of_seller
from marketplace.permissions import Deeds, operator
from marketplace.proceeds.announcements import notice_kinds
from marketplace.proceeds.background import jobs
from marketplace.proceeds.contributed import (
    case_panels,
    deed_names,
    personal_copy,
    sections,
)
from marketplace.proceeds.deeds import forget_person
from marketplace.proceeds.disclosure import its_holder, its_person

DEEDS: Deeds = {
    # The buyer sees what was received of their own payments, and not how it is shared.
    "proceeds.read": (of_seller, of_buyer, operator),
    "proceeds.record": (of_seller,),
    # How a holder shares its income is nobody else's affair.
    "proceeds.share": (of_seller,),
    # Of a share.
    "proceeds.statement": (its_person, its_holder),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "forget_person",
    "jobs",
    "notice_kinds",
    "personal_copy",
    "sections",
]
