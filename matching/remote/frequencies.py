"""How many documents have each feature: all that stays in memory of a catalogue whose documents lie elsewhere.
Not here: what a feature weighs by that (index.weighting).
"""

from __future__ import annotations

import numpy as np

from matching.arrays import (
    Int64s,
    UInt64s,
)
from matching.index.keys import find_keys


class DocumentFrequencies:
    """Document frequencies of one kind of features.

    Attributes:
        keys: of the fitted features, ascending, uint64, shape (t,).
        fitted: how many documents had each when it was fitted, int64, shape (t,).
        current: how many have it now, int64, shape (t,).
    """

    def __init__(
        self,
        keys: UInt64s,
        frequencies: Int64s,
    ) -> None:
        self.keys = keys
        self.fitted = frequencies
        self.current = frequencies
        # Key of a feature that came later → how many documents have it.
        self._later: dict[int, int] = {}

    @classmethod
    def empty(cls) -> DocumentFrequencies:
        """Those of no document."""
        return cls(
            np.zeros(0, dtype=np.uint64),
            np.zeros(0, dtype=np.int64),
        )

    def find(self, keys: UInt64s) -> Int64s:
        """The number of each feature, -1 for one that came later, shape (k,) → (k,)."""
        return find_keys(self.keys, keys)

    def frequency(self, keys: UInt64s) -> Int64s:
        """How many documents have each feature, shape (k,) → (k,)."""
        counts = np.zeros(len(keys), dtype=np.int64)
        terms = self.find(keys)
        # -1 would read the last frequency.
        is_fitted = terms >= 0
        counts[is_fitted] = self.current[terms[is_fitted]]
        if self._later:
            later = [self._later.get(key, 0) for key in keys.tolist()]
            counts += np.array(later, dtype=np.int64)
        return counts

    def fitted_frequency(self, terms: Int64s) -> Int64s:
        """How many documents had each feature by number when it was fitted, 0 for -1, shape (k,) → (k,)."""
        # 0 for what came later: the store knows nothing of it and finds nothing by it.
        counts = np.zeros(len(terms), dtype=np.int64)
        is_fitted = terms >= 0
        counts[is_fitted] = self.fitted[terms[is_fitted]]
        return counts

    def change(
        self,
        keys: UInt64s,
        by: int,
    ) -> None:
        """Count one document with these distinct features, shape (k,), that came (by 1) or went (by -1)."""
        terms = self.find(keys)
        if self.current is self.fitted:
            # Copied with the first change only: most processes see none between two fits.
            # The fitted ones are mapped from the artefact and stay as they are.
            self.current = np.array(self.fitted)
        self.current[terms[terms >= 0]] += by
        for key in keys[terms < 0].tolist():
            self._later[key] = self._later.get(key, 0) + by
