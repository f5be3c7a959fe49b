"""Work of this room in the background: scanning what waits, ending what is over, removing what nothing refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.contributions import Job
from marketplace.files import upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # In a lane of its own: a scanner that does not answer must not hold up the index.
    yield Job("scan-files", scan_held, {"minutes": 5}, lane="files")
    # At the start too: what a killed process left is removed soon after.
    yield Job("sweep-files", sweep, {"minutes": 30}, lane="files", at_start=True)
    # 00:15 in Liaocheng: what was granted until yesterday.
    yield Job(
        "file-grants",
        expire_grants,
        {"hour": 16, "minute": 15},
        at_start=True,
        house_time=True,
    )


def scan_held() -> str:
    """Scan what could not be scanned when it came."""
    return _worded("scanned", upkeep.scan_held())


def sweep() -> str:
    """Remove what nothing refers to."""
    return _worded("removed", upkeep.sweep())


def expire_grants() -> str:
    """Note that what was granted is over, and notify both."""
    return _worded("ended", upkeep.expire_grants())


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What this room removes when it is old."""
    yield "file_request", upkeep.remove_requests


def _worded(what: str, count: int) -> str:
    return f"{what} {count}" if count else ""
