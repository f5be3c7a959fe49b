"""Work of this room in the background: how good matching is, and the grades that new verdicts teach.

When and on which host it runs stands in the room `operation`.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.verdicts import deeds
from marketplace.verdicts.grading import grades_are_current
from matching.judging.quality import TooFew


def jobs() -> Iterator[Job]:
    """Once a night, after the matchers: UTC 20:30 is half past four in the morning in Liaocheng."""
    yield Job("verdicts", use_verdicts, {"hour": 20, "minute": 30}, lane="matcher")


def use_verdicts() -> str:
    """Measure how good matching is, and learn the grades again where there are new verdicts and enough of them."""
    figures = deeds.measure(by=None).figures
    judged = f"{figures['pairs']} pairs of {figures['demands']} demands judged"
    if grades_are_current():
        return f"{judged}, nothing new to learn"
    try:
        learned = deeds.calibrate(by=None)
    except TooFew as few:
        return f"{judged}, {few.needed} needed to learn grades"
    in_force = "no"
    if learned.better:
        in_force = "yes"
    return f"{judged}, grades learned, in force: {in_force}"
