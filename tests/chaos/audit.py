"""The trial of the audit: eight processes write as fast as they can and are killed again and again, then the reckoning.

    python -m tests.chaos.audit [--seconds 20] [--database postgresql://…]          part of `make chaos`

Ends with 1 where the audit forks or has a gap, an acknowledged write has no entry, an entry no write, or verifying
finds anything. Without a database it is an SQLite file of its own; with one, that database must be empty.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from config import Config
from marketplace import create_app, persistence
from marketplace.audit import publishing
from marketplace.audit.models import Entry
from marketplace.errors import Busy, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation, key_of

WRITERS = 8
BETWEEN = (0.05, 0.4)  # seconds from one kill to the next


@dataclass(frozen=True)
class Outcome:
    """What the trial came to.

    Attributes:
        kills: processes killed.
        acknowledged: writes whose commit had returned.
        entries: entries about them.
        problems: what is wrong; empty where nothing is.
    """

    kills: int
    acknowledged: int
    entries: int
    problems: list[str]


def write_for_ever(app: Flask, row_id: int, book: Path) -> None:
    """Change one row again and again, and note each value once its commit has returned."""
    # A connection that was open before the fork belongs to the parent.
    with app.app_context():
        db.engine.dispose(close=False)
        db.session.remove()
        noted = len(book.read_text().splitlines()) if book.exists() else 0
        number = noted
        out = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while True:
            number += 1
            value = f"{row_id}.{os.getpid()}.{number}"
            try:
                persistence.begin_write()
                row = db.session.get(Organisation, row_id)
                assert row is not None
                row.address = value
                persistence.commit()
            except (Busy, Stale):
                continue
            os.write(out, f"{value}\n".encode())


def run_trial(
    address: str, folder: Path, seconds: float, writers: int = WRITERS
) -> Outcome:
    """Let processes write and kill them, then compare.

    Args:
        address: of a database that is empty or migrated.
        folder: where the site of the trial may write.
        seconds: how long.
        writers: how many processes.
    """
    environ = {
        "MARKET_ENV": "test",
        "DATA_DIR": str(folder),
        "DATABASE_URL": address,
    }
    app = create_app(Config.from_env(environ))
    with app.app_context():
        upgrade()
        rows = []
        for number in range(writers):
            name = f"第{number}厂（示例）"
            rows.append(Organisation(name=name, name_key=key_of(name), kind="firm"))
        db.session.add_all(rows)
        persistence.commit()
        ids = [row.id for row in rows]
        db.session.remove()
        db.engine.dispose()
    books = {number: folder / f"book-{number}" for number in ids}
    kills = _write_and_kill(app, books, seconds)
    with app.app_context():
        outcome = _reckon(books, kills)
        db.session.remove()
        db.engine.dispose()
    return outcome


def _write_and_kill(app: Flask, books: dict[int, Path], seconds: float) -> int:
    """Keep one process a book writing, and kill one of them after the other; how many were killed."""
    fork = multiprocessing.get_context("fork")

    def begin(number: int) -> Any:
        process = fork.Process(
            target=write_for_ever, args=(app, number, books[number]), daemon=True
        )
        process.start()
        return process

    dice = random.Random()  # noqa: S311
    processes = {number: begin(number) for number in books}
    kills = 0
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            time.sleep(dice.uniform(*BETWEEN))
            number = dice.choice(list(processes))
            os.kill(processes[number].pid, signal.SIGKILL)
            processes[number].join()
            processes[number] = begin(number)
            kills += 1
    finally:
        for process in processes.values():
            process.kill()
            process.join()
    return kills + len(processes)


def _reckon(books: dict[int, Path], kills: int) -> Outcome:
    """Compare what was acknowledged, what the rows hold and what the audit says."""
    report = publishing.verify()
    problems = [*report.problems]
    positions = list(
        db.session.scalars(sa.select(Entry.position).order_by(Entry.position))
    )
    if positions != list(range(len(positions))):
        problems.append("the positions have a gap, or are there twice")
    acknowledged = 0
    entries = 0
    for number, book in books.items():
        values = book.read_text().splitlines() if book.exists() else []
        query = sa.select(Entry.text).where(
            Entry.kind == "organisation", Entry.thing == str(number)
        )
        changes = []
        for text in db.session.scalars(query.order_by(Entry.position)):
            for row in json.loads(text)["values"]["rows"]:
                changes.append((row["before"], row["after"]))
        # The first entry is of the row's beginning.
        written = [after["address"] for _, after in changes[1:]]
        before = [was["address"] for was, _ in changes[1:]]
        if before != ["", *written][: len(before)]:
            problems.append(
                f"row {number}: an entry does not begin where the last one ended"
            )
        if not set(values) <= set(written):
            problems.append(f"row {number}: an acknowledged write has no entry")
        row = db.session.get(Organisation, number)
        if row is None or row.address != ([""] + written)[-1]:
            problems.append(f"row {number}: it holds what no entry says")
        acknowledged += len(values)
        entries += len(written)
    return Outcome(kills, acknowledged, entries, problems)


def main() -> int:
    """Run it, and say what it came to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--writers", type=int, default=WRITERS)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-audit-") as name:
        folder = Path(name)
        address = given.database or f"sqlite:///{folder / 'market.db'}"
        outcome = run_trial(address, folder, given.seconds, given.writers)
    print(
        f"{given.writers} writers, {outcome.kills} kills: {outcome.acknowledged} acknowledged writes,"
        f" {outcome.entries} entries, {len(outcome.problems)} problems"
    )
    for problem in outcome.problems:
        print(f"  {problem}")
    if not outcome.acknowledged:
        print("  nothing was written")
    return int(bool(outcome.problems) or not outcome.acknowledged)


if __name__ == "__main__":
    sys.exit(main())
