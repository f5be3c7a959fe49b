"""Work of this room in the background: alerts, and removing what was noted of old ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.alerts import deeds
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # 08:10 in Liaocheng: one notice a day for all searches of a person.
    yield Job(
        "saved-searches", alert_to_findings, {"hour": 0, "minute": 10}, house_time=True
    )
    # In a lane of its own: a ranking for each listing concerned takes a while, and the index must not wait for it.
    yield Job("new-matches", alert_to_matches, {"minutes": 30}, lane="alerts")


def alert_to_findings() -> str:
    """Notify people of what is new in the searches they have saved."""
    return f"notified {deeds.alert_to_findings()}"


def alert_to_matches() -> str:
    """Notify people of new listings that fit theirs."""
    return f"notified {deeds.alert_to_matches()}"


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What this room removes when it is old."""
    yield "alerted", deeds.remove_alerted
