"""Postings that no longer change: documents by feature and features by document, as plain arrays that map from disk.
Not here: what a feature weighs and what came after (channel), which files they are (storage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.features import MOST, Counted, Counts, Keys

Packed = npt.NDArray[np.uint32]  # a number of up to 26 bits above a count of six bits
Offsets = npt.NDArray[np.int64]

SHIFT = np.uint32(6)
MASK = np.uint32(MOST)
LARGE = 1_000  # documents from which the compiled loops are worth loading
BATCH = 2_000  # documents whose keys are brought together at a time


@dataclass(frozen=True, slots=True)
class Segment:
    """n documents over t features.

    keys shape (t,) ascending; by_term shape (p,) document numbers with counts, those of feature i in
    by_term[term_ends[i]:term_ends[i+1]], ascending; by_document shape (p,) feature numbers with counts, likewise.
    """

    keys: Keys
    term_ends: Offsets
    by_term: Packed
    document_ends: Offsets
    by_document: Packed

    @property
    def size(self) -> int:
        """How many documents."""
        return len(self.document_ends) - 1

    def find(self, keys: Keys) -> npt.NDArray[np.int64]:
        """The feature number of each key, -1 where it has none. shape (k,) → (k,)."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        return np.where(self.keys[at] == keys, at, -1)

    def document(self, number: int) -> Counted:
        """The features of a document as read() gave them."""
        packed = self.packed(number)
        return Counted(self.keys[packed >> SHIFT], (packed & MASK).astype(np.uint8))

    def packed(self, number: int) -> Packed:
        """The numbers of a document's features, with counts."""
        return self.by_document[
            self.document_ends[number] : self.document_ends[number + 1]
        ]

    def postings(self, term: int) -> Packed:
        """The documents of a feature, ascending, with counts."""
        return self.by_term[self.term_ends[term] : self.term_ends[term + 1]]


class Builder:
    """Gathers documents one by one and gives a Segment of them, numbered in the order they came."""

    def __init__(self) -> None:
        self._waiting: list[Counted] = []
        self._batches: list[tuple[Keys, npt.NDArray[np.uint32], Counts]] = []
        self._sizes: list[npt.NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]

    def add(self, counted: Counted) -> None:
        """Take one document in."""
        self._waiting.append(counted)
        if len(self._waiting) >= BATCH:
            self._gather()

    def add_segment(self, segment: Segment, alive: npt.NDArray[np.bool_]) -> None:
        """Take the documents of a segment in where alive, shape (n,), says so."""
        self._gather()
        sizes = np.diff(segment.document_ends)
        kept = (
            segment.by_document
            if alive.all()
            else segment.by_document[np.repeat(alive, sizes)]
        )
        self._batches.append(
            (np.asarray(segment.keys), kept >> SHIFT, (kept & MASK).astype(np.uint8))
        )
        self._sizes.append(sizes[alive])

    def build(self) -> Segment:
        """The segment of all documents taken in; features that none of them has are left out."""
        self._gather()
        everything = (
            np.unique(np.concatenate([b[0] for b in self._batches]))
            if self._batches
            else _none(np.uint64)
        )
        terms = np.concatenate(
            [
                np.searchsorted(everything, keys).astype(np.uint32)[where]
                for keys, where, _ in self._batches
            ]
            or [_none(np.uint32)]
        )
        counts = np.concatenate([b[2] for b in self._batches] or [_none(np.uint8)])
        document_ends = np.cumsum(np.concatenate(self._sizes))
        self._batches = []
        return laid_down(everything, terms, counts, document_ends)

    def _gather(self) -> None:
        if not self._waiting:
            return
        keys, where = np.unique(
            np.concatenate([c.keys for c in self._waiting]), return_inverse=True
        )
        self._batches.append(
            (
                keys,
                where.astype(np.uint32),
                np.concatenate([c.counts for c in self._waiting]),
            )
        )
        self._sizes.append(
            np.array([len(c.keys) for c in self._waiting], dtype=np.int64)
        )
        self._waiting = []


def empty() -> Segment:
    """A segment of no documents."""
    return Builder().build()


def of(documents: Sequence[Counted]) -> Segment:
    """The segment of some documents."""
    builder = Builder()
    for counted in documents:
        builder.add(counted)
    return builder.build()


def laid_down(
    keys: Keys, terms: npt.NDArray[np.uint32], counts: Counts, document_ends: Offsets
) -> Segment:
    """The segment of documents whose features, as numbers into keys with counts, stand end to end.

    keys shape (t,) ascending; terms and counts shape (p,); document_ends shape (n + 1,).
    """
    large = len(document_ends) > LARGE
    frequency = _frequencies(terms, len(keys), compiled=large)
    used = frequency > 0
    if not used.all():  # after removals
        keys, terms = keys[used], (np.cumsum(used) - 1).astype(np.uint32)[terms]
    term_ends = np.concatenate([[0], np.cumsum(frequency[used])]).astype(np.int64)
    by_document = (terms << SHIFT) | counts
    by_term = _inverted(by_document, document_ends, term_ends, compiled=large)
    return Segment(keys, term_ends, by_term, document_ends, by_document)


def _frequencies(
    terms: npt.NDArray[np.uint32], size: int, *, compiled: bool
) -> Offsets:
    if compiled:
        from matching.index import (
            compiled as loops,  # here: loading numba takes longer than a small catalogue
        )

        found: Offsets = loops.frequencies(terms, size)
        return found
    return np.bincount(terms, minlength=size) if size else _none(np.int64)


def _inverted(
    by_document: Packed, document_ends: Offsets, term_ends: Offsets, *, compiled: bool
) -> Packed:
    if compiled:
        from matching.index import compiled as loops

        found: Packed = loops.invert(by_document, document_ends, term_ends)
        return found
    documents = np.repeat(
        np.arange(len(document_ends) - 1, dtype=np.uint32), np.diff(document_ends)
    )
    order = np.argsort(by_document >> SHIFT, kind="stable")
    return (documents[order] << SHIFT) | (by_document[order] & MASK)


def _none(kind: type[Any]) -> npt.NDArray[Any]:
    return np.empty(0, dtype=kind)
