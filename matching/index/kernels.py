"""The loops over postings: each once in numpy and once compiled (numba), with equal results bit for bit.
Not here: what is added up and why (channel, matcher).

numba takes its time to load, so the first answers of a process come from numpy while a thread brings the compiled
loops in; compiled code is kept beside this file or, where that cannot be written, in NUMBA_CACHE_DIR.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Packed = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]
Sums = npt.NDArray[np.float32]

SHIFT = 6  # bits of a posting that hold the count
MASK = (1 << SHIFT) - 1
FIRST = 4  # times the loops are asked for before the compiled ones are loaded: a first answer competes with nothing
NEAR = np.float32(
    2e-6
)  # scores of 32 bits nearer than this to the last place are looked at again in 64 bits


class Loops(Protocol):
    """What both forms can do.

    add: sums[number] += weight · by_count[count] for each posting of the lists postings[starts[i]:ends[i]], list after
    list, in 32-bit arithmetic; weights shape (k,), by_count (64,), sums (n,).
    blend: scores += sums · factors · weight, in 32-bit arithmetic, all shape (n,).
    best: numbers of the documents whose score may be among the `top` best, any order, only where allowed and above 0;
    all that tie for the last place are given.
    shift: to[number, 1] += by_count[count] · (new[i] - old[i]), to[number, 2] += by_count[count] · (new[i]² - old[i]²)
    for each posting of list i; whole numbers, old, new shape (k,), by_count (64,), to (n, 3).
    inverse: scale / √(top² · A - 2 · top · B + C) for each row A, B, C of sums, 0 where that is not above 0; whole
    numbers to the root, 32-bit arithmetic from there, sums shape (n, 3), the answer (n,).
    """

    def add(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        weights: Sums,
        by_count: Sums,
        sums: Sums,
    ) -> None: ...

    def blend(
        self, sums: Sums, factors: Sums, weight: np.float32, scores: Sums
    ) -> None: ...

    def best(
        self, scores: Sums, allowed: npt.NDArray[np.bool_], top: int
    ) -> npt.NDArray[np.int64]: ...

    def shift(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        old: Offsets,
        new: Offsets,
        by_count: Offsets,
        to: Offsets,
    ) -> None: ...

    def inverse(self, sums: Offsets, top: int, scale: np.float32) -> Sums: ...


class Plain:
    """The loops in numpy."""

    def add(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        weights: Sums,
        by_count: Sums,
        sums: Sums,
    ) -> None:
        for start, end, weight in zip(
            starts.tolist(), ends.tolist(), weights, strict=True
        ):
            one = postings[start:end]
            sums[one >> np.uint32(SHIFT)] += (weight * by_count)[one & np.uint32(MASK)]

    def blend(
        self, sums: Sums, factors: Sums, weight: np.float32, scores: Sums
    ) -> None:
        scores += sums * factors * weight

    def best(
        self, scores: Sums, allowed: npt.NDArray[np.bool_], top: int
    ) -> npt.NDArray[np.int64]:
        scores = np.where(allowed, scores, np.float32(0))
        last = (
            np.partition(scores, len(scores) - top)[len(scores) - top]
            if top < len(scores)
            else np.float32(0)
        )
        return np.flatnonzero((scores > 0) & (scores >= last - NEAR))

    def shift(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        old: Offsets,
        new: Offsets,
        by_count: Offsets,
        to: Offsets,
    ) -> None:
        lists = zip(
            starts.tolist(), ends.tolist(), old.tolist(), new.tolist(), strict=True
        )
        for start, end, before, after in lists:
            one = postings[start:end]
            numbers, squared = one >> np.uint32(SHIFT), by_count[one & np.uint32(MASK)]
            to[numbers, 1] += squared * (after - before)
            to[numbers, 2] += squared * (after * after - before * before)

    def inverse(self, sums: Offsets, top: int, scale: np.float32) -> Sums:
        squared = top * top * sums[:, 0] - 2 * top * sums[:, 1] + sums[:, 2]
        roots = np.sqrt(np.maximum(squared, 0).astype(np.float32))
        found: Sums = np.divide(scale, roots, out=np.zeros_like(roots), where=roots > 0)
        return found


class Compiled:
    """The loops compiled. Making one loads numba and compiles, or reads what was compiled before."""

    def __init__(self) -> None:
        from matching.index import compiled

        self._loops: Any = compiled
        no, short, whole = (
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.float32),
            np.zeros((0, 3), dtype=np.int64),
        )
        self.blend(short, short, np.float32(0), short)
        self.best(short, np.zeros(0, dtype=np.bool_), 1)
        for writeable in (
            True,
            False,
        ):  # what is mapped from a file is of another type, compiled apart
            none, sums = np.zeros(0, dtype=np.uint32), np.zeros((0, 3), dtype=np.int64)
            none.flags.writeable = sums.flags.writeable = writeable
            self.add(none, no, no, short, np.zeros(64, dtype=np.float32), short)
            self.shift(none, no, no, no, no, np.zeros(64, dtype=np.int64), whole)
            self.inverse(sums, 0, np.float32(0))

    def add(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        weights: Sums,
        by_count: Sums,
        sums: Sums,
    ) -> None:
        self._loops.add(postings, starts, ends, weights, by_count, sums)

    def blend(
        self, sums: Sums, factors: Sums, weight: np.float32, scores: Sums
    ) -> None:
        self._loops.blend(sums, factors, weight, scores)

    def best(
        self, scores: Sums, allowed: npt.NDArray[np.bool_], top: int
    ) -> npt.NDArray[np.int64]:
        found: npt.NDArray[np.int64] = self._loops.best(scores, allowed, top, NEAR)
        return found

    def shift(
        self,
        postings: Packed,
        starts: Offsets,
        ends: Offsets,
        old: Offsets,
        new: Offsets,
        by_count: Offsets,
        to: Offsets,
    ) -> None:
        self._loops.shift(postings, starts, ends, old, new, by_count, to)

    def inverse(self, sums: Offsets, top: int, scale: np.float32) -> Sums:
        found: Sums = self._loops.inverse(sums, top, scale)
        return found


class _Loading:
    """Which loops are used, and the thread that brings the compiled ones."""

    def __init__(self) -> None:
        self.loops: Loops = Plain()
        self.thread: threading.Thread | None = None
        self.guard = threading.Lock()
        self.asked = 0

    def begin(self) -> threading.Thread:
        with self.guard:
            if self.thread is None:
                self.thread = threading.Thread(
                    target=self._load, name="compiled-loops", daemon=True
                )
                self.thread.start()
            return self.thread

    def forget(self) -> None:
        """In a process that was forked off while the thread ran: the thread did not come along."""
        self.guard = threading.Lock()
        if isinstance(self.loops, Plain):
            self.thread = None

    def _load(self) -> None:
        try:
            self.loops = Compiled()
        except (
            Exception
        ):  # a machine where numba cannot load or compile is served by numpy
            self.loops = Plain()


_loading = _Loading()
os.register_at_fork(after_in_child=_loading.forget)


def loops() -> Loops:
    """The loops to use now: compiled ones once they are loaded, which begins after the first answers."""
    if _loading.thread is None:
        _loading.asked += 1
        if _loading.asked > FIRST:
            _loading.begin()
    return _loading.loops


def ready() -> Loops:
    """The compiled loops, waited for; numpy's where numba cannot be used."""
    _loading.begin().join()
    return _loading.loops
