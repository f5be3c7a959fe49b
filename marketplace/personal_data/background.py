"""Work in the background: erasures that were begun are finished."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.personal_data import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 19:50 UTC is 03:50 in China.
    schedule = {"hour": 19, "minute": 50}
    yield Job("erasures", _finish, schedule, lane="nightly", at_start=True)


def _finish() -> str:
    return f"erased {deeds.finish_erasures()}"
