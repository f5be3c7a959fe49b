"""Versions, tombstones and rebuild on every engine: what is newer wins, whatever comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Document, Engine, Query, index_version


def listing(number: int, version: int, title: str = "轴承", **more: object) -> Document:
    return Document("demand", number, version, title, f"正文{version}", **more)


def ids(engine: Engine, text: str = "") -> set[int]:
    return {hit.id for hit in engine.find(Query(text, size=1000)).hits}


def test_a_lower_version_never_overwrites(engine: Engine) -> None:
    assert engine.put([listing(1, 5, "轴承")]) == 1
    assert engine.put([listing(1, 4, "阿胶")]) == 0
    assert ids(engine, "轴承") == {1}
    assert ids(engine, "阿胶") == set()
    assert list(engine.versions()) == [("demand", 1, 5)]


def test_an_equal_or_higher_version_replaces_every_trace(engine: Engine) -> None:
    engine.put([listing(1, 5, "轴承", district="371502")])
    assert engine.put([listing(1, 5, "阿胶")]) == 1
    assert engine.put([listing(1, 9, "铝材", district="371521")]) == 1
    assert (ids(engine, "轴承"), ids(engine, "阿胶"), ids(engine, "铝材")) == (
        set(),
        set(),
        {1},
    )
    assert engine.find(Query()).facets["district"] == [("371521", 1)]
    assert list(engine.versions()) == [("demand", 1, 9)]


def test_removed_stays_removed(engine: Engine) -> None:
    engine.put([listing(1, 5), listing(2, 1)])
    assert engine.remove([("demand", 1, 4)]) == 0
    assert ids(engine) == {1, 2}
    assert engine.remove([("demand", 1, 6)]) == 1
    assert engine.put([listing(1, 5)]) == 0
    assert ids(engine) == {2}
    assert ids(engine, "轴承") == {2}
    assert engine.state()["count"] == 1
    assert engine.put([listing(1, 7)]) == 1
    assert ids(engine) == {1, 2}


def test_a_removal_that_comes_first_holds(engine: Engine) -> None:
    engine.remove([("demand", 1, 6), ("demand", 1, 6)])
    assert engine.put([listing(1, 5)]) == 0
    assert ids(engine) == set()
    assert list(engine.versions()) == []


def test_kinds_do_not_share_numbers(engine: Engine) -> None:
    engine.put([listing(1, 1), Document("achievement", 1, 8, "轴承", "")])
    engine.remove([("achievement", 1, 9)])
    assert list(engine.versions()) == [("demand", 1, 1)]


def test_the_last_of_one_batch_wins(engine: Engine) -> None:
    engine.put([listing(1, 2, "阿胶"), listing(1, 1, "铝材"), listing(1, 3, "轴承")])
    assert ids(engine, "轴承") == {1}
    assert engine.state()["count"] == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.tuples(
            st.sampled_from(["put", "remove"]), st.integers(1, 3), st.integers(1, 4)
        ),
        max_size=12,
        unique_by=lambda deed: deed[1:],
    )
)
def test_the_order_of_arrival_does_not_matter(
    engine: Engine, deeds: list[tuple[str, int, int]]
) -> None:
    engine.rebuild([])  # forgets the versions of the last example
    for deed, number, version in deeds:
        if deed == "put":
            engine.put([Document("demand", number, version, "轴承", "")])
        else:
            engine.remove([("demand", number, version)])
    last = {
        number: max((v, d) for d, n, v in deeds if n == number)
        for number in {n for _, n, _ in deeds}
    }
    expected = [
        ("demand", n, v) for n, (v, deed) in sorted(last.items()) if deed == "put"
    ]
    assert list(engine.versions()) == expected
    assert {hit.id for hit in engine.find(Query("轴承")).hits} == {
        n for _, n, _ in expected
    }


def test_rebuild_replaces_what_is_there(engine: Engine) -> None:
    engine.put([listing(1, 1), listing(2, 1)])
    assert engine.rebuild([listing(2, 3, "阿胶"), listing(3, 1)]) == 2
    assert list(engine.versions()) == [("demand", 2, 3), ("demand", 3, 1)]
    assert ids(engine, "轴承") == {3}
    assert engine.find(Query("阿胶")).total == 1
    state = engine.state()
    assert (state["count"], state["version"], state["expected"], state["current"]) == (
        2,
        index_version(),
        index_version(),
        True,
    )
    assert state["age"] >= 0


def test_nothing_written_during_a_rebuild_is_lost(
    fresh: Callable[[], Engine], engine: Engine
) -> None:
    engine.put([listing(1, 1), listing(2, 1), listing(3, 1), listing(7, 1)])
    other = fresh()
    seen: list[set[int]] = []

    def handed_in() -> Iterator[Document]:
        yield listing(1, 1)
        other.put([listing(2, 2, "新的"), listing(9, 1)])
        other.remove([("demand", 3, 2)])
        seen.append(ids(engine))
        yield listing(2, 1)
        yield listing(3, 1)

    engine.rebuild(handed_in())
    assert seen == [
        {1, 2, 7, 9}
    ]  # readers see the old index, with the writes, until the new one is whole
    assert list(engine.versions()) == [
        ("demand", 1, 1),
        ("demand", 2, 2),
        ("demand", 9, 1),
    ]
    assert ids(engine, "新的") == {2}
    assert ids(other) == {1, 2, 9}
    assert other.put([listing(3, 1)]) == 0


def test_a_rebuild_believes_the_database(engine: Engine) -> None:
    engine.put([listing(1, 8), listing(2, 8)])
    engine.remove([("demand", 1, 9)])
    engine.rebuild([listing(1, 3), listing(2, 3)])  # a restored backup
    assert list(engine.versions()) == [("demand", 1, 3), ("demand", 2, 3)]


def test_a_rebuild_that_fails_changes_nothing(engine: Engine) -> None:
    engine.put([listing(1, 1)])

    def broken() -> Iterator[Document]:
        yield listing(2, 1)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        engine.rebuild(broken())
    assert ids(engine) == {1}
    assert engine.rebuild([listing(3, 1)]) == 1
    assert ids(engine) == {3}


def test_readers_and_writers_go_on_during_rebuilds(
    fresh: Callable[[], Engine], engine: Engine
) -> None:
    engine.put([listing(number, 1) for number in range(1, 41)])
    empty: list[int] = []

    def read() -> None:
        reader = fresh()
        for _ in range(60):
            total = reader.find(Query("轴承")).total
            if total < 40:
                empty.append(total)

    def write() -> None:
        writer = fresh()
        for number in range(100, 130):
            writer.put([listing(number, 1)])

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(read), pool.submit(read), pool.submit(write)]
        for _ in range(4):
            engine.rebuild([listing(number, 1) for number in range(1, 41)])
        for one in running:
            one.result()
    # A rebuild's list is made before; what was written before it began and is not in it is gone, later writes stay.
    assert not empty
    assert ids(engine) >= set(range(1, 41))
