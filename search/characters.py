"""Text as single characters: the folding both channels of a comparison go through, with the way back to the original.
Not here: words (matching.text), what a query means (terms).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count, repeat

from matching import text as words_of

# Separators and controls carry nothing a reader could look for; private use is kept free for our own signs.
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"))
_CACHED_CHARACTERS = 65_536
_BROKEN = re.compile("[\x00\ud800-\udfff]")


@lru_cache(maxsize=_CACHED_CHARACTERS)
def fold(character: str) -> str:
    """One character as the index knows it: compatible form, no case, decomposed; "" for blanks and controls.

    Each character is folded alone, so the folding of a part is always a part of the folding of the whole. NFC or NFKC
    over a text would not keep that promise (a letter and its accent melt into one), and a piece would not be found.
    """
    # normalise() first, so that characters agree with words also where they go beyond Unicode (all dashes are one).
    decomposed = unicodedata.normalize("NFKD", words_of.normalise(character))
    return "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)


def sound(text: str) -> str:
    """The text with what no encoder takes (halves of characters, NUL) made blank; every other character stays put."""
    return _BROKEN.sub(" ", text)


def folded(text: str) -> str:
    """The whole text folded, blanks gone."""
    return "".join(map(fold, text))


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and, for every folded character, where it stood in the original."""

    text: str
    origins: Sequence[int]

    @classmethod
    def of(cls, original: str) -> Folded:
        """Fold a text and keep the way back."""
        pieces = list(map(fold, original))
        if set(map(len, pieces)) <= {1}:  # as nearly every Chinese text
            return cls("".join(pieces), range(len(pieces)))
        return cls("".join(pieces), tuple(chain.from_iterable(map(repeat, count(), map(len, pieces)))))
