"""Work of this room in the background: certificates that end."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.profiles import deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 08:50 in Liaocheng, as the reminders of listings: by day, and not in the middle of the night the day ends.
    yield Job(
        "certificates", announce_endings, {"hour": 0, "minute": 50}, house_time=True
    )


def announce_endings() -> str:
    """Remind brokers of certificates that end, and notify them when one is over."""
    return f"notified {deeds.announce_endings()}"
