"""The embedded engine's file: missing, broken, locked, replaced, shared by processes and threads."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search import Document, Query, SearchError, SearchUnavailable, open_engine
from search.analysis import AnalyzedText
from search.embedded import FtsEngine
from search.embedded.rows import put_document
from search.embedded.tables import bump_counter
from search.schema import K1, TERM_SCORE, B, inverse_document_frequency


def listing(number: int, version: int = 1, title: str = "轴承") -> Document:
    return Document("demand", number, version, title, "正文")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "search.db"


@pytest.fixture
def engine(path: Path) -> Iterator[FtsEngine]:
    engine = FtsEngine(path, read_timeout=0.2, write_timeout=0.2)
    yield engine
    engine.close()


def test_a_missing_file_is_no_empty_answer_and_reading_does_not_make_one(
    engine: FtsEngine, path: Path
) -> None:
    for ask in (lambda: engine.find(Query("轴承")), engine.state, engine.versions):
        with pytest.raises(SearchUnavailable):
            ask()
    assert not path.exists()
    assert engine.put([listing(1)]) == 1
    assert engine.find(Query("轴承")).total == 1


def test_an_empty_file_is_no_empty_answer(engine: FtsEngine, path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(SearchUnavailable):
        engine.find(Query())


@pytest.mark.parametrize(
    "rubbish", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_broken_file_is_reported_and_a_rebuild_replaces_it(
    engine: FtsEngine, path: Path, rubbish: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(rubbish)
    with pytest.raises(SearchUnavailable):
        engine.find(Query())
    with pytest.raises(SearchUnavailable):
        engine.put([listing(1)])
    assert engine.rebuild([listing(2)]) == 1
    assert [hit.id for hit in engine.find(Query("轴承")).hits] == [2]
    assert list(path.parent.glob("search.db.broken-*"))


def test_a_file_damaged_in_the_middle_is_reported(
    engine: FtsEngine, path: Path
) -> None:
    engine.put([Document("demand", n, 1, f"轴承{n}", "正文" * 200) for n in range(300)])
    engine.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (size - 4096))
    with pytest.raises(SearchUnavailable):
        engine.find(Query("轴承"))


def test_a_locked_file_is_reported_within_the_timeout(
    engine: FtsEngine, path: Path
) -> None:
    engine.put([listing(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SearchUnavailable, match="locked"):
        engine.put([listing(2)])
    assert engine.find(Query("轴承")).total == 1  # readers do not mind a writer
    other.execute("ROLLBACK")
    assert engine.put([listing(2)]) == 1
    other.close()


def test_an_exclusive_lock_is_reported(engine: FtsEngine, path: Path) -> None:
    engine.put([listing(1)])
    engine.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE head SET counter = counter")
    with pytest.raises(SearchUnavailable):
        engine.find(Query("轴承"))
    other.close()
    assert engine.find(Query("轴承")).total == 1


def test_a_deleted_or_replaced_file_is_not_read_on(
    engine: FtsEngine, path: Path
) -> None:
    engine.put([listing(1)])
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with pytest.raises(SearchUnavailable):
        engine.find(Query())
    other = FtsEngine(path)
    other.put([listing(7)])
    assert [hit.id for hit in engine.find(Query()).hits] == [7]
    other.close()


def test_tables_of_another_layout_are_rebuilt(engine: FtsEngine, path: Path) -> None:
    engine.put([listing(1)])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SearchUnavailable, match="rebuilt"):
        engine.find(Query())
    assert engine.rebuild([listing(2)]) == 1
    assert engine.find(Query()).total == 1


def test_words_of_another_version_are_noticed_and_still_removed_clean(
    engine: FtsEngine, path: Path
) -> None:
    engine.put([listing(2)])
    with engine.file.writing() as (
        connection,
        head,
    ):  # as a version with other words would have stored it
        older = AnalyzedText(("轴", "承", "轴承"), "轴承", "正文")
        bump_counter(
            connection,
            head.counter + 1,
            [
                put_document(
                    connection, head.tables, listing(1), older, head.counter + 1
                )
            ],
        )
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE head SET version = 'older'")
    connection.close()
    assert engine.state()["current"] is False
    assert {hit.id for hit in engine.find(Query("轴承")).hits} == {1, 2}
    engine.put([listing(1, 2, "阿胶")])
    assert [hit.id for hit in engine.find(Query("轴承")).hits] == [2]
    assert [hit.id for hit in engine.find(Query("轴")).hits] == [2]
    engine.rebuild([listing(1, 2)])
    assert engine.state()["current"] is True


def test_one_rebuild_at_a_time(engine: FtsEngine, path: Path) -> None:
    other = FtsEngine(path)

    def handed_in() -> Iterator[Document]:
        with pytest.raises(SearchError, match="already"):
            other.rebuild([])
        yield listing(1)

    assert engine.rebuild(handed_in()) == 1
    assert other.rebuild([listing(1), listing(2)]) == 2
    other.close()


def test_old_tables_are_swept(engine: FtsEngine, path: Path) -> None:
    for _ in range(3):
        engine.rebuild([listing(1)])
    with sqlite3.connect(path) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE name GLOB 'docs_[0-9]*'"
            )
        ]
    connection.close()
    tables = [name for name in names if not name.endswith("_changed")]
    assert len(tables) == 1


def test_threads_share_one_engine(engine: FtsEngine) -> None:
    engine.put([listing(n) for n in range(50)])

    def ask(_: int) -> int:
        return engine.find(Query("轴承")).total

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(80))) == {50}


def test_processes_share_one_file_and_an_engine_survives_fork(
    engine: FtsEngine,
) -> None:
    engine.put([listing(1)])
    assert engine.find(Query("轴承")).total == 1
    child = os.fork()
    if child == 0:  # pragma: no cover  another process
        try:
            good = (
                engine.find(Query("轴承")).total == 1 and engine.put([listing(2)]) == 1
            )
            os._exit(0 if good else 1)
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert engine.find(Query("轴承")).total == 2
    assert engine.put([listing(3)]) == 1
    with sqlite3.connect(engine.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_the_index_and_the_columns_agree_after_many_changes(engine: FtsEngine) -> None:
    for version in range(1, 6):
        engine.put(
            [
                listing(n, version, "轴承" if (n + version) % 2 else "阿胶")
                for n in range(40)
            ]
        )
        engine.remove([("demand", n, version) for n in range(0, 40, 7)])
    expected = {n for n in range(40) if n % 7 and (n + 5) % 2}
    assert {hit.id for hit in engine.find(Query("轴承", size=100)).hits} == expected
    with sqlite3.connect(engine.path, isolation_level=None) as connection:
        (generation,) = connection.execute("SELECT generation FROM head").fetchone()
        # FTS5's own check: raises when postings and documents disagree in number or order.
        for table in (f"words_{generation}", f"chars_{generation}"):
            check = "INSERT INTO {table} ({table}) VALUES ('integrity-check')"
            connection.execute(check.format(table=table))
    connection.close()


@pytest.mark.parametrize("times", [1, 2, 3, 8, 100, 256, 300])
def test_a_word_scores_by_bm25_however_often_it_occurs(
    engine: FtsEngine, times: int
) -> None:
    repeated = AnalyzedText(("轴承",) * times + ("阿胶",) * (600 - times), "", "轴承")
    other = AnalyzedText(("阿胶",) * 200, "", "阿胶")
    with engine.file.writing() as (connection, head):
        stored = [
            put_document(connection, head.tables, listing(n), text, 1)
            for n, text in enumerate((repeated, other, other))
        ]
        bump_counter(connection, 1, stored)
    counted = min(times, 256)
    relative = 600 / ((600 + 200 + 200) / 3)
    expected = (
        counted
        / (counted + K1 * (1 - B + B * relative))
        * inverse_document_frequency(1, 3)
        + TERM_SCORE
    )
    (hit,) = engine.find(Query("轴承")).hits
    assert hit.score == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("phrase", ["承", "c", "承轴", "c+", "+承", "轴承c+"])
def test_the_last_character_of_a_title_and_of_a_text_is_found(
    engine: FtsEngine, phrase: str
) -> None:
    engine.put(
        [
            Document("demand", 1, 1, f"阿胶{phrase}", "正文"),
            Document("demand", 2, 1, "阿胶", f"正文{phrase}"),
        ]
    )
    engine.put([Document("demand", 3, 1, "阿胶", "正文")])
    assert [hit.id for hit in engine.find(Query(phrase)).hits] == [1, 2]
    engine.put([Document("demand", 1, 2, "阿胶", "正文")])
    assert [hit.id for hit in engine.find(Query(phrase)).hits] == [2]


def test_what_is_kept_in_memory_stays_within_its_limit(
    engine: FtsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.embedded.postings.CACHE_LIMIT", 1_000)
    engine.put([listing(n) for n in range(1, 300)])
    for text in ("轴承", "正文", "轴", "承", "没有", "轴承"):
        expected = 0 if text == "没有" else 299
        assert engine.find(Query(text)).total == expected
        assert engine._postings._size <= 1_000


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "mysql://x/y", "search.db"]
)
def test_an_address_that_means_nothing(url: str) -> None:
    with pytest.raises(ValueError, match="SEARCH_URL"):
        open_engine(url)
