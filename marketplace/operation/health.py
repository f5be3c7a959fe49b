"""The health of each component of the site: database, search, matcher, work in the background, backups, disk.

Who may read it is in `pages.py`; what mends a component, in the background work of the rooms.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from functools import cache
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import Migrate
from sqlalchemy import func, text
from sqlalchemy.exc import SQLAlchemyError

import search
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.listings.life import AT_DESK, WAITING
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.matchers import UNREADABLE
from marketplace.notices import queries as notices
from marketplace.operation import background, runs

CACHE_SECONDS = (
    5.0  # one check serves every reader for so long: it costs several queries
)
JOBS_SILENT = background.SILENT
BACKUP_OLD = 36 * 3600.0  # seconds; they are made every night
# Bytes; below it neither a backup nor a new index fits next to what is there.
DISK_LOW = 512 * 2**20
# Bytes; one save with its place in the write-ahead log takes up to half a megabyte, while others save.
DISK_FULL = 2 * 2**20
NEVER_PUBLIC = ("draft", *AT_DESK, *WAITING, "returned", "rejected")
# `none` is good too: a host without backups may leave them to another host or tool.
GOOD_STATES = frozenset({"ok", "none"})

# Why the index takes no writes → what /readyz says of it.
BLOCKED = {
    "disk": "a disk of the search cluster is nearly full: it opens the index again when there is room",
    "hand": "somebody has blocked writes of the search index: take index.blocks.* away",
}

PartStates = dict[str, dict[str, Any]]


class Health:
    """The states of the components, checked no more often than every `CACHE_SECONDS` in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked_at = 0.0
        self._states: PartStates = {}

    def check_parts(self) -> PartStates:
        """Part → its `state`, its `age` in seconds (None where there is none) and figures of its own."""
        with self._lock:
            if not self._states or time.monotonic() - self._checked_at > CACHE_SECONDS:
                self._states = {
                    "database": _check_database(),
                    "search": _check_search(),
                    "matcher": _check_matcher(),
                    "jobs": _check_jobs(),
                    "backup": _check_backup(),
                    "disk": _check_disk(),
                }
                self._checked_at = time.monotonic()
            return self._states


def overall_state(states: PartStates) -> str:
    """The state of the whole site.

    Args:
        states: what `Health.check_parts` returned.

    Returns:
        `away` without a database, for then nothing can be answered; `ready` when every component is well; else
        `degraded`.
    """
    if states["database"]["state"] == "away":
        return "away"
    well = all(part["state"] in GOOD_STATES for part in states.values())
    return "ready" if well else "degraded"


def _check_database() -> dict[str, Any]:
    """`ok`, `outdated` (migrations are waiting), `readonly` or `away`; the age is that of the last change."""
    try:
        with db.engine.connect() as connection:
            version = connection.scalar(text("select version_num from alembic_version"))
            changes = []
            behind = 0
            for table in LISTINGS.values():
                newest = connection.scalar(db.select(func.max(table.updated_at)))
                if newest is not None:  # None in an empty table
                    changes.append(newest)
                # What was never public has no copy in the index that could be old.
                is_dirty = table.revision != table.indexed_revision
                may_have_copy = table.state.not_in(NEVER_PUBLIC)
                dirty_rows = db.select(func.count()).where(is_dirty, may_have_copy)
                behind += connection.scalar(dirty_rows) or 0
    except SQLAlchemyError:
        return {"state": "away", "age": None}
    age = None
    if changes:
        age = (now() - max(changes)).total_seconds()
    state = "outdated"
    if version == _newest_migration():
        state = "ok"
    if not _is_writeable():
        state = "readonly"
    return {"state": state, "age": age, "not_indexed": behind, **_mail_figures()}


def _mail_figures() -> dict[str, Any]:
    """How many mails are in which state, and for how long one has been due; nothing where that cannot be read."""
    try:
        return {"mails": notices.state_counts(), "mail_due": notices.oldest_due()}
    except SQLAlchemyError:
        db.session.rollback()
        return {}


def _is_writeable() -> bool:
    """Whether this process may write to the file of the database; a server is asked by every save."""
    database = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not database:
        return True
    # Its folder too, for the write-ahead log lies next to it.
    places = (database, os.path.dirname(database))
    return all(os.access(place, os.W_OK, effective_ids=True) for place in places)


def _check_search() -> dict[str, Any]:
    """`ok`, `degraded` (the fallback answers), `outdated` or `damaged` (waits for a rebuild), `readonly` or `away`."""
    try:
        state = current_app.extensions["search"].state()
    except search.SearchError as error:
        return {"state": "away", "age": None, "trouble": str(error)}
    name = "ok"
    if not state["current"]:
        name = "outdated"
    if state.get("damaged"):
        name = "damaged"
    # It answers and takes nothing in: what is saved waits in the database.
    if state.get("blocked"):
        name = "readonly"
    # Last, for it says more than the others: it is not the main engine that answers.
    if state.get("degraded"):
        name = "degraded"
    found = {
        "state": name,
        "age": state["age"],
        "engine": state["engine"],
        "documents": state["count"],
    }
    trouble = state.get("trouble") or BLOCKED.get(state.get("blocked", ""))
    return found | ({"trouble": trouble} if trouble else {})


def _check_matcher() -> dict[str, Any]:
    """`ok`, `missing` (an artefact has yet to be built) or `damaged` (until it is built again).

    The age is that of the older artefact. Files are read once after each change of them, not at every check.
    """
    generations = current_app.extensions["matchers"].generations
    ages = []
    documents = 0
    for kind in LISTINGS:
        name = generations.current(kind)
        if not name:
            return {"state": "missing", "age": None}
        try:
            documents += generations.check(kind)
            built = generations.path_of(kind, name).stat().st_mtime
        except UNREADABLE:
            return {"state": "damaged", "age": None}
        ages.append(time.time() - built)
    return {"state": "ok", "age": max(ages), "documents": documents}


# Read once in a process: the scripts change only with the program.
@cache
def _newest_migration() -> str | None:
    state: Migrate = current_app.extensions["migrate"].migrate
    return ScriptDirectory.from_config(state.get_config()).get_current_head()


def _check_jobs() -> dict[str, Any]:
    """`ok`, `failing` (the last run of some job failed) or `missing` (no leader, or nothing done here for long).

    The age is that of the newest run on this host.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    found = runs.last_runs(app)
    moment = time.time()
    age = min((moment - run.at for run in found.values()), default=None)
    leader = background.Leadership(app).is_taken()
    failed = sorted(name for name, run in found.items() if not run.ok)
    if not leader or age is None or age > JOBS_SILENT:
        state = "missing"
    elif failed:
        state = "failing"
    else:
        state = "ok"
    return {"state": state, "age": age, "leader": leader, "failed": failed}


def _check_backup() -> dict[str, Any]:
    """`ok`, `failing`, `old`, or `none` where this host has never made one; the age is that of the last good one."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    run = runs.last_runs(app).get("backup")
    if run is None:
        return {"state": "none", "age": None}
    # Of the last good one: a failed run restores nothing.
    age = None
    if run.succeeded_at is not None:
        age = time.time() - run.succeeded_at
    if not run.ok:
        state = "failing"
    elif age is None or age > BACKUP_OLD:
        state = "old"
    else:
        state = "ok"
    return {"state": state, "age": age}


def _check_disk() -> dict[str, Any]:
    """`ok`, `low`, `full` or `readonly`: what is left of the file system that holds the site's data."""
    folder = current_app.config["DATA_DIR"]
    try:
        free = shutil.disk_usage(folder).free
        volume = os.statvfs(folder)
    except OSError:
        return {"state": "missing", "age": None}
    # Some file systems count no files and say 0 of 0; those that do can be full of them with room left.
    no_files = volume.f_files > 0 and volume.f_favail == 0
    if volume.f_flag & os.ST_RDONLY:
        state = "readonly"
    elif free < DISK_FULL or no_files:
        state = "full"
    elif free < DISK_LOW:
        state = "low"
    else:
        state = "ok"
    return {"state": state, "age": None, "free_bytes": free}
