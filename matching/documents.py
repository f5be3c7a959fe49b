"""What the matcher is given: documents, and what it hands back: matches.
Not here: reasons (reasons), how a text is read (features).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matching.explaining.reasons import Reasons

Id = int | str


@dataclass(frozen=True)
class Document:
    """A demand or an achievement as the matcher sees it.

    id unique in a catalogue; title and text as written. field, chain, stage and modes are codes; price_min and
    price_max 万元 (a demand's budget goes into both); due the day by which it is wanted or offered. None is unknown.
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


class Match:
    """A document of the catalogue that was ranked.

    id as given to fit; score in 0…1, 1 for a text against itself; reasons why, worked out when first asked for.
    """

    def __init__(self, id: Id, score: float, explain: Callable[[], Reasons]) -> None:
        self.id = id
        self.score = score
        self._explain = explain

    @cached_property
    def reasons(self) -> Reasons:
        """The words that earned the score, with their shares of it."""
        return self._explain()

    def __repr__(self) -> str:
        return f"Match(id={self.id!r}, score={self.score:.4f})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Match) and (self.id, self.score) == (
            other.id,
            other.score,
        )

    def __hash__(self) -> int:
        return hash((self.id, self.score))


def order(id: Id) -> tuple[bool, Id]:
    """Sort key of ids where numbers and strings may stand side by side: numbers first."""
    return isinstance(id, str), id
