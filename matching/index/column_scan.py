"""The compiled scan of many queries over a segment: which documents may be among the best of each.
Not here: what is a column and what a list (layout), which of a block are collected (collecting), the exact sums
(resumming), the loops of one query (kernels).

Documents are taken in blocks that fit the cache, and all queries go through a block before the next one, so that its
columns are filled once. The score that comes of columns is an upper bound, too large by a known factor at most. So
which documents can be among the best is certain, and these few are summed again exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from matching.arrays import (
    Bools,
    Float32s,
    Int32s,
    Int64s,
    UInt16s,
    UInt32s,
)
from matching.index import postings
from matching.index.collecting import collect_block
from matching.index.compiling import (
    KINDS,
    by_kind,
    compiled_loop,
    inlined_loop,
    read_only,
    writeable,
)
from matching.index.layout import CODES, GROUP

# Documents of a block, a power of two: sums of 16 KB, and some thousand columns of 4 KB.
BLOCK = 4_096
# Blocks whose lists are read together: to visit a short list costs more than to read it.
TOGETHER = 8
_COUNT_BITS = postings.COUNT_BITS
_COUNT_MASK = postings.COUNT_MASK
# A posting shifted by so many bits gives its block; the rest is its place there, with its count.
_BLOCK_BITS = np.uint32(BLOCK.bit_length() - 1) + _COUNT_BITS
_IN_BLOCK = (np.uint32(1) << _BLOCK_BITS) - np.uint32(1)


@inlined_loop
def _fill_columns(
    packed: Any, at: Any, ends: Any, begin: int, end: int, columns: Any
) -> None:
    """Lay out the columns of the documents begin…end; `at`: the next posting of each, moved on."""
    for column in range(len(at)):
        own = columns[column]
        own[:] = 0
        place = at[column]
        while place < ends[column]:
            number = np.int64(packed[place] >> _COUNT_BITS)
            if number >= end:
                break
            own[number - begin] = CODES[packed[place] & _COUNT_MASK]
            place += 1
        at[column] = place


@inlined_loop
def _spread_lists(
    packed: Any, at: Any, ends: Any, begin: int, end: int, spread: Any, bounds: Any
) -> Any:
    """Sort the postings of the documents begin…end by block, list after list.

    Args:
        packed: the postings.
        at, ends: of each list the next posting, moved on, and where it ends, shape (l,).
        spread: room for the postings of each block, shape (TOGETHER, room).
        bounds: filled with where list i begins in block b, bounds[b, i], shape (TOGETHER, l + 1).

    Returns:
        the postings, numbered within their block; in an array with more room where they need it.
    """
    base = np.uint32(begin) << _COUNT_BITS
    limit = np.uint32(end) << _COUNT_BITS
    sizes = np.zeros(TOGETHER, dtype=np.int64)
    for i in range(len(at)):
        place = at[i]
        last = ends[i]
        if sizes.max() + BLOCK > spread.shape[1]:
            more = np.empty((TOGETHER, 2 * spread.shape[1]), dtype=np.uint32)
            more[:, : spread.shape[1]] = spread
            spread = more
        while place < last and packed[place] < limit:
            posting = packed[place] - base
            block = posting >> _BLOCK_BITS
            spread[block, sizes[block]] = posting & _IN_BLOCK
            sizes[block] += 1
            place += 1
        at[i] = place
        bounds[:, i + 1] = sizes
    return spread


@inlined_loop
def _add_columns(
    columns: Any,
    group_columns: Any,
    weights: Any,
    units: Any,
    first: int,
    last: int,
    sums: Any,
) -> None:
    """Add the groups first…last of a query to the sums of a block, shape (n,)."""
    for group in range(first, last):
        at = GROUP * group
        a = columns[group_columns[at]]
        b = columns[group_columns[at + 1]]
        c = columns[group_columns[at + 2]]
        d = columns[group_columns[at + 3]]
        e = columns[group_columns[at + 4]]
        f = columns[group_columns[at + 5]]
        g = columns[group_columns[at + 6]]
        h = columns[group_columns[at + 7]]
        w = weights[at : at + GROUP]
        unit = units[group]
        # Written out, and in 16 bits, which lets the compiler take 16 documents at once.
        for i in range(len(sums)):
            whole = np.uint16(
                np.uint16(a[i]) * w[0]
                + np.uint16(b[i]) * w[1]
                + np.uint16(c[i]) * w[2]
                + np.uint16(d[i]) * w[3]
                + np.uint16(e[i]) * w[4]
                + np.uint16(f[i]) * w[5]
                + np.uint16(g[i]) * w[6]
                + np.uint16(h[i]) * w[7]
            )
            sums[i] += np.float32(whole) * unit


@inlined_loop
def _add_lists(
    spread: Any,
    bounds: Any,
    lists: Any,
    weights: Any,
    by_count: Any,
    first: int,
    last: int,
    sums: Any,
) -> None:
    """Add the lists first…last of a query to the sums of a block, shape (n,)."""
    for i in range(first, last):
        weight = weights[i]
        for at in range(bounds[lists[i]], bounds[lists[i] + 1]):
            posting = spread[at]
            sums[posting >> _COUNT_BITS] += weight * by_count[posting & _COUNT_MASK]


_POSTINGS = by_kind(types.uint32)
_NUMBERS = by_kind(types.int64)
_FACTORS = by_kind(types.float32)


@compiled_loop(
    types.void(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        by_kind(types.int32),
        by_kind(types.uint16),
        _FACTORS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        by_kind(types.int32),
        _FACTORS,
        _NUMBERS,
        _FACTORS,
        read_only(types.float32, 2),
        read_only(types.float32),
        read_only(types.boolean),
        types.int64,
        read_only(types.float32),
        types.float32,
        writeable(types.float32, 2),
        writeable(types.uint32, 2),
        writeable(types.float32, 2),
        writeable(types.int64),
    )
)
def scan_segment(
    packed: tuple[UInt32s, ...],
    starts: tuple[Int64s, ...],
    ends: tuple[Int64s, ...],
    group_columns: tuple[Int32s, ...],
    group_weights: tuple[UInt16s, ...],
    units: tuple[Float32s, ...],
    group_ends: tuple[Int64s, ...],
    list_starts: tuple[Int64s, ...],
    list_ends: tuple[Int64s, ...],
    own_lists: tuple[Int32s, ...],
    own_weights: tuple[Float32s, ...],
    own_ends: tuple[Int64s, ...],
    factors: tuple[Float32s, ...],
    shares: Float32s,
    by_count: Float32s,
    allowed: Bools,
    first: int,
    looseness: Float32s,
    near: np.float32,
    heaps: Float32s,
    numbers: UInt32s,
    bounds: Float32s,
    counts: Int64s,
) -> None:
    """Collect the documents of a segment that may be among the best of each of q queries.

    Args:
        packed: by kind, the postings of the segment, shape (p,).
        starts … own_ends: by kind, as lay_out() returns them.
        factors: by kind, what the sum of a document is multiplied by, shape (n,).
        shares: of the kinds in the score of each query, shape (q, 3).
        by_count: shape (64,).
        allowed: the only documents that count, shape (n,).
        first: the number of the first of them.
        looseness: as lay_out() made it, shape (q,).
        near: what an exact score may lie below the last place.
        heaps: the highest bounds of each query so far, zeros at first, shape (q, top); changed in place.
        numbers, bounds: of the documents collected, ascending, shape (q, room); changed in place.
        counts: how many these are, -1 where there is no room for all, shape (q,); changed in place.
    """
    documents = len(allowed)
    columns = (
        np.empty((len(starts[0]), BLOCK), dtype=np.uint8),
        np.empty((len(starts[1]), BLOCK), dtype=np.uint8),
        np.empty((len(starts[2]), BLOCK), dtype=np.uint8),
    )
    column_at = (starts[0].copy(), starts[1].copy(), starts[2].copy())
    list_at = (list_starts[0].copy(), list_starts[1].copy(), list_starts[2].copy())
    list_bounds = (
        np.zeros((TOGETHER, len(list_starts[0]) + 1), dtype=np.uint32),
        np.zeros((TOGETHER, len(list_starts[1]) + 1), dtype=np.uint32),
        np.zeros((TOGETHER, len(list_starts[2]) + 1), dtype=np.uint32),
    )
    # Three names, for the arrays of a tuple cannot be exchanged.
    grams = np.empty((TOGETHER, BLOCK), dtype=np.uint32)
    titles = np.empty((TOGETHER, BLOCK), dtype=np.uint32)
    words = np.empty((TOGETHER, BLOCK), dtype=np.uint32)
    all_sums = np.empty(BLOCK, dtype=np.float32)
    all_scores = np.empty(BLOCK, dtype=np.float32)
    reaching = np.empty(BLOCK, dtype=np.bool_)
    for begin in range(0, documents, BLOCK):
        end = min(begin + BLOCK, documents)
        sums = all_sums[: end - begin]
        scores = all_scores[: end - begin]
        block = begin // BLOCK % TOGETHER
        if block == 0:
            until = min(begin + TOGETHER * BLOCK, documents)
            grams = _spread_lists(
                packed[0], list_at[0], list_ends[0], begin, until, grams, list_bounds[0]
            )
            titles = _spread_lists(
                packed[1],
                list_at[1],
                list_ends[1],
                begin,
                until,
                titles,
                list_bounds[1],
            )
            words = _spread_lists(
                packed[2], list_at[2], list_ends[2], begin, until, words, list_bounds[2]
            )
        spread = (grams, titles, words)
        for kind in range(KINDS):
            _fill_columns(
                packed[kind], column_at[kind], ends[kind], begin, end, columns[kind]
            )
        for query in range(len(shares)):
            if counts[query] < 0:
                continue
            scores[:] = 0
            for kind in range(KINDS):
                sums[:] = 0
                _add_columns(
                    columns[kind],
                    group_columns[kind],
                    group_weights[kind],
                    units[kind],
                    group_ends[kind][query],
                    group_ends[kind][query + 1],
                    sums,
                )
                _add_lists(
                    spread[kind][block],
                    list_bounds[kind][block],
                    own_lists[kind],
                    own_weights[kind],
                    by_count,
                    own_ends[kind][query],
                    own_ends[kind][query + 1],
                    sums,
                )
                share = shares[query, kind]
                own = factors[kind][begin:end]
                for i in range(len(scores)):
                    scores[i] += sums[i] * own[i] * share
            counts[query] = collect_block(
                scores,
                reaching,
                allowed[begin:end],
                first + begin,
                heaps[query],
                looseness[query],
                near,
                numbers[query],
                bounds[query],
                counts[query],
            )
