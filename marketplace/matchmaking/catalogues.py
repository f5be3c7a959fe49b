"""What a process has of one kind for one circle of readers, and how the database differs from it.

How a matcher is brought in step is decided in `matchers.py`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, bindparam

from marketplace.extensions import db
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.matchmaking.generations import Stamp
from matching import Matcher

EPOCH = datetime(1970, 1, 1)  # as the databases store moments: UTC without zone


@dataclass
class Catalogue:
    """What may be offered of one kind to one circle of readers, as this process has it.

    Attributes:
        kind: `achievement` or `demand`.
        inner: confidential listings are in it too: for brokers and operators. The others get a catalogue that has
            never had them, so that no weight and no "found nowhere" gives their texts away.
        matcher: None until the first use.
        stamps: id → which state of the row the matcher has.
        generation: name of the loaded artefact; empty where there is none.
        usable: whether it could be loaded.
        files: its files as they were when it was loaded.
        is_mapped: it is too large to be copied into memory: a damaged file is damaged in the matcher too.
        looked: when its files were compared last, seconds of the monotonic clock.
        seen: up to when changes have been taken in.
        audited: when all rows were compared last.
        lock: one thread at a time changes or reads the matcher.
    """

    kind: str
    inner: bool
    matcher: Matcher | None = None
    stamps: dict[int, Stamp] = field(default_factory=dict)
    generation: str = ""
    usable: bool = False
    files: dict[str, tuple[int, ...]] = field(default_factory=dict)
    is_mapped: bool = False
    looked: float = 0.0
    seen: datetime | None = None
    audited: datetime | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def offered(self) -> ColumnElement[bool]:
        """Filter: the rows that belong in here: findable, and of a need that a technology can meet."""
        table = LISTINGS[self.kind]
        offered = table.findable_by(None) & table.matchable()
        if self.inner:
            return offered
        return offered & (table.visibility != "confidential")


def _lately_changed(table: type[Achievement | Demand]) -> Select[tuple[int]]:
    """The query for any row of a kind that changed since the moment `since`."""
    changed = table.updated_at >= bindparam("since")
    query: Select[tuple[int]] = db.select(table.id).where(changed).limit(1)
    return query


# Asked before each ranking, so the queries are made once.
_LATELY_CHANGED = {kind: _lately_changed(table) for kind, table in LISTINGS.items()}


def read_stamps(catalogue: Catalogue) -> dict[int, Stamp]:
    """Id → stamp of every row that belongs in a catalogue, from the database."""
    table = LISTINGS[catalogue.kind]
    query = db.select(table.id, table.revision, table.updated_at)
    stamps = {}
    for row_id, revision, changed in db.session.execute(
        query.where(catalogue.offered())
    ):
        stamps[row_id] = stamp_of(revision, changed)
    return stamps


def differences(
    catalogue: Catalogue, current: dict[int, Stamp]
) -> tuple[dict[int, Stamp], set[int]]:
    """What a catalogue lacks or has in an older state, and the ids it has too many."""
    stamps = catalogue.stamps
    changed = {}
    for row_id, stamp in current.items():
        # Unlike, not newer: a backup that was brought back has earlier revisions.
        if stamps.get(row_id) != stamp:
            changed[row_id] = stamp
    return changed, stamps.keys() - current.keys()


def recent_differences(
    catalogue: Catalogue, since: datetime
) -> tuple[dict[int, Stamp], set[int]]:
    """`differences` among the rows that changed since a moment."""
    table = LISTINGS[catalogue.kind]
    # Nearly always nothing has changed, and this question is a tenth of the work of the next one.
    if not db.session.scalar(_LATELY_CHANGED[catalogue.kind], {"since": since}):
        return {}, set()
    columns = (table.id, table.revision, table.updated_at, catalogue.offered())
    query = db.select(*columns).where(table.updated_at >= since)
    changed = {}
    gone = set()
    for row_id, revision, updated_at, offered in db.session.execute(query):
        stamp = stamp_of(revision, updated_at)
        if offered and catalogue.stamps.get(row_id) != stamp:
            changed[row_id] = stamp
        elif not offered and row_id in catalogue.stamps:
            gone.add(row_id)
    return changed, gone


def stamp_of(revision: int, updated_at: datetime) -> Stamp:
    """Which state of a row it is."""
    # Whole microseconds: NumPy stores them exactly, and they compare the same on every database.
    return revision, (updated_at - EPOCH) // timedelta(microseconds=1)
