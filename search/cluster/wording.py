"""The words of what a reader may find: completions, counts and keys of mistyped words, within one budget of time.
Not here: the requests (queries), what is made of the answers (completion, spelling).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from elastic_transport import ObjectApiResponse

from search.cluster.client import ClusterClient, translate_errors
from search.cluster.mapping import Body, completion_value
from search.cluster.queries import completion_request, count_request, spelling_request
from search.completion import (
    SEPARATOR,
    WEIGHTS,
    normalize_prefix,
    rank_completions,
)
from search.contract import SearchUnavailable
from search.terms import Term


class ReadersWords:
    """Asks for words on behalf of one reader. Made for one answer: its time runs from the beginning."""

    def __init__(
        self,
        cluster: ClusterClient,
        alias: str,
        readers: list[str],
        seconds: float,
    ) -> None:
        """Begin the time of an answer.

        Args:
            cluster, alias: where to.
            readers: the groups the reader belongs to.
            seconds: for all requests of the answer together.
        """
        self._cluster = cluster
        self._alias = alias
        self._readers = readers
        self._end = time.monotonic() + seconds

    def suggest(self, text: str, kinds: Sequence[str], size: int) -> list[str]:
        """What begins with the typed text.

        Args:
            text: as typed.
            kinds: only of these; all when empty.
            size: how many texts at most.
        """
        prefix = normalize_prefix(text)
        # Nothing typed would begin every word there is.
        if not prefix or size < 1:
            return []
        answer = self._ask(completion_request(prefix, self._readers, kinds))
        counts: dict[int, dict[str, int]] = {}
        for weight in WEIGHTS:
            by_entry = counts.setdefault(weight, {})
            for bucket in answer["aggregations"][str(weight)]["buckets"]:
                # The weight is a part of the stored value, so that one field holds the entries of all weights.
                entry = bucket["key"].removeprefix(completion_value(weight, ""))
                by_entry[entry] = bucket["doc_count"]
        return rank_completions(counts, prefix, size)

    def count(self, terms: Sequence[Term]) -> list[int]:
        """How many documents have each term."""
        if not terms:
            return []
        counted = self._ask(count_request(terms, self._readers))["aggregations"]
        return [counted[str(place)]["doc_count"] for place in range(len(terms))]

    def lookup(self, keys: Sequence[str]) -> set[str]:
        """The words that documents have under some keys."""
        if not keys:
            return set()
        answer = self._ask(spelling_request(keys, self._readers))
        words = set()
        for aggregation in answer["aggregations"].values():
            for bucket in aggregation["buckets"]:
                words.add(bucket["key"].partition(SEPARATOR)[2])
        return words

    def _ask(self, body: Body) -> ObjectApiResponse[Any]:
        """Send one search that needs no hits."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise SearchUnavailable("search took too long")
        with translate_errors():
            # Shards that do not answer are an error: words that are merely missing would look like none.
            return self._cluster.within(left).search(
                index=self._alias, body=body, allow_partial_search_results=False
            )
