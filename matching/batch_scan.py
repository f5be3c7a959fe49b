"""The scan of a batch of queries: by lists where there are few, by columns where there are many. Same candidates.
Not here: the compiled loops (index), how candidates become an order (batch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from matching.arrays import (
    Float32s,
    Int64s,
    UInt32s,
)
from matching.catalogue import Catalogue
from matching.features import FEATURE_KINDS
from matching.index import kernels
from matching.index.column_scan import scan_segment
from matching.index.layout import lay_out
from matching.index.many import WeightedQueries
from matching.index.resumming import MOST_FEATURES, sum_collected
from matching.index.scanning import scan_queries
from matching.index.segment import Segment
from matching.index.weighting import SUBLINEAR_32

# Queries of a thread and documents from which columns pay.
MANY = 100
LARGE = 30_000
# Queries scanned at a time: by lists, so that what follows fits the cache,
FEW = 32
# and at most by columns, which are laid out once for all of them,
CHUNK = 1_000
# with so many places of best documents for all.
PLACES = 100_000
# Documents collected for each place: those that are nearly as good, until it is known that they are not.
SPARE = 6


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of q queries.

    Attributes:
        numbers: of the documents, one query after the other, shape (c,).
        ends: query i has numbers[ends[i]:ends[i + 1]], shape (q + 1,).
        sums: of these by kind, shape (3, c).
    """

    numbers: Int64s
    ends: Int64s
    sums: Float32s

    def with_more(self, queries: Int64s, more: Found) -> Found:
        """With the candidates of queries that have none yet, by place, shape (m,)."""
        sizes = np.diff(self.ends)
        at = np.repeat(self.ends[queries], np.diff(more.ends))
        sizes[queries] = np.diff(more.ends)
        return Found(
            np.insert(self.numbers, at, more.numbers),
            np.concatenate([[0], np.cumsum(sizes)]),
            np.insert(self.sums, at, more.sums, axis=1),
        )


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two segments of a catalogue: what was fitted, or what came since. By kind of features.

    Attributes:
        segments: those of kinds that do not count are empty.
        terms: numbers of the features of all queries there, -1 for none, shape (k,) each.
        documents: the numbers of its documents.
    """

    segments: tuple[Segment, ...]
    terms: tuple[Int64s, ...]
    documents: slice


class _Collected:
    """What a scan collects for some queries.

    Attributes:
        looseness: by what a bound may be too large, as a factor, shape (q,).
        heaps: the highest bounds of each, the smallest of these at 0, shape (q, depth).
        numbers, bounds: of documents that may be among the best, shape (q, room).
        counts: how many these are, shape (q,); -1 where the query has to be scanned by lists.
    """

    def __init__(self, queries: int, depth: int) -> None:
        room = SPARE * depth
        self.looseness = np.ones(queries, dtype=np.float32)
        self.heaps = np.zeros((queries, depth), dtype=np.float32)
        self.numbers = np.empty((queries, room), dtype=np.uint32)
        self.bounds = np.empty((queries, room), dtype=np.float32)
        self.counts = np.zeros(queries, dtype=np.int64)


class BatchScan:
    """The compiled loops over both segments of a catalogue, with their arrays by kind of features."""

    def __init__(
        self,
        catalogue: Catalogue,
        weighted: Mapping[str, WeightedQueries],
        shares: Float32s,
        depth: int,
    ) -> None:
        """Prepare a scan.

        Args:
            catalogue: what is scanned.
            weighted: the queries, by kind.
            shares: of the kinds in the score of each query, shape (q, 3).
            depth: how many of the best are wanted.
        """
        self._allowed = catalogue.is_ranked
        self._shares = shares
        self._depth = depth
        size = len(catalogue.ids)
        fitted = catalogue.indexes["words"].main.size
        features: list[UInt32s] = []
        sizes: list[int] = []
        weights: list[Float32s] = []
        ends: list[Int64s] = []
        factors: list[Float32s] = []
        main: list[tuple[Segment, Int64s]] = []
        later: list[tuple[Segment, Int64s]] = []
        for kind in FEATURE_KINDS:
            if kind not in weighted:
                features.append(np.zeros(0, dtype=np.uint32))
                sizes.append(0)
                weights.append(np.zeros(0, dtype=np.float32))
                ends.append(np.zeros(len(shares) + 1, dtype=np.int64))
                factors.append(np.zeros(size, dtype=np.float32))
                main.append(_nothing(fitted))
                later.append(_nothing(size - fitted))
                continue
            index = catalogue.indexes[kind]
            queries = weighted[kind]
            features.append(queries.features)
            sizes.append(queries.size)
            weights.append(queries.weights)
            ends.append(queries.ends)
            factors.append(index.inverse_norms(catalogue.size))
            main.append((index.main, queries.terms))
            segment = index.later_segment()
            later.append((segment, segment.find(queries.keys)))
        self._features = features
        self._sizes = sizes
        self._weights = tuple(weights)
        self._ends = tuple(ends)
        self._factors = tuple(factors)
        self._sides: list[_Side] = []
        for parts, documents in (
            (main, slice(0, fitted)),
            (later, slice(fitted, size)),
        ):
            segments, terms = zip(*parts, strict=True)
            self._sides.append(_Side(segments, terms, documents))

    def together(self, queries: int) -> int:
        """How many queries to give to find() at a time, of so many that one thread gets."""
        if self._pays(queries):
            return min(queries, CHUNK, -(-PLACES // self._depth))
        return FEW

    def _pays(self, queries: int) -> bool:
        """Whether columns do."""
        return queries >= MANY and len(self._allowed) >= LARGE

    def find(self, chunk: range) -> Found:
        """The candidates of some queries."""
        if self._pays(len(chunk)):
            return self.by_columns(chunk)
        return self.by_lists(np.asarray(chunk))

    def by_columns(self, chunk: range) -> Found:
        """The candidates of some queries, with columns for frequent features."""
        collected = self._collect(chunk)
        found = self._sum(chunk, collected)
        left = np.flatnonzero(collected.counts < 0)
        if len(left):
            found = found.with_more(left, self.by_lists(chunk.start + left))
        return found

    def by_lists(self, queries: Int64s) -> Found:
        """The candidates of some queries by number, shape (q,): see scan_queries()."""
        arguments: list[Any] = [
            *self._lists,
            self._weights,
            tuple(ends[queries] for ends in self._ends),
            tuple(ends[queries + 1] for ends in self._ends),
            self._factors,
            self._shares[queries],
            SUBLINEAR_32,
            self._allowed,
            self._sides[1].documents.start,
            self._depth,
            kernels.NEAR,
        ]
        return Found(*scan_queries(*arguments))

    @cached_property
    def _lists(self) -> list[Any]:
        """What scan_queries() takes of each segment: its postings, starts and ends of the lists of all features."""
        lists: list[Any] = []
        for side in self._sides:
            starts: list[Int64s] = []
            ends: list[Int64s] = []
            for segment, terms in zip(side.segments, side.terms, strict=True):
                first = segment.term_ends[terms]
                starts.append(first)
                ends.append(np.where(terms >= 0, segment.term_ends[terms + 1], first))
            packed = tuple(segment.by_term for segment in side.segments)
            lists += [packed, tuple(starts), tuple(ends)]
        return lists

    def _collect(self, chunk: range) -> _Collected:
        """The documents that may be among the best of some queries, by columns."""
        collected = _Collected(len(chunk), self._depth)
        for ends in self._ends:
            sizes = np.diff(ends[chunk.start : chunk.stop + 1])
            collected.counts[sizes > MOST_FEATURES] = -1
        for side in self._sides:
            allowed = self._allowed[side.documents]
            if not len(allowed):
                continue
            laid_out: list[tuple[Any, ...]] = []
            for kind, segment in enumerate(side.segments):
                laid_out.append(
                    lay_out(
                        segment.term_ends,
                        side.terms[kind],
                        self._features[kind],
                        self._sizes[kind],
                        self._weights[kind],
                        self._ends[kind][chunk.start : chunk.stop + 1],
                        len(allowed),
                        collected.looseness,
                    )
                )
            arguments: list[Any] = [
                tuple(segment.by_term for segment in side.segments),
                *zip(*laid_out, strict=True),
                tuple(factors[side.documents] for factors in self._factors),
                self._shares[chunk.start : chunk.stop],
                SUBLINEAR_32,
                allowed,
                side.documents.start,
                collected.looseness,
                kernels.NEAR,
                collected.heaps,
                collected.numbers,
                collected.bounds,
                collected.counts,
            ]
            scan_segment(*arguments)
        return collected

    def _sum(self, chunk: range, collected: _Collected) -> Found:
        """The candidates among what was collected; none for a query that has to be scanned by lists."""
        arguments: list[Any] = []
        for side in self._sides:
            arguments += [
                tuple(segment.by_document for segment in side.segments),
                tuple(segment.document_ends for segment in side.segments),
                side.terms,
                np.array([len(segment.keys) for segment in side.segments]),
            ]
        arguments += [
            self._weights,
            tuple(ends[chunk.start : chunk.stop + 1] for ends in self._ends),
            self._factors,
            self._shares[chunk.start : chunk.stop],
            SUBLINEAR_32,
            self._sides[1].documents.start,
            collected.looseness,
            kernels.NEAR,
            collected.heaps,
            collected.numbers,
            collected.bounds,
            collected.counts,
        ]
        return Found(*sum_collected(*arguments))


def _nothing(size: int) -> tuple[Segment, Int64s]:
    """As many documents without features, and no features of queries there."""
    none = np.zeros(0, dtype=np.uint32)
    ends = np.zeros(size + 1, dtype=np.int64)
    return Segment(none.astype(np.uint64), ends[:1], none, ends, none), ends[:0]
