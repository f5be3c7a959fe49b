"""How it is with each part of the site: database, search, matcher, work in the background, backups, disk.

Whom it is said to stands in `pages.py`; what mends a part, in `rules.py`.
"""

from __future__ import annotations

import shutil
import threading
import time
from functools import cache
from typing import Any

import numpy as np
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import Migrate
from sqlalchemy import func, text
from sqlalchemy.exc import SQLAlchemyError

import search
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from marketplace.operation import background

REMEMBERED = 5.0  # seconds one look at the parts serves everybody who asks: looking costs several queries
SILENT = 1800.0  # seconds without any job done; each host does one every ten minutes, and a large matcher takes some
BACKUP_OLD = 36 * 3600.0  # seconds; they are made every night
DISK_LOW = (
    512 * 2**20
)  # bytes; below it neither a backup nor a new index fits beside what is there
# What does not speak against a site: that nobody asked for backups here, for they may be another host's or tool's work.
WELL = frozenset({"ok", "none"})

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
                    "jobs": _jobs(),
                    "backup": _backup(),
                    "disk": _disk(),
                }
                self._looked = time.monotonic()
            return self._found


def verdict(found: Found) -> str:
    """`away` without a database, `ready` when every part is well, else `degraded`."""
    if found["database"]["state"] == "away":
        return "away"
    well = all(part["state"] in WELL for part in found.values())
    return "ready" if well else "degraded"


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
    word = "ok" if state["current"] else "outdated"
    if state.get("degraded"):
        word = "degraded"
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


def _jobs() -> dict[str, Any]:
    """`ok`, `failing` (the last run of some job failed) or `missing` (no leader, or nothing done here for long).

    The age is that of the newest run on this host.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    runs = background.last_runs(app)
    moment = time.time()
    age = min((moment - run.at for run in runs.values()), default=None)
    leader = background.Leadership(app).taken()
    failed = sorted(name for name, run in runs.items() if not run.ok)
    if not leader or age is None or age > SILENT:
        state = "missing"
    elif failed:
        state = "failing"
    else:
        state = "ok"
    return {"state": state, "age": age, "leader": leader, "failed": failed}


def _backup() -> dict[str, Any]:
    """`ok`, `failing`, `old`, or `none` where this host has never made one; the age is that of the last good one."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    run = background.last_runs(app).get("backup")
    if run is None:
        return {"state": "none", "age": None}
    age = None if run.succeeded_at is None else time.time() - run.succeeded_at
    if not run.ok:
        state = "failing"
    elif age is None or age > BACKUP_OLD:
        state = "old"
    else:
        state = "ok"
    return {"state": state, "age": age}


def _disk() -> dict[str, Any]:
    """`ok` or `low`: what is left of the file system that holds the site's data."""
    try:
        free = shutil.disk_usage(current_app.config["DATA_DIR"]).free
    except OSError:
        return {"state": "missing", "age": None}
    state = "ok" if free >= DISK_LOW else "low"
    return {"state": state, "age": None, "free_bytes": free}
