"""Work of this room in the background: listings of brokers who may look after nothing any more."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.mediation import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # Nothing is read in between: what a broker may read is asked of the day.
    yield Job("brokers", end_lapsed, {"minutes": 10}, at_start=True, house_time=True)


def end_lapsed() -> str:
    """Lay the listings of brokers who are gone, or whose certificate is over, before the operators."""
    return f"ended {deeds.end_lapsed()}"
