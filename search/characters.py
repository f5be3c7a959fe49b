"""Text as single characters: the folding both channels of a comparison go through, with the way back to the original.
Not here: words (matching.text), what a query means (terms).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matching import text as words_of

# Separators and controls carry nothing a reader could look for; private use is kept free for our own signs.
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"))
_BROKEN = re.compile("[\x00\ud800-\udfff]")


class _Table(dict[int, str]):
    """For str.translate: code of a character → its folding; odd are those folded to more or less than one character."""

    def __init__(self) -> None:
        self.odd: set[str] = set()

    def __missing__(self, code: int) -> str:
        # normalise() first, so that characters agree with words also where they go beyond Unicode (all dashes are one).
        decomposed = unicodedata.normalize("NFKD", words_of.normalise(chr(code)))
        piece = "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)
        if len(piece) != 1:
            self.odd.add(chr(code))  # before any thread can meet it in the table
        self[code] = piece
        return piece


_table = _Table()


def fold(character: str) -> str:
    """One character as the index knows it: compatible form, no case, decomposed; "" for blanks and controls.

    Each character is folded alone, so the folding of a part is always a part of the folding of the whole. NFC or NFKC
    over a text would not keep that promise (a letter and its accent melt into one), and a piece would not be found.
    """
    return _table[ord(character)]


def sound(text: str) -> str:
    """The text with what no encoder takes (halves of characters, NUL) made blank; every other character stays put."""
    return _BROKEN.sub(" ", text)


def folded(text: str) -> str:
    """The whole text folded, blanks gone."""
    return text.translate(_table)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text, and the way back to the original.

    Attributes:
        text: the folded text.
        starts, shifts: from starts[i] on, a folded character stood in the original so many places further on.
    """

    text: str
    starts: Sequence[int]
    shifts: Sequence[int]

    @classmethod
    def of(cls, original: str) -> Folded:
        """Fold a text and keep the way back."""
        text = folded(original)  # first, for it fills the table
        starts, shifts, shift = [0], [0], 0
        for place in sorted(p for odd in _table.odd.intersection(original) for p in _places(original, odd)):
            at, length = place - shift, len(fold(original[place]))
            steps = [(at, 1)] if length == 0 else [(at + extra, -1) for extra in range(1, length)]
            for start, step in steps:
                shift += step
                starts.append(start)
                shifts.append(shift)
        return cls(text, starts, shifts)

    def origin(self, place: int) -> int:
        """Where in the original the folded character at a place stood."""
        return place + self.shifts[bisect_right(self.starts, place) - 1]


def _places(text: str, character: str) -> Iterator[int]:
    """Where a character stands in a text."""
    place = text.find(character)
    while place >= 0:
        yield place
        place = text.find(character, place + 1)
