"""Files of listings: taken in, looked through, approved, handed out to whom may have them, and who looked at them.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.files.announcements import notice_kinds
from marketplace.files.background import jobs, removals
from marketplace.files.contributed import (
    deed_names,
    listing_approved,
    panels,
    personal_copy,
    publication_blocks,
    review_panels,
    task_count,
    tasks,
    trays,
)
from marketplace.files.disclosure import asker, verified_actor
from marketplace.files.upkeep import forget_person, move_back, move_between
from marketplace.permissions import (
    Deeds,
    another_handler,
    another_operator,
    anyone,
    handler,
    operator,
    writer,
)

DEEDS: Deeds = {
    "files.read": (anyone,),  # which files: `disclosure.may_have`
    # As the text of the listing: its writer, those who handle it, and operators who help on the telephone.
    "files.write": (writer, handler, operator),
    "files.request": (verified_actor,),
    # Whoever wrote a request takes it back, also after they have left the organisation they read for.
    "files.withdraw": (asker,),
    # Operators are missing on purpose: who may see a file on request, only its owner says.
    "files.grant": (writer, handler),
    "files.desk_review": (handler,),
    "files.endorse": (another_handler,),
    "files.review": (another_operator,),
}

__all__ = [
    "DEEDS",
    "deed_names",
    "forget_person",
    "jobs",
    "listing_approved",
    "move_back",
    "move_between",
    "notice_kinds",
    "panels",
    "personal_copy",
    "publication_blocks",
    "removals",
    "review_panels",
    "task_count",
    "tasks",
    "trays",
]
