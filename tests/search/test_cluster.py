"""The cluster engine's own ground: addresses, the mapping, a silent or absent server, a rebuild's lock and block."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from search import Document, Engine, Query, SearchError, SearchUnavailable, open_engine
from search.cluster import ElasticEngine
from search.cluster.client import parse_address
from search.cluster.mapping import COMPLETIONS, SPELLINGS, index_body
from search.schema import FIELDS

cluster_only = pytest.mark.parametrize(
    "fresh", [pytest.param("elasticsearch", marks=pytest.mark.server)], indirect=True
)


def listing(number: int, version: int = 1, title: str = "轴承") -> Document:
    return Document("demand", number, version, title, "正文")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9200", (["http://127.0.0.1:9200"], None, "market-listings")),
        ("http://es/market/", (["http://es:9200"], None, "market")),
        ("https://es", (["https://es:443"], None, "market-listings")),
        (
            "http://a:1,b:2,c/m",
            (["http://a:1", "http://b:2", "http://c:9200"], None, "m"),
        ),
        ("https://user:p%40ss@es:9200/m", (["https://es:9200"], ("user", "p@ss"), "m")),
    ],
)
def test_addresses(
    url: str, expected: tuple[list[str], tuple[str, str] | None, str]
) -> None:
    assert parse_address(url) == expected


@pytest.mark.parametrize("url", ["http://", "ftp://x", "http:///market"])
def test_addresses_that_mean_nothing(url: str) -> None:
    with pytest.raises(ValueError, match="SEARCH_URL"):
        parse_address(url)


def test_the_mapping_is_strict_and_names_every_field_of_a_document() -> None:
    mapping = index_body({})["mappings"]
    texts = {name for name, kind in FIELDS.items() if kind == "text"}
    ours = {"words", "chars_title", "chars_body", "deleted", "written_at"}
    assert mapping["dynamic"] == "strict"
    ours |= {"pairs", COMPLETIONS, SPELLINGS}
    assert set(mapping["properties"]) == set(FIELDS) - texts | ours
    assert set(FIELDS) == set(Document.__slots__)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word, as a stopped Elasticsearch does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/market"


def refusing() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/market"


def test_an_absent_cluster_is_no_empty_answer() -> None:
    engine = open_engine(refusing())
    for ask in (lambda: engine.find(Query("轴承")), engine.state, engine.versions, lambda: engine.put([listing(1)]),
                lambda: engine.remove([("demand", 1, 2)]), lambda: engine.rebuild([])):  # fmt: skip
        with pytest.raises(SearchUnavailable):
            ask()
    engine.close()


def test_a_silent_cluster_is_not_waited_for(silent: str) -> None:
    engine = ElasticEngine(silent, find_seconds=0.2, deed_seconds=0.2)
    with pytest.raises(SearchUnavailable):
        engine.find(Query("轴承"))
    with pytest.raises(SearchUnavailable):
        engine.put([listing(1)])
    engine.close()


@cluster_only
def test_an_index_that_was_never_built_is_no_empty_answer(
    fresh: Callable[[], Engine],
) -> None:
    engine = fresh()
    for ask in (lambda: engine.find(Query("轴承")), engine.state, engine.versions):
        with pytest.raises(SearchUnavailable):
            ask()
    assert engine.put([listing(1)]) == 1
    assert engine.find(Query("轴承")).total == 1


@cluster_only
def test_a_version_of_other_words_is_noticed(
    fresh: Callable[[], ElasticEngine],
) -> None:
    engine = fresh()
    engine.put([listing(1)])
    client = engine.cluster.within(20)
    client.indices.put_mapping(
        index=engine.alias,
        meta={"version": "older", "built_at": "2026-01-01T00:00:00+00:00"},
    )
    assert engine.state()["current"] is False
    engine.rebuild([listing(1)])
    assert engine.state()["current"] is True


@cluster_only
def test_one_rebuild_at_a_time(fresh: Callable[[], Engine]) -> None:
    engine, other = fresh(), fresh()

    def handed_in() -> Iterator[Document]:
        with pytest.raises(SearchError, match="already"):
            other.rebuild([])
        yield listing(1)

    assert engine.rebuild(handed_in()) == 1
    assert other.rebuild([listing(1), listing(2)]) == 2


@cluster_only
def test_a_rebuild_that_was_killed_is_cleared_away(
    fresh: Callable[[], ElasticEngine],
) -> None:
    engine = fresh()
    engine.put([listing(1)])
    program = (
        "import os, sys\n"
        "from search import Document, open_engine\n"
        "def documents():\n"
        "    yield Document('demand', 2, 1, 'x', '')\n"
        "    os.kill(os.getpid(), 9)\n"
        "open_engine(sys.argv[1]).rebuild(documents())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, engine.url], env=os.environ, check=False
    )
    assert done.returncode == -9
    engine.indices.block_writes(
        f"{engine.alias}-0", blocked=True
    )  # the worst moment to die: between the block and the swap
    assert engine.find(Query("轴承")).total == 1
    assert engine.rebuild([listing(3)]) == 1
    assert list(engine.versions()) == [("demand", 3, 1)]
    assert engine.put([listing(4)]) == 1


@cluster_only
def test_a_write_that_meets_the_swap_is_sent_again(
    fresh: Callable[[], ElasticEngine],
) -> None:
    engine = fresh()
    engine.put([listing(1)])
    engine.indices.block_writes(f"{engine.alias}-0", blocked=True)

    def opened() -> None:
        time.sleep(0.3)
        engine.indices.block_writes(f"{engine.alias}-0", blocked=False)

    opener = threading.Thread(target=opened)
    opener.start()
    assert engine.put([listing(2)]) == 1
    opener.join()
    assert engine.find(Query("轴承")).total == 2


@cluster_only
def test_an_index_closed_for_good_is_reported(
    fresh: Callable[[], ElasticEngine],
) -> None:
    engine = fresh()
    engine.put([listing(1)])
    engine.indices.block_writes(f"{engine.alias}-0", blocked=True)
    hasty = ElasticEngine(engine.url, deed_seconds=0.5)
    with pytest.raises(SearchUnavailable, match="refused"):
        hasty.put([listing(2)])
    hasty.close()


@cluster_only
def test_an_engine_survives_fork(fresh: Callable[[], Engine]) -> None:
    engine = fresh()
    engine.put([listing(1)])
    child = os.fork()
    if child == 0:  # pragma: no cover  another process
        try:
            os._exit(
                0
                if engine.put([listing(2)]) == 1
                and engine.find(Query("轴承")).total == 2
                else 1
            )
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert engine.find(Query("轴承")).total == 2


@cluster_only
def test_more_documents_than_one_request_walks(
    fresh: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.cluster.bulk.PAGE", 7)
    monkeypatch.setattr("search.cluster.bulk.BATCH", 3)
    engine = fresh()
    engine.put([listing(number) for number in range(30)])
    assert len(list(engine.versions())) == 30

    def handed_in() -> Iterator[Document]:
        engine.put([listing(number, 2) for number in range(10, 40)])
        yield from (listing(number) for number in range(30))

    assert engine.rebuild(handed_in()) == 40
    assert [version for _, _, version in engine.versions()] == [1] * 10 + [2] * 30
