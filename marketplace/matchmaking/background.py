"""Work of this room in the background: the artefacts of the matchers, rebuilt when they are too old.

When and on which host it runs stands in the room `operation`; each host has artefacts of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import current_app

from marketplace.contributions import Job
from marketplace.matchmaking.matchers import Matchers

OLD_SHARE = 0.1  # of the catalogue changed since the artefact: a new process would read that much one by one
# A process takes in so few while its first reader waits: far below `CHANGES_AT_ONCE`.
MIN_OLD_ROWS = 500


def jobs() -> Iterator[Job]:
    """By day what is far behind, at night (UTC 20:00, four in the morning in Liaocheng) whatever is behind at all."""
    yield Job(
        "matcher",
        fit_matchers,
        {"minutes": 10},
        lane="matcher",
        # Artefacts lie on the disk of each host, so each one builds its own.
        leader=False,
        # A host that was away for days is behind from its first ranking on.
        at_start=True,
    )
    yield Job(
        "matcher-nightly",
        partial(fit_matchers, at_least=1),
        {"hour": 20, "minute": 0},
        lane="matcher",
        leader=False,
    )


def fit_matchers(*, at_least: int | None = None) -> str:
    """Build the artefacts that are missing or too far behind the database.

    Args:
        at_least: so many changed rows are too far; default a tenth of the catalogue, at least `MIN_OLD_ROWS`.
    """
    matchers: Matchers = current_app.extensions["matchers"]
    old = []
    for kind, state in matchers.status().items():
        if _is_old(state, at_least):
            old.append(kind)
    if not old:
        return "fresh enough"
    fitted = matchers.fit(tuple(old))
    return ", ".join(f"{kind} fitted on {count}" for kind, count in fitted.items())


def _is_old(state: dict[str, Any], at_least: int | None) -> bool:
    if state["generation"] == "none":
        return True
    limit = at_least
    if limit is None:
        limit = max(MIN_OLD_ROWS, state["findable"] * OLD_SHARE)
    return bool(state["behind"] >= limit)
