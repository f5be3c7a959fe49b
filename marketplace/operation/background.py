"""Runs the work in the background at its times, and settles which of several hosts does it.

What there is to do, and when, the rooms contribute as `jobs()`.

Every host runs `flask jobs`: its own artefacts and stand-in need care on each, everything else is done by one leader.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from marketplace import clock, contributions, lists_in_use
from marketplace.audit.acting import work_named
from marketplace.contributions import Job
from marketplace.extensions import db
from marketplace.operation import runs

log = structlog.get_logger(__name__)

LEADER_LOCK = 0x6C69616F_6D6B74  # the advisory lock of the leader: any number, as long as it stays the same
BACKUPS_TO_KEEP = (
    7  # of the nightly ones: a week to notice that something was deleted by mistake
)
# Seconds without any job done: each host does one every ten minutes, and a large matcher takes some of them.
SILENT = 1800.0
# Seconds between two runs of a job in a rehearsal, at least, and of one that is daily on other sites.
LEAST, DAILY_LEAST = 1.0, 5.0
PARENT_POLL = 1.0  # seconds between two checks whether the site still runs
# Keepalives of the leader's connection: a host that lost its power is noticed in 10 + 3 × 5 s, about half a minute.
KEEPALIVES = (
    "tcp_keepalives_idle = 10",
    "tcp_keepalives_interval = 5",
    "tcp_keepalives_count = 3",
)


class Leadership:
    """The right to do what only one may do.

    On PostgreSQL an advisory lock, which several hosts share and the server lets go with the connection; on SQLite a
    lock on a file in the data folder, which the system lets go with the process. On PostgreSQL the leader shares a lock
    on that file, by which the other processes on its data folder know that it is one of them.

    Args:
        app: the application whose database or data folder holds the lock.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._connection: Connection | None = None
        self._file: IO[str] | None = None
        # Jobs of different lanes ask in threads of their own, all at once when the process begins.
        self._turn = threading.Lock()

    def acquire(self) -> bool:
        """Whether this process is the leader now; it becomes it where there is none."""
        with self._turn, self.app.app_context():
            if db.engine.dialect.name == "postgresql":
                return self._acquire_on_server()
            return self._acquire_on_file()

    def is_taken(self) -> bool:
        """Whether any process has it, without taking it."""
        if self.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            return self._is_taken_on_server()
        # A shared lock for a moment: a process that tries to become the leader just then succeeds half a minute later.
        with suppress(OSError), self._path().open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def is_elsewhere(self) -> bool:
        """Whether a process on another data folder has it; no where that is not known."""
        if not self.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            return False
        with self._turn, self.app.app_context():
            return self._is_taken_on_server() and not self._is_marked()

    def release(self) -> None:
        """Give the right up."""
        with self._turn:
            self._close_connection()
            self._close_file()

    def _acquire_on_server(self) -> bool:
        try:
            if self._connection is not None:
                # The lock lives as long as this connection does.
                self._connection.execute(text("select 1"))
                return True
            if self._lock_on_server():
                log.info("leader", where="database")
                return True
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).strip()
            log.warning("leadership_unknown", reason=reason)
        # After an error too: two leaders would do harm, half a minute without one does none.
        self._close_connection()
        self._close_file()
        return False

    def _lock_on_server(self) -> bool:
        """Try to take the advisory lock on a connection of its own."""
        # Before the lock: a leader without its mark would be taken for one on another data folder.
        self._mark()
        connection = db.engine.connect()
        # Without a transaction, which the server would end when it idles for too long.
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # the pool must never give this connection to anybody else
        self._connection = connection
        for setting in KEEPALIVES:
            connection.execute(text(f"set {setting}"))
        question = text("select pg_try_advisory_lock(:lock)")
        return bool(connection.scalar(question, {"lock": LEADER_LOCK}))

    def _mark(self) -> None:
        """Share the lock on the file of this data folder.

        A folder that takes no file lets no run be forgotten either.
        """
        self._close_file()
        path = self._path()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a")
            # Nobody keeps it from others for more than a moment.
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def _is_marked(self) -> bool:
        """Whether a process on this data folder leads, or asks to."""
        with suppress(OSError), self._path().open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        return True

    def _close_file(self) -> None:
        file = self._file
        self._file = None
        if file is not None:
            file.close()

    def _close_connection(self) -> None:
        connection = self._connection
        self._connection = None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                # The server is away already, and the lock with it.
                connection.invalidate()

    def _acquire_on_file(self) -> bool:
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

    def _is_taken_on_server(self) -> bool:
        # The two halves of a number that fills 64 bits.
        halves = {"high": LEADER_LOCK >> 32, "low": LEADER_LOCK & 0xFFFFFFFF}
        question = text(
            "select count(*) from pg_locks where locktype = 'advisory' and granted"
            " and classid = :high and objid = :low and objsubid = 1"
            # The view shows those of all databases of the server; one of another is another site's.
            " and database = (select oid from pg_database where datname = current_database())"
        )
        try:
            with db.engine.connect() as connection:
                return bool(connection.scalar(question, halves))
        except SQLAlchemyError:
            return False


def run_job(app: Flask, name: str, deed: Callable[[], str]) -> bool:
    """Do one piece of work now and write down what came of it.

    Args:
        app: the application.
        name: name of the job.
        deed: does it, and returns a few words about what it did; none where there was nothing to do.

    Returns:
        whether it went well. Nothing it raises gets out: the next run is the remedy.
    """
    began = time.monotonic()
    with app.app_context():
        try:
            lists_in_use.keep_up(app)
            with work_named(f"job.{name}"):
                outcome = deed()
        except Exception as error:
            seconds = round(time.monotonic() - began, 2)
            log.error("job_failed", job=name, seconds=seconds, reason=repr(error))
            db.session.rollback()
            runs.record_run(app, name, ok=False, seconds=seconds)
            return False
    seconds = round(time.monotonic() - began, 2)
    if outcome:
        log.info("job_done", job=name, seconds=seconds, outcome=outcome)
    runs.record_run(app, name, ok=True, seconds=seconds)
    return True


def run_if_leader(
    app: Flask, job: Job, leadership: Leadership, led: Iterable[str] = ()
) -> None:
    """Do a job whose turn has come, unless another host is there to do it.

    Args:
        app: the application.
        job: the job.
        leadership: of this process.
        led: names of the jobs of the leader, whose last runs here are forgotten when it is on another host.
    """
    if not job.leader or leadership.acquire():
        run_job(app, job.name, job.run)
    elif leadership.is_elsewhere():
        runs.forget_runs(app, led)


def times_of(job: Job) -> BaseTrigger:
    """When a job runs: at its times, or, where it goes by days that pass faster in a rehearsal, that much more often.

    No more often than the machine can bear while it serves pages: what is daily then does several days in one run. What
    looks after the machine itself, such as backups and the matcher, goes by real time.
    """
    pace = clock.pace()
    if not job.house_time or pace.speed == 1:
        kind = CronTrigger if "hour" in job.schedule else IntervalTrigger
        return kind(**job.schedule, timezone="UTC")
    span, least = timedelta(days=1), DAILY_LEAST
    if "hour" not in job.schedule:
        span, least = timedelta(**job.schedule), LEAST
    seconds = max(least, span.total_seconds() / pace.speed)
    return IntervalTrigger(seconds=seconds, timezone="UTC")


def serve_jobs(
    app: Flask, extra: Iterable[Job] = (), *, parent: int | None = None
) -> None:
    """Run every job at its times until the process is asked to end; what is under way is finished first.

    Args:
        app: the application.
        extra: jobs of this process besides those of the rooms.
        parent: the process that began this one; when it has gone, killed or not, that is a request to end.
    """
    leadership = Leadership(app)
    with app.app_context():
        jobs = [*contributions.jobs(), *extra]
    runs.forget_unknown_runs(app, jobs)
    led = [job.name for job in jobs if job.leader]
    # Its warnings say that a job is still running when its next turn comes, which is what `coalesce` is for.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    # One thread a lane, so that jobs of one lane wait for each other. A job that was missed while another ran is done
    # once, however late.
    scheduler = BackgroundScheduler(
        executors={job.lane: ThreadPoolExecutor(1) for job in jobs},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job in jobs:
        turn = partial(run_if_leader, app, job, leadership, led)
        scheduler.add_job(turn, times_of(job), id=job.name, executor=job.lane)
        if job.at_start:
            scheduler.add_job(turn, id=f"{job.name}-first", executor=job.lane)

    # Blocked before any thread begins, so that no thread is interrupted and this one alone takes the request to end.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        scheduler.start()
        if parent is not None:
            threading.Thread(
                target=_end_with_parent, args=(parent,), daemon=True
            ).start()
        log.info("jobs_began", jobs=[job.name for job in jobs])
        log.info("jobs_ending", signal=signal.Signals(signal.sigwait(ends)).name)
        scheduler.shutdown(wait=True)
    finally:
        leadership.release()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    log.info("jobs_ended")


def _end_with_parent(parent: int) -> None:
    """Ask this process to end as soon as another is its parent."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
