"""Certificates: what a researcher has a share in of the registered contracts, and anybody may verify.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.certificates.announcements import notice_kinds
from marketplace.certificates.background import jobs
from marketplace.certificates.contributed import (
    deed_names,
    nav,
    personal_copy,
    task_count,
    tasks,
)
from marketplace.certificates.deeds import forget_person
from marketplace.certificates.disclosure import (
    another_confirmer,
    its_holder,
    its_organisation,
)
from marketplace.certificates.upkeep import move_back, move_between
from marketplace.permissions import (
    Deeds,
    another_operator,
    of_verified_organisation,
    operator,
)

DEEDS: Deeds = {
    "certificate.request": (of_verified_organisation,),
    # Of a certificate.
    "certificate.read": (its_holder, its_organisation, operator),
    "certificate.cancel": (its_holder,),
    # An operator where the organisation has nobody but the holder.
    "certificate.confirm": (another_confirmer, another_operator),
    # Who confirmed may be wrong, and who holds it may want it gone: both end it, and nobody changes it.
    "certificate.withdraw": (its_holder, another_confirmer, another_operator),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "jobs",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "personal_copy",
    "task_count",
    "tasks",
]
