"""The loops over postings for numba; importing this module loads numba. No fast-math: sums equal numpy's bit for bit.
Not here: when they are used (kernels).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_SHIFT = np.uint32(6)
_MASK = np.uint32(63)
_LEAST = np.float32(1e-38)  # above 0


@njit(nogil=True, cache=True, boundscheck=False)
def add(
    postings: Any, starts: Any, ends: Any, weights: Any, by_count: Any, sums: Any
) -> None:
    """As kernels.Loops.add."""
    table = np.empty(64, dtype=np.float32)
    for i in range(len(starts)):
        for c in range(64):
            table[c] = weights[i] * by_count[c]
        at = np.uint64(starts[i])
        end = np.uint64(ends[i])
        whole = at + ((end - at) & ~np.uint64(3))
        while (
            at < whole
        ):  # four at a time: no two postings of a list are of one document
            a, b = postings[at], postings[at + np.uint64(1)]
            c, d = postings[at + np.uint64(2)], postings[at + np.uint64(3)]
            sums[np.uint64(a >> _SHIFT)] += table[np.uint64(a & _MASK)]
            sums[np.uint64(b >> _SHIFT)] += table[np.uint64(b & _MASK)]
            sums[np.uint64(c >> _SHIFT)] += table[np.uint64(c & _MASK)]
            sums[np.uint64(d >> _SHIFT)] += table[np.uint64(d & _MASK)]
            at += np.uint64(4)
        while at < end:
            a = postings[at]
            sums[np.uint64(a >> _SHIFT)] += table[np.uint64(a & _MASK)]
            at += np.uint64(1)


@njit(nogil=True, cache=True, boundscheck=False)
def blend(sums: Any, factors: Any, weight: Any, scores: Any) -> None:
    """As kernels.Loops.blend."""
    for d in range(len(scores)):
        scores[d] += sums[d] * factors[d] * weight


@njit(nogil=True, cache=True, boundscheck=False)
def best(scores: Any, allowed: Any, top: int, near: Any) -> Any:
    """As kernels.Loops.best: one pass that keeps the `top` best scores in a heap and whatever came near the last."""
    heap = np.zeros(top, dtype=np.float32)  # smallest at 0
    last = np.float32(0)
    floor = _LEAST
    found = np.empty(16 * top + 64, dtype=np.int64)
    count = 0
    for d in range(len(scores)):
        score = scores[d]
        if score < floor or not allowed[d]:
            continue
        if score > last:
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
            last = heap[0]
            floor = max(_LEAST, last - near)
        if count == len(found):
            count = _reaching(found, count, scores, floor)
            if 2 * count > len(found):
                more = np.empty(2 * len(found), dtype=np.int64)
                more[:count] = found[:count]
                found = more
        found[count] = d
        count += 1
    return found[: _reaching(found, count, scores, floor)].copy()


@njit(nogil=True, cache=True, boundscheck=False)
def _reaching(found: Any, count: int, scores: Any, floor: Any) -> int:
    """Draw together at the front those of found[:count] whose score reaches the floor. Returns how many."""
    kept = 0
    for i in range(count):
        if scores[found[i]] >= floor:
            found[kept] = found[i]
            kept += 1
    return kept


@njit(nogil=True, cache=True, boundscheck=False)
def shift(
    postings: Any, starts: Any, ends: Any, old: Any, new: Any, by_count: Any, to: Any
) -> None:
    """As kernels.Loops.shift."""
    for i in range(len(starts)):
        once = new[i] - old[i]
        twice = new[i] * new[i] - old[i] * old[i]
        for at in range(starts[i], ends[i]):
            number = np.int64(postings[at] >> _SHIFT)
            squared = by_count[np.int64(postings[at] & _MASK)]
            to[number, 1] += squared * once
            to[number, 2] += squared * twice


@njit(nogil=True, cache=True, boundscheck=False)
def inverse(sums: Any, top: int, scale: Any) -> Any:
    """As kernels.Loops.inverse."""
    found = np.zeros(len(sums), dtype=np.float32)
    for number in range(len(sums)):
        squared = (
            top * top * sums[number, 0] - 2 * top * sums[number, 1] + sums[number, 2]
        )
        if squared > 0:
            found[number] = scale / np.sqrt(np.float32(squared))
    return found


@njit(nogil=True, cache=True, boundscheck=False)
def invert(by_document: Any, document_ends: Any, term_ends: Any) -> Any:
    """Postings by document (term above, count below) as postings by term (document above, count below), ascending."""
    by_term = np.empty(len(by_document), dtype=np.uint32)
    next_place = term_ends.copy()
    for document in range(len(document_ends) - 1):
        for at in range(document_ends[document], document_ends[document + 1]):
            term = np.int64(by_document[at] >> _SHIFT)
            by_term[next_place[term]] = (np.uint32(document) << _SHIFT) | (
                by_document[at] & _MASK
            )
            next_place[term] += 1
    return by_term


@njit(nogil=True, cache=True, boundscheck=False)
def frequencies(terms: Any, size: int) -> Any:
    """How often each number below `size` occurs."""
    found = np.zeros(size, dtype=np.int64)
    for at in range(len(terms)):
        found[terms[at]] += 1
    return found


@njit(nogil=True, cache=True, boundscheck=False)
def sums(by_document: Any, document_ends: Any, logs: Any, by_count: Any) -> Any:
    """Σ w, Σ w·l, Σ w·l² of each document, w by count and l by term. shape (n, 3)."""
    found = np.zeros((len(document_ends) - 1, 3), dtype=np.int64)
    for document in range(len(document_ends) - 1):
        a, b, c = 0, 0, 0
        for at in range(document_ends[document], document_ends[document + 1]):
            w = by_count[np.int64(by_document[at] & _MASK)]
            log = logs[np.int64(by_document[at] >> _SHIFT)]
            a += w
            b += w * log
            c += w * log * log
        found[document, 0] = a
        found[document, 1] = b
        found[document, 2] = c
    return found


@njit(nogil=True, cache=True, boundscheck=False)
def place(keys: Any, size: int, slots: Any) -> None:
    """Enter keys[:size] into an empty open-addressed table: slots[place of key] = number of key."""
    mask = np.uint64(len(slots) - 1)
    for number in range(size):
        at = keys[number] & mask
        while slots[at] >= 0:
            at = (at + np.uint64(1)) & mask
        slots[at] = number


@njit(nogil=True, cache=True, boundscheck=False)
def count(
    keys: Any,
    document_of: Any,
    weights: Any,
    documents: int,
    slots: Any,
    known: Any,
    size: int,
    most: int,
) -> Any:
    """Sum the weights of each key within each document, at most `most`; keys come grouped by document.

    known[:size] are the keys met so far, slots their table; both are added to and must have room. Returns how many
    keys are known now, the numbers and counts of each document's keys end to end, and how many each document has.
    """
    mask = np.uint64(len(slots) - 1)
    terms = np.empty(len(keys), dtype=np.uint32)
    sums = np.empty(len(keys), dtype=np.int32)
    sizes = np.zeros(documents, dtype=np.int64)
    last = np.full(
        size + len(keys), -1, dtype=np.int64
    )  # where the key was counted last
    out = 0
    begun = 0
    document = -1
    for i in range(len(keys)):
        if document_of[i] != document:
            document = document_of[i]
            begun = out
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
        if last[number] >= begun:
            sums[last[number]] += weights[i]
        else:
            last[number] = out
            terms[out] = number
            sums[out] = weights[i]
            sizes[document] += 1
            out += 1
    counts = np.empty(out, dtype=np.uint8)
    for i in range(out):
        counts[i] = min(sums[i], most)
    return size, terms[:out].copy(), counts, sizes
