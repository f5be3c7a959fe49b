"""The documents of a matcher by number: ids, feature indexes, word vectors, and how documents come and go.
Not here: how a query is ranked against them (ranking), how they lie on disk (artefact).
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    Sequence,
)

import numpy as np
import numpy.typing as npt

from matching.arrays import (
    Bools,
    Float16s,
    Int64s,
)
from matching.documents import Id
from matching.features import Features
from matching.index.feature_index import FeatureIndex
from matching.vectors import WordVectors

# Later documents from which merging pays, if they are also
_MERGE_AT = 5_000
# this share of all.
_MERGE_SHARE = 0.25


class Catalogue:
    """Documents numbered from 0; a removed one keeps its number until merge().

    Attributes:
        ids: by number, n of them.
        number_of: id → number, of the documents that are not removed.
        is_alive: false for removed documents, shape (n,).
        is_ranked: alive, and with a content term, shape (n,).
        indexes: by kind of feature; `words` always, for the reasons.
        word_vectors: as they were trained; not changed by documents that come and go.
        means: mean vectors of the fitted documents, float16, shape (f, d).
        later_means: of those added since, float16, shape (n - f, d).
    """

    def __init__(
        self,
        ids: list[Id],
        has_content: npt.ArrayLike,
        indexes: dict[str, FeatureIndex],
        word_vectors: WordVectors,
        means: Float16s,
    ) -> None:
        self.word_vectors = word_vectors
        self._begin(ids, has_content, indexes, means)

    def _begin(
        self,
        ids: list[Id],
        has_content: npt.ArrayLike,
        indexes: dict[str, FeatureIndex],
        means: Float16s,
    ) -> None:
        self.ids = ids
        self.number_of = dict(zip(ids, range(len(ids)), strict=True))
        self.is_alive: Bools = np.ones(len(ids), dtype=np.bool_)
        self.is_ranked: Bools = np.array(has_content, dtype=np.bool_)
        self.indexes = indexes
        self.means = means
        # An empty view with the right number of columns.
        self.later_means = means[:0]

    @property
    def size(self) -> int:
        """How many documents there are, the removed ones not counted."""
        return len(self.number_of)

    @property
    def is_merged(self) -> bool:
        """Whether nothing was added or removed since the last merge."""
        return self.size == len(self.ids) and not self.indexes["words"].later

    def numbers(self, ids: Collection[Id]) -> list[int]:
        """The numbers of those of some ids that are here."""
        return [self.number_of[id_] for id_ in ids if id_ in self.number_of]

    def ranked_among(self, only: Collection[Id] | None) -> Bools:
        """Which documents may be ranked, shape (n,): of the given ids, or all if None."""
        if only is None:
            return self.is_ranked
        allowed = np.zeros(len(self.ids), dtype=np.bool_)
        numbers = self.numbers(only)
        allowed[numbers] = self.is_ranked[numbers]
        return allowed

    def mean_vectors(self, numbers: Int64s) -> Float16s:
        """The mean vectors of some documents, shape (k,) → (k, d)."""
        # Fitted means may be mapped from disk and later ones not, so they are never one array before merge().
        fitted = len(self.means)
        if not len(self.later_means):
            return self.means[numbers]
        means = np.empty(
            (len(numbers), self.means.shape[1]),
            dtype=np.float16,
        )
        is_fitted = numbers < fitted
        means[is_fitted] = self.means[numbers[is_fitted]]
        means[~is_fitted] = self.later_means[numbers[~is_fitted] - fitted]
        return means

    def put(
        self,
        ids: Sequence[Id],
        read: Sequence[Features],
    ) -> None:
        """Add documents, each in place of the one with its id.

        Args:
            ids: distinct.
            read: the features of each.
        """
        # A changed document is the old one removed and a new one added, with a number of its own.
        gone = self.numbers(ids)
        first = len(self.ids)
        for kind, index in self.indexes.items():
            index.change(
                gone,
                [getattr(features, kind) for features in read],
            )
        self._bury(gone)
        self.ids.extend(ids)
        self.number_of.update(zip(ids, range(first, first + len(ids)), strict=True))
        alive = np.ones(len(ids), dtype=np.bool_)
        has_content = np.array(
            [features.has_content for features in read],
            np.bool_,
        )
        means = self.word_vectors.mean_vectors([features.words for features in read])
        self.is_alive = np.concatenate([self.is_alive, alive])
        self.is_ranked = np.concatenate([self.is_ranked, has_content])
        self.later_means = np.concatenate([self.later_means, means])
        # Later postings cost each query more than those of the segment; merging costs one put() some seconds.
        later = len(self.ids) - self.indexes["words"].main.size
        if later > max(_MERGE_AT, _MERGE_SHARE * len(self.ids)):
            self.merge()

    def remove(self, numbers: list[int]) -> None:
        """Remove documents by number."""
        if not numbers:
            return
        for index in self.indexes.values():
            index.change(numbers, [])
        self._bury(numbers)

    def _bury(self, numbers: list[int]) -> None:
        """Put tombstones on documents."""
        for number in numbers:
            # put() may have given the id to a later number already.
            if self.number_of.get(self.ids[number]) == number:
                del self.number_of[self.ids[number]]
        self.is_alive[numbers] = False
        self.is_ranked[numbers] = False

    def merge(self) -> None:
        """Draw additions and removals into the segments; the numbers close up, the scores stay the same."""
        alive = np.flatnonzero(self.is_alive)
        means = np.concatenate([self.means, self.later_means])[alive]
        # New indexes: a run of a query may still hold those that it began with.
        indexes: dict[str, FeatureIndex] = {}
        for kind, index in self.indexes.items():
            indexes[kind] = index.merged(self.is_alive)
        ids = [self.ids[number] for number in alive.tolist()]
        self._begin(ids, self.is_ranked[alive], indexes, means)
