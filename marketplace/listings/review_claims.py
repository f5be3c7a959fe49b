"""Who has a listing open for review at this moment: a hint for the others, no lock, gone after some minutes.

The two who press at the same moment are kept apart by the revision; see `review_deeds.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import in_real_time, now
from marketplace.extensions import db
from marketplace.listings.review_models import ReviewClaim
from marketplace.permissions import Reader

HELD = timedelta(minutes=15)  # since the page was last opened


def note_reading(kind: str, listing_id: int, reader: Reader) -> None:
    """Note that somebody has a listing open; where the database is busy it is as well not noted.

    What was not committed before is lost, as `persistence.try_write` says.
    """
    until = now() + in_real_time(HELD)
    values = {"kind": kind, "listing_id": listing_id, "person_id": reader.id}
    statement = persistence.insert_into(ReviewClaim).values(**values, until=until)
    # Reading must never fail because the database is busy, and never wait for it.
    persistence.try_write(
        # One row each: opening the page again moves its end and adds nothing.
        statement.on_conflict_do_update(
            index_elements=["kind", "listing_id", "person_id"], set_={"until": until}
        )
    )


def other_readers(row: Any, reader: Reader) -> list[Person]:
    """Who else has a listing, or a complaint, open, by name."""
    query = (
        db.select(Person)
        .join(ReviewClaim, ReviewClaim.person_id == Person.id)
        .where(
            ReviewClaim.kind == row.kind,
            ReviewClaim.listing_id == row.id,
            # By time, not by the job that removes them: a tab that was closed lets go by itself.
            ReviewClaim.until > now(),
            Person.id != reader.id,
        )
    )
    return list(db.session.scalars(query.order_by(Person.name, Person.id)))


def remove_old() -> int:
    """Remove what is over (no commit)."""
    statement = db.delete(ReviewClaim).where(ReviewClaim.until <= now())
    return persistence.count_changed(statement)
