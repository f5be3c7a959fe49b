"""The embedded engine's file, damaged in every way while others have it open: always told, always built anew."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from search import Document, Query, SearchUnavailable
from search.embedded import FtsEngine

COUNT = 200


def listings() -> list[Document]:
    """Documents enough for two hundred pages of the file."""
    return [
        Document(
            kind="demand",
            id=number,
            version=1,
            title=f"深沟球轴承异音攻关 {number}",
            body=f"第 {number} 条：滚道超精研磨参数与振动的关系，工序 {number * 7}。"
            * 5,
            holder="轴承厂",
            audience=("public",),
        )
        for number in range(1, COUNT + 1)
    ]


def emptied(path: Path) -> None:
    with path.open("w"):
        pass


def deleted(path: Path) -> None:
    path.unlink()


def all_deleted(path: Path) -> None:
    for one in path.parent.glob("search.db*"):
        one.unlink()


def head_random(path: Path) -> None:
    overwrite(path, 0, 5000)


def middle_random(path: Path) -> None:
    size = path.stat().st_size
    overwrite(path, size // 3, size // 3)


def a_page_random(path: Path) -> None:
    overwrite(path, path.stat().st_size // 8192 * 4096, 4096)


def tail_random(path: Path) -> None:
    overwrite(path, path.stat().st_size - 9000, 9000)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_oddly(path: Path) -> None:
    os.truncate(path, 1000)


def foreign(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 another program's" * 400)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_text("of somebody")


def overwrite(path: Path, start: int, length: int) -> None:
    """Put random bytes into a file that stays the same file."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(3).randbytes(length))  # noqa: S311  dice


DAMAGE = [
    emptied,
    deleted,
    all_deleted,
    head_random,
    middle_random,
    a_page_random,
    tail_random,
    truncated,
    cut_oddly,
    foreign,
    a_folder,
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that was closed, for a copy each: building it takes half a second of processor."""
    path = tmp_path_factory.mktemp("sound") / "search.db"
    engine = FtsEngine(path)
    engine.rebuild(listings())
    with engine.file.writing() as (connection, _):
        pass
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.close()
    return path


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_damage_is_told_and_mended_whoever_has_the_file_open(
    tmp_path: Path, sound: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "search.db"
    shutil.copy(sound, path)
    web = FtsEngine(path, read_timeout=0.3, write_timeout=0.5)
    jobs = FtsEngine(path, read_timeout=0.3, write_timeout=0.5)
    for engine in (web, jobs):
        assert engine.find(Query("轴承")).total == COUNT
    # What a long-lived site has moved into the file itself.
    with web.file.writing() as (connection, _):
        pass
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    damage(path)

    for number in range(30):
        with suppress(SearchUnavailable):
            web.find(Query(f"滚道 {number}"))
        with suppress(SearchUnavailable):
            web.suggest("深沟", ["public"])
        with suppress(SearchUnavailable):
            list(web.versions())
    with suppress(SearchUnavailable):
        web.put([listings()[0]])
    is_told = not jobs.check()
    try:
        is_told = is_told or not jobs.state()["current"]
    except SearchUnavailable:
        is_told = True

    # One page may hold nothing but the text of a document, of which SQLite has no check sum.
    assert is_told or damage is a_page_random
    assert jobs.rebuild(listings()) == COUNT
    for engine in (web, jobs):
        assert engine.find(Query("轴承")).total == COUNT
        assert engine.state()["current"]
        assert engine.check()
    web.put([listings()[3]])
    assert len(list(tmp_path.glob("search.db.broken-*"))) <= 3
    for engine in (web, jobs):
        engine.close()


def test_a_sound_file_is_not_set_aside(tmp_path: Path, sound: Path) -> None:
    shutil.copy(sound, tmp_path / "search.db")
    engine = FtsEngine(tmp_path / "search.db")
    before = os.stat(engine.path).st_ino

    engine.rebuild(listings())

    assert os.stat(engine.path).st_ino == before
    assert not list(tmp_path.glob("*.broken-*"))
    engine.close()


def test_set_aside_files_do_not_pile_up(tmp_path: Path) -> None:
    engine = FtsEngine(tmp_path / "search.db")
    for damage in (head_random, a_folder, truncated, a_folder):
        engine.rebuild(listings())
        engine.close()
        damage(engine.path)
    engine.rebuild(listings())

    assert len(list(tmp_path.glob("search.db.broken-*"))) <= 3
    assert engine.find(Query("轴承")).total == COUNT
    engine.close()
    shutil.rmtree(tmp_path)
