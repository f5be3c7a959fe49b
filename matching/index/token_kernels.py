"""The compiled loops from the tokens of a batch to where its features occur (numba).
Not here: tokens by number and their rows (token_table), counting (kernels).

Signatures as in kernels (decision 033). tests/matching/oracle.py reads the same features token by token in Python.
"""

from __future__ import annotations

import numpy as np
from numba import types

from matching.arrays import Bools, Int32s, Int64s, UInt32s, UInt64s
from matching.bit_mixing import HALF, mix_code
from matching.index.compiling import compiled_loop, read_only, writeable

_KEYS = read_only(types.uint64)
_NUMBERS = read_only(types.int64)
_OCCURRENCES = types.Tuple(  # type: ignore[no-untyped-call]
    (writeable(types.uint64), writeable(types.int64), writeable(types.int32))
)


@compiled_loop(types.void(_KEYS, _NUMBERS, types.int64, writeable(types.int32)))
def enter_tokens(characters: UInt64s, ends: Int64s, first: int, slots: Int32s) -> None:
    """Enter tokens into a hash table with open addressing: slots[place of its characters] = its number.

    Args:
        characters, ends: token n is characters[ends[n]:ends[n + 1]]; the first token has the number 1.
        first: the first one that is not entered yet.
        slots: 0 where free; as many as a power of two above the tokens; changed in place.
    """
    mask = np.uint64(len(slots) - 1)
    for number in range(first, len(ends) - 1):
        place = np.uint64(0)
        for at in range(ends[number], ends[number + 1]):
            place = mix_code(place + characters[at])
        # The upper bits of a product depend on all of a character.
        place >>= HALF
        while slots[place & mask]:
            place += np.uint64(1)
        slots[place & mask] = number


@compiled_loop(
    writeable(types.int64)(
        read_only(types.uint32),
        types.int64,
        types.int64,
        _KEYS,
        _NUMBERS,
        read_only(types.int32),
    )
)
def find_tokens(
    pieces: UInt32s,
    size: int,
    piece_end: int,
    characters: UInt64s,
    ends: Int64s,
    slots: Int32s,
) -> Int64s:
    """The numbers of tokens by their characters, which are compared.

    Args:
        pieces: the code points of the tokens.
        size: how many they are.
        piece_end: the code point between two.
        characters, ends, slots: as of enter_tokens().

    Returns:
        shape (size,); 0 for those that are not in the table.
    """
    mask = np.uint64(len(slots) - 1)
    numbers = np.zeros(size, dtype=np.int64)
    start = 0
    for token in range(size):
        place = np.uint64(0)
        end = start
        while end < len(pieces) and pieces[end] != piece_end:
            place = mix_code(place + np.uint64(pieces[end]))
            end += 1
        place >>= HALF
        while slots[place & mask]:
            number = np.int64(slots[place & mask])
            begin = ends[number]
            same = ends[number + 1] - begin == end - start
            at = 0
            while same and at < end - start:
                same = characters[begin + at] == np.uint64(pieces[start + at])
                at += 1
            if same:
                numbers[token] = number
                break
            place += np.uint64(1)
        start = end + 1
    return numbers


@compiled_loop(types.int64(_NUMBERS, _NUMBERS))
def _total_size(numbers: Int64s, ends: Int64s) -> int:
    """How many values some rows have together."""
    total = 0
    for number in numbers:
        total += ends[number + 1] - ends[number]
    return total


@compiled_loop(_OCCURRENCES(_NUMBERS, _NUMBERS, types.int64, _KEYS, _NUMBERS))
def find_words(
    numbers: Int64s, sides: Int64s, title_weight: int, keys: UInt64s, ends: Int64s
) -> tuple[UInt64s, Int64s, Int32s]:
    """Where the content terms of tokens occur.

    Args:
        numbers: of the tokens in reading order, shape (t,).
        sides: the title (even) or text (odd) of each, ascending, shape (t,); half of it is the document.
        title_weight: what an occurrence in a title counts.
        keys, ends: token n has the content terms keys[ends[n]:ends[n + 1]].

    Returns:
        keys, documents and weights of the occurrences, shape (o,).
    """
    size = _total_size(numbers, ends)
    found = np.empty(size, dtype=np.uint64)
    documents = np.empty(size, dtype=np.int64)
    weights = np.empty(size, dtype=np.int32)
    out = 0
    for token in range(len(numbers)):
        side = sides[token]
        weight = 1 if side & 1 else title_weight
        for at in range(ends[numbers[token]], ends[numbers[token] + 1]):
            found[out] = keys[at]
            documents[out] = side >> 1
            weights[out] = weight
            out += 1
    return found, documents, weights


@compiled_loop(
    _OCCURRENCES(
        _NUMBERS, _NUMBERS, types.int64, _KEYS, _NUMBERS, read_only(types.boolean)
    )
)
def find_grams(
    numbers: Int64s,
    sides: Int64s,
    title_weight: int,
    units: UInt64s,
    ends: Int64s,
    breaks: Bools,
) -> tuple[UInt64s, Int64s, Int32s]:
    """Where single units and pairs of neighbours occur, each unit before the pair that it begins.

    Args:
        numbers, sides, title_weight: as of find_words().
        units, ends: token n has the units units[ends[n]:ends[n + 1]].
        breaks: tokens that are none and let nothing be neighbours: stop words, gaps.

    Returns:
        as find_words().
    """
    size = 2 * _total_size(numbers, ends)
    found = np.empty(size, dtype=np.uint64)
    documents = np.empty(size, dtype=np.int64)
    weights = np.empty(size, dtype=np.int32)
    out = 0
    has_left = False
    left = np.uint64(0)
    for token in range(len(numbers)):
        number = numbers[token]
        if breaks[number]:
            has_left = False
            continue
        side = sides[token]
        weight = 1 if side & 1 else title_weight
        for at in range(ends[number], ends[number + 1]):
            if has_left:
                found[out] = mix_code(left + units[at])
                documents[out] = side >> 1
                weights[out] = weight
                out += 1
            left = mix_code(units[at])
            has_left = True
            found[out] = left
            documents[out] = side >> 1
            weights[out] = weight
            out += 1
    return found[:out].copy(), documents[:out].copy(), weights[:out].copy()


@compiled_loop(_OCCURRENCES(_NUMBERS, _NUMBERS, _KEYS, _NUMBERS))
def find_title_units(
    numbers: Int64s, sides: Int64s, units: UInt64s, ends: Int64s
) -> tuple[UInt64s, Int64s, Int32s]:
    """Where single units of titles occur, those of stop words too, each counted once.

    Args:
        numbers, sides, units, ends: as of find_grams().

    Returns:
        as find_words().
    """
    size = 0
    for token in range(len(numbers)):
        if not sides[token] & 1:
            size += ends[numbers[token] + 1] - ends[numbers[token]]
    found = np.empty(size, dtype=np.uint64)
    documents = np.empty(size, dtype=np.int64)
    weights = np.ones(size, dtype=np.int32)
    out = 0
    for token in range(len(numbers)):
        if sides[token] & 1:
            continue
        for at in range(ends[numbers[token]], ends[numbers[token] + 1]):
            found[out] = mix_code(units[at])
            documents[out] = sides[token] >> 1
            out += 1
    return found, documents, weights
