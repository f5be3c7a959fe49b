"""Work of this room in the background: long imports are written and taken back."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.imports import upkeep


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # Of its own lane: somebody looks at the page and waits. At the start, what a killed process left is gone on with.
    yield Job("imports", write_waiting, {"seconds": 3}, lane="imports", at_start=True)


def write_waiting() -> str:
    """Go on with the imports that are being written or taken back."""
    count = upkeep.go_on()
    return f"imports {count}" if count else ""
