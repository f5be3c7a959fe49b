"""Why a pair has its score: shared words with their shares, which with the rest make up the score.
Not here: the score itself (matcher, channel), facts beside the text (facts), the grade (grades).

The score is made of grams as well as words, but nobody can read grams. A gram's part of the score is given to the
words in which it stands in the query; what stands in no shared word is the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from matching import features
from matching import text as words_of
from matching.documents import Document
from matching.text import Span

RARE = 0.05  # a word is specific when at most this share of the documents has it,
RARE_AT_LEAST = 10  # or so few documents
SHOWN = 8  # words told at most; what the others earned goes into the rest

Place = tuple[int, int, int, int, int]  # side (0 title, 1 text), key, start, end, how often it counts
Parts = Mapping[int, float]  # key → its part of the score


@dataclass(frozen=True)
class Understanding:
    """How a text is read, for those that get no ranking too.

    weighed words of the text with their share of its weight, heaviest first; unknown words that stand nowhere in the
    catalogue, not even in part; empty_reason "empty" (no letters), "boilerplate" (no word says anything) or None.
    """

    weighed: list[tuple[str, float]]
    unknown: list[str]
    empty_reason: str | None


@dataclass(frozen=True)
class Reasons:
    """Why a document has its score for a query; sum(share for _, share in words) + rest == score.

    words stand in both texts, largest share first; rest what grams outside these words earned and, of it, alike what
    the words of both texts earned by being used alike; specific those of the words that few documents have; covered 0…1
    how much of the query's weight its shared words carry; weighed and unknown_words as in Understanding.
    """

    words: list[tuple[str, float]]
    rest: float
    score: float
    specific: list[str]
    covered: float
    weighed: list[tuple[str, float]]
    unknown_words: list[str]
    alike: float = 0.0


@dataclass(frozen=True)
class Earned:
    """What each channel's features earned for one pair, and what words used alike did, in parts of the score."""

    grams: Parts
    titles: Parts
    words: Parts
    alike: float


class Reading:
    """A query's words where they stand, and what they weigh.

    query the document; weight the function keys → weight of one occurrence of each; frequency the function key → in
    how many documents of the catalogue it stands; documents how many there are.
    """

    def __init__(
        self,
        query: Document,
        weight: Callable[[list[int]], list[float]],
        frequency: Callable[[int], int],
        documents: int,
    ) -> None:
        title, text = features.parts(query)
        self._sides = ((title, features.TITLE), (text, 1))
        self._spans = [words_of.spans_of(norm, stop=True) for norm, _ in self._sides]
        whole = [longest(spans) for spans in self._spans]
        counted: Counter[str] = Counter()
        for spans, (_, times) in zip(whole, self._sides, strict=True):
            for span in spans:
                counted[span.word] += times
        weights = weight([features.word_key(word) for word in counted])
        self.weights = {word: w * counted[word] ** 0.5 for word, w in zip(counted, weights, strict=True)}
        self._whole = whole
        self._frequency = frequency
        self._rare = max(RARE_AT_LEAST, RARE * documents)

    @cached_property
    def understanding(self) -> Understanding:
        """What is weighed and what is unknown."""
        total = sum(self.weights.values())
        weighed = (
            sorted(((w, x / total) for w, x in self.weights.items()), key=lambda p: (-p[1], p[0])) if total else []
        )
        parts: dict[str, set[str]] = defaultdict(set)
        for spans, whole in zip(self._spans, self._whole, strict=True):
            for outer in whole:
                parts[outer.word].update(s.word for s in spans if outer.start <= s.start and s.end <= outer.end)
        unknown = [w for w, _ in weighed if not any(self._frequency(features.word_key(p)) for p in parts[w])]
        reason = None
        if not weighed:
            letters = any(c.isalnum() for norm, _ in self._sides for c in norm)
            reason = "boilerplate" if letters else "empty"
        return Understanding(weighed, unknown, reason)

    def reasons(self, score: float, earned: Earned, shared: Callable[[str], bool]) -> Reasons:
        """Share the score out. shared: whether a word stands in the other text too."""
        chosen = [longest([s for s in spans if shared(s.word)]) for spans in self._spans]
        shares: defaultdict[str, float] = defaultdict(float)
        self._give(shares, chosen, earned.grams, self._gram_places)
        self._give(shares, chosen, earned.titles, self._title_places)
        self._give(shares, chosen, earned.words, self._word_places)
        words = sorted(((w, s) for w, s in shares.items() if s > 0), key=lambda p: (-p[1], p[0]))[:SHOWN]
        told = sum(s for _, s in words)
        if told > score:  # by a rounding of the 32-bit sums
            words = [(w, s * score / told) for w, s in words]
            told = sum(s for _, s in words)
        specific = [w for w, _ in words if self._frequency(features.word_key(w)) <= self._rare]
        read = self.understanding
        alike = max(0.0, min(earned.alike, score - told))  # the rest may be a rounding below nothing
        return Reasons(words, score - told, score, specific, self._covered(chosen), read.weighed, read.unknown, alike)

    def _covered(self, chosen: list[list[Span]]) -> float:
        """The weight of the query's whole words that stand in the other text, a part counting by its length."""
        total = sum(self.weights.values())
        found: dict[str, float] = {}
        for whole, spans in zip(self._whole, chosen, strict=True):
            for outer in whole:
                inside = sum(s.end - s.start for s in spans if outer.start <= s.start and s.end <= outer.end)
                share = min(1.0, inside / (outer.end - outer.start))
                found[outer.word] = max(found.get(outer.word, 0.0), share)
        return sum(self.weights[w] * share for w, share in found.items()) / total if total else 0.0

    @cached_property
    def _gram_places(self) -> list[Place]:
        return self._grams(pairs=True, stop=True, sides=(0, 1))

    @cached_property
    def _title_places(self) -> list[Place]:
        return self._grams(pairs=False, stop=False, sides=(0,))

    @cached_property
    def _word_places(self) -> list[Place]:
        return [
            (side, features.word_key(s.word), s.start, s.end, self._sides[side][1])
            for side, spans in enumerate(self._spans)
            for s in spans
        ]

    def _grams(self, *, pairs: bool, stop: bool, sides: tuple[int, ...]) -> list[Place]:
        return [
            (side, unit.key, unit.start, unit.end, self._sides[side][1])
            for side in sides
            for unit in features.grams_at(self._sides[side][0], pairs=pairs, stop=stop)
        ]

    def _give(
        self,
        shares: defaultdict[str, float],
        chosen: list[list[Span]],
        earned: Parts,
        standing: list[Place],
    ) -> None:
        """Share what each key earned among the places where it stands, and give each place's share to its word."""
        times: Counter[int] = Counter()
        for _, key, _, _, weight in standing:
            if key in earned:
                times[key] += weight
        owners = [_owners(spans, len(self._sides[side][0])) for side, spans in enumerate(chosen)]
        for side, key, start, end, weight in standing:
            if key not in earned:
                continue
            owner = owners[side][start]
            if owner is not None and owner == owners[side][end - 1]:
                shares[chosen[side][owner].word] += earned[key] * weight / times[key]


def longest(spans: list[Span]) -> list[Span]:
    """The spans that overlap no longer one, in reading order: whole terms, not their parts."""
    taken: list[Span] = []
    covered: set[int] = set()
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if covered.isdisjoint(range(span.start, span.end)):
            taken.append(span)
            covered.update(range(span.start, span.end))
    return sorted(taken, key=lambda s: s.start)


def _owners(spans: list[Span], length: int) -> list[int | None]:
    owners: list[int | None] = [None] * length
    for index, span in enumerate(spans):
        owners[span.start : span.end] = [index] * (span.end - span.start)
    return owners
