"""How a query's score for a document is shared out among its words.
Not here: the score (ranking), the form of the reasons (reasons).

The score is made of grams as well as words, but nobody can read grams. A gram's part of the score is given to the
words in which it occurs in the query; what occurs in no shared word is the residual.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from matching import features
from matching import text as words_of
from matching.arrays import Bools, Float64s, Int32s
from matching.explaining import kernels, other_words, word_ends
from matching.explaining.overlaps import longest_spans, span_order
from matching.explaining.places import (
    PlaceTable,
    SpanTable,
    WordPairs,
    columns,
    places_by_feature,
)
from matching.explaining.query_text import QueryText
from matching.explaining.reasons import (
    EarnedParts,
    Evidence,
    QueryAnalysis,
    Reasons,
)
from matching.index.weighting import WeightedQuery

# A word is specific when at most this share of the documents has it,
RARE_SHARE = 0.05
# or so few documents.
RARE_DOCUMENTS = 10
# Words named at most; what the others earned goes into the residual.
MAX_WORDS = 8
# Heaviest words of the query that a page names where a document lacks them.
_NAMED_CONSIDERED = 8
# Ends of names of quantities.
_MEASURES = "率量度值"
# Characters at least of the end of a compound that says what it is; 凝胶 is no 气凝胶.
_HEAD = 3
# Shares are equal but for the last bits when they agree to so many places.
_PLACES = 12


# Kinds of features in the order in which their parts are added up.
_KINDS = ("grams", "titles", "words")


class _ChosenWords(NamedTuple):
    """The words by which documents that share the same ones are explained.

    Attributes:
        owners: for each character of title and text the number of the span that covers it, -1 for none.
        words: the number of the word of each chosen span, of length (spans,) or longer.
        numbers: word → its number.
        shared: all words that they share, also those inside of longer ones.
        covered: how much of the query's weight they carry, 0…1.
    """

    owners: Int32s
    words: Int32s
    numbers: Mapping[str, int]
    shared: frozenset[str]
    covered: float


class QueryExplainer:
    """A query's words at their places, and what they weighed when the query was run."""

    def __init__(
        self,
        query: QueryText,
        weighted: Mapping[str, WeightedQuery],
        documents: int,
    ) -> None:
        """Weigh the words of a query.

        Args:
            query: what its text says.
            weighted: its features as they were weighted, by kind; words always, the others where they count.
            documents: how many the catalogue has.
        """
        self._query = query
        self._keys = query.keys
        self._weighted = weighted
        self._words = weighted["words"]
        self._grams = weighted.get("grams")
        # A query's content words are its features of that kind, so each has a place.
        places = enumerate(self._words.counted.keys.tolist())
        self._place_of = {key: place for place, key in places}
        self._max_frequency = max(RARE_DOCUMENTS, RARE_SHARE * documents)
        # Shared words of a document, as bytes → what is chosen of them.
        self._chosen: dict[bytes, _ChosenWords] = {}

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The weight of each whole word."""
        counts = self._query.whole_counts.items()
        return {word: self._weight(word, count) for word, count in counts}

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
        if not self._keys:
            has_letters = any(c.isalnum() for c in "".join(self._query.sides))
            return QueryAnalysis([], [], "boilerplate" if has_letters else "empty")
        weights: Counter[str] = Counter()
        for spans, times in zip(self._query.legible, self._query.times, strict=True):
            # A compound that no document has is weighed by those of its parts that some have.
            known = [span for span in spans if self._frequencies[span.word]]
            for span in longest_spans(known):
                weights[span.word] += times
        weighed = [(word, self._weight(word, n)) for word, n in weights.items()]
        total = sum(weight for _, weight in weighed)
        shares = [(word, weight / total) for word, weight in weighed if weight > 0]
        shares.sort(key=lambda pair: (-pair[1], pair[0]))
        absent = self._absent_words()
        named = sum(self._named.values())
        lacking = sum(self._named[word] for word in absent) / named if named else 0.0
        return QueryAnalysis(shares, self._query.worth_reporting(absent), None, lacking)

    @cached_property
    def _named(self) -> dict[str, float]:
        """Things, processes and faults that the query names, with their weights, heaviest first."""
        counted = self._query.named_counts
        weights = {word: self._weight(word, n) for word, n in counted.items()}
        return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])))

    def _weight(self, word: str, count: int) -> float:
        """What a word weighs that occurs so often; the square root softens repetition as the score does."""
        key = self._keys.get(word)
        # A foreign name that was put together from pieces is no feature: as rare as a word can be.
        idf = self._rarest
        if key is not None:
            idf = float(self._words.idf[self._place_of[key]])
        return idf * math.sqrt(count)

    @cached_property
    def _rarest(self) -> float:
        """The largest idf of the query's words."""
        return float(self._words.idf.max(initial=0.0))

    def _absent_words(self) -> list[str]:
        """What the query names and no document does, heaviest first: neither as a word nor cut otherwise."""
        absent = [w for w in self._named if not self._frequencies.get(w, 0)]
        # Rare words may be cut differently elsewhere: their characters in a row count as known.
        known = self._known_as_grams(absent)
        return [w for w in absent if w not in known and not self._has_parts(w)]

    def _has_parts(self, word: str) -> bool:
        """Whether documents have both words of a phrase: 磨削 of 套圈 counts where each of them is found."""
        # 导电|率 is cut in two as often as not, so who has 导电 may have it.
        if word[-1] in _MEASURES and self._frequencies.get(word[:-1], 0):
            return True
        phrase = word_ends.parts_of_phrase(word)
        return phrase is not None and all(self._frequencies.get(w, 0) for w in phrase)

    def _missing_from(self, chosen: _ChosenWords, earned: EarnedParts) -> list[str]:
        """Of the heaviest words that the query names those that a document lacks, by its grams as well.

        Args:
            chosen: the shared words.
            earned: of the document.
        """
        if not self._considered:
            return []
        in_a_row = np.ones(len(self._considered), dtype=np.bool_)
        kernels.find_in_a_row(earned.grams, *self._pairs, in_a_row)
        missing = []
        for (word, parts), has_it in zip(
            self._considered.items(), in_a_row.tolist(), strict=True
        ):
            if not has_it and not any(chosen.shared.issuperset(one) for one in parts):
                missing.append(word)
        return missing

    @cached_property
    def _considered(self) -> dict[str, list[frozenset[str]]]:
        """The heaviest words that the query names, each with sets of words of the query that say as much."""
        considered = {}
        for word in list(self._named)[:_NAMED_CONSIDERED]:
            # Itself, or what says most of it: 轴承保持架 is a 保持架.
            heads = [w for w in self._keys if _says_most_of(w, word)]
            instead = [frozenset([head]) for head in heads]
            phrase = word_ends.parts_of_phrase(word)
            if phrase and self._keys.keys() >= phrase:
                instead.append(phrase)
            considered[word] = instead
        return considered

    @cached_property
    def _pairs(self) -> WordPairs:
        numbers = {word: number for number, word in enumerate(self._considered)}
        has_pairs = [
            word for word in numbers if len(word) > 1 and words_of.is_han(word)
        ]
        # A word of other letters has one key, its own.
        others = [word for word in numbers if word not in has_pairs]
        codes = np.array([features.word_key(word) for word in others], dtype=np.uint64)
        keys = features.mix_bits(codes)
        words = [numbers[word] for word in others]
        if has_pairs:
            keys = np.concatenate([keys, features.word_bigram_keys(has_pairs)])
        for word in has_pairs:
            words.extend([numbers[word]] * (len(word) - 1))
        distinct, places = np.unique(keys, return_inverse=True)
        return WordPairs(distinct, places, np.array(words, dtype=np.int64))

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

    def find_evidence(self, score: float, earned: EarnedParts) -> Evidence:
        """Share a score out among the words: as much of the reasons as a grade asks for.

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
        specific = [w for w, _ in words if self._frequencies[w] <= self._max_frequency]
        return Evidence(words, specific, score, earned.length_ratio, earned)

    def explain(self, evidence: Evidence) -> Reasons:
        """The reasons of a score that was shared out: what the query's other words are, and what the document lacks."""
        words, score, earned = evidence.words, evidence.score, evidence.earned
        chosen = self._choose_words(earned.shared_words)
        total = sum(share for _, share in words)
        # What is left may be a rounding below zero.
        vector_share = max(0.0, min(earned.vector_share, score - total))
        return Reasons(
            words,
            score - total,
            score,
            evidence.specific,
            chosen.covered,
            self.analysis.weighed,
            self.analysis.unknown,
            vector_share,
            earned.length_ratio,
            self._missing_from(chosen, earned),
            self.analysis.unknown_weight,
            self._synonyms([word for word, _ in words], earned),
        )

    @staticmethod
    def _synonyms(words: list[str], earned: EarnedParts) -> dict[str, str]:
        """Which of the words the document writes otherwise, and how."""
        with_others = other_words.with_synonyms(words)
        if not with_others:
            return {}
        return other_words.written_otherwise(with_others, earned.sorted_grams)

    @cached_property
    def _word_numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self._keys)}

    @cached_property
    def _span_table(self) -> SpanTable:
        """The words that may be shown, in the order in which the longest are chosen; each document has some of them."""
        rows: list[tuple[int, int, int, int]] = []
        for spans, offset in zip(self._query.legible, self._query.offsets, strict=True):
            for span in sorted(spans, key=span_order):
                place = self._place(span.word)
                number = self._word_numbers[span.word]
                rows.append((place, offset + span.start, offset + span.end, number))
        return SpanTable(*columns(rows, 4))

    @cached_property
    def _whole_table(self) -> tuple[Int32s, Int32s, Int32s]:
        """Start, end and number, among the weights, of the whole words of title and text in reading order."""
        numbers = {word: number for number, word in enumerate(self._weights)}
        rows: list[tuple[int, int, int]] = []
        for spans, offset in zip(self._query.whole, self._query.offsets, strict=True):
            for word, start, end in spans:
                rows.append((offset + start, offset + end, numbers[word]))
        starts, ends, words = columns(rows, 3)
        return starts, ends, words

    @cached_property
    def _weight_table(self) -> tuple[Float64s, float]:
        """The weights of the whole words, and their sum."""
        weights = list(self._weights.values())
        return np.array(weights, dtype=np.float64), sum(weights)

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
        table = self._span_table
        owners = np.full(
            sum(len(side) for side in self._query.sides), -1, dtype=np.int32
        )
        chosen = np.empty(len(table.starts), dtype=np.int32)
        words = np.empty(len(table.starts), dtype=np.int32)
        count = kernels.choose_spans(shared_words, *table, owners, chosen, words)
        names = list(self._keys)
        numbers = {names[number]: number for number in words[:count].tolist()}
        weights, total = self._weight_table
        covered = 0.0
        if total:
            covered = kernels.covered_weight(
                *self._whole_table, weights, owners, chosen, table.starts, table.ends
            )
            covered /= total
        has = shared_words.tolist()
        shared = frozenset(name for name in names if has[self._place(name)])
        selection = _ChosenWords(owners, words, numbers, shared, covered)
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

    @property
    def _kinds(self) -> list[str]:
        return [kind for kind in _KINDS if kind in self._weighted]

    @cached_property
    def _place_table(self) -> PlaceTable:
        """The places of the features of all kinds, one kind after the other."""
        tables: list[PlaceTable] = []
        first = 0
        for kind in self._kinds:
            known = self._weighted[kind].counted.keys
            table = places_by_feature(self._query.places(kind), known)
            tables.append(table._replace(features=table.features + first))
            first += len(known)
        return PlaceTable(*map(np.concatenate, zip(*tables, strict=True)))


def _says_most_of(word: str, compound: str) -> bool:
    """Whether a word is a compound, or the longer part of it that says what it is; 石墨 says nothing of 石墨烯."""
    if word == compound:
        return True
    return (
        compound.endswith(word) and len(word) >= _HEAD and 2 * len(word) > len(compound)
    )
