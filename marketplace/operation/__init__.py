"""Operation: how the site is kept running. Its health, figures and logs, the work in the background, the backups.

Here: the jobs of this room.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.operation import integrity


def jobs() -> Iterator[Job]:
    """Reading through what lies on disk, at night: UTC 18:50 is ten to three in Liaocheng, when the backup is made."""
    yield Job("integrity", integrity.check_database, {"hour": 18, "minute": 50})
    # Each host has files of its own.
    yield Job(
        "integrity-copies",
        integrity.check_copies,
        {"hour": 19, "minute": 0},
        lane="matcher",
        leader=False,
    )
