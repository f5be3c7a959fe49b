"""Exchange: lists of achievements and demands, in from spreadsheets and out to them.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.permissions import Deeds, anyone, operator

DEEDS: Deeds = {
    "listing.import": (operator,),
    "listing.export": (anyone,),  # the same rows as the page it stands on
}


def deed_names() -> Iterator[tuple[str, str]]:
    """Lists in and out."""
    yield "listing.import", "导入清单"
