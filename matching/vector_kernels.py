"""The compiled loop that counts which words of texts are near each other (numba).
Not here: what the counts mean (vectors).

Signatures as in matching.index.kernels (decision 033). A plain form is the oracle of the tests.
"""

from __future__ import annotations

import numpy as np
from numba import types

from matching.arrays import Int32s, Int64s
from matching.index.compiling import compiled_loop, read_only, writeable

_NUMBERS = read_only(types.int64)
_COUNTED = types.Tuple(  # type: ignore[no-untyped-call]
    (writeable(types.int64), writeable(types.int32), writeable(types.int32))
)


@compiled_loop(_COUNTED(_NUMBERS, _NUMBERS, types.int64, types.int64))
def count_neighbours(
    words: Int64s, text_of: Int64s, size: int, window: int
) -> tuple[Int64s, Int32s, Int32s]:
    """How often words are within so many words of each other, in one text.

    Args:
        words: numbers of the words as they occur, below `size`, shape (o,).
        text_of: the text of each, ascending, shape (o,).
        size: how many words there are.
        window: words on each side that count as near.

    Returns:
        the symmetric matrix of counts by its rows: word i was near the words others[ends[i]:ends[i + 1]], in no order,
        and so often. ends: shape (size + 1,).
    """
    # The places of each word, one word after the other.
    begins = np.zeros(size + 2, dtype=np.int64)
    for word in words:
        begins[word + 2] += 1
    begins = np.cumsum(begins)
    places = np.empty(len(words), dtype=np.int64)
    for place in range(len(words)):
        places[begins[words[place] + 1]] = place
        begins[words[place] + 1] += 1
    counts = np.zeros(size, dtype=np.int32)
    others = np.empty(4 * len(words) + size, dtype=np.int32)
    times = np.empty(len(others), dtype=np.int32)
    ends = np.zeros(size + 1, dtype=np.int64)
    found = 0
    for word in range(size):
        if found + size > len(others):
            others = np.concatenate((others, np.empty_like(others)))
            times = np.concatenate((times, np.empty_like(times)))
        for place in places[begins[word] : begins[word + 1]]:
            first = max(0, place - window)
            for near in range(first, min(len(words), place + window + 1)):
                if near == place or text_of[near] != text_of[place]:
                    continue
                other = words[near]
                if counts[other] == 0:
                    others[found] = other
                    found += 1
                counts[other] += 1
        for at in range(ends[word], found):
            times[at] = counts[others[at]]
            counts[others[at]] = 0
        ends[word + 1] = found
    return ends, others[:found].copy(), times[:found].copy()
