"""The work in the background: what each deed mends, who leads, what a failing deed costs, and how the process ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from marketplace.clock import today
from marketplace.contributions import Job
from marketplace.extensions import db
from marketplace.listings import background as listing_jobs
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.matchmaking import background as matcher_jobs
from marketplace.operation import background, runs
from search import Document, Query
from tests.factories import Factory
from tests.served import LIVE_SETTINGS

ROOT = Path(__file__).resolve().parents[3]


def copy_of(site: Flask) -> list[tuple[str, int, int]]:
    """What the index holds."""
    return list(site.extensions["search"].versions())


def truth() -> list[tuple[str, int, int]]:
    """What it should hold."""
    return sorted(
        (kind, row_id, revision)
        for kind, table in LISTINGS.items()
        for row_id, revision in db.session.execute(
            db.select(table.id, table.revision).where(table.state == "published")
        )
    )


@pytest.fixture
def three(stock: Factory) -> list[Achievement | Demand]:
    """Three published listings and a withdrawn one."""
    rows: list[Achievement | Demand] = [
        stock.achievement(),
        stock.demand(),
        stock.demand(),
    ]
    stock.demand(state="withdrawn")
    return rows


def lose_one(site: Flask, rows: list[Achievement | Demand]) -> None:
    site.extensions["search"].remove([(rows[0].kind, rows[0].id, rows[0].revision)])


def add_a_stranger(site: Flask, _rows: list[Achievement | Demand]) -> None:
    site.extensions["search"].put([Document("demand", 4711, 3, "不在数据库里", "")])


def resurrect(site: Flask, rows: list[Achievement | Demand]) -> None:
    withdrawn = rows[-1].id + 1
    site.extensions["search"].rebuild([Document("demand", withdrawn, 1, "已撤回", "")])


def lose_the_file(site: Flask, _rows: list[Achievement | Demand]) -> None:
    site.extensions["search"].close()
    for path in Path(site.config["DATA_DIR"]).glob("search.db*"):
        path.unlink()


def break_the_file(site: Flask, _rows: list[Achievement | Demand]) -> None:
    lose_the_file(site, _rows)
    (Path(site.config["DATA_DIR"]) / "search.db").write_bytes(b"no database" * 1000)


def come_from_a_newer_database(site: Flask, rows: list[Achievement | Demand]) -> None:
    """As after a restored backup: the index holds higher revisions than the database."""
    held = [Document(row.kind, row.id, row.revision + 9, "较新", "") for row in rows]
    site.extensions["search"].rebuild(held)


FAULTS = [lose_one, add_a_stranger, resurrect, lose_the_file, break_the_file]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_index_is_brought_back_in_step(
    site: Flask,
    three: list[Achievement | Demand],
    fault: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing_jobs, "SETTLING", 0.0)
    assert copy_of(site) == truth()

    fault(site, three)
    listing_jobs.sync_index()

    assert copy_of(site) == truth()


def test_a_rebuild_reads_no_older_view_than_its_index(
    site: Flask, three: list[Achievement | Demand]
) -> None:
    kind, row_id = three[0].kind, three[0].id

    def withdraw() -> None:
        with site.app_context():
            row = db.session.get_one(LISTINGS[kind], row_id)
            listing_deeds.withdraw(row, by=None, seen=row.revision)

    # What this session has read since is its view of the database; the job reads before it rebuilds.
    db.session.rollback()
    assert db.session.get_one(LISTINGS[kind], row_id).state == "published"
    with ThreadPoolExecutor(1) as other:
        other.submit(withdraw).result()
    upkeep.index_rebuild()
    db.session.rollback()

    assert (kind, row_id) not in [key[:2] for key in copy_of(site)]
    assert copy_of(site) == truth()


def test_versions_of_a_newer_database_are_found_by_the_comparison(
    site: Flask, three: list[Achievement | Demand]
) -> None:
    come_from_a_newer_database(site, three)

    outcome = listing_jobs.compare_index()

    assert "rebuilt" in outcome
    assert copy_of(site) == truth()
    assert listing_jobs.compare_index() == "no difference"


def test_the_database_learns_what_its_tables_hold(
    site: Flask, three: list[Achievement | Demand]
) -> None:
    known = {
        "sqlite": "select stat from sqlite_stat1 where tbl = :table",
        "postgresql": "select reltuples from pg_class where relname = :table",
    }[db.engine.dialect.name]

    listing_jobs.refresh_statistics()

    table = three[0].__table__
    counted = str(db.session.scalars(db.text(known), {"table": table.name}).first())
    assert float(counted.split()[0]) == db.session.scalar(
        db.select(db.func.count()).select_from(table)
    )


@pytest.mark.long
def test_what_waits_is_written(site: Flask, three: list[Achievement | Demand]) -> None:
    table = three[0].__table__
    db.session.execute(
        table.update().where(table.c.id == three[0].id).values(indexed_revision=0)
    )
    db.session.commit()
    site.extensions["search"].rebuild([])

    assert listing_jobs.sync_index().startswith("brought in step 1")
    assert copy_of(site) == truth()


def test_a_stand_in_follows_the_saves_of_other_hosts(
    own_database: str,
    new_site: Callable[..., Flask],
    site: Flask,
    three: list[Achievement | Demand],
) -> None:
    other = new_site(own_database, "other-host", SEARCH_URL="http://127.0.0.1:9/market")
    with other.app_context():
        outcomes = [listing_jobs.sync_fallback()]
        db.session.remove()
        listing_deeds.withdraw(
            db.session.get(Demand, three[1].id), by=None, seen=three[1].revision
        )
        with site.app_context():
            row = db.session.get(Demand, three[2].id)
            listing_deeds.save(row, {"note": "改过"}, by=None, seen=row.revision)
        db.session.remove()
        outcomes.append(listing_jobs.sync_fallback())
        held = list(other.extensions["search"].embedded.versions())
        expected = truth()

    assert outcomes == ["rebuilt with 3", "brought in step 1"]
    assert held == expected
    assert other.extensions["search"].find(Query("轴承")).degraded is True


def test_the_expired_leave_and_the_matchers_learn(
    site: Flask, three: list[Achievement | Demand]
) -> None:
    three[1].valid_until = today().replace(year=today().year - 1)
    db.session.commit()

    moved = [listing_jobs.expire_listings(), listing_jobs.expire_listings()]
    learnt = [
        matcher_jobs.fit_matchers(),
        matcher_jobs.fit_matchers(),
        matcher_jobs.fit_matchers(at_least=1),
    ]

    assert moved == ["expired 1", "expired 0"]
    assert "achievement fitted on 1" in learnt[0]
    assert learnt[1:] == ["fresh enough"] * 2
    assert copy_of(site) == truth()


def test_a_deed_that_fails_is_told_and_ends_nothing(site: Flask) -> None:
    def fails() -> str:
        raise RuntimeError("不行")

    with capture_logs() as lines:
        went_well = [
            background.run_job(site, "index", fails),
            background.run_job(site, "index", lambda: "好"),
            # Nothing was there to do: some jobs look every few seconds.
            background.run_job(site, "index", lambda: ""),
        ]

    assert went_well == [False, True, True]
    assert [(line["event"], line["job"]) for line in lines] == [
        ("job_failed", "index"),
        ("job_done", "index"),
    ]
    assert "不行" in lines[0]["reason"]


def test_there_is_one_leader_and_a_next_one(
    site: Flask, own_database: str, new_site: Callable[..., Flask]
) -> None:
    first, second = (
        background.Leadership(site),
        background.Leadership(new_site(own_database)),
    )
    try:
        assert [
            first.acquire(),
            second.acquire(),
            first.acquire(),
            second.acquire(),
        ] == [
            True,
            False,
            True,
            False,
        ]
        first.release()
        assert [second.acquire(), first.acquire()] == [True, False]
    finally:
        first.release()
        second.release()


def test_jobs_that_ask_at_once_are_all_led_by_one_lock(site: Flask) -> None:
    for _ in range(20):
        leadership = background.Leadership(site)
        with ThreadPoolExecutor(8, initializer=threading.Barrier(8).wait) as lanes:
            asked = [lanes.submit(leadership.acquire) for _ in range(8)]
        with site.app_context():
            try:
                assert [lane.result() for lane in asked] == [True] * 8
                assert leadership.is_taken()
            finally:
                leadership.release()
            # A server lets the lock go a moment after its connection was closed.
            until = time.monotonic() + 10
            while leadership.is_taken() and time.monotonic() < until:
                time.sleep(0.01)
            assert not leadership.is_taken()


def test_the_leader_of_another_site_is_not_this_one_s(
    site: Flask, new_site: Callable[..., Flask], empty_database: str
) -> None:
    """Two databases of one server, each with a site of its own."""
    other = background.Leadership(new_site(empty_database, "another-site"))
    own = background.Leadership(site)
    try:
        assert other.acquire()
        with site.app_context():
            assert not own.is_taken()
            assert own.acquire()
            assert own.is_taken()
    finally:
        own.release()
        other.release()


def test_a_leader_whose_connection_broke_is_one_no_longer(
    site: Flask, own_database: str, new_site: Callable[..., Flask]
) -> None:
    first, second = (
        background.Leadership(site),
        background.Leadership(new_site(own_database)),
    )
    assert first.acquire()
    if first._connection is None:
        first.release()
        pytest.skip("SQLite: the lock goes with the process")
    with second.app.app_context(), db.engine.connect() as connection:
        others = "pid <> pg_backend_pid() and datname = current_database()"
        end = f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"  # noqa: S608  our own words
        connection.execute(db.text(end))
    try:
        assert [second.acquire(), first.acquire()] == [True, False]
    finally:
        first.release()
        second.release()


def test_runs_of_a_host_that_leads_no_longer_are_forgotten(
    site: Flask, own_database: str, new_site: Callable[..., Flask]
) -> None:
    if own_database.startswith("sqlite:"):
        pytest.skip("SQLite: whoever leads has the same data folder")
    other = new_site(own_database, "other-host")
    first, next_to_it = background.Leadership(site), background.Leadership(site)
    second = background.Leadership(other)
    led = ["index", "expiry"]
    job = Job("index", lambda: "done", {"minutes": 1})

    def turn(host: Flask, leadership: background.Leadership) -> set[str]:
        background.run_if_leader(host, job, leadership, led)
        return set(runs.last_runs(host))

    try:
        assert turn(site, first) == {"index"}
        runs.record_run(site, "expiry", ok=False, seconds=1.0)
        runs.record_run(site, "matcher", ok=False, seconds=1.0)
        # Another process on the same data folder does not lead, and the runs are those of one that does.
        assert turn(site, next_to_it) == {"index", "expiry", "matcher"}
        assert turn(other, second) == set()
        first.release()
        # A server lets the lock go a moment after its connection was closed.
        until = time.monotonic() + 10
        while not second.acquire() and time.monotonic() < until:
            time.sleep(0.01)
        assert turn(other, second) == {"index"}
        # What every host does for itself is still watched.
        assert turn(site, first) == {"matcher"}
        assert turn(other, second) == {"index"}
    finally:
        for leadership in (first, next_to_it, second):
            leadership.release()


@pytest.mark.long
def test_the_process_does_its_work_and_ends_when_asked(
    site: Flask, three: list[Achievement | Demand], own_database: str
) -> None:
    add_a_stranger(site, three)
    runs.record_run(site, "renamed", ok=False, seconds=1.0)
    env = {
        **os.environ,
        "MARKET_ENV": "live",
        "SECRET_KEY": LIVE_SETTINGS["SECRET_KEY"],
        "PASSWORD_SALT": LIVE_SETTINGS["PASSWORD_SALT"],
        "AUDIT_KEY": LIVE_SETTINGS["AUDIT_KEY"],
        "SITE_HOST": "market.example",
        "MAIL_URL": LIVE_SETTINGS["MAIL_URL"],
        "DATA_DIR": str(site.config["DATA_DIR"]),
        "DATABASE_URL": own_database,
    }
    flask = Path(sys.executable).parent / "flask"
    process = subprocess.Popen(
        [flask, "jobs"], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(300):
            if copy_of(site) == truth():
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    lines = [json.loads(line) for line in errors.splitlines()]

    assert copy_of(site) == truth()
    assert process.returncode == 0
    found = runs.last_runs(site)
    assert "index" in found
    assert "renamed" not in found
    events = [line["event"] for line in lines]
    assert (
        events[-1] == "jobs_ended"
    )  # a job that ran when the signal came may end after jobs_ending
    assert {"leader", "jobs_began", "jobs_ending"} <= set(events)
