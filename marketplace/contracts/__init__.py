"""Technology contracts: what both sides confirm, what is registered of it, and the ledger of the city.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.contracts.announcements import notice_kinds
from marketplace.contracts.background import jobs
from marketplace.contracts.changing import follow_deal as deal_reopened
from marketplace.contracts.contributed import (
    case_panels,
    deed_names,
    nav,
    personal_copy,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.contracts.disclosure import broker_of_deal, of_buyer, of_seller
from marketplace.contracts.ledger import registered_contracts
from marketplace.contracts.moving import move_back, move_between
from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    # A broker follows what became of a listing given to them, and writes nothing in it.
    "contract.read": (of_seller, of_buyer, broker_of_deal, operator),
    "contract.write": (of_seller, of_buyer),
    "contract.confirm": (of_seller, of_buyer),
    # The seller's side applies for registration (reference §3.3).
    "contract.file": (of_seller, operator),
    # What is registered is corrected by operators alone, with entries of their own.
    "contract.correct": (operator,),
    "ledger.read": (operator,),
    "ledger.import": (operator,),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deal_reopened",
    "deed_names",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "personal_copy",
    "registered_contracts",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
