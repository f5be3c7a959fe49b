"""Two engines as one: the embedded one answers while the first is down, and the first comes back by itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from search import Document, NotBuilt, Query, SearchUnavailable, open_engine
from search.cluster import ElasticEngine
from search.embedded import FtsEngine
from search.fallback import FAILURE_LIMIT, Breaker, FallbackEngine
from tests.search.conftest import URL, absence


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def listing(number: int, version: int = 1) -> Document:
    return Document(
        "demand",
        number,
        version,
        "轴承",
        "正文",
        published_at=datetime(2026, 1, 2),
        modes=("license",),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path, clock: Clock) -> Iterator[FallbackEngine]:
    """The first engine is a real one whose file is not there yet: it is down until somebody builds it."""
    first, embedded = (
        FtsEngine(tmp_path / "first.db"),
        FtsEngine(tmp_path / "embedded.db"),
    )
    embedded.put([listing(1)])
    engine = FallbackEngine(first, embedded, Breaker(failures=2, rest=5, clock=clock))
    yield engine
    engine.close()


def test_the_breaker(clock: Clock) -> None:
    breaker = Breaker(failures=2, rest=5, clock=clock)
    breaker.record_failure()
    breaker.record_success()
    breaker.record_failure()
    assert (breaker.state, breaker.allows_call()) == ("closed", True)
    breaker.record_failure()
    assert (breaker.state, breaker.allows_call()) == ("open", False)
    clock.now = 5.0
    assert breaker.state == "trying"
    assert [breaker.allows_call(), breaker.allows_call()] == [
        True,
        False,
    ]  # one tries, the others do not wait for it
    breaker.record_failure()
    assert breaker.allows_call() is False
    clock.now = 10.0
    assert breaker.allows_call() is True
    breaker.record_success()
    assert (breaker.state, breaker.allows_call()) == ("closed", True)


def test_an_answer_from_the_embedded_engine_says_so_and_recovery_needs_nobody(
    engine: FallbackEngine, clock: Clock
) -> None:
    for _ in range(3):
        result = engine.find(Query("轴承"))
        assert (result.total, result.degraded) == (1, True)
    assert engine.breaker.state == "open"
    assert engine.state()["degraded"] is True
    engine.primary.put([listing(1), listing(2)])
    assert engine.find(Query("轴承")).degraded is True  # not before the rest is over
    clock.now = 5.0
    result = engine.find(Query("轴承"))
    assert (result.total, result.degraded) == (2, False)
    state = engine.state()
    assert (state["degraded"], state["breaker"], state["embedded"]["count"]) == (
        False,
        "closed",
        1,
    )


def test_both_down_is_no_empty_answer(tmp_path: Path) -> None:
    engine = FallbackEngine(FtsEngine(tmp_path / "a.db"), FtsEngine(tmp_path / "b.db"))
    with pytest.raises(SearchUnavailable):
        engine.find(Query("轴承"))


def test_a_broken_embedded_index_is_named_while_the_first_answers(
    engine: FallbackEngine,
) -> None:
    engine.put([listing(1)])
    engine.embedded = FtsEngine(Path("/nowhere/embedded.db"))
    state = engine.state()
    assert (state["degraded"], state["current"], state["count"]) == (False, False, 1)
    assert "embedded.db" in state["trouble"]
    assert engine.find(Query("轴承")).degraded is False


def nowhere() -> str:
    """An address at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_write_goes_to_both(engine: FallbackEngine) -> None:
    assert engine.put([listing(1), listing(2)]) == 2
    assert engine.remove([("demand", 1, 2)]) == 1
    assert [list(one.versions()) for one in (engine.primary, engine.embedded)] == [
        [("demand", 2, 1)]
    ] * 2
    assert list(engine.versions()) == [("demand", 2, 1)]


def test_a_write_that_misses_the_first_is_reported_and_the_embedded_one_has_it(
    tmp_path: Path,
) -> None:
    engine = FallbackEngine(ElasticEngine(nowhere()), FtsEngine(tmp_path / "b.db"))
    for number in range(FAILURE_LIMIT + 1):
        assert engine.breaker.state == ("closed" if number < FAILURE_LIMIT else "open")
        with pytest.raises(SearchUnavailable):
            engine.put([listing(number)])
    result = engine.find(Query("轴承"))
    assert (result.total, result.degraded) == (FAILURE_LIMIT + 1, True)
    engine.close()


@pytest.mark.parametrize("write", ["put", "remove"])
def test_writing_nothing_says_nothing_of_a_cluster_that_is_down(
    tmp_path: Path, clock: Clock, write: str
) -> None:
    breaker = Breaker(failures=2, rest=5, clock=clock)
    engine = FallbackEngine(
        ElasticEngine(nowhere(), starts_empty=False),
        FtsEngine(tmp_path / "b.db"),
        breaker,
    )
    engine.embedded.put([listing(1)])
    for _ in range(2):
        engine.find(Query("轴承"))

    assert getattr(engine, write)([]) == 0  # also while the breaker is open

    assert breaker.state == "open"
    clock.now = 5.0
    assert getattr(engine, write)([]) == 0
    assert breaker.state == "trying"  # the next reader finds out, not the empty write
    engine.close()


def test_versions_show_a_fault_of_either(engine: FallbackEngine) -> None:
    engine.primary.put([listing(1, 3), listing(2, 1)])
    engine.embedded.put([listing(1, 2), listing(3, 1)])
    assert list(engine.versions()) == [
        ("demand", 1, 2),
        ("demand", 2, -1),
        ("demand", 3, -1),
    ]


def test_a_rebuild_fills_both_from_one_reading(engine: FallbackEngine) -> None:
    documents = [
        listing(7),
        Document(
            "achievement", 8, 2, "标题\n两行", "\u2028", audience=("a", "b"), year=2026
        ),
    ]
    assert engine.rebuild(iter(documents)) == 2
    expected = [("achievement", 8, 2), ("demand", 7, 1)]
    assert [list(one.versions()) for one in (engine.primary, engine.embedded)] == [
        expected
    ] * 2
    pages: list[Callable[[], object]] = [
        lambda e=e: e.find(Query()) for e in (engine.primary, engine.embedded)
    ]
    assert pages[0]() == pages[1]()


def test_what_is_written_while_both_are_rebuilt_is_in_both(
    engine: FallbackEngine,
) -> None:
    engine.put([listing(1), listing(2)])

    def read() -> Iterator[Document]:
        yield from (listing(1), listing(2))
        engine.remove([("demand", 1, 2)])
        engine.put([listing(2, 2), listing(3)])

    engine.rebuild(read())

    expected = [("demand", 2, 2), ("demand", 3, 1)]
    assert [list(one.versions()) for one in (engine.primary, engine.embedded)] == [
        expected
    ] * 2


def test_a_rebuild_fills_the_embedded_one_while_the_first_is_away(
    tmp_path: Path,
) -> None:
    engine = FallbackEngine(ElasticEngine(nowhere()), FtsEngine(tmp_path / "b.db"))
    with pytest.raises(SearchUnavailable):
        engine.rebuild(listing(number) for number in range(3))
    assert engine.find(Query("轴承")).total == 3
    engine.close()


@pytest.mark.server
def test_an_index_that_was_lost_comes_back_whole_and_not_with_one_document(
    tmp_path: Path,
) -> None:
    if absence():
        pytest.skip(absence())
    engine = open_engine(
        f"{URL}/test-{uuid4().hex}", fallback=f"sqlite:///{tmp_path}/b.db"
    )
    assert isinstance(engine, FallbackEngine)
    engine.embedded.put([listing(1), listing(2)])
    with pytest.raises(NotBuilt):
        engine.put([listing(3)])
    assert (engine.state()["current"], engine.find(Query("轴承")).total) == (False, 3)
    engine.rebuild([listing(1), listing(2), listing(3)])
    assert (
        engine.state()["current"],
        engine.put([listing(4)]),
        engine.find(Query("轴承")).total,
    ) == (True, 1, 4)
    engine.primary.indices.drop(engine.primary.indices.live(20))
    engine.close()


def test_opened_by_address(tmp_path: Path) -> None:
    engine = open_engine("http://127.0.0.1:9", fallback=f"sqlite:///{tmp_path}/b.db")
    assert isinstance(engine, FallbackEngine)
    engine.embedded.put([listing(1)])
    assert engine.find(Query("轴承")).degraded is True
    engine.close()
