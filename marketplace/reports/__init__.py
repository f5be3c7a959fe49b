"""Reports: the yearly report of an institution, and deals and contracts as open contracting data.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, administrator, auditor, operator
from marketplace.reports.contributed import deed_names, nav, organisation_panels
from marketplace.reports.disclosure import desk_of_organisation

DEEDS: Deeds = {
    # Of an organisation: its desk and administrators, and who supervises.
    "report.read": (desk_of_organisation, administrator, operator, auditor),
    "report.list": (operator, auditor),
    "ledger.export": (operator, auditor),
}

__all__ = ["DEEDS", "deed_names", "nav", "organisation_panels"]
