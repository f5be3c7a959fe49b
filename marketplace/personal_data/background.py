"""Work in the background: erasures that were begun are finished, and what has been stored long enough is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.contributions import Job
from marketplace.personal_data import deeds


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # 19:50 UTC is 03:50 in China.
    schedule = {"hour": 19, "minute": 50}
    yield Job("erasures", _finish, schedule, lane="nightly", at_start=True)
    # Each hour: a form that is promised to be gone after seven days does not stay for an eighth.
    yield Job("retention", _carry_out, {"minutes": 60}, lane="nightly", at_start=True)


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "audit_value", deeds.remove_audit_values


def _carry_out() -> str:
    removed = deeds.carry_out_retention()
    words = [f"{code} {count}" for code, count in removed.items() if count]
    return f"removed {', '.join(words) or 'nothing'}"


def _finish() -> str:
    return f"erased {deeds.finish_erasures()}"
