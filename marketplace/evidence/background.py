"""Work of this room in the background: packs are made, the files of old ones removed."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.evidence import upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    # In the lane of the printer: a minute of printing must not hold up the index.
    yield Job("evidence_packs", make_packs, {"seconds": 20}, lane="printing")
    yield Job("evidence_ends", remove_old, {"hour": 17, "minute": 50})


def make_packs() -> str:
    """Print, prove and pack what was requested."""
    count = upkeep.make_missing()
    return f"packs {count}" if count else ""


def remove_old() -> str:
    """Remove the files of old packs."""
    count = upkeep.remove_old()
    return f"removed {count}" if count else ""
