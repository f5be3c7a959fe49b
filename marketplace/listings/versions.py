"""The versions of a listing that were approved: adding one, and reading them by date. Written once, never changed.

How a version is written and read back stands in `snapshots.py`, how two of them differ in `differences.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select

from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import ListingVersion
from marketplace.listings.snapshots import FREE_FIELDS, snapshot_of
from marketplace.permissions import Reader, reader_id, require

Row = Achievement | Demand


def add_version(row: Row, *, by: Reader | None) -> ListingVersion:
    """Keep what a listing says now as its next version (no commit); one that says the same as the last is not added."""
    # Read without a flush: what two write at once is refused in words at the commit, not here.
    with db.session.no_autoflush:
        content = snapshot_of(row)
        last = last_version(row)
    if last is not None and last.content == content:
        return last
    number = 1 if last is None else last.number + 1
    return _add_version(row, content, number, by)


def add_first_version(row: Row, *, by: Reader | None) -> None:
    """Store the first version of a listing that was just published (no commit, no look for earlier ones)."""
    _add_version(row, snapshot_of(row), 1, by)


def _add_version(
    row: Row, content: dict[str, Any], number: int, by: Reader | None
) -> ListingVersion:
    version = ListingVersion(
        kind=row.kind,
        listing_id=row.id,
        number=number,
        content=content,
        by_id=reader_id(by),
    )
    db.session.add(version)
    return version


def last_version(row: Row) -> ListingVersion | None:
    """The version that was approved last; None where none was."""
    query = _versions_of(row).order_by(ListingVersion.number.desc()).limit(1)
    return db.session.scalar(query)


def is_approved(row: Row) -> bool:
    """Whether a listing says what the version says that was approved last, but for what changes without review."""
    last = last_version(row)
    if last is None:
        return False
    free = FREE_FIELDS[row.kind]
    current = snapshot_of(row)
    return all(
        current.get(name) == value
        for name, value in last.content.items()
        if name not in free
    )


def list_versions(row: Row, *, by: Reader | None) -> list[ListingVersion]:
    """Every version, the newest first. Raises NotAllowed."""
    require(by, "listing.versions", row)
    query = _versions_of(row).order_by(ListingVersion.number.desc())
    return list(db.session.scalars(query))


def get_version(row: Row, number: int, *, by: Reader | None) -> ListingVersion:
    """One version. Raises NotAllowed, NotFound."""
    require(by, "listing.versions", row)
    version = db.session.scalar(
        _versions_of(row).where(ListingVersion.number == number)
    )
    if version is None:
        raise NotFound("没有这个版本。", "可以从版本列表里选。")
    return version


def version_at(
    row: Row, moment: datetime, *, by: Reader | None
) -> ListingVersion | None:
    """The version that was public at a moment (UTC); None where none was yet. Raises NotAllowed."""
    require(by, "listing.versions", row)
    query = _versions_of(row).where(ListingVersion.at <= moment)
    return db.session.scalar(query.order_by(ListingVersion.number.desc()).limit(1))


def _versions_of(row: Row) -> Select[tuple[ListingVersion]]:
    query: Select[tuple[ListingVersion]] = db.select(ListingVersion)
    return query.where(
        ListingVersion.kind == row.kind, ListingVersion.listing_id == row.id
    )
