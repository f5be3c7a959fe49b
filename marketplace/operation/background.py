"""Runs the work in the background at its times, and settles which of several hosts does it.

What there is to do, and when, the rooms contribute as `jobs()`.

Every host runs `flask jobs`: its own artefacts and stand-in need care on each, everything else is done by one leader.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from marketplace import contributions
from marketplace.contributions import Job
from marketplace.extensions import db

log = structlog.get_logger(__name__)

LOCK = 0x6C69616F_6D6B74  # the advisory lock of the leader: any number, as long as it stays the same
KEPT = 7  # nightly backups kept
PARENT_LOOK = 1.0  # seconds between two looks whether the site still runs


class Leadership:
    """The right to do what only one may do.

    On PostgreSQL an advisory lock, which several hosts share and the server lets go with the connection; on SQLite a
    lock on a file in the data folder, which the system lets go with the process.

    Args:
        app: the application whose database or data folder holds the lock.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._connection: Connection | None = None
        self._file: IO[str] | None = None

    def held(self) -> bool:
        """Whether this process is the leader now; it becomes it where there is none."""
        with self.app.app_context():
            if db.engine.dialect.name == "postgresql":
                return self._held_on_server()
        return self._held_on_file()

    def taken(self) -> bool:
        """Whether any process has it, without taking it."""
        if self.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            return self._taken_on_server()
        # A shared lock for a moment: who tries to become the leader in that moment does so half a minute later.
        with suppress(OSError), self._path().open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def let_go(self) -> None:
        """Give the right up."""
        if self._connection is not None:
            self._drop()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _held_on_server(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(
                    text("select 1")
                )  # the lock lives as long as this connection does
                return True
            connection = db.engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
            connection.detach()  # never given to anybody else
            self._connection = connection
            for setting in (
                "tcp_keepalives_idle = 10",
                "tcp_keepalives_interval = 5",
                "tcp_keepalives_count = 3",
            ):
                connection.execute(
                    text(f"set {setting}")
                )  # a host that lost its power is noticed in half a minute
            if connection.scalar(
                text("select pg_try_advisory_lock(:lock)"), {"lock": LOCK}
            ):
                log.info("leader", where="database")
                return True
            self._drop()
        except SQLAlchemyError as error:
            log.warning(
                "leadership_unknown", reason=str(getattr(error, "orig", error)).strip()
            )
            self._drop()
        return False

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()

    def _held_on_file(self) -> bool:
        if self._file is not None:
            return True
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        log.info("leader", where=str(path))
        return True

    def _path(self) -> Path:
        return Path(self.app.config["DATA_DIR"]) / "leader.lock"

    def _taken_on_server(self) -> bool:
        # The two halves of a number that fills 64 bits.
        halves = {"high": LOCK >> 32, "low": LOCK & 0xFFFFFFFF}
        question = text(
            "select count(*) from pg_locks where locktype = 'advisory' and granted"
            " and classid = :high and objid = :low and objsubid = 1"
        )
        try:
            with db.engine.connect() as connection:
                return bool(connection.scalar(question, halves))
        except SQLAlchemyError:
            return False


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
    runs = {}
    for path in _runs_folder(app).glob("*.json"):
        with suppress(
            OSError, ValueError, TypeError
        ):  # half gone, or of another version
            runs[path.stem] = Run(**json.loads(path.read_text()))
    return runs


def note_run(app: Flask, name: str, *, ok: bool, seconds: float) -> None:
    """Write down how a job went, for /readyz; a full disk does not keep it from having been done."""
    before = last_runs(app).get(name)
    at = time.time()
    succeeded_at = at
    if not ok:
        succeeded_at = before.succeeded_at if before is not None else None
    path = _runs_folder(app) / f"{name}.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(asdict(Run(at, ok, seconds, succeeded_at))))
        fresh.replace(path)


def _runs_folder(app: Flask) -> Path:
    return Path(app.config["DATA_DIR"]) / "jobs"


def run(app: Flask, name: str, deed: Callable[[], str]) -> bool:
    """Do one piece of work now and write down what came of it; whether it went well.

    Nothing it raises gets out: the next run is the remedy.
    """
    began = time.monotonic()
    with app.app_context():
        try:
            outcome = deed()
        except Exception as error:
            seconds = round(time.monotonic() - began, 2)
            log.error("job_failed", job=name, seconds=seconds, reason=repr(error))
            db.session.rollback()
            note_run(app, name, ok=False, seconds=seconds)
            return False
    seconds = round(time.monotonic() - began, 2)
    log.info("job_done", job=name, seconds=seconds, outcome=outcome)
    note_run(app, name, ok=True, seconds=seconds)
    return True


def run_if_leader(app: Flask, job: Job, leadership: Leadership) -> None:
    """Do a job whose turn has come, unless another host is there to do it."""
    if not job.leader or leadership.held():
        run(app, job.name, job.run)


def serve(app: Flask, extra: Iterable[Job] = (), *, parent: int | None = None) -> None:
    """Run every job at its times until the process is asked to end; what is under way is finished first.

    Args:
        app: the application.
        extra: jobs of this process beside those of the rooms.
        parent: the process that began this one; when it has gone, killed or not, that is a request to end.
    """
    leadership = Leadership(app)
    with app.app_context():
        jobs = [*contributions.jobs(), *extra]
    scheduler = BackgroundScheduler(
        executors={job.lane: ThreadPoolExecutor(1) for job in jobs},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job in jobs:
        trigger = IntervalTrigger
        if "hour" in job.schedule:
            trigger = CronTrigger
        turn = partial(run_if_leader, app, job, leadership)
        times = trigger(**job.schedule, timezone="UTC")
        scheduler.add_job(turn, times, id=job.name, executor=job.lane)
        if job.at_start:
            scheduler.add_job(turn, id=f"{job.name}-first", executor=job.lane)

    # Blocked before any thread begins, so that no thread is interrupted and this one alone takes the request to end.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        scheduler.start()
        if parent is not None:
            threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
        log.info("jobs_began", jobs=[job.name for job in jobs])
        log.info("jobs_ending", signal=signal.Signals(signal.sigwait(ends)).name)
        scheduler.shutdown(wait=True)
    finally:
        leadership.let_go()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    log.info("jobs_ended")


def _end_without(parent: int) -> None:
    """Ask this process to end as soon as another is its parent."""
    while os.getppid() == parent:
        time.sleep(PARENT_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
