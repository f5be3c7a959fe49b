"""How complete a listing is, in percent: adding never lowers it, removing never raises it.

How much each question counts is in `schema/weights.py`; what keeps a listing from being public is in `readiness.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from marketplace.listings.schema import terms
from marketplace.listings.schema.weights import ACHIEVEMENT_PARTS, DEMAND_PARTS, Part


def parts_of(kind: str, need: str | None) -> tuple[Part, ...]:
    """What makes a listing complete.

    Args:
        kind: `achievement` or `demand`.
        need: of a demand; None or an unknown one counts as technology.
    """
    if kind == "achievement":
        return ACHIEVEMENT_PARTS
    # A demand from an older form may bear no need, or one that is not offered any more.
    return DEMAND_PARTS.get(need or "", DEMAND_PARTS[terms.DEFAULT_NEED])


def completeness(kind: str, values: Mapping[str, Any]) -> int:
    """How complete a listing of these values is, 0…100, rounded down: only what is whole is 100.

    Args:
        kind: `achievement` or `demand`.
        values: column → value, child rows as lists of column → value; what is not named counts as empty. Of a demand
            `need` decides what is asked: to choose another need is no adding and no removing.
    """
    parts = parts_of(kind, values.get("need"))
    # In fractions: sums of floats may fall by a hair where something was added.
    reached = sum(part.weight * _share_of(part, values) for part in parts)
    return int(100 * reached / sum(part.weight for part in parts))


def _share_of(part: Part, values: Mapping[str, Any]) -> Fraction:
    """How much of a part is there, 0…1: the fullest of its fields."""
    sizes = [_size_of(values.get(name)) for name in part.names]
    return min(Fraction(1), Fraction(max(sizes), part.enough))


def _size_of(value: Any) -> int:
    """How much a value holds: characters of a text, filled entries of a list, one for anything else that is there."""
    # A tick that was never set is no answer.
    if value is None or value is False:
        return 0
    if isinstance(value, str):
        return len(value.strip())
    if isinstance(value, Mapping):
        return int(any(_size_of(part) for part in value.values()))
    if isinstance(value, list | tuple):
        # Empty rows of a form hold nothing, however many there are.
        return sum(min(1, _size_of(entry)) for entry in value)
    # A sum of 0 is an answer too.
    return 1
