"""The one reader of documents: texts of a batch are cut in one call, and everything per token is looked up by numpy.
Not here: what the features are (features), tokens by number (token_table), how postings are laid out (segment).

One document is a batch of one. tests/matching/oracle.py reads the same features token by token in plain Python.
"""

from __future__ import annotations

from collections.abc import (
    Iterable,
    Iterator,
    Sequence,
)
from dataclasses import dataclass
from itertools import islice
from threading import Lock

import numpy as np

from matching import text as words_of
from matching.arrays import (
    Bools,
    Int32s,
    Int64s,
    UInt8s,
    UInt32s,
    UInt64s,
)
from matching.documents import (
    Document,
    Id,
)
from matching.features import (
    FEATURE_KINDS,
    TITLE_WEIGHT,
    FeatureCounts,
    Features,
    term_key,
    titles_and_texts,
)
from matching.index import kernels, token_kernels
from matching.index.postings import MAX_COUNT
from matching.index.segment import (
    Segment,
    build_segment,
)
from matching.index.token_table import TokenTable
from matching.latin_tokens import TEXT_END
from matching.mixed_terms import mixed_terms_in, texts_with_mixed_terms

# Documents of a catalogue that are cut together.
CATALOGUE_BATCH = 2_000
# The shared reader is held for some ten milliseconds at a time, so that other threads can read between.
_SHARED_BATCH = 50
_SLOTS_AT_FIRST = 1 << 16
_KEYS_AT_FIRST = 1 << 15


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where features of one kind occur in a batch, in the order of the documents.

    Attributes:
        keys: uint64, shape (o,).
        document_of: number of the document, ascending, int64, shape (o,).
        weights: what an occurrence counts, int32, shape (o,).
    """

    keys: UInt64s
    document_of: Int64s
    weights: Int32s


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents as they were read.

    Attributes:
        size: how many.
        occurrences: by kind of feature.
        has_content: whether any term of a document carries content, shape (size,).
        texts: keys of the whole content words in reading order, uint64, one array for each of the first documents.
    """

    size: int
    occurrences: dict[str, Occurrences]
    has_content: Bools
    texts: list[UInt64s]


@dataclass(frozen=True, slots=True)
class CatalogueFeatures:
    """The features of a catalogue.

    Attributes:
        ids: of the documents, in their order.
        has_content: whether any term of a document carries content, shape (n,).
        segments: by kind of feature.
        texts: as in Batch, of the first documents.
    """

    ids: list[Id]
    has_content: Bools
    segments: dict[str, Segment]
    texts: list[UInt64s]


class DocumentReader:
    """Reads batches of documents; tokens that it has met once cost it little. For one thread at a time.

    Attributes:
        kinds: the kinds of features that are wanted.
    """

    def __init__(self, kinds: Sequence[str] = FEATURE_KINDS) -> None:
        self.kinds = kinds
        self._lists = words_of.word_lists()
        self._table = TokenTable()

    @property
    def tokens(self) -> int:
        """How many tokens it knows."""
        return len(self._table)

    def read_batch(
        self,
        documents: Sequence[Document],
        *,
        texts: int = 0,
    ) -> Batch:
        """The features of some documents where they occur; `texts`: of how many the words in order are wanted."""
        # Between batches only: numbers of one batch must be of one table.
        lists = words_of.word_lists()
        if self._table.is_full or self._lists is not lists:
            self._lists = lists
            self._table = TokenTable()
        # Even places are titles, odd ones texts; dividing by two gives the document.
        sides = titles_and_texts(documents)
        numbers, side_of = self._cut(sides)
        keys, ends = self._table.content_keys.arrays()
        words = token_kernels.find_words(numbers, side_of, TITLE_WEIGHT, keys, ends)
        found = Occurrences(*words)
        occurrences = {"words": _with_mixed_terms(found, sides)}
        units = self._table.units.arrays()
        if "grams" in self.kinds:
            grams = token_kernels.find_grams(
                numbers, side_of, TITLE_WEIGHT, *units, self._table.breaks
            )
            occurrences["grams"] = Occurrences(*grams)
        if "titles" in self.kinds:
            titles = token_kernels.find_title_units(numbers, side_of, *units)
            occurrences["titles"] = Occurrences(*titles)
        in_order: list[UInt64s] = []
        if texts:
            # The first of the terms of a token is the token itself.
            has_term = ends[numbers] < ends[numbers + 1]
            whole = keys[ends[numbers[has_term]]]
            in_order = _split(whole, side_of[has_term] // 2, len(documents))[:texts]
        # A document without a content term is in the index, but is never ranked.
        terms = np.bincount(occurrences["words"].document_of, minlength=len(documents))
        return Batch(len(documents), occurrences, terms > 0, in_order)

    def _cut(self, sides: Sequence[str]) -> tuple[Int64s, Int64s]:
        """Cut titles and texts.

        Args:
            sides: normalised; title and text of one document after the other.

        Returns:
            the number of each token, shape (t,), and its place in `sides`, shape (t,); the end between two sides is
            a gap that belongs to the second.
        """
        table = self._table
        pieces = words_of.cut_texts(sides, table.replace_latin)
        numbers = table.numbers_of(pieces)
        return numbers, np.cumsum(numbers == table[TEXT_END])


# What single queries and changed documents are read by: most of their tokens were met before.
_shared_reader = DocumentReader()
_shared_lock = Lock()
# Of those that read catalogues the last one, with its tokens: nine of ten tokens of the next texts are among them.
_spare_readers: list[DocumentReader] = []
# Tokens above which it is let go: some 40 MB.
_SPARE_TOKENS = 150_000


def read_features(document: Document) -> Features:
    """The features of a document; the same document gives the same features in every process."""
    return read_each([document])[0]


def read_each(documents: Iterable[Document]) -> list[Features]:
    """The features of each of some documents."""
    features: list[Features] = []
    for some in _batches(documents, _SHARED_BATCH):
        # Only for looking up; counting needs no table.
        with _shared_lock:
            batch = _shared_reader.read_batch(some)
        counted = {
            kind: _count_each(batch.occurrences[kind], batch.size)
            for kind in FEATURE_KINDS
        }
        for number, has_content in enumerate(batch.has_content.tolist()):
            own = {kind: counts[number] for kind, counts in counted.items()}
            features.append(Features(**own, has_content=has_content))
    return features


def read_catalogue(
    documents: Iterable[Document],
    kinds: Sequence[str] = FEATURE_KINDS,
    *,
    texts: int = 0,
) -> CatalogueFeatures:
    """Read a catalogue of any size, batch by batch.

    Args:
        documents: read once, in order.
        kinds: the kinds of features that are wanted, `words` among them.
        texts: of how many documents, the first, the words in order are wanted.
    """
    # A reader of its own: a fit in the background must not keep queries waiting.
    reader = _take_reader(kinds)
    counters = {kind: SegmentCounter() for kind in kinds}
    ids: list[Id] = []
    words: list[UInt64s] = []
    has_content = [np.zeros(0, dtype=np.bool_)]
    for some in _batches(documents, CATALOGUE_BATCH):
        ids.extend(document.id for document in some)
        batch = reader.read_batch(some, texts=max(0, texts - len(words)))
        words.extend(batch.texts)
        has_content.append(batch.has_content)
        for kind, counter in counters.items():
            counter.add(batch.occurrences[kind], batch.size)
    if reader.tokens <= _SPARE_TOKENS:
        _spare_readers[:] = [reader]
    segments = {kind: counter.build() for kind, counter in counters.items()}
    return CatalogueFeatures(
        ids,
        np.concatenate(has_content),
        segments,
        words,
    )


def _take_reader(kinds: Sequence[str]) -> DocumentReader:
    """The spare reader, which nobody else has then, or a new one."""
    try:
        # One step, so that no two threads take the same.
        reader = _spare_readers.pop()
    except IndexError:
        return DocumentReader(kinds)
    reader.kinds = kinds
    return reader


class SegmentCounter:
    """Counts occurrences batch by batch, in a hash table that grows, into a Segment."""

    def __init__(self) -> None:
        # Open addressing: place → number of the key, -1 where free.
        self._slots = np.full(_SLOTS_AT_FIRST, -1, dtype=np.int32)
        self._keys = np.zeros(_KEYS_AT_FIRST, dtype=np.uint64)
        self._size = 0
        self._numbers: list[UInt32s] = [np.zeros(0, dtype=np.uint32)]
        self._counts: list[UInt8s] = [np.zeros(0, dtype=np.uint8)]
        self._sizes: list[Int64s] = [np.zeros(1, dtype=np.int64)]

    def add(
        self,
        occurrences: Occurrences,
        documents: int,
    ) -> None:
        """Count the occurrences of the next `documents` documents."""
        self._make_room(self._size + len(occurrences.keys))
        self._size, numbers, counts, sizes = kernels.count_keys(
            occurrences.keys,
            occurrences.document_of,
            occurrences.weights,
            documents,
            self._slots,
            self._keys,
            self._size,
            MAX_COUNT,
        )
        self._numbers.append(numbers)
        self._counts.append(counts)
        self._sizes.append(sizes)

    def _make_room(self, need: int) -> None:
        if need > len(self._keys):
            more = np.zeros(max(need, len(self._keys)), dtype=np.uint64)
            self._keys = np.concatenate([self._keys, more])
        if 2 * need > len(self._slots):
            # At most half of the places are taken, so that free ones are near.
            self._slots = np.full(1 << (2 * need).bit_length(), -1, dtype=np.int32)
            kernels.fill_hash_table(
                self._keys,
                self._size,
                self._slots,
            )

    def build(self) -> Segment:
        """The segment of all documents counted."""
        # By key, so that a segment does not depend on the order in which features were met.
        order = np.argsort(self._keys[: self._size])
        ranks = np.empty(self._size, dtype=np.uint32)
        ranks[order] = np.arange(self._size, dtype=np.uint32)
        numbers = ranks[np.concatenate(self._numbers)]
        counts = np.concatenate(self._counts)
        document_ends = np.cumsum(np.concatenate(self._sizes))
        # The largest arrays of a build: they need not wait for the end of this object.
        self._numbers.clear()
        self._counts.clear()
        keys = self._keys[: self._size][order]
        return build_segment(keys, numbers, counts, document_ends)


def _batches(
    documents: Iterable[Document],
    size: int,
) -> Iterator[list[Document]]:
    following = iter(documents)
    while some := list(islice(following, size)):
        yield some


def _with_mixed_terms(words: Occurrences, sides: Sequence[str]) -> Occurrences:
    """Occurrences of content terms with those of mixed script, which are no token.

    Args:
        words: of tokens.
        sides: as of DocumentReader._cut().
    """
    more_keys: list[int] = []
    more_sides: list[int] = []
    for side in texts_with_mixed_terms(sides):
        for _, term in mixed_terms_in(sides[side]):
            more_keys.append(term_key(term))
            more_sides.append(side)
    if not more_keys:
        return words
    side_of = 2 * words.document_of + (words.weights == 1)
    at = np.searchsorted(side_of, more_sides, side="right")
    more = np.array(more_sides, dtype=np.int64)
    return Occurrences(
        np.insert(words.keys, at, np.array(more_keys, dtype=np.uint64)),
        np.insert(words.document_of, at, more // 2),
        np.insert(words.weights, at, np.where(more % 2 == 0, TITLE_WEIGHT, 1)),
    )


def _split(
    values: UInt64s,
    document_of: Int64s,
    documents: int,
) -> list[UInt64s]:
    """Values, shape (v,), by document; `document_of` ascending, shape (v,)."""
    ends = np.searchsorted(document_of, np.arange(1, documents + 1))
    return np.split(values, ends[:-1])


def _count_each(
    occurrences: Occurrences,
    documents: int,
) -> list[FeatureCounts]:
    """The counted features of each document of a batch."""
    keys = _split(
        occurrences.keys,
        occurrences.document_of,
        documents,
    )
    starts = np.cumsum([0, *map(len, keys)]).tolist()
    counted: list[FeatureCounts] = []
    for start, own in zip(starts, keys, strict=False):
        weights = occurrences.weights[start : start + len(own)]
        distinct, places = np.unique(own, return_inverse=True)
        # np.unique sorts: a document's keys ascend as WeightedQuery needs them.
        sums = np.bincount(places, weights, minlength=len(distinct))
        counts = np.minimum(sums, MAX_COUNT).astype(np.uint8)
        counted.append(FeatureCounts(distinct, counts))
    return counted
