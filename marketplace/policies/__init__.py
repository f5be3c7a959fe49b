"""Policies: clauses as data, what somebody can get from them, and never a promise (111, 112).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, member, operator
from marketplace.policies.contributed import case_panels, deed_names, nav, panels
from marketplace.policies.moving import move_back, move_between

DEEDS: Deeds = {
    "policies.edit": (operator,),
    # Whoever belongs to the organisation: an estimate binds nobody to anything (112).
    "policies.keep": (member,),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "move_back",
    "move_between",
    "nav",
    "panels",
]
