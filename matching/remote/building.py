"""Filling a store with a catalogue of any size; memory holds a batch and the document frequencies.
Not here: how it is asked (matcher).
"""

from __future__ import annotations

import tempfile
from collections.abc import (
    Iterable,
    Iterator,
    Mapping,
)
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from matching import features, vectors
from matching.arrays import (
    UInt32s,
    UInt64s,
)
from matching.documents import Document
from matching.features import FEATURE_KINDS
from matching.index import (
    kernels,
    storage,
)
from matching.index.postings import (
    pack_postings,
    posting_counts,
    posting_numbers,
)
from matching.index.reading import read_catalogue
from matching.index.segment import Segment
from matching.index.weighting import (
    SQUARED,
    SUBLINEAR,
    UNIT_NORM,
    scaled_log,
    scaled_top,
)
from matching.remote.frequencies import DocumentFrequencies
from matching.remote.store import (
    CandidateStore,
    StoredCandidate,
    pack_candidate,
)

# A term in more than this share of the documents (and in more than FEW) is never asked for: its list is long and it
# decides little (decision 025).
COMMON = 0.1
FEW = 1_000
# Documents read at once.
BATCH = 5_000


def max_frequency(documents: int) -> int:
    """In how many of so many documents a term may occur to be asked for."""
    return max(FEW, int(COMMON * documents))


def build_store(
    documents: Iterable[Document], directory: str | Path, store: CandidateStore
) -> int:
    """Fill a store with a catalogue and write its document frequencies.

    Returns:
        how many documents there are.

    Raises:
        ValueError: an id occurs twice.
    """
    # Two passes: weights need the frequencies of all documents, memory holds one batch.
    with tempfile.TemporaryFile() as spool:
        frequencies, ids, texts = _spool_catalogue(iter(documents), spool)
        # Before the store is filled: a refused catalogue leaves nothing behind.
        if len(set(ids)) < len(ids):
            raise ValueError("two documents of the catalogue have the same id")
        norms: dict[str, list[float]] = {kind: [] for kind in FEATURE_KINDS}
        spool.seek(0)
        store.fill(_stored_candidates(spool, ids, frequencies, norms))
    trained = vectors.train_if_enough(texts)
    arrays: storage.Arrays = {"ids": np.array(sorted(ids), dtype=np.int64)}
    arrays["vectors-keys"] = trained.keys
    arrays["vectors-rows"] = trained.rows
    # Stored, for computing them again would need all documents.
    mean_norms: dict[str, float] = {}
    for kind, one in frequencies.items():
        arrays[f"{kind}-keys"] = one.keys
        arrays[f"{kind}-frequency"] = one.fitted
        mean_norms[kind] = float(np.mean(norms[kind])) if norms[kind] else 1.0
    version = features.features_version()
    # An artefact of other words would weigh features that mean something else.
    facts = {"words": version, "candidates": 1, "lengths": mean_norms}
    storage.write_generation(Path(directory), arrays, facts)
    return len(ids)


def _spool_catalogue(
    documents: Iterator[Document], spool: Any
) -> tuple[dict[str, DocumentFrequencies], list[int], list[UInt64s]]:
    """Read a catalogue into a file, batch by batch, counting its features.

    Returns:
        the document frequencies by kind, the ids, and of the first texts the keys of the words in order.
    """
    ids: list[int] = []
    texts: list[UInt64s] = []
    frequencies = {kind: DocumentFrequencies.empty() for kind in FEATURE_KINDS}
    while some := list(islice(documents, BATCH)):
        # The first texts alone train the vectors; of the others the words are dropped.
        read = read_catalogue(
            some,
            texts=max(0, vectors.MAX_TEXTS - len(ids)),
        )
        texts += read.texts
        ids += [int(id_) for id_ in read.ids]
        np.save(spool, read.has_content)
        for kind, segment in read.segments.items():
            frequencies[kind] = _added(frequencies[kind], segment)
            for part in (segment.keys, segment.document_ends, segment.by_document):
                np.save(spool, part)
    return frequencies, ids, texts


def _added(
    known: DocumentFrequencies,
    segment: Segment,
) -> DocumentFrequencies:
    """Document frequencies with those of the documents of a segment."""
    # Sorted again for each batch: a merge of two sorted arrays.
    both = np.concatenate([known.keys, segment.keys])
    keys, places = np.unique(both, return_inverse=True)
    counts = np.concatenate([known.fitted, segment.frequencies])
    sums = np.bincount(places, counts, len(keys))
    return DocumentFrequencies(keys, sums.astype(np.int64))


def _stored_candidates(
    spool: Any,
    ids: list[int],
    frequencies: Mapping[str, DocumentFrequencies],
    norms: dict[str, list[float]],
) -> Iterator[StoredCandidate]:
    """The documents of a file as the store takes them; adds the mean norm of each batch to `norms`, by kind."""
    total = len(ids)
    first = 0
    while first < total:
        has_content = np.load(spool).tolist()
        by_kind: dict[str, list[UInt32s]] = {}
        for kind in FEATURE_KINDS:
            keys = np.load(spool)
            ends = np.load(spool)
            by_document = np.load(spool)
            one = frequencies[kind]
            # Numbers instead of keys: four bytes each in the store, and terms of its index.
            numbers = np.searchsorted(one.keys, keys).astype(np.uint32)
            packed = pack_postings(
                numbers[posting_numbers(by_document)],
                posting_counts(by_document),
            )
            sums = kernels.norm_sums(
                packed,
                ends,
                scaled_log(one.fitted),
                SQUARED,
            )
            lengths = kernels.vector_norms(
                sums, np.arange(len(sums)), scaled_top(total), UNIT_NORM
            )
            norms[kind].append(float(np.mean(lengths)))
            # Views of the batch, one for each document.
            by_kind[kind] = np.split(packed, ends[1:-1])
        for number, content in enumerate(has_content):
            own = {kind: documents[number] for kind, documents in by_kind.items()}
            yield _stored_candidate(
                ids[first + number],
                content,
                own,
                frequencies,
                total,
            )
        first += len(has_content)


def _stored_candidate(
    id_: int,
    has_content: bool,
    postings: Mapping[str, UInt32s],
    frequencies: Mapping[str, DocumentFrequencies],
    total: int,
) -> StoredCandidate:
    """One document; its postings by kind, (number, count), shape (features of it,)."""
    terms: dict[str, list[int]] = {}
    for kind, packed in postings.items():
        numbers = posting_numbers(packed)
        # As in the query: a term that no query uses is left out of the index.
        is_selective = frequencies[kind].fitted[numbers] <= max_frequency(total)
        # The store counts occurrences, so the softened count becomes repetition.
        times = np.round(SUBLINEAR[posting_counts(packed)]).astype(np.int64)
        repeated = np.repeat(numbers[is_selective], times[is_selective])
        terms[kind] = repeated.tolist()
    return StoredCandidate(
        id_,
        terms,
        pack_candidate(has_content, postings),
    )
