"""The versions of a listing that were approved: adding one, and reading them by date. Written once, never changed.

How a version is written and read back stands in `snapshots.py`, how two of them differ in `differences.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select

from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import ListingVersion
from marketplace.listings.snapshots import FREE_FIELDS, snapshot_of
from marketplace.permissions import Reader, reader_id, require

Row = Achievement | Demand
# Deeds by which somebody writes what is approved later.
WRITING = frozenset({"create", "edit", "propose"})


def add_version(
    row: Row, *, by: Reader | None, from_list: bool = False
) -> ListingVersion:
    """Store what a listing says now as its next version (no commit); one that says the same as the last is not added.

    Args:
        row: the listing.
        by: who approved it.
        from_list: it came with a list: who brought it in has written it, and ten thousand rows ask no history.
    """
    # Read without a flush: what two write at once is refused in words at the commit, not here.
    with db.session.no_autoflush:
        content = snapshot_of(row)
        last = last_version(row)
    if last is not None and last.content == content:
        return last
    number = 1 if last is None else last.number + 1
    version = _add_version(row, content, number, by)
    if from_list:
        version.written_by_id = reader_id(by)
        return version
    with db.session.no_autoflush:
        _name_hands(version, row, last)
    return version


def add_first_version(row: Row, *, by: Reader | None) -> None:
    """Store the first version of a listing that was just published (no commit, no look for earlier ones)."""
    version = _add_version(row, snapshot_of(row), 1, by)
    version.written_by_id = row.owner_id


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


def _name_hands(version: ListingVersion, row: Row, last: ListingVersion | None) -> None:
    """Say who wrote last in what was approved since the version before, and whose rewriting its owner took over."""
    # Where nobody has written since, the words are still those of whoever wrote the version before.
    version.written_by_id = row.owner_id if last is None else last.written_by_id
    for event in history_of(row):
        if last is not None and event.at <= last.at:
            continue
        if event.deed == "rewrite":
            version.rewritten_by_id = event.by_id
        elif event.deed in WRITING:
            version.written_by_id = event.by_id


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
        # The fields of the version, not those of today: a field that was added since was never judged.
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
    # By number as well as by day: two versions of one moment are in the order in which they were approved.
    return db.session.scalar(query.order_by(ListingVersion.number.desc()).limit(1))


def _versions_of(row: Row) -> Select[tuple[ListingVersion]]:
    query: Select[tuple[ListingVersion]] = db.select(ListingVersion)
    return query.where(
        ListingVersion.kind == row.kind, ListingVersion.listing_id == row.id
    )
