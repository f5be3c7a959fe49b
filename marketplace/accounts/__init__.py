"""Accounts: people, the organisations they belong to, and their roles.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    "organisation.verify": (operator,),
}
