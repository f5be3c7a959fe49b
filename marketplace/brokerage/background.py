"""Work of this room in the background: the clocks of cases."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.brokerage import upkeep
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # At the start too: a site that was down over night has terms that ran out meanwhile.
    yield Job("brokerage", keep_clocks, {"minutes": 10}, at_start=True, house_time=True)


def keep_clocks() -> str:
    """Let happen what is due."""
    lapsed, reminded, given_on = upkeep.keep_clocks()
    if not (lapsed or reminded or given_on):
        return ""
    return f"lapsed {lapsed}, reminded {reminded}, reassigned {given_on}"
