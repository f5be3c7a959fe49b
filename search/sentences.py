"""The lines of a text that a list shows: whole sentences of one field, those with the reader's words first.
Not here: where the words stand (marking), finding (embedded, cluster). Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from search.marking import (
    Span,
    TermSpans,
    all_spans,
    find_spans,
    is_latin,
    is_mark,
    mark_spans,
)
from search.terms import ParsedQuery

SNIPPET_LENGTH = 120  # characters
# A sentence with its closing quotes. A full stop ends one only before a blank, for 0.5 and node.js hold it too.
_SENTENCE = re.compile(r".+?(?:[。！？；!?;\n]+[”’」』）)]*|\.(?=\s)|$)", re.DOTALL)
# Where a sentence that is too long may be cut. No slash and no dash: they join words and figures.
_CLAUSE_ENDS = frozenset("，、：,:。！？；!?;")
_ELLIPSIS = "…"


class Sentence(NamedTuple):
    """A sentence of a field.

    Attributes:
        field: number of the field, from 0.
        start, end: in the field.
    """

    field: int
    start: int
    end: int


def snippets(
    texts: Iterable[Sequence[str]], query: ParsedQuery, length: int = SNIPPET_LENGTH
) -> list[Markup]:
    """Of each listing the sentence that says most of a query's words, marked, with those after it while they fit.

    Args:
        texts: per listing the texts of its fields, the main one first. A snippet never joins two of them.
        query: what to mark and to choose by.
        length: characters at most, an ellipsis on each cut side not counted.

    Returns:
        One Markup for each listing; of one that has none of the words the beginning of its first text. Of sentences
        that say as many words the first one counts, so that a summary goes before a list of keywords.
    """
    listings = []
    for fields in texts:
        listings.append([_one_line(text) for text in fields if text.strip()])
    # All fields of a page are looked through in one go: one by one took twice as long (benchmarks/web.md).
    lines: list[str] = []
    for fields in listings:
        lines += fields
    spans = find_spans(lines, query)
    cut = []
    position = 0
    for fields in listings:
        by_field = spans[position : position + len(fields)]
        position += len(fields)
        cut.append(_snippet(fields, by_field, max(length, 1)))
    return cut


def _one_line(text: str) -> str:
    """A text with blanks drawn together; a line's end remains, for it ends a sentence that has no full stop."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _snippet(
    fields: Sequence[str], by_field: Sequence[TermSpans], length: int
) -> Markup:
    if not fields:
        return Markup("")
    best = _best_sentence(fields, by_field)
    text = fields[best.field]
    by_term = by_field[best.field]
    start, end = best.start, best.end
    if end - start > length:
        start, end = _best_part(text, best, by_term, length)
    else:
        end = _with_following(text, end, start + length)
    inside = []
    for span_start, span_end in all_spans(by_term):
        if span_start < end and span_end > start:
            # A span that the cut goes through is marked as far as it is seen.
            first = max(span_start, start)
            last = min(span_end, end)
            inside.append((first - start, last - start))
    marked = mark_spans(text[start:end].replace("\n", " "), inside)
    # A sentence that is whole needs no sign that others stand around it.
    before = _ELLIPSIS if start > best.start else ""
    after = _ELLIPSIS if end < best.end else ""
    return before + marked + after


def _sentences(fields: Iterable[str]) -> list[Sentence]:
    sentences = []
    for number, text in enumerate(fields):
        for match in _SENTENCE.finditer(text):
            start, end = _without_blanks(text, match.start(), match.end())
            if end > start:
                sentences.append(Sentence(number, start, end))
    return sentences


def _without_blanks(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _best_sentence(fields: Sequence[str], by_field: Sequence[TermSpans]) -> Sentence:
    """The sentence with most of the words; the first of those that have as many."""
    sentences = _sentences(fields)
    best = sentences[0]
    most = 0
    for sentence in sentences:
        count = 0
        for spans in by_field[sentence.field]:
            count += any(sentence.start <= start < sentence.end for start, _ in spans)
        if count > most:
            best, most = sentence, count
    return best


def _with_following(text: str, end: int, limit: int) -> int:
    """The end of the last sentence that still fits after one that ends at a place."""
    for sentence in _sentences([text]):
        if end < sentence.end <= limit:
            end = sentence.end
    return end


def _best_part(text: str, sentence: Sentence, by_term: TermSpans, length: int) -> Span:
    """The clauses of a long sentence with most of the words, cut at its commas where one is near."""
    inside = []
    for spans in by_term:
        inside.append([s for s in spans if sentence.start <= s[0] < sentence.end])
    starts = [sentence.start]
    # Not behind the last sign: no clause begins there.
    for place in range(sentence.start, sentence.end - 1):
        if text[place] in _CLAUSE_ENDS:
            starts.append(place + 1)
    first = min((spans[0][0] for spans in inside if spans), default=sentence.start)
    # The clause that holds the first word, even where none fits in whole.
    best = start = max(begin for begin in starts if begin <= first)
    most = _words_between(inside, start, start + length)
    for begin in starts:
        words = _words_between(inside, begin, begin + length)
        if words > most:
            best, most = begin, words
    # A clause longer than a snippet may hold its word too far in.
    if inside and not most and first > best + length // 2:
        best = first - length // 4
    start, _ = _without_blanks(text, best, sentence.end)
    start = _after_latin_word(text, start)
    # An accent without its letter would stand on the ellipsis.
    while start < sentence.end - 1 and is_mark(text[start]):
        start += 1
    return start, _clause_end(text, start, min(start + length, sentence.end))


def _words_between(by_term: TermSpans, start: int, end: int) -> int:
    """How many of the words stand whole between two places."""
    count = 0
    for spans in by_term:
        count += any(start <= first and last <= end for first, last in spans)
    return count


def _after_latin_word(text: str, start: int) -> int:
    """A place moved on to where no Latin word is cut in two; unmoved where the word has no end."""
    place = start
    while place < len(text) and is_latin(text, place) and is_latin(text, place - 1):
        place += 1
    return start if place == len(text) else place


def _clause_end(text: str, start: int, limit: int) -> int:
    """The last place before a limit where a clause ends, if it leaves most of the room used; else the limit."""
    if limit >= len(text):
        return limit
    for place in range(limit, start + (limit - start) // 2, -1):
        if text[place - 1] in _CLAUSE_ENDS:
            # 1,000 and 12:30 hold a sign of the same look.
            figure = text[place - 1] in ",:" and is_latin(text, place)
            if not figure:
                return place - 1 if text[place - 1] in "，、：,:" else place
    while limit > start + 1 and is_latin(text, limit) and is_latin(text, limit - 1):
        limit -= 1
    while limit > start + 1 and is_mark(text[limit]):
        limit -= 1
    return limit
