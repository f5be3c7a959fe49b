"""Organisations: firms, universities, institutes and service bodies, known by their 统一社会信用代码.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.organisations.background import jobs
from marketplace.organisations.contributed import deed_names, trays
from marketplace.permissions import Deeds, administrator, anyone, operator

DEEDS: Deeds = {
    "organisation.read": (anyone,),
    # A name or code that its own people change is verified once more (`deeds.change_identity`).
    "organisation.edit": (administrator, operator),
    "organisation.verify": (operator,),
    "organisation.suspend": (operator,),
    "organisation.merge": (operator,),
}

__all__ = ["DEEDS", "deed_names", "jobs", "trays"]
