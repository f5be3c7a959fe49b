"""The compiled loops over postings (numba). They are ready once this module is imported.
Not here: what is added up and why (feature_index, reading), the numpy oracle of the tests (tests/matching).

Signatures are given, so that the import compiles, or loads what was compiled before, next to this file or in
NUMBA_CACHE_DIR: in .2 s of CPU, before gunicorn forks its workers and not under a reader's first request (decision
033). Arguments are read-only arrays in C order, which writeable ones and those mapped from files both convert to; only
what a loop writes must be writeable. No fast-math: sums equal numpy's bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from matching.arrays import (
    Bools,
    Float32s,
    Float64s,
    Int32s,
    Int64s,
    UInt8s,
    UInt32s,
    UInt64s,
)
from matching.index import postings
from matching.index.compiling import (
    compiled_loop,
    inlined_loop,
    read_only,
    writeable,
)

_COUNT_BITS = postings.COUNT_BITS
_COUNT_MASK = postings.COUNT_MASK
_COUNTS = int(_COUNT_MASK) + 1
# The smallest score that counts as above 0.
MIN_SCORE = np.float32(1e-38)
# Scores of 32 bits that are nearer than this to the last place are looked at again in 64 bits.
NEAR = np.float32(2e-6)


_POSTINGS = read_only(types.uint32)
_NUMBERS = read_only(types.int64)
_FACTORS = read_only(types.float32)


@compiled_loop(
    [
        types.int64(read_only(types.uint64), types.uint64),
        types.int64(_NUMBERS, types.int64),
    ]
)
def place_of(known: UInt64s | Int64s, key: int | np.integer[Any]) -> int:
    """The place of a key among distinct ones, ascending, shape (k,); -1 where it is none of them."""
    low = 0
    high = len(known)
    while low < high:
        middle = (low + high) >> 1
        if known[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < len(known) and known[low] == key:
        return low
    return -1


@compiled_loop(
    types.void(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _FACTORS,
        _FACTORS,
        writeable(types.float32),
    )
)
def sum_postings(
    packed: UInt32s,
    starts: Int64s,
    ends: Int64s,
    weights: Float32s,
    by_count: Float32s,
    sums: Float32s,
) -> None:
    """Add weight · by_count[count] to the sum of each document of some posting lists, list after list.

    Args:
        packed: postings, shape (p,).
        starts, ends: list i is packed[starts[i]:ends[i]], shape (k,).
        weights: of the lists, shape (k,).
        by_count: shape (64,).
        sums: of the documents, shape (n,); changed in place, in arithmetic of 32 bits.
    """
    table = np.empty(_COUNTS, dtype=np.float32)
    for i in range(len(starts)):
        # One multiplication for each count instead of one for each posting.
        for c in range(_COUNTS):
            table[c] = weights[i] * by_count[c]
        # Unsigned places spare numba the check for negative ones.
        at = np.uint64(starts[i])
        end = np.uint64(ends[i])
        whole = at + ((end - at) & ~np.uint64(3))
        # Unrolled four times: no two postings of a list are of one document, so the additions are independent.
        while at < whole:
            a = packed[at]
            b = packed[at + np.uint64(1)]
            c = packed[at + np.uint64(2)]
            d = packed[at + np.uint64(3)]
            sums[np.uint64(a >> _COUNT_BITS)] += table[np.uint64(a & _COUNT_MASK)]
            sums[np.uint64(b >> _COUNT_BITS)] += table[np.uint64(b & _COUNT_MASK)]
            sums[np.uint64(c >> _COUNT_BITS)] += table[np.uint64(c & _COUNT_MASK)]
            sums[np.uint64(d >> _COUNT_BITS)] += table[np.uint64(d & _COUNT_MASK)]
            at += np.uint64(4)
        while at < end:
            a = packed[at]
            sums[np.uint64(a >> _COUNT_BITS)] += table[np.uint64(a & _COUNT_MASK)]
            at += np.uint64(1)


@compiled_loop(
    types.void(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _FACTORS,
        _FACTORS,
        writeable(types.float32),
    )
)
def sum_documents(
    packed: UInt32s,
    starts: Int64s,
    ends: Int64s,
    terms: Int64s,
    weights: Float32s,
    by_count: Float32s,
    sums: Float32s,
) -> None:
    """What sum_postings() gives for a few documents, from their own features; bit for bit, for it adds in that order.

    Args:
        packed: postings (feature, count) by document, shape (p,).
        starts, ends: document i has packed[starts[i]:ends[i]], shape (d,).
        terms: numbers of the query's features, ascending, shape (k,).
        weights: of these, shape (k,).
        by_count: shape (64,).
        sums: of the documents, shape (d,); zeros, filled in place, in arithmetic of 32 bits.
    """
    counts = np.zeros(len(terms), dtype=np.uint8)
    for i in range(len(starts)):
        counts[:] = 0
        for at in range(starts[i], ends[i]):
            place = place_of(terms, np.int64(packed[at] >> _COUNT_BITS))
            if place >= 0:
                counts[place] = packed[at] & _COUNT_MASK
        for term in range(len(terms)):
            if counts[term] > 0:
                sums[i] += weights[term] * by_count[counts[term]]


@compiled_loop(
    types.void(
        _FACTORS,
        _FACTORS,
        types.float32,
        writeable(types.float32),
    )
)
def accumulate(
    sums: Float32s, factors: Float32s, weight: np.float32, scores: Float32s
) -> None:
    """scores += sums · factors · weight, in arithmetic of 32 bits.

    Args:
        sums, factors: shape (n,).
        weight: of the feature kind.
        scores: shape (n,); changed in place.
    """
    for d in range(len(scores)):
        scores[d] += sums[d] * factors[d] * weight


@inlined_loop
def _drop_below(
    candidates: Any,
    count: int,
    scores: Any,
    floor: Any,
) -> int:
    """Move those of candidates[:count] whose score reaches the floor to the front. Returns how many."""
    above = 0
    for i in range(count):
        if scores[candidates[i]] >= floor:
            candidates[above] = candidates[i]
            above += 1
    return above


@inlined_loop
def enter_heap(heap: Any, score: Any) -> None:
    """Put a score into a heap in place of the smallest, which is at 0."""
    top = len(heap)
    at = 0
    while True:
        child = 2 * at + 1
        if child >= top:
            break
        if child + 1 < top and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= score:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = score


@compiled_loop(
    types.Array(types.int64, 1, "C")(
        _FACTORS,
        read_only(types.boolean),
        types.int64,
        types.float32,
    )
)
def top_candidates(
    scores: Float32s, allowed: Bools, top: int, near: np.float32
) -> Int64s:
    """The documents whose score may be among the best, in one pass with a heap of the `top` best scores.

    Args:
        scores: shape (n,).
        allowed: the only documents that count, shape (n,).
        top: how many are wanted.
        near: what a score may lie below the last place, for it is of 32 bits.

    Returns:
        numbers of documents with scores above 0, ascending, shape (m,): at least all that tie for the last place.
    """
    heap = np.zeros(top, dtype=np.float32)  # the smallest at 0
    last = np.float32(0)
    floor = MIN_SCORE
    candidates = np.empty(16 * top + 64, dtype=np.int64)
    count = 0
    for d in range(len(scores)):
        score = scores[d]
        # Nearly all documents end here: the mask is read only for scores that count.
        if score < floor or not allowed[d]:
            continue
        if score > last:
            enter_heap(heap, score)
            last = heap[0]
            # What is nearer than the error of 32 bits stays, so that 64 bits decide.
            floor = max(MIN_SCORE, last - near)
        if count == len(candidates):
            # Drop first what the floor has passed since; many equal scores need more room.
            count = _drop_below(candidates, count, scores, floor)
            if 2 * count > len(candidates):
                more = np.empty(2 * len(candidates), dtype=np.int64)
                more[:count] = candidates[:count]
                candidates = more
        candidates[count] = d
        count += 1
    return candidates[: _drop_below(candidates, count, scores, floor)].copy()


@compiled_loop(
    types.void(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        writeable(types.int64, 2),
    )
)
def update_norm_sums(
    packed: UInt32s,
    starts: Int64s,
    ends: Int64s,
    old: Int64s,
    new: Int64s,
    by_count: Int64s,
    sums: Int64s,
) -> None:
    """Change the norm sums B and C of the documents of some posting lists whose l(t) went from old to new.

    Args:
        packed: postings, shape (p,).
        starts, ends: list i is packed[starts[i]:ends[i]], shape (k,).
        old, new: scaled l(t) of the lists, shape (k,).
        by_count: scaled squared counts, shape (64,).
        sums: A, B, C of the documents, shape (n, 3); changed in place.
    """
    for i in range(len(starts)):
        # (new - old) and (new² - old²) once a list; the sums are exact, so no error piles up.
        once = new[i] - old[i]
        twice = new[i] * new[i] - old[i] * old[i]
        for at in range(starts[i], ends[i]):
            number = np.int64(packed[at] >> _COUNT_BITS)
            squared = by_count[np.int64(packed[at] & _COUNT_MASK)]
            sums[number, 1] += squared * once
            sums[number, 2] += squared * twice


@compiled_loop(
    types.Array(types.float32, 1, "C")(
        read_only(types.int64, 2),
        types.int64,
        types.float32,
    )
)
def inverse_norms(
    sums: Int64s,
    top: int,
    scale: float,
) -> Float32s:
    """scale / √(top²·A - 2·top·B + C) for each document, 0 where that is not above 0.

    Args:
        sums: A, B, C of the documents, shape (n, 3); whole numbers to the root, 32 bits from there.
        top: L, scaled.
        scale: the norm 1 in the scale of the sums.

    Returns:
        shape (n,).
    """
    inverse = np.zeros(len(sums), dtype=np.float32)
    for d in range(len(sums)):
        squared = top * top * sums[d, 0] - 2 * top * sums[d, 1] + sums[d, 2]
        if squared > 0:
            inverse[d] = scale / np.sqrt(np.float32(squared))
    return inverse


@compiled_loop(
    types.Array(types.float64, 1, "C")(
        read_only(types.int64, 2),
        _NUMBERS,
        types.int64,
        types.float64,
    )
)
def vector_norms(sums: Int64s, numbers: Int64s, top: int, unit: float) -> Float64s:
    """√(top²·A - 2·top·B + C) / unit of some documents.

    Args:
        sums: A, B, C of the documents, shape (n, 3); whole numbers to the root.
        numbers: of those that are wanted, shape (k,).
        top: L, scaled.
        unit: the norm 1 in the scale of the sums.

    Returns:
        shape (k,); zero for a document whose features are all in every document.
    """
    norms = np.empty(len(numbers), dtype=np.float64)
    for i in range(len(numbers)):
        d = numbers[i]
        squared = top * top * sums[d, 0] - 2 * top * sums[d, 1] + sums[d, 2]
        norms[i] = np.sqrt(np.float64(max(squared, 0))) / unit
    return norms


@compiled_loop(
    writeable(types.int64, 2)(
        _POSTINGS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
    )
)
def norm_sums(
    by_document: UInt32s, document_ends: Int64s, logs: Int64s, by_count: Int64s
) -> Int64s:
    """Σ w, Σ w·l, Σ w·l² of each document, w by count and l by feature.

    Args:
        by_document: postings (feature, count) of the documents, one after the other, shape (p,).
        document_ends: document i is by_document[document_ends[i]:document_ends[i + 1]], shape (n + 1,).
        logs: scaled l(t) by feature number, shape (t,).
        by_count: scaled squared counts, shape (64,).

    Returns:
        A, B, C, shape (n, 3).
    """
    sums = np.zeros((len(document_ends) - 1, 3), dtype=np.int64)
    for document in range(len(document_ends) - 1):
        a = 0
        b = 0
        c = 0
        for at in range(
            document_ends[document],
            document_ends[document + 1],
        ):
            # 64 bits suffice: 20,000 characters of squared counts and logarithms stay below 2^63.
            w = by_count[np.int64(by_document[at] & _COUNT_MASK)]
            log = logs[np.int64(by_document[at] >> _COUNT_BITS)]
            a += w
            b += w * log
            c += w * log * log
        sums[document, 0] = a
        sums[document, 1] = b
        sums[document, 2] = c
    return sums


@compiled_loop(writeable(types.uint32)(_POSTINGS, _NUMBERS, _NUMBERS))
def invert_postings(
    by_document: UInt32s, document_ends: Int64s, term_ends: Int64s
) -> UInt32s:
    """Postings by document turned into postings by feature.

    Args:
        by_document: postings (feature, count) of the documents, one after the other, shape (p,).
        document_ends: shape (n + 1,).
        term_ends: shape (t + 1,).

    Returns:
        postings (document, count) of the features, one after the other, documents ascending, shape (p,).
    """
    by_term = np.empty(len(by_document), dtype=np.uint32)
    # A counting sort: documents come in ascending order, so the lists do too.
    next_place = term_ends.copy()
    for document in range(len(document_ends) - 1):
        for at in range(
            document_ends[document],
            document_ends[document + 1],
        ):
            term = np.int64(by_document[at] >> _COUNT_BITS)
            count = by_document[at] & _COUNT_MASK
            by_term[next_place[term]] = (np.uint32(document) << _COUNT_BITS) | count
            next_place[term] += 1
    return by_term


@compiled_loop(writeable(types.int64)(read_only(types.uint32), types.int64))
def count_numbers(
    numbers: UInt32s,
    size: int,
) -> Int64s:
    """How often each number below `size` occurs among numbers of shape (p,). Returns shape (size,)."""
    counts = np.zeros(size, dtype=np.int64)
    for at in range(len(numbers)):
        counts[numbers[at]] += 1
    return counts


@compiled_loop(
    types.void(
        read_only(types.uint64),
        types.int64,
        writeable(types.int32),
    )
)
def fill_hash_table(
    keys: UInt64s,
    size: int,
    slots: Int32s,
) -> None:
    """Enter keys[:size] into an empty hash table with open addressing: slots[place of key] = number of key.

    Args:
        keys: spread over 64 bits already, shape (at least size,).
        slots: -1 where free; as many as a power of two above size; changed in place.
    """
    mask = np.uint64(len(slots) - 1)
    for number in range(size):
        at = keys[number] & mask
        while slots[at] >= 0:
            at = (at + np.uint64(1)) & mask
        slots[at] = number


_COUNTED_KEYS = types.Tuple(  # type: ignore[no-untyped-call]
    (
        types.int64,
        writeable(types.uint32),
        writeable(types.uint8),
        writeable(types.int64),
    )
)


@compiled_loop(
    _COUNTED_KEYS(
        read_only(types.uint64),
        _NUMBERS,
        read_only(types.int32),
        types.int64,
        writeable(types.int32),
        writeable(types.uint64),
        types.int64,
        types.int64,
    )
)
def count_keys(
    keys: UInt64s,
    document_of: Int64s,
    weights: Int32s,
    documents: int,
    slots: Int32s,
    known: UInt64s,
    size: int,
    most: int,
) -> tuple[int, UInt32s, UInt8s, Int64s]:
    """Sum the weights of each key within each document, up to `most`.

    Args:
        keys, document_of, weights: occurrences grouped by document, shape (o,).
        documents: how many there are.
        slots, known: the hash table of the keys met so far, and known[:size] these keys; both are added to in place
            and must have room.
        size: how many keys are known.
        most: a sum above it counts as `most`.

    Returns:
        how many keys are known now; the numbers of each document's keys, one document after the other, shape (p,);
        their sums, shape (p,); how many keys each document has, shape (documents,).
    """
    mask = np.uint64(len(slots) - 1)
    numbers = np.empty(len(keys), dtype=np.uint32)
    sums = np.empty(len(keys), dtype=np.int32)
    sizes = np.zeros(documents, dtype=np.int64)
    # Where each key was counted last: before `begun` it was in an earlier document.
    last = np.full(size + len(keys), -1, dtype=np.int64)
    out = 0
    begun = 0
    document = -1
    for i in range(len(keys)):
        if document_of[i] != document:
            document = document_of[i]
            begun = out
        # Keys are spread already, so their low bits are the hash.
        key = keys[i]
        at = key & mask
        while slots[at] >= 0 and known[slots[at]] != key:
            at = (at + np.uint64(1)) & mask
        number = slots[at]
        if number < 0:
            number = size
            slots[at] = number
            known[number] = key
            size += 1
        # Met before in this document: add to it, else begin a new entry.
        if last[number] >= begun:
            sums[last[number]] += weights[i]
        else:
            last[number] = out
            numbers[out] = number
            sums[out] = weights[i]
            sizes[document] += 1
            out += 1
    counts = np.empty(out, dtype=np.uint8)
    for i in range(out):
        counts[i] = min(sums[i], most)
    return size, numbers[:out].copy(), counts, sizes
