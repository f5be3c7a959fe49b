"""Work of this room in the background: claims that were sent back and not handed in again in time."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.clock import today
from marketplace.contributions import Job
from marketplace.envelopes import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 01:25 in Liaocheng: the last day ends at midnight there.
    yield Job("claims", lapse_unanswered, {"hour": 17, "minute": 25}, house_time=True)


def lapse_unanswered() -> str:
    """Free what is reserved for claims that nobody handed in again in time."""
    count = deeds.lapse_unanswered(today())
    return f"lapsed {count}" if count else ""
