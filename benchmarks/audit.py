"""How fast the audit appends and is verified, against a plain loop of SHA-256 in the same run; what it costs a write.

    python -m benchmarks.audit [--entries 1000000] [--database postgresql://…]

The peer reads the same rows and hashes each text once, and nothing else: no tree, no columns, no withheld values. It is
what a program can hardly do less than. Every second entry has a withheld address, as those of a site have.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from flask_migrate import upgrade
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from config import Config
from marketplace import create_app, persistence
from marketplace.audit import collecting, publishing
from marketplace.audit.appending import append_entries
from marketplace.audit.entries import Draft, Personal
from marketplace.extensions import db
from marketplace.organisations.models import Organisation, key_of

AT_ONCE = 1_000  # entries of one transaction
WRITES = 300


def draft_of(number: int) -> Draft:
    """An entry like that of a demand that is handed in."""
    row = {"row": ["demand", str(number)], "before": {"state": "draft"}}
    values = {"rows": [{**row, "after": {"state": "submitted"}}]}
    personal = []
    if number % 2:
        personal.append(Personal(number % 500, {"address": "203.0.113.9"}))
    return Draft(
        "demand.submit", "demand", str(number), number % 500, 7, values, personal
    )


def append_all(count: int) -> float:
    """Append entries, a thousand a transaction; seconds."""
    began = time.perf_counter()
    for begin in range(0, count, AT_ONCE):
        drafts = [draft_of(begin + number) for number in range(AT_ONCE)]
        with db.engine.begin() as connection:
            append_entries(connection, drafts)
    return time.perf_counter() - began


def hash_all() -> float:
    """The peer: read every text and hash it; seconds of a processor."""
    query = "select text, leaf from audit_entry order by position"
    began = time.process_time()
    with db.engine.connect() as connection:
        wrong = 0
        if connection.dialect.name == "sqlite":
            rows = connection.connection.driver_connection.execute(query)
        else:
            rows = connection.exec_driver_sql(
                query, execution_options={"stream_results": True}
            )
        for text, leaf in rows:
            wrong += hashlib.sha256(b"\x00" + text.encode()).digest() != leaf
        assert not wrong
    return time.process_time() - began


def time_writes(row: Organisation) -> list[float]:
    """Milliseconds of a processor for saving one row, as a deed does: other work on the machine does not count."""
    taken = []
    for number in range(WRITES):
        began = time.process_time()
        persistence.begin_write()
        assert row.name  # a deed reads its row first
        row.address = f"新路 {number} 号 {began}"
        persistence.commit()
        taken.append(1000 * (time.process_time() - began))
    return taken


def compare_writes() -> tuple[float, float]:
    """Median milliseconds of a save with the audit and without it, in turn."""
    row = Organisation(
        name="试验厂（示例）", name_key=key_of("试验厂（示例）"), kind="firm"
    )
    db.session.add(row)
    db.session.commit()
    listeners = [
        (Session, "before_flush", collecting._look_before),
        (Session, "after_flush", collecting._collect),
        (Session, "before_commit", collecting._write_entries),
        (Engine, "before_cursor_execute", collecting._note_statement),
    ]
    with_audit, without = [], []
    for _ in range(3):
        with_audit += time_writes(row)
        for target, name, listener in listeners:
            event.remove(target, name, listener)
        without += time_writes(row)
        for target, name, listener in listeners:
            event.listen(target, name, listener)
    return statistics.median(with_audit), statistics.median(without)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-audit-") as name:
        address = given.database or f"sqlite:///{Path(name) / 'market.db'}"
        environ = {"MARKET_ENV": "test", "DATA_DIR": name, "DATABASE_URL": address}
        app = create_app(Config.from_env(environ))
        with app.app_context():
            upgrade()
            with_audit, without = compare_writes()
            seconds = append_all(given.entries)
            count = db.session.scalar(sa.text("select count(*) from audit_entry"))
            db.session.remove()
            print(f"append    {given.entries / seconds:>10,.0f} entries/s")
            hash_all()
            peer = min(hash_all() for _ in range(2))
            verified = []
            for _ in range(2):
                began, cpu = time.perf_counter(), time.process_time()
                report = publishing.verify()
                verified.append(
                    (time.perf_counter() - began, time.process_time() - cpu)
                )
                assert report.is_sound
                assert report.size == count
            wall, cpu = min(verified)
            taken = f"{count:,} in {wall:.2f} s ({cpu:.2f} s of a processor)"
            print(f"verify    {count / wall:>10,.0f} rows/s   {taken}")
            print(f"peer      {count / peer:>10,.0f} rows/s   in {peer:.2f} s")
            print(f"a save    {with_audit:>10.2f} ms, {without:.2f} without the audit")
            began = time.perf_counter()
            publishing.sign_checkpoint()
            print(f"sign      {time.perf_counter() - began:>10.2f} s with verifying everything first")  # fmt: skip
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
