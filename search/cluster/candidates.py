"""Candidates for ranking from Elasticsearch: one index for each fitted catalogue, filled once and never changed.
Not here: which terms a text is searched by and what a candidate is worth (matching); terms are numbers here.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from elasticsearch import Elasticsearch

from search.cluster.bulk import BULK_SECONDS
from search.cluster.client import ClusterClient, parse_address, translate_errors
from search.cluster.mapping import Body
from search.contract import NotBuilt, SearchError

FIND_SECONDS = 2.0  # for the candidates of one text
MERGE_SECONDS = 600.0  # for joining the segments of a filled index
BATCH = 200  # documents in one request; each carries all its terms
FETCHED = 10 * BATCH  # documents in one request by id
FIELDS = ("grams", "titles", "words")
# BM25 made nearly a cosine: counts come softened already, so that it hardly bends them again, and the root of the
# length is nearly what a cosine divides by. No script is needed, which not every cluster has (decision 025).
K1 = 20.0
B = 0.5

Candidate = tuple[int, bytes]  # id and packed


class StoredCandidate(Protocol):
    """A document as it comes: its terms by field, each as often as it counts, and bytes that are handed back."""

    @property
    def id(self) -> int: ...
    @property
    def terms(self) -> Mapping[str, list[int]]: ...
    @property
    def packed(self) -> bytes: ...


class CandidateIndex:
    """The documents of one fitted catalogue. All calls raise SearchUnavailable when the cluster does not answer."""

    def __init__(self, url: str, name: str) -> None:
        """Name the index; nothing is connected before the first call.

        Args:
            url: as for ElasticEngine, its alias begins the name of the index.
            name: of this catalogue and generation, lower case.
        """
        hosts, user, alias = parse_address(url)
        self.index = f"{alias}-candidates-{name}"
        self._cluster = ClusterClient(hosts, user)

    def fill(self, documents: Iterable[StoredCandidate]) -> int:
        """Make the index of all documents. Returns how many.

        Raises:
            SearchError: a document was refused.
        """
        client = self._cluster.within(BULK_SECONDS)
        count = 0
        with translate_errors():
            client.indices.create(index=self.index, body=_index_body())
            rows = iter(documents)
            while batch := list(islice(rows, BATCH)):
                self._send(client, batch)
                count += len(batch)
            client.indices.refresh(index=self.index)
            # It never changes again, and one segment is searched fastest.
            self._cluster.within(MERGE_SECONDS).indices.forcemerge(
                index=self.index, max_num_segments=1
            )
        return count

    def _send(self, client: Elasticsearch, batch: Iterable[StoredCandidate]) -> None:
        lines: list[Body] = []
        for document in batch:
            lines.append({"index": {"_id": str(document.id)}})
            lines.append(_source(document))
        answer = client.bulk(index=self.index, operations=lines)
        if answer["errors"]:
            results = [item["index"] for item in answer["items"]]
            refused = next(item["error"] for item in results if "error" in item)
            # An index that lacks one would never offer it, and nobody would notice.
            raise SearchError(f"the cluster refused a candidate: {refused}")

    def nearest(
        self,
        terms: Mapping[str, Sequence[tuple[int, float]]],
        size: int,
        only: Collection[int] | None,
        exclude: set[int],
    ) -> list[Candidate]:
        """The documents that have the heaviest of the terms.

        Args:
            terms: field → (term, weight) to look for.
            size: how many at most.
            only: ids to choose among; None for all.
            exclude: ids to leave out.

        Returns:
            (id, packed), best first.
        """
        should = []
        for field, weighted in sorted(terms.items()):
            for term, weight in weighted:
                value = {"value": str(term), "boost": weight}
                should.append({"term": {field: value}})
        query: dict[str, Any] = {"should": should, "minimum_should_match": 1}
        if only is not None:
            query["filter"] = [_ids_query(only)]
        if exclude:
            query["must_not"] = [_ids_query(exclude)]
        with translate_errors():
            answer = self._cluster.within(FIND_SECONDS).search(
                index=self.index,
                query={"bool": query},
                size=size,
                # Counting all that have any of the words costs more than finding the best.
                track_total_hits=False,
                source={"includes": ["packed"]},
                allow_partial_search_results=False,
            )
        return [_candidate(hit) for hit in answer["hits"]["hits"]]

    def fetch(self, ids: Collection[int]) -> list[Candidate]:
        """(id, packed) of the documents with these ids that are there."""
        candidates: list[Candidate] = []
        rows = iter(sorted(ids))
        while batch := [str(ident) for ident in islice(rows, FETCHED)]:
            with translate_errors():
                answer = self._cluster.within(FIND_SECONDS).mget(
                    index=self.index, ids=batch, source=["packed"]
                )
            candidates += [_candidate(doc) for doc in answer["docs"] if doc["found"]]
        return candidates

    def exists(self) -> bool:
        """Whether the index is there, open, and of our making: another one answers, and finds nothing."""
        client = self._cluster.within(FIND_SECONDS)
        try:
            with translate_errors():
                described = client.indices.get(index=self.index)[self.index]
        except NotBuilt:
            return False
        # Closed by hand: it is there, and every search of it fails.
        if described["settings"]["index"].get("verified_before_close") == "true":
            return False
        fields = described["mappings"].get("properties", {})
        return set(fields) == {*FIELDS, "packed"}

    def drop(self) -> None:
        """Delete the index, if it is there."""
        client = self._cluster.within(BULK_SECONDS).options(ignore_status=404)
        with translate_errors():
            client.indices.delete(index=self.index)

    def close(self) -> None:
        """Close the sockets of this process."""
        self._cluster.close()


def _index_body() -> Body:
    text = {
        "type": "text",
        "analyzer": "whitespace",
        "index_options": "freqs",
        "similarity": "nearly_cosine",
    }
    return {
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            # Nobody searches it before it is filled, so it is refreshed once, by hand.
            "refresh_interval": "-1",
            "similarity": {
                "nearly_cosine": {"type": "BM25", "k1": K1, "b": B},
            },
        },
        "mappings": {
            "dynamic": "strict",
            # The terms need not be stored a second time: packed has them.
            "_source": {"includes": ["packed"]},
            "properties": {
                **dict.fromkeys(FIELDS, text),
                "packed": {"type": "binary"},
            },
        },
    }


def _source(document: StoredCandidate) -> Body:
    packed = base64.b64encode(document.packed)
    body: Body = {"packed": packed.decode()}
    for name in FIELDS:
        body[name] = " ".join(map(str, document.terms[name]))
    return body


def _ids_query(ids: Iterable[int]) -> Body:
    values = [str(ident) for ident in sorted(ids)]
    return {"ids": {"values": values}}


def _candidate(hit: Mapping[str, Any]) -> Candidate:
    packed = hit["_source"]["packed"]
    return int(hit["_id"]), base64.b64decode(packed)
