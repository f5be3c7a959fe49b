"""TF-IDF in whole numbers: the scaled weights of counts and features, norms, and a query weighted against an index.
Not here: postings and how they change (feature_index), the loops (kernels).

Norms are sums of whole numbers, so that they do not depend on the order of additions and removals: a catalogue that
grew gives bit for bit the scores of one fitted at once (decision 011). With idf(t) = L - l(t), L = ln(1 + n) + 1 and
l(t) = ln(1 + df(t)), a document's squared norm is L²A - 2LB + C, where A, B, C sum w(t), w(t)l(t), w(t)l(t)² over its
features and w is the squared sublinear count. A new document changes L for all, and l only for its own features.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matching.arrays import (
    Float64s,
    Int64s,
    UInt64s,
)
from matching.features import FeatureCounts
from matching.index.keys import find_keys
from matching.index.postings import MAX_COUNT

# Logarithms are in 1/1024: finer, and each change would move the idf of more of the common features.
LOG_SCALE = 1024
# Squared counts are in 1/4096.
SQUARE_SCALE = 4096
# The norm 1 in the scale of its sums.
UNIT_NORM = LOG_SCALE * SQUARE_SCALE**0.5

_COUNTS = np.arange(MAX_COUNT + 1)
# By count, shape (64,): 1 + ln(count), 0 for none; the same in 32 bits; its scaled square.
SUBLINEAR = np.where(
    _COUNTS > 0,
    1 + np.log(np.maximum(_COUNTS, 1)),
    0.0,
)
SUBLINEAR_32 = SUBLINEAR.astype(np.float32)
SQUARED = np.round(SUBLINEAR**2 * SQUARE_SCALE).astype(np.int64)


def scaled_log(number: npt.ArrayLike) -> Int64s:
    """ln(1 + number), scaled, of one number or an array of any shape."""
    return np.round(np.log1p(number) * LOG_SCALE).astype(np.int64)


@lru_cache
def scaled_top(documents: int) -> int:
    """L, scaled, of a catalogue of so many documents."""
    return int(scaled_log(documents)) + LOG_SCALE


def scaled_idf(
    frequencies: Int64s,
    documents: int,
) -> Float64s:
    """The idf of features by how many of the documents have them, both of shape (k,)."""
    logs = scaled_log(frequencies)
    idf: Float64s = (scaled_top(documents) - logs) / LOG_SCALE
    return idf


class WeightedQuery:
    """The features of a query of one kind, weighted as the catalogue is at this moment.

    Attributes:
        counted: the features, k of them.
        terms: their numbers in the main segment, -1 for none, int64, shape (k,).
        frequencies: how many documents have each, int64, shape (k,).
        is_known: whether any has, shape (k,).
        idf: float64, shape (k,).
        weights: what a document's sublinear count is multiplied by before its own norm divides, float64, shape (k,).
    """

    def __init__(
        self,
        counted: FeatureCounts,
        terms: Int64s,
        frequencies: Int64s,
        documents: int,
    ) -> None:
        self.counted = counted
        self.terms = terms
        self.frequencies = frequencies
        self.is_known = frequencies > 0
        self.idf = scaled_idf(frequencies, documents)
        # idf twice: once for the query, once for the document, whose postings hold bare counts.
        own = SUBLINEAR[counted.counts] * self.idf
        norm = np.sqrt(np.sum(own**2))
        self.weights = own * self.idf / norm if norm else own

    def frequencies_of(self, keys: UInt64s) -> Int64s:
        """How many documents have each of some features; 0 for one that the query does not have. Both shape (k,)."""
        places = find_keys(self.counted.keys, keys)
        if not len(self.frequencies):
            return np.zeros(len(keys), dtype=np.int64)
        return np.where(places < 0, 0, self.frequencies[places])
