"""Work of this room in the background: publicity ends at midnight in China by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.contributions import Job
from marketplace.deals import publicity_deeds, upkeep


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # It ends at 24:00 in China, which is 16:00 UTC; nobody can object in the minutes until it is closed.
    # At the start too, for a midnight may have passed while the site was down.
    yield Job(
        "publicity", close_publicities, {"minutes": 5}, at_start=True, house_time=True
    )


def close_publicities() -> str:
    """Close what is over."""
    count = publicity_deeds.close_due()
    return f"closed {count}" if count else ""


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What this room removes when it is old."""
    # The contact alone goes, three years after the answer; objection and answer belong to the publicity.
    yield "objection_contact", upkeep.remove_contacts
