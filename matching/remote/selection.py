"""The candidates of one query as a catalogue of their own, weighed by the document frequencies of the whole.
Not here: which documents are candidates (matcher).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.arrays import (
    Float16s,
    Float32s,
    Int64s,
    UInt8s,
    UInt64s,
)
from matching.catalogue import Catalogue
from matching.documents import Id
from matching.features import (
    FEATURE_KINDS,
    FeatureCounts,
    Features,
)
from matching.index import kernels
from matching.index.feature_index import FeatureIndex
from matching.index.postings import (
    COUNT_BITS,
    pack_postings,
    posting_counts,
    posting_numbers,
)
from matching.index.segment import Segment
from matching.index.weighting import (
    SQUARED,
    SUBLINEAR_32,
    WeightedQuery,
    scaled_log,
)
from matching.remote.frequencies import DocumentFrequencies
from matching.remote.store import UnpackedCandidates
from matching.vectors import WordVectors

# Places of a table of low key bits: one look spares nearly all other features a search.
_SIEVE = np.uint64(1 << 16)


class CandidateFeatures(FeatureIndex):
    """The features of one kind of a few documents, without posting lists: each query visits all of them."""

    def __init__(
        self,
        frequencies: DocumentFrequencies,
        keys: UInt64s,
        counts: UInt8s,
        ends: Int64s,
        key_frequencies: Int64s,
    ) -> None:
        """Take documents whose features lie one document after the other.

        Args:
            frequencies: of the whole catalogue.
            keys, counts, key_frequencies: of the features, the last now and in the whole catalogue, shape (p,).
            ends: shape (n + 1,).
        """
        self.frequencies = frequencies
        self.keys = keys
        self.counts = counts
        self.ends = ends
        packed = pack_postings(
            np.arange(len(keys), dtype=np.uint32),
            counts,
        )
        logs = scaled_log(key_frequencies)
        sums = kernels.norm_sums(packed, ends, logs, SQUARED)
        super().__init__(Segment.from_documents([]), sums)

    def document(self, number: int) -> FeatureCounts:
        here = slice(int(self.ends[number]), int(self.ends[number + 1]))
        return FeatureCounts(self.keys[here], self.counts[here])

    def frequency(self, keys: UInt64s) -> Int64s:
        return self.frequencies.frequency(keys)

    def weigh(
        self,
        counted: FeatureCounts,
        documents: int,
    ) -> WeightedQuery:
        terms = self.frequencies.find(counted.keys)
        frequencies = self.frequencies.frequency(counted.keys)
        return WeightedQuery(counted, terms, frequencies, documents)

    def dot(self, query: WeightedQuery) -> Float32s:
        sums = np.zeros(len(self.ends) - 1, dtype=np.float32)
        # A feature that no document has can earn nothing.
        keys = query.counted.keys[query.is_known]
        if not len(keys) or not len(self.keys):
            return sums
        sieve = np.zeros(_SIEVE, dtype=np.bool_)
        sieve[keys % _SIEVE] = True
        # Some features pass by chance; the comparison below is exact.
        places = np.flatnonzero(sieve[self.keys % _SIEVE])
        terms = np.minimum(
            np.searchsorted(keys, self.keys[places]),
            len(keys) - 1,
        )
        same = keys[terms] == self.keys[places]
        terms = terms[same]
        places = places[same]
        owner = np.searchsorted(self.ends, places, side="right") - 1
        # Term after term, as posting lists lie: sums of 32 bits depend on the order.
        order = np.argsort(terms, kind="stable")
        packed = (owner << int(COUNT_BITS)) | self.counts[places]
        ends = np.cumsum(np.bincount(terms, minlength=len(keys)))
        starts = np.concatenate([[0], ends[:-1]])
        weights = query.weights[query.is_known].astype(np.float32)
        kernels.sum_postings(
            packed[order].astype(np.uint32),
            starts,
            ends,
            weights,
            SUBLINEAR_32,
            sums,
        )
        return sums


class CandidateCatalogue(Catalogue):
    """Some documents as a catalogue of as many as there are in all."""

    def __init__(
        self,
        ids: list[Id],
        has_content: Sequence[bool],
        indexes: dict[str, FeatureIndex],
        word_vectors: WordVectors,
        documents: int,
    ) -> None:
        # None are stored, mean_vectors() below makes them.
        no_means = word_vectors.mean_vectors([])
        super().__init__(
            ids,
            has_content,
            indexes,
            word_vectors,
            no_means,
        )
        self._documents = documents

    @property
    def size(self) -> int:
        return self._documents

    def mean_vectors(self, numbers: Int64s) -> Float16s:
        words = self.indexes["words"]
        # Worked out for the candidates alone: means of all documents would fill memory.
        texts = [words.document(number) for number in numbers.tolist()]
        return self.word_vectors.mean_vectors(texts)


def select_features(
    frequencies: dict[str, DocumentFrequencies],
    stored: UnpackedCandidates,
    later: Sequence[Features],
) -> dict[str, FeatureIndex]:
    """The features of documents from the store and of later ones, by kind, in this order."""
    indexes: dict[str, FeatureIndex] = {}
    for kind in FEATURE_KINDS:
        of_all = frequencies[kind]
        counted: list[FeatureCounts] = [getattr(one, kind) for one in later]
        packed = stored.postings[kind]
        terms = posting_numbers(packed)
        stored_keys = np.zeros(0, dtype=np.uint64)
        stored_frequencies = np.zeros(0, dtype=np.int64)
        if len(terms):
            stored_keys = of_all.keys[terms]
            # As they are now, not as they were fitted: scores equal those in memory.
            stored_frequencies = of_all.current[terms]
        no_keys = np.zeros(0, dtype=np.uint64)
        later_keys = np.concatenate([no_keys, *(one.keys for one in counted)])
        # Of the whole catalogue too: what came later is counted among the others.
        later_frequencies = of_all.frequency(later_keys)
        counts = [posting_counts(packed), *(one.counts for one in counted)]
        sizes = [*stored.sizes[kind].tolist(), *(len(one.keys) for one in counted)]
        indexes[kind] = CandidateFeatures(
            of_all,
            np.concatenate([stored_keys, later_keys]),
            np.concatenate(counts),
            np.cumsum([0, *sizes]),
            np.concatenate([stored_frequencies, later_frequencies]),
        )
    return indexes
