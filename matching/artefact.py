"""A matcher's catalogue as arrays and facts, and back; what is stored is checked before it is believed.
Not here: the files (index.storage).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matching import features
from matching.catalogue import Catalogue
from matching.documents import Id
from matching.errors import UnusableArtefact
from matching.features import FEATURE_KINDS
from matching.index import storage
from matching.index.feature_index import FeatureIndex
from matching.index.postings import COUNT_BITS
from matching.index.segment import Segment
from matching.vectors import WordVectors

# The arrays of a segment, in the order of its constructor.
_SEGMENT = ("keys", "term_ends", "by_term", "document_ends", "by_document")


def save_catalogue(
    directory: Path, catalogue: Catalogue, weights: Mapping[str, float]
) -> str:
    """Write a merged catalogue as a new generation. Returns the generation's name."""
    # A file for each array, so that a process maps only what it reads.
    arrays: storage.Arrays = {"ranked": catalogue.is_ranked}
    for kind, index in catalogue.indexes.items():
        for part in _SEGMENT:
            arrays[f"{kind}-{part}"] = getattr(index.main, part)
        arrays[f"{kind}-sums"] = index.sums
    arrays["vectors-keys"] = catalogue.word_vectors.keys
    arrays["vectors-rows"] = catalogue.word_vectors.rows
    arrays["means"] = catalogue.means
    # The version of the words: an index of other words would rank nonsense without an error.
    version = features.features_version()
    facts: dict[str, Any] = {"words": version, "weights": dict(weights)}
    # Whole numbers map as an array; anything else goes into the manifest, which JSON keeps apart by type.
    if all(type(id_) is int and abs(id_) < 2**63 for id_ in catalogue.ids):
        arrays["ids"] = np.array(catalogue.ids, dtype=np.int64)
    else:
        facts["ids"] = list(catalogue.ids)
    return storage.write_generation(directory, arrays, facts)


def load_catalogue(directory: Path) -> tuple[Catalogue, dict[str, float]]:
    """The current generation, every number in it checked: compiled loops go wherever its postings point.

    Returns:
        the catalogue and the weights it was saved with.

    Raises:
        UnusableArtefact: it is missing, truncated, of other words, or not a matcher's.
    """
    arrays, facts = storage.read_generation(directory)
    try:
        check_words(directory, facts)
        parts = (*FEATURE_KINDS, "vectors")
        weights = {part: float(facts["weights"][part]) for part in parts}
        ids = arrays["ids"].tolist() if "ids" in arrays else list(facts["ids"])
        indexes: dict[str, FeatureIndex] = {}
        for kind in FEATURE_KINDS:
            # The same kinds that fit() indexes: those with a weight, and the words for the reasons.
            if weights[kind] or kind == "words":
                indexes[kind] = _load_index(directory, arrays, kind, ids)
        word_vectors = load_vectors(arrays)
        means = arrays["means"]
        _require(means.dtype == np.float16, "means")
        is_ranked = arrays["ranked"]
        _require(is_ranked.dtype == np.bool_, "marks of what is ranked")
        _require(is_ranked.shape == (len(ids),), "marks of what is ranked")
        _require(len(set(ids)) == len(ids), "ids")
        # Each file has its own seal; here they are held against each other.
        if means.shape != (len(ids), word_vectors.rows.shape[1]):
            raise UnusableArtefact(f"{directory}: the means are of other documents")
        catalogue = Catalogue(
            ids,
            is_ranked,
            indexes,
            word_vectors,
            means,
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{directory} does not hold a matcher: {error!r}"
        raise UnusableArtefact(reason) from error
    return catalogue, weights


def check_words(
    directory: Path,
    facts: Mapping[str, Any],
) -> None:
    """Raise UnusableArtefact where the words were not those of today."""
    version = features.features_version()
    if facts["words"] != version:
        raise UnusableArtefact(
            f"{directory} was fitted with words {facts['words']!r}, now {version!r}"
        )


def load_vectors(arrays: storage.Arrays) -> WordVectors:
    """The word vectors of a generation.

    Raises:
        ValueError: keys and rows do not belong together.
    """
    keys = arrays["vectors-keys"]
    rows = arrays["vectors-rows"]
    _require(keys.dtype == np.uint64 and keys.ndim == 1, "keys of vectors")
    _require(rows.dtype == np.int16 and rows.shape[:1] == keys.shape, "rows of vectors")
    _require(rows.ndim == 2 and _ascends(keys), "keys and rows of vectors")
    return WordVectors(keys, rows)


def _load_index(
    directory: Path, arrays: storage.Arrays, kind: str, ids: list[Id]
) -> FeatureIndex:
    segment = Segment(*(arrays[f"{kind}-{part}"] for part in _SEGMENT))
    check_segment(segment)
    sums = arrays[f"{kind}-sums"]
    _require(sums.dtype == np.int64, "norm sums")
    if segment.size != len(ids) or sums.shape != (len(ids), 3):
        raise UnusableArtefact(f"{directory}: the {kind} are of other documents")
    return FeatureIndex(segment, sums)


def check_segment(segment: Segment) -> None:
    """Check that no posting points outside of the arrays: the compiled loops do not look.

    Args:
        segment: as it was read from a file.

    Raises:
        ValueError: it is not one that we have written.
    """
    _require(segment.keys.dtype == np.uint64 and segment.keys.ndim == 1, "keys")
    _require(_ascends(segment.keys), "keys")
    documents = len(segment.document_ends) - 1
    for ends, postings, most in (
        (segment.term_ends, segment.by_term, documents),
        (segment.document_ends, segment.by_document, len(segment.keys)),
    ):
        _require(ends.dtype == np.int64 and ends.ndim == 1, "ends")
        _require(postings.dtype == np.uint32 and postings.ndim == 1, "postings")
        _require(len(ends) > 0 and ends[0] == 0 and ends[-1] == len(postings), "ends")
        _require(bool((ends[1:] >= ends[:-1]).all()), "ends")
        # The largest posting has the largest number, for the number stands above the count.
        highest = postings.max(initial=0) >> COUNT_BITS
        _require(not len(postings) or highest < most, "numbers of postings")
    _require(len(segment.term_ends) == len(segment.keys) + 1, "ends of features")


def _ascends(keys: npt.NDArray[Any]) -> bool:
    return bool((keys[1:] > keys[:-1]).all())


def _require(right: bool, what: str) -> None:
    if not right:
        raise ValueError(f"the {what} are not what a matcher writes")
