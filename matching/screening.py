"""A cheap look through many texts at once: in which of them a pattern may find anything.
Not here: the patterns and what their texts must have (pasted_text, quantities, names), the loop (text_kernels).

Nearly every text needs no repair and names no place. A pattern in Python takes some microseconds to find that out, this
some nanoseconds a character for all patterns together. Nothing is decided here: a text that passes is read by the
patterns themselves, and one that does not is a text that none of them would change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matching import text_kernels
from matching.arrays import Bools, Int64s, UInt32s, UInt64s
from matching.code_points import ranges_of

ANY = r"[\s\S]"


class Signs(NamedTuple):
    """Three characters in a row, each by its class in a pattern; where ANY comes last, the text may end before it."""

    first: str
    second: str = ANY
    third: str = ANY


class Run(NamedTuple):
    """So many characters of one class and more, each at most so many places behind the one before."""

    of: str
    length: int
    within: int = 1


class Screen:
    """Finds the texts that have any of some signs or runs. Characters beyond the first plane count as of every class.

    Args:
        signs: at most 64.
        runs: at most 8.
    """

    def __init__(self, signs: Sequence[Signs], runs: Sequence[Run] = ()) -> None:
        self._firsts = _table([sign.first for sign in signs])
        self._seconds = _table([sign.second for sign in signs])
        self._thirds = _table([sign.third for sign in signs])
        self._runs = _table([run.of for run in runs]).astype(np.uint8)
        # No text goes on behind its end.
        self._firsts[-1] = self._runs[-1] = 0
        self._lengths = np.array([run.length for run in runs], dtype=np.int64)
        self._withins = np.array([run.within for run in runs], dtype=np.int64)

    def find(self, codes: UInt32s, ends: Int64s) -> Bools:
        """Which texts have any, shape (n,); `codes`, `ends`: as code_points_of() gives them."""
        return text_kernels.find_signs(
            codes,
            ends,
            self._firsts,
            self._seconds,
            self._thirds,
            self._runs,
            self._lengths,
            self._withins,
        )


def _table(classes: Sequence[str]) -> UInt64s:
    """One bit for each class that a character is of, shape (text_kernels.CLASSED,)."""
    table = np.zeros(text_kernels.CLASSED, dtype=np.uint64)
    for number, members in enumerate(classes):
        bit = np.uint64(1 << number)
        for start, end in ranges_of(members):
            table[start:end] |= bit
        table[text_kernels.OTHER_PLANE] |= bit
        if members == ANY:
            table[text_kernels.END_OF_TEXT] |= bit
    return table
