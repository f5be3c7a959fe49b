"""The exact sums of the documents that a scan collected, and which of them remain among the best of each query.
Not here: the scan (column_scan), how candidates become an order (batch).

A document is summed from its own features, in the order in which one query adds its lists: so sums, scores and
candidates are those of one query bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from matching.arrays import (
    Float32s,
    Int64s,
    UInt32s,
)
from matching.index import postings
from matching.index.collecting import drop_below, floor_of, with_room
from matching.index.compiling import (
    KINDS,
    by_kind,
    compiled_loop,
    inlined_loop,
    read_only,
    writeable,
)
from matching.index.kernels import top_candidates

_COUNT_BITS = postings.COUNT_BITS
_COUNT_MASK = postings.COUNT_MASK

# Features of one kind that a query may have here, for their places are of 16 bits.
MOST_FEATURES = (1 << 16) - 1


@inlined_loop
def _spread_documents(
    packed: Any,
    document_ends: Any,
    first: int,
    terms: Any,
    places: Any,
    numbers: Any,
    by_count: Any,
    spread: Any,
) -> None:
    """The sublinear counts of some documents by the features of a query: spread[place + 1, document].

    Args:
        packed, document_ends: postings (feature, count) by document of a segment, numbered from `first`.
        terms: the numbers of the features of the query there, -1 for none, shape (k,).
        places: zeros for all features of the segment; zeros again afterwards.
        numbers: of the documents; those of another segment are left out.
        by_count: shape (64,).
        spread: shape (at least k + 1, at least len(numbers)); row 0 is for what the query does not have.
    """
    for i in range(len(terms)):
        if terms[i] >= 0:
            places[terms[i]] = i + 1
    # One posting of each cache line first: the processor waits for many lines at once instead of one after the other.
    touched = np.uint32(0)
    for i in range(len(numbers)):
        number = numbers[i] - first
        if number >= 0 and number < len(document_ends) - 1:
            for at in range(document_ends[number], document_ends[number + 1], 16):
                touched |= packed[at]
    if len(numbers):
        spread[0, 0] = touched
    for i in range(len(numbers)):
        number = numbers[i] - first
        if number < 0 or number >= len(document_ends) - 1:
            continue
        for at in range(document_ends[number], document_ends[number + 1]):
            # Without a branch: which features the query has cannot be predicted.
            place = places[packed[at] >> _COUNT_BITS]
            spread[place, i] = by_count[packed[at] & _COUNT_MASK]
    for i in range(len(terms)):
        if terms[i] >= 0:
            places[terms[i]] = 0


_FOUND = types.Tuple(  # type: ignore[no-untyped-call]
    (
        writeable(types.int64),
        writeable(types.int64),
        writeable(types.float32, 2),
    )
)
_POSTINGS = by_kind(types.uint32)
_NUMBERS = by_kind(types.int64)
_FACTORS = by_kind(types.float32)


@compiled_loop(
    _FOUND(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        read_only(types.int64),
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        read_only(types.int64),
        _FACTORS,
        _NUMBERS,
        _FACTORS,
        read_only(types.float32, 2),
        read_only(types.float32),
        types.int64,
        read_only(types.float32),
        types.float32,
        read_only(types.float32, 2),
        writeable(types.uint32, 2),
        writeable(types.float32, 2),
        writeable(types.int64),
    )
)
def sum_collected(
    packed: tuple[UInt32s, ...],
    document_ends: tuple[Int64s, ...],
    terms: tuple[Int64s, ...],
    features: Int64s,
    later_packed: tuple[UInt32s, ...],
    later_ends: tuple[Int64s, ...],
    later_terms: tuple[Int64s, ...],
    later_features: Int64s,
    weights: tuple[Float32s, ...],
    query_ends: tuple[Int64s, ...],
    factors: tuple[Float32s, ...],
    shares: Float32s,
    by_count: Float32s,
    first_later: int,
    looseness: Float32s,
    near: np.float32,
    heaps: Float32s,
    collected: UInt32s,
    bounds: Float32s,
    counts: Int64s,
) -> tuple[Int64s, Int64s, Float32s]:
    """The candidates of each of q queries, and their sums by kind of features.

    Args:
        packed, document_ends: by kind, postings (feature, count) by document of the main segment.
        terms: by kind, the numbers of the features of the queries there, -1 for none, shape (k,).
        features: by kind, how many the main segment has, shape (3,).
        later_packed, later_ends, later_terms, later_features: the same of the documents added since, numbered from 0.
        weights: by kind, of these features, shape (k,).
        query_ends: by kind; query i has the features query_ends[i]:query_ends[i + 1], shape (q + 1,).
        factors: by kind, what the sum of a document is multiplied by, shape (n,).
        shares: of the kinds in the score of each query, shape (q, 3).
        by_count: shape (64,).
        first_later: the number of the first document added since.
        looseness, near, heaps, collected, bounds, counts: as scan_segment() leaves them; the last three are changed.

    Returns:
        the numbers of the candidates, one query after the other, ascending for each, shape (c,); where those of query i
        end, shape (q + 1,); their sums by kind, shape (3, c).
    """
    queries, top = heaps.shape
    places = (
        np.zeros(features[0], dtype=np.uint16),
        np.zeros(features[1], dtype=np.uint16),
        np.zeros(features[2], dtype=np.uint16),
    )
    later_places = (
        np.zeros(later_features[0], dtype=np.uint16),
        np.zeros(later_features[1], dtype=np.uint16),
        np.zeros(later_features[2], dtype=np.uint16),
    )
    numbers = np.empty(queries * (top + 16), dtype=np.int64)
    found_sums = np.empty((KINDS, len(numbers)), dtype=np.float32)
    found_ends = np.zeros(queries + 1, dtype=np.int64)
    found = 0
    for query in range(queries):
        floor = floor_of(heaps[query, 0], looseness[query], near)
        count = drop_below(
            collected[query], bounds[query], max(0, counts[query]), floor
        )
        own = collected[query, :count]
        sums = np.zeros((KINDS, count), dtype=np.float32)
        scores = np.zeros(count, dtype=np.float32)
        for kind in range(KINDS):
            first = query_ends[kind][query]
            last = query_ends[kind][query + 1]
            # Row 0 is for what the query does not have.
            spread = np.zeros((last - first + 1, count), dtype=np.float32)
            _spread_documents(
                packed[kind],
                document_ends[kind],
                0,
                terms[kind][first:last],
                places[kind],
                own,
                by_count,
                spread,
            )
            _spread_documents(
                later_packed[kind],
                later_ends[kind],
                first_later,
                later_terms[kind][first:last],
                later_places[kind],
                own,
                by_count,
                spread,
            )
            total = sums[kind]
            for i in range(last - first):
                weight = weights[kind][first + i]
                row = spread[i + 1]
                # What a document does not have adds 0, which changes no bit.
                for d in range(count):
                    total[d] += weight * row[d]
            share = shares[query, kind]
            for d in range(count):
                scores[d] += total[d] * factors[kind][own[d]] * share
        best = top_candidates(scores, np.ones(count, dtype=np.bool_), top, near)
        need = found + len(best)
        numbers, found_sums = with_room(numbers, found_sums, found, need)
        for place in best:
            numbers[found] = own[place]
            for kind in range(KINDS):
                found_sums[kind, found] = sums[kind, place]
            found += 1
        found_ends[query + 1] = found
    return numbers[:found].copy(), found_ends, found_sums[:, :found].copy()
