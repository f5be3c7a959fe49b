"""The compiled scan of many queries: sums, scores and candidates of one after the other in the same working memory.
Not here: the loops of one query (kernels), how candidates become an order (batch).

It calls the loops of one query in their order, so sums and candidates are those of one query bit for bit. What it
spares is the way through the interpreter and fresh memory for each query.
"""

from __future__ import annotations

import numpy as np
from numba import types

from matching.arrays import (
    Bools,
    Float32s,
    Int64s,
    UInt32s,
)
from matching.index.collecting import with_room
from matching.index.compiling import (
    KINDS,
    by_kind,
    compiled_loop,
    read_only,
    writeable,
)
from matching.index.kernels import (
    accumulate,
    sum_postings,
    top_candidates,
)

_POSTINGS = by_kind(types.uint32)
_NUMBERS = by_kind(types.int64)
_FACTORS = by_kind(types.float32)
_FOUND = types.Tuple(  # type: ignore[no-untyped-call]
    (
        writeable(types.int64),
        writeable(types.int64),
        writeable(types.float32, 2),
    )
)


@compiled_loop(
    _FOUND(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _FACTORS,
        _NUMBERS,
        _NUMBERS,
        _FACTORS,
        read_only(types.float32, 2),
        read_only(types.float32),
        read_only(types.boolean),
        types.int64,
        types.int64,
        types.float32,
    )
)
def scan_queries(
    packed: tuple[UInt32s, ...],
    starts: tuple[Int64s, ...],
    ends: tuple[Int64s, ...],
    later_packed: tuple[UInt32s, ...],
    later_starts: tuple[Int64s, ...],
    later_ends: tuple[Int64s, ...],
    weights: tuple[Float32s, ...],
    query_starts: tuple[Int64s, ...],
    query_ends: tuple[Int64s, ...],
    factors: tuple[Float32s, ...],
    shares: Float32s,
    by_count: Float32s,
    allowed: Bools,
    first_later: int,
    top: int,
    near: np.float32,
) -> tuple[Int64s, Int64s, Float32s]:
    """The candidates of each of q queries, and their sums by kind of features.

    Args:
        packed, starts, ends: by kind the postings of the main segment, shape (p,), and the list of each feature of the
            queries, shape (k,).
        later_packed, later_starts, later_ends: the same of the documents added since, numbered from 0.
        weights: by kind, of these features, shape (k,).
        query_starts, query_ends: by kind; query i has the features query_starts[i]:query_ends[i], shape (q,).
        factors: by kind, what the sum of a document is multiplied by, shape (n,).
        shares: of the kinds in the score of each query, shape (q, 3).
        by_count: shape (64,).
        allowed: the only documents that count, shape (n,).
        first_later: the number of the first document added since.
        top, near: as of top_candidates().

    Returns:
        the numbers of the candidates, one query after the other, shape (c,); where those of query i end, shape
        (q + 1,); their sums by kind, shape (3, c).
    """
    queries = len(shares)
    documents = len(allowed)
    sums = np.empty((KINDS, documents), dtype=np.float32)
    scores = np.empty(documents, dtype=np.float32)
    numbers = np.empty(queries * (top + 16), dtype=np.int64)
    found_sums = np.empty((KINDS, len(numbers)), dtype=np.float32)
    found_ends = np.zeros(queries + 1, dtype=np.int64)
    count = 0
    for query in range(queries):
        scores[:] = 0
        for kind in range(KINDS):
            own = sums[kind]
            own[:] = 0
            first = query_starts[kind][query]
            last = query_ends[kind][query]
            sum_postings(
                packed[kind],
                starts[kind][first:last],
                ends[kind][first:last],
                weights[kind][first:last],
                by_count,
                own,
            )
            if first_later < documents:
                sum_postings(
                    later_packed[kind],
                    later_starts[kind][first:last],
                    later_ends[kind][first:last],
                    weights[kind][first:last],
                    by_count,
                    own[first_later:],
                )
            accumulate(own, factors[kind], shares[query, kind], scores)
        found = top_candidates(scores, allowed, top, near)
        need = count + len(found)
        numbers, found_sums = with_room(numbers, found_sums, count, need)
        for place in range(len(found)):
            numbers[count + place] = found[place]
            for kind in range(KINDS):
                found_sums[kind, count + place] = sums[kind, found[place]]
        count = need
        found_ends[query + 1] = count
    return numbers[:count].copy(), found_ends, found_sums[:, :count].copy()
