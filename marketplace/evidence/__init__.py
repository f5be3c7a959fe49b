"""Evidence: what shows that those who decided on a deal did so with care, proven against the published audit.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.deals.disclosure import holder_approver
from marketplace.evidence.announcements import notice_kinds
from marketplace.evidence.background import jobs
from marketplace.evidence.contributed import case_panels, deed_names, nav
from marketplace.permissions import Deeds, auditor, operator

DEEDS: Deeds = {
    # Of a deal: who answers for what its holder decided, and who supervises.
    "evidence.make": (holder_approver, operator, auditor),
    "evidence.list": (operator, auditor),
}

__all__ = ["DEEDS", "case_panels", "deed_names", "jobs", "nav", "notice_kinds"]
