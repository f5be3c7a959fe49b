"""Work in the background: every night organisations that may be one body are looked for."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace import persistence
from marketplace.contributions import Job
from marketplace.organisations import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 19:20 UTC is 03:20 in China.
    schedule = {"hour": 19, "minute": 20}
    yield Job("twins", _propose, schedule, lane="nightly", at_start=True)


def _propose() -> str:
    # What only reads first is refused at once on SQLite where somebody else saves meanwhile.
    persistence.begin_write()
    return f"{deeds.propose_twins()} new pairs"
