"""Word vectors trained on the catalogue's own texts: positive PMI of words near each other, truncated SVD.
Not here: the ranking, whose best they score again (ranking). They never search.

Sources: Levy, Goldberg, Dagan 2015, Improving Distributional Similarity with Lessons Learned from Word Embeddings:
PPMI with singular values to the power one half. Pantel, Lin 2002, Discovering Word Senses from Text: the discount of
pairs that were seen only a few times. Mu, Viswanath 2018, All-but-the-Top: what all words share is subtracted, for it
makes every text look a little like every other. Figures: decision 013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.arrays import (
    Float16s,
    Float32s,
    Float64s,
    Int16s,
    Int64s,
    UInt64s,
)
from matching.features import FeatureCounts
from matching.index.keys import find_keys
from matching.index.postings import (
    COUNT_MASK,
    posting_numbers,
)
from matching.index.segment import Segment
from matching.index.weighting import SUBLINEAR
from matching.vector_kernels import count_neighbours

DIMENSIONS = 100
# Words on each side that count as near.
WINDOW = 5
# Times a word must occur in the texts: a single occurrence teaches nothing but its own text.
MIN_OCCURRENCES = 2
# Words of a text whose mean has the confidence one half: a few words tell little of what a text is about.
HALF_CONFIDENCE = 10
# So many texts are too few to learn from how words are used.
FEW_TEXTS = 1_000
# The first so many texts of a catalogue train; more change little.
MAX_TEXTS = 10_000
# Of the best by text, so many are scored again with vectors.
RESCORED = 100
SEED = 0
# Vectors that are multiplied with the matrix at a time, and what so many products span.
BLOCK = 32
SPAN = 320
# Of the largest product, below which nothing is left of one that the others do not span.
NEARLY_NOTHING = 1e-3
# Parts of a vector are in 1/1024: an idf is at most some 15, so that they fit into 16 bits.
ROW_SCALE = 1024
# Documents whose means are worked out together.
BATCH = 5_000
# Sublinear counts as whole numbers, by count, shape (64,).
_WHOLE_COUNTS = np.round(SUBLINEAR * 256)


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A vector for each word: its direction without the mean of all words, times its idf where it was trained.

    Attributes:
        keys: of the words, ascending, uint64, shape (w,).
        rows: in 1/ROW_SCALE, int16, shape (w, d): sums of whole numbers do not depend on their order.
    """

    keys: UInt64s
    rows: Int16s

    def mean_vectors(self, texts: Sequence[FeatureCounts]) -> Float16s:
        """The mean direction of the words of each text, as long as its confidence, shape (len(texts), d)."""
        sums = np.zeros((len(texts), self.rows.shape[1]))
        sizes = np.array(
            [len(text.keys) for text in texts],
            dtype=np.int64,
        )
        if not len(self.keys) or not sizes.sum():
            return sums.astype(np.float16)
        rows = find_keys(
            self.keys,
            np.concatenate([text.keys for text in texts]),
        )
        known = np.flatnonzero(rows >= 0)
        owner = np.repeat(np.arange(len(texts)), sizes)[known]
        if len(known):
            # Owners ascend, so the words of a text are one run.
            begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
            counts = np.concatenate([text.counts for text in texts])[known]
            weighted = self.rows[rows[known]] * _WHOLE_COUNTS[counts][:, None]
            sums[owner[begins]] = np.add.reduceat(weighted, begins, axis=0)
        return _with_confidence(sums, sizes)

    def segment_means(self, segment: Segment) -> Float16s:
        """What mean_vectors() gives for all documents of a segment of words, shape (n, d)."""
        means = np.zeros(
            (segment.size, self.rows.shape[1]),
            dtype=np.float16,
        )
        if not len(self.keys):
            return means
        # Imported where it is used: a process that only answers does without.
        from scipy.sparse import csr_array

        row_of = find_keys(self.keys, np.asarray(segment.keys))
        vectors = self.rows.astype(np.float64)
        for start in range(0, segment.size, BATCH):
            ends = segment.document_ends[start : start + BATCH + 1]
            packed = segment.by_document[ends[0] : ends[-1]]
            rows = row_of[posting_numbers(packed)]
            counts = np.where(rows >= 0, _WHOLE_COUNTS[packed & COUNT_MASK], 0)
            matrix = csr_array(
                (counts, np.maximum(rows, 0), ends - ends[0]),
                shape=(len(ends) - 1, len(vectors)),
            )
            batch = _with_confidence(matrix @ vectors, np.diff(ends))
            means[start : start + BATCH] = batch
        return means


def directions(means: Float16s) -> Float64s:
    """Mean vectors made as long as 1, or 0 where there is none, shape (q, d) → (q, d)."""
    wide = means.astype(np.float64)
    lengths = np.sqrt(np.sum(wide**2, axis=1, keepdims=True))
    return wide / np.where(lengths > 0, lengths, 1.0)


def vector_similarities(
    queries: Float64s,
    owners: Int64s,
    others: Float16s,
) -> Float64s:
    """The cosine of mean vectors, at least 0, times the confidence of the others.

    Args:
        queries: directions, shape (q, d).
        owners: the query that each of the others is compared with, shape (n,).
        others: mean vectors, shape (n, d).

    Returns:
        0…1, shape (n,).
    """
    products = np.sum(others.astype(np.float64) * queries[owners], axis=1)
    similarity: Float64s = np.maximum(products, 0.0)
    return similarity


def _with_confidence(
    sums: Float64s,
    sizes: Int64s,
) -> Float16s:
    """Sums of word vectors, shape (n, d), made as long as the confidence of texts of so many words, shape (n,)."""
    lengths = np.sqrt(np.sum(sums**2, axis=1))
    scale = np.zeros(len(sums))
    np.divide(
        length_confidence(sizes),
        lengths,
        out=scale,
        where=lengths > 0,
    )
    vectors: Float16s = (sums * scale[:, None]).astype(np.float16)
    return vectors


def length_confidence(words: Any) -> Any:
    """What the mean of so many words is worth, 0…1; a number or an array of any shape."""
    return words / (words + HALF_CONFIDENCE)


def no_vectors() -> WordVectors:
    """Vectors of no word: all means are zero."""
    keys = np.zeros(0, dtype=np.uint64)
    return WordVectors(
        keys,
        np.zeros((0, DIMENSIONS), dtype=np.int16),
    )


def train_if_enough(texts: Sequence[UInt64s]) -> WordVectors:
    """What train() gives, or no_vectors() where there are too few texts to learn from."""
    return train(texts) if len(texts) > FEW_TEXTS else no_vectors()


def train(texts: Sequence[UInt64s]) -> WordVectors:
    """Train vectors; the same texts give the same vectors on one machine.

    Args:
        texts: of each the keys of its words in order, shape (words of it,).
    """
    # Imported where it is used: a process that only answers does without.
    from threadpoolctl import threadpool_limits

    if not texts or not sum(map(len, texts)):
        return no_vectors()
    keys, words, text_of = _frequent_words(texts)
    dimensions = min(DIMENSIONS, len(keys) - 1)
    if dimensions < 1:
        return no_vectors()
    matrix = _mutual_information(words, text_of, len(keys))
    if not matrix.nnz:
        return no_vectors()
    # One thread: the matrices are tall and narrow, so that several mostly wait for each other, and it keeps the
    # sums, and with them the vectors, from depending on the number of processors.
    with threadpool_limits(1):
        rows, values = _leading_eigenvectors(matrix, dimensions)
    # To the power one half (Levy et al. 2015).
    rows *= np.sqrt(values)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    in_texts, _ = _distinct(text_of * len(keys) + words)
    frequency = np.bincount(in_texts % len(keys))
    idf = 1 + np.log((1 + len(texts)) / (1 + frequency))
    # All-but-the-top: the mean direction says only that a text is Chinese and technical.
    rows -= (frequency * idf) @ rows / (frequency @ idf)
    scaled = np.round(rows * idf[:, None] * ROW_SCALE)
    return WordVectors(keys, scaled.astype(np.int16))


def _frequent_words(texts: Sequence[UInt64s]) -> tuple[UInt64s, Int64s, Int64s]:
    """The words that occur often enough.

    Returns:
        their keys, ascending, shape (w,); the place in these of each occurrence, shape (o,); its text, shape (o,).
    """
    occurring = np.concatenate(texts)
    keys, occurrences = _distinct(occurring)
    keys = keys[occurrences >= MIN_OCCURRENCES]
    words = find_keys(keys, occurring)
    text_of = np.repeat(
        np.arange(len(texts)),
        [len(text) for text in texts],
    )
    is_frequent = words >= 0
    return keys, words[is_frequent], text_of[is_frequent]


def _distinct(numbers: Any) -> tuple[Any, Int64s]:
    """Distinct numbers, ascending, and how often each occurs.

    Sorted by hand: numpy finds distinct numbers by hashing, or orders places, which takes several times as long.
    """
    ordered = np.sort(numbers)
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return ordered[begins], np.diff(np.append(begins, len(ordered)))


def _leading_eigenvectors(matrix: Any, count: int) -> tuple[Float32s, Float32s]:
    """Eigenvectors of a symmetric matrix, nearly those of the largest eigenvalues, which are its singular vectors.

    The block Lanczos method (Golub, Van Loan, Matrix Computations, section 10.3.6): all products of one block with
    powers of the matrix together span what powers of a much wider block span (Musco, Musco 2015).

    Args:
        matrix: sparse, float32, shape (n, n).
        count: how many are wanted, below n.

    Returns:
        the vectors, shape (n, count); the absolute values of their eigenvalues, shape (count,).
    """
    size = matrix.shape[0]
    if size <= SPAN:
        values, vectors = np.linalg.eigh(matrix.toarray())
        largest = np.argsort(-np.abs(values))[:count]
        return vectors[:, largest], np.abs(values[largest])
    basis = np.empty((size, SPAN), dtype=np.float32)
    # The matrix as it is between the vectors of the basis, its upper half.
    between = np.zeros((SPAN, SPAN), dtype=np.float32)
    random = np.random.default_rng(SEED)
    block = matrix @ random.standard_normal((size, BLOCK), dtype=np.float32)
    for start in range(0, SPAN, BLOCK):
        end = start + BLOCK
        known = basis[:, :start]
        block, scale = np.linalg.qr(block)
        left = np.abs(np.diagonal(scale)).min()
        if left < NEARLY_NOTHING * np.abs(between).max():
            # What little is left of a block is mostly rounding, and not at right angles to the basis.
            block, _ = np.linalg.qr(block - known @ (known.T @ block))
        basis[:, start:end] = block
        known = basis[:, :end]
        block = matrix @ block
        between[:end, start:end] = known.T @ block
        block -= known @ between[:end, start:end]
    values, vectors = np.linalg.eigh(between, UPLO="U")
    largest = np.argsort(-np.abs(values))[:count]
    return basis @ vectors[:, largest], np.abs(values[largest])


def _mutual_information(
    words: Int64s,
    text_of: Int64s,
    size: int,
) -> Any:
    """The positive pointwise mutual information of words within WINDOW of each other.

    Args:
        words: numbers of the words as they occur, shape (o,).
        text_of: the text of each, ascending, shape (o,).
        size: how many words there are.

    Returns:
        a symmetric sparse matrix, float32, shape (size, size).
    """
    from scipy.sparse import csc_array

    ends, others, counts = count_neighbours(words, text_of, size, WINDOW)
    # Symmetric, so that columns turned into rows are the same matrix, with ascending places.
    matrix = csc_array((counts, others, ends), shape=(size, size)).tocsr()
    sizes = np.diff(matrix.indptr)
    times = matrix.data.astype(np.float64)
    rows = np.repeat(np.arange(size), sizes)
    totals = np.bincount(rows, times, size)
    expected = totals[rows] * totals[matrix.indices]
    # The discount times / (times + 1) keeps rare pairs from looking strong.
    information = np.log(times * totals.sum() / expected) * times / (times + 1)
    # Negative information is noise: what never met may only be rare.
    information[(information < 0) | (rows == matrix.indices)] = 0
    matrix.data = information.astype(np.float32)
    matrix.eliminate_zeros()
    return matrix
