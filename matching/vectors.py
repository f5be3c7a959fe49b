"""Word vectors trained on the catalogue's own texts: positive PMI of words near each other, truncated SVD.
Not here: the ranking whose best they re-score (matcher). They never search, and reasons never speak of them.

Sources: Levy, Goldberg, Dagan 2015, Improving Distributional Similarity with Lessons Learned from Word Embeddings:
PPMI with singular values to the power one half. Pantel, Lin 2002, Discovering Word Senses from Text: the discount of
what was seen together only a few times. Mu, Viswanath 2018, All-but-the-Top: what all words share is taken off, for it
makes every text look a little like every other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.features import Counted, Keys

Rows = npt.NDArray[np.float32]

DIMENSIONS = 100
WINDOW = 5  # words on each side
SEEN = 2  # times a word must stand in the texts: what stands there once teaches nothing but its own text
HALF = 10  # words of a text whose mean is worth half: a few words tell little of what a text is about
FEW_TEXTS = 1_000  # so many tell too little of how words are used
MOST_TEXTS = 10_000  # the first so many texts of a catalogue train; more change little
SEED = 0


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A vector for each word, their weighted mean taken off. keys shape (w,) ascending; rows shape (w, d)."""

    keys: Keys
    rows: Rows

    def near(self, texts: Sequence[Counted], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """How near the first of some texts is to each of the others, by the directions of their weighted words.

        weights of the words of all texts, end to end. Returns the cosine, at least 0, times what the other's mean is
        worth. shape (len(texts) - 1,).
        """
        sizes = np.array([len(text.keys) for text in texts])
        keys = np.concatenate([text.keys for text in texts])
        means = self.mean(keys, weights, np.repeat(np.arange(len(texts)), sizes), len(texts)).astype(np.float64)
        near: npt.NDArray[np.float64] = np.maximum(means[1:] @ means[0], 0.0) * worth(sizes[1:])
        return near

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


def worth(words: Any) -> Any:
    """What the mean of so many words is worth, 0…1; a number or an array of them."""
    return words / (words + HALF)


def nothing() -> WordVectors:
    """No vectors: all means are zero."""
    return WordVectors(np.zeros(0, dtype=np.uint64), np.zeros((0, DIMENSIONS), dtype=np.float32))


def train(texts: Sequence[Keys]) -> WordVectors:
    """Train on texts, each the keys of its words in order. The same texts give the same vectors on one machine."""
    from sklearn.utils.extmath import randomized_svd

    if not texts or not sum(map(len, texts)):
        return nothing()
    keys, words, seen = np.unique(np.concatenate(texts), return_inverse=True, return_counts=True)
    text_of = np.repeat(np.arange(len(texts)), [len(t) for t in texts])
    kept = seen[words] >= SEEN
    keys, text_of = keys[seen >= SEEN], text_of[kept]
    words = (np.cumsum(seen >= SEEN) - 1)[words[kept]]
    dimensions = min(DIMENSIONS, len(keys) - 1)
    if dimensions < 1:
        return nothing()
    matrix = _information(words, text_of, len(keys))
    if not matrix.nnz:
        return nothing()
    rows, values, _ = randomized_svd(matrix, dimensions, random_state=SEED, n_iter=2)
    rows *= np.sqrt(values)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    having = np.bincount(np.unique(text_of * len(keys) + words) % len(keys))
    weights = having * (1 + np.log((1 + len(texts)) / (1 + having)))
    return WordVectors(keys, (rows - weights @ rows / weights.sum()).astype(np.float32))


def _information(words: npt.NDArray[np.int64], text_of: npt.NDArray[np.int64], size: int) -> Any:
    """The positive pointwise mutual information of words within WINDOW of each other. Sparse, shape (size, size)."""
    from scipy.sparse import coo_array, csr_array

    together = csr_array((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        near = text_of[:-distance] == text_of[distance:]
        left, right = words[:-distance][near].astype(np.int32), words[distance:][near].astype(np.int32)
        together += coo_array((np.ones(len(left), dtype=np.float32), (left, right)), shape=(size, size)).tocsr()
    pairs = (together + together.T).tocoo()
    totals = np.asarray(pairs.sum(axis=1, dtype=np.float64)).ravel()
    times = pairs.data.astype(np.float64)
    information = np.log(times * totals.sum() / (totals[pairs.row] * totals[pairs.col])) * times / (times + 1)
    told = (information > 0) & (pairs.row != pairs.col)
    where = (pairs.row[told], pairs.col[told])
    return coo_array((information[told].astype(np.float32), where), shape=(size, size)).tocsr()
