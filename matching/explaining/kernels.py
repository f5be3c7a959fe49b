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
from matching.index.kernels import place_of

_KEYS = read_only(types.uint64)
_NUMBERS = read_only(types.int64)
_PARTS = read_only(types.float64)
_PLACES = read_only(types.int32)


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
        place = place_of(known, keys[i])
        if place >= 0:
            shared[place] = True
            if norm > 0:
                # In this order, so that a part has the bits that numpy gives it.
                parts[place] = weights[place] * by_count[counts[i]] / norm * factor
    total = 0.0
    for feature in range(len(known)):
        total += parts[feature]
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


@compiled_loop(
    types.int64(
        read_only(types.boolean),
        _PLACES,
        _PLACES,
        _PLACES,
        _PLACES,
        writeable(types.int32),
        writeable(types.int32),
        writeable(types.int32),
    )
)
def choose_spans(
    shared: Bools,
    features: Int32s,
    starts: Int32s,
    ends: Int32s,
    words: Int32s,
    owners: Int32s,
    chosen: Int32s,
    chosen_words: Int32s,
) -> int:
    """Choose the longest of the spans whose words a document shares, so that none overlaps another.

    Args:
        shared: which features of the query the document has, shape (k,).
        features, starts, ends, words: of each span the feature of its word, its characters, and the number of its word;
            longest first, shape (s,).
        owners: -1 for each character; filled with the place among the chosen of the span that covers it.
        chosen: filled with the number of each chosen span, shape (s,).
        chosen_words: filled with the number of its word, shape (s,).

    Returns:
        how many were chosen.
    """
    count = 0
    for i in range(len(features)):
        # What was chosen before is no shorter, so it would cover an end of this one.
        is_free = owners[starts[i]] < 0 and owners[ends[i] - 1] < 0
        if is_free and shared[features[i]]:
            for place in range(starts[i], ends[i]):
                owners[place] = count
            chosen[count] = i
            chosen_words[count] = words[i]
            count += 1
    return count


@compiled_loop(
    types.float64(
        _PLACES,
        _PLACES,
        _PLACES,
        _PARTS,
        _PLACES,
        _PLACES,
        _PLACES,
        _PLACES,
    )
)
def covered_weight(
    starts: Int32s,
    ends: Int32s,
    words: Int32s,
    weights: Float64s,
    owners: Int32s,
    chosen: Int32s,
    span_starts: Int32s,
    span_ends: Int32s,
) -> float:
    """The weight of the whole words that chosen spans cover, a part counting by its length.

    Args:
        starts, ends, words: characters and word of each whole word of the query, in reading order, shape (w,).
        weights: of the words, shape (v,).
        owners, chosen: as choose_spans() fills them.
        span_starts, span_ends: characters of the spans, shape (s,).

    Returns:
        the sum over the words that are covered, each by the most that one of its places is covered.
    """
    shares = [0.0] * len(weights)
    # Sums of floats depend on their order: that in which words are first met.
    met = [0] * len(weights)
    count = 0
    for i in range(len(starts)):
        inside = 0
        for place in range(starts[i], ends[i]):
            if owners[place] >= 0:
                span = chosen[owners[place]]
                if starts[i] <= span_starts[span] and span_ends[span] <= ends[i]:
                    inside += 1
        if inside > 0:
            if shares[words[i]] == 0.0:
                met[count] = words[i]
                count += 1
            shares[words[i]] = max(shares[words[i]], inside / (ends[i] - starts[i]))
    total = 0.0
    for i in range(count):
        total += weights[met[i]] * shares[met[i]]
    return total


@compiled_loop(types.void(_KEYS, _KEYS, _NUMBERS, _NUMBERS, writeable(types.boolean)))
def find_in_a_row(
    keys: UInt64s, wanted: UInt64s, places: Int64s, words: Int64s, in_a_row: Bools
) -> None:
    """Which words' pairs of characters a document has all of.

    Args:
        keys: of the document's grams, in any order, shape (g,).
        wanted: keys of the pairs, distinct, ascending, shape (k,).
        places, words: for each pair of each word its place among the wanted, and its word, shape (pairs,).
        in_a_row: all True before; False where a pair is missing, shape (words,).
    """
    has = [False] * len(wanted)
    for i in range(len(keys)):
        place = place_of(wanted, keys[i])
        if place >= 0:
            has[place] = True
    for i in range(len(places)):
        if not has[places[i]]:
            in_a_row[words[i]] = False
