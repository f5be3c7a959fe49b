"""The features of one kind of all documents: a segment, and what was added and removed since it was built.
Not here: the weights (weighting), the loops (kernels), how kinds make one score (ranking).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from matching.arrays import (
    Bools,
    Float32s,
    Float64s,
    Int64s,
    UInt32s,
    UInt64s,
)
from matching.features import FeatureCounts
from matching.index import kernels
from matching.index.many import WeightedQueries
from matching.index.postings import (
    COUNT_BITS,
    pack_postings,
)
from matching.index.segment import (
    Segment,
    SegmentBuilder,
)
from matching.index.weighting import (
    SQUARED,
    SUBLINEAR,
    SUBLINEAR_32,
    UNIT_NORM,
    WeightedQuery,
    scaled_idf,
    scaled_log,
    scaled_top,
)

# Later documents there is room for, at least, before the norm sums are copied again.
_ROOM = 1_000

# Documents whose sums are made from their own features: reading all posting lists costs as much as some hundred.
FEW = 100


class FeatureIndex:
    """Documents numbered from 0; a removed document keeps its number until merged().

    What is never changed in place: the main segment, the features of a document. So a query run that holds this index
    can read the documents it ranked however the index changes after it.

    Attributes:
        main: the segment that was fitted or loaded.
        later: the features of the documents added since.
    """

    def __init__(
        self,
        main: Segment,
        sums: Int64s | None = None,
    ) -> None:
        """`sums`: A, B, C of the documents as they were stored, shape (n, 3); None: work them out."""
        self.main = main
        self.later: list[FeatureCounts] = []
        # Key → the postings (document, count) of later documents.
        self._later_postings: dict[int, array[int]] = {}
        # Key → how its document frequency differs from that in the main segment.
        self._frequency_changes: dict[int, int] = {}
        # With room for more documents once there are later ones.
        self._sums = _segment_sums(main) if sums is None else sums
        self._size = len(self._sums)
        self._inverse_norms: tuple[int, Float32s] | None = None
        self._later_segment: Segment | None = None

    @property
    def sums(self) -> Int64s:
        """The norm sums A, B, C of each document, shape (n, 3)."""
        return self._sums[: self._size]

    def document(self, number: int) -> FeatureCounts:
        """The features of a document."""
        first = self.main.size
        if number < first:
            return self.main.document(number)
        return self.later[number - first]

    def frequency(self, keys: UInt64s) -> Int64s:
        """How many documents have each key, shape (k,) → (k,)."""
        return self._frequency(keys, self.main.find(keys))

    def _frequency(
        self,
        keys: UInt64s,
        terms: Int64s,
    ) -> Int64s:
        ends = self.main.term_ends
        counts = np.where(terms >= 0, ends[terms + 1] - ends[terms], 0)
        # The loop over keys in Python only where something changed since the fit.
        if self._frequency_changes:
            changes = [self._frequency_changes.get(key, 0) for key in keys.tolist()]
            counts = counts + np.array(changes, dtype=np.int64)
        return counts.astype(np.int64)

    def idf(
        self,
        keys: UInt64s,
        documents: int,
    ) -> Float64s:
        """How rare each key is among so many documents, shape (k,) → (k,)."""
        return scaled_idf(self.frequency(keys), documents)

    # asking

    def weigh(
        self,
        counted: FeatureCounts,
        documents: int,
    ) -> WeightedQuery:
        """Weight a query. `documents`: how many there are now, the removed ones not counted."""
        terms = self.main.find(counted.keys)
        frequencies = self._frequency(counted.keys, terms)
        return WeightedQuery(counted, terms, frequencies, documents)

    def weigh_all(self, queries: Segment, documents: int) -> WeightedQueries:
        """Weight many queries, the documents of a segment."""
        terms = self.main.find(queries.keys)
        frequencies = self._frequency(queries.keys, terms)
        return WeightedQueries(queries, terms, frequencies, documents)

    def later_segment(self) -> Segment:
        """The documents added since as a segment, numbered from 0; remembered until more of them come."""
        known = self._later_segment
        if known is None or known.size < len(self.later):
            known = self._later_segment = Segment.from_documents(self.later)
        return known

    def dot(self, query: WeightedQuery) -> Float32s:
        """The products of a query with every document, before the documents' norms divide, shape (n,)."""
        known = query.is_known
        terms = query.terms[known]
        # 32 bits: the scan is bound by memory, and the best are scored again in 64 (ranking).
        weights = query.weights[known].astype(np.float32)
        in_main = terms >= 0
        sums = np.zeros(self._size, dtype=np.float32)
        starts, ends = self._list_bounds(terms[in_main])
        kernels.sum_postings(
            self.main.by_term,
            starts,
            ends,
            weights[in_main],
            SUBLINEAR_32,
            sums,
        )
        # A second pass, so that the segment never has to be rewritten for one document.
        if self._later_postings:
            packed, bounds, places = self._later_lists(query.counted.keys[known])
            kernels.sum_postings(
                packed,
                bounds[:-1],
                bounds[1:],
                weights[places],
                SUBLINEAR_32,
                sums,
            )
        return sums

    def dot_documents(self, query: WeightedQuery, numbers: Int64s) -> Float32s:
        """What dot() gives for some documents by number, shape (k,) → (k,)."""
        # A few documents are summed from their own features; later ones have theirs elsewhere.
        if len(numbers) > FEW or np.any(numbers >= self.main.size):
            return self.dot(query)[numbers]
        here = query.is_known & (query.terms >= 0)
        ends = self.main.document_ends
        sums = np.zeros(len(numbers), dtype=np.float32)
        kernels.sum_documents(
            self.main.by_document,
            ends[numbers],
            ends[numbers + 1],
            query.terms[here],
            query.weights[here].astype(np.float32),
            SUBLINEAR_32,
            sums,
        )
        return sums

    def norm(
        self,
        counted: FeatureCounts,
        documents: int,
    ) -> float:
        """The norm of a document that is not in the catalogue, with the catalogue's idf."""
        weights = SUBLINEAR[counted.counts] * self.idf(counted.keys, documents)
        return float(np.sqrt(np.sum(weights**2)))

    def norms(
        self,
        documents: int,
        numbers: Int64s,
    ) -> Float64s:
        """The norms of some documents by number, shape (k,) → (k,)."""
        norms: Float64s = kernels.vector_norms(
            self._sums, numbers, scaled_top(documents), UNIT_NORM
        )
        return norms

    def inverse_norms(self, documents: int) -> Float32s:
        """What a product is multiplied by to give the cosine, 0 for a document without features, shape (n,)."""
        known = self._inverse_norms
        # Valid while neither the documents nor their number changed; change() clears it.
        if known is not None and known[0] == documents:
            return known[1]
        top = scaled_top(documents)
        inverse: Float32s = kernels.inverse_norms(self.sums, top, UNIT_NORM)
        self._inverse_norms = (documents, inverse)
        return inverse

    # changing

    def change(
        self,
        gone: Sequence[int],
        new: Sequence[FeatureCounts],
    ) -> None:
        """Remove documents by number and add others at the end."""
        leaving = [self.document(number).keys for number in gone]
        coming = [counted.keys for counted in new]
        if not leaving and not coming:
            return
        # One frequency change for each feature, however many of the documents have it.
        keys, places = np.unique(
            np.concatenate([*leaving, *coming]),
            return_inverse=True,
        )
        split = sum(map(len, leaving))
        fewer = np.bincount(places[:split], minlength=len(keys))
        more = np.bincount(places[split:], minlength=len(keys))
        logs = self._change_frequencies(keys, more - fewer)
        if new:
            self._append(new, places[split:].astype(np.uint32), logs)
        self._inverse_norms = None

    def _append(
        self, new: Sequence[FeatureCounts], places: UInt32s, logs: Int64s
    ) -> None:
        """Add documents whose features, one document after the other, have the scaled logarithms logs[places]."""
        first = self._size
        last = first + len(new)
        for number, counted in enumerate(new, first):
            self._append_postings(number, counted)
        self.later.extend(new)
        if len(self._sums) < last:
            # Room for a hundredth more, so that single additions do not copy the sums each time.
            grown = np.zeros(
                (last + max(_ROOM, last // 100), 3),
                dtype=np.int64,
            )
            grown[:first] = self._sums[:first]
            self._sums = grown
        # Norm sums of new documents by today's frequencies; later changes update them like all others.
        ends = np.cumsum([0, *(len(counted.keys) for counted in new)])
        counts = np.concatenate([counted.counts for counted in new])
        packed = pack_postings(places, counts)
        self._sums[first:last] = kernels.norm_sums(packed, ends, logs, SQUARED)
        self._size = last

    def _append_postings(
        self,
        number: int,
        counted: FeatureCounts,
    ) -> None:
        high = number << int(COUNT_BITS)
        pairs = zip(
            counted.keys.tolist(),
            counted.counts.tolist(),
            strict=True,
        )
        for key, count in pairs:
            postings = self._later_postings.get(key)
            if postings is None:
                postings = self._later_postings[key] = array("I")
            postings.append(high | count)

    def _change_frequencies(
        self,
        keys: UInt64s,
        by: Int64s,
    ) -> Int64s:
        """Change document frequencies, and with them the norm sums of the documents that have these features.

        Args:
            keys: distinct, shape (k,).
            by: what is added to the frequency of each, shape (k,).

        Returns:
            the scaled l(t) of each as it is now, shape (k,).
        """
        terms = self.main.find(keys)
        frequency = self._frequency(keys, terms)
        before = scaled_log(frequency)
        after = scaled_log(frequency + by)
        for key, change in zip(keys.tolist(), by.tolist(), strict=True):
            if change:
                total = self._frequency_changes.get(key, 0) + change
                self._frequency_changes[key] = total
        if not self._sums.flags.writeable:
            # Mapped from the artefact, which stays as it is.
            self._sums = self._sums.copy()
        # Scaled logarithms of frequent features hardly ever change, and those have the long lists.
        changed = np.flatnonzero(before != after)
        old = before[changed]
        new = after[changed]
        in_main = np.flatnonzero(terms[changed] >= 0)
        starts, ends = self._list_bounds(terms[changed][in_main])
        kernels.update_norm_sums(
            self.main.by_term,
            starts,
            ends,
            old[in_main],
            new[in_main],
            SQUARED,
            self._sums,
        )
        packed, bounds, places = self._later_lists(keys[changed])
        kernels.update_norm_sums(
            packed,
            bounds[:-1],
            bounds[1:],
            old[places],
            new[places],
            SQUARED,
            self._sums,
        )
        return after

    def _list_bounds(self, terms: Int64s) -> tuple[Int64s, Int64s]:
        """Starts and ends of the posting lists of some features of the main segment, each of shape (k,)."""
        ends = self.main.term_ends
        return ends[terms], ends[terms + 1]

    def _later_lists(self, keys: UInt64s) -> tuple[UInt32s, Int64s, Int64s]:
        """The postings of later documents for those of some keys, shape (k,), that have any.

        Returns:
            the lists one after the other, shape (p,); list i is at bounds[i]:bounds[i + 1], shape (m + 1,); the places
            of these m among the keys, shape (m,).
        """
        # array, not numpy: appending one posting must not copy a list.
        lists: list[array[int]] = []
        places: list[int] = []
        for place, key in enumerate(keys.tolist()):
            postings = self._later_postings.get(key)
            if postings is not None:
                lists.append(postings)
                places.append(place)
        packed = [np.zeros(0, dtype=np.uint32)]
        packed += [np.array(one, dtype=np.uint32) for one in lists]
        bounds = np.cumsum([0, *map(len, lists)])
        return np.concatenate(packed), bounds, np.array(places, dtype=np.int64)

    def merged(self, alive: Bools) -> FeatureIndex:
        """The same documents in one segment without those that are not `alive`, shape (n,); numbers close up."""
        builder = SegmentBuilder()
        builder.add_segment(self.main, alive[: self.main.size])
        later_alive = alive[self.main.size :].tolist()
        for counted, is_alive in zip(self.later, later_alive, strict=True):
            if is_alive:
                builder.add(counted)
        return FeatureIndex(builder.build())


def _segment_sums(segment: Segment) -> Int64s:
    """The norm sums of all documents of a segment, shape (n, 3)."""
    logs = scaled_log(segment.frequencies)
    sums: Int64s = kernels.norm_sums(
        segment.by_document,
        segment.document_ends,
        logs,
        SQUARED,
    )
    return sums
