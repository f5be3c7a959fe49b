"""Documents whose upper bounds may be among the best of a query, collected block by block.
Not here: the bounds (column_scan), the exact sums of those collected (resumming).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.index.compiling import inlined_loop
from matching.index.kernels import MIN_SCORE, enter_heap

# What sums of 32 bits may differ by, as a factor: some ten times as much as they do.
SLACK = np.float32(1.0001)


@inlined_loop
def floor_of(reached: Any, loose: Any, near: Any) -> Any:
    """What a bound has to reach at least, where so many as are wanted have bounds of `reached` and above.

    Args:
        reached: a bound.
        loose: by what bounds may be too large, as a factor.
        near: what an exact score may lie below the last place.
    """
    return max(MIN_SCORE, reached / (loose * SLACK) - near)


@inlined_loop
def _reached_by(scores: Any, allowed: Any, top: int) -> Any:
    """What `top` documents of a block reach for certain, 0 where it has too few for an answer.

    It spares the first block of a query, whose documents would all enter the heap.
    """
    size = len(scores) // 8
    if size < top:
        return np.float32(0)
    # The best of each eight documents: the last of the `top` best of these is nearly that of all.
    best = np.zeros(size, dtype=np.float32)
    for part in range(8):
        for i in range(size):
            place = part * size + i
            best[i] = max(best[i], scores[place] * allowed[place])
    return np.partition(best, size - top)[size - top]


@inlined_loop
def drop_below(numbers: Any, bounds: Any, count: int, floor: Any) -> int:
    """Move those of the first `count` whose bound reaches the floor to the front. Returns how many."""
    left = 0
    for i in range(count):
        if bounds[i] >= floor:
            numbers[left] = numbers[i]
            bounds[left] = bounds[i]
            left += 1
    return left


@inlined_loop
def with_room(numbers: Any, sums: Any, count: int, need: int) -> Any:
    """Numbers and sums of candidates, shapes (n,) and (3, n), of which `count` are taken, with room for `need`.

    Many equal scores need more than there was.
    """
    if need <= len(numbers):
        return numbers, sums
    more = np.empty(2 * need, dtype=np.int64)
    more[:count] = numbers[:count]
    more_sums = np.empty((len(sums), 2 * need), dtype=np.float32)
    more_sums[:, :count] = sums[:, :count]
    return more, more_sums


@inlined_loop
def collect_block(
    scores: Any,
    reaching: Any,
    allowed: Any,
    first: int,
    heap: Any,
    loose: Any,
    near: Any,
    numbers: Any,
    bounds: Any,
    count: int,
) -> int:
    """Collect the documents of a block that may be among the best of a query.

    Args:
        scores: their upper bounds, shape (n,).
        reaching: room for a flag for each, shape (BLOCK,).
        allowed: the only ones that count, shape (n,).
        first: the number of the first.
        heap: the highest bounds so far.
        loose, near: as of floor_of().
        numbers, bounds: of those collected, shape (room,).
        count: how many these are.

    Returns:
        how many they are then; -1 when there is no room for all.
    """
    size = len(scores)
    reached = heap[0]
    if reached == 0:
        reached = _reached_by(scores, allowed, len(heap))
    floor = floor_of(reached, loose, near)
    for i in range(size):
        reaching[i] = scores[i] >= floor
    reaching[size:] = False
    # Nearly all end here, eight at a time.
    eights = reaching.view(np.uint64)
    for eight in range((size + 7) // 8):
        if eights[eight] == 0:
            continue
        for i in range(8 * eight, min(8 * eight + 8, size)):
            if scores[i] < floor or not allowed[i]:
                continue
            if scores[i] > heap[0]:
                enter_heap(heap, scores[i])
                floor = max(floor, floor_of(heap[0], loose, near))
            if count == len(numbers):
                count = drop_below(numbers, bounds, count, floor)
                if count == len(numbers):
                    return -1
            numbers[count] = first + i
            bounds[count] = scores[i]
            count += 1
    return count
