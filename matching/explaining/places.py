"""Where the features of a query lie in its text, as arrays, and what share of each feature is at each place.
Not here: what a place earns and whose it is (query_explainer).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from matching.arrays import Float64s, Int64s, UInt64s
from matching.index.keys import find_keys

# Where a feature occurs in the query: its key, start, end, and how often it counts there. A plain tuple: a query has a
# thousand, and named ones are slower to make.
Place: TypeAlias = tuple[int, int, int, int]


class PlaceTable(NamedTuple):
    """All places of the features of a query, by feature; characters are those of the title with the text after it.

    Attributes:
        features: the feature of each place, numbered through all kinds, shape (p,).
        starts, ends: its characters, shape (p,).
        shares: what goes to this place of what its feature earned, shape (p,).
    """

    features: Int64s
    starts: Int64s
    ends: Int64s
    shares: Float64s


def places_by_feature(places: Sequence[Place], known: UInt64s) -> PlaceTable:
    """Places in the order of the query's features, each with its share of all that its feature counts.

    Args:
        places: in reading order.
        known: keys of the query's features, ascending, shape (k,).
    """
    keys = np.array([place[0] for place in places], dtype=np.uint64)
    rest = np.array([place[1:] for place in places], dtype=np.int64).reshape(-1, 3)
    feature = find_keys(known, keys)
    # What is at no place of the features was not counted: a text is cut off at a most of features.
    counted = np.flatnonzero(feature >= 0)
    # Stable: the places of one feature stay in reading order.
    order = counted[np.argsort(feature[counted], kind="stable")]
    feature = feature[order]
    starts, ends, times = rest[order].T.copy()
    totals = np.bincount(feature, weights=times, minlength=len(known))
    return PlaceTable(feature, starts, ends, times / totals[feature])
