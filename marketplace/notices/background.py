"""Work of this room in the background: sending, digests, old notices. Each job says in a few words what it did."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.notices import sending, upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room. Times are UTC: 20:15 is a quarter past four in the morning in Liaocheng."""
    # A lane of its own: a slow server must not hold up the index.
    yield Job("mail", sending.send_due, {"seconds": 10}, lane="mail", at_start=True)
    yield Job("digests", gather_digests, {"minutes": 10}, lane="mail", at_start=True)
    yield Job("old-notices", remove_old, {"hour": 20, "minute": 15})


def gather_digests() -> str:
    """Make the daily mails of those who want one."""
    return f"made {upkeep.gather_digests()}"


def remove_old() -> str:
    """Remove notices older than a year."""
    return f"removed {upkeep.remove_old()}"
