"""Where the features and words of a query lie in its text, as arrays, and what share of each feature is at each place.
Not here: what a place earns and whose it is (query_explainer).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from matching import features
from matching.arrays import Float64s, Int32s, Int64s, UInt64s
from matching.index.keys import find_keys
from matching.text import Span


class Places(NamedTuple):
    """Where features occur in a query, in reading order.

    Attributes:
        keys: of the features, shape (p,).
        starts, ends: their characters, shape (p,).
        times: how often each counts there, shape (p,).
    """

    keys: UInt64s
    starts: Int64s
    ends: Int64s
    times: Int64s


class PlaceTable(NamedTuple):
    """All places of the features of a query, by feature; characters are those of the title with the text after it.

    Attributes:
        features: the feature of each place, numbered through all kinds, shape (p,).
        starts, ends: its characters, shape (p,).
        shares: what goes to this place of what its feature earned, shape (p,).
    """

    features: Int64s
    starts: Int64s
    ends: Int64s
    shares: Float64s


def places_by_feature(places: Places, known: UInt64s) -> PlaceTable:
    """Places in the order of the query's features, each with its share of all that its feature counts.

    Args:
        places: in reading order.
        known: keys of the query's features, ascending, shape (k,).
    """
    feature = find_keys(known, places.keys)
    # What is at no place of the features was not counted: a text is cut off at a most of features.
    counted = np.flatnonzero(feature >= 0)
    # Stable: the places of one feature stay in reading order.
    order = counted[np.argsort(feature[counted], kind="stable")]
    feature = feature[order]
    times = places.times[order]
    totals = np.bincount(feature, weights=times, minlength=len(known))
    return PlaceTable(
        feature, places.starts[order], places.ends[order], times / totals[feature]
    )


def joined(parts: Sequence[Places]) -> Places:
    """Places of several texts, one text after the other."""
    return Places(*map(np.concatenate, zip(*parts, strict=True)))


def gram_places(
    texts: Iterable[tuple[str, int, int]], *, pairs: bool = True, stop: bool = True
) -> Places:
    """The grams of normalised texts at their places.

    Args:
        texts: each with where it begins and how often its grams count.
        pairs, stop: as features.gram_places() has them.
    """
    sides = []
    for norm, offset, times in texts:
        keys, starts, ends = features.gram_places(norm, pairs=pairs, stop=stop)
        counts = np.full(len(keys), times)
        sides.append(Places(keys, starts + offset, ends + offset, counts))
    return joined(sides)


def word_places(
    keys: Sequence[int], spans: Sequence[Span], offset: int, times: int
) -> Places:
    """The words of one normalised text at their places.

    Args:
        keys: of the words, one for each span.
        spans: of the text.
        offset: where the text begins.
        times: how often each counts.
    """
    at = [(offset + span.start, offset + span.end) for span in spans]
    starts, ends = np.array(at, dtype=np.int64).reshape(-1, 2).T
    counts = np.full(len(spans), times)
    return Places(np.array(keys, dtype=np.uint64), starts, ends, counts)


class SpanTable(NamedTuple):
    """The words of a query that may be shown, at their places, longest first; characters of title and text as one.

    Attributes:
        features: the place of each span's word among the weighted features, shape (s,).
        starts, ends: its characters, shape (s,).
        words: the number of its word, shape (s,).
    """

    features: Int32s
    starts: Int32s
    ends: Int32s
    words: Int32s


class WordPairs(NamedTuple):
    """The pairs of characters of the heaviest words that a query names.

    Attributes:
        keys: as grams have them, distinct and ascending, shape (k,).
        places: for each pair of each word its place among the keys, shape (pairs,).
        words: the word of each, shape (pairs,).
    """

    keys: UInt64s
    places: Int64s
    words: Int64s


def columns(rows: Iterable[tuple[int, ...]], width: int) -> list[Int32s]:
    """The columns of rows of so many numbers, each of shape (rows,)."""
    table = np.array(list(rows), dtype=np.int32).reshape(-1, width)
    return [np.ascontiguousarray(column) for column in table.T]
