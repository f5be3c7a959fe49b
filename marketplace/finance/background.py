"""Work of this room in the background: packs that are over."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.finance import pack_deeds


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 00:20 in Liaocheng: what was granted until yesterday. By its day it is over anyway.
    yield Job(
        "finance-ends",
        expire,
        {"hour": 16, "minute": 20},
        at_start=True,
        house_time=True,
    )


def expire() -> str:
    """End what is over."""
    count = pack_deeds.expire_packs()
    return f"expired {count}" if count else ""
