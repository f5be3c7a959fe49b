"""Codes spread over 64 bits, one to one: the compiled form of one code.
Not here: keys of features, and the form for arrays (features).
"""

from __future__ import annotations

import numpy as np
from numba import types

from matching.index.compiling import compiled_loop

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / φ, odd
MURMUR = np.uint64(0xFF51AFD7ED558CCD)  # a multiplier of MurmurHash3's finaliser
HALF = np.uint64(32)


@compiled_loop(types.uint64(types.uint64))
def mix_code(code: np.uint64) -> np.uint64:
    """features.mix_bits() of one code."""
    mixed = code * GOLDEN
    mixed ^= mixed >> HALF
    return mixed * MURMUR
