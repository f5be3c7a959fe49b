"""One query against a catalogue: the score, the best documents, and the reasons of those that are asked for.
Not here: the parts of a score (index, vectors), how a score is shared out among words (explaining).

score = (grams · cos of grams + titles · cos of title units + words · cos of words + vectors · cos of mean word
vectors · confidence of the document's) / (grams + titles + words + vectors · confidence of the query's), in 0…1;
confidence is n / (n + 10) for a text of n words, so that a text is nearest to itself with the score 1.
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    Mapping,
    Sequence,
)
from functools import cached_property
from typing import Any

import numpy as np

from matching import vectors
from matching.arrays import (
    Bools,
    Float16s,
    Float32s,
    Float64s,
    Int64s,
)
from matching.catalogue import Catalogue
from matching.documents import (
    Document,
    Id,
    id_sort_key,
)
from matching.explaining import kernels as explaining_kernels
from matching.explaining.query_explainer import QueryExplainer
from matching.explaining.query_text import QueryText, read_query
from matching.explaining.reasons import (
    EarnedParts,
    Evidence,
    QueryAnalysis,
    Reasons,
)
from matching.features import (
    FEATURE_KINDS,
    FeatureCounts,
    Features,
)
from matching.index import kernels
from matching.index.feature_index import FeatureIndex
from matching.index.weighting import SUBLINEAR, WeightedQuery
from matching.match import Match
from matching.prepared_query import (
    PreparedQuery,
    QueryAlone,
    normalised_weights,
)

# Places of a score: beyond them the sums of 32 bits differ from machine to machine.
SCORE_PLACES = 9


class QueryRun:
    """A query weighted against a catalogue as it is at this moment.

    rank(), score() and the explain methods need the catalogue unchanged meanwhile; what they return does not: a run
    keeps the weighted query, the norms of what it ranked, and indexes whose documents never change in place.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        weights: Mapping[str, float],
        document: Document,
        *,
        read: Features | None = None,
        prepared: PreparedQuery | None = None,
    ) -> None:
        """Weigh a query.

        Args:
            catalogue: what it is run against.
            weights: of the kinds of features and of `vectors`.
            document: the query.
            read: its features, where they are known.
            prepared: the query where it was read and weighted already, together with others; it is looked at when
                something is asked for.
        """
        self._document = document
        self._catalogue = catalogue
        self._documents = catalogue.size
        self._given_weights = weights
        self._direction: Float64s | None = None
        if prepared is None:
            features = self._text.features if read is None else read
            prepared = QueryAlone(catalogue, features)
        self._prepared = prepared
        self._indexes = prepared.indexes

    @cached_property
    def _features(self) -> Features:
        return self._prepared.features()

    @cached_property
    def _queries(self) -> dict[str, WeightedQuery]:
        return self._prepared.weighted()

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The weights over the most that this query can earn."""
        words = len(self._features.words.keys)
        has_vectors = len(self._catalogue.word_vectors.keys) > 0
        return normalised_weights(self._given_weights, words, has_vectors)

    @cached_property
    def _text(self) -> QueryText:
        return read_query(self._document)

    @cached_property
    def _explainer(self) -> QueryExplainer:
        return QueryExplainer(self._text, self._queries, self._documents)

    @property
    def analysis(self) -> QueryAnalysis:
        """What the query is taken to say."""
        return self._explainer.analysis

    # ranking

    def rank(
        self,
        top: int,
        only: Collection[Id] | None = None,
    ) -> list[Match]:
        """The best documents, best first, equal scores by id; Matcher.rank() says more."""
        if top <= 0 or not self._features.has_content:
            return []
        products = self._products()
        numbers = self._candidates(products, top, only)
        norms = self._norms(numbers)
        own = {kind: sums[numbers] for kind, sums in products.items()}
        # Order is by the rounded scores, so that a page and its ties never disagree.
        scores = rounded(self._scores(own, numbers, norms))
        least = 0.0
        if len(scores) > top:
            # All that tie for the last place compete by id.
            least = np.partition(scores, -top)[-top]
        best: list[Match] = []
        for place in np.flatnonzero(scores >= least).tolist():
            best.append(self._match(numbers, scores, norms, place))
        best.sort(key=lambda match: (-match.score, id_sort_key(match.id)))
        return best[:top]

    def _match(
        self,
        numbers: Int64s,
        scores: Float64s,
        norms: Mapping[str, Float64s],
        place: int,
    ) -> Match:
        number = int(numbers[place])
        id_ = self._catalogue.ids[number]
        return Match(id_, float(scores[place]), self, number, norms, place)

    def _products(self) -> dict[str, Float32s]:
        """The products of the query with every document by kind, each of shape (n,)."""
        products: dict[str, Float32s] = {}
        for kind, index in self._indexes.items():
            products[kind] = index.dot(self._queries[kind])
        return products

    def _candidates(
        self, products: dict[str, Float32s], top: int, only: Collection[Id] | None
    ) -> Int64s:
        """The numbers of all that may be among the `top` best once vectors are counted, shape (m,)."""
        allowed = self._catalogue.ranked_among(only)
        if not len(allowed):
            return np.zeros(0, dtype=np.int64)
        scores = np.zeros(len(allowed), dtype=np.float32)
        for kind, sums in products.items():
            factors = self._indexes[kind].inverse_norms(self._documents)
            weight = np.float32(self._weights[kind])
            kernels.accumulate(sums, factors, weight, scores)
        # Vectors reorder the best by text; they cannot bring in others (decision 013).
        depth = max(top, vectors.RESCORED) if self._weights["vectors"] else top
        depth = min(depth, len(allowed))
        candidates: Int64s = kernels.top_candidates(
            scores,
            allowed,
            depth,
            kernels.NEAR,
        )
        return candidates

    def _norms(self, numbers: Int64s) -> dict[str, Float64s]:
        """The norms of some documents by kind, each of shape (k,)."""
        norms: dict[str, Float64s] = {}
        for kind, index in self._indexes.items():
            norms[kind] = index.norms(self._documents, numbers)
        return norms

    def _scores(
        self,
        products: dict[str, Float32s],
        numbers: Int64s,
        norms: Mapping[str, Float64s],
    ) -> Float64s:
        """The scores of some documents in 64 bits, shape (k,).

        Args:
            products: of these documents by kind, each of shape (k,).
            numbers: of the documents, shape (k,).
            norms: of these by kind, each of shape (k,).
        """
        total = np.zeros(len(numbers))
        if not len(numbers):
            return total
        for kind, sums in products.items():
            # 64 bits from here: only a hundred documents are left.
            weighted = sums.astype(np.float64) * self._weights[kind]
            cosines = np.zeros(len(numbers))
            np.divide(
                weighted,
                norms[kind],
                out=cosines,
                where=norms[kind] > 0,
            )
            total += cosines
        if self._weights["vectors"]:
            means = self._catalogue.mean_vectors(numbers)
            total += self._weights["vectors"] * self._vector_similarity(means)
        return total

    def _vector_similarity(self, others: Float16s) -> Float64s:
        """How near the query is to others by their mean vectors, shape (k, d) → (k,)."""
        # Worked out once a run, and not at all where nothing is ranked.
        if self._direction is None:
            word_vectors = self._catalogue.word_vectors
            mean = word_vectors.mean_vectors([self._features.words])
            self._direction = vectors.directions(mean)
        alone = np.zeros(len(others), dtype=np.int64)
        return vectors.vector_similarities(self._direction, alone, others)

    def score(self, ids: Sequence[Id]) -> Float64s:
        """The scores of documents by id, shape (len(ids),); 0 for those that are not ranked or not here."""
        # Unknown ids are no error: a row may have left the catalogue since the page was built.
        number_of = self._catalogue.number_of
        numbers = np.array(
            [number_of.get(id_, -1) for id_ in ids],
            dtype=np.int64,
        )
        here = np.flatnonzero(numbers >= 0)
        scores = np.zeros(len(ids))
        scores[here] = self._score_numbers(
            numbers[here],
            self._norms(numbers[here]),
        )
        return scores

    def _score_numbers(
        self, numbers: Int64s, norms: Mapping[str, Float64s]
    ) -> Float64s:
        """The scores of documents of those norms, 0 where nothing is ranked, shape (k,) → (k,)."""
        if not self._features.has_content:
            return np.zeros(len(numbers))
        products: dict[str, Float32s] = {}
        for kind, index in self._indexes.items():
            products[kind] = index.dot_documents(self._queries[kind], numbers)
        scores = rounded(self._scores(products, numbers, norms))
        ranked: Float64s = np.where(self._catalogue.is_ranked[numbers], scores, 0.0)
        return ranked

    # explaining

    def length_ratio(self, words: int) -> float:
        """Content words of the shorter of two texts over those of the longer one, 0…1.

        Args:
            words: how many distinct ones, with their parts, the other text has.
        """
        own = len(self._features.words.keys)
        return min(own, words) / max(own, words, 1)

    def length_ratio_to(self, number: int) -> float:
        """The same to a document of the catalogue by its number."""
        return self.length_ratio(len(self._indexes["words"].document(number).keys))

    def features_of(self, number: int) -> Features:
        """What a document of that number, which was ranked, is ranked by: the same as reading its text gives."""
        return stored_features(self._indexes, number)

    def match_of(self, id_: Id) -> Match:
        """A document of the catalogue as if it had been ranked. Raises KeyError when no document has the id."""
        numbers = np.array([self._catalogue.number_of[id_]])
        norms = self._norms(numbers)
        return self._match(numbers, self._score_numbers(numbers, norms), norms, 0)

    def explain_features(self, other: Features) -> Reasons:
        """Why a document from outside would have its score, weighed as if it were in the catalogue."""
        counted: dict[str, FeatureCounts] = {}
        norms: dict[str, float] = {}
        for kind, index in self._indexes.items():
            counted[kind] = getattr(other, kind)
            norms[kind] = index.norm(counted[kind], self._documents)
        # No rounding by postings here, so it differs from a stored one by the last bits of 32.
        score = 0.0
        if self._features.has_content and other.has_content:
            score = self._earned(counted, norms)[1]
            if self._weights["vectors"]:
                word_vectors = self._catalogue.word_vectors
                means = word_vectors.mean_vectors([other.words])
                near = float(self._vector_similarity(means)[0])
                score += self._weights["vectors"] * near
        return self.reasons_of(self._evidence(counted, norms, float(rounded(score))))

    def evidence_of(
        self, number: int, norms: Mapping[str, float], score: float
    ) -> Evidence:
        """By which words a document of that number, of those norms by kind, has its score."""
        counted: dict[str, FeatureCounts] = {}
        for kind, index in self._indexes.items():
            counted[kind] = index.document(number)
        return self._evidence(counted, norms, score)

    def reasons_of(self, evidence: Evidence) -> Reasons:
        """Why it has it, in full."""
        return self._explainer.explain(evidence)

    def _evidence(
        self,
        counted: Mapping[str, FeatureCounts],
        norms: Mapping[str, float],
        score: float,
    ) -> Evidence:
        earned, total, shared = self._earned(counted, norms)
        # A score of 0 has nothing to share out, whatever the texts have in common.
        if score <= 0:
            earned = {kind: np.zeros_like(parts) for kind, parts in earned.items()}
            total = 0.0
        vector_share = 0.0
        if self._weights["vectors"]:
            # What features did not earn, the vectors did.
            vector_share = max(0.0, score - total)
        ratio = self.length_ratio(len(counted["words"].keys))
        grams = np.zeros(0, dtype=np.uint64)
        if "grams" in counted:
            grams = counted["grams"].keys
        parts = EarnedParts(earned, shared, vector_share, ratio, grams)
        return self._explainer.find_evidence(score, parts)

    def _earned(
        self, counted: Mapping[str, FeatureCounts], norms: Mapping[str, float]
    ) -> tuple[dict[str, Float64s], float, Bools]:
        """What a document earns by its features.

        Args:
            counted, norms: its features and its norm by kind.

        Returns:
            kind → the part of the score of each feature of the query, shape (k,); their sum; which content words it
            shares, shape (content words,).
        """
        earned: dict[str, Float64s] = {}
        total = 0.0
        shared_words = np.zeros(0, dtype=np.bool_)
        for kind, query in self._queries.items():
            keys = query.counted.keys
            parts = np.zeros(len(keys))
            shared = np.zeros(len(keys), dtype=np.bool_)
            total += explaining_kernels.earn_parts(
                keys,
                query.weights,
                counted[kind].keys,
                counted[kind].counts,
                SUBLINEAR,
                norms[kind],
                self._weights[kind],
                parts,
                shared,
            )
            earned[kind] = parts
            if kind == "words":
                shared_words = shared
        return earned, total, shared_words


def stored_features(indexes: Mapping[str, FeatureIndex], number: int) -> Features:
    """What a document with content words is ranked by, from the indexes by kind; the same as reading its text gives."""
    nothing = FeatureCounts(np.zeros(0, np.uint64), np.zeros(0, np.uint8))
    counted = dict.fromkeys(FEATURE_KINDS, nothing)
    for kind, index in indexes.items():
        counted[kind] = index.document(number).ascending()
    return Features(**counted, has_content=True)


def rounded(scores: Any) -> Any:
    """In 0…1, to nine places; a number or an array of any shape."""
    return np.round(np.clip(scores, 0.0, 1.0), SCORE_PLACES)
