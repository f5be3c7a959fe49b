"""Word vectors trained on the catalogue's own texts: positive PMI of words near each other, truncated SVD.
Not here: the ranking whose best they re-score (matcher). They never search.

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
from matching.index.feature_index import SUBLINEAR
from matching.index.segment import MASK, SHIFT, Segment

Rows = npt.NDArray[np.int16]
Means = npt.NDArray[np.float16]

DIMENSIONS = 100
WINDOW = 5  # words on each side
SEEN = 2  # times a word must stand in the texts: what stands there once teaches nothing but its own text
HALF = 10  # words of a text whose mean is worth half: a few words tell little of what a text is about
FEW_TEXTS = 1_000  # so many tell too little of how words are used
MOST_TEXTS = 10_000  # the first so many texts of a catalogue train; more change little
RESCORED = 100  # of the best by text, they look at so many again
SEED = 0
SCALE = 1024  # a rarity is at most some 15, so that the parts fit into 16 bits
BATCH = 5_000  # documents whose means are worked out at a time
_SUBLINEAR = np.round(SUBLINEAR * 256)  # whole numbers too


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A vector for each word: its direction, the mean of all words taken off, times its rarity where it was trained.

    keys shape (w,) ascending; rows shape (w, d) in SCALE-th parts: sums of whole numbers do not depend on their order.
    """

    keys: Keys
    rows: Rows

    def means(self, texts: Sequence[Counted]) -> Means:
        """The mean direction of each text's words, as long as it is worth. shape (len(texts), d)."""
        sums = np.zeros((len(texts), self.rows.shape[1]))
        sizes = np.array([len(text.keys) for text in texts], dtype=np.int64)
        if not len(self.keys) or not sizes.sum():
            return sums.astype(np.float16)
        found = self._find(np.concatenate([text.keys for text in texts]))
        known = np.flatnonzero(found >= 0)
        owner = np.repeat(np.arange(len(texts)), sizes)[known]
        if len(known):
            begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
            times = _SUBLINEAR[np.concatenate([text.counts for text in texts])[known]]
            sums[owner[begins]] = np.add.reduceat(
                self.rows[found[known]] * times[:, None], begins, axis=0
            )
        return _means(sums, sizes)

    def means_of(self, segment: Segment) -> Means:
        """The same of all documents of a segment. shape (n, d)."""
        means = np.zeros((segment.size, self.rows.shape[1]), dtype=np.float16)
        if not len(self.keys):
            return means
        from scipy.sparse import (
            csr_array,
        )  # here: a process that only answers does without

        found, rows = self._find(np.asarray(segment.keys)), self.rows.astype(np.float64)
        for start in range(0, segment.size, BATCH):
            ends = segment.document_ends[start : start + BATCH + 1]
            packed = segment.by_document[ends[0] : ends[-1]]
            row = found[packed >> SHIFT]
            times = np.where(row >= 0, _SUBLINEAR[packed & MASK], 0)
            counted = csr_array(
                (times, np.maximum(row, 0), ends - ends[0]),
                shape=(len(ends) - 1, len(rows)),
            )
            means[start : start + BATCH] = _means(counted @ rows, np.diff(ends))
        return means

    def _find(self, keys: Keys) -> npt.NDArray[np.int64]:
        """The row of each key, -1 where it has none. shape (k,) → (k,)."""
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)


def near(query: Means, others: Means) -> npt.NDArray[np.float64]:
    """How near a text, shape (d,), is to others, shape (n, d): the cosine, at least 0, times what theirs is worth."""
    direction = query.astype(np.float64)
    length = np.sqrt(np.sum(direction**2))
    products = np.sum(others.astype(np.float64) * (direction / (length or 1.0)), axis=1)
    found: npt.NDArray[np.float64] = np.maximum(products, 0.0)
    return found


def _means(sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64]) -> Means:
    lengths = np.sqrt(np.sum(sums**2, axis=1))
    scale = np.divide(worth(sizes), lengths, out=np.zeros(len(sums)), where=lengths > 0)
    found: Means = (sums * scale[:, None]).astype(np.float16)
    return found


def worth(words: Any) -> Any:
    """What the mean of so many words is worth, 0…1; a number or an array of them."""
    return words / (words + HALF)


def nothing() -> WordVectors:
    """No vectors: all means are zero."""
    return WordVectors(
        np.zeros(0, dtype=np.uint64), np.zeros((0, DIMENSIONS), dtype=np.int16)
    )


def learnt(texts: Sequence[Keys]) -> WordVectors:
    """What train() gives, where there are enough texts to learn from."""
    return train(texts) if len(texts) > FEW_TEXTS else nothing()


def train(texts: Sequence[Keys]) -> WordVectors:
    """Train on texts, each the keys of its words in order. The same texts give the same vectors on one machine."""
    from sklearn.utils.extmath import randomized_svd

    if not texts or not sum(map(len, texts)):
        return nothing()
    keys, words, seen = np.unique(
        np.concatenate(texts), return_inverse=True, return_counts=True
    )
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
    rare = 1 + np.log((1 + len(texts)) / (1 + having))
    rows -= (having * rare) @ rows / (having @ rare)
    return WordVectors(keys, np.round(rows * rare[:, None] * SCALE).astype(np.int16))


def _information(
    words: npt.NDArray[np.int64], text_of: npt.NDArray[np.int64], size: int
) -> Any:
    """The positive pointwise mutual information of words within WINDOW of each other. Sparse, shape (size, size)."""
    from scipy.sparse import coo_array, csr_array

    together = csr_array((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        near = text_of[:-distance] == text_of[distance:]
        left, right = (
            words[:-distance][near].astype(np.int32),
            words[distance:][near].astype(np.int32),
        )
        together += coo_array(
            (np.ones(len(left), dtype=np.float32), (left, right)), shape=(size, size)
        ).tocsr()
    pairs = (together + together.T).tocoo()
    totals = np.asarray(pairs.sum(axis=1, dtype=np.float64)).ravel()
    times = pairs.data.astype(np.float64)
    information = (
        np.log(times * totals.sum() / (totals[pairs.row] * totals[pairs.col]))
        * times
        / (times + 1)
    )
    told = (information > 0) & (pairs.row != pairs.col)
    where = (pairs.row[told], pairs.col[told])
    return coo_array(
        (information[told].astype(np.float32), where), shape=(size, size)
    ).tocsr()
