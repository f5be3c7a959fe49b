"""What keeps the site in step, deed by deed, and how it is with each of its parts.

When the deeds run stands in `background.py`; each returns in a few words what it did.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import Migrate
from sqlalchemy import func, text
from sqlalchemy.exc import SQLAlchemyError

import search
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import index as listing_index
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.matchers import Matchers
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts.grading import grades_are_current
from matching.judging.quality import TooFew

REMEMBERED = 5.0  # seconds one look at the parts serves everybody who asks: looking costs several queries
SETTLING = 2.0  # seconds that a save may need from its commit to its place in the index
MANY = 1000  # so many differences between database and index are mended faster by a rebuild
OLD_SHARE = 0.1  # of the catalogue changed since the artefact: a new process would read that much one by one
OLD_LEAST = 500

Found = dict[str, dict[str, Any]]


class Health:
    """How the parts of the site are, looked at no more often than every `REMEMBERED` seconds in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked = 0.0
        self._found: Found = {}

    def look(self) -> Found:
        """Part → its `state`, its `age` in seconds (None where there is none) and figures of its own."""
        with self._lock:
            if not self._found or time.monotonic() - self._looked > REMEMBERED:
                self._found = {
                    "database": _database(),
                    "search": _search(),
                    "matcher": _matcher(),
                }
                self._looked = time.monotonic()
            return self._found


def verdict(found: Found) -> str:
    """`away` without a database, `ready` when every part is well, else `degraded`."""
    if found["database"]["state"] == "away":
        return "away"
    return (
        "ready" if all(part["state"] == "ok" for part in found.values()) else "degraded"
    )


def _database() -> dict[str, Any]:
    """`ok`, `outdated` (migrations are waiting) or `away`; the age is that of the last change of a listing."""
    try:
        with db.engine.connect() as connection:
            version = connection.scalar(text("select version_num from alembic_version"))
            changes = [
                connection.scalar(db.select(func.max(table.updated_at)))
                for table in LISTINGS.values()
            ]
            behind = sum(
                connection.scalar(
                    db.select(func.count()).where(
                        table.revision != table.indexed_revision
                    )
                )
                or 0
                for table in LISTINGS.values()
            )
    except SQLAlchemyError:
        return {"state": "away", "age": None}
    newest = max((moment for moment in changes if moment is not None), default=None)
    age = None if newest is None else (now() - newest).total_seconds()
    return {
        "state": "ok" if version == _newest_migration() else "outdated",
        "age": age,
        "not_indexed": behind,
    }


def _search() -> dict[str, Any]:
    """`ok`, `degraded` (the stand-in answers), `outdated` (waits for a rebuild) or `away`."""
    try:
        state = current_app.extensions["search"].state()
    except search.SearchUnavailable:
        return {"state": "away", "age": None}
    word = (
        "degraded"
        if state.get("degraded")
        else "ok"
        if state["current"]
        else "outdated"
    )
    return {
        "state": word,
        "age": state["age"],
        "engine": state["engine"],
        "documents": state["count"],
    }


def _matcher() -> dict[str, Any]:
    """`ok`, or `missing` where an artefact has yet to be built; the age is that of the older artefact.

    Read from the artefacts' folder alone: loading them would make the question dearer than the answer.
    """
    folder = current_app.extensions["matchers"].folder
    ages, documents = [], 0
    for kind in LISTINGS:
        try:
            path = folder / kind / (folder / kind / "current").read_text().strip()
            ages.append(time.time() - path.stat().st_mtime)
            documents += len(np.load(path / "stamps.npy", mmap_mode="r"))
        except (OSError, ValueError):
            return {"state": "missing", "age": None}
    return {"state": "ok", "age": max(ages), "documents": documents}


@cache
def _newest_migration() -> str | None:
    state: Migrate = current_app.extensions["migrate"].migrate
    return ScriptDirectory.from_config(state.get_config()).get_current_head()


# -- deeds of the work in the background -------------------------------------------------------------------------------


def keep_index() -> str:
    """Bring the index in step with the database, or build it where it is missing or of an older definition.

    A count that differs although nothing waits to be written tells of an index that was lost in part; the two are
    then compared one by one.
    """
    if any(_unfit(engine) for engine in _engines()):
        return f"rebuilt with {upkeep.index_rebuild()}"
    done = upkeep.index_sync()
    if _counts_differ():
        time.sleep(SETTLING)
        if _counts_differ():
            return f"brought in step {done}, {check_index()}"
    return f"brought in step {done}"


def check_index() -> str:
    """Compare database and index in both directions and mend what differs; what will not mend is built anew."""
    found = upkeep.index_check()
    count = sum(map(len, found.values()))
    if not count:
        return "no difference"
    if count <= MANY:
        upkeep.index_repair(found)
        left = upkeep.index_check()
        # What changed while we compared differs for a moment; what differed before and still does needs a rebuild.
        if not any(set(left[name]) & set(found[name]) for name in found):
            return f"mended {count}"
    return f"{count} differed, rebuilt with {upkeep.index_rebuild()}"


def keep_stand_in() -> str:
    """Bring this host's embedded stand-in in step: saves on other hosts reach the cluster and their own stand-ins only.

    Returns "none" where the site has no stand-in.
    """
    engine = getattr(current_app.extensions["search"], "embedded", None)
    if engine is None:
        return "none"
    try:
        held = {(kind, row_id): version for kind, row_id, version in engine.versions()}
        fit = bool(engine.state()["current"])
    except search.SearchUnavailable:
        held, fit = {}, False
    if not fit:
        return f"rebuilt with {engine.rebuild(_documents())}"
    truth = _truth()
    changed = [key for key, revision in truth.items() if held.get(key, -1) < revision]
    higher = [key for key, revision in truth.items() if held.get(key, -1) > revision]
    if (
        higher or len(changed) > MANY
    ):  # versions above those of the database: a backup was restored
        return f"rebuilt with {engine.rebuild(_documents())}"
    gone = held.keys() - truth.keys()
    for key in changed:
        row = db.session.get(LISTINGS[key[0]], key[1])
        if row is not None and row.audience:
            engine.put([listing_index.search_document(row)])
    engine.remove([(kind, row_id, held[kind, row_id] + 1) for kind, row_id in gone])
    return f"brought in step {len(changed) + len(gone)}"


def expire() -> str:
    """Move every listing whose validity has ended to 已过期."""
    return f"expired {listing_deeds.expire_due()}"


def refresh_statistics() -> str:
    """Have the database count what its tables hold."""
    upkeep.refresh_statistics()
    return "counted"


def fit_matchers(*, at_least: int | None = None) -> str:
    """Build the artefacts that are missing or too far behind the database.

    Args:
        at_least: so many changed rows are too far; default a tenth of the catalogue, at least `OLD_LEAST`.
    """
    matchers: Matchers = current_app.extensions["matchers"]
    old = tuple(
        kind
        for kind, state in matchers.status().items()
        if state["generation"] == "none"
        or state["behind"]
        >= (
            max(OLD_LEAST, state["findable"] * OLD_SHARE)
            if at_least is None
            else at_least
        )
    )
    if not old:
        return "fresh enough"
    return ", ".join(
        f"{kind} learnt from {count}" for kind, count in matchers.fit(old).items()
    )


def use_verdicts() -> str:
    """Measure how good matching is, and learn the grades anew where there are new verdicts and enough of them."""
    figures = verdict_deeds.measure(by=None).figures
    told = f"{figures['pairs']} pairs of {figures['demands']} demands judged"
    if grades_are_current():
        return f"{told}, nothing new to learn"
    try:
        learned = verdict_deeds.calibrate(by=None)
    except TooFew as few:
        return f"{told}, {few.needed} needed to learn grades"
    return f"{told}, grades learned, in force: {'yes' if learned.better else 'no'}"


def _engines() -> list[Any]:
    """The engines behind the site's one: itself, or the first and the stand-in."""
    engine = current_app.extensions["search"]
    return [engine.primary, engine.embedded] if hasattr(engine, "primary") else [engine]


def _unfit(engine: Any) -> bool:
    """Whether a rebuild is what this engine needs: it holds no index, an older one, or a broken file."""
    for attempt in range(2):
        try:
            return not engine.state()["current"]
        except search.NotBuilt:
            return True
        except search.SearchUnavailable:
            if not hasattr(engine, "path"):
                return False  # a cluster that does not answer: time heals it
            if attempt == 0:
                time.sleep(SETTLING)  # a locked file is soon let go
    return True


def _counts_differ() -> bool:
    """Whether an engine that answers holds more or fewer documents than are published, with nothing left to write."""
    db.session.rollback()  # see what is committed by now
    if any(listing_index.dirty(kind, 1) for kind in LISTINGS):
        return False
    published = sum(
        db.session.scalar(db.select(func.count()).where(table.state == "published"))
        or 0
        for table in LISTINGS.values()
    )
    for engine in _engines():
        try:
            if engine.state()["count"] != published:
                return True
        except search.SearchUnavailable:
            continue
    return False


def _truth() -> dict[tuple[str, int], int]:
    """(kind, id) → revision of everything published."""
    return {
        (kind, row_id): revision
        for kind, table in LISTINGS.items()
        for row_id, revision in db.session.execute(
            db.select(table.id, table.revision).where(table.state == "published")
        )
    }


def _documents() -> Iterator[search.Document]:
    for kind in LISTINGS:
        for row in listing_index.published(kind):
            yield listing_index.search_document(row)


DEEDS: dict[str, Callable[[], str]] = {
    "index": keep_index,
    "stand-in": keep_stand_in,
    "expiry": expire,
    "comparison": check_index,
    "statistics": refresh_statistics,
    "matcher": fit_matchers,
    "matcher-nightly": lambda: fit_matchers(at_least=1),
    "verdicts": use_verdicts,
}
