"""One channel of the ranking: TF-IDF cosine over postings, with what was put and removed since they were laid down.
Not here: how channels are weighed together (matcher), what the features are (features).

Norms are kept in whole numbers, so that they do not depend on the order of additions and removals: a catalogue that
grew gives bit for bit the scores of one fitted at once. With idf(t) = L - l(t), L = ln(1+n)+1 and l(t) = ln(1+df(t)),
a document's squared norm is L²A - 2LB + C, where A, B, C sum w(t), w(t)l(t), w(t)l(t)² over its features and w is the
squared sublinear count. A new document moves L for all, and l only for its own features.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matching.features import MOST, Counted, Counts, Keys
from matching.index import kernels
from matching.index import segment as segments
from matching.index.kernels import Loops
from matching.index.segment import MASK, SHIFT, Packed, Segment

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

SCALE = 1024  # logarithms in this many-th parts: finer, and each change moves the idf of more of the common features
SQUARES = 4096  # squared counts in this many-th parts
ROOM = 1_000  # later documents there is room for, at least, before the sums are copied again
_COUNTS = np.arange(MOST + 1)
SUBLINEAR = np.where(
    _COUNTS > 0, 1 + np.log(np.maximum(_COUNTS, 1)), 0.0
)  # sublinear count, by count
SUBLINEAR_32 = SUBLINEAR.astype(np.float32)
SQUARED = np.round(SUBLINEAR**2 * SQUARES).astype(np.int64)
_UNIT = SCALE * SQUARES**0.5  # a length of 1, as its sums have it


def scaled_log(number: npt.ArrayLike) -> Whole:
    """ln(1 + number) in SCALE-th parts."""
    return np.round(np.log1p(number) * SCALE).astype(np.int64)


def sums_of(counts: Counts, ends: Whole, logs: Whole) -> Whole:
    """A, B, C of documents that lie end to end. counts, logs shape (p,), ends (n + 1,) → (n, 3)."""
    squared = SQUARED[counts]
    sums = np.zeros((len(ends) - 1, 3), dtype=np.int64)
    for column, values in enumerate((squared, squared * logs, squared * logs * logs)):
        sums[:, column] = np.diff(np.concatenate([[0], np.cumsum(values)])[ends])
    return sums


def lengths(sums: Whole, documents: int) -> Floats:
    """The lengths of vectors with the sums A, B, C in a catalogue of so many documents. shape (k, 3) → (k,)."""
    top, (a, b, c) = _top(documents), sums.T
    squared = np.maximum(top * top * a - 2 * top * b + c, 0).astype(np.float64)
    found: Floats = np.sqrt(squared) / _UNIT
    return found


class Asked:
    """A query weighed against a channel as it stood.

    counted its features; terms their numbers in the main segment, -1 for none; logs the l of each, 0 for what the
    catalogue does not have; known where it has them; idf shape (k,); weights shape (k,): what a document's count is
    multiplied by before its own norm divides.
    """

    def __init__(
        self, counted: Counted, terms: Whole, logs: Whole, documents: int
    ) -> None:
        self.counted = counted
        self.terms = terms
        self.known = logs > 0
        self.idf = (_top(documents) - logs) / SCALE
        own = SUBLINEAR[counted.counts] * self.idf
        length = np.sqrt(np.sum(own**2))
        self.weights = own * self.idf / length if length else own

    def shared(self, other: Counted, norm: float) -> dict[int, float]:
        """Key → its part of the cosine with a document of that norm."""
        _, mine, theirs = np.intersect1d(
            self.counted.keys, other.keys, assume_unique=True, return_indices=True
        )
        parts = (
            self.weights[mine] * SUBLINEAR[other.counts[theirs]] / norm
            if norm
            else np.zeros(len(mine))
        )
        return dict(zip(self.counted.keys[mine].tolist(), parts.tolist(), strict=True))


class Channel:
    """The features of all documents, numbered from 0; a removed document keeps its number until merge().

    main what was fitted or loaded; sums (A, B, C) as kept with it, or None to work them out.
    """

    def __init__(self, main: Segment, sums: Whole | None = None) -> None:
        self.main = main
        self.later: list[Counted] = []
        self._postings: dict[int, array[int]] = {}
        self._moved: dict[
            int, int
        ] = {}  # key → how its document frequency differs from the main segment's
        self._room = (
            self._sum_all() if sums is None else sums
        )  # with room for later documents, once there are any
        self._size = len(self._room)
        self._inverse: tuple[int, Sums] | None = None

    @property
    def sums(self) -> Whole:
        """A, B, C of each document. shape (n, 3)."""
        return self._room[: self._size]

    def document(self, number: int) -> Counted:
        """The features of a document."""
        first = self.main.size
        return (
            self.main.document(number) if number < first else self.later[number - first]
        )

    def frequency(self, keys: Keys) -> Whole:
        """How many documents have each key. shape (k,) → (k,)."""
        return self._frequency(keys, self.main.find(keys))

    def _frequency(self, keys: Keys, terms: Whole) -> Whole:
        found = np.where(
            terms >= 0, self.main.term_ends[terms + 1] - self.main.term_ends[terms], 0
        )
        if self._moved:
            found = found + np.array(
                [self._moved.get(key, 0) for key in keys.tolist()], dtype=np.int64
            )
        return found.astype(np.int64)

    def change(self, gone: Sequence[int], new: Sequence[Counted]) -> None:
        """Take documents out by number and add others at the end."""
        leaving = [self.document(number).keys for number in gone]
        everything = [*leaving, *(counted.keys for counted in new)]
        if not everything:
            return
        keys, where = np.unique(np.concatenate(everything), return_inverse=True)
        left = sum(map(len, leaving))
        by = np.bincount(where[left:], minlength=len(keys)) - np.bincount(
            where[:left], minlength=len(keys)
        )
        logs = self._move(keys, by)
        first, last = self._size, self._size + len(new)
        for number, counted in enumerate(new, first):
            for key, count in zip(
                counted.keys.tolist(), counted.counts.tolist(), strict=True
            ):
                packed, there = (number << int(SHIFT)) | count, self._postings.get(key)
                if there is None:
                    self._postings[key] = array("I", (packed,))
                else:
                    there.append(packed)
        self.later.extend(new)
        if new:
            if len(self._room) < last:
                grown = np.zeros((last + max(ROOM, last // 100), 3), dtype=np.int64)
                grown[:first] = self._room[:first]
                self._room = grown
            ends = np.cumsum([0, *(len(counted.keys) for counted in new)])
            counts = np.concatenate([counted.counts for counted in new])
            self._room[first:last] = sums_of(counts, ends, logs[where[left:]])
            self._size = last
        self._inverse = None

    def ask(self, counted: Counted, documents: int) -> Asked:
        """Weigh a query. documents: how many there are now, the removed not counted."""
        terms = self.main.find(counted.keys)
        return Asked(
            counted, terms, scaled_log(self._frequency(counted.keys, terms)), documents
        )

    def ask_all(self, queries: Segment, documents: int) -> Callable[[int], Asked]:
        """Weigh many queries, the documents of a segment: what ask() gives for the one of a number."""
        terms = self.main.find(queries.keys)
        logs = scaled_log(self._frequency(queries.keys, terms))

        def asked(number: int) -> Asked:
            packed = np.sort(
                queries.packed(number)
            )  # by key, as read() gives them: sums of floats hang on the order
            own = packed >> SHIFT
            return Asked(
                Counted(queries.keys[own], (packed & MASK).astype(np.uint8)),
                terms[own],
                logs[own],
                documents,
            )

        return asked

    def idf(self, keys: Keys, documents: int) -> Floats:
        """How rare each key is. shape (k,) → (k,)."""
        rare: Floats = (_top(documents) - scaled_log(self.frequency(keys))) / SCALE
        return rare

    def norm(self, counted: Counted, documents: int) -> float:
        """The length of a vector that is not of the catalogue, with the catalogue's idf."""
        return float(
            np.sqrt(
                np.sum(
                    (SUBLINEAR[counted.counts] * self.idf(counted.keys, documents)) ** 2
                )
            )
        )

    def dot(self, asked: Asked, loops: Loops) -> Sums:
        """The products of a query with every document, before the documents' own norms divide. shape (n,)."""
        keys = asked.counted.keys[asked.known]
        weights = asked.weights[asked.known].astype(np.float32)
        sums = np.zeros(self._size, dtype=np.float32)
        terms = asked.terms[asked.known]
        inside = terms >= 0
        terms, ends = terms[inside], self.main.term_ends
        loops.add(
            self.main.by_term,
            ends[terms],
            ends[terms + 1],
            weights[inside],
            SUBLINEAR_32,
            sums,
        )
        if self._postings:
            found, there = self._later(keys)
            if there:
                places = np.cumsum([0, *(len(one) for one in found)])
                loops.add(
                    np.concatenate(found),
                    places[:-1],
                    places[1:],
                    weights[there],
                    SUBLINEAR_32,
                    sums,
                )
        return sums

    def norms(self, documents: int, numbers: Whole) -> Floats:
        """The lengths of some documents' vectors. shape (k,) → (k,)."""
        return lengths(self._room[numbers], documents)

    def inverse(self, documents: int, loops: Loops) -> Sums:
        """What a product is multiplied by to give the cosine, 0 for a document without features. shape (n,)."""
        if self._inverse is None or self._inverse[0] != documents:
            self._inverse = (
                documents,
                loops.inverse(self.sums, _top(documents), np.float32(_UNIT)),
            )
        return self._inverse[1]

    def merged(self, alive: npt.NDArray[np.bool_]) -> Channel:
        """The same documents, those not alive left out and the numbers drawn together, in one segment."""
        builder = segments.Builder()
        builder.add_segment(self.main, alive[: self.main.size])
        for counted, keep in zip(self.later, alive[self.main.size :], strict=True):
            if keep:
                builder.add(counted)
        return Channel(builder.build())

    def _move(self, keys: Keys, by: Whole) -> Whole:
        """Change document frequencies, and with them the sums of the documents that have these features.

        keys shape (k,), each once. Returns l of each as it is now, shape (k,).
        """
        terms = self.main.find(keys)
        frequency = self._frequency(keys, terms)
        before, after = scaled_log(frequency), scaled_log(frequency + by)
        for key, one in zip(keys.tolist(), by.tolist(), strict=True):
            if one:
                self._moved[key] = self._moved.get(key, 0) + one
        if not self._room.flags.writeable:
            self._room = self._room.copy()
        changed = np.flatnonzero(before != after)
        old, new = before[changed], after[changed]
        inside, ends, loops = (
            np.flatnonzero(terms[changed] >= 0),
            self.main.term_ends,
            kernels.loops(),
        )
        lists = terms[changed][inside]
        loops.shift(
            self.main.by_term,
            ends[lists],
            ends[lists + 1],
            old[inside],
            new[inside],
            SQUARED,
            self._room,
        )
        found, there = self._later(keys[changed])
        if len(there):
            places = np.cumsum([0, *(len(one) for one in found)])
            loops.shift(
                np.concatenate(found),
                places[:-1],
                places[1:],
                old[there],
                new[there],
                SQUARED,
                self._room,
            )
        return after

    def _later(self, keys: Keys) -> tuple[list[Packed], list[int]]:
        """The postings since, of those keys that have any, and which keys these are."""
        lists = [self._postings.get(key) for key in keys.tolist()]
        there = [place for place, one in enumerate(lists) if one is not None]
        return [np.array(lists[place], dtype=np.uint32) for place in there], there

    def _sum_all(self) -> Whole:
        logs = scaled_log(np.diff(self.main.term_ends))
        ends = self.main.document_ends
        if self.main.size > segments.LARGE:
            from matching.index import (
                compiled,  # here: loading numba takes longer than a small catalogue
            )

            found: Whole = compiled.sums(self.main.by_document, ends, logs, SQUARED)
            return found
        packed = self.main.by_document
        return sums_of((packed & MASK).astype(np.uint8), ends, logs[packed >> SHIFT])


@lru_cache
def _top(documents: int) -> int:
    """L in SCALE-th parts."""
    return int(scaled_log(documents)) + SCALE
