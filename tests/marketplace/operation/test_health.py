"""/readyz and /metrics: what they say of each part, and to whom."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask_migrate import downgrade

from marketplace import contributions
from marketplace.accounts import sessions
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify
from marketplace.notices.models import Notice
from marketplace.operation import background, health, runs
from tests.factories import Factory
from tests.served import LIVE_SETTINGS

TOKEN = "a-token-of-some-length"


@pytest.fixture(autouse=True)
def _looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CACHE_SECONDS", -1.0)


def states(site: Flask) -> dict[str, str]:
    """The verdict and the state of each part."""
    found = site.test_client().get("/readyz").json
    return {
        name: part if name == "status" else part["state"]
        for name, part in found.items()
    }


def test_a_fresh_site_is_ready_as_soon_as_matchers_and_jobs_are(
    site: Flask, stock: Factory
) -> None:
    assert states(site) == {
        "status": "degraded",
        "database": "ok",
        "search": "ok",
        "matcher": "missing",
        "jobs": "missing",
        "backup": "none",
        "disk": "ok",
    }

    stock.demand()
    site.extensions["matchers"].fit()
    background.run_job(site, "index", lambda: "done")
    leadership = background.Leadership(site)
    assert leadership.acquire()

    found = site.test_client().get("/readyz")
    leadership.release()
    assert found.status_code == 200
    assert found.json["status"] == "ready"
    for name in ("database", "search", "matcher", "jobs"):
        assert found.json[name]["age"] >= 0
    assert (
        found.json["database"]["not_indexed"],
        found.json["search"]["documents"],
    ) == (0, 1)


def test_a_row_that_waits_for_the_index_is_counted(site: Flask, stock: Factory) -> None:
    stock.demand()
    # None of these has a copy that could be old.
    for state in ("draft", "submitted"):
        stock.demand(state=state)
    stock.achievement(state="at_desk", owner=stock.organisation(kind="institute"))
    for table in LISTINGS.values():
        db.session.execute(db.update(table).values(indexed_revision=0))
    db.session.commit()

    assert site.test_client().get("/readyz").json["database"]["not_indexed"] == 1


def test_a_lost_index_is_away_and_the_site_still_ready_to_serve(site: Flask) -> None:
    site.extensions["search"].close()
    for path in Path(site.config["DATA_DIR"]).glob("search.db*"):
        path.unlink()

    answer = site.test_client().get("/readyz")

    assert (answer.status_code, answer.json["search"]["state"]) == (200, "away")


def test_a_cluster_that_is_away_is_a_degraded_search(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    site = new_site(empty_database, SEARCH_URL="http://127.0.0.1:9/market")
    site.extensions["search"].embedded.rebuild([])

    assert states(site)["search"] == "degraded"


def test_waiting_migrations_are_told(site: Flask) -> None:
    with site.app_context():
        assert states(site)["database"] == "ok"
        # What was read holds its tables until the transaction ends.
        db.session.rollback()
        downgrade(revision="base")

    assert (
        states(site)["database"] == "away"
    )  # no version at all: nothing could be answered


def test_without_a_database_nothing_is_ready(new_site: Callable[..., Flask]) -> None:
    site = new_site("sqlite:////nowhere/at/all.db")

    answer = site.test_client().get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (503, "away")
    assert answer.headers["Retry-After"]
    assert site.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/search?q=轴承", "/achievements/1", "/mine", "/login", "/nowhere"]
)
def test_without_a_database_a_page_asks_to_come_back(
    new_site: Callable[..., Flask], path: str
) -> None:
    site = new_site("sqlite:////nowhere/at/all.db")
    reader = site.test_client()
    with reader.session_transaction() as cookie:
        cookie.update({"_user_id": "somebody", sessions.TOKEN: "something"})

    answer = reader.get(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "数据库" in answer.get_data(as_text=True)


def test_a_database_that_goes_after_the_answer_was_made_does_not_spoil_it(
    site: Flask,
) -> None:
    with (
        site.app_context()
    ):  # each request below has a context of its own, which ends with it
        row = Factory(db.session).demand()
        path, title = f"/demands/{row.id}", row.title

    @site.after_request
    def gone(response: Response) -> Response:
        db.session.connection().connection.dbapi_connection.close()
        return response

    answers = [site.test_client().get(path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert title in answers[1].get_data(as_text=True)


@pytest.mark.parametrize(
    ("settings", "headers", "address", "status"),
    [
        ({}, {}, "127.0.0.1", 200),  # a demo, asked from its own machine
        ({}, {}, "10.0.0.7", 404),
        (
            {},
            {"X-Forwarded-For": "10.0.0.7"},
            "127.0.0.1",
            404,
        ),  # a proxy nobody has told us of
        (
            {"TRUSTED_PROXIES": "1"},
            {"X-Forwarded-For": "198.51.100.7"},
            "127.0.0.1",
            404,
        ),
        ({"METRICS_FROM": ""}, {}, "127.0.0.1", 404),
        ({"METRICS_FROM": "10.0.0.0/8"}, {}, "10.0.0.7", 200),
        (
            {"METRICS_FROM": "", "METRICS_TOKEN": TOKEN},
            {"Authorization": f"Bearer {TOKEN}"},
            "198.51.100.7",
            200,
        ),
        (
            {"METRICS_FROM": "", "METRICS_TOKEN": TOKEN},
            {"Authorization": f"Bearer {TOKEN}x"},
            "198.51.100.7",
            404,
        ),
        (
            {"METRICS_FROM": "", "METRICS_TOKEN": TOKEN},
            {"Authorization": "Bearer "},
            "198.51.100.7",
            404,
        ),
        ({"METRICS_FROM": ""}, {"Authorization": "Bearer "}, "198.51.100.7", 404),
    ],
)
def test_who_reads_the_figures(
    empty_database: str,
    new_site: Callable[..., Flask],
    settings: dict[str, str],
    headers: dict[str, str],
    address: str,
    status: int,
) -> None:
    reader = new_site(empty_database, **settings).test_client()

    answer = reader.get(
        "/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}
    )

    assert answer.status_code == status
    assert (b"market_part_ok" in answer.data) == (status == 200)


def test_a_live_site_shows_its_figures_to_nobody_unasked(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    secrets = {
        "SECRET_KEY": LIVE_SETTINGS["SECRET_KEY"],
        "PASSWORD_SALT": LIVE_SETTINGS["PASSWORD_SALT"],
        "AUDIT_KEY": LIVE_SETTINGS["AUDIT_KEY"],
        "SITE_HOST": "market.example",
        "MAIL_URL": LIVE_SETTINGS["MAIL_URL"],
        "MARKET_ENV": "live",
    }
    reader = new_site(empty_database, **secrets).test_client()

    assert reader.get("/metrics").status_code == 404
    assert reader.get("/readyz").status_code in (
        200,
        503,
    )  # and no way round by HTTPS for a probe


def test_figures_are_counted_by_endpoint_and_never_by_address(site: Flask) -> None:
    reader = site.test_client()
    reader.get("/search?q=甲")
    reader.get("/achievements/4711")
    reader.get("/healthz")

    text = reader.get("/metrics").get_data(as_text=True)

    assert 'endpoint="catalogue.search"' in text
    assert 'endpoint="listings.achievement"' in text
    assert 'market_part_ok{part="database"} 1.0' in text
    # Figures may hold any digits, the moment of a start above all.
    labels = "".join(re.findall(r"\{.*\}", text))
    assert "4711" not in labels
    assert "healthz" not in labels


@pytest.mark.parametrize("how", ["flipped", "cut", "gone", "other stamps", "no name"])
def test_a_damaged_artefact_is_told_until_it_is_built_anew(
    site: Flask, stock: Factory, how: str
) -> None:
    stock.demand()
    matchers = site.extensions["matchers"]
    matchers.fit()
    assert states(site)["matcher"] == "ok"
    folder = matchers.folder / "demand"
    current = folder / (folder / "current").read_text()
    path = next(current.rglob("words-by_term.npy"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4

    if how == "flipped":
        path.write_bytes(content)
    elif how == "cut":
        path.write_bytes(content[:-8])
    elif how == "gone":
        shutil.rmtree(current)
    elif how == "other stamps":
        (current / "stamps").write_bytes(b"none of ours")
    else:
        (folder / "current").unlink()
    damaged = states(site)["matcher"]
    matchers.fit()

    assert damaged == ("missing" if how == "no name" else "damaged")
    assert states(site)["matcher"] == "ok"


# -- work in the background, backups, disk --------------------------------------------------------------------------


def part(site: Flask, name: str) -> dict[str, Any]:
    """What /readyz says of one part."""
    found: dict[str, Any] = site.test_client().get("/readyz").json[name]
    return found


@pytest.fixture
def leading(site: Flask) -> Iterator[background.Leadership]:
    """A process that has become the leader of the site."""
    leadership = background.Leadership(site)
    assert leadership.acquire()
    yield leadership
    leadership.release()


def test_without_a_leader_the_work_in_the_background_is_missing(site: Flask) -> None:
    background.run_job(site, "index", lambda: "done")

    found = part(site, "jobs")

    assert (found["state"], found["leader"], found["failed"]) == ("missing", False, [])
    assert 0 <= found["age"] < 60


def test_a_leader_whose_jobs_go_well(
    site: Flask, leading: background.Leadership
) -> None:
    silent = part(site, "jobs")
    background.run_job(site, "index", lambda: "done")
    working = part(site, "jobs")
    leading.release()
    gone = part(site, "jobs")

    states = [found["state"] for found in (silent, working, gone)]
    assert states == ["missing", "ok", "missing"]
    assert leading.acquire()  # looking at the lock has not kept it


def test_a_job_that_failed_is_named_until_it_goes_well(
    site: Flask, leading: background.Leadership
) -> None:
    background.run_job(site, "index", lambda: "done")
    background.run_job(site, "expiry", lambda: 1 / 0)
    failing = part(site, "jobs")
    background.run_job(site, "expiry", lambda: "done")

    assert (failing["state"], failing["failed"]) == ("failing", ["expiry"])
    assert part(site, "jobs")["state"] == "ok"


def test_a_job_that_is_gone_is_not_failing_for_ever(
    site: Flask, leading: background.Leadership
) -> None:
    background.run_job(site, "index", lambda: "done")
    background.run_job(site, "renamed", lambda: 1 / 0)
    background.run_job(site, "expiry", lambda: 1 / 0)
    with site.app_context():
        jobs = contributions.jobs()
    before = part(site, "jobs")["failed"]

    runs.forget_unknown_runs(site, jobs)

    # One that is still there stays failing.
    assert before == ["expiry", "renamed"]
    assert part(site, "jobs")["failed"] == ["expiry"]
    background.run_job(site, "expiry", lambda: "done")
    # Made by hand or by another process on this folder.
    background.run_job(site, "backup", lambda: "done")
    runs.forget_unknown_runs(site, jobs)
    assert part(site, "jobs")["state"] == part(site, "backup")["state"] == "ok"
    checked = site.test_cli_runner().invoke(args=["jobs", "--check"])
    assert checked.exit_code == 0, checked.output


def test_jobs_that_have_been_silent_are_missing(
    site: Flask, leading: background.Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    background.run_job(site, "index", lambda: "done")
    monkeypatch.setattr(health, "JOBS_SILENT", -1.0)

    assert part(site, "jobs")["state"] == "missing"


def test_the_age_of_the_last_good_backup(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = part(site, "backup")
    with site.app_context():
        result = site.test_cli_runner().invoke(
            args=["backup", str(tmp_path / "b.tar.gz")]
        )
    made = part(site, "backup")
    background.run_job(site, "backup", lambda: 1 / 0)
    failed = part(site, "backup")
    background.run_job(site, "backup", lambda: "done")
    monkeypatch.setattr(health, "BACKUP_OLD", -1.0)
    old = part(site, "backup")

    assert result.exit_code == 0, result.output
    states = [found["state"] for found in (never, made, failed, old)]
    assert states == ["none", "ok", "failing", "old"]
    assert never["age"] is None
    assert failed["age"] >= made["age"] >= 0


def test_a_disk_that_fills_is_low_before_it_is_full(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = part(site, "disk")
    monkeypatch.setattr(health, "DISK_LOW", 2**63)

    assert now["free_bytes"] == pytest.approx(
        shutil.disk_usage(site.config["DATA_DIR"]).free, rel=0.5
    )
    assert part(site, "disk")["state"] == "low"


def test_the_same_as_figures(site: Flask, leading: background.Leadership) -> None:
    background.run_job(site, "index", lambda: "done")
    background.run_job(site, "backup", lambda: 1 / 0)

    text = site.test_client().get("/metrics").text

    for line in (
        "market_jobs_leader 1.0",
        'market_job_ok{job="index"} 1.0',
        'market_job_ok{job="backup"} 0.0',
        'market_part_ok{part="backup"} 0.0',
        'market_part_ok{part="jobs"} 0.0',
        'market_job_age_seconds{job="index"}',
        "market_disk_free_bytes",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("settings", "headers", "address", "whole"),
    [
        ({}, {}, "127.0.0.1", True),
        ({}, {}, "10.0.0.7", False),
        ({"METRICS_FROM": ""}, {}, "127.0.0.1", True),
        ({"METRICS_FROM": "10.0.0.0/8"}, {}, "10.0.0.7", True),
        ({}, {"X-Forwarded-For": "10.0.0.7"}, "127.0.0.1", False),
        (
            {"TRUSTED_PROXIES": "1"},
            {"X-Forwarded-For": "198.51.100.7"},
            "127.0.0.1",
            False,
        ),
        (
            {"METRICS_TOKEN": TOKEN},
            {"Authorization": f"Bearer {TOKEN}"},
            "10.0.0.7",
            True,
        ),
    ],
)
def test_outsiders_read_the_verdict_alone(
    own_database: str,
    new_site: Callable[..., Flask],
    settings: dict[str, str],
    headers: dict[str, str],
    address: str,
    whole: bool,
) -> None:
    reader = new_site(own_database, **settings).test_client()

    answer = reader.get(
        "/readyz", headers=headers, environ_base={"REMOTE_ADDR": address}
    )

    assert answer.json["status"] == "degraded"
    assert (len(answer.json) > 1) == whole


def test_mail_that_waits_and_mail_that_failed_are_figures(
    site: Flask, stock: Factory
) -> None:
    for key, address in (("good", "wang@demo.example"), ("none", "nobody")):
        notify(
            "listing.decided", Recipient(address), key=key, subject=key, happened=key
        )
    (waiting,) = db.session.scalars(db.select(Notice).where(Notice.state == "queued"))
    waiting.not_before = now() - timedelta(minutes=7)
    db.session.commit()

    text = site.test_client().get("/metrics").text

    assert 'market_mails{state="failed"} 1.0' in text
    assert 'market_mails{state="queued"} 1.0' in text
    found = re.search(r"^market_mail_due_seconds ([0-9.]+)$", text, re.M)
    assert found is not None
    assert 420 <= float(found[1]) < 900
