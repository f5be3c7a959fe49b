"""The office: one page for the operators, which collects the queues of all rooms, and the reading of the permissions.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    "office.read": (operator,),
}


def deed_names() -> Iterator[tuple[str, str]]:
    """The queues of the operators."""
    yield "office.read", "查看审核队列"
