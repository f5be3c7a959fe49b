"""Many queries of one kind of features, weighted together as an index is at this moment.
Not here: one query (weighting), the scan (scanning).
"""

from __future__ import annotations

import numpy as np

from matching.arrays import (
    Float32s,
    Int64s,
)
from matching.features import FeatureCounts
from matching.index.postings import posting_counts, posting_numbers
from matching.index.segment import Segment
from matching.index.weighting import SUBLINEAR, WeightedQuery, scaled_idf


class WeightedQueries:
    """Queries as WeightedQuery has one of them, bit for bit, in arrays over the features of all, query after query.

    Attributes:
        ends: query i has the features ends[i]:ends[i + 1], shape (q + 1,).
        terms: their numbers in the main segment, -1 for none, shape (k,).
        features: their numbers among those of all queries, uint32, shape (k,).
        size: how many these are.
        keys: uint64, shape (k,).
        weights: as the scan takes them, shape (k,).
    """

    def __init__(
        self,
        queries: Segment,
        terms: Int64s,
        frequencies: Int64s,
        documents: int,
    ) -> None:
        """Weight the documents of a segment.

        Args:
            queries: the segment, of t features.
            terms, frequencies: of its features in the index, shape (t,).
            documents: how many the catalogue has.
        """
        self.ends = queries.document_ends
        self._queries = queries
        self._terms = terms
        self._frequencies = frequencies
        self._documents = documents
        sizes = np.diff(self.ends)
        # By key, as reading one document gives them: sums of floats depend on their order.
        owners = np.repeat(np.arange(queries.size, dtype=np.uint64), sizes)
        ordered = np.sort((owners << np.uint64(32)) | queries.by_document)
        packed = ordered.astype(np.uint32)
        numbers = posting_numbers(packed)
        self.features = numbers
        self.size = len(queries.keys)
        self.keys = queries.keys[numbers]
        self.terms = terms[numbers]
        idf = scaled_idf(frequencies, documents)[numbers]
        own = SUBLINEAR[posting_counts(packed)] * idf
        squares = own**2
        ends = self.ends.tolist()
        # One sum for each query: numpy adds in pairs, and adding in another order gives other last bits.
        sums = [np.sum(squares[a:b]) for a, b in zip(ends, ends[1:], strict=False)]
        norms = np.repeat(np.sqrt(np.array(sums, dtype=np.float64)), sizes)
        weights = own * idf
        np.divide(weights, norms, out=weights, where=norms > 0)
        np.copyto(weights, own, where=norms == 0)
        self.weights: Float32s = weights.astype(np.float32)

    def counted(self, number: int) -> FeatureCounts:
        """The features of one query."""
        packed = np.sort(self._queries.packed(number))
        own = posting_numbers(packed)
        return FeatureCounts(self._queries.keys[own], posting_counts(packed))

    def query(self, number: int) -> WeightedQuery:
        """One query by itself."""
        own = posting_numbers(np.sort(self._queries.packed(number)))
        return WeightedQuery(
            self.counted(number),
            self._terms[own],
            self._frequencies[own],
            self._documents,
        )
