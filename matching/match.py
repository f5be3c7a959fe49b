"""A document that was ranked, which works out on demand why it has its score.
Not here: how it is ranked and explained (ranking).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from matching.arrays import Float64s
from matching.documents import Id
from matching.explaining.reasons import (
    Evidence,
    GradeEvidence,
    QueryAnalysis,
    Reasons,
)
from matching.features import Features


class Explained(Protocol):
    """What a match needs of the ranking it came from."""

    @property
    def analysis(self) -> QueryAnalysis:
        """What the query is taken to say."""

    def evidence_of(
        self, number: int, norms: Mapping[str, float], score: float
    ) -> Evidence:
        """By which words a document of that number, of those norms by kind, has its score."""

    def reasons_of(self, evidence: Evidence) -> Reasons:
        """Why it has it, in full."""

    def length_ratio_to(self, number: int) -> float:
        """Content words of the shorter of query and document over those of the longer one, 0…1."""

    def features_of(self, number: int) -> Features:
        """What a document of that number, which was ranked, is ranked by."""


class Pair(Protocol):
    """Two texts with the score of one for the other, and why they have it."""

    @property
    def score(self) -> float:
        """0…1."""

    @property
    def length_ratio(self) -> float:
        """Content words of the shorter text over those of the longer one, 0…1."""

    @property
    def evidence(self) -> GradeEvidence:
        """The words that earned the score, with their shares: what a grade asks for."""

    @property
    def reasons(self) -> Reasons:
        """The same, and what the texts do not share."""


@dataclass(frozen=True)
class ExplainedPair:
    """A pair whose reasons are worked out already."""

    reasons: Reasons

    @property
    def score(self) -> float:
        """See Pair."""
        return self.reasons.score

    @property
    def length_ratio(self) -> float:
        """See Pair."""
        return self.reasons.length_ratio

    @property
    def evidence(self) -> GradeEvidence:
        """See Pair."""
        return self.reasons


class Match:
    """A document of the catalogue that was ranked.

    Attributes:
        id: as given to fit() or put().
        score: 0…1, to nine places; 1 for a text against itself.
    """

    def __init__(
        self,
        id: Id,
        score: float,
        run: Explained,
        number: int,
        norms: Mapping[str, Float64s],
        place: int,
    ) -> None:
        """A document that was ranked.

        Args:
            id, score: the attributes.
            run: the ranking it came from.
            number: of the document.
            norms: by kind, of the documents that were ranked with it, shape (k,).
            place: its own among these.
        """
        self.id = id
        self.score = score
        self._run = run
        self._number = number
        self._norms = norms
        self._place = place

    @cached_property
    def evidence(self) -> Evidence:
        """The words that earned the score, with their shares; worked out on first use (some .2 ms).

        They are those of the ranking, whatever was put, removed or merged since, so no lock is needed for them.
        """
        norms: dict[str, float] = {}
        for kind, values in self._norms.items():
            norms[kind] = float(values[self._place])
        return self._run.evidence_of(self._number, norms, self.score)

    @cached_property
    def reasons(self) -> Reasons:
        """The same, and what the texts do not share; worked out on first use too."""
        return self._run.reasons_of(self.evidence)

    @property
    def length_ratio(self) -> float:
        """As Reasons.length_ratio, without working the reasons out."""
        return self._run.length_ratio_to(self._number)

    @property
    def features(self) -> Features:
        """What the document is ranked by, as it is stored: reading its text again takes twenty times as long."""
        return self._run.features_of(self._number)

    @property
    def analysis(self) -> QueryAnalysis:
        """What the query of the ranking was taken to say."""
        return self._run.analysis

    def __repr__(self) -> str:
        return f"Match(id={self.id!r}, score={self.score:.4f})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Match):
            return False
        return (self.id, self.score) == (other.id, other.score)

    def __hash__(self) -> int:
        return hash((self.id, self.score))
