"""Ratings whose term is over are announced to both sides; accounts that are closed are forgotten."""

from __future__ import annotations

from marketplace import persistence
from marketplace.clock import now
from marketplace.ratings import announcements, queries


def announce_due() -> int:
    """Notify both sides of ratings that the end of the term has revealed. Returns how many."""
    persistence.begin_write()
    rows = queries.unannounced()
    for row in rows:
        row.announced_at = now()
        announcements.announce_revealed(row.contract)
    persistence.commit()
    return len(rows)


def forget_person(person_id: int) -> None:
    """An account was closed: what was said for a side stays the side's, and nobody's any more (no commit)."""
    for row in queries.given_by(person_id):
        row.by_id = None
