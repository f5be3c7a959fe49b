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
# A clause with more of matters than this speaks of one, without being counted.
_MOST_OF_MATTERS = 2
# What such a clause costs where it is left out,
_SURE_MATTER = 8.0
# and any other one: what it speaks of a matter, above this. All four as matter_of_stretch() has them, chosen together.
_BOUND = -0.25
# What it costs to go over from surroundings to a matter or back, between sentences and between clauses of one.
_NEW_SENTENCE = 0.5
_SAME_SENTENCE = 3.0

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


@compiled_loop(types.int64(_CODES, types.int64, types.int64, types.int64, _KINDS))
def _end_of_clause(
    codes: UInt32s, begin: int, start: int, end: int, kinds: UInt8s
) -> int:
    """Where the clause ends that begins at `start` in the sentence codes[begin:end], its comma or colon included."""
    for at in range(start, end):
        code = codes[at]
        if code != _COMMAS[0] and code != _COMMAS[1] and code != _COLON:
            continue
        is_inside = (
            at > begin
            and at + 1 < end
            and kinds[codes[at - 1]] & FIGURE
            and kinds[codes[at + 1]] & FIGURE
        )
        # 1,350 is one figure,
        if code == _COMMAS[0]:
            is_inside = (
                is_inside
                and at + 3 < end
                and kinds[codes[at + 2]] & FIGURE
                and kinds[codes[at + 3]] & FIGURE
            )
        # and 14:22 or 3:1 too.
        if code == _COMMAS[1] or not is_inside:
            return at + 1
    return end


@compiled_loop(
    types.float64(_CODES, types.int64, types.int64, *_GRAMS, writeable(types.int32))
)
def _cost_of_leaving_out(
    codes: UInt32s,
    start: int,
    end: int,
    kinds: UInt8s,
    slots: Int32s,
    keys: UInt64s,
    weights: Int8s,
    met: Int32s,
) -> float:
    """What it costs to leave a clause out, below 0 where that is better by itself. Arguments as matter_of_stretch()."""
    is_empty = True
    for at in range(start, end):
        is_empty &= (kinds[codes[at]] & _IN_UNITS) == 0
    # Blanks, signs and scripts that were never seen go with what is around them.
    if is_empty:
        return 0.0
    if _is_of_matters(codes, start, end, kinds):
        return _SURE_MATTER
    matter = matter_of_stretch(codes, start, end, kinds, slots, keys, weights, met)
    return matter - _BOUND


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
    """Lay line feeds over the clauses of texts that surround a matter.

    Of all ways to divide the clauses of a text into surroundings and matters the one is taken that costs least: the sum
    of _cost_of_leaving_out() over those that go, and what it costs to go over from one to the other (Viterbi 1967).

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
    # Of each clause where it begins and ends, and whether the one before it stays if it goes, and if it stays.
    starts = np.empty(longest, dtype=np.int64)
    stops = np.empty(longest, dtype=np.int64)
    before_gone = np.empty(longest, dtype=np.bool_)
    before_left = np.empty(longest, dtype=np.bool_)
    for text in range(len(has_han)):
        begin = ends[text]
        clauses = 0
        # The least cost up to here where the last clause goes, and where it stays.
        gone = left = 0.0
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
            over = _NEW_SENTENCE
            while start < end:
                stop = _end_of_clause(cores, begin, start, end, kinds)
                cost = _cost_of_leaving_out(
                    cores, start, stop, kinds, slots, keys, weights, met
                )
                starts[clauses] = start
                stops[clauses] = stop
                before_gone[clauses] = left + over < gone
                before_left[clauses] = left <= gone + over
                gone, left = min(gone, left + over) + cost, min(left, gone + over)
                clauses += 1
                start = stop
                over = _SAME_SENTENCE
            begin = end
        stays = left <= gone
        for clause in range(clauses - 1, -1, -1):
            if stays:
                stays = before_left[clause]
            else:
                cores[starts[clause] : stops[clause]] = _LINE_FEED
                stays = before_gone[clause]
        for at in range(ends[text], ends[text + 1]):
            if kinds[cores[at]] & HAN:
                has_han[text] = True
                break
    return has_han
