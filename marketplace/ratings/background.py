"""Work of this room in the background: ratings whose term is over are announced."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.ratings import upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # 16:10 UTC is ten minutes past midnight in China, when the term of a day is over.
    yield Job("ratings", reveal_ratings, {"hour": 16, "minute": 10}, house_time=True)


def reveal_ratings() -> str:
    """Announce the ratings that the end of the day has revealed."""
    count = upkeep.announce_due()
    return f"notices {count}" if count else ""
