"""A disk without room and a database that may only be read: reading goes on, saving says what is so.

The whole site on a real full disk is tried by `make chaos` (`tests/chaos/disk.py`), which may mount one.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.mmap_dict import MmapedDict
from sqlalchemy import event

from marketplace import persistence
from marketplace.extensions import db
from marketplace.operation import health
from marketplace.operation.figures import ReservedDict
from search.sqlite import FrozenConnection, connect_file
from tests.factories import Factory
from tests.forked import start_child, wait_for
from tests.marketplace.desk.pressing import filled
from tests.marketplace.operation.test_two_at_once import browser_of, save

CANNOT_SAVE = "现在不能保存，可以看"
PAGES = ("/", "/search?q=轴承", "/trial", "/login", "/algorithm", "/sitemap.xml")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user of this machine may enter, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="market-readonly-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def without_writing(folder: Path) -> Iterator[None]:
    """Be somebody who may read all below a folder and write nothing of it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def written_file(path: Path, *, leave_log: bool = False) -> Path:
    """A database in WAL mode with one row; as it lies there after a crash where its log is to stay."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word)")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO words VALUES ('轴承')")
        connection.commit()
        if leave_log:
            copies = []
            for suffix in ("", "-wal", "-shm"):
                source = path.with_name(path.name + suffix)
                copies.append((source, source.read_bytes()))
    if leave_log:
        for target, content in copies:
            target.write_bytes(content)
    return path


@pytest.mark.parametrize("leave_log", [False, True], ids=["closed", "after a crash"])
def test_a_file_that_may_only_be_read_is_read(
    open_folder: Path, leave_log: bool
) -> None:
    path = written_file(open_folder / "a b%.db", leave_log=leave_log)

    with (
        without_writing(open_folder),
        closing(connect_file(path, create=True)) as connection,
    ):
        rows = connection.execute("SELECT word FROM words").fetchall()
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("INSERT INTO words VALUES ('齿轮')")

    assert rows == [("轴承",)]
    assert persistence.why_unwritable(refused.value) == "readonly"


def test_a_log_that_cannot_be_read_is_not_passed_over(open_folder: Path) -> None:
    path = written_file(open_folder / "some.db", leave_log=True)
    path.with_name("some.db-shm").unlink()

    # What was committed to the log alone would be missing from an answer.
    with without_writing(open_folder), pytest.raises(sqlite3.OperationalError):
        connect_file(path, create=True)


def test_a_missing_file_is_made_or_refused(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect_file(tmp_path / "none.db", create=False)
    connect_file(tmp_path / "none.db", create=True).close()

    assert (tmp_path / "none.db").exists()


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="a file of SQLite")
def test_a_database_of_somebody_else_is_read_and_the_page_says_why(
    open_folder: Path, own_database: str, new_site: Callable[..., Flask]
) -> None:
    place = open_folder / "data"
    place.mkdir()
    shutil.copy(own_database.removeprefix("sqlite:///"), place / "market.db")
    address = f"sqlite:///{place / 'market.db'}"
    site = new_site(address, DATA_DIR=str(place))
    site.extensions["search"].rebuild([])
    reader = site.test_client()
    with site.app_context():
        factory = Factory(db.session)
        path = f"/demands/{factory.demand().id}"
        writer = factory.person("firm", factory.organisation())
        person = browser_of(site, writer)

    # Modules that pages import late are read as ourselves, for a Python of root's own may be closed to others.
    warm = [reader.get(page).status_code for page in (*PAGES, path)]
    assert set(warm) == {200}
    with site.app_context():
        site.extensions["search"].close()
        db.session.remove()
        db.engine.dispose()

    with without_writing(place):
        answers = {page: reader.get(page).status_code for page in (*PAGES, path)}
        state = reader.get("/readyz").json["database"]["state"]
        with site.app_context():
            frozen = db.session.connection().connection.driver_connection
            assert isinstance(frozen, FrozenConnection)
        saved = save(person, "/mine/demand/new", title="一条新需求")
    afterwards = person.get("/mine/demand/new")

    assert set(answers.values()) == {200}, answers
    assert state == "readonly"
    assert saved.status_code == 503
    assert CANNOT_SAVE in saved.text
    assert "只能读、不能写" in saved.text
    assert afterwards.status_code == 200
    with site.app_context():
        owned = db.session.connection().connection.driver_connection
        assert not isinstance(owned, FrozenConnection)


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="SQLite's own limit")
def test_a_full_database_says_so_and_saves_again_later(
    site: Flask, stock: Factory
) -> None:
    reader = browser_of(site, stock.person("firm", stock.organisation()))
    text = {"title": "满盘时写的需求", "problem": "说明" * 900}
    form = filled(reader.get("/mine/demand/new").text, deed="save", **text)
    limits = iter([1, 1, 1_000_000])

    # SQLite refuses to grow the file with the very error of a full disk.
    @event.listens_for(db.engine, "begin", insert=True)
    def limit(connection: object) -> None:
        pages = next(limits, 1_000_000)
        connection.connection.driver_connection.execute(  # type: ignore[attr-defined]
            f"PRAGMA max_page_count = {pages}"
        )

    full = reader.post("/mine/demand/new", data=form)
    reading = reader.get("/mine")
    later = reader.post("/mine/demand/new", data=form)

    assert (full.status_code, reading.status_code, later.status_code) == (503, 200, 303)
    assert CANNOT_SAVE in full.text
    assert "磁盘满了" in full.text
    assert full.headers["Retry-After"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "readonly"),
        (OSError(errno.ENOENT, "No such file or directory"), ""),
        (ValueError("database or disk is full"), ""),
        (None, ""),
    ],
)
def test_why_nothing_can_be_written(error: Exception | None, reason: str) -> None:
    assert persistence.why_unwritable(error) == reason


def test_a_disk_without_room_is_full(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CACHE_SECONDS", -1.0)
    monkeypatch.setattr(health, "DISK_FULL", 2**62)

    found = site.test_client().get("/readyz").json

    assert found["disk"]["state"] == "full"
    assert found["status"] == "degraded"


@pytest.mark.parametrize(
    ("limit", "count"),
    [(1000, 5), (1 << 20, 5), (1 << 20, 20_000)],
    ids=["no room at all", "room enough", "no room to grow"],
)
def test_figures_without_room_do_not_kill(
    tmp_path: Path, limit: int, count: int
) -> None:
    def count_in_a_small_file() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        figures = ReservedDict(str(tmp_path / "counter_1.db"))
        for number in range(count):
            figures.write_value(f"figure {number} " + "x" * 200, number, 0.0)
        read = [value for _, value, _ in figures.read_all_values()]
        assert read == list(range(count))

    assert wait_for(start_child(count_in_a_small_file)) == 0


def test_the_library_reads_what_was_written_with_room(tmp_path: Path) -> None:
    path = str(tmp_path / "counter_1.db")
    figures = ReservedDict(path)
    for number in range(9000):
        figures.write_value(f"figure {number} " + "甲" * 50, float(number), 0.0)
    figures.close()

    read = {value for _, value, _, _ in MmapedDict.read_all_values_from_file(path)}

    assert read == set(map(float, range(9000)))
    assert os.stat(path).st_blocks * 512 >= os.stat(path).st_size
