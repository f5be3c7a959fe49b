"""What a matcher is given: documents and their ids.
Not here: what it hands back (ranking), how a text is read (features, index.reading).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Id = int | str


@dataclass(frozen=True)
class Document:
    """A demand or an achievement as a matcher sees it. None is unknown.

    Attributes:
        id: unique in a catalogue.
        title, text: as written.
        field, chain, stage: codes.
        modes: codes of the ways of cooperation.
        price_min, price_max: 万元; a demand's budget is in both.
        due: the day by which it is wanted or offered.
    """

    id: Id
    title: str
    text: str = ""
    field: str | None = None
    chain: str | None = None
    stage: str | None = None
    modes: frozenset[str] = frozenset()
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    due: date | None = None


def id_sort_key(id: Id) -> tuple[bool, Id]:
    """Sort key of ids where numbers and strings may occur together: numbers first."""
    # Numbers and strings do not compare, so the kind decides first.
    return isinstance(id, str), id
