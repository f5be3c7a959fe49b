"""金融赋能: products of banks and funds, packs of firms, filed loans, investors; never an approval (132–134).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.finance.announcements import notice_kinds
from marketplace.finance.background import jobs
from marketplace.finance.contributed import (
    deed_names,
    known_figures,
    nav,
    panels,
    personal_copy,
    search_panels,
    sections,
    task_count,
    tasks,
    trays,
)
from marketplace.finance.disclosure import acts_for, of_institution
from marketplace.finance.moving import (
    move_back,
    move_between,
    removals,
    stop_organisation,
)
from marketplace.permissions import (
    Deeds,
    handler,
    operator,
    uninvolved_operator,
    writer,
)

DEEDS: Deeds = {
    # Of a product or a version, which belong to their institution.
    "finance.offer": (acts_for,),
    # Nobody lets through what they handed in, nor anything of an institution they belong to (133).
    "finance.review": (uninvolved_operator,),
    "finance.read_all": (operator,),
    # Of a pack, which belongs to its firm; operators see none.
    "finance.grant": (acts_for,),
    # The firm reads its packs by `finance.grant`: its own looks are none of those that are recorded.
    "finance.read_pack": (of_institution,),
    # Of a loan, which belongs to its bank.
    "finance.file_loan": (acts_for,),
    "finance.read_loan": (acts_for, operator),
    # An operator who belongs to the bank confirms none of its loans: money of the city follows from it.
    "finance.decide_loan": (uninvolved_operator,),
    # Of what a fund looks for and asks.
    "finance.invest": (acts_for,),
    # Of the demand.
    "finance.answer": (writer, handler),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "known_figures",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "panels",
    "personal_copy",
    "removals",
    "search_panels",
    "sections",
    "stop_organisation",
    "task_count",
    "tasks",
    "trays",
]
