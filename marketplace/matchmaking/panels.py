"""The blocks of matches beside a listing's own page and beside the form in which one is written.

What they show is read in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog

from marketplace.contributions import Panel
from marketplace.errors import Invalid, SearchUnavailable
from marketplace.listings.models import Achievement, Demand
from marketplace.matchmaking import rules
from marketplace.matchmaking.rules import Answer

log = structlog.get_logger(__name__)
BESIDE_LISTING = 5  # best matches on a listing's own page


def panels(row: Any, reader: Any) -> Iterator[Panel]:
    """The best matches of a listing that takes part in matching; other rows have none."""
    if not isinstance(row, Achievement | Demand) or not row.in_matching:
        return
    try:
        offers = rules.top_matches(row, reader, BESIDE_LISTING).offers
    except SearchUnavailable as error:  # the page says that matching is being prepared
        log.warning("matches_missing", reason=str(error))
        offers = None
    yield Panel("matchmaking/_beside_listing.html", {"offers": offers})


def previews(
    kind: str, row: Achievement | Demand | None, text: str | None, reader: Any
) -> Iterator[Panel]:
    """What the text in a form would be matched with now, where somebody asked for a look."""
    answer = None
    if text is not None:
        answer = _trial_of_form(kind, text, reader)
    yield Panel(
        "matchmaking/_beside_form.html",
        {"kind": kind, "row": row, "answer": answer, "looked": text is not None},
    )


def _trial_of_form(kind: str, text: str, reader: Any) -> Answer | None:
    """Matches of a half-written text; None where it is too short or the matcher is not ready."""
    try:
        return rules.trial(text[: rules.TRIAL_MOST], kind, by=reader)
    except (Invalid, SearchUnavailable):
        return None
