"""The store of candidates as the matcher needs it, and the form in which a document lies there.
Not here: an implementation (search), which terms it is asked for (matcher).
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from typing import (
    NamedTuple,
    Protocol,
)

import numpy as np

from matching.arrays import (
    Bools,
    Int64s,
    UInt32s,
)
from matching.features import FEATURE_KINDS

# Whether there is content, then how many features there are of each kind.
_HEADER = 1 + len(FEATURE_KINDS)


class StoredCandidate(NamedTuple):
    """A document for the store.

    Attributes:
        id: of the document.
        terms: kind of feature → numbers of its features, each as often as its rounded sublinear count.
        packed: all its features, for pack_candidate() and unpack_candidates().
    """

    id: int
    terms: Mapping[str, list[int]]
    packed: bytes


class CandidateStore(Protocol):
    """Where the documents of one fitted catalogue lie; it never changes once it is filled."""

    def fill(self, documents: Iterable[StoredCandidate]) -> int:
        """Take all documents. Returns how many."""

    def nearest(
        self,
        terms: Mapping[str, Sequence[tuple[int, float]]],
        size: int,
        only: Collection[int] | None,
        exclude: set[int],
    ) -> list[tuple[int, bytes]]:
        """The documents best by BM25.

        Args:
            terms: kind of feature → (number, weight).
            size: how many documents at most.
            only: the only ids that count, all if None.
            exclude: ids that do not count.

        Returns:
            (id, packed), best first.
        """

    def fetch(self, ids: Collection[int]) -> list[tuple[int, bytes]]:
        """(id, packed) of the documents with these ids that are there."""


class UnpackedCandidates(NamedTuple):
    """Some documents from the store.

    Attributes:
        has_content: of each, shape (n,).
        postings: kind → (number, count) of the features, one document after the other, uint32, shape (p,).
        sizes: kind → how many features each has, int64, shape (n,).
    """

    has_content: Bools
    postings: dict[str, UInt32s]
    sizes: dict[str, Int64s]


def pack_candidate(
    has_content: bool,
    postings: Mapping[str, UInt32s],
) -> bytes:
    """The features of a document as bytes; `postings` by kind, (number, count), shape (features of it,)."""
    # The sizes come first: nothing else says where a kind ends.
    sizes = [len(postings[kind]) for kind in FEATURE_KINDS]
    header = np.array([has_content, *sizes], dtype=np.uint32)
    parts = [postings[kind] for kind in FEATURE_KINDS]
    # Little-endian whatever the host: indices move between machines.
    return np.concatenate([header, *parts]).astype("<u4").tobytes()


def unpack_candidates(packed: Sequence[bytes]) -> UnpackedCandidates:
    """The features of documents packed by pack_candidate()."""
    whole = np.frombuffer(b"".join(packed), dtype="<u4").astype(np.uint32)
    lengths = np.array(
        [len(one) // 4 for one in packed],
        dtype=np.int64,
    )
    at = _starts(lengths)
    # All headers at once, then all features of a kind: no loop over documents.
    headers = whole[at[:, None] + np.arange(_HEADER)].astype(np.int64)
    at = at + _HEADER
    postings: dict[str, UInt32s] = {}
    sizes: dict[str, Int64s] = {}
    for column, kind in enumerate(FEATURE_KINDS, 1):
        own = headers[:, column]
        places = np.repeat(at - _starts(own), own) + np.arange(int(own.sum()))
        postings[kind] = whole[places]
        sizes[kind] = own
        at = at + own
    return UnpackedCandidates(headers[:, 0] > 0, postings, sizes)


def _starts(sizes: Int64s) -> Int64s:
    """Where parts of these sizes begin when they lie one after the other, shape (n,) → (n,)."""
    starts: Int64s = np.cumsum(sizes) - sizes
    return starts
