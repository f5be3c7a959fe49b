"""Showing a reader why a text was found: the query's words marked in the original.
Not here: the lines around the marks (sentences), finding (embedded, cluster).
Both go by the same terms, so what was found by a word is marked by it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from search.folding import FoldedText, replace_unencodable
from search.terms import ParsedQuery, Term

Span = tuple[int, int]
TermSpans = list[list[Span]]  # of one text, for each term


def highlights(texts: Sequence[str], query: ParsedQuery) -> list[Markup]:
    """Texts made safe for a page, with the words of a query inside <mark>.

    Args:
        texts: as stored, any characters.
        query: what to mark; its stop words are not, unless there is nothing else.

    Returns:
        One Markup for each text; striptags gives the text back.
    """
    found = find_spans(texts, query)
    marked = []
    for text, by_term in zip(texts, found, strict=True):
        spans = all_spans(by_term)
        marked.append(mark_spans(text, spans))
    return marked


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
            begin = merged[-1][0]
            merged[-1] = (begin, max(end, reach))
        else:
            merged.append((start, end))
    return merged


def all_spans(by_term: Iterable[list[Span]]) -> list[Span]:
    """The places of all terms together."""
    every: list[Span] = []
    for spans in by_term:
        every += spans
    return every


def find_spans(texts: Sequence[str], query: ParsedQuery) -> list[TermSpans]:
    """Per text and content term of the query (the phrase as typed last), where it stands in the original text.

    Stop words are left out: a page full of marked 的 shows nothing.
    """
    if not query.content:
        return [[] for _ in texts]
    originals = [replace_unencodable(text) for text in texts]
    # All texts of a page are folded in one go (folding.FoldedText.fold_all says why).
    foldings = FoldedText.fold_all(originals)
    found = []
    for original, folded in zip(originals, foldings, strict=True):
        by_term = [_term_spans(original, folded, term) for term in query.content]
        if query.whole:
            spans = _phrase_spans(original, folded, query.whole)
            by_term.append(list(spans))
        found.append(by_term)
    return found


def _term_spans(text: str, folded: FoldedText, term: Term) -> list[Span]:
    """Where a term or a synonym of it stands; where its parts stand when neither does."""
    spans = list(_phrase_spans(text, folded, term.phrase))
    for other in term.alternatives:
        found = _phrase_spans(text, folded, other.phrase, whole=other.whole)
        spans.extend(found)
    if not spans:
        for part in term.parts:
            spans.extend(_phrase_spans(text, folded, part.phrase))
    return sorted(spans)


def _phrase_spans(
    text: str, folded: FoldedText, phrase: str, *, whole: bool = False
) -> Iterator[Span]:
    """Where folded characters stand in the original. whole: not inside a longer Latin word."""
    place = folded.text.find(phrase)
    while place >= 0:
        start = folded.origin(place)
        end = folded.origin(place + len(phrase) - 1) + 1
        # An accent stays with its letter.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        inside_word = is_latin(text, start - 1) or is_latin(text, end)
        if not (whole and inside_word):
            yield start, end
        place = folded.text.find(phrase, place + len(phrase))


def is_latin(text: str, index: int) -> bool:
    """Whether a Latin letter or a figure stands at a place of a text."""
    if not 0 <= index < len(text):
        return False
    character = text[index]
    return character.isascii() and character.isalnum()
