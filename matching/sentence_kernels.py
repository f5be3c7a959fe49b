"""The compiled loops over sentences and their grams (numba): what they speak of, and what goes.
Not here: the weights of the grams (sentence_kinds), other loops over characters (text_kernels).

Signatures as in matching.index.kernels (decision 033). The plain form is tests/matching/oracle.py.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from numba import types

from matching.arrays import Bools, Int8s, Int32s, Int64s, UInt8s, UInt32s, UInt64s
from matching.bit_mixing import mix_code
from matching.index.compiling import compiled_loop, read_only, writeable

# Kinds of characters, as bits.
HAN = 1
FIGURE = 2
LETTER = 4
# Signs of units.
SIGN = 8
# What is passed over at the ends of a stretch.
AROUND = 16
ENDS_SENTENCE = 32
# A Han character that texts of matters have far more often than others.
OF_MATTERS = 64
_IN_UNITS = HAN | FIGURE | LETTER | SIGN
# The unit of everything that is neither Han character nor letter nor figure nor sign; and around a stretch.
GAP = 0x5F
_ZERO = 0x30
_LETTER_A = 0x61
_COLON = 0x3A
_COMMAS = (0x2C, 0xFF0C)
_LINE_FEED = 0x0A
# A stretch of which this much and less is of matters is judged,
_MOST_OF_MATTERS = 2
# unless it is shorter than that: two characters say too little.
_FEWEST = 3
# Below this a stretch surrounds a matter: of examples left out 86 % of those that do, and 5 % of the others.
_LEAST_MATTER = -2.5
# From this on a clause speaks of one by itself, whatever stands around it.
_OWN_MATTER = 3.0
# Clauses that are judged together at most.
_LONGEST_RUN = 8

_CODES = read_only(types.uint32)
_ENDS = read_only(types.int64)
_KINDS = read_only(types.uint8)
_GRAMS = (
    _KINDS,
    read_only(types.int32),
    read_only(types.uint64),
    read_only(types.int8),
)


@compiled_loop(
    types.Tuple((types.uint64, types.int64))(  # type: ignore[no-untyped-call]
        _CODES, types.int64, types.int64, _KINDS
    )
)
def _next_unit(
    codes: UInt32s, at: int, end: int, kinds: UInt8s
) -> tuple[np.uint64, int]:
    """The unit that begins at a place, and where the next one begins: a Latin word and a number are one each."""
    code = codes[at]
    kind = kinds[code]
    at += 1
    if kind & LETTER:
        unit = mix_code(np.uint64(code))
        while at < end and kinds[codes[at]] & LETTER:
            unit = mix_code(unit + np.uint64(codes[at]))
            at += 1
        return unit, at
    if kind & FIGURE:
        while at < end and kinds[codes[at]] & FIGURE:
            at += 1
        return np.uint64(_ZERO), at
    if kind & _IN_UNITS:
        return np.uint64(code), at
    return np.uint64(GAP), at


@compiled_loop(writeable(types.uint64)(_CODES, _ENDS, _KINDS))
def gram_keys(codes: UInt32s, ends: Int64s, kinds: UInt8s) -> UInt64s:
    """The keys of grams of one unit or two, as matter_of_stretch() looks them up.

    Args:
        codes, ends: of the grams, as code_points_of() gives them; n grams.
        kinds: of the code points, shape (0x110000,).

    Returns:
        shape (n,).
    """
    keys = np.empty(len(ends) - 1, dtype=np.uint64)
    for gram in range(len(keys)):
        unit, at = _next_unit(codes, ends[gram], ends[gram + 1], kinds)
        keys[gram] = mix_code(unit)
        if at < ends[gram + 1]:
            unit, at = _next_unit(codes, at, ends[gram + 1], kinds)
            keys[gram] = mix_code(keys[gram] + unit)
    return keys


@compiled_loop(
    types.int64(types.uint64, *_GRAMS[1:3], writeable(types.int32), types.int64)
)
def _number_if_new(
    key: np.uint64, slots: Int32s, keys: UInt64s, met: Int32s, size: int
) -> int | np.integer[Any]:
    """The number of a gram, entered into those that were met, met[:size]; -1 where it is there or is no known one."""
    mask = np.uint64(len(slots) - 1)
    place = key & mask
    while slots[place] >= 0 and keys[slots[place]] != key:
        place = (place + np.uint64(1)) & mask
    number = slots[place]
    if number < 0:
        return -1
    at = number & (size - 1)
    while met[at] >= 0:
        if met[at] == number:
            return -1
        at = (at + 1) & (size - 1)
    met[at] = number
    return np.int64(number)


@compiled_loop(
    types.float64(_CODES, types.int64, types.int64, *_GRAMS, writeable(types.int32))
)
def matter_of_stretch(
    codes: UInt32s,
    start: int,
    end: int,
    kinds: UInt8s,
    slots: Int32s,
    keys: UInt64s,
    weights: Int8s,
    met: Int32s,
) -> float:
    """How much the stretch codes[start:end] speaks of a matter: sentence_kinds.matter_of().

    Args:
        codes: shape (c,).
        start, end: of the stretch.
        kinds: of the code points, shape (0x110000,).
        slots, keys, weights: the grams in a hash table (index.kernels.fill_hash_table) of more slots than grams.
        met: working memory, shape (at least room_for(end - start),).

    Returns:
        the sum of the weights of its distinct known grams over the root of their number and one more.
    """
    while start < end and kinds[codes[start]] & AROUND:
        start += 1
    while start < end and kinds[codes[end - 1]] & AROUND:
        end -= 1
    if start == end:
        return 0.0
    # A hash table twice as large as the grams are many.
    size = 8
    while size < 4 * (end - start) + 4:
        size *= 2
    met[:size] = -1
    total = 0
    known = 0
    last = np.uint64(GAP)
    has_latin = False
    at = start
    while at <= end:
        unit = np.uint64(GAP)
        begun = at
        at += 1
        if begun < end:
            has_latin |= (kinds[codes[begun]] & LETTER) != 0
            unit, at = _next_unit(codes, begun, end, kinds)
            # Several that are none of these are one gap; the stretch may begin with one.
            if unit == np.uint64(GAP) and last == np.uint64(GAP) and begun > start:
                continue
            number = _number_if_new(mix_code(unit), slots, keys, met, size)
            if number >= 0:
                total += weights[number]
                known += 1
        number = _number_if_new(mix_code(mix_code(last) + unit), slots, keys, met, size)
        if number >= 0:
            total += weights[number]
            known += 1
        last = unit
    # That there is a Latin word is the gram of the letter a.
    if has_latin:
        key = mix_code(mix_code(np.uint64(_LETTER_A)))
        number = _number_if_new(key, slots, keys, met, size)
        if number >= 0:
            total += weights[number]
            known += 1
    return total / sqrt(known + 1)


@compiled_loop(types.int64(types.int64))
def room_for(characters: int) -> int:
    """The working memory that matter_of_stretch() needs for so many characters."""
    return 8 * characters + 16


@compiled_loop(types.boolean(_CODES, types.int64, types.int64, _KINDS))
def _is_of_matters(codes: UInt32s, start: int, end: int, kinds: UInt8s) -> bool:
    """Whether the characters of a stretch alone show a matter, which spares most of a technical text the counting."""
    of_matters = 0
    for at in range(start, end):
        if kinds[codes[at]] & OF_MATTERS:
            of_matters += 1
            if of_matters > _MOST_OF_MATTERS:
                return True
    return False


@compiled_loop(
    types.boolean(_CODES, types.int64, types.int64, *_GRAMS, writeable(types.int32))
)
def surrounds_a_matter(
    codes: UInt32s,
    start: int,
    end: int,
    kinds: UInt8s,
    slots: Int32s,
    keys: UInt64s,
    weights: Int8s,
    met: Int32s,
) -> bool:
    """Whether a stretch surrounds a matter: sentence_kinds.surrounds_a_matter(). Arguments as matter_of_stretch()."""
    if end - start < _FEWEST or _is_of_matters(codes, start, end, kinds):
        return False
    matter = matter_of_stretch(codes, start, end, kinds, slots, keys, weights, met)
    return matter < _LEAST_MATTER


@compiled_loop(types.int64(_CODES, types.int64, types.int64, types.int64, _KINDS))
def _end_of_clause(
    codes: UInt32s, begin: int, start: int, end: int, kinds: UInt8s
) -> int:
    """Where the clause ends that begins at `start` in the sentence codes[begin:end], its comma included."""
    for at in range(start, end):
        if codes[at] != _COMMAS[0] and codes[at] != _COMMAS[1]:
            continue
        # 1,350 is one figure.
        in_figure = (
            codes[at] == _COMMAS[0]
            and at > begin
            and at + 3 < end
            and kinds[codes[at - 1]] & FIGURE
            and kinds[codes[at + 1]] & FIGURE
            and kinds[codes[at + 2]] & FIGURE
            and kinds[codes[at + 3]] & FIGURE
        )
        if not in_figure:
            return at + 1
    return end


@compiled_loop(
    types.int64(
        _CODES, types.int64, types.int64, types.int64, *_GRAMS, writeable(types.int32)
    )
)
def _end_of_surroundings(
    codes: UInt32s,
    begin: int,
    start: int,
    end: int,
    kinds: UInt8s,
    slots: Int32s,
    keys: UInt64s,
    weights: Int8s,
    met: Int32s,
) -> int:
    """Where the longest run of clauses ends that surrounds a matter and of which none speaks of one by itself.

    Args:
        codes, kinds, slots, keys, weights, met: as of matter_of_stretch().
        begin, end: of the sentence.
        start: of the first clause of the run.

    Returns:
        `start` where there is no such run.
    """
    last = stop = start
    clauses = 0
    while stop < end and clauses < _LONGEST_RUN:
        clause = stop
        stop = _end_of_clause(codes, begin, clause, end, kinds)
        if _is_of_matters(codes, clause, stop, kinds):
            break
        own = matter_of_stretch(codes, clause, stop, kinds, slots, keys, weights, met)
        if own >= _OWN_MATTER:
            break
        if surrounds_a_matter(codes, start, stop, kinds, slots, keys, weights, met):
            last = stop
        clauses += 1
    return last


@compiled_loop(
    writeable(types.boolean)(_CODES, _ENDS, *_GRAMS, writeable(types.uint32))
)
def blank_surroundings(
    norms: UInt32s,
    ends: Int64s,
    kinds: UInt8s,
    slots: Int32s,
    keys: UInt64s,
    weights: Int8s,
    cores: UInt32s,
) -> Bools:
    """Lay line feeds over the sentences and runs of clauses of texts that surround a matter.

    Args:
        norms, ends: normalised texts as code_points_of() gives them; n texts.
        kinds, slots, keys, weights: as of matter_of_stretch().
        cores: the same texts without names, shape (c,); changed in place.

    Returns:
        whether a text has a Han character left, shape (n,).
    """
    has_han = np.zeros(len(ends) - 1, dtype=np.bool_)
    longest = 0
    for text in range(len(has_han)):
        longest = max(longest, ends[text + 1] - ends[text])
    met = np.empty(room_for(longest), dtype=np.int32)
    for text in range(len(has_han)):
        begin = ends[text]
        while begin < ends[text + 1]:
            # By the sentences of the text itself: blanks divide, and a name does not.
            end = begin
            is_blank = True
            while end < ends[text + 1]:
                is_blank &= cores[end] == _LINE_FEED
                end += 1
                if kinds[norms[end - 1]] & ENDS_SENTENCE:
                    break
            if is_blank:
                begin = end
                continue
            start = begin
            while start < end:
                stop = _end_of_surroundings(
                    cores, begin, start, end, kinds, slots, keys, weights, met
                )
                if stop > start:
                    cores[start:stop] = _LINE_FEED
                    start = stop
                    continue
                stop = _end_of_clause(cores, begin, start, end, kinds)
                # What leads to a list: 现将有关情况报告如下:.
                lead = start
                while lead < stop and cores[lead] != _COLON:
                    lead += 1
                if lead < stop and surrounds_a_matter(
                    cores, start, lead, kinds, slots, keys, weights, met
                ):
                    cores[start : lead + 1] = _LINE_FEED
                start = stop
            begin = end
        for at in range(ends[text], ends[text + 1]):
            if kinds[cores[at]] & HAN:
                has_han[text] = True
                break
    return has_han
