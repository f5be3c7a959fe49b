"""How the jobs of this host went: the last run of each, in files of the data folder, for /readyz and /metrics.

What runs them is in `background.py`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask

from marketplace.contributions import Job

BACKUP = "backup"  # the job that only some processes have


@dataclass(frozen=True)
class Run:
    """The last run of a job on this host.

    Attributes:
        at: when it ended, seconds since 1970.
        ok: whether it went well.
        seconds: how long it took.
        succeeded_at: when one last ended well; None: never.
    """

    at: float
    ok: bool
    seconds: float
    succeeded_at: float | None


def last_runs(app: Flask) -> dict[str, Run]:
    """Job → its last run on this host, of those that ever ran."""
    found = {}
    for path in _runs_folder(app).glob("*.json"):
        run = _read_run(path)
        if run is not None:
            found[path.stem] = run
    return found


def _read_run(path: Path) -> Run | None:
    # A file may be half gone, or of another version of the site.
    with suppress(OSError, ValueError, TypeError):
        return Run(**json.loads(path.read_text()))
    return None


def record_run(app: Flask, name: str, *, ok: bool, seconds: float) -> None:
    """Write down how a job went, for /readyz. A failure to write, as on a full disk, is not a failure of the job.

    Args:
        app: the application.
        name: name of the job.
        ok: whether it went well.
        seconds: how long it took.
    """
    path = _runs_folder(app) / f"{name}.json"
    at = time.time()
    succeeded_at: float | None = at
    if not ok:
        before = _read_run(path)
        succeeded_at = before.succeeded_at if before is not None else None
    fresh = path.with_suffix(f".{os.getpid()}")
    # In one step, for /readyz may read it at any moment.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(asdict(Run(at, ok, seconds, succeeded_at))))
        fresh.replace(path)


def forget_runs(app: Flask, names: Iterable[str]) -> None:
    """Forget the last runs of jobs that this host does no longer: how they went says nothing of it any more.

    Args:
        app: the application.
        names: names of the jobs.
    """
    for name in names:
        # Its folder may be read only; then the next turn tries again.
        with suppress(OSError):
            (_runs_folder(app) / f"{name}.json").unlink()


def forget_unknown_runs(app: Flask, jobs: Iterable[Job]) -> None:
    """Forget the runs of jobs that are gone or called otherwise now.

    Not of the backup: it is made by hand as well, and by some processes only, while others share their data folder.

    Args:
        app: the application.
        jobs: those of this process.
    """
    known = {BACKUP, *(job.name for job in jobs)}
    forget_runs(app, last_runs(app).keys() - known)


def _runs_folder(app: Flask) -> Path:
    return Path(app.config["DATA_DIR"]) / "jobs"
