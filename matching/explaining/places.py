"""Where the features of a query lie in its text, as arrays, and what share of each feature is at each place.
Not here: what a place earns and whose it is (query_explainer).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matching.arrays import Float64s, Int64s, UInt64s
from matching.index.keys import find_keys


class Places(NamedTuple):
    """Where features occur in a query, in reading order.

    Attributes:
        keys: of the features, shape (p,).
        starts, ends: their characters, shape (p,).
        times: how often each counts there, shape (p,).
    """

    keys: UInt64s
    starts: Int64s
    ends: Int64s
    times: Int64s


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


def places_by_feature(places: Places, known: UInt64s) -> PlaceTable:
    """Places in the order of the query's features, each with its share of all that its feature counts.

    Args:
        places: in reading order.
        known: keys of the query's features, ascending, shape (k,).
    """
    feature = find_keys(known, places.keys)
    # What is at no place of the features was not counted: a text is cut off at a most of features.
    counted = np.flatnonzero(feature >= 0)
    # Stable: the places of one feature stay in reading order.
    order = counted[np.argsort(feature[counted], kind="stable")]
    feature = feature[order]
    times = places.times[order]
    totals = np.bincount(feature, weights=times, minlength=len(known))
    return PlaceTable(
        feature, places.starts[order], places.ends[order], times / totals[feature]
    )


def joined(parts: Sequence[Places]) -> Places:
    """Places of several texts, one text after the other."""
    return Places(*map(np.concatenate, zip(*parts, strict=True)))
