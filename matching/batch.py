"""Many queries ranked side by side, with the order, the scores and the reasons that each would get alone.
Not here: the score (ranking), the scan (batch_scan), how texts are read (index.reading).
"""

from __future__ import annotations

import os
from collections.abc import (
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from matching import vectors
from matching.arrays import (
    Float32s,
    Float64s,
    Int64s,
)
from matching.batch_scan import BatchScan, Found
from matching.catalogue import Catalogue
from matching.documents import (
    Document,
    id_sort_key,
)
from matching.features import (
    FEATURE_KINDS,
    FeatureCounts,
    Features,
)
from matching.index.feature_index import FeatureIndex
from matching.index.many import WeightedQueries
from matching.index.reading import CatalogueFeatures
from matching.index.weighting import WeightedQuery
from matching.match import Match
from matching.prepared_query import normalised_weights
from matching.ranking import QueryRun, rounded

# Queries whose candidates are scored together: what numpy works on for so many fits the cache.
SCORED_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Candidates of some queries, one query after the other, the best of each first.

    Attributes:
        numbers: of the documents, c of them.
        scores: of these.
        norms: of these by kind of features, each of shape (c,).
    """

    numbers: list[int]
    scores: list[float]
    norms: dict[str, Float64s]

    def last_of_best(self, first: int, end: int, top: int) -> int:
        """Where the `top` best of the query at first…end have their end, with all that tie for the last place."""
        last = min(first + top, end)
        while first < last < end and self.scores[last] == self.scores[last - 1]:
            last += 1
        return last


class QueryOfBatch:
    """One query of a batch, which makes its parts when something asks for them (PreparedQuery)."""

    def __init__(self, batch: QueryBatch, number: int) -> None:
        self._batch = batch
        self._number = number

    @property
    def indexes(self) -> dict[str, FeatureIndex]:
        """See PreparedQuery."""
        return self._batch.indexes

    def features(self) -> Features:
        """See PreparedQuery."""
        # For kinds without a weight, which have no index.
        nothing = FeatureCounts(np.zeros(0, np.uint64), np.zeros(0, np.uint8))
        counted = dict.fromkeys(FEATURE_KINDS, nothing)
        for kind, queries in self._batch.weighted.items():
            counted[kind] = queries.counted(self._number)
        has_content = bool(self._batch.has_content[self._number])
        return Features(**counted, has_content=has_content)

    def weighted(self) -> dict[str, WeightedQuery]:
        """See PreparedQuery."""
        weighted: dict[str, WeightedQuery] = {}
        for kind, queries in self._batch.weighted.items():
            weighted[kind] = queries.query(self._number)
        return weighted


class QueryBatch:
    """Queries weighted together against a catalogue as it is at this moment.

    Attributes:
        indexes: of the catalogue, by kind of features; not changed by merge().
        weighted: the queries, by kind.
        has_content: whether any term of a query carries content, shape (q,).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        weights: Mapping[str, float],
        queries: Sequence[Document],
        read: CatalogueFeatures,
    ) -> None:
        """Weight queries.

        Args:
            catalogue: what they are run against.
            weights: of the kinds of features and of `vectors`.
            queries: as written.
            read: their features.
        """
        self._catalogue = catalogue
        self._documents = catalogue.size
        self._given_weights = weights
        self._queries = queries
        self.has_content = read.has_content
        self.indexes = dict(catalogue.indexes)
        self.weighted: dict[str, WeightedQueries] = {}
        for kind, index in self.indexes.items():
            self.weighted[kind] = index.weigh_all(read.segments[kind], self._documents)
        words = read.segments["words"]
        # One matrix product for all queries.
        means = catalogue.word_vectors.segment_means(words)
        self._directions = vectors.directions(means)
        self._weights = normalised_weights(
            weights,
            np.diff(words.document_ends),
            len(catalogue.word_vectors.keys) > 0,
        )
        for kind, share in self._weights.items():
            self._weights[kind] = np.broadcast_to(share, len(queries))

    def rank(self, top: int) -> list[list[Match]]:
        """The best documents of each query, as Matcher.rank() gives them."""
        ranked: list[list[Match]] = [[] for _ in self._queries]
        if top <= 0 or not self.has_content.any() or not len(self._catalogue.ids):
            return ranked
        depth = min(self._depth(top), len(self._catalogue.ids))
        scan = BatchScan(self._catalogue, self.weighted, self.shares(), depth)
        processors = os.cpu_count() or 1
        size = scan.together(-(-len(ranked) // processors))

        def rank_chunk(first: int) -> None:
            chunk = range(first, min(first + size, len(ranked)))
            for query, best in self._rank_chunk(scan.find(chunk), chunk, top):
                ranked[query] = best

        # The loops and numpy let go of the GIL, so threads rank side by side.
        with ThreadPoolExecutor(processors) as pool:
            for _ in pool.map(rank_chunk, range(0, len(ranked), size)):
                pass
        return ranked

    def _depth(self, top: int) -> int:
        """How many are scored with vectors, which reorder the best by text (decision 013)."""
        has_vectors = bool(self._weights["vectors"].any())
        return max(top, vectors.RESCORED) if has_vectors else top

    def shares(self) -> Float32s:
        """The shares of the kinds in the score of each query, shape (q, 3); none where nothing is ranked."""
        shares = [self._weights[kind] * self.has_content for kind in FEATURE_KINDS]
        return np.stack(shares, axis=1).astype(np.float32)

    def _rank_chunk(
        self, found: Found, chunk: range, top: int
    ) -> Iterator[tuple[int, list[Match]]]:
        """(query, its best) of some queries, by their candidates."""
        for start in range(0, len(chunk), SCORED_TOGETHER):
            ends = found.ends[start : start + SCORED_TOGETHER + 1]
            some = slice(ends[0], ends[-1])
            candidates = Found(found.numbers[some], ends - ends[0], found.sums[:, some])
            queries = chunk[start : start + SCORED_TOGETHER]
            yield from self._rank_some(candidates, queries, top)

    def _rank_some(
        self, found: Found, queries: range, top: int
    ) -> Iterator[tuple[int, list[Match]]]:
        """The same of so many as are scored together."""
        numbers = found.numbers
        owners = np.repeat(np.asarray(queries), np.diff(found.ends))
        norms = {
            kind: index.norms(self._documents, numbers)
            for kind, index in self.indexes.items()
        }
        scores = self._scores(numbers, owners, found.sums, norms)
        # The best of each query first.
        order = np.lexsort((-scores, owners))
        ranking = _Ranking(
            numbers[order].tolist(),
            scores[order].tolist(),
            {kind: values[order] for kind, values in norms.items()},
        )
        ends = found.ends.tolist()
        for place, query in enumerate(queries):
            first, end = ends[place : place + 2]
            last = ranking.last_of_best(first, end, top)
            yield query, self._matches(query, ranking, first, last)[:top]

    def _matches(
        self, query: int, ranking: _Ranking, first: int, last: int
    ) -> list[Match]:
        """The matches of a query at the places first…last, equal scores by id."""
        run = QueryRun(
            self._catalogue,
            self._given_weights,
            self._queries[query],
            prepared=QueryOfBatch(self, query),
        )
        ids = self._catalogue.ids
        numbers = ranking.numbers
        scores = ranking.scores
        norms = ranking.norms
        matches: list[Match] = []
        for place in range(first, last):
            number = numbers[place]
            id_ = ids[number]
            matches.append(Match(id_, scores[place], run, number, norms, place))
        if len(set(scores[first:last])) < last - first:
            matches.sort(key=lambda match: (-match.score, id_sort_key(match.id)))
        return matches

    def _scores(
        self,
        numbers: Int64s,
        owners: Int64s,
        sums: Float32s,
        norms: Mapping[str, Float64s],
    ) -> Float64s:
        """The scores of candidates of some queries, as QueryRun works them out for one. Shape (c,).

        Args:
            numbers, owners: of the documents and of their queries, shape (c,).
            sums: by kind, shape (3, c).
            norms: of the documents by kind, each of shape (c,).
        """
        total = np.zeros(len(numbers))
        for place, kind in enumerate(FEATURE_KINDS):
            if kind not in norms:
                continue
            weighted = sums[place].astype(np.float64) * self._weights[kind][owners]
            cosines = np.zeros(len(numbers))
            np.divide(weighted, norms[kind], out=cosines, where=norms[kind] > 0)
            total += cosines
        if self._weights["vectors"].any():
            others = self._catalogue.mean_vectors(numbers)
            near = vectors.vector_similarities(self._directions, owners, others)
            total += self._weights["vectors"][owners] * near
        scores: Float64s = rounded(total)
        return scores
