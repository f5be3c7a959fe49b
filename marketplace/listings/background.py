"""Work of this room in the background: the index, expiry, statistics. Each job says in a few words what it did.

How a listing is written to the index stands in `upkeep.py`; which host does the work, in the room `operation`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from flask import current_app
from sqlalchemy import func

import search
from marketplace.contributions import Job
from marketplace.extensions import db
from marketplace.listings import deeds, index, queries, upkeep
from marketplace.listings.models import LISTINGS

SETTLING = 2.0  # seconds that a save may need from its commit to its place in the index
MANY = 1000  # so many differences between database and index are mended faster by a rebuild


def jobs() -> Iterator[Job]:
    """The jobs of this room. Times are UTC: 19:30 is half past three in the morning in Liaocheng."""
    yield Job("index", sync_index, {"seconds": 30}, at_start=True)
    # Saves on other hosts do not reach the fallback of this one.
    if hasattr(current_app.extensions["search"], "embedded"):
        yield Job(
            "stand-in",
            sync_fallback,
            {"minutes": 5},
            lane="stand-in",
            # On every host: each has a fallback file of its own.
            leader=False,
            at_start=True,
        )
    # By day too, for a list may bring in what is already over; searches and matches omit it at once (`findable_by`).
    yield Job(
        "expiry", expire_listings, {"minutes": 10}, at_start=True, house_time=True
    )
    # 08:40 in Liaocheng, after the daily digests: those who have one mail a day read of it with tomorrow's.
    yield Job("endings", announce_endings, {"hour": 0, "minute": 40}, house_time=True)
    yield Job("comparison", compare_index, {"hour": 19, "minute": 30})
    yield Job("statistics", refresh_statistics, {"hour": 19, "minute": 45})


def sync_index() -> str:
    """Bring the index in step with the database, or build it where it is missing or of an older definition.

    A count that differs although nothing waits to be written points to an index that was lost in part; the two are
    then compared one by one.
    """
    # Before the index, which is to hold what is decided: lists that were imported, validity that ended by the day.
    upkeep.settle_places()
    if any(_needs_rebuild(engine) for engine in _engines()):
        return f"rebuilt with {upkeep.index_rebuild()}"
    done = upkeep.index_sync()
    if _counts_differ():
        # A save is counted by the database at once and by the index a moment later.
        time.sleep(SETTLING)
        if _counts_differ():
            return f"brought in step {done}, {compare_index()}"
    return f"brought in step {done}"


def compare_index() -> str:
    """Compare database and index in both directions and mend what differs; what cannot be mended is rebuilt."""
    try:
        differences = upkeep.index_check()
    except search.NotBuilt as error:
        return f"{error}, rebuilt with {upkeep.index_rebuild()}"
    count = sum(map(len, differences.values()))
    if not count:
        return "no difference"
    if count <= MANY:
        upkeep.index_repair(differences)
        # Compared once more: what cannot be mended one by one points to a broken index.
        left = upkeep.index_check()
        # What changed while we compared differs for a moment; what differed before and still does needs a rebuild.
        if not any(set(left[name]) & set(differences[name]) for name in differences):
            return f"mended {count}"
    return f"{count} differed, rebuilt with {upkeep.index_rebuild()}"


def sync_fallback() -> str:
    """Bring this host's embedded fallback in step: saves on other hosts reach the cluster and their own fallbacks only.

    Returns "none" where the site has no fallback.
    """
    engine = getattr(current_app.extensions["search"], "embedded", None)
    if engine is None:
        return "none"
    indexed: dict[tuple[str, int], int] = {}
    current = False
    try:
        for kind, row_id, version in engine.versions():
            indexed[kind, row_id] = version
        current = bool(engine.state()["current"])
    # Half a list of versions would make the rest look gone, so it is dropped and the file built again.
    except search.SearchUnavailable:
        indexed.clear()
    published = _published_revisions()
    changed = []
    restored = False
    for key, revision in published.items():
        version = indexed.get(key, -1)
        if version < revision:
            changed.append(key)
        # A version above that of the database: a backup was restored.
        restored = restored or version > revision
    if not current or restored or len(changed) > MANY:
        return f"rebuilt with {engine.rebuild(_documents())}"
    gone = indexed.keys() - published.keys()
    for kind, row_id in changed:
        # Looked up again: it may have been withdrawn since the list was read.
        row = queries.load_row(kind, row_id)
        if row is not None and row.audience:
            engine.put([index.search_document(row)])
    # One above what is there, so that the engine takes the removal for the newer word.
    engine.remove([(*key, indexed[key] + 1) for key in gone])
    return f"brought in step {len(changed) + len(gone)}"


def expire_listings() -> str:
    """Move every listing whose validity has ended to 已过期."""
    return f"expired {deeds.expire_due()}"


def announce_endings() -> str:
    """Remind the people of the listings that end soon."""
    return f"reminded {upkeep.announce_endings()}"


def refresh_statistics() -> str:
    """Have the database count what its tables hold."""
    upkeep.refresh_statistics()
    return "counted"


def _engines() -> list[Any]:
    """The engines behind the site's one: itself, or the first and the fallback."""
    engine = current_app.extensions["search"]
    if hasattr(engine, "primary"):
        return [engine.primary, engine.embedded]
    return [engine]


def _needs_rebuild(engine: Any) -> bool:
    """Whether an engine holds no index, an older one, or a broken file."""
    for attempt in range(2):
        try:
            return not engine.state()["current"]
        except search.NotBuilt:
            return True
        except search.SearchError:
            # The embedded engine lies in a file of this host, which may be damaged for good.
            if not hasattr(engine, "path"):
                return False  # a cluster that does not answer: time heals it
            if attempt == 0:
                time.sleep(SETTLING)  # a locked file is soon let go
    return True


def _counts_differ() -> bool:
    """Whether an engine that answers holds more or fewer documents than are published, with nothing left to write."""
    db.session.rollback()  # see what is committed by now
    # While something waits to be written the counts differ for a good reason.
    if any(index.dirty(kind, 1) for kind in LISTINGS):
        return False
    published = 0
    for table in LISTINGS.values():
        count = db.select(func.count()).where(table.state == "published")
        published += db.session.scalar(count) or 0
    for engine in _engines():
        try:
            if engine.state()["count"] != published:
                return True
        # An engine that is out of reach says nothing about what it holds.
        except search.SearchError:
            continue
    return False


def _published_revisions() -> dict[tuple[str, int], int]:
    """(kind, id) → revision of everything published."""
    revisions = {}
    for kind, table in LISTINGS.items():
        query = db.select(table.id, table.revision).where(table.state == "published")
        for row_id, revision in db.session.execute(query):
            revisions[kind, row_id] = revision
    return revisions


def _documents() -> Iterator[search.Document]:
    # As in `upkeep.index_rebuild`: no view of the database that is older than the index which is begun.
    db.session.rollback()
    for kind in LISTINGS:
        for row in index.published(kind):
            yield index.search_document(row)
