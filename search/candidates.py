"""Candidates for ranking from Elasticsearch: one index for each fitted catalogue, filled once and never changed.
Not here: which terms a text is asked for by and what a candidate is worth (matching); terms are numbers here.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from elasticsearch import Elasticsearch

from search.contract import SearchError
from search.elastic import BULK_SECONDS, address, told

FIND_SECONDS = 2.0  # for the candidates of one text
BATCH = 200  # documents in one request
FIELDS = ("grams", "titles", "words")
K1, B = (
    20.0,
    0.5,
)  # a sum of nearly straight counts over nearly the root of the length, which a cosine divides by


class Stored(Protocol):
    """A document as it comes: its terms by field, each as often as it counts, and bytes that are handed back."""

    @property
    def id(self) -> int: ...
    @property
    def terms(self) -> Mapping[str, list[int]]: ...
    @property
    def packed(self) -> bytes: ...


class CandidatePool:
    """The documents of one fitted catalogue.

    url: as for ElasticEngine, its alias begins the name of the index; name: of this catalogue and generation, lower
    case. All calls raise SearchUnavailable when the cluster does not answer.
    """

    def __init__(self, url: str, name: str) -> None:
        self.hosts, self.user, alias = address(url)
        self.index = f"{alias}-candidates-{name}"
        self._client: tuple[int, Elasticsearch] | None = None

    def fill(self, documents: Iterable[Stored]) -> int:
        """Make the index of all documents. Returns how many."""
        client = self._connected().options(request_timeout=BULK_SECONDS)
        count = 0
        with told():
            client.indices.create(index=self.index, body=_body())
            rows = iter(documents)
            while batch := list(islice(rows, BATCH)):
                lines: list[dict[str, Any]] = []
                for one in batch:
                    lines += [{"index": {"_id": str(one.id)}}, _source(one)]
                answer = client.bulk(index=self.index, operations=lines)
                if answer["errors"]:
                    refused = next(
                        i["index"]["error"]
                        for i in answer["items"]
                        if "error" in i["index"]
                    )
                    raise SearchError(f"the cluster refused a candidate: {refused}")
                count += len(batch)
            client.indices.refresh(index=self.index)
            client.options(request_timeout=600).indices.forcemerge(
                index=self.index, max_num_segments=1
            )
        return count

    def nearest(
        self,
        asked: Mapping[str, Sequence[tuple[int, float]]],
        size: int,
        among: Collection[int] | None,
        but: set[int],
    ) -> list[tuple[int, bytes]]:
        """(id, packed) of the documents that have the heaviest of the terms, best first."""
        should = [
            {"term": {field: {"value": str(term), "boost": weight}}}
            for field, terms in sorted(asked.items())
            for term, weight in terms
        ]
        query: dict[str, Any] = {"should": should, "minimum_should_match": 1}
        if among is not None:
            query["filter"] = [{"ids": {"values": [str(i) for i in sorted(among)]}}]
        if but:
            query["must_not"] = [{"ids": {"values": [str(i) for i in sorted(but)]}}]
        with told():
            answer = self._connected().search(
                index=self.index,
                query={"bool": query},
                size=size,
                track_total_hits=False,
                source={"includes": ["packed"]},
                allow_partial_search_results=False,
            )
        return [
            (int(hit["_id"]), base64.b64decode(hit["_source"]["packed"]))
            for hit in answer["hits"]["hits"]
        ]

    def fetch(self, ids: Collection[int]) -> list[tuple[int, bytes]]:
        """(id, packed) of the documents with these ids that are there."""
        found: list[tuple[int, bytes]] = []
        rows = iter(sorted(ids))
        while batch := [str(i) for i in islice(rows, 10 * BATCH)]:
            with told():
                answer = self._connected().mget(
                    index=self.index, ids=batch, source=["packed"]
                )
            found += [
                (int(d["_id"]), base64.b64decode(d["_source"]["packed"]))
                for d in answer["docs"]
                if d["found"]
            ]
        return found

    def there(self) -> bool:
        """Whether the index is there."""
        with told():
            return bool(self._connected().indices.exists(index=self.index))

    def drop(self) -> None:
        """Take the index away, if it is there."""
        client = self._connected().options(
            request_timeout=BULK_SECONDS, ignore_status=404
        )
        with told():
            client.indices.delete(index=self.index)

    def _connected(self) -> Elasticsearch:
        """This process's client; a child must not speak through its parent's sockets."""
        held = self._client
        if held is not None and held[0] == os.getpid():
            return held[1]
        client = Elasticsearch(
            self.hosts,
            basic_auth=self.user,
            request_timeout=FIND_SECONDS,
            max_retries=len(self.hosts) - 1,
            retry_on_timeout=False,
            retry_on_status=(),
        )
        self._client = (os.getpid(), client)
        return client

    def close(self) -> None:
        """Close the sockets of this process."""
        held, self._client = self._client, None
        if held is not None and held[0] == os.getpid():
            held[1].close()


def _body() -> dict[str, Any]:
    text = {
        "type": "text",
        "analyzer": "whitespace",
        "index_options": "freqs",
        "similarity": "straight",
    }
    return {
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "refresh_interval": "-1",
            "similarity": {"straight": {"type": "BM25", "k1": K1, "b": B}},
        },
        "mappings": {
            "dynamic": "strict",
            "_source": {"includes": ["packed"]},
            "properties": {**dict.fromkeys(FIELDS, text), "packed": {"type": "binary"}},
        },
    }


def _source(one: Stored) -> dict[str, Any]:
    fields = {name: " ".join(map(str, one.terms[name])) for name in FIELDS}
    return {**fields, "packed": base64.b64encode(one.packed).decode()}
