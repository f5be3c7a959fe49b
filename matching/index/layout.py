"""How the features of many queries are laid out for their scan: as columns in groups of a query, or as lists.
Not here: the scan itself (scanning).

A column has one byte for each document of a block, so that eight columns of a query are added up by vector
instructions, at .03 ns a document, where a posting of a list takes about .7 ns. Codes and weights are whole numbers,
rounded up: a sum of columns is never too small, and never too large by more than a known factor.
"""

from __future__ import annotations

import numpy as np
from numba import types

from matching.arrays import (
    Float32s,
    Int32s,
    Int64s,
    UInt16s,
    UInt32s,
)
from matching.index.compiling import compiled_loop, read_only, writeable
from matching.index.weighting import SUBLINEAR

# Columns that are added up together in 16 bits: GROUP · the greatest code · MOST is below 2^16.
GROUP = 8
# The greatest whole weight.
MOST = 127
# Features that fewer than one in so many documents have are lists.
LISTED = 23
# By count, shape (64,): what stands in a column, about twelve times the sublinear count. With this number the codes of
# small counts are nearest to it.
CODES = np.ceil(SUBLINEAR * 11.8).astype(np.uint8)
_RATIOS = CODES[1:] / SUBLINEAR[1:]
# CODES / _SCALE is at least the sublinear count, and at most this times as large.
_SCALE = np.float32(_RATIOS.min())
_LOOSENESS = np.float32(_RATIOS.max() / _RATIOS.min())

_NUMBERS = read_only(types.int64)
_LAID_OUT = types.Tuple(  # type: ignore[no-untyped-call]
    (
        writeable(types.int64),
        writeable(types.int64),
        writeable(types.int32),
        writeable(types.uint16),
        writeable(types.float32),
        writeable(types.int64),
        writeable(types.int64),
        writeable(types.int64),
        writeable(types.int32),
        writeable(types.float32),
        writeable(types.int64),
    )
)


@compiled_loop(
    _LAID_OUT(
        _NUMBERS,
        _NUMBERS,
        read_only(types.uint32),
        types.int64,
        read_only(types.float32),
        _NUMBERS,
        types.int64,
        writeable(types.float32),
    )
)
def lay_out(
    term_ends: Int64s,
    terms: Int64s,
    features: UInt32s,
    size: int,
    weights: Float32s,
    query_ends: Int64s,
    documents: int,
    looseness: Float32s,
) -> tuple[
    Int64s,
    Int64s,
    Int32s,
    UInt16s,
    Float32s,
    Int64s,
    Int64s,
    Int64s,
    Int32s,
    Float32s,
    Int64s,
]:
    """The features of one kind of q queries in a segment.

    Args:
        term_ends: of the segment, shape (t + 1,).
        terms: numbers of the features of the queries there, -1 for none, shape (k,).
        features, size: which feature each is, below `size`, shape (k,).
        weights: of these, above 0, shape (k,).
        query_ends: query i has the features query_ends[i]:query_ends[i + 1], shape (q + 1,).
        documents: of the segment.
        looseness: by what a sum may be too large, as a factor, shape (q,); made larger in place.

    Returns:
        * starts, ends: of the postings of each column, shape (c,) each.
        * group_columns, group_weights: the columns of the groups and their whole weights, shape (GROUP · g,) each.
        * units: what the sum of a group is multiplied by, shape (g,).
        * group_ends: query i has the groups group_ends[i]:group_ends[i + 1], shape (q + 1,).
        * list_starts, list_ends: of the postings of each list, shape (l,) each.
        * own_lists, own_weights: the lists of the queries and their weights, shape (m,) each.
        * own_ends: as group_ends, shape (q + 1,).
    """
    queries = len(query_ends) - 1
    most = query_ends[queries] - query_ends[0]
    # Of each feature: the number of its column or list.
    number_of = np.full(size, -1, dtype=np.int32)
    starts = np.empty(most, dtype=np.int64)
    ends = np.empty(most, dtype=np.int64)
    columns = 0
    group_columns = np.zeros(most + GROUP * queries, dtype=np.int32)
    group_weights = np.zeros(len(group_columns), dtype=np.uint16)
    units = np.empty(len(group_columns) // GROUP, dtype=np.float32)
    group_ends = np.zeros(queries + 1, dtype=np.int64)
    groups = 0
    list_starts = np.empty(most, dtype=np.int64)
    list_ends = np.empty(most, dtype=np.int64)
    lists = 0
    own_lists = np.empty(most, dtype=np.int32)
    own_weights = np.empty(most, dtype=np.float32)
    own_ends = np.zeros(queries + 1, dtype=np.int64)
    own = 0
    for query in range(queries):
        first = query_ends[query]
        # The heaviest first: those of a group differ little, so that one unit suits them all.
        order = np.argsort(-weights[first : query_ends[query + 1]])
        filled = GROUP * groups
        for place in order:
            term = terms[first + place]
            weight = weights[first + place]
            if term < 0:
                continue
            length = term_ends[term + 1] - term_ends[term]
            feature = features[first + place]
            number = number_of[feature]
            # A posting takes as long as some twenty documents of a column.
            if LISTED * length < documents:
                if number < 0:
                    number = number_of[feature] = lists
                    list_starts[lists] = term_ends[term]
                    list_ends[lists] = term_ends[term + 1]
                    lists += 1
                own_lists[own] = number
                own_weights[own] = weight
                own += 1
                continue
            if number < 0:
                number = number_of[feature] = columns
                starts[columns] = term_ends[term]
                ends[columns] = term_ends[term + 1]
                columns += 1
            if filled == GROUP * groups:
                units[groups] = weight / np.float32(MOST)
                groups += 1
            unit = units[groups - 1]
            whole = min(MOST, int(np.ceil(weight / unit)))
            group_columns[filled] = number
            group_weights[filled] = whole
            filled += 1
            loose = _LOOSENESS * np.float32(whole) * unit / weight
            looseness[query] = max(looseness[query], loose)
        for at in range(filled, GROUP * groups):
            # A group that is not full adds its last column with the weight 0.
            group_columns[at] = group_columns[filled - 1]
        group_ends[query + 1] = groups
        own_ends[query + 1] = own
    return (
        starts[:columns].copy(),
        ends[:columns].copy(),
        group_columns[: GROUP * groups].copy(),
        group_weights[: GROUP * groups].copy(),
        units[:groups] / _SCALE,
        group_ends,
        list_starts[:lists].copy(),
        list_ends[:lists].copy(),
        own_lists[:own].copy(),
        own_weights[:own].copy(),
        own_ends,
    )
