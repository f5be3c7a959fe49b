"""A rehearsal: a site of its own that is made, served and thrown away, on which time runs faster (130).

The clock is `marketplace/clock.py`; the mark of the folder is `settings/rehearsal.py`, that of files and mails
`rehearsal_marks.py`. Here: the process that serves it, and the database that must be its own.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from marketplace import persistence
from marketplace.clock import now, pace
from marketplace.errors import NotAllowed
from marketplace.extensions import db
from marketplace.settings.rehearsal import Rehearsal, write_rehearsal
from marketplace.setup.models import RehearsalMark

ROOT = Path(__file__).resolve().parents[2]
# A rehearsal takes nothing else of the environment of another site: neither its data, nor its servers, nor its secrets.
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE",
    "PORT", "HOST", "WEB_WORKERS", "WEB_THREADS", "LIMITS",
)  # fmt: skip
# seconds; gunicorn gives a leaving worker 20 of them
FINISH_SECONDS = 30


class WrongDatabaseError(RuntimeError):
    """A site and a database of which only one belongs to a rehearsal."""


def guard_database(app: Flask) -> None:
    """Look at the mark of the database whenever this process connects to it for the first time.

    A rehearsal writes only to a database made for one, and no other site ever serves that: neither its money nor its
    people are real.
    """
    # Read once: no setting takes the mark of a folder away.
    rehearsed = app.config["REHEARSAL"] is not None

    def look(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        try:
            _compare(rehearsed, *_read_marks(cursor, db.engine.dialect.name))
        finally:
            cursor.close()
            # Reading has begun a transaction on PostgreSQL.
            connection.rollback()

    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "first_connect", look)


def _read_marks(cursor: Any, dialect: str) -> tuple[bool, bool]:
    """Whether the database has the tables of a site, and whether it is marked."""
    question = "select count(*) from sqlite_master where type = 'table' and name = '{}'"
    if dialect == "postgresql":
        question = "select count(*) from pg_tables where schemaname = current_schema() and tablename = '{}'"
    found = []
    # By its tables and not by its version: an empty database may be taken for a rehearsal.
    for table in ("person", "rehearsal_mark"):
        cursor.execute(question.format(table))
        found.append(bool(cursor.fetchone()[0]))
    has_tables, may_be_marked = found
    if not may_be_marked:
        return has_tables, False
    # The table is empty on every other site.
    cursor.execute("select count(*) from rehearsal_mark")
    return has_tables, bool(cursor.fetchone()[0])


def _compare(rehearsed: bool, has_tables: bool, is_marked: bool) -> None:
    if is_marked and not rehearsed:
        raise WrongDatabaseError(
            "This database belongs to a rehearsal: nothing in it is real, and no other site may serve it"
        )
    if rehearsed and has_tables and not is_marked:
        raise WrongDatabaseError(
            "This database was not made for a rehearsal: name an empty one, or none"
        )


def mark_database() -> None:
    """Let the database say that it belongs to this rehearsal; on any other site nothing."""
    # Once and for good: a database that was rehearsed on is never a real one again.
    if not pace().rehearsed or db.session.get(RehearsalMark, 1) is not None:
        return
    db.session.add(RehearsalMark(id=1, speed=pace().speed, made_at=now()))
    persistence.commit()


def refuse_live(environment: str) -> None:
    """Refuse to rehearse with the settings of a live site. Raises NotAllowed."""
    if environment == "live":
        raise NotAllowed(
            "正式站的设置不能用来演练。", "请在没有 MARKET_ENV=live 的环境里运行。"
        )


def child_environment(
    environ: Mapping[str, str], folder: Path, database: str
) -> dict[str, str]:
    """The environment of the processes of a rehearsal.

    Args:
        environ: that of this process, of which only what concerns the machine is passed on.
        folder: of the rehearsal.
        database: URL of an empty database; empty: a file in the folder.
    """
    # What is not named here stays behind: a server or a secret of the site would be real.
    env = {name: environ[name] for name in PASSED_ON if name in environ}
    env |= {"MARKET_ENV": "demo", "DATA_DIR": str(folder), "FLASK_APP": "wsgi"}
    if database:
        env["DATABASE_URL"] = database
    return env


@contextmanager
def rehearsal_folder(chosen: Path | None) -> Iterator[Path]:
    """The folder of a rehearsal, thrown away at the end unless it was chosen.

    Raises:
        NotAllowed: there is something in the chosen one.
    """
    if chosen is not None:
        # A folder with anything in it may be that of a site.
        if chosen.exists() and any(chosen.iterdir()):
            raise NotAllowed(
                f"{chosen} 里已经有东西，不能用来演练。", "请换一个空的文件夹，或不写。"
            )
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    folder = Path(tempfile.mkdtemp(prefix="market-rehearsal-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_rehearsal(folder: Path, speed: int, env: Mapping[str, str]) -> int:
    """Prepare a rehearsal and serve it until the process is asked to end; its exit status.

    The clock begins to run faster when everything is prepared.

    Args:
        folder: empty; from now on that of a rehearsal.
        speed: seconds of the house in one second of the machine.
        env: of `child_environment`.
    """
    # A signal that ends this process ends the site too, and its folder is removed.
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        # Before anything else: from here on no live site takes the folder.
        write_rehearsal(folder, Rehearsal(speed))
        scripts = Path(sys.executable).parent
        status = _run([str(scripts / "flask"), "prepare"], env)
        if status:
            return status
        # Once more with the moment: the clock runs faster from here, not while the samples are loaded.
        write_rehearsal(folder, Rehearsal(speed, now()))
        gunicorn = str(scripts / "gunicorn")
        return _run([gunicorn, "--config", "gunicorn.conf.py", "wsgi:application"], env)
    finally:
        signal.signal(signal.SIGTERM, former)


def _run(command: list[str], env: Mapping[str, str]) -> int:
    """Run a command until it ends, or until this process is asked to end; its exit status."""
    child = subprocess.Popen(command, cwd=ROOT, env=dict(env))  # noqa: S603  our own command
    try:
        return child.wait()
    except KeyboardInterrupt:
        # Of Ctrl-C the child hears by itself.
        return child.wait(FINISH_SECONDS)
    finally:
        # However this ends, no gunicorn may be left behind on the port.
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(FINISH_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
