"""The office: one page for the operators, which collects the queues of all rooms, and the reading of the permissions.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    "office.read": (operator,),
}
