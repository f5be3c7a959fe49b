"""The reasons of a score as data: shared words with their shares, which with the residual make up the score.
Not here: how they are worked out (query_explainer), facts beside the text (facts), the grade (judging).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from matching.arrays import Bools, Float64s, UInt64s
from matching.folding import normalise
from matching.lexicon import synonym_groups


@dataclass(frozen=True)
class QueryAnalysis:
    """How a query is read, also one that gets no ranking.

    Attributes:
        weighed: words of the text that stand in the catalogue, with their share of the weight of all of them, heaviest
            first; the shares add up to 1.
        unknown: things, processes and faults that the text names and no document of the catalogue does, heaviest first.
        unknown_weight: their share of the weight of all that the text names, 0…1.
        empty_reason: why there is no ranking: "empty" (no letters), "boilerplate" (no content word), or None.
    """

    weighed: list[tuple[str, float]]
    unknown: list[str]
    empty_reason: str | None
    unknown_weight: float = 0.0


@dataclass(frozen=True)
class Reasons:
    """Why a document has its score for a query; sum(share for _, share in words) + residual == score.

    Attributes:
        words: words of both texts with their shares of the score, largest first.
        residual: what grams outside these words and word vectors earned.
        score: 0…1.
        specific: those of the words that few documents have.
        covered: how much of the query's weight its shared words carry, 0…1.
        weighed, unknown_words, unknown_weight: as in QueryAnalysis.
        vector_share: the part of the residual that words earned by being used alike in both texts.
        length_ratio: distinct content words of the shorter text over those of the longer one, 0…1.
        missing: of the heaviest things, processes and faults that the query names those that the document lacks.
        synonyms: those of the words that the document writes otherwise, with how: 异响 → 噪声.
    """

    words: list[tuple[str, float]]
    residual: float
    score: float
    specific: list[str]
    covered: float
    weighed: list[tuple[str, float]]
    unknown_words: list[str]
    vector_share: float = 0.0
    length_ratio: float = 1.0
    missing: Sequence[str] = ()
    unknown_weight: float = 0.0
    synonyms: Mapping[str, str] = field(default_factory=dict)

    @property
    def marked_words(self) -> frozenset[str]:
        """The words, and all that count as one with them: what earned something in either text."""
        marked = {word for word, _ in self.words}
        # The other side may write the synonym, and has to be marked where it earned the share.
        for word, _ in self.words:
            marked.update(map(normalise, synonym_groups().get(word, ())))
        return frozenset(marked)

    def rounded_parts(self, whole: int) -> list[int]:
        """The score in whole numbers that add up to `whole`: of each word, of other grams, of the vectors."""
        shares = [share for _, share in self.words]
        # Pages show the two parts of the residual separately: pieces of text, and words used alike.
        grams = self.residual - self.vector_share
        return largest_remainder(
            [*shares, grams, self.vector_share],
            whole,
        )

    @property
    def percents(self) -> dict[str, int]:
        """Per cent of the score that each word earned, as every page says it: the parts are rounded together."""
        words = [word for word, _ in self.words]
        return dict(zip(words, self.rounded_parts(100), strict=False))


@dataclass(frozen=True)
class EarnedParts:
    """What the features of a query earned for one document, and what the vectors did, in parts of the score.

    Attributes:
        parts: kind of features → the part of each feature of the query, shape (features of that kind,).
        shared_words: which content words of the query the document has, shape (content words,).
        vector_share: what words earned by being used alike in both texts.
        length_ratio: as in Reasons.
        grams: keys of the document's grams in any order, shape (g,); none where grams do not count.
    """

    parts: Mapping[str, Float64s]
    shared_words: Bools
    vector_share: float
    length_ratio: float
    grams: UInt64s

    @cached_property
    def sorted_grams(self) -> UInt64s:
        """The keys of the document's grams, ascending; few documents are asked for them."""
        return np.sort(self.grams)


class GradeEvidence(Protocol):
    """What of the reasons a grade by cut points asks for."""

    @property
    def words(self) -> list[tuple[str, float]]:
        """Words of both texts with their shares of the score, largest first."""

    @property
    def specific(self) -> list[str]:
        """Those of the words that few documents have."""

    @property
    def score(self) -> float:
        """0…1."""

    @property
    def length_ratio(self) -> float:
        """Distinct content words of the shorter text over those of the longer one, 0…1."""


@dataclass(frozen=True)
class Evidence:
    """A score shared out among the words: half of the work of the reasons, and all that a grade asks for.

    Attributes:
        words, specific, score, length_ratio: as in Reasons, which are made of it.
        earned: what the features earned of the score.
    """

    words: list[tuple[str, float]]
    specific: list[str]
    score: float
    length_ratio: float
    earned: EarnedParts


def largest_remainder(
    parts: Sequence[float],
    whole: int,
) -> list[int]:
    """Parts as whole numbers that add up to `whole`, by the largest-remainder method.

    Args:
        parts: what is below 0 counts as 0.
        whole: the sum of the result.

    Returns:
        the parts rounded down, then one more each for the largest remainders, the first of equal ones; all 0 for
        parts that are all 0.
    """
    # A residual may be a rounding below zero.
    positive = [max(0.0, part) for part in parts]
    # Nothing was earned: there are no parts of nothing, and no division by it.
    total = sum(positive)
    if total <= 0:
        return [0] * len(positive)
    exact = [part * whole / total for part in positive]
    counts = [int(value) for value in exact]
    # Ties go to the first, so that the same score is always shown the same.
    by_remainder = sorted(
        range(len(exact)),
        key=lambda i: (counts[i] - exact[i], i),
    )
    for i in by_remainder[: whole - sum(counts)]:
        counts[i] += 1
    return counts
