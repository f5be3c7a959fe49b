"""What is read of changes that wait for review, and how a published listing looks with one. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import OPEN_CHANGES, ListingChange
from marketplace.listings.snapshots import proposed_row

Row = Achievement | Demand


def open_change(row: Row) -> ListingChange | None:
    """The change of a listing that somebody still has to decide on or to mend; None where there is none."""
    query = db.select(ListingChange).where(
        ListingChange.kind == row.kind,
        ListingChange.listing_id == row.id,
        ListingChange.state.in_(OPEN_CHANGES),
    )
    # Without a flush: a deed asks while it writes, and is refused in words at its commit, not here.
    with db.session.no_autoflush:
        change: ListingChange | None = db.session.scalar(query)
    return change


def waiting_change(row: Row, station: str) -> ListingChange | None:
    """The change of a published listing that waits at a station.

    Args:
        row: the listing.
        station: `desk` or `operator`.
    """
    # Only what is published changes by a change; of everything else the listing itself waits.
    if row.state != "published":
        return None
    change = open_change(row)
    state = "at_desk" if station == "desk" else "submitted"
    return change if change is not None and change.state == state else None


def with_change(row: Row, change: ListingChange | None) -> Row:
    """A listing as it would be with a change, for reading; the listing itself where there is none."""
    return row if change is None else proposed_row(row, change.content)


def open_for(rows: Iterable[Row]) -> dict[tuple[str, int], ListingChange]:
    """(kind, id) → the open change of a published listing, of those that have one."""
    ids: dict[str, list[int]] = {}
    for row in rows:
        if row.state == "published":
            ids.setdefault(row.kind, []).append(row.id)
    changes = {}
    for kind, numbers in ids.items():
        query = db.select(ListingChange).where(
            ListingChange.kind == kind,
            ListingChange.listing_id.in_(numbers),
            ListingChange.state.in_(OPEN_CHANGES),
        )
        for change in db.session.scalars(query):
            changes[kind, change.listing_id] = change
    return changes
