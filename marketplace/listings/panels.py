"""What the room puts on pages of other rooms, and next to a listing: published rows, solved demands, rewritings.

Tasks, sections and trays stand in `contributed.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.contributions import Panel
from marketplace.listings import contradictions, queries, rewritings
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may


def organisation_panels(organisation: Organisation, reader: Reader) -> Iterator[Panel]:
    """What an organisation has published under its name, as far as this reader may find it; newest first."""
    rows = queries.published_by(organisation, by=reader)
    if rows:
        yield Panel("listings/_published.html", {"rows": rows, "kinds": KIND_NAMES})


def search_panels(state: Any, reader: Reader) -> Iterator[Panel]:
    """Below the results of a search for demands: the way to those that were met, which no search finds."""
    if getattr(state, "kind", "") != "demand":
        return
    # By this reader's filter, so that the number gives away no confidential demand.
    count = queries.solved_count(by=reader)
    if count:
        yield Panel("listings/_solved.html", {"count": count}, position=5)


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Next to a listing: what was written for its owner and waits for them."""
    # Other rooms show pages of their own things with the same hook; those have no fields.
    if not hasattr(row, "field_codes") or not may(reader, "listing.history", row):
        return
    found = rewritings.open_rewriting(row)
    if found is not None:
        owns = may(reader, "listing.confirm", row)
        values = {"row": row, "found": found, "owns": owns}
        yield Panel("listings/_rewriting.html", values, position=-2)


def review_links(row: Any, reader: Reader) -> Iterator[tuple[str, str]]:
    """From the review of a listing to writing for its owner, who confirms it."""
    if not may(reader, "listing.review", row):
        return
    place = {"kind": row.kind, "listing_id": row.id}
    if rewritings.open_rewriting(row) is not None:
        yield "看等对方确认的改写", url_for("listings.rewriting", **place)
    # Only where it can be changed at all and somebody of the owner could confirm it.
    elif row.life.can(row.state, "edit") and rewritings.is_for_others(row, reader):
        yield "代为改写，请对方确认", url_for("listings.edit", **place)


def publication_blocks(row: Any, deed: str) -> Iterator[tuple[str, str]]:
    """What in a listing contradicts itself so that nobody could act on it."""
    yield from contradictions.refusals_of(row)
