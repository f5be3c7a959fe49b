"""With which word of a group of synonyms a document writes what a query writes with another.
Not here: which words are shown (naming), the groups (lexicon).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching import text as words_of
from matching.arrays import UInt64s
from matching.features import gram_places
from matching.index.keys import find_keys
from matching.lexicon import remembered_with_lists, synonym_groups


def with_synonyms(words: Sequence[str]) -> list[str]:
    """Those of some words that count as one with others."""
    groups = synonym_groups()
    return [word for word in words if groups.get(word)]


def written_otherwise(words: Sequence[str], grams: UInt64s) -> dict[str, str]:
    """Those of some words for which a document has a synonym, and which: 异响 → 噪声.

    Args:
        words: with synonyms, that the document has, itself or as a synonym: both are one feature.
        grams: keys of the document's grams, ascending, shape (g,); with none nothing is known of how it writes.
    """
    others: dict[str, str] = {}
    for word in words:
        if _has_in_a_row(word, grams):
            continue
        # The group's own spelling: texts are compared in small letters, and people read PLC.
        for form in synonym_groups()[word]:
            if _has_in_a_row(form, grams):
                others[word] = form
                break
    return others


def _has_in_a_row(form: str, grams: UInt64s) -> bool:
    keys = _keys_of_form(form)
    return len(keys) > 0 and bool(np.all(find_keys(grams, keys) >= 0))


@remembered_with_lists()
def _keys_of_form(form: str) -> UInt64s:
    """The keys of a word of a group as the grams of a text have them."""
    return gram_places(words_of.normalise(form)).keys
