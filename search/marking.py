"""Showing a reader why a text was found: the query's words marked in the original, and the lines around them.
Not here: finding (the engines). Both go by the same terms, so what was found by a word is marked by it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from search.characters import Folded, sound
from search.terms import Term, telling, understand

LENGTH = 120  # characters of a snippet
_LEAD = 0.25  # share of a snippet that may stand before the first mark
_ENDS = frozenset("。！？；!?;\n")
_ELLIPSIS = "…"

Span = tuple[int, int]


def marks(texts: Sequence[str], query_text: str) -> list[Markup]:
    """Texts made safe for a page, with the words of a query inside <mark>.

    texts: as stored, any characters; query_text: as typed. A text is cut first and escaped piece by piece, so a mark
    is never inside an entity and no tag of the text survives. Striptags of a result gives the text back.
    """
    found = _found(texts, query_text)
    return [
        mark_spans(text, [span for spans in of for span in spans])
        for text, of in zip(texts, found, strict=True)
    ]


def snippets(
    texts: Iterable[str], query_text: str, length: int = LENGTH
) -> list[Markup]:
    """The part of each text with most of a query's words, marked as by marks(), blanks drawn together.

    length: at most so many characters of a text, an ellipsis on each cut side not counted. Without any of the words
    the beginning of the text.
    """
    texts = [" ".join(text.split()) for text in texts]
    found = _found(texts, query_text)
    return [
        _snippet(text, of, max(length, 1))
        for text, of in zip(texts, found, strict=True)
    ]


def _snippet(text: str, found: list[list[Span]], length: int) -> Markup:
    start, end = _window(text, found, length)
    inside = [
        (max(a, start) - start, min(b, end) - start)
        for spans in found
        for a, b in spans
        if a < end and b > start
    ]
    marked = mark_spans(text[start:end], inside)
    before = _ELLIPSIS if start > 0 else ""
    after = _ELLIPSIS if end < len(text) else ""
    return before + marked + after


def _found(texts: Sequence[str], query_text: str) -> list[list[list[Span]]]:
    """Per text and word of the query (the phrase as typed last), where it stands in the original text.

    Stop words are found but not marked: a page full of marked 的 shows nothing.
    """
    terms, whole = _sought(query_text)
    if not terms:
        return [[] for _ in texts]
    originals = [sound(text) for text in texts]
    found = []
    for original, where in zip(originals, Folded.each(originals), strict=True):
        of = [_term(original, where, term) for term in terms]
        if whole:
            of.append(list(_phrase(original, where, whole, whole=False)))
        found.append(of)
    return found


@lru_cache(maxsize=64)  # once for all rows of a page
def _sought(query_text: str) -> tuple[list[Term], str]:
    asked = understand(query_text)
    return telling(asked.terms), asked.whole


def _term(text: str, where: Folded, term: Term) -> list[Span]:
    spans = list(_phrase(text, where, term.phrase, whole=False))
    for other in term.alternatives:
        spans.extend(_phrase(text, where, other.phrase, whole=other.whole))
    if not spans:
        for part in term.parts:
            spans.extend(_phrase(text, where, part.phrase, whole=False))
    return sorted(spans)


def _phrase(text: str, where: Folded, phrase: str, *, whole: bool) -> Iterable[Span]:
    at = where.text.find(phrase)
    while at >= 0:
        start, end = where.origin(at), where.origin(at + len(phrase) - 1) + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1  # an accent stays with its letter
        if not (whole and (_latin(text, start - 1) or _latin(text, end))):
            yield start, end
        at = where.text.find(phrase, at + len(phrase))


def _latin(text: str, index: int) -> bool:
    return 0 <= index < len(text) and text[index].isascii() and text[index].isalnum()


def _window(text: str, found: list[list[Span]], length: int) -> Span:
    """The stretch of at most length characters with most of the words, started at a sentence where one is near."""
    if len(text) <= length:
        return 0, len(text)
    places = sorted(
        (start, end, index) for index, spans in enumerate(found) for start, end in spans
    )
    best, best_worth = 0, (0, 0)
    for position, (start, _, _) in enumerate(places):
        inside = []
        for place in places[position:]:
            if place[1] > start + length - int(length * _LEAD):
                break
            inside.append(place)
        worth = (len({index for _, _, index in inside}), len(inside))
        if worth > best_worth:
            best, best_worth = start, worth
    lead = int(length * _LEAD)
    earliest = max(0, best - lead)
    begin = next(
        (i + 1 for i in range(best - 1, earliest - 1, -1) if text[i] in _ENDS), earliest
    )
    if earliest == 0:
        begin = 0
    begin = min(begin, len(text) - length)
    while (
        0 < begin < best
        and text[begin - 1].isascii()
        and text[begin - 1].isalnum()
        and text[begin].isascii()
    ):
        begin += 1  # no Latin word is cut in two
    while begin < best and text[begin] == " ":
        begin += 1
    return begin, min(len(text), begin + length)


def mark_spans(
    text: str, spans: Iterable[Span], *, join_touching: bool = True
) -> Markup:
    """A text made safe for a page, with stretches of it inside <mark>.

    The text is cut first and escaped piece by piece, so a mark is never inside an entity and no tag of the text
    survives.

    Args:
        text: any characters.
        spans: (start, end) in it, in any order; those that overlap become one mark.
        join_touching: whether two that touch become one mark as well.
    """
    pieces: list[str] = []
    position = 0
    for start, end in _merge_spans(spans, join_touching=join_touching):
        pieces.append(escape(text[position:start]))
        pieces.append("<mark>")
        pieces.append(escape(text[start:end]))
        pieces.append("</mark>")
        position = end
    pieces.append(escape(text[position:]))
    return Markup("".join(pieces))  # noqa: S704  every piece of the text is escaped


def _merge_spans(spans: Iterable[Span], *, join_touching: bool) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        reach = merged[-1][1] if merged else -1
        if start < reach or (join_touching and start == reach):
            merged[-1] = (merged[-1][0], max(end, reach))
        else:
            merged.append((start, end))
    return merged
