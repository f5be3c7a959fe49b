"""Work of this room in the background: papers are printed, ends are announced."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contracts import upkeep
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # In the lane of the printer: a minute of printing must not hold up the index.
    yield Job(
        "contract_papers",
        render_papers,
        {"seconds": 5},
        lane="printing",
        at_start=True,
        house_time=True,
    )
    # 17:20 UTC is 01:20 in China, where the day has just changed.
    yield Job(
        "contract_ends", announce_ends, {"hour": 17, "minute": 20}, house_time=True
    )


def render_papers() -> str:
    """Render the papers that have no file yet."""
    count = upkeep.render_missing()
    return f"rendered {count}" if count else ""


def announce_ends() -> str:
    """Remind of ends that come near."""
    count = upkeep.remind()
    return f"notices {count}" if count else ""
