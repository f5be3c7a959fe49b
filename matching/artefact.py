"""A matcher's catalogue as arrays and facts, and back; what is stored is checked before it is believed.
Not here: the files (index.storage).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from matching import text as words_of
from matching.catalogue import Catalogue
from matching.documents import Id
from matching.errors import UnusableArtefact
from matching.features import FEATURE_KINDS
from matching.index import storage
from matching.index.feature_index import FeatureIndex
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
    facts: dict[str, Any] = {"words": words_of.VERSION, "weights": dict(weights)}
    # Whole numbers map as an array; anything else goes into the manifest, which JSON keeps apart by type.
    if all(type(id_) is int and abs(id_) < 2**63 for id_ in catalogue.ids):
        arrays["ids"] = np.array(catalogue.ids, dtype=np.int64)
    else:
        facts["ids"] = list(catalogue.ids)
    return storage.write_generation(directory, arrays, facts)


def load_catalogue(directory: Path) -> tuple[Catalogue, dict[str, float]]:
    """The current generation; its arrays are mapped, so that processes share them.

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
        # Each file has its own seal; here they are held against each other.
        if means.shape != (len(ids), word_vectors.rows.shape[1]):
            raise UnusableArtefact(f"{directory}: the means are of other documents")
        catalogue = Catalogue(
            ids,
            arrays["ranked"],
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
    if facts["words"] != words_of.VERSION:
        raise UnusableArtefact(
            f"{directory} was fitted with words {facts['words']!r}, now {words_of.VERSION!r}"
        )


def load_vectors(arrays: storage.Arrays) -> WordVectors:
    """The word vectors of a generation."""
    return WordVectors(
        arrays["vectors-keys"],
        arrays["vectors-rows"],
    )


def _load_index(
    directory: Path, arrays: storage.Arrays, kind: str, ids: list[Id]
) -> FeatureIndex:
    segment = Segment(*(arrays[f"{kind}-{part}"] for part in _SEGMENT))
    sums = arrays[f"{kind}-sums"]
    if segment.size != len(ids) or sums.shape != (len(ids), 3):
        raise UnusableArtefact(f"{directory}: the {kind} are of other documents")
    return FeatureIndex(segment, sums)
