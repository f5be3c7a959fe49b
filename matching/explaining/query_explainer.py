"""How a query's score for a document is shared out among its words.
Not here: the score (ranking), the form of the reasons (reasons).

The score is made of grams as well as words, but nobody can read grams. A gram's part of the score is given to the
words in which it occurs in the query; what occurs in no shared word is the residual.
"""

from __future__ import annotations

from collections import (
    Counter,
    defaultdict,
)
from collections.abc import (
    Iterable,
    Set,
)
from functools import cached_property
from typing import (
    TypeAlias,
)

from matching import features
from matching import text as words_of
from matching.documents import Document
from matching.explaining.reasons import (
    EarnedParts,
    KeyParts,
    QueryAnalysis,
    Reasons,
)
from matching.index.weighting import WeightedQuery
from matching.text import Span

# A word is specific when at most this share of the documents has it,
RARE_SHARE = 0.05
# or so few documents.
RARE_AT_LEAST = 10
# Words named at most; what the others earned goes into the residual.
MAX_WORDS = 8
# Shares are equal but for the last bits when they agree to so many places.
_PLACES = 12


# Where a feature occurs in the query: side (0 the title, 1 the text), start, end, and its share of what the key earned.
# A plain tuple: a query has a thousand, and named ones are slower to make.
_Place: TypeAlias = tuple[int, int, int, float]
# Key of a feature → where it occurs.
_Places: TypeAlias = dict[int, list[_Place]]


class QueryExplainer:
    """A query's words at their places, and what they weighed when the query was run."""

    def __init__(
        self,
        query: Document,
        words: WeightedQuery,
        grams: WeightedQuery | None,
        documents: int,
    ) -> None:
        """Take the words of a query apart.

        Args:
            query: the document.
            words, grams: its features as they were weighted; grams None where grams do not count.
            documents: how many the catalogue has.
        """
        # The same two normalised texts that the features were read from, so that places and keys agree.
        self._sides = features.title_and_text(query)
        self._times = (features.TITLE_WEIGHT, 1)
        self._spans = [words_of.normal_spans(norm, stop=True) for norm in self._sides]
        self._whole = [longest_spans(spans) for spans in self._spans]
        self._keys: dict[str, int] = {}
        for spans in self._spans:
            for span in spans:
                self._keys[span.word] = features.word_key(span.word)
        self._words = words
        self._grams = grams
        # A query's content words are its features of that kind, so each has a place.
        places = enumerate(words.counted.keys.tolist())
        self._place_of = {key: place for place, key in places}
        self._max_frequency = max(RARE_AT_LEAST, RARE_SHARE * documents)
        self._weights = self._word_weights()

    def _word_weights(self) -> dict[str, float]:
        counted: Counter[str] = Counter()
        for spans, times in zip(self._whole, self._times, strict=True):
            for span in spans:
                counted[span.word] += times
        idf = self._words.idf.tolist()
        weights: dict[str, float] = {}
        for word, count in counted.items():
            # The square root softens repetition as the sublinear count does in the score.
            weights[word] = idf[self._place(word)] * count**0.5
        return weights

    @cached_property
    def _frequencies(self) -> dict[str, int]:
        """How many documents of the catalogue have each word."""
        frequencies = self._words.frequencies.tolist()
        return {word: frequencies[self._place(word)] for word in self._keys}

    def _place(self, word: str) -> int:
        """The place of a word among the weighted features of the query."""
        return self._place_of[self._keys[word]]

    @cached_property
    def analysis(self) -> QueryAnalysis:
        """What is weighed and what is unknown."""
        # No content word, no weight: the query is empty or boilerplate.
        total = sum(self._weights.values())
        if not total:
            return QueryAnalysis([], [], self._empty_reason())
        weighed = [(word, weight / total) for word, weight in self._weights.items()]
        weighed.sort(key=lambda pair: (-pair[1], pair[0]))
        absent = self._absent_words()
        unknown = [word for word, _ in weighed if word in absent]
        return QueryAnalysis(weighed, unknown, None)

    def _empty_reason(self) -> str:
        has_letters = any(c.isalnum() for c in "".join(self._sides))
        return "boilerplate" if has_letters else "empty"

    def _absent_words(self) -> set[str]:
        """Whole words that the catalogue does not have: not as a word, not cut otherwise, not in part."""
        absent: set[str] = set()
        for word in self._weights:
            # Rare words may be cut differently elsewhere: their characters side by side count as known.
            if not self._frequencies[word] and not self._occurs_as_grams(word):
                absent.add(word)
        for spans, whole in zip(self._spans, self._whole, strict=True):
            for outer in whole:
                if outer.word in absent and self._has_known_part(outer, spans):
                    absent.discard(outer.word)
        return absent

    def _occurs_as_grams(self, word: str) -> bool:
        """Whether each character of a Han word is followed by the next one somewhere in the catalogue."""
        if self._grams is None or len(word) < 2 or not words_of.is_han(word):
            return False
        keys = features.word_bigram_keys(word)
        return all(self._grams.frequency_of(key) for key in keys)

    def _has_known_part(
        self,
        outer: Span,
        spans: list[Span],
    ) -> bool:
        inside = [s for s in spans if outer.start <= s.start and s.end <= outer.end]
        return any(self._frequencies[span.word] for span in inside)

    def explain(
        self,
        score: float,
        earned: EarnedParts,
        others: Set[int],
    ) -> Reasons:
        """Share a score out among the words.

        Args:
            score: 0…1.
            earned: what the features earned of it.
            others: the keys of the other document's words.
        """
        chosen: list[list[Span]] = []
        for spans in self._spans:
            shared = [span for span in spans if self._keys[span.word] in others]
            chosen.append(longest_spans(shared))
        shares = self._shares(chosen, earned)
        # Equal shares in the order of the words, however their last bits were rounded.
        by_share = sorted(
            shares.items(),
            key=lambda pair: (-round(pair[1], _PLACES), pair[0]),
        )
        words = [pair for pair in by_share[:MAX_WORDS] if pair[1] > 0]
        total = sum(share for _, share in words)
        if total > score:
            # By a rounding of the sums of 32 bits.
            words = [(word, share * score / total) for word, share in words]
            total = sum(share for _, share in words)
        specific = [w for w, _ in words if self._frequencies[w] <= self._max_frequency]
        # What is left may be a rounding below zero.
        vector_share = max(0.0, min(earned.vector_share, score - total))
        return Reasons(
            words,
            score - total,
            score,
            specific,
            self._covered(chosen),
            self.analysis.weighed,
            self.analysis.unknown,
            vector_share,
        )

    def _shares(
        self, chosen: list[list[Span]], earned: EarnedParts
    ) -> dict[str, float]:
        """Word → what the features inside it earned."""
        owners = [
            _owners(spans, len(norm))
            for spans, norm in zip(chosen, self._sides, strict=True)
        ]
        # Always grams, titles, words: sums of floats depend on their order, and shares are compared to the bit.
        shares: defaultdict[str, float] = defaultdict(float)
        _add_shares(
            shares,
            owners,
            earned.grams,
            self._gram_places,
        )
        _add_shares(
            shares,
            owners,
            earned.titles,
            self._title_places,
        )
        _add_shares(
            shares,
            owners,
            earned.words,
            self._word_places,
        )
        return shares

    def _covered(self, chosen: list[list[Span]]) -> float:
        """The weight of the query's whole words that the other text has, a part counting by its length."""
        total = sum(self._weights.values())
        if not total:
            return 0.0
        found: dict[str, float] = {}
        for whole, spans in zip(self._whole, chosen, strict=True):
            for word, share in _covered_shares(whole, spans):
                found[word] = max(found.get(word, 0.0), share)
        return sum(self._weights[w] * share for w, share in found.items()) / total

    @cached_property
    def _gram_places(self) -> _Places:
        found: list[tuple[int, _Place]] = []
        for side, norm in enumerate(self._sides):
            for key, start, end in features.gram_spans(norm):
                found.append((key, (side, start, end, self._times[side])))
        return _with_shares(found)

    @cached_property
    def _title_places(self) -> _Places:
        title = self._sides[0]
        units = features.gram_spans(title, pairs=False, stop=False)
        times = self._times[0]
        return _with_shares((u.key, (0, u.start, u.end, times)) for u in units)

    @cached_property
    def _word_places(self) -> _Places:
        found: list[tuple[int, _Place]] = []
        for side, spans in enumerate(self._spans):
            for word, start, end in spans:
                place = (side, start, end, self._times[side])
                found.append((self._keys[word], place))
        return _with_shares(found)


def _with_shares(weighted: Iterable[tuple[int, _Place]]) -> _Places:
    """Places by key; given with how often each counts, which becomes its share of all that its key counts."""
    found: defaultdict[int, list[_Place]] = defaultdict(list)
    for key, place in weighted:
        found[key].append(place)
    for places in found.values():
        total = sum(times for *_, times in places)
        places[:] = [
            (side, start, end, times / total) for side, start, end, times in places
        ]
    return found


def _add_shares(
    shares: defaultdict[str, float],
    owners: list[list[Span | None]],
    earned: KeyParts,
    places: _Places,
) -> None:
    """Share what each key earned among its places, and add each place's share to the word it lies in."""
    for key, part in earned.items():
        for side, start, end, share in places.get(key, ()):
            owner = owners[side][start]
            # Only a feature that lies inside one shared word belongs to it; across two words it is residual.
            if owner is not None and owner is owners[side][end - 1]:
                shares[owner.word] += part * share


def _owners(
    spans: list[Span],
    length: int,
) -> list[Span | None]:
    """For each character of a text of that length the span that covers it."""
    owners: list[Span | None] = [None] * length
    for span in spans:
        owners[span.start : span.end] = [span] * (span.end - span.start)
    return owners


def _covered_shares(
    whole: list[Span], parts: list[Span]
) -> Iterable[tuple[str, float]]:
    """(word, share of its length that parts cover); both in reading order, neither overlapping itself."""
    at = 0
    for outer in whole:
        inside = 0
        while at < len(parts) and parts[at].start < outer.end:
            if outer.start <= parts[at].start and parts[at].end <= outer.end:
                inside += parts[at].end - parts[at].start
            at += 1
        if inside:
            yield outer.word, min(1.0, inside / (outer.end - outer.start))


def longest_spans(spans: list[Span]) -> list[Span]:
    """The spans that overlap no longer one, in reading order: whole terms, not their parts."""
    chosen: list[Span] = []
    covered: set[int] = set()
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        # What was chosen before is no shorter, so it would cover an end of this one.
        if span.start not in covered and span.end - 1 not in covered:
            chosen.append(span)
            covered.update(range(span.start, span.end))
    return sorted(chosen, key=lambda s: s.start)
