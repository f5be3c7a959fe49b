"""Work of this room in the background: the files of published issues."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.issues import upkeep


def jobs() -> Iterator[Job]:
    """The job of this room."""
    # In a lane of its own: printing takes seconds, and the index must not wait for it.
    yield Job(
        "issue_files", render_files, {"seconds": 10}, lane="printing", at_start=True
    )


def render_files() -> str:
    """Render the files that published issues do not have yet."""
    count = upkeep.render_missing()
    return f"rendered {count}" if count else ""
