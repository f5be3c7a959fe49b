"""Text as single characters: the folding that index and query share, with the way back to the original.
Not here: words (matching.text, analysis), what a query means (terms).
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

UInt32s = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.intp]

# Separators and controls carry nothing a reader could look for; private use is free for our own signs.
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"))
_UNENCODABLE = re.compile("[\x00\ud800-\udfff]")

# Code point → code point of its folding, filled as characters are met. One array look-up folds a whole page: folding
# its twenty rows character by character took longer than everything else that highlights do (benchmarks/web.md).
# Nothing folds to the controls 0 and 1, so they are free as marks.
_NOT_MET = 0
_NOT_ONE = 1  # folds to more or fewer than one character
_folding_of = np.zeros(sys.maxunicode + 1, dtype="<u4")


@cache
def fold_character(character: str) -> str:
    """One character as the index knows it: compatible form, no case, decomposed; "" for blanks and controls.

    Each character is folded alone, so the folding of a part is always a part of the folding of the whole. NFC or NFKC
    over a text would not keep that promise (a letter and its accent melt into one), and a piece would not be found
    (decision 020).
    """
    # normalise() first, so that characters agree with words also where it goes beyond Unicode (all dashes are one).
    normal = words_of.normalise(character)
    decomposed = unicodedata.normalize("NFKD", normal.translate(words_of.EITHER))
    return "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)


def replace_unencodable(text: str) -> str:
    """The text with lone surrogates and NUL made blank; every other character stays in its place."""
    return _UNENCODABLE.sub(" ", text)


def fold_text(text: str) -> str:
    """The whole text folded, blanks and markup gone."""
    return "".join(map(fold_character, words_of.repair_text(text)))


class FoldedText:
    """A folded text, and the way back to the original.

    Attributes:
        text: the folded characters, n of them.
    """

    def __init__(
        self,
        text: str,
        origins: Offsets,
        start: int,
    ) -> None:
        """Hold one text of several that were folded together.

        Args:
            text: the folded characters.
            origins: shape (n,), intp; per folded character its place in all originals joined.
            start: where this original begins among them.
        """
        self.text = text
        self._origins = origins
        self._start = start

    @classmethod
    def fold_all(cls, originals: Sequence[str]) -> list[FoldedText]:
        """Fold texts together: arrays cost more to set up than to run through a line of text."""
        # Each repaired for itself: repairs keep every character in its place.
        whole = "".join(map(words_of.repair_text, originals))
        codes = _fold_codes(whole)
        origins = np.arange(len(whole))
        uneven = np.flatnonzero(codes == _NOT_ONE)
        if len(uneven):
            pieces = [fold_character(whole[place]) for place in uneven.tolist()]
            lengths = np.ones(len(whole), dtype=np.intp)
            lengths[uneven] = [len(piece) for piece in pieces]
            # Repeating also drops: a length of 0 leaves the character out.
            origins = np.repeat(origins, lengths)
            codes = codes[origins]
            codes[codes == _NOT_ONE] = _code_points("".join(pieces))
        text = codes.tobytes().decode("utf-32-le")
        starts = np.cumsum([0, *map(len, originals)])
        cuts = np.searchsorted(origins, starts).tolist()
        folded = []
        for (first, last), start in zip(
            pairwise(cuts), starts[:-1].tolist(), strict=True
        ):
            piece = text[first:last]
            folded.append(cls(piece, origins[first:last], start))
        return folded

    def origin(self, place: int) -> int:
        """Where in the original the folded character at a place stood."""
        return int(self._origins[place]) - self._start


def _fold_codes(text: str) -> UInt32s:
    """The folded code points of n characters, `_NOT_ONE` where one gives more or fewer than one. shape (n,), uint32."""
    codes = _code_points(text)
    target: UInt32s = _folding_of[codes]
    if not target.all():
        for code in set(codes[target == _NOT_MET].tolist()):
            folded = fold_character(chr(code))
            _folding_of[code] = ord(folded) if len(folded) == 1 else _NOT_ONE
        target = _folding_of[codes]
    return target


def _code_points(text: str) -> UInt32s:
    """The code points of n characters, lone surrogates too. shape (n,), uint32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
