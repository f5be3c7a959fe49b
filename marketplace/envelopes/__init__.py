"""Envelopes: money of one year for some clauses, and the claims on it, never more than there is (135, 136).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.envelopes.announcements import notice_kinds
from marketplace.envelopes.background import jobs
from marketplace.envelopes.contributed import (
    case_panels,
    deed_names,
    nav,
    personal_copy,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.envelopes.disclosure import (
    claimant,
    impartial_operator,
    second_operator,
)
from marketplace.envelopes.moving import move_back, move_between
from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    "envelope.read": (operator,),
    "envelope.edit": (operator,),
    "claim.read": (claimant, operator),
    "claim.write": (claimant,),
    # Who belongs to the claimant, or claims for themselves, decides nothing about it (135).
    "claim.review": (impartial_operator,),
    # Four eyes: never who approved; the table of claims refuses it, too.
    "claim.pay": (second_operator,),
    "cohort.read": (claimant, operator),
    "cohort.write": (claimant,),
}

__all__ = [
    "DEEDS",
    "case_panels",
    "deed_names",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "personal_copy",
    "sections",
    "task_count",
    "tasks",
    "trays",
]
