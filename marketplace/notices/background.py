"""Work of this room in the background: sending, digests. Each job says in a few words what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.contributions import Job
from marketplace.notices import sending, upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # A lane of its own: a slow server must not hold up the index.
    yield Job("mail", sending.send_due, {"seconds": 10}, lane="mail", at_start=True)
    yield Job(
        "digests",
        gather_digests,
        # More often than once a day: a run that was missed at half past eight is made up for within minutes.
        {"minutes": 10},
        lane="mail",
        at_start=True,
        # The hour of digests is one of the calendar, which a rehearsal runs through faster.
        house_time=True,
    )


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "notice", upkeep.remove_notices
    yield "mail_text", upkeep.remove_texts


def gather_digests() -> str:
    """Make the daily mails of those who want one."""
    return f"made {upkeep.gather_digests()}"
