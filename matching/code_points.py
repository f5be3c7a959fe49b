"""Texts as one array of their code points, which compiled loops read, and back.
Not here: the loops (text_kernels), the folding of characters (folding).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from matching.arrays import Int64s, UInt32s

# Half a surrogate pair, which damaged files hold, is a code point like any other.
_ENCODING = ("utf-32-le", "surrogatepass")
# The first code point that is not of the first plane.
OTHER_PLANE = 0x10000


def code_points_of(texts: Sequence[str]) -> tuple[UInt32s, Int64s]:
    """The code points of some texts.

    Returns:
        codes: text after text, shape (c,), not to be changed.
        ends: text i is codes[ends[i]:ends[i + 1]], shape (n + 1,).
    """
    codes = np.frombuffer("".join(texts).encode(*_ENCODING), dtype=np.uint32)
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
    return codes, ends


def texts_of(codes: UInt32s, ends: Int64s) -> list[str]:
    """The texts that code_points_of() gives these arrays for."""
    whole = codes.tobytes().decode(*_ENCODING)
    return [whole[start:end] for start, end in pairwise(ends.tolist())]


@cache
def ranges_of(members: str) -> list[tuple[int, int]]:
    """The code points of the first plane that are a character, or of a class of a pattern: from, up to and without."""
    listed = members if len(members) == 1 else members[1:-1]
    # Sets of letters are looked up letter by letter: the pattern goes through the whole plane.
    if len(members) == 1 or (members.startswith("[") and listed.isalpha()):
        return [(ord(character), ord(character) + 1) for character in listed]
    runs = re.compile(f"(?:{members})+").finditer(_first_plane())
    return [run.span() for run in runs]


@cache
def _first_plane() -> str:
    return "".join(map(chr, range(OTHER_PLANE)))
