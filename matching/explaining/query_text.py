"""A query's text taken apart: all of weighing and explaining it that depends on the text and the word lists alone.
Not here: what its words weigh in a catalogue, and who shares them (query_explainer).

The page of an achievement reads the demands that are nearest to it, each as a query, to say what each pair is worth
(decision 080). The same few demands are near to many achievements, so what was read is remembered (decision 137).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from matching import features, surroundings
from matching import text as words_of
from matching.documents import Document
from matching.explaining import naming
from matching.explaining.overlaps import longest_spans
from matching.explaining.places import Places, gram_places, joined, word_places
from matching.features import Features
from matching.index.reading import read_features
from matching.lexicon import remembered_with_lists
from matching.names import Stretch
from matching.refusals import without_stretches
from matching.text import Span

# Texts that are remembered, some 60 KB each,
REMEMBERED = 256
# unless they are longer than any listing on the sample lists: a pasted document would take megabytes.
LONGEST_REMEMBERED = 3_000


class QueryText:
    """The words of a text at their places; read bit by bit, as a ranking alone needs the features only."""

    def __init__(self, title: str, text: str) -> None:
        self._document = Document("", title, text)
        self._places: dict[str, Places] = {}

    @cached_property
    def features(self) -> Features:
        """What it is ranked by."""
        return read_features(self._document)

    @cached_property
    def sides(self) -> tuple[str, str]:
        """The same normalised title and text that the features were read from, so that places and keys agree."""
        return features.title_and_text(self._document)

    @cached_property
    def spans(self) -> list[list[Span]]:
        """The content words of title and text."""
        return [words_of.normal_spans(norm, stop=True) for norm in self.sides]

    @cached_property
    def legible(self) -> list[list[Span]]:
        """What people are shown of them: whole words, no names and no pieces of words."""
        return [
            naming.showable_spans(norm, spans)
            for norm, spans in zip(self.sides, self.spans, strict=True)
        ]

    @cached_property
    def whole(self) -> list[list[Span]]:
        """The longest of these that do not overlap."""
        return [longest_spans(spans) for spans in self.legible]

    @cached_property
    def keys(self) -> dict[str, int]:
        """Word → its key as a feature, in reading order."""
        keys: dict[str, int] = {}
        for spans in self.spans:
            for span in spans:
                keys[span.word] = features.term_key(span.word)
        return keys

    @property
    def times(self) -> tuple[int, int]:
        """How often a word of the title and one of the text count."""
        return features.TITLE_WEIGHT, 1

    @property
    def offsets(self) -> tuple[int, int]:
        """Where title and text begin: the text where the title ends, as if both were one."""
        return 0, len(self.sides[0])

    @cached_property
    def whole_counts(self) -> Mapping[str, int]:
        """How often each whole word counts."""
        return self._counted(self.whole)

    @cached_property
    def named_counts(self) -> Mapping[str, int]:
        """How often each thing, process and fault counts that the text names, and not as what is to be absent."""
        return self._counted([_named_spans(norm) for norm in self.sides])

    def worth_reporting(self, absent: list[str]) -> list[str]:
        """Words that the catalogue lacks; none of a text of praise or talk alone, which no other words would help."""
        has_title = any(map(str.isalnum, self._document.title))
        if not has_title and surroundings.speaks_of_no_matter(self.sides[1]):
            return []
        return absent

    def _counted(self, sides: list[list[Span]]) -> Mapping[str, int]:
        counted: Counter[str] = Counter()
        for spans, times in zip(sides, self.times, strict=True):
            for span in spans:
                counted[span.word] += times
        return counted

    def places(self, kind: str) -> Places:
        """Where the features of a kind are: `grams`, `titles` or `words`."""
        found = self._places.get(kind)
        if found is None:
            found = self._places[kind] = self._read_places(kind)
        return found

    def _read_places(self, kind: str) -> Places:
        if kind == "words":
            return self._word_places()
        counted = list(zip(self.sides, self.offsets, self.times, strict=True))
        if kind == "grams":
            return gram_places(counted)
        # The text has no grams of this kind.
        return gram_places(counted[:1], pairs=False, stop=False)

    def _word_places(self) -> Places:
        sides = []
        for spans, offset, times in zip(
            self.spans, self.offsets, self.times, strict=True
        ):
            keys = [self.keys[span.word] for span in spans]
            sides.append(word_places(keys, spans, offset, times))
        return joined(sides)


def _named_spans(norm: str) -> list[Span]:
    unwanted = without_stretches(norm)
    spans = naming.naming_spans(norm)
    return [span for span in spans if not _lies_in(span, unwanted)]


def _lies_in(span: Span, stretches: Iterable[Stretch]) -> bool:
    return any(start <= span.start and span.end <= end for start, end in stretches)


def read_query(document: Document) -> QueryText:
    """A document as a query, remembered for as long as the word lists are in use; nothing in it may be changed."""
    if len(document.title) + len(document.text) > LONGEST_REMEMBERED:
        return QueryText(document.title, document.text)
    return _remembered_text(document.title, document.text)


@remembered_with_lists(REMEMBERED)
def _remembered_text(title: str, text: str) -> QueryText:
    return QueryText(title, text)
