"""When the work in the background runs, and which of several hosts does it. What it does stands in `rules.py`.

Every host runs `flask jobs`: its own artefacts and stand-in need care on each, everything else is done by one leader.
"""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
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

from marketplace.extensions import db
from marketplace.operation import rules

log = structlog.get_logger(__name__)

LOCK = 0x6C69616F_6D6B74  # the advisory lock of the leader: any number, as long as it stays the same
KEPT = 7  # nightly backups kept


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes:
        deed: name in `rules.DEEDS`.
        times: `seconds`/`minutes` of an interval, or `hour`/`minute` of a night (UTC).
        leader: done on one host only.
        lane: jobs of one lane never run at the same time.
        at_start: also when the process begins.
    """

    deed: str
    times: dict[str, int]
    leader: bool = True
    lane: str = "index"
    at_start: bool = False


# Times are UTC: 19:30 and 20:30 are half past three and half past four in the morning in Liaocheng. Expiry runs by day,
# for a list may bring in what is already over; searches and matches leave it out at once (`found_by`).
JOBS = (
    Job("index", {"seconds": 30}, at_start=True),
    Job("stand-in", {"minutes": 5}, leader=False, lane="stand-in", at_start=True),
    Job("expiry", {"minutes": 10}, at_start=True),
    Job("comparison", {"hour": 19, "minute": 30}),
    Job("statistics", {"hour": 19, "minute": 45}),
    Job("matcher", {"minutes": 10}, leader=False, lane="matcher", at_start=True),
    Job("matcher-nightly", {"hour": 20, "minute": 0}, leader=False, lane="matcher"),
    Job("verdicts", {"hour": 20, "minute": 30}, lane="matcher"),
)


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
        path = Path(self.app.config["DATA_DIR"]) / "leader.lock"
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


def run(app: Flask, name: str, deed: Callable[[], str]) -> bool:
    """Do one piece of work now and write down what came of it; whether it went well.

    Nothing it raises gets out: the next run is the remedy.
    """
    began = time.monotonic()
    with app.app_context():
        try:
            outcome = deed()
        except Exception as error:
            log.error(
                "job_failed",
                job=name,
                seconds=round(time.monotonic() - began, 2),
                reason=repr(error),
            )
            db.session.rollback()
            return False
    log.info(
        "job_done",
        job=name,
        seconds=round(time.monotonic() - began, 2),
        outcome=outcome,
    )
    return True


def serve(app: Flask, extra: tuple[tuple[Job, Callable[[], str]], ...] = ()) -> None:
    """Run every job at its times until the process is asked to end; what is under way is finished first.

    Args:
        app: the application.
        extra: further jobs with their deeds.
    """
    leadership = Leadership(app)
    beside = hasattr(app.extensions["search"], "embedded")
    work = [
        (job, rules.DEEDS[job.deed]) for job in JOBS if beside or job.deed != "stand-in"
    ] + list(extra)
    scheduler = BackgroundScheduler(
        executors={job.lane: ThreadPoolExecutor(1) for job, _ in work},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )

    def turn(job: Job, deed: Callable[[], str]) -> None:
        if not job.leader or leadership.held():
            run(app, job.deed, deed)

    for job, deed in work:
        trigger = CronTrigger if "hour" in job.times else IntervalTrigger
        doing = partial(turn, job, deed)
        scheduler.add_job(
            doing, trigger(**job.times, timezone="UTC"), id=job.deed, executor=job.lane
        )
        if job.at_start:
            scheduler.add_job(doing, id=f"{job.deed}-first", executor=job.lane)

    # Blocked before any thread begins, so that no thread is interrupted and this one alone takes the request to end.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        scheduler.start()
        log.info("jobs_began", jobs=[job.deed for job, _ in work])
        log.info("jobs_ending", signal=signal.Signals(signal.sigwait(ends)).name)
        scheduler.shutdown(wait=True)
    finally:
        leadership.let_go()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    log.info("jobs_ended")
