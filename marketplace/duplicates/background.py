"""Work of this room in the background: looking for pairs, soon after a change and once a night through everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from marketplace.clock import in_real_time, now
from marketplace.contributions import Job
from marketplace.duplicates import deeds

# Further back than the time between two runs, for a run may have been left out.
LOOK_BACK = timedelta(hours=3)


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # In a lane of their own: some 5 ms of ranking a listing, and the index must not wait.
    yield Job("new-duplicates", look_at_changes, {"minutes": 30}, lane="duplicates")
    # 03:40 in Liaocheng: the weights of words move with what is published, and so do the scores.
    yield Job("duplicates", look_at_all, {"hour": 19, "minute": 40}, lane="duplicates")


def look_at_changes() -> str:
    """Look at what changed lately."""
    return _worded(deeds.propose_pairs(now() - in_real_time(LOOK_BACK)))


def look_at_all() -> str:
    """Look at everything."""
    return _worded(deeds.propose_pairs())


def _worded(count: int) -> str:
    return f"proposed {count}" if count else ""
