"""The counters of the rate limits: exact between processes, forgotten in time, and no reason to stop a site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from marketplace import limits
from marketplace.accounts import tries
from marketplace.counters import SharedCounters, own_folder
from marketplace.extensions import db
from tests.forked import start_child, wait_for


@pytest.fixture
def counters(tmp_path: Path) -> SharedCounters:
    return SharedCounters(f"shared://{tmp_path / 'own' / 'limits.db'}")


def test_a_window_begins_with_its_first_count_and_ends(
    counters: SharedCounters,
) -> None:
    counts = [counters.incr("one", 0.5) for _ in range(3)]
    ends = counters.get_expiry("one")
    time.sleep(0.6)

    assert counts == [1, 2, 3]
    assert ends - time.time() <= 0
    assert counters.get("one") == 0
    assert counters.incr("one", 0.5, amount=4) == 4


def test_keys_are_counted_apart_and_forgotten(counters: SharedCounters) -> None:
    counters.incr("one", 60)
    counters.incr("two", 60)
    counters.clear("one")

    assert (counters.get("one"), counters.get("two")) == (0, 1)
    assert counters.reset() == 1
    assert counters.get("two") == 0
    assert counters.check()


def test_processes_count_together(counters: SharedCounters) -> None:
    def count() -> None:
        own = SharedCounters(f"shared://{counters.path}")
        for _ in range(500):
            own.incr("one", 60)

    children = [start_child(count) for _ in range(3)]

    assert [wait_for(child) for child in children] == [0, 0, 0]
    assert counters.get("one") == 1500


def test_a_child_opens_its_own(counters: SharedCounters) -> None:
    counters.incr("one", 60)

    assert wait_for(start_child(lambda: counters.incr("one", 60))) == 0
    assert counters.get("one") == 2


def test_a_lost_file_is_made_anew(counters: SharedCounters) -> None:
    counters.incr("one", 60)
    counters.path.unlink()

    assert counters.incr("one", 60) == 1


def test_only_an_own_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")

    own_folder(tmp_path / "own")
    with pytest.raises(OSError, match="somebody else"):
        own_folder(tmp_path / "link")

    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


class Limited(Config):
    """Test settings with the rate limits of a real site."""

    def flask_settings(self) -> dict[str, Any]:
        return super().flask_settings() | {"RATELIMIT_ENABLED": True}


@pytest.fixture
def limited(
    tmp_path: Path, build_site: Callable[..., Flask], limiter_restored: None
) -> Iterator[Flask]:
    """A site that limits."""
    site = build_site(tmp_path, Limited)
    yield site
    with site.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("path", "most", "most_of_address"),
    [("/search", 120, 600), ("/demands/1/matches", 60, 300)],
)
def test_pages_that_cost_much_have_a_limit(
    path: str, most: int, most_of_address: int, limited: Flask
) -> None:
    known, others = limited.test_client(), limited.test_client()
    with known.session_transaction() as session:
        session[limits.BROWSER] = "one browser"
    codes = [known.get(path).status_code for _ in range(most + 1)]
    # Many people share an address: those whom nobody can tell apart have its limit together.
    rest = [others.get(path).status_code for _ in range(most_of_address - most + 1)]

    assert 429 not in codes[:most]
    assert codes[most] == 429
    assert 429 not in rest[:-1]
    assert rest[-1] == 429
    assert known.get("/").status_code == 200


def test_a_storage_that_fails_stops_no_page(
    limited: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SharedCounters, "_connect", fail)
    client = limited.test_client()

    assert client.get("/search").status_code != 500
    # Each process counts by itself until the storage is back.
    one = {"email": "a@b.example", "password": "not-the-one-2026"}
    most = int(tries.OF_BOTH.split(" ")[0])
    codes = [client.post("/login", data=one).status_code for _ in range(most + 1)]
    assert (429 in codes[:most], codes[most]) == (False, 429)
