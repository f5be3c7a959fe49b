"""The compiled loops of the reasons (numba): what features earned, and in which words they lie.
Not here: what a feature weighs (index), what is named in the end (query_explainer).

A page explains twenty documents, each with some hundred shared features at some thousand places; in Python that took a
quarter of the page.
"""

from __future__ import annotations

from numba import types

from matching.arrays import (
    Bools,
    Float64s,
    Int32s,
    Int64s,
    UInt8s,
    UInt64s,
)
from matching.index.compiling import compiled_loop, read_only, writeable

_KEYS = read_only(types.uint64)
_NUMBERS = read_only(types.int64)
_PARTS = read_only(types.float64)


@compiled_loop(
    types.float64(
        _KEYS,
        _PARTS,
        _KEYS,
        read_only(types.uint8),
        _PARTS,
        types.float64,
        types.float64,
        writeable(types.float64),
        writeable(types.boolean),
    )
)
def earn_parts(
    known: UInt64s,
    weights: Float64s,
    keys: UInt64s,
    counts: UInt8s,
    by_count: Float64s,
    norm: float,
    factor: float,
    parts: Float64s,
    shared: Bools,
) -> float:
    """What each feature of a query earns for one document, and their sum, added in the order of the query's features.

    Args:
        known, weights: the query's features, ascending, and their weights, shape (k,).
        keys, counts: the document's features in any order, shape (m,).
        by_count: the sublinear count of each count, shape (64,).
        norm: of the document; 0 where it has no feature that weighs anything.
        factor: what a cosine of 1 is worth of the score.
        parts: what each feature of the query earns of the score, shape (k,); zeros, filled in place.
        shared: which of them the document has, shape (k,); all False, filled in place.

    Returns:
        the sum of the parts.
    """
    for i in range(len(keys)):
        key = keys[i]
        low = 0
        high = len(known)
        while low < high:
            middle = (low + high) >> 1
            if known[middle] < key:
                low = middle + 1
            else:
                high = middle
        if low < len(known) and known[low] == key:
            shared[low] = True
            if norm > 0:
                # In this order, so that a part has the bits that numpy gives it.
                parts[low] = weights[low] * by_count[counts[i]] / norm * factor
    total = 0.0
    for place in range(len(known)):
        total += parts[place]
    return total


@compiled_loop(
    types.void(
        _PARTS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _PARTS,
        read_only(types.int32),
        read_only(types.int32),
        writeable(types.float64),
    )
)
def share_places(
    parts: Float64s,
    features: Int64s,
    starts: Int64s,
    ends: Int64s,
    shares: Float64s,
    owners: Int32s,
    words: Int32s,
    earned: Float64s,
) -> None:
    """Share what each feature earned among its places, and add each place's share to the word in which it lies.

    Args:
        parts: of the features, shape (k,).
        features, starts, ends: which feature stands at which characters, shape (p,).
        shares: of the feature's part that goes to this place, shape (p,).
        owners: the span that covers each character, -1 for none, shape (characters,).
        words: the word of each span, shape (spans,).
        earned: of the words, shape (w,); added to in place.
    """
    for i in range(len(features)):
        owner = owners[starts[i]]
        # Only a feature that lies inside one shared word belongs to it; across two words it is residual.
        if owner >= 0 and owner == owners[ends[i] - 1]:
            earned[words[owner]] += parts[features[i]] * shares[i]
