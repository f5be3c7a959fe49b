"""A query as a ranking takes it: its features, these weighted, and what each kind of them is worth.
Not here: the score (ranking), queries that are weighted together (batch).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from matching import vectors
from matching.catalogue import Catalogue
from matching.features import FEATURE_KINDS, Features
from matching.index.feature_index import FeatureIndex
from matching.index.weighting import WeightedQuery


class PreparedQuery(Protocol):
    """A query that was read and weighted with others, whose parts are made when something asks for them."""

    @property
    def indexes(self) -> dict[str, FeatureIndex]:
        """Those it was weighted against, by kind of features; not changed by merge()."""

    def features(self) -> Features:
        """What it is ranked by."""

    def weighted(self) -> dict[str, WeightedQuery]:
        """These weighted, by kind."""


class QueryAlone:
    """A query that was read by itself, weighted at once (PreparedQuery)."""

    def __init__(self, catalogue: Catalogue, features: Features) -> None:
        # A copy: merge() puts new indexes into the catalogue, this query stays with the old ones.
        self.indexes = dict(catalogue.indexes)
        self._features = features
        self._weighted: dict[str, WeightedQuery] = {}
        for kind, index in self.indexes.items():
            counted = getattr(features, kind)
            self._weighted[kind] = index.weigh(counted, catalogue.size)

    def features(self) -> Features:
        """See PreparedQuery."""
        return self._features

    def weighted(self) -> dict[str, WeightedQuery]:
        """See PreparedQuery."""
        return self._weighted


def normalised_weights(
    weights: Mapping[str, float], words: Any, has_vectors: bool
) -> dict[str, Any]:
    """Weights over the most that a query can earn.

    Args:
        weights: of the kinds of features and of `vectors`.
        words: how many distinct content words the query has; a number or an array of any shape.
        has_vectors: whether the catalogue has word vectors.

    Returns:
        by kind and for `vectors`, each as `words` is.
    """
    own = {kind: weights[kind] for kind in FEATURE_KINDS}
    own["vectors"] = weights["vectors"] if has_vectors else 0.0
    confidence = vectors.length_confidence(words)
    # A short query can earn less from vectors, so that full agreement still gives 1.
    total = sum(own.values()) + own["vectors"] * (confidence - 1)
    return {kind: weight / total for kind, weight in own.items()}
