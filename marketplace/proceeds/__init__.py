"""What a contract brings: payments, milestones, and how what was received is shared.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.contracts.disclosure import of_buyer, of_seller
from marketplace.permissions import Deeds, operator
from marketplace.proceeds.background import jobs
from marketplace.proceeds.contributed import case_panels, deed_names

DEEDS: Deeds = {
    "proceeds.read": (of_seller, of_buyer, operator),
    "proceeds.record": (of_seller,),
    # How a holder shares its income is nobody else's affair.
    "proceeds.share": (of_seller,),
}

__all__ = ["DEEDS", "case_panels", "deed_names", "jobs"]
