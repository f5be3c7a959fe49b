"""Pinyin: that of characters, and Latin letters read as characters, syllables and initials.
Not here: which words they may mean (spelling), what is suggested under them (completion). Pure functions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from matching import text as words_of

# Ways to cut Latin letters into syllables and initials that are tried.
MAX_READINGS = 24
# Tries of one text; letters that end in no syllable could be cut without end.
MAX_STEPS = 2_000
MAX_UNITS_READ = 12  # units of one way; a longer text is no word

HAN = re.compile(f"[{words_of.HAN}]")
LATIN_RUN = re.compile(r"[a-z]+")
_INITIAL = re.compile("zh|ch|sh|[bpmfdtnlgkhjqxzcsryw]")
_SYLLABLE_LENGTH = 6  # zhuang


class Unit(NamedTuple):
    """One character of a word as it was typed: Han, a syllable, or an initial alone.

    Attributes:
        letters: as folded.
        han: whether it is a Han character.
        whole: a Han character or a whole syllable, no initial alone.
    """

    letters: str
    han: bool
    whole: bool


def pinyin_of(letters: str) -> list[str]:
    """The pinyin of each character without tones (ü as v, as it is typed); other characters as they stand."""
    from pypinyin import lazy_pinyin  # a quarter of a second that only writers pay

    return lazy_pinyin(letters, errors=list)  # type: ignore[arg-type]  # a list is taken apart, says its manual


def read_units(letters: str) -> tuple[tuple[Unit, ...], ...]:
    """The ways to take folded letters as characters, syllables and initials, fewest units first."""
    ways: list[tuple[Unit, ...]] = [()]
    for piece in re.findall(r"[a-z]+|.", letters):
        if LATIN_RUN.fullmatch(piece):
            cuts = _latin_readings(piece)
        else:
            cuts = [(Unit(piece, HAN.match(piece) is not None, True),)]
        longer: list[tuple[Unit, ...]] = []
        for way in ways:
            longer.extend(way + cut for cut in cuts)
        ways = longer[:MAX_READINGS]
    ways.sort(key=lambda way: (sum(not unit.whole for unit in way), len(way)))
    return tuple(ways)


def _latin_readings(piece: str) -> list[tuple[Unit, ...]]:
    """The ways to cut Latin letters into syllables and initials; one unit of all letters where there is none."""
    readings: list[tuple[Unit, ...]] = []
    pending: list[tuple[int, tuple[Unit, ...]]] = [(0, ())]
    for _ in range(MAX_STEPS):
        if not pending or len(readings) == MAX_READINGS:
            break
        position, way = pending.pop()
        if position == len(piece):
            readings.append(way)
            continue
        # Initials alone would cut any letters into as many units.
        if len(way) >= MAX_UNITS_READ:
            continue
        initial = _INITIAL.match(piece[position:])
        steps = []
        if initial:
            steps.append((len(initial.group()), False))
        for width in range(1, min(_SYLLABLE_LENGTH, len(piece) - position) + 1):
            if piece[position : position + width] in _syllables():
                steps.append((width, True))
        # The longest syllable is tried first: it is on top of the pile.
        for width, whole in steps:
            end = position + width
            pending.append((end, (*way, Unit(piece[position:end], False, whole))))
    return readings or [(Unit(piece, False, False),)]


@cache
def _syllables() -> frozenset[str]:
    """Every syllable that a Han character has."""
    from pypinyin.constants import PINYIN_DICT

    common = "".join(chr(code) for code in range(0x4E00, 0x9FA6) if code in PINYIN_DICT)
    return frozenset(s for s in pinyin_of(common) if s.isascii() and s.isalpha())
