"""An index of the cluster that was deleted, closed, exchanged, blocked or lost: said, never an empty answer, made good.

What the site says of it and what rebuilds it: tests/marketplace/listings/test_damaged_cluster.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from search import Document, NotBuilt, Query, SearchError, SearchUnavailable
from search import open_engine as open_by_address
from search.cluster import ElasticEngine
from search.cluster import live as live_module
from search.cluster.live import LiveIndex, describe_index, number_of
from search.cluster.mapping import index_body
from search.contract import TakesNoWrites
from search.fallback import FallbackEngine
from search.schema import index_version
from tests.search.conftest import PATIENT, URL, required

cluster_only = pytest.mark.server
DOCUMENTS = [
    Document("demand", number, 1, f"轴承 {number}", "正文") for number in (1, 2, 3)
]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FallbackEngine]:
    """A cluster with an index and its embedded engine, as a site opens them."""
    required()
    alias = f"test-{uuid4().hex}"
    engine = open_by_address(f"{URL}/{alias}", fallback=f"sqlite:///{tmp_path}/b.db")
    assert isinstance(engine, FallbackEngine)
    assert isinstance(engine.primary, ElasticEngine)
    engine.primary.find_seconds = engine.primary.deed_seconds = PATIENT
    engine.rebuild(DOCUMENTS)
    yield engine
    client = client_of(engine)
    for index in client.options(ignore_status=404).indices.get(
        index=f"{alias}*", expand_wildcards="all"
    ):
        open_blocks(client, index)
        client.indices.delete(index=index)
    engine.close()


def client_of(engine: FallbackEngine) -> Elasticsearch:
    return engine.primary.cluster.within(PATIENT)  # type: ignore[attr-defined, no-any-return]


def alias_of(engine: FallbackEngine) -> str:
    return str(engine.primary.alias)  # type: ignore[attr-defined]


def open_blocks(client: Elasticsearch, index: str) -> None:
    blocks = ("write", "read_only", "read_only_allow_delete")
    client.indices.put_settings(
        index=index, settings={f"index.blocks.{name}": None for name in blocks}
    )


# -- what is done to it: (client, alias, index behind the alias) -------------------------------------------------------


def delete_index(client: Elasticsearch, _alias: str, index: str) -> None:
    client.indices.delete(index=index)


def close_index(client: Elasticsearch, _alias: str, index: str) -> None:
    client.indices.close(index=index)


def lose_alias(client: Elasticsearch, alias: str, index: str) -> None:
    client.indices.delete_alias(index=index, name=alias)


def guess_mapping(client: Elasticsearch, alias: str, index: str) -> None:
    """As by a program that writes without asking: every field is what the first value looks like."""
    client.indices.delete(index=index)
    client.indices.create(index=f"{alias}-by-hand")
    client.index(
        index=f"{alias}-by-hand",
        document={"kind": "demand", "id": 9, "title": "轴承", "audience": ["public"]},
        refresh=True,
    )
    client.indices.put_alias(index=f"{alias}-by-hand", name=alias)


def guess_mapping_under_our_name(client: Elasticsearch, alias: str, index: str) -> None:
    """As a snapshot that was restored badly: our name, our notes, fields of somebody else."""
    meta = client.indices.get_mapping(index=index)[index]["mappings"]["_meta"]
    client.indices.delete(index=index)
    client.indices.create(
        index=index,
        mappings={"_meta": meta, "properties": {"words": {"type": "keyword"}}},
        aliases={alias: {}},
    )


def cut_otherwise(client: Elasticsearch, alias: str, index: str) -> None:
    """Our fields, cut into words by another analyzer than ours."""
    described = client.indices.get(index=index)[index]["mappings"]
    described["properties"]["words"]["analyzer"] = "standard"
    for field in described["properties"].values():
        field.pop("similarity", None)
    client.indices.delete(index=index)
    client.indices.create(index=index, mappings=described, aliases={alias: {}})


def point_at_two(client: Elasticsearch, alias: str, index: str) -> None:
    client.indices.create(index=f"{alias}-by-hand", aliases={alias: {}})


def write_foreign_document(client: Elasticsearch, alias: str, index: str) -> None:
    """What fits our mapping and lacks what we read."""
    client.index(
        index=index,
        document={"words": "轴承", "audience": ["public"], "deleted": False},
        refresh=True,
    )


DAMAGES = [
    delete_index,
    close_index,
    lose_alias,
    guess_mapping,
    guess_mapping_under_our_name,
    cut_otherwise,
    point_at_two,
]
Damage = Callable[[Elasticsearch, str, str], None]


@cluster_only
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_named_and_a_rebuild_makes_it_good(
    engine: FallbackEngine, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    client, alias = client_of(engine), alias_of(engine)
    damage(client, alias, engine.primary.state()["index"])

    # Within the seconds for which it is believed to be sound nothing is lost either; which engine answers depends then:
    # beside a foreign index without words our own may answer first, and rightly.
    assert engine.find(Query("轴承")).total == 3
    engine.primary.indices.forget_check()  # type: ignore[attr-defined]
    found = engine.find(Query("轴承"))
    assert (found.total, found.degraded) == (3, True)
    assert engine.suggest("轴", ["public"]) == engine.embedded.suggest("轴", ["public"])
    with pytest.raises(NotBuilt):
        engine.primary.state()
    with pytest.raises(NotBuilt):
        list(engine.versions())
    state = engine.state()
    assert (state["degraded"], state["current"]) == (True, False)
    assert state["trouble"]
    assert "the embedded search answers" in caplog.text
    # What is saved meanwhile is refused by the cluster and not swallowed by what stands in its place.
    with pytest.raises(SearchUnavailable):
        engine.put([Document("demand", 4, 1, "轴承 4", "正文")])

    engine.rebuild([*DOCUMENTS, Document("demand", 4, 1, "轴承 4", "正文")])

    found = engine.find(Query("轴承"))
    assert (found.total, found.degraded) == (4, False)
    assert engine.state()["current"] is True
    assert "answers again" in caplog.text
    own = [
        name
        for name in client.indices.get(index=f"{alias}-*", expand_wildcards="all")
        if number_of(alias, name) is not None
    ]
    assert len(own) == 1, "older indices of ours are taken away"


@cluster_only
def test_what_somebody_else_made_is_left_alone(engine: FallbackEngine) -> None:
    client, alias = client_of(engine), alias_of(engine)
    guess_mapping(client, alias, engine.primary.state()["index"])
    engine.rebuild(DOCUMENTS)
    assert client.indices.exists(index=f"{alias}-by-hand")
    assert client.count(index=f"{alias}-by-hand")["count"] == 1


@cluster_only
def test_an_index_in_the_place_of_the_alias_is_named_and_never_deleted(
    engine: FallbackEngine,
) -> None:
    client, alias = client_of(engine), alias_of(engine)
    client.indices.delete(index=engine.primary.state()["index"])
    client.indices.create(index=alias)
    client.index(index=alias, document={"theirs": "1"}, refresh=True)

    assert engine.find(Query("轴承")).degraded is True
    state = engine.state()
    # No rebuild would help, so that none is asked for.
    assert (state["degraded"], state["current"]) == (True, True)
    assert f"an index is called {alias}" in state["trouble"]
    with pytest.raises(SearchUnavailable, match="has to be an alias"):
        engine.rebuild(DOCUMENTS)
    assert client.count(index=alias)["count"] == 1

    client.indices.delete(index=alias)
    assert engine.state()["current"] is False
    engine.rebuild(DOCUMENTS)
    assert engine.find(Query("轴承")).degraded is False


@cluster_only
def test_a_document_of_somebody_else_is_no_error_of_the_site(
    engine: FallbackEngine,
) -> None:
    client = client_of(engine)
    write_foreign_document(client, "", engine.primary.state()["index"])
    assert engine.find(Query("轴承")).total == 3
    with pytest.raises(NotBuilt, match="did not write"):
        engine.primary.versions()
    engine.rebuild(DOCUMENTS)
    assert engine.find(Query("轴承")).degraded is False


@cluster_only
def test_a_full_disk_of_the_cluster_lets_everybody_search(
    engine: FallbackEngine,
) -> None:
    """The flood stage, as the cluster itself sets it; taken away by it when there is room."""
    client, index = client_of(engine), engine.primary.state()["index"]
    client.indices.put_settings(
        index=index, settings={"index.blocks.read_only_allow_delete": True}
    )
    engine.primary.indices.forget_check()  # type: ignore[attr-defined]
    for number in range(7):
        with pytest.raises(TakesNoWrites, match="disk"):
            engine.put([Document("demand", 10 + number, 1, "轴承", "正文")])
    # However many saves it refused, it is the cluster that answers.
    assert engine.breaker.state == "closed"
    found = engine.find(Query("轴承"))
    assert (found.total, found.degraded) == (3, False)
    state = engine.state()
    assert (state["blocked"], state["current"]) == ("disk", True)

    open_blocks(client, index)
    assert engine.put([Document("demand", 10, 1, "轴承", "正文")]) == 1
    assert engine.state()["blocked"] == ""


@cluster_only
@pytest.mark.parametrize("block", ["write", "read_only"])
def test_a_block_by_hand_is_named_and_left_to_who_set_it(
    engine: FallbackEngine, block: str
) -> None:
    client, index = client_of(engine), engine.primary.state()["index"]
    client.indices.put_settings(index=index, settings={f"index.blocks.{block}": True})
    state = engine.state()
    assert (state["blocked"], state["current"]) == ("hand", True)
    assert engine.find(Query("轴承")).degraded is False


@cluster_only
def test_a_rebuild_that_died_before_its_swap_is_done_again(
    engine: FallbackEngine,
) -> None:
    primary = engine.primary
    assert isinstance(primary, ElasticEngine)
    live = primary.state()["index"]
    primary.indices.block_writes(live, blocked=True)
    dead = f"{alias_of(engine)}-{int(live.rpartition('-')[2]) + 1}"
    meta = {"built_at": "2026-01-01T00:00:00+00:00", "owner": "elsewhere 1"}
    client_of(engine).indices.create(index=dead, body=index_body(meta))

    assert engine.state()["current"] is False
    engine.rebuild(DOCUMENTS)
    assert engine.put([Document("demand", 5, 1, "轴承", "正文")]) == 1
    assert engine.state()["blocked"] == ""


@cluster_only
def test_shards_that_do_not_come_back_are_given_up(
    engine: FallbackEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, index = client_of(engine), engine.primary.state()["index"]
    alias = alias_of(engine)
    body = index_body({"built_at": "2026-01-01T00:00:00+00:00", "filled": "x"})
    body["settings"]["index.routing.allocation.require._name"] = "nobody"
    lost = f"{alias}-{int(index.rpartition('-')[2]) + 1}"
    client.indices.create(index=lost, body=body, wait_for_active_shards=0)
    moves = [
        {"remove": {"index": index, "alias": alias}},
        {"add": {"index": lost, "alias": alias}},
    ]
    client.indices.update_aliases(actions=moves)
    client.indices.delete(index=index)
    engine.primary.deed_seconds = 2.0  # type: ignore[attr-defined]

    state = engine.state()
    assert (state["degraded"], state["current"]) == (True, True), "it may come back"
    monkeypatch.setattr(live_module, "RED_SECONDS", 0.0)
    state = engine.state()
    assert (state["degraded"], state["current"]) == (True, False)
    assert "lost" in state["trouble"]
    engine.rebuild(DOCUMENTS)
    assert engine.find(Query("轴承")).degraded is False


@cluster_only
def test_two_rebuilds_of_a_lost_index_are_still_one(engine: FallbackEngine) -> None:
    lose_alias(client_of(engine), alias_of(engine), engine.primary.state()["index"])
    other = ElasticEngine(engine.primary.url, starts_empty=False)  # type: ignore[attr-defined]

    def handed_in() -> Iterator[Document]:
        with pytest.raises(SearchError, match="already"):
            other.rebuild([])
        yield from DOCUMENTS

    assert engine.primary.rebuild(handed_in()) == 3
    other.close()


# -- without a server --------------------------------------------------------------------------------------------------

OURS = {"_meta": {"version": index_version(), "built_at": "x"}} | {
    "properties": index_body({})["mappings"]["properties"]
}
OLDER = {"_meta": {"version": "older", "built_at": "x"}, "properties": {}}


@pytest.mark.parametrize(
    ("name", "mappings", "settings", "expected"),
    [
        ("m-0", OURS, {}, ("", "", True)),
        ("m-12", OURS, {"blocks": {"write": "true"}}, ("hand", "", True)),
        ("m-0", OURS, {"blocks": {"read_only": "true"}}, ("hand", "", True)),
        ("m-0", OURS, {"blocks": {"write": "false"}}, ("", "", True)),
        (
            "m-0",
            OURS,
            {"blocks": {"read_only_allow_delete": "true", "write": "true"}},
            ("disk", "", True),
        ),
        ("m-0", OURS, {"verified_before_close": "true"}, ("", "it is closed", True)),
        ("m-0", OLDER, {}, ("", "", False)),
        ("m-0", {}, {}, ("", "it was not made by this site", False)),
        ("m-candidates-7", OURS, {}, ("", "it was not made by this site", False)),
        ("m-x-0", OURS, {}, ("", "it was not made by this site", False)),
        ("mm-0", OURS, {}, ("", "it was not made by this site", False)),
        (
            "m-0",
            OURS | {"properties": {}},
            {},
            ("", "its fields are not those of this site", True),
        ),
    ],
)
def test_what_an_index_is(
    name: str,
    mappings: dict[str, object],
    settings: dict[str, object],
    expected: tuple[str, str, bool],
) -> None:
    described = {"settings": {"index": settings}, "mappings": mappings}
    live: LiveIndex = describe_index("m", name, described)
    assert (live.block, live.fault, live.is_current) == expected
