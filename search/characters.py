"""Text as single characters: the folding both channels of a comparison go through, with the way back to the original.
Not here: words (matching.text), what a query means (terms).
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matching import text as words_of

# Separators and controls carry nothing a reader could look for; private use is kept free for our own signs.
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"))
_BROKEN = re.compile("[\x00\ud800-\udfff]")

# Code of a character → code of its folding, of those met so far. Nothing folds to the controls 0 and 1.
_UNMET, _ODD = 0, 1  # odd: folded to more or less than one character
_foldings = np.zeros(sys.maxunicode + 1, dtype="<u4")


@cache
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


class Folded:
    """A folded text, and the way back to the original."""

    def __init__(self, text: str, origins: npt.NDArray[np.intp], start: int) -> None:
        self.text = text
        self._origins = origins  # of each folded character the place in all originals,
        self._start = start  # of which this one begins here

    @classmethod
    def each(cls, originals: Sequence[str]) -> list[Folded]:
        """Fold texts, together: arrays cost more to set up than to run through a line of text."""
        whole = "".join(originals)
        codes, origins = _met(whole), np.arange(len(whole))
        odd = np.flatnonzero(codes == _ODD)
        if len(odd):
            pieces = [fold(whole[place]) for place in odd.tolist()]
            lengths = np.ones(len(whole), dtype=np.intp)
            lengths[odd] = [len(piece) for piece in pieces]
            origins = np.repeat(origins, lengths)
            codes = codes[origins]
            codes[codes == _ODD] = _codes("".join(pieces))
        text = codes.tobytes().decode("utf-32-le")
        starts = np.cumsum([0, *map(len, originals)])
        cuts = np.searchsorted(origins, starts).tolist()
        return [
            cls(text[first:last], origins[first:last], start)
            for (first, last), start in zip(
                pairwise(cuts), starts[:-1].tolist(), strict=True
            )
        ]

    def origin(self, place: int) -> int:
        """Where in the original the folded character at a place stood."""
        return int(self._origins[place]) - self._start


def _met(text: str) -> npt.NDArray[np.uint32]:
    """The codes of a text's characters folded, `_ODD` where one becomes more or less than one."""
    codes = _codes(text)
    found: npt.NDArray[np.uint32] = _foldings[codes]
    if not found.all():
        for code in set(codes[found == _UNMET].tolist()):
            piece = fold(chr(code))
            _foldings[code] = ord(piece) if len(piece) == 1 else _ODD
        found = _foldings[codes]
    return found


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
