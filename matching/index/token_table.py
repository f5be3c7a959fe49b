"""Tokens by number, with the rows of feature codes that each number stands for, so that numpy can look them up.
Not here: how documents become tokens and rows become features (reading).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import (
    Callable,
    Iterator,
    Sequence,
)
from itertools import accumulate, chain

import numpy as np

from matching import text as words_of
from matching.arrays import (
    Int64s,
    UInt64s,
)
from matching.features import (
    BREAK,
    term_key,
    word_key,
)
from matching.word_classes import GRADE, is_amount

_STAND_INS = sum(len(codes) for codes in words_of.STAND_INS)
# Tokens above which a table is given up for a new one: some 100 MB.
_MAX_TOKENS = 400_000
# Runs with Latin tokens that are remembered; then the table begins again.
_RUNS_REMEMBERED = 100_000
_BREAK_ROW = (BREAK,)


class RaggedRows:
    """Rows of different lengths of uint64, one after the other; row 0 is empty."""

    def __init__(self) -> None:
        self._values = array("Q")
        self._ends = array("q", [0, 0])
        # Rows that are not among the values yet.
        self._waiting: list[Sequence[int]] = []
        # append(row): add a row; the first has the number 1. A method of a list, for it is called for each new token.
        self.append: Callable[[Sequence[int]], None] = self._waiting.append

    def _enter_waiting(self) -> None:
        self._values.extend(chain.from_iterable(self._waiting))
        ends = accumulate(map(len, self._waiting), initial=self._ends.pop())
        self._ends.extend(ends)
        self._waiting.clear()

    def gather(
        self,
        numbers: Int64s,
        owners: Int64s,
    ) -> tuple[UInt64s, Int64s]:
        """The values of some rows.

        Args:
            numbers: of the rows, shape (r,).
            owners: to whom each row belongs, shape (r,).

        Returns:
            the rows one after the other, shape (v,); the owner of each value, shape (v,).
        """
        if self._waiting:
            self._enter_waiting()
        # Views without a copy; they are gone before the next append, which could not grow under them.
        values = np.frombuffer(self._values, dtype=np.uint64)
        ends = np.frombuffer(self._ends, dtype=np.int64)
        starts = ends[numbers]
        sizes = ends[numbers + 1] - starts
        before = np.cumsum(sizes) - sizes
        # All rows at once: their starts, counted on within each row.
        places = np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))
        return values[places], np.repeat(owners, sizes)


class TokenTable(dict[str, int]):
    """Token → its number, from 1; a token that is looked up for the first time gets one.

    Attributes:
        gram_units: codes of the units of each token, BREAK for a stop word or a gap.
        title_units: the same with the units of stop words.
        content_keys: keys of the content terms of each token.
        whole_words: the key of a token with content itself, without its sub-terms.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gram_units = RaggedRows()
        self.title_units = RaggedRows()
        self.content_keys = RaggedRows()
        self.whole_words = RaggedRows()
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

        def stand_in(match: re.Match[str]) -> str:
            # Whether figures are an amount depends on the context, so both readings have a stand-in.
            first, last = match.span()
            amount = is_amount(text, start + first, start + last)
            return self._stand_in(match.group(), amount)

        replaced = words_of.replace_latin(run, stand_in)
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
            return words_of.GAP
        self._free_left -= 1
        character = next(self._free)
        self._stand_ins[word, amount] = character
        self._latin[character] = (word, amount)
        return character

    def __missing__(self, token: str) -> int:
        # Taken before the rows are appended: row and number must agree.
        number = len(self) + 1
        if token in self._latin:
            word, amount = self._latin[token]
            self._append(word, amount, (word_key(word),))
        elif words_of.is_han(token):
            self._append(token, False, tuple(map(ord, token)))
        else:
            self._append_gap()
        self[token] = number
        return number

    def _append(
        self,
        word: str,
        amount: bool,
        codes: tuple[int, ...],
    ) -> None:
        piece = words_of.piece_of(word, amount=amount)
        self.gram_units.append(_BREAK_ROW if piece.is_stop else codes)
        self.title_units.append(codes)
        # Once each: 轴承保持架 and its part 保持架 are one feature.
        keys = dict.fromkeys(term_key(part) for _, part in piece.content)
        self.content_keys.append(tuple(keys))
        self.whole_words.append((term_key(word),) if piece.content else ())

    def _append_gap(self) -> None:
        self.gram_units.append(_BREAK_ROW)
        self.title_units.append(_BREAK_ROW)
        self.content_keys.append(())
        self.whole_words.append(())


def _stand_ins() -> Iterator[str]:
    for codes in words_of.STAND_INS:
        yield from map(chr, codes)
