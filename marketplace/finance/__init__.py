"""金融赋能: products of banks and funds, packs of firms, filed loans, investors; never an approval (132–134).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.finance.announcements import notice_kinds
from marketplace.finance.background import jobs
from marketplace.finance.contributed import deed_names, nav, panels, trays
from marketplace.finance.disclosure import acts_for, of_institution
from marketplace.permissions import Deeds, operator, uninvolved_operator

DEEDS: Deeds = {
    # Of a product or a version, which belong to their institution.
    "finance.offer": (acts_for,),
    "finance.review": (uninvolved_operator,),
    "finance.read_all": (operator,),
    # Of a pack, which belongs to its firm; operators see none.
    "finance.grant": (acts_for,),
    "finance.read_pack": (of_institution,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "nav",
    "notice_kinds",
    "panels",
    "trays",
]
