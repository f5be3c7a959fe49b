"""Tokens by number, with the rows of feature codes that each number stands for, so that numpy can look them up.
Not here: how documents become tokens and rows become features (reading).
"""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from matching import text as words_of
from matching.arrays import Bools, Int64s, UInt32s, UInt64s
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

    def extend(self, values: UInt64s, ends: Int64s) -> None:
        """Add rows, the first ever with the number 1: row i is values[ends[i]:ends[i + 1]], and ends[0] is 0."""
        self._ends.frombytes((ends[1:] + len(self._values)).tobytes())
        self._values.frombytes(values.tobytes())

    def arrays(self) -> tuple[UInt64s, Int64s]:
        """The values, and where the row of each number begins and ends: views, which must be gone before extend()."""
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
        numbers = self._find(codes, len(pieces))
        new = np.flatnonzero(numbers == 0)
        if len(new):
            unknown = dict.fromkeys([pieces[place] for place in new.tolist()])
            # The end of a text may have a number that was not entered yet.
            self._learn([piece for piece in unknown if piece not in self])
            self._enter()
            numbers = self._find(codes, len(pieces))
        return numbers

    def _find(self, codes: UInt32s, size: int) -> Int64s:
        """The numbers of so many tokens by their code points, 0 for those that are not entered."""
        return token_kernels.find_tokens(
            codes, size, ord(PIECE_END), *self._characters.arrays(), self._slots
        )

    def _enter(self) -> None:
        # At most half of the places are taken, so that free ones are near.
        if 2 * len(self) > len(self._slots):
            self._slots = np.zeros(2 << (2 * len(self)).bit_length(), dtype=np.int32)
            self._entered = 0
        characters = self._characters.arrays()
        token_kernels.enter_tokens(*characters, self._entered + 1, self._slots)
        self._entered = len(self)

    def __missing__(self, token: str) -> int:
        self._learn([token])
        return self[token]

    def _learn(self, tokens: Sequence[str]) -> None:
        """Number tokens that are not in the table, and make their rows, all in one go."""
        codes, ends = code_points_of(tokens)
        characters = codes.astype(np.uint64)
        self._characters.extend(characters, ends)
        # The units of Han are its characters.
        units = characters.copy()
        sizes = np.diff(ends)
        keys: list[int] = []
        key_ends = [0]
        for place, token in enumerate(tokens):
            word, amount = self._latin.get(token, (token, False))
            if word is not token:
                # One stand-in, one unit.
                units[ends[place]] = word_key(word)
            if word is token and not is_han(token):
                sizes[place] = 0
                self._breaks.append(True)
            else:
                piece = words_of.analyze_piece(word, amount=amount)
                self._breaks.append(piece.is_stop)
                # Once each: 轴承保持架 and its part 保持架 are one feature.
                keys.extend({term_key(part): None for _, part in piece.content})
            key_ends.append(len(keys))
        is_unit = np.repeat(sizes > 0, np.diff(ends))
        self.units.extend(units[is_unit], np.concatenate([[0], np.cumsum(sizes)]))
        self.content_keys.extend(
            np.array(keys, dtype=np.uint64), np.array(key_ends, dtype=np.int64)
        )
        self.update(zip(tokens, itertools.count(len(self) + 1)))


def _stand_ins() -> Iterator[str]:
    for codes in STAND_INS:
        yield from map(chr, codes)
