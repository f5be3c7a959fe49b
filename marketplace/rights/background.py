"""Work of this room in the background: reminders of patents and of co-owners."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.rights import upkeep


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 08:20 in Liaocheng.
    yield Job("patent-reminders", remind, {"hour": 0, "minute": 20}, house_time=True)


def remind() -> str:
    """Remind of patents whose fee or term ends in 90, 30 or 7 days, and of co-owners silent for 7 or 30."""
    return f"notified {upkeep.remind()}"
