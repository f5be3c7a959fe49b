"""Files that were added to what is public and wait for review: at the desk of an institution, then at the operators.

What is decided stands in `review_deeds.py`. Nothing is written here.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from marketplace.clock import now
from marketplace.counting import Count
from marketplace.extensions import db
from marketplace.files.models import Attachment
from marketplace.files.queries import MAX_ROWS, PUBLIC_STATES, of_listings
from marketplace.listings.models import Row
from marketplace.listings.queries import load_rows
from marketplace.listings.review_deeds import needs_desk
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.permissions import Reader


def endorsed_from(row: Row, by: Reader | None) -> datetime | None:
    """Since when the institution of a listing has nothing to decide about a file that somebody adds to it.

    Returns:
        None where the desk decides first: the listing is public, and who adds the file does not act for the desk. What
        is not public goes through the desk with its files.
    """
    if row.state in PUBLIC_STATES and needs_desk(row, by):
        return None
    return now()


def waits_at_desk(attachment: Attachment) -> bool:
    """Whether the desk of its institution decides about a file first."""
    # Returned, it waits for its owner and no longer for the desk.
    undecided = attachment.endorsed_at is None and not attachment.returned
    return undecided and attachment.file is not None and _is_public(attachment)


def _is_public(attachment: Attachment) -> bool:
    return attachment.listing.state in PUBLIC_STATES


def desk_files(person: Reader) -> list[Attachment]:
    """The files that wait for somebody at the desk of their institution, oldest first."""
    if not person.handled_ids:
        return []
    query = _at_desk(db.select(Attachment), person).order_by(Attachment.id)
    return _with_listings(list(db.session.scalars(query.limit(MAX_ROWS))))


def desk_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if not person.handled_ids:
        return 0
    return Count(_desk_query(), own_numbers(person))


@cache
def _desk_query() -> Any:
    """Built once: building took longer than counting."""
    return _at_desk(db.select(func.count()).select_from(Attachment), SOMEBODY)


def _at_desk(query: Any, person: Reader) -> Any:
    """A query of files, narrowed to those that wait at the desk of a person."""

    def handled(table: Any) -> Any:
        inside = table.organisation_id.in_(person.handled_ids)
        return inside & table.state.in_(PUBLIC_STATES)

    waiting = _is_undecided() & Attachment.endorsed_at.is_(None)
    return query.where(waiting, or_(*of_listings(handled)))


def pending_files() -> list[Attachment]:
    """Files of listings that are public, which the operators have not approved yet, oldest first."""
    pending = db.select(Attachment).where(_is_pending()).order_by(Attachment.id)
    return _with_listings(list(db.session.scalars(pending.limit(MAX_ROWS))))


def _with_listings(found: list[Attachment]) -> list[Attachment]:
    """The same files with their listings, one query of each kind."""
    rows = load_rows((one.listing_kind, one.listing_id) for one in found)
    for one in found:
        one.listing = rows[one.listing_kind, one.listing_id]
    return found


def pending_count() -> Count:
    """How many they are: the header of every page of an operator asks."""
    return Count(_pending_query(), {})


@cache
def _pending_query() -> Any:
    return db.select(func.count()).select_from(Attachment).where(_is_pending())


def _is_undecided() -> ColumnElement[bool]:
    return and_(
        Attachment.file_id.is_not(None),
        Attachment.approved_at.is_(None),
        Attachment.returned == "",
    )


def _is_pending() -> ColumnElement[bool]:
    # After the desk: an operator sees what its institution has let through.
    waiting = _is_undecided() & Attachment.endorsed_at.is_not(None)
    return and_(
        waiting, or_(*of_listings(lambda table: table.state.in_(PUBLIC_STATES)))
    )
