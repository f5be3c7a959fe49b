"""Work of this room in the background: previews, and bringing this host to the edition that is in force."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.wordlists import upkeep


def jobs() -> Iterator[Job]:
    """The jobs of this room, in lanes of their own: a rebuild takes minutes, and nothing else may wait for it."""
    # On each host: every one has copies and a file of its own.
    yield Job(
        "word-lists",
        upkeep.care_for_editions,
        {"seconds": 5},
        lane="word-lists",
        leader=False,
        at_start=True,
    )
    # On one host only: a preview is stored with the draft, for all of them.
    yield Job(
        "word-previews", upkeep.make_previews, {"seconds": 5}, lane="word-previews"
    )
