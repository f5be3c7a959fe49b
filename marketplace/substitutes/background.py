"""Work of this room in the background: people who are back are notified of what happened."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.substitutes import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # Who may do what is asked of the day and waits for nothing; this is the notice of the morning after.
    yield Job(
        "substitutes",
        report_over,
        {"hour": 0, "minute": 20},
        at_start=True,
        house_time=True,
    )


def report_over() -> str:
    """Notify everybody who is back."""
    return f"reported {deeds.report_over()}"
