"""Looking up features by their keys in a sorted array.
Not here: what a key is (features).
"""

from __future__ import annotations

import numpy as np

from matching.arrays import (
    Int64s,
    UInt64s,
)


def find_keys(
    known: UInt64s,
    keys: UInt64s,
) -> Int64s:
    """The places of keys in a sorted array.

    Args:
        known: distinct keys, ascending, shape (t,).
        keys: in any order, shape (k,).

    Returns:
        the place of each among the known ones, -1 where it is not known, shape (k,).
    """
    if not len(known):
        return np.full(len(keys), -1)
    at = np.searchsorted(known, keys)
    # Beyond the last key there is nothing to compare with; the first one differs as well.
    at[at == len(known)] = 0
    return np.where(known[at] == keys, at, -1)
