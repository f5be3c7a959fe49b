"""Staff: accounts as operators look after them; who runs and who audits the site, who is stopped and let in again.

Here: what the room offers to the other rooms (`marketplace/contributions.py`). Places in organisations are given by
their own administrators, the role of a broker by its certificate.
"""

from __future__ import annotations

from marketplace.permissions import Deeds, operator
from marketplace.staff.contributed import deed_names, nav

DEEDS: Deeds = {
    "staff.read": (operator,),
    "staff.change": (operator,),
}

__all__ = ["DEEDS", "deed_names", "nav"]
