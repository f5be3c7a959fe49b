"""A posting in 32 bits: a number of 26 bits (a document, or a feature) above a count of six.
Not here: lists of postings (segment), the loops over them (kernels).
"""

from __future__ import annotations

import numpy as np

from matching.arrays import (
    UInt8s,
    UInt32s,
)

# Counts have six bits; what occurs more often says no more.
MAX_COUNT = 63
# 26 bits are 67 million documents, or features of one kind.
COUNT_BITS = np.uint32(6)
COUNT_MASK = np.uint32(MAX_COUNT)


def pack_postings(
    numbers: UInt32s,
    counts: UInt8s,
) -> UInt32s:
    """Postings of numbers and counts, all of shape (p,)."""
    return (numbers << COUNT_BITS) | counts


def posting_numbers(postings: UInt32s) -> UInt32s:
    """The numbers of postings, both of shape (p,)."""
    return postings >> COUNT_BITS


def posting_counts(postings: UInt32s) -> UInt8s:
    """The counts of postings, 1…MAX_COUNT, both of shape (p,)."""
    return (postings & COUNT_MASK).astype(np.uint8)
