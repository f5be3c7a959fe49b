"""Work of this room in the background: how good matching is, and the grades that new verdicts teach.

When and on which host it runs stands in the room `operation`.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.verdicts import deeds
from marketplace.verdicts.grading import TooOneSided, grades_are_current
from matching.judging.quality import TooFew


def jobs() -> Iterator[Job]:
    """Once a night, after the matchers: UTC 20:30 is half past four in the morning in Liaocheng."""
    # In the lane of the matchers: it measures with what readers rank with, once that is built.
    yield Job("verdicts", use_verdicts, {"hour": 20, "minute": 30}, lane="matcher")


def use_verdicts() -> str:
    """Measure how good matching is, and prepare a candidate where there are new verdicts and enough of them.

    Nothing of it comes into force by itself: that is an operator's button (decision 083).
    """
    # First, so that the figures of the day are there even where nothing is learned.
    figures = deeds.measure(by=None).figures
    judged = f"{figures['pairs']} pairs of {figures['demands']} demands judged"
    if grades_are_current():
        return f"{judged}, nothing new to learn"
    try:
        learned = deeds.calibrate(by=None)
    except TooFew as few:
        return f"{judged}, {few.needed} needed to learn grades"
    except TooOneSided as refused:
        return f"{judged}, {refused}"
    if learned.state != "candidate":
        return f"{judged}, grades learned, no better than the cut points"
    return f"{judged}, grades learned, waiting for an operator"
