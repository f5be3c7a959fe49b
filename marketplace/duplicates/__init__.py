"""Duplicates: two listings of one kind that say nearly the same, which a person merges or keeps apart.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.duplicates.background import jobs
from marketplace.duplicates.contributed import deed_names, panels, sections, trays
from marketplace.duplicates.queries import successor
from marketplace.permissions import Deeds, handler, operator

DEEDS: Deeds = {
    # Of a pair that belongs to one organisation, its desk too.
    "duplicates.settle": (operator, handler),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "panels",
    "sections",
    "successor",
    "trays",
]
