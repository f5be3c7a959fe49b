"""The work of the audit by itself: a signed checkpoint each night. How it is signed stands in `publishing.py`."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.audit import publishing
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """UTC 18:10 is ten past two in Liaocheng: before the backup of the night, which then holds the checkpoint."""
    # At the start too where nothing was signed for a day, or the first day of a site would have no checkpoint.
    yield Job(
        "checkpoint",
        publishing.sign_checkpoint,
        {"hour": 18, "minute": 10},
        at_start=True,
    )
