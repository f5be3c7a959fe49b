"""The blocks of matches for other rooms' pages: with a listing, and with the form in which one is written.

What they show is read in `answers.py` and `trial.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from marketplace.contributions import Panel
from marketplace.errors import Invalid, SearchUnavailable
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import (
    KIND_NAMES,
    LISTINGS,
    Achievement,
    Demand,
    Row,
)
from marketplace.matchmaking.answers import Answer, top_matches
from marketplace.matchmaking.offers import Offer
from marketplace.matchmaking.trial import MAX_TEXT, preview_text
from marketplace.permissions import Reader

OTHER_NEEDS = frozenset({"talent", "capital"})
MAX_FIGURES = 5  # figures of the other side that a form names

log = structlog.get_logger(__name__)


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """The best matches of a listing that takes part in matching; other rows have none.

    Args:
        row: a row of any room.
        reader: who has its page open.
    """
    # Every room is asked about every row; what takes no part in matching has no block.
    if not isinstance(row, Achievement | Demand) or not row.in_matching:
        return
    # Achievements do not meet a need of people or money: 目前没有合适的成果 would be no answer.
    if not row.is_matchable:
        return
    offers = None
    chosen: tuple[Offer, ...] = ()
    try:
        answer = top_matches(row, reader)
        offers, chosen = answer.offers, answer.chosen
    except SearchUnavailable as error:  # the block says that matching is being prepared
        log.warning("matches_missing", reason=str(error))
    except SQLAlchemyError:
        raise  # a database that is away is away for the whole page
    except Exception:
        # Whatever goes wrong in a column next to it, the listing itself is shown.
        log.exception("matches_failed")
    values = {"offers": offers, "chosen": chosen}
    yield Panel("matchmaking/_beside_listing.html", values)


def previews(
    kind: str, row: Row | None, text: str | None, reader: Reader, need: str = ""
) -> Iterator[Panel]:
    """What the text in a form would be matched with now.

    Args:
        kind: kind of the listing that is written.
        row: the stored listing; None for a new one.
        text: title and main texts as typed so far; None where nobody asked for a preview.
        reader: who writes.
        need: of a demand, as chosen in the form; empty where it is as stored.
    """
    # Achievements give neither people nor money: there is somebody else to ask.
    sought = need or getattr(row, "need", "")
    if sought in OTHER_NEEDS:
        yield Panel("matchmaking/_other_need.html", {"need": sought})
        return
    if row is not None and not row.is_matchable:
        return
    answer = None
    # Ranking costs more than all the rest of the page, so a form is previewed on request only.
    if text is not None:
        answer = _preview(kind, text, reader)
    values = {
        "kind": kind,
        "sought_name": KIND_NAMES[LISTINGS[kind].counterpart],
        "row": row,
        "answer": answer,
        "looked": text is not None,
        "figures": figures_sought(answer, text or "") if answer else (),
    }
    yield Panel("matchmaking/_beside_form.html", values)


def _preview(kind: str, text: str, reader: Reader) -> Answer | None:
    """Matches of a half-written text; None where it is too short or the matcher is not ready."""
    try:
        # A form takes longer texts than a trial; the beginning says enough for a preview.
        return preview_text(text[:MAX_TEXT], kind, by=reader)
    except (Invalid, SearchUnavailable):
        return None


def figures_sought(answer: Answer, text: str) -> tuple[str, ...]:
    """The figures that the other side writes and the text does not name, the most frequent first, with their units.

    Args:
        answer: what the text is matched with.
        text: as it is written so far.
    """
    counts: Counter[str] = Counter()
    units: dict[str, str] = {}
    for offer in answer.offers:
        for metric in common_view(offer.row).metrics:
            if metric.name and metric.name not in text:
                counts[metric.name] += 1
                units.setdefault(metric.name, metric.unit)
    figures = []
    for name, _ in counts.most_common(MAX_FIGURES):
        unit = units[name]
        figures.append(f"{name}（{unit}）" if unit else name)
    return tuple(figures)
