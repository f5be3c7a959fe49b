"""What the room lays out for the operators: the grade model that waits for their decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marketplace.contributions import Panel, Tray
from marketplace.permissions import Reader, may
from marketplace.verdicts import queries


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The queue of it; empty on most days."""
    if not may(person, "quality.decide"):
        return

    def candidates() -> list[object]:
        waiting = queries.grade_candidate(by=person)
        return [] if waiting is None else [waiting]

    yield Tray(
        "grades",
        "档位模型",
        count=queries.candidate_count,
        page=lambda _page: Panel("verdicts/_candidates.html", {"rows": candidates()}),
        waits=True,
        position=6,
    )
