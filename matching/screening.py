"""A cheap look through many texts at once: in which of them a pattern may find anything.
Not here: the patterns and what their texts must have (pasted_text, quantities, names), the loop (text_kernels).

Nearly every text needs no repair and names no place. A pattern in Python takes some microseconds to find that out, this
some nanoseconds a character for all patterns together. Nothing is decided here: a text with a sign is read by the
pattern whose sign it is, and one without is a text that the pattern would not change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from matching import text_kernels
from matching.arrays import UInt64s
from matching.code_points import OTHER_PLANE, code_points_of, ranges_of

ANY = r"[\s\S]"


class Signs(NamedTuple):
    """Three characters in a row, each by its class in a pattern. The end of a text is read as a line feed."""

    first: str
    second: str = ANY
    third: str = ANY


class Run(NamedTuple):
    """So many characters of one class and more, each at most so many places behind the one before."""

    of: str
    length: int
    within: int = 1


# A change of a text that a pattern makes, and what a text has that it changes.
Step = tuple[Callable[[str], str], Sequence[Signs | Run]]


class Screen:
    """Finds the texts that have any of the signs and runs of some patterns.

    Characters beyond the first plane count as of every class.

    Args:
        signs: for each pattern those of which a text must have one; at most 64 of all, runs counted too.
    """

    def __init__(self, *signs: Sequence[Signs | Run]) -> None:
        every = list(chain.from_iterable(signs))
        threes = [sign for sign in every if isinstance(sign, Signs)]
        runs = [sign for sign in every if isinstance(sign, Run)]
        self._firsts = _table([sign.first for sign in threes])
        self._seconds = _table([sign.second for sign in threes])
        self._thirds = _table([sign.third for sign in threes])
        self._runs = _table([run.of for run in runs])
        self._lengths = np.array([run.length for run in runs], dtype=np.int64)
        self._withins = np.array([run.within for run in runs], dtype=np.int64)
        # The bits of runs follow those of signs.
        self._first_run = len(threes)
        # No sign begins at the end of a text, and no run goes on over it.
        self._firsts[text_kernels.END_OF_TEXT] = 0
        self._runs[text_kernels.END_OF_TEXT] = 0
        number_of = {sign: number for number, sign in enumerate([*threes, *runs])}
        self._bits = []
        for own in signs:
            numbers = {number_of[sign] for sign in own}
            self._bits.append(sum(1 << number for number in numbers))

    def find(self, texts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
        """The texts that have any sign: the place of each, and the numbers of the patterns whose sign it has."""
        masks = self._masks(texts)
        for place in np.flatnonzero(masks).tolist():
            mask = int(masks[place])
            yield place, [n for n, bits in enumerate(self._bits) if mask & bits]

    def _masks(self, texts: Sequence[str]) -> UInt64s:
        """The signs that each text has, a bit each, shape (n,)."""
        return text_kernels.find_signs(
            *code_points_of(texts),
            self._firsts,
            self._seconds,
            self._thirds,
            self._runs,
            self._lengths,
            self._withins,
            self._first_run,
        )


def class_of(characters: Iterable[str]) -> str:
    """The class of some characters."""
    return f"[{re.escape(''.join(sorted(set(characters))))}]"


def _table(classes: Sequence[str]) -> UInt64s:
    """One bit for each class that a character is of, shape (text_kernels.CLASSED,)."""
    table = np.zeros(text_kernels.CLASSED, dtype=np.uint64)
    for number, members in enumerate(classes):
        bit = np.uint64(1 << number)
        for start, end in ranges_of(members):
            table[start:end] |= bit
        table[OTHER_PLANE] |= bit
    table[text_kernels.END_OF_TEXT] = table[ord("\n")]
    return table
