"""What somebody has ticked in a list: as a form names it, and carried in the address from page to page of the list.

No script, no session, nothing stored. What is done with the ticked listings stands in `bulk.py` and `batches.py`; each
is judged there by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import load_rows
from marketplace.permissions import Reader, may

MAX_TICKS = 200  # carried from page to page; two thousand characters, half of what a server takes as an address
LETTERS = {"achievement": "a", "demand": "d"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
# Nine digits stay below what the column of a number can hold.
_PACKED = re.compile(r"([ad])(\d{1,9})-(\d{1,9})", re.ASCII)
_VALUE = re.compile(r"(achievement|demand)-(\d{1,9})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Ticked:
    """A listing as somebody ticked it: which, and the revision they saw."""

    kind: str
    listing_id: int
    seen: int

    @property
    def value(self) -> str:
        """How a form names it (`demand-12-3`)."""
        return f"{self.kind}-{self.listing_id}-{self.seen}"


def ticked_of(row: Achievement | Demand) -> Ticked:
    """A listing as a list offers it to be ticked."""
    return Ticked(row.kind, row.id, row.revision)


def read_ticks(values: Iterable[str]) -> list[Ticked]:
    """What a form names, each listing once; what is no tick is left out."""
    ticked: dict[tuple[str, int], Ticked] = {}
    for value in values:
        match = _VALUE.fullmatch(value)
        if match:
            one = Ticked(match[1], int(match[2]), int(match[3]))
            ticked.setdefault((one.kind, one.listing_id), one)
    return list(ticked.values())


def pack_ticks(values: Iterable[str]) -> str:
    """What a form names, each once, as an address carries it; at most MAX_TICKS, no more is carried."""
    packed = [
        f"{LETTERS[one.kind]}{one.listing_id}-{one.seen}" for one in read_ticks(values)
    ]
    return ".".join(packed[:MAX_TICKS])


def unpack_ticks(text: str) -> list[str]:
    """What an address carries, as a form names it; what is no tick is left out."""
    values = []
    for part in text.split(".")[:MAX_TICKS]:
        match = _PACKED.fullmatch(part)
        if match:
            values.append(f"{KINDS[match[1]]}-{match[2]}-{match[3]}")
    return values


def ticks_elsewhere(
    values: Iterable[str], shown: Iterable[Achievement | Demand], *, by: Reader
) -> list[tuple[str, str]]:
    """(value, title) of what is ticked on other pages, as far as this reader may do anything to it.

    Args:
        values: as `unpack_ticks` gives them.
        shown: the rows of this page, whose boxes say themselves whether they are ticked.
        by: the reader.
    """
    here = {(row.kind, row.id) for row in shown}
    keys: dict[tuple[str, int], str] = {}
    for value in values:
        kind, number, _ = value.split("-")
        if (kind, int(number)) not in here:
            keys[kind, int(number)] = value
    # Without a filter: the permission below decides, row by row.
    rows = load_rows(keys)
    return [
        (value, rows[key].title)
        for key, value in keys.items()
        if key in rows and may(by, "listing.edit", rows[key])
    ]


def ticks_of(
    filters: Mapping[str, str],
    rows: Sequence[Achievement | Demand],
    person: Reader,
) -> dict[str, Any]:
    """What a list says of ticks: those of this page, and those of others with their titles.

    Args:
        filters: the address, of which `ticked` is read.
        rows: of this page.
        person: the reader.
    """
    ticked = unpack_ticks(filters.get("ticked", ""))
    elsewhere = ticks_elsewhere(ticked, rows, by=person) if ticked else []
    return {"ticked": ticked, "elsewhere": elsewhere}
