"""Why a pair has its score: shared words with their shares, which with the rest make up the score.
Not here: the score itself (matcher, channel), facts beside the text (facts), the grade (grades).

The score is made of grams as well as words, but nobody can read grams. A gram's part of the score is given to the
words in which it stands in the query; what stands in no shared word is the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from matching import features
from matching import text as words_of
from matching.documents import Document
from matching.text import Span

RARE = 0.05  # a word is specific when at most this share of the documents has it,
RARE_AT_LEAST = 10  # or so few documents
SHOWN = 8  # words told at most; what the others earned goes into the rest

Place = tuple[
    int, int, int, float
]  # side (0 title, 1 text), start, end, share of what its key earned
Places = dict[int, list[Place]]  # key → where it stands
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

    def apportioned(self, whole: int) -> list[int]:
        """The score in whole numbers that add up to `whole`: one for each word, the rest without alike, and alike."""
        return apportioned(
            [*(share for _, share in self.words), self.rest - self.alike, self.alike],
            whole,
        )

    @property
    def percents(self) -> dict[str, int]:
        """Per cent of the score that each word earned, as every page says it: the shares are rounded together."""
        return dict(
            zip([word for word, _ in self.words], self.apportioned(100), strict=False)
        )


@dataclass(frozen=True)
class Earned:
    """What each channel's features earned for one pair, and what words used alike did, in parts of the score."""

    grams: Parts
    titles: Parts
    words: Parts
    alike: float


class Reading:
    """A query's words where they stand, and what they weigh.

    query the document; weight the function keys → weight of one occurrence of each; frequency the function keys → in
    how many documents of the catalogue each stands; written the function word → whether it may stand in some text
    of the catalogue, cut otherwise there; documents how many there are.
    """

    def __init__(
        self,
        query: Document,
        weight: Callable[[list[int]], list[float]],
        frequency: Callable[[list[int]], list[int]],
        written: Callable[[str], bool],
        documents: int,
    ) -> None:
        title, text = features.parts(query)
        self._sides = ((title, features.TITLE), (text, 1))
        self._spans = [words_of.spans_of(norm, stop=True) for norm, _ in self._sides]
        self._keys = {
            span.word: features.word_key(span.word)
            for spans in self._spans
            for span in spans
        }
        whole = [longest(spans) for spans in self._spans]
        counted: Counter[str] = Counter()
        for spans, (_, times) in zip(whole, self._sides, strict=True):
            for span in spans:
                counted[span.word] += times
        weights = weight([self._keys[word] for word in counted])
        self.weights = {
            word: w * counted[word] ** 0.5
            for word, w in zip(counted, weights, strict=True)
        }
        self._whole = whole
        self._frequency = frequency
        self._written = written
        self._rare = max(RARE_AT_LEAST, RARE * documents)

    @cached_property
    def _standing(self) -> dict[str, int]:
        """In how many documents of the catalogue each word stands."""
        return dict(
            zip(self._keys, self._frequency(list(self._keys.values())), strict=True)
        )

    @cached_property
    def understanding(self) -> Understanding:
        """What is weighed and what is unknown."""
        total = sum(self.weights.values())
        weighed = (
            sorted(
                ((w, x / total) for w, x in self.weights.items()),
                key=lambda p: (-p[1], p[0]),
            )
            if total
            else []
        )
        new = {
            word
            for word, _ in weighed
            if not self._standing[word] and not self._written(word)
        }
        for spans, whole in zip(self._spans, self._whole, strict=True):
            for outer in [span for span in whole if span.word in new]:
                inside = (
                    s.word
                    for s in spans
                    if outer.start <= s.start and s.end <= outer.end
                )
                if any(self._standing[word] for word in inside):
                    new.discard(outer.word)
        unknown = [word for word, _ in weighed if word in new]
        reason = None
        if not weighed:
            letters = any(c.isalnum() for norm, _ in self._sides for c in norm)
            reason = "boilerplate" if letters else "empty"
        return Understanding(weighed, unknown, reason)

    def reasons(self, score: float, earned: Earned, theirs: Set[int]) -> Reasons:
        """Share the score out. theirs: the keys of the other text's words."""
        shared = {word for word, key in self._keys.items() if key in theirs}
        chosen = [
            longest([s for s in spans if s.word in shared]) for spans in self._spans
        ]
        owners = [
            _owners(spans, len(norm))
            for spans, (norm, _) in zip(chosen, self._sides, strict=True)
        ]
        shares: defaultdict[str, float] = defaultdict(float)
        _give(shares, owners, earned.grams, self._gram_places)
        _give(shares, owners, earned.titles, self._title_places)
        _give(shares, owners, earned.words, self._word_places)
        most = sorted(shares.items(), key=lambda p: (-round(p[1], 12), p[0]))[
            :SHOWN
        ]  # equal but for the last bits
        words = [(word, share) for word, share in most if share > 0]
        told = sum(s for _, s in words)
        if told > score:  # by a rounding of the 32-bit sums
            words = [(w, s * score / told) for w, s in words]
            told = sum(s for _, s in words)
        specific = [w for w, _ in words if self._standing[w] <= self._rare]
        read = self.understanding
        alike = max(
            0.0, min(earned.alike, score - told)
        )  # the rest may be a rounding below nothing
        return Reasons(
            words,
            score - told,
            score,
            specific,
            self._covered(chosen),
            read.weighed,
            read.unknown,
            alike,
        )

    def _covered(self, chosen: list[list[Span]]) -> float:
        """The weight of the query's whole words that stand in the other text, a part counting by its length."""
        total = sum(self.weights.values())
        found: dict[str, float] = {}
        for whole, spans in zip(self._whole, chosen, strict=True):
            at = 0  # both are in reading order, and neither overlaps itself
            for outer in whole:
                inside = 0
                while at < len(spans) and spans[at].start < outer.end:
                    if outer.start <= spans[at].start and spans[at].end <= outer.end:
                        inside += spans[at].end - spans[at].start
                    at += 1
                if inside:
                    share = min(1.0, inside / (outer.end - outer.start))
                    found[outer.word] = max(found.get(outer.word, 0.0), share)
        return (
            sum(self.weights[w] * share for w, share in found.items()) / total
            if total
            else 0.0
        )

    @cached_property
    def _gram_places(self) -> Places:
        return self._grams(pairs=True, stop=True, sides=(0, 1))

    @cached_property
    def _title_places(self) -> Places:
        return self._grams(pairs=False, stop=False, sides=(0,))

    @cached_property
    def _word_places(self) -> Places:
        return _places(
            (self._keys[span.word], (side, span.start, span.end, self._sides[side][1]))
            for side, spans in enumerate(self._spans)
            for span in spans
        )

    def _grams(self, *, pairs: bool, stop: bool, sides: tuple[int, ...]) -> Places:
        return _places(
            (unit.key, (side, unit.start, unit.end, self._sides[side][1]))
            for side in sides
            for unit in features.grams_at(self._sides[side][0], pairs=pairs, stop=stop)
        )


def apportioned(parts: Sequence[float], whole: int) -> list[int]:
    """Parts as whole numbers that add up to `whole`: rounded down, what is left goes to the largest remainders.

    parts: what is below 0 counts as 0; all 0 gives all 0.
    """
    parts = [max(0.0, part) for part in parts]
    total = sum(parts)
    if total <= 0:
        return [0] * len(parts)
    exact = [part * whole / total for part in parts]
    found = [int(value) for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (found[i] - exact[i], i))
    for i in by_remainder[: whole - sum(found)]:
        found[i] += 1
    return found


def _places(standing: Iterable[tuple[int, Place]]) -> Places:
    """What stands where; given with how often it counts, which becomes its share of all that its key counts."""
    found: defaultdict[int, list[Place]] = defaultdict(list)
    for key, place in standing:
        found[key].append(place)
    for places in found.values():
        times = sum(weight for *_, weight in places)
        places[:] = [
            (side, start, end, weight / times) for side, start, end, weight in places
        ]
    return found


def _give(
    shares: defaultdict[str, float],
    owners: list[list[Span | None]],
    earned: Parts,
    places: Places,
) -> None:
    """Share what each key earned among the places where it stands, and give each place's share to its word."""
    for key, part in earned.items():
        for side, start, end, share in places.get(key, ()):
            owner = owners[side][start]
            if owner is not None and owner is owners[side][end - 1]:
                shares[owner.word] += part * share


def longest(spans: list[Span]) -> list[Span]:
    """The spans that overlap no longer one, in reading order: whole terms, not their parts."""
    taken: list[Span] = []
    covered: set[int] = set()
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if (
            span.start not in covered and span.end - 1 not in covered
        ):  # what was taken before is no shorter
            taken.append(span)
            covered.update(range(span.start, span.end))
    return sorted(taken, key=lambda s: s.start)


def _owners(spans: list[Span], length: int) -> list[Span | None]:
    owners: list[Span | None] = [None] * length
    for span in spans:
        owners[span.start : span.end] = [span] * (span.end - span.start)
    return owners
