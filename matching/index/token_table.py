"""Tokens by number, with the rows of feature codes that each number stands for, so that numpy can look them up.
Not here: how documents become tokens and rows become features (reading).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from matching import text as words_of
from matching.arrays import Bools, Int64s, UInt64s
from matching.code_points import code_points_of
from matching.features import term_key, word_key
from matching.index import token_kernels
from matching.latin_tokens import GAP, PIECE_END, STAND_INS, is_han, replace_latin
from matching.word_classes import GRADE, is_amount

_STAND_INS = sum(len(codes) for codes in STAND_INS)
# Tokens above which a table is given up for a new one: some 100 MB.
_MAX_TOKENS = 400_000
# Runs with Latin tokens that are remembered; then the table begins again.
_RUNS_REMEMBERED = 100_000
_SLOTS_AT_FIRST = 1 << 12


class RaggedRows:
    """Rows of different lengths of uint64, one after the other; row 0 is empty."""

    def __init__(self) -> None:
        self._values = array("Q")
        self._ends = array("q", [0, 0])

    def append(self, row: Iterable[int]) -> None:
        """Add a row; the first has the number 1."""
        self._values.extend(row)
        self._ends.append(len(self._values))

    def arrays(self) -> tuple[UInt64s, Int64s]:
        """The values, and where the row of each number begins and ends: views, which must be gone before append()."""
        return np.frombuffer(self._values, np.uint64), np.frombuffer(
            self._ends, np.int64
        )


class TokenTable(dict[str, int]):
    """Token → its number, from 1; a token that is looked up for the first time gets one.

    Attributes:
        units: codes of the units of each token; none of a gap.
        content_keys: keys of the content terms of each token, first its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.units = RaggedRows()
        self.content_keys = RaggedRows()
        # Whether a token is a stop word or a gap, by its number; 0 is none.
        self._breaks = bytearray([True])
        # The tokens once more, for looking up many at once: their characters, and a hash table of those entered.
        self._characters = RaggedRows()
        self._slots = np.zeros(_SLOTS_AT_FIRST, dtype=np.int32)
        self._entered = 0
        self._free = _stand_ins()
        self._free_left = _STAND_INS
        # (Latin token, whether it is an amount where it occurs) → its stand-in, and back.
        self._stand_ins: dict[tuple[str, bool], str] = {}
        self._latin: dict[str, tuple[str, bool]] = {}
        # Runs of letters, figures and signs that were met, without those whose figures may be an amount.
        self._replaced: dict[str, str] = {}

    @property
    def is_full(self) -> bool:
        """Whether a new table is due: the Latin tokens of one more batch might not find a stand-in."""
        return self._free_left < _STAND_INS // 2 or len(self) > _MAX_TOKENS

    def replace_latin(self, text: str, start: int, end: int) -> str:
        """text[start:end] with one character in place of each Latin token, for text.cut_texts()."""
        run = text[start:end]
        replaced = self._replaced.get(run)
        if replaced is not None:
            return replaced

        # Whether figures are an amount depends on the context, so both readings have a stand-in.
        if GRADE.fullmatch(run):
            return self._stand_in(run, is_amount(text, start, end))

        def stand_in(match: re.Match[str]) -> str:
            first, last = match.span()
            amount = is_amount(text, start + first, start + last)
            return self._stand_in(match.group(), amount)

        replaced = replace_latin(run, stand_in)
        if not GRADE.search(run):
            if len(self._replaced) >= _RUNS_REMEMBERED:
                self._replaced.clear()
            self._replaced[run] = replaced
        return replaced

    def _stand_in(self, word: str, amount: bool) -> str:
        known = self._stand_ins.get((word, amount))
        if known is not None:
            return known
        if self._free_left == 0:
            # A batch of nothing but new Latin tokens: those that are left over become gaps.
            return GAP
        self._free_left -= 1
        character = next(self._free)
        self._stand_ins[word, amount] = character
        self._latin[character] = (word, amount)
        return character

    @property
    def breaks(self) -> Bools:
        """Which tokens are stop words or gaps, by number: a view, as of RaggedRows."""
        return np.frombuffer(self._breaks, np.bool_)

    def numbers_of(self, pieces: Sequence[str]) -> Int64s:
        """The number of each of some tokens, shape (len(pieces),): those met before without any Python for each."""
        codes, _ = code_points_of([PIECE_END.join(pieces)])
        numbers = token_kernels.find_tokens(
            codes, len(pieces), *self._characters.arrays(), self._slots
        )
        new = np.flatnonzero(numbers == 0)
        if len(new):
            numbers[new] = [self[pieces[place]] for place in new.tolist()]
            self._enter()
        return numbers

    def _enter(self) -> None:
        # At most half of the places are taken, so that free ones are near.
        if 2 * len(self) > len(self._slots):
            self._slots = np.zeros(2 << (2 * len(self)).bit_length(), dtype=np.int32)
            self._entered = 0
        characters = self._characters.arrays()
        token_kernels.enter_tokens(*characters, self._entered + 1, self._slots)
        self._entered = len(self)

    def __missing__(self, token: str) -> int:
        # Taken before the rows are appended: row and number must agree.
        number = len(self) + 1
        self._characters.append(map(ord, token))
        if token in self._latin:
            word, amount = self._latin[token]
            self._append(word, amount, (word_key(word),))
        elif is_han(token):
            self._append(token, False, map(ord, token))
        else:
            self.units.append(())
            self.content_keys.append(())
            self._breaks.append(True)
        self[token] = number
        return number

    def _append(self, word: str, amount: bool, codes: Iterable[int]) -> None:
        piece = words_of.piece_of(word, amount=amount)
        self.units.append(codes)
        self._breaks.append(piece.is_stop)
        # Once each: 轴承保持架 and its part 保持架 are one feature.
        keys = dict.fromkeys(term_key(part) for _, part in piece.content)
        self.content_keys.append(keys)


def _stand_ins() -> Iterator[str]:
    for codes in STAND_INS:
        yield from map(chr, codes)
