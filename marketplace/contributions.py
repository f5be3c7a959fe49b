"""What the rooms offer to pages that are not theirs: collected once, when the application is built.

A room offers by functions in its `__init__`; nothing here knows which rooms there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from flask import current_app


@dataclass(frozen=True)
class Panel:
    """A block on the page of a row, or on the form in which one is written.

    Attributes:
        template: what renders it.
        values: what the template is given.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Contributions:
    """Everything the rooms of one application offer.

    Args:
        rooms: the packages of the rooms, lowest first; each may define `panels` and `previews`.
    """

    def __init__(self, rooms: Iterable[ModuleType]) -> None:
        self.rooms = tuple(rooms)

    def offered(self, name: str, *values: Any) -> Iterator[Any]:
        """What the rooms that define a function of that name give for these values, in the order of the rooms."""
        for room in self.rooms:
            offer = getattr(room, name, None)
            if offer is not None:
                yield from offer(*values)


def panels(row: Any, reader: Any) -> list[Panel]:
    """The blocks that rooms put beside a row on its own page, for one reader."""
    return list(_current().offered("panels", row, reader))


def previews(kind: str, row: Any, text: str | None, reader: Any) -> list[Panel]:
    """The blocks that rooms put beside the form in which a row is written.

    Args:
        kind: kind of the row that is written.
        row: the stored row; None for a new one.
        text: title and main texts as typed so far; None where nobody asked for a look at them.
        reader: who writes.
    """
    return list(_current().offered("previews", kind, row, text, reader))


def chain_uses() -> dict[str, int]:
    """Code of an industry chain → how many rows of all rooms name it."""
    counts: Counter[str] = Counter()
    for code, count in _current().offered("chain_uses"):
        counts[code] += count
    return dict(counts)


def _current() -> Contributions:
    collected: Contributions = current_app.extensions["contributions"]
    return collected
