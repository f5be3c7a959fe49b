"""Work of this room in the background: rulings that nobody has answered in time, reporters of long ago."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.complaints import deeds
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # 01:10 in Liaocheng: the last day to answer ends at midnight there.
    yield Job(
        "complaints", settle_unanswered, {"hour": 17, "minute": 10}, house_time=True
    )


def settle_unanswered() -> str:
    """Take down what nobody has answered for in time."""
    return f"took down {deeds.settle_unanswered()}"


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What this room removes when it is old."""
    # How long is data (`retention.py`): a year after the last ruling.
    yield "complaint_reporter", deeds.remove_reporters
