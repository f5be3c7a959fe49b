"""The compiled loops over the characters of many texts (numba): which signs and runs are in them.
Not here: which signs (screening), what sentences speak of (sentence_kernels), the loops over postings (index.kernels).

Signatures as in matching.index.kernels (decision 033). Plain forms of them are the oracles of the tests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from matching.arrays import Int64s, UInt8s, UInt32s, UInt64s
from matching.code_points import OTHER_PLANE
from matching.index.compiling import compiled_loop, read_only, writeable

# What a table of classes has a place for: the code points of the first plane, all others together, the end of a text.
END_OF_TEXT = 0x10001
CLASSED = 0x10002
_CODES = read_only(types.uint32)
_ENDS = read_only(types.int64)
_KINDS = read_only(types.uint8)


@compiled_loop(
    writeable(types.uint64)(
        _CODES,
        _ENDS,
        read_only(types.uint64),
        read_only(types.uint64),
        read_only(types.uint64),
        read_only(types.uint64),
        _ENDS,
        _ENDS,
        types.int64,
    )
)
def find_signs(
    codes: UInt32s,
    ends: Int64s,
    firsts: UInt64s,
    seconds: UInt64s,
    thirds: UInt64s,
    runs: UInt64s,
    lengths: Int64s,
    withins: Int64s,
    first_run: int,
) -> UInt64s:
    """Which of up to 64 kinds of three characters in a row, and of runs, each text has.

    Args:
        codes, ends: as code_points_of() gives them; n texts.
        firsts, seconds, thirds: of which kinds a character may be the first, second or third: kind k is bit k. The end
            of a text is a character that may come second and third. Shape (CLASSED,).
        runs: of which kinds of runs a character may be part: kind k is bit k, shape (CLASSED,).
        lengths, withins: how many characters make a run, and how far each may be behind the one before, shape (r,).
        first_run: the bit of the first run in what is returned.

    Returns:
        one bit for each kind that a text has, shape (n,).
    """
    found = np.zeros(len(ends) - 1, dtype=np.uint64)
    in_run = np.zeros(len(lengths), dtype=np.int64)
    last = np.zeros(len(lengths), dtype=np.int64)
    nothing = np.uint64(0)
    one = np.uint64(1)
    for text in range(len(found)):
        begun = nothing
        going_on = nothing
        in_run[:] = 0
        for at in range(ends[text], ends[text + 1] + 2):
            code: Any = END_OF_TEXT
            if at < ends[text + 1]:
                code = min(np.int64(codes[at]), OTHER_PLANE)
            found[text] |= going_on & thirds[code]
            going_on = begun & seconds[code]
            begun = firsts[code]
            if runs[code] == nothing:
                continue
            for run in range(len(lengths)):
                if (runs[code] >> np.uint64(run)) & one:
                    if at - last[run] > withins[run]:
                        in_run[run] = 0
                    in_run[run] += 1
                    last[run] = at
                    if in_run[run] >= lengths[run]:
                        found[text] |= one << np.uint64(first_run + run)
    return found


@compiled_loop(writeable(types.int64, 2)(_CODES, _KINDS))
def find_runs(codes: UInt32s, kinds: UInt8s) -> Int64s:
    """The runs of some characters that have one that counts.

    Args:
        codes: of a text, shape (c,).
        kinds: 0 for characters outside of runs, 1 for those inside, 2 for those inside that count; shape (CLASSED,).

    Returns:
        where they begin, and where they end, shape (2, r).
    """
    runs = np.empty((2, len(codes) // 2 + 1), dtype=np.int64)
    out = 0
    at = 0
    while at < len(codes):
        start = at
        counts = False
        while at < len(codes):
            code: Any = min(np.int64(codes[at]), OTHER_PLANE)
            kind = kinds[code]
            if kind == 0:
                break
            counts |= kind == 2
            at += 1
        if counts:
            runs[0, out] = start
            runs[1, out] = at
            out += 1
        at += 1
    return runs[:, :out].copy()
