"""How a query's score for a document is shared out among its words.
Not here: the score (ranking), the form of the reasons (reasons).

The score is made of grams as well as words, but nobody can read grams. A gram's part of the score is given to the
words in which it occurs in the query; what occurs in no shared word is the residual.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from matching import features
from matching import text as words_of
from matching.arrays import Bools, Float64s, Int32s, Int64s, UInt64s
from matching.documents import Document
from matching.explaining import kernels
from matching.explaining.reasons import (
    EarnedParts,
    QueryAnalysis,
    Reasons,
)
from matching.index.keys import find_keys
from matching.index.weighting import WeightedQuery
from matching.text import Span

# A word is specific when at most this share of the documents has it,
RARE_SHARE = 0.05
# or so few documents.
RARE_DOCUMENTS = 10
# Words named at most; what the others earned goes into the residual.
MAX_WORDS = 8
# Shares are equal but for the last bits when they agree to so many places.
_PLACES = 12


# Where a feature occurs in the query: its key, start, end, and how often it counts there. A plain tuple: a query has a
# thousand, and named ones are slower to make.
_Place: TypeAlias = tuple[int, int, int, int]
# Kinds of features in the order in which their parts are added up.
_KINDS = ("grams", "titles", "words")


class _PlaceTable(NamedTuple):
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


class _ChosenWords(NamedTuple):
    """The words by which documents that share the same ones are explained.

    Attributes:
        owners: for each character of title and text the number of the span that covers it, -1 for none.
        words: the number of the word of each span, shape (spans,).
        numbers: word → its number.
        covered: how much of the query's weight they carry, 0…1.
    """

    owners: Int32s
    words: Int32s
    numbers: Mapping[str, int]
    covered: float


class QueryExplainer:
    """A query's words at their places, and what they weighed when the query was run."""

    def __init__(
        self,
        query: Document,
        weighted: Mapping[str, WeightedQuery],
        documents: int,
    ) -> None:
        """Take the words of a query apart.

        Args:
            query: the document.
            weighted: its features as they were weighted, by kind; words always, the others where they count.
            documents: how many the catalogue has.
        """
        # The same two normalised texts that the features were read from, so that places and keys agree.
        self._sides = features.title_and_text(query)
        self._times = (features.TITLE_WEIGHT, 1)
        # The text begins where the title ends, as if both were one.
        self._offsets = (0, len(self._sides[0]))
        self._spans = [words_of.normal_spans(norm, stop=True) for norm in self._sides]
        self._whole = [longest_spans(spans) for spans in self._spans]
        self._keys: dict[str, int] = {}
        for spans in self._spans:
            for span in spans:
                self._keys[span.word] = features.word_key(span.word)
        self._weighted = weighted
        self._words = weighted["words"]
        self._grams = weighted.get("grams")
        # A query's content words are its features of that kind, so each has a place.
        places = enumerate(self._words.counted.keys.tolist())
        self._place_of = {key: place for place, key in places}
        self._max_frequency = max(RARE_DOCUMENTS, RARE_SHARE * documents)
        self._weights = self._word_weights()
        # Shared words of a document, as bytes → what is chosen of them.
        self._chosen: dict[bytes, _ChosenWords] = {}

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
        absent = {word for word in self._weights if not self._frequencies[word]}
        # Rare words may be cut differently elsewhere: their characters side by side count as known.
        absent -= self._known_as_grams(sorted(absent))
        for spans, whole in zip(self._spans, self._whole, strict=True):
            known = [span for span in spans if self._frequencies[span.word]]
            absent.difference_update(words_with_parts(whole, known))
        return absent

    def _known_as_grams(self, words: Iterable[str]) -> set[str]:
        """Those of the words, Han only, each of whose characters is followed by the next one somewhere."""
        if self._grams is None:
            return set()
        wanted = [word for word in words if len(word) > 1 and words_of.is_han(word)]
        if not wanted:
            return set()
        is_known = self._grams.frequencies_of(features.word_bigram_keys(wanted)) > 0
        ends = np.cumsum([len(word) - 1 for word in wanted])
        every = np.logical_and.reduceat(is_known, [0, *ends[:-1]])
        return {word for word, known in zip(wanted, every, strict=True) if known}

    def explain(self, score: float, earned: EarnedParts) -> Reasons:
        """Share a score out among the words.

        Args:
            score: 0…1.
            earned: what the features earned of it.
        """
        chosen = self._choose_words(earned.shared_words)
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
            chosen.covered,
            self.analysis.weighed,
            self.analysis.unknown,
            vector_share,
        )

    @cached_property
    def _word_at(self) -> dict[int, str]:
        """The word of each place among the weighted features."""
        return {self._place(word): word for word in self._keys}

    @cached_property
    def _longest_first(self) -> list[list[Span]]:
        """The words of title and text in the order in which the longest are chosen; each document has some of them."""
        return [sorted(spans, key=_by_length) for spans in self._spans]

    @cached_property
    def _word_numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self._keys)}

    def _choose_words(self, shared_words: Bools) -> _ChosenWords:
        """The longest of the shared words that do not overlap.

        Args:
            shared_words: which content words of the query a document has, shape (content words,).
        """
        # A text that repeats few words has many places and few sets of shared ones: each is looked through once.
        key = shared_words.tobytes()
        selection = self._chosen.get(key)
        if selection is not None:
            return selection
        places = np.flatnonzero(shared_words).tolist()
        shared = {self._word_at[place] for place in places}
        owners = np.full(sum(len(side) for side in self._sides), -1, dtype=np.int32)
        words: list[int] = []
        numbers: dict[str, int] = {}
        chosen: list[list[Span]] = []
        for spans, offset in zip(self._longest_first, self._offsets, strict=True):
            candidates = [span for span in spans if span.word in shared]
            chosen.append(_without_overlaps(candidates))
            for span in chosen[-1]:
                owners[offset + span.start : offset + span.end] = len(words)
                numbers[span.word] = self._word_numbers[span.word]
                words.append(numbers[span.word])
        selection = _ChosenWords(
            owners, np.array(words, dtype=np.int32), numbers, self._covered(chosen)
        )
        self._chosen[key] = selection
        return selection

    def _shares(self, chosen: _ChosenWords, earned: EarnedParts) -> dict[str, float]:
        """Word → what the features inside it earned."""
        # Always grams, titles, words: sums of floats depend on their order, and shares are compared to the bit.
        parts = [earned.parts[kind] for kind in self._kinds]
        table = self._place_table
        shares = np.zeros(len(self._keys))
        kernels.share_places(
            np.concatenate(parts),
            table.features,
            table.starts,
            table.ends,
            table.shares,
            chosen.owners,
            chosen.words,
            shares,
        )
        return {word: float(shares[number]) for word, number in chosen.numbers.items()}

    def _covered(self, chosen: list[list[Span]]) -> float:
        """The weight of the query's whole words that the other text has, a part counting by its length."""
        total = sum(self._weights.values())
        if not total:
            return 0.0
        covered: dict[str, float] = {}
        for whole, spans in zip(self._whole, chosen, strict=True):
            for word, share in _covered_shares(whole, spans):
                covered[word] = max(covered.get(word, 0.0), share)
        return sum(self._weights[w] * share for w, share in covered.items()) / total

    @property
    def _kinds(self) -> list[str]:
        return [kind for kind in _KINDS if kind in self._weighted]

    @cached_property
    def _place_table(self) -> _PlaceTable:
        """The places of the features of all kinds, one kind after the other."""
        places_of = {
            "grams": self._gram_places,
            "titles": self._title_places,
            "words": self._word_places,
        }
        tables: list[_PlaceTable] = []
        first = 0
        for kind in self._kinds:
            known = self._weighted[kind].counted.keys
            table = _places_by_feature(list(places_of[kind]()), known)
            tables.append(table._replace(features=table.features + first))
            first += len(known)
        return _PlaceTable(*map(np.concatenate, zip(*tables, strict=True)))

    def _gram_places(self) -> Iterator[_Place]:
        for side, norm in enumerate(self._sides):
            offset = self._offsets[side]
            times = self._times[side]
            for key, start, end in features.gram_spans(norm):
                yield key, offset + start, offset + end, times

    def _title_places(self) -> Iterator[_Place]:
        title = self._sides[0]
        times = self._times[0]
        for key, start, end in features.gram_spans(title, pairs=False, stop=False):
            yield key, start, end, times

    def _word_places(self) -> Iterator[_Place]:
        for side, spans in enumerate(self._spans):
            offset = self._offsets[side]
            times = self._times[side]
            for word, start, end in spans:
                yield self._keys[word], offset + start, offset + end, times


def _places_by_feature(places: Sequence[_Place], known: UInt64s) -> _PlaceTable:
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
    return _PlaceTable(feature, starts, ends, times / totals[feature])


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


def words_with_parts(whole: Sequence[Span], parts: Sequence[Span]) -> set[str]:
    """The words of the whole spans inside which a part lies.

    Args:
        whole: in reading order, not overlapping.
        parts: ordered by start.
    """
    starts = [span.start for span in whole]
    words: set[str] = set()
    for part in parts:
        # The only one that may hold it: the last that begins no later.
        place = bisect_right(starts, part.start) - 1
        if place >= 0 and part.end <= whole[place].end:
            words.add(whole[place].word)
    return words


def longest_spans(spans: Iterable[Span]) -> list[Span]:
    """The spans that overlap no longer one, in reading order: whole terms, not their parts."""
    return _without_overlaps(sorted(spans, key=_by_length))


def _by_length(span: Span) -> tuple[int, int]:
    """Longest first, and among equals in reading order."""
    return span.start - span.end, span.start


def _without_overlaps(longest_first: Iterable[Span]) -> list[Span]:
    """The spans that overlap none that comes before them, in reading order."""
    chosen: list[Span] = []
    covered: set[int] = set()
    for span in longest_first:
        # What was chosen before is no shorter, so it would cover an end of this one.
        if span.start not in covered and span.end - 1 not in covered:
            chosen.append(span)
            covered.update(range(span.start, span.end))
    return sorted(chosen, key=lambda s: s.start)
