"""A matcher whose documents lie elsewhere: candidates by heavy terms, scored exactly as in the whole catalogue.
Not here: where the documents lie (a Pool, given by the caller), the formula (channel, matcher).

What stays in memory is how many documents have each term. A candidate comes with all its terms, so that its score is
bit for bit what Matcher gives the same pair; what can be lost is only a document that is no candidate.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, cast

import numpy as np
import numpy.typing as npt

from matching import features, vectors
from matching import text as words_of
from matching.documents import Document, Id, Match
from matching.errors import UnusableArtefact
from matching.explaining.reasons import Reasons, Understanding
from matching.features import CHANNELS, Counted, Counts, Features, Keys
from matching.index import bulk, segment, storage
from matching.index.feature_index import (
    SUBLINEAR,
    SUBLINEAR_32,
    Asked,
    Channel,
    Floats,
    Sums,
    Whole,
    scaled_log,
    sums_of,
)
from matching.index.feature_index import lengths as vector_lengths
from matching.index.kernels import Loops
from matching.index.segment import MASK, SHIFT
from matching.matcher import Matcher
from matching.vectors import Means, WordVectors

CANDIDATES = 300  # documents that are scored exactly
TERMS = 96  # terms they are asked for by: see benchmarks/candidates.py for the curve
COMMON = 0.1  # a term in more than this share of the documents (and in more than FEW) is never asked for
FEW = 1_000
SOFT = 20.0  # k1 of the pool's BM25: counts come softened already, so that it should hardly bend them again
BATCH = 5_000  # documents read at once

_SIEVE = np.uint64(1 << 16)
_HEADER = 1 + len(CHANNELS)
Numbers = npt.NDArray[np.int64]


class Stored(NamedTuple):
    """A document for the pool. terms: channel → numbers of its terms, each as often as its softened count."""

    id: int
    terms: Mapping[str, list[int]]
    packed: bytes


class Pool(Protocol):
    """Where the documents of one fitted catalogue lie; it never changes once it is filled."""

    def fill(self, documents: Iterable[Stored]) -> int:
        """Take all documents in. Returns how many."""

    def nearest(
        self,
        asked: Mapping[str, Sequence[tuple[int, float]]],
        size: int,
        among: Collection[int] | None,
        but: set[int],
    ) -> list[tuple[int, bytes]]:
        """(id, packed) of the documents best by BM25 of terms with weights, channel → (term, weight)."""

    def fetch(self, ids: Collection[int]) -> list[tuple[int, bytes]]:
        """(id, packed) of the documents with these ids that are there."""


class Statistics:
    """How many documents have each term of a channel. keys ascending, shape (t,), frequency shape (t,)."""

    def __init__(self, keys: Keys, frequency: Whole) -> None:
        self.keys = keys
        self.fitted = frequency
        self.now = frequency
        self.others: dict[int, int] = {}  # keys that came later → how many have them

    def of(self, keys: Keys) -> Whole:
        """How many documents have each key. shape (k,) → (k,)."""
        terms = self.find(keys)
        found = (
            np.where(terms >= 0, self.now[terms], 0)
            if len(self.keys)
            else np.zeros(len(keys), dtype=np.int64)
        )
        if self.others:
            found = found + np.array(
                [self.others.get(key, 0) for key in keys.tolist()], dtype=np.int64
            )
        return found.astype(np.int64)

    def find(self, keys: Keys) -> Numbers:
        """The number of each key, -1 for one that came later. shape (k,) → (k,)."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def change(self, keys: Keys, by: int) -> None:
        """One document with these keys came (by 1) or went (by -1)."""
        terms = self.find(keys)
        if self.now is self.fitted:
            self.now = np.array(self.fitted)
        self.now[terms[terms >= 0]] += by
        for key in keys[terms < 0].tolist():
            self.others[key] = self.others.get(key, 0) + by


class _Part(Channel):
    """Some documents of a catalogue, weighed by the statistics of the whole. keys, counts shape (p,); ends (n + 1,)."""

    def __init__(
        self,
        statistics: Statistics,
        keys: Keys,
        counts: Counts,
        ends: Numbers,
        frequency: Whole,
    ) -> None:
        self.statistics = statistics
        self.keys, self.counts, self.ends = keys, counts, ends
        super().__init__(segment.empty(), sums_of(counts, ends, scaled_log(frequency)))

    def document(self, number: int) -> Counted:
        here = slice(int(self.ends[number]), int(self.ends[number + 1]))
        return Counted(self.keys[here], self.counts[here])

    def frequency(self, keys: Keys) -> Whole:
        return self.statistics.of(keys)

    def ask(self, counted: Counted, documents: int) -> Asked:
        terms = self.statistics.find(counted.keys)
        return Asked(
            counted, terms, scaled_log(self.statistics.of(counted.keys)), documents
        )

    def dot(self, asked: Asked, loops: Loops) -> Sums:
        sums = np.zeros(len(self.ends) - 1, dtype=np.float32)
        keys = asked.counted.keys[asked.known]
        if not len(keys) or not len(self.keys):
            return sums
        marked = np.zeros(
            _SIEVE, dtype=np.bool_
        )  # one look keeps nearly all others from being searched for
        marked[keys % _SIEVE] = True
        both = np.flatnonzero(marked[self.keys % _SIEVE])
        at = np.minimum(np.searchsorted(keys, self.keys[both]), len(keys) - 1)
        same = keys[at] == self.keys[both]
        at, both = at[same], both[same]
        owner = np.searchsorted(self.ends, both, side="right") - 1
        order = np.argsort(
            at, kind="stable"
        )  # term after term, as postings lie: sums are of 32 bits
        postings = ((owner << int(SHIFT)) | self.counts[both])[order].astype(np.uint32)
        ends = np.cumsum(np.bincount(at, minlength=len(keys)))
        starts = np.concatenate([[0], ends[:-1]])
        loops.add(
            postings,
            starts,
            ends,
            asked.weights[asked.known].astype(np.float32),
            SUBLINEAR_32,
            sums,
        )
        return sums


class _Selection(Matcher):
    """The candidates of one question as a matcher of as many documents as the whole catalogue has."""

    documents = 0

    def __len__(self) -> int:
        return self.documents

    def _means(self, numbers: Numbers) -> Means:
        words = self.channels_["words"]
        return self.vectors_.means(
            [words.document(number) for number in numbers.tolist()]
        )


class CandidateMatcher(Matcher):
    """A Matcher over documents in a pool; ids are whole numbers.

    It answers as Matcher does but for documents that are not among the candidates. What is put later stays in memory,
    so a catalogue is fitted anew before that is much. Without a pool it begins empty.
    """

    def __init__(
        self,
        pool: Pool | None = None,
        *,
        terms: int = TERMS,
        candidates: int = CANDIDATES,
    ) -> None:
        super().__init__()
        self.pool = pool
        self.terms = terms
        self.candidates = candidates
        self.statistics = {
            name: Statistics(np.zeros(0, np.uint64), np.zeros(0, np.int64))
            for name in CHANNELS
        }
        self.lengths = dict.fromkeys(CHANNELS, 1.0)
        self.fitted = np.zeros(0, dtype=np.int64)  # ids in the pool, ascending
        self.later: dict[int, Features] = {}
        self.gone: set[int] = set()
        self.channels_ = {}
        self.vectors_ = vectors.nothing()

    @classmethod
    def build(
        cls, documents: Iterable[Document], directory: str | Path, pool: Pool
    ) -> int:
        """Fill a pool with a catalogue and write its statistics. Memory holds a batch and the statistics.

        Returns how many documents. Raises ValueError when an id occurs twice.
        """
        with tempfile.TemporaryFile() as spool:
            statistics, ids, texts = _spooled(iter(documents), spool)
            if len(set(ids)) < len(ids):
                raise ValueError("two documents of the catalogue have the same id")
            lengths: dict[str, list[float]] = {name: [] for name in CHANNELS}
            spool.seek(0)
            pool.fill(_stored(spool, ids, statistics, lengths))
        trained = vectors.learnt(texts)
        arrays: storage.Arrays = {"ids": np.array(sorted(ids), dtype=np.int64)}
        arrays |= {"vectors-keys": trained.keys, "vectors-rows": trained.rows}
        for name, one in statistics.items():
            arrays |= {f"{name}-keys": one.keys, f"{name}-frequency": one.fitted}
        means = {
            name: float(np.mean(found)) if found else 1.0
            for name, found in lengths.items()
        }
        storage.write(
            Path(directory),
            arrays,
            {"words": words_of.VERSION, "candidates": 1, "lengths": means},
        )
        return len(ids)

    @classmethod
    def open(cls, directory: str | Path, pool: Pool, **settings: int) -> Self:
        """Open what build() wrote. Raises UnusableArtefact when it is missing, cut, of other words or not ours."""
        arrays, facts = storage.read(Path(directory))
        try:
            if facts["words"] != words_of.VERSION or facts["candidates"] != 1:
                raise UnusableArtefact(f"{directory} was fitted with other words")
            matcher = cls(pool, **settings)
            matcher.statistics = {
                name: Statistics(arrays[f"{name}-keys"], arrays[f"{name}-frequency"])
                for name in CHANNELS
            }
            matcher.lengths = {
                name: float(facts["lengths"][name]) or 1.0 for name in CHANNELS
            }
            matcher.fitted = arrays["ids"]
            matcher.vectors_ = WordVectors(
                arrays["vectors-keys"], arrays["vectors-rows"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableArtefact(
                f"{directory} does not hold a catalogue of candidates: {error!r}"
            ) from error
        return matcher

    def rank(
        self, document: Document, top: int = 20, among: Collection[Id] | None = None
    ) -> list[Match]:
        """As Matcher.rank, over the best candidates and everything that was put later."""
        read = features.read(document)
        if top <= 0 or not read.telling:
            return []
        size = max(self.candidates, 2 * top)
        wanted = None if among is None else {cast(int, i) for i in among}
        found: list[tuple[int, bytes]] = []
        if self.pool is not None and len(self.fitted):
            if wanted is not None and len(wanted) <= size:
                found = self.pool.fetch([i for i in sorted(wanted) if self._there(i)])
            elif asked := self.heaviest(read):
                found = self.pool.nearest(asked, size, wanted, self.gone)
        later = [i for i in self.later if wanted is None or i in wanted]
        return self._selection(found, later).rank(document, top)

    def rank_all(
        self, documents: Iterable[Document], top: int = 20
    ) -> list[list[Match]]:
        """What rank() gives for each of many documents."""
        return [self.rank(document, top) for document in documents]

    def heaviest(self, read: Features) -> dict[str, list[tuple[int, float]]]:
        """The terms of a query that a pool is asked for, channel → (term, weight): what it may earn, over its rarity.

        The weight is divided by the rarity that BM25 multiplies by, so that a pool sums what the cosine would.
        """
        total = len(self)
        size = len(self.fitted)
        found: list[tuple[float, str, int, float]] = []
        for name in CHANNELS:
            counted: Counted = getattr(read, name)
            statistics = self.statistics[name]
            terms = statistics.find(counted.keys)
            asked = Asked(
                counted, terms, scaled_log(statistics.of(counted.keys)), total
            )
            worth = asked.weights * getattr(self, name) / self.lengths[name]
            having = (
                np.where(terms >= 0, statistics.fitted[terms], 0)
                if len(statistics.fitted)
                else terms * 0
            )
            rare = np.log(1 + (size - having + 0.5) / (having + 0.5))
            for place in np.flatnonzero(
                (having > 0) & (having <= _most(size))
            ).tolist():
                weight = float(worth[place] / rare[place]) * SOFT
                found.append((float(worth[place]), name, int(terms[place]), weight))
        found.sort(key=lambda one: (-one[0], one[1], one[2]))
        chosen: dict[str, list[tuple[int, float]]] = {}
        for _, name, term, weight in found[: self.terms]:
            chosen.setdefault(name, []).append((term, weight))
        return chosen

    def score(self, document: Document, ids: Sequence[Id]) -> Floats:
        """As Matcher.score."""
        return self._of(ids).score(document, ids)

    def explain(self, document: Document, other: Document | Id) -> Reasons:
        """As Matcher.explain."""
        selected = self._of([] if isinstance(other, Document) else [other])
        return selected.explain(document, other)

    def understand(self, document: Document) -> Understanding:
        """As Matcher.understand."""
        return self._of([]).understand(document)

    def put(self, documents: Iterable[Document]) -> Self:
        """As Matcher.put."""
        new = {document.id: document for document in documents}
        self.remove(new)
        for id_, document in new.items():
            read = features.read(document)
            self._count(read, 1)
            self.later[cast(int, id_)] = read
        return self

    def remove(self, ids: Iterable[Id]) -> Self:
        """As Matcher.remove; what a document of the pool had is asked for, so that the statistics stay exact."""
        leaving = {cast(int, i) for i in ids}
        here = [i for i in sorted(leaving) if self._there(i)]
        packed = self.pool.fetch(here) if here and self.pool is not None else []
        for id_ in leaving & self.later.keys():
            self._count(self.later.pop(id_), -1)
        for id_, one in packed:
            for name, (flat, _) in _unpacked([one])[1].items():
                self.statistics[name].change(
                    np.asarray(self.statistics[name].keys[flat >> SHIFT]), -1
                )
            self.gone.add(id_)
        return self

    def merge(self) -> Self:
        """Nothing to draw together: what was put later is drawn in by the next build()."""
        return self

    def save(self, directory: str | Path) -> str:
        """Not this one: its statistics are written once, by build()."""
        raise NotImplementedError("a matcher of candidates is written by build()")

    def __len__(self) -> int:
        return len(self.fitted) - len(self.gone) + len(self.later)

    def __contains__(self, id_: object) -> bool:
        return id_ in self.later or (isinstance(id_, int) and self._there(id_))

    def _there(self, id_: int) -> bool:
        at = int(np.searchsorted(self.fitted, id_))
        return (
            at < len(self.fitted)
            and int(self.fitted[at]) == id_
            and id_ not in self.gone
        )

    def _count(self, read: Features, by: int) -> None:
        for name in CHANNELS:
            self.statistics[name].change(getattr(read, name).keys, by)

    def _of(self, ids: Sequence[Id]) -> Matcher:
        wanted = sorted({cast(int, i) for i in ids})
        here = [i for i in wanted if self._there(i)]
        packed = self.pool.fetch(here) if here and self.pool is not None else []
        return self._selection(packed, [i for i in wanted if i in self.later])

    def _selection(
        self, packed: Sequence[tuple[int, bytes]], later: Sequence[int]
    ) -> Matcher:
        """Some documents as a matcher, weighed as in the whole catalogue."""
        told, unpacked = _unpacked([one for _, one in packed])
        told += [self.later[i].telling for i in later]
        channels: dict[str, Channel] = {}
        for name in CHANNELS:
            statistics = self.statistics[name]
            more = [cast(Counted, getattr(self.later[i], name)) for i in later]
            base, sizes = unpacked[name]
            terms = base >> SHIFT
            late = np.concatenate([np.zeros(0, np.uint64), *(one.keys for one in more)])
            keys = (
                np.concatenate([statistics.keys[terms], late]) if len(terms) else late
            )
            now = (
                np.concatenate([statistics.now[terms], statistics.of(late)])
                if len(terms)
                else statistics.of(late)
            )
            counts = np.concatenate(
                [(base & MASK).astype(np.uint8), *(one.counts for one in more)]
            )
            ends = np.cumsum([0, *sizes.tolist(), *(len(one.keys) for one in more)])
            channels[name] = _Part(statistics, keys, counts, ends, now)
        selection = _Selection(
            grams=self.grams, titles=self.titles, words=self.words, vectors=self.vectors
        )
        selection.vectors_ = self.vectors_
        selection._set(
            [*(i for i, _ in packed), *later],
            told,
            channels,
            vectors.nothing().means([]),
        )
        selection.documents = len(self)
        return selection


def _most(documents: int) -> int:
    return max(FEW, int(COMMON * documents))


def _spooled(
    documents: Iterator[Document], spool: Any
) -> tuple[dict[str, Statistics], list[int], list[Keys]]:
    """Read a catalogue batch by batch into a file, counting its terms. Returns its first texts too, in words."""
    ids: list[int] = []
    texts: list[Keys] = []
    statistics = {
        name: Statistics(np.zeros(0, np.uint64), np.zeros(0, np.int64))
        for name in CHANNELS
    }
    while batch := list(islice(documents, BATCH)):
        some, read = bulk.read(batch, texts=max(0, vectors.MOST_TEXTS - len(ids)))
        texts += read.texts
        ids += [int(i) for i in some]
        np.save(spool, np.array(read.telling, dtype=np.bool_))
        for name, one in read.segments().items():
            frequency = np.diff(one.term_ends)
            keys, where = np.unique(
                np.concatenate([statistics[name].keys, one.keys]), return_inverse=True
            )
            known = np.concatenate([statistics[name].fitted, frequency])
            statistics[name] = Statistics(
                keys, np.bincount(where, known, len(keys)).astype(np.int64)
            )
            for part in (one.keys, one.document_ends, one.by_document):
                np.save(spool, part)
    return statistics, ids, texts


def _stored(
    spool: Any,
    ids: list[int],
    statistics: Mapping[str, Statistics],
    lengths: dict[str, list[float]],
) -> Iterator[Stored]:
    """The documents as a pool takes them; notes how long the vectors are."""
    total = len(ids)
    first = 0
    while first < total:
        telling = np.load(spool)
        packed: dict[str, tuple[npt.NDArray[np.uint32], Numbers]] = {}
        for name in CHANNELS:
            keys, ends, by_document = np.load(spool), np.load(spool), np.load(spool)
            one = statistics[name]
            numbers = np.searchsorted(one.keys, keys).astype(np.uint32)
            flat = (numbers[by_document >> SHIFT] << SHIFT) | (by_document & MASK)
            packed[name] = flat, ends
            sums = sums_of(
                (flat & MASK).astype(np.uint8),
                ends,
                scaled_log(one.fitted[flat >> SHIFT]),
            )
            lengths[name].append(float(np.mean(vector_lengths(sums, total))))
        for number, tells in enumerate(telling.tolist()):
            own = {
                name: flat[ends[number] : ends[number + 1]]
                for name, (flat, ends) in packed.items()
            }
            yield _document(ids[first + number], tells, own, statistics, total)
        first += len(telling)


def _document(
    id_: int,
    telling: bool,
    flat: Mapping[str, npt.NDArray[np.uint32]],
    statistics: Mapping[str, Statistics],
    total: int,
) -> Stored:
    terms: dict[str, list[int]] = {}
    for name, one in flat.items():
        numbers = one >> SHIFT
        rare = statistics[name].fitted[numbers] <= _most(total)
        times = np.round(SUBLINEAR[one & MASK]).astype(np.int64)
        terms[name] = np.repeat(numbers[rare], times[rare]).tolist()
    header = np.array(
        [telling, *(len(flat[name]) for name in CHANNELS)], dtype=np.uint32
    )
    return Stored(
        id_,
        terms,
        np.concatenate([header, *(flat[name] for name in CHANNELS)])
        .astype("<u4")
        .tobytes(),
    )


def _unpacked(
    packed: Sequence[bytes],
) -> tuple[list[bool], dict[str, tuple[npt.NDArray[np.uint32], Numbers]]]:
    """Which documents tell something; channel → their terms with counts end to end, and how many each has."""
    whole = np.frombuffer(b"".join(packed), dtype="<u4").astype(np.uint32)
    ends = np.cumsum([len(one) // 4 for one in packed], dtype=np.int64)
    begins = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: len(packed)]
    heads = whole[begins[:, None] + np.arange(_HEADER)].astype(np.int64)
    found = {}
    at = begins + _HEADER
    for place, name in enumerate(CHANNELS, 1):
        sizes = heads[:, place]
        shift = (
            at
            - np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)[
                : len(packed)
            ]
        )
        found[name] = (
            whole[np.repeat(shift, sizes) + np.arange(int(sizes.sum()))],
            sizes,
        )
        at = at + sizes
    return [bool(one) for one in heads[:, 0].tolist()], found
