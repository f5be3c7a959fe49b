"""Work of this room in the background: statements are printed, milestones announced."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.proceeds import upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # In the lane of the printer, which must not hold up the index.
    yield Job(
        "statements",
        print_statements,
        {"seconds": 20},
        lane="printing",
        house_time=True,
    )
    # 17:40 UTC is 01:40 in China, where the day has just changed.
    yield Job(
        "milestones", announce_milestones, {"hour": 17, "minute": 40}, house_time=True
    )


def print_statements() -> str:
    """Print the statements of settled distributions."""
    count = upkeep.render_missing()
    return f"rendered {count}" if count else ""


def announce_milestones() -> str:
    """Remind of milestones."""
    count = upkeep.remind()
    return f"notices {count}" if count else ""
