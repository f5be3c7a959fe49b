"""Work of this room in the background: what nobody answers in time goes to the operators."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.introductions import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # A term ends at midnight in China, which is 16:00 UTC; the notices wait for the morning by themselves.
    yield Job(
        "introductions", let_lapse, {"minutes": 10}, at_start=True, house_time=True
    )


def let_lapse() -> str:
    """Hand over what was due."""
    count = deeds.lapse_due()
    return f"overdue {count}" if count else ""
