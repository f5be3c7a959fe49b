"""Postings that no longer change: documents by feature and features by document, as plain arrays that map from disk.
Not here: what a feature weighs and what came later (feature_index), which files they are (storage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.arrays import (
    Bools,
    Int64s,
    UInt8s,
    UInt32s,
    UInt64s,
)
from matching.features import FeatureCounts
from matching.index import kernels
from matching.index.keys import find_keys
from matching.index.postings import (
    pack_postings,
    posting_counts,
    posting_numbers,
)

# Documents whose keys are sorted together: bounds the memory that np.unique needs.
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Segment:
    """n documents over t features with p postings.

    Attributes:
        keys: of the features, ascending, uint64, shape (t,).
        term_ends: int64, shape (t + 1,).
        by_term: postings (document, count), uint32, shape (p,); those of feature i are
            by_term[term_ends[i]:term_ends[i + 1]], documents ascending.
        document_ends: int64, shape (n + 1,).
        by_document: postings (feature, count), uint32, shape (p,), likewise by document.
    """

    keys: UInt64s
    term_ends: Int64s
    by_term: UInt32s
    document_ends: Int64s
    by_document: UInt32s

    @staticmethod
    def from_documents(documents: Sequence[FeatureCounts]) -> Segment:
        """The segment of some documents, numbered in their order."""
        builder = SegmentBuilder()
        for counted in documents:
            builder.add(counted)
        return builder.build()

    def arrays(self) -> tuple[UInt64s, Int64s, UInt32s, Int64s, UInt32s]:
        """The five arrays, in the order of the constructor."""
        return (
            self.keys,
            self.term_ends,
            self.by_term,
            self.document_ends,
            self.by_document,
        )

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.document_ends) - 1

    @property
    def frequencies(self) -> Int64s:
        """How many documents have each feature, shape (t,)."""
        return np.diff(self.term_ends)

    def find(self, keys: UInt64s) -> Int64s:
        """The number of each feature, -1 for those not here. Shape (k,) → (k,)."""
        return find_keys(self.keys, keys)

    def document(self, number: int) -> FeatureCounts:
        """The features of a document as they were counted, ordered as they were added."""
        packed = self.packed(number)
        return FeatureCounts(
            self.keys.take(posting_numbers(packed)),
            posting_counts(packed),
        )

    def packed(self, number: int) -> UInt32s:
        """The postings (feature, count) of a document, shape (features of it,)."""
        start, end = self.document_ends[number : number + 2]
        return self.by_document[start:end]

    def postings(self, term: int) -> UInt32s:
        """The postings (document, count) of a feature, documents ascending, shape (documents that have it,)."""
        start, end = self.term_ends[term : term + 2]
        return self.by_term[start:end]


class SegmentBuilder:
    """Collects documents one by one, or those of a segment, into one Segment, numbered as they come."""

    def __init__(self) -> None:
        self._waiting: list[FeatureCounts] = []
        # Of each batch: its keys, ascending; the place among them and the count of each feature of each document.
        self._batches: list[tuple[UInt64s, UInt32s, UInt8s]] = []
        self._sizes: list[Int64s] = [np.zeros(1, dtype=np.int64)]

    def add(self, counted: FeatureCounts) -> None:
        """Add one document."""
        self._waiting.append(counted)
        if len(self._waiting) >= BATCH:
            self._close_batch()

    def add_segment(
        self,
        segment: Segment,
        alive: Bools,
    ) -> None:
        """Add the documents of a segment, those for which `alive`, shape (n,), is true."""
        self._close_batch()
        sizes = np.diff(segment.document_ends)
        packed = segment.by_document
        if not alive.all():
            packed = packed[np.repeat(alive, sizes)]
        # Dead features stay until build(), which drops those that no document has.
        keys = np.asarray(segment.keys)
        batch = (keys, posting_numbers(packed), posting_counts(packed))
        self._batches.append(batch)
        self._sizes.append(sizes[alive])

    def build(self) -> Segment:
        """The segment of all documents added; features that none of them has are left out."""
        self._close_batch()
        keys = np.zeros(0, dtype=np.uint64)
        numbers = [np.zeros(0, dtype=np.uint32)]
        counts = [np.zeros(0, dtype=np.uint8)]
        if self._batches:
            # Batches have keys of their own; here they get common numbers.
            keys = np.unique(np.concatenate([batch[0] for batch in self._batches]))
        for batch_keys, places, batch_counts in self._batches:
            renumbered = np.searchsorted(keys, batch_keys).astype(np.uint32)
            numbers.append(renumbered[places])
            counts.append(batch_counts)
        self._batches = []
        document_ends = np.cumsum(np.concatenate(self._sizes))
        return build_segment(
            keys,
            np.concatenate(numbers),
            np.concatenate(counts),
            document_ends,
        )

    def _close_batch(self) -> None:
        if not self._waiting:
            return
        everything = np.concatenate([counted.keys for counted in self._waiting])
        keys, places = np.unique(everything, return_inverse=True)
        counts = np.concatenate([counted.counts for counted in self._waiting])
        sizes = [len(counted.keys) for counted in self._waiting]
        self._batches.append((keys, places.astype(np.uint32), counts))
        self._sizes.append(np.array(sizes, dtype=np.int64))
        self._waiting = []


def build_segment(
    keys: UInt64s, numbers: UInt32s, counts: UInt8s, document_ends: Int64s
) -> Segment:
    """The segment of documents whose features lie one document after the other.

    Args:
        keys: of the features, ascending, shape (t,).
        numbers, counts: places in `keys` and how often each counts, shape (p,).
        document_ends: shape (n + 1,).

    Returns:
        the segment without those features that no document has.
    """
    # Document frequencies: a document has each feature once.
    frequency = kernels.count_numbers(numbers, len(keys))
    used = frequency > 0
    if not used.all():
        # After removals a feature may have lost its last document.
        renumbered = (np.cumsum(used) - 1).astype(np.uint32)
        numbers = renumbered[numbers]
        keys = keys[used]
    term_ends = np.concatenate([[0], np.cumsum(frequency[used])]).astype(np.int64)
    by_document = pack_postings(numbers, counts)
    # Both directions are stored: ranking reads by feature, reasons and removals by document.
    by_term = kernels.invert_postings(
        by_document,
        document_ends,
        term_ends,
    )
    return Segment(
        keys,
        term_ends,
        by_term,
        document_ends,
        by_document,
    )
