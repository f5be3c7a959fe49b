"""Which listings resemble one another, by the matcher that ranks them. What is done about a pair is in `deeds.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app

from marketplace.listings.models import Row
from marketplace.matchmaking.matchers import Matchers
from marketplace.verdicts.projections import common_document

# Score from which two listings are proposed. Measured on 269 real demands and 1,500 patents: the same text twice has 1,
# with a changed figure or another steel .8 to .97; at .6 begin those of one family (the air supply and the ash removal
# of one kiln), which a person tells apart at a glance; below lies what merely belongs to one field.
FLOOR = 0.6
MOST = 5  # pairs of one listing at a time


@dataclass(frozen=True)
class Resemblance:
    """Two listings that resemble one another.

    Attributes:
        one_id, other_id: the smaller number first.
        score: 0 to 1.
    """

    one_id: int
    other_id: int
    score: float


def resembling(kind: str, rows: Iterable[Row]) -> list[Resemblance]:
    """The pairs of which one is among the rows, each pair once.

    Args:
        kind: `achievement` or `demand`.
        rows: listings that are offered now.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    matchers: Matchers = current_app.extensions["matchers"]
    best: dict[tuple[int, int], float] = {}
    for row in rows:
        document = common_document(row)
        # For each anew: readers of this process rank in between.
        with matchers.using(kind, inner=True) as matcher:
            ranked = matcher.rank(document, top=MOST + 1)
        for match in ranked:
            number = int(match.id)
            if number == row.id or match.score < FLOOR:
                continue
            pair = (min(row.id, number), max(row.id, number))
            best[pair] = max(best.get(pair, 0.0), match.score)
    return [Resemblance(*pair, score) for pair, score in sorted(best.items())]
