"""Records: notes, minutes and files of what brokers carry, files of introductions and of decisions on prices.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.deals.disclosure import of_holder
from marketplace.permissions import Deeds, operator
from marketplace.records.announcements import notice_kinds
from marketplace.records.contributed import case_panels, deed_names, personal_copy

DEEDS: Deeds = {
    # Of a deal: reports and minutes on a price are the holder's own affair.
    "record.decision": (of_holder, operator),
}

__all__ = ["DEEDS", "case_panels", "deed_names", "notice_kinds", "personal_copy"]
