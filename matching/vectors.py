"""Word vectors trained on the catalogue's own texts: positive PMI of words near each other, truncated SVD.
Not here: the ranking whose best they re-score (matcher). They never search, and reasons never speak of them.

Source: Levy, Goldberg, Dagan 2015, Improving Distributional Similarity with Lessons Learned from Word Embeddings:
PPMI with singular values to the power one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.features import Keys

Rows = npt.NDArray[np.float32]

DIMENSIONS = 150
WINDOW = 4  # words on each side
MOST_TEXTS = 20_000  # the first so many texts of a catalogue train; more cost minutes and change little
SEED = 0


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A vector of length 1 for each word. keys shape (w,) ascending; rows shape (w, d)."""

    keys: Keys
    rows: Rows

    def mean(self, keys: Keys, weights: npt.NDArray[np.float64], owner: npt.NDArray[np.int64], owners: int) -> Rows:
        """The weighted mean direction of each owner's words, zero where none is known. shape (owners, d).

        keys, weights and owner shape (n,), owner ascending; words without a vector are passed over.
        """
        found = np.zeros((owners, self.rows.shape[1]), dtype=np.float32)
        if not len(self.keys) or not len(keys):
            return found
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[at] == keys
        at, owner = at[known], owner[known]
        if len(at):
            begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
            weighted = self.rows[at] * weights[known, None].astype(np.float32)
            found[owner[begins]] = np.add.reduceat(weighted, begins, axis=0)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        np.divide(found, lengths, out=found, where=lengths > 0)
        return found


def nothing() -> WordVectors:
    """No vectors: all means are zero."""
    return WordVectors(np.zeros(0, dtype=np.uint64), np.zeros((0, DIMENSIONS), dtype=np.float32))


def train(texts: Sequence[Keys]) -> WordVectors:
    """Train on texts, each the keys of its words in order. The same texts give the same vectors on one machine."""
    from scipy.sparse import coo_array
    from sklearn.utils.extmath import randomized_svd

    if not texts or not sum(map(len, texts)):
        return nothing()
    keys, words = np.unique(np.concatenate(texts), return_inverse=True)
    text_of = np.repeat(np.arange(len(texts)), [len(t) for t in texts])
    lefts, rights = [], []
    for distance in range(1, WINDOW + 1):
        near = text_of[:-distance] == text_of[distance:]
        lefts.append(words[:-distance][near])
        rights.append(words[distance:][near])
    left, right = np.concatenate(lefts), np.concatenate(rights)
    size = len(keys)
    together = coo_array((np.ones(len(left)), (left, right)), shape=(size, size)).tocsr()
    together = (together + together.T).tocoo()
    totals = np.asarray(together.sum(axis=1)).ravel()
    apart = together.row != together.col
    row, column, count = together.row[apart], together.col[apart], together.data[apart]
    information = np.log(count * totals.sum() / (totals[row] * totals[column]))
    positive = information > 0
    matrix = coo_array((information[positive], (row[positive], column[positive])), shape=(size, size)).tocsr()
    dimensions = min(DIMENSIONS, size - 1)
    if dimensions < 1 or not matrix.nnz:
        return nothing()
    left_vectors, values, _ = randomized_svd(matrix, dimensions, random_state=SEED, n_iter=3)
    rows = left_vectors * np.sqrt(values)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return WordVectors(keys, np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0).astype(np.float32))
