"""Showing a reader why a text was found: the query's words marked in the original.
Not here: the lines around the marks (sentences), finding (embedded, cluster).
Both go by the same terms, so what was found by a word is marked by it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from matching import text as words_of
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
    span_lists = find_spans(texts, query)
    marked = []
    for text, by_term in zip(texts, span_lists, strict=True):
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
        # Before the first mark nothing reaches as far as a text begins.
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
    quantities = foldings
    if any(term.whole for term in query.content):
        repaired = map(words_of.repair_text, originals)
        # In the one spelling that a query's quantities have; every character stays in its place.
        quantities = FoldedText.fold_all(list(map(words_of.join_quantities, repaired)))
    span_lists = []
    for original, folded, joined in zip(originals, foldings, quantities, strict=True):
        by_term = []
        for term in query.content:
            spelled = joined if term.whole else folded
            by_term.append(_term_spans(original, spelled, term))
        # As a phrase, so that stop words inside of it are marked with it.
        if query.whole:
            spans = _phrase_spans(original, folded, query.whole)
            by_term.append(list(spans))
        span_lists.append(by_term)
    return span_lists


def _term_spans(text: str, folded: FoldedText, term: Term) -> list[Span]:
    """Where a term or a synonym of it stands; where its parts stand when neither does."""
    spans = list(_phrase_spans(text, folded, term.phrase, whole=term.whole))
    # A quantity has one spelling: with hyphens between its figures 38 dB would be marked in 138 dB and in 3-8 dB.
    if not spans and term.spellings and not term.whole:
        spans = _hyphened_spans(text, folded, term.spellings[0])
    for other in term.alternatives:
        matched = _phrase_spans(text, folded, other.phrase, whole=other.whole)
        spans.extend(matched)
    if not spans:
        for part in term.parts:
            spans.extend(_phrase_spans(text, folded, part.phrase))
    return sorted(spans)


def _phrase_spans(
    text: str, folded: FoldedText, phrase: str, *, whole: bool = False
) -> Iterator[Span]:
    """Where folded characters stand in the original. whole: not inside a longer Latin word or another quantity."""
    place = folded.text.find(phrase)
    while place >= 0:
        start, end = _original_span(text, folded, place, place + len(phrase))
        inside_word = is_latin(text, start - 1) or is_latin(text, end)
        if not (whole and (inside_word or _is_of_figure(text, start))):
            yield start, end
        # From behind it, so that no two marks of one phrase overlap.
        place = folded.text.find(phrase, place + len(phrase))


def _hyphened_spans(text: str, folded: FoldedText, word: str) -> list[Span]:
    """Where a word stands with hyphens inside: wifi in Wi-Fi."""
    pattern = re.compile("-?".join(map(re.escape, word)))
    spans = []
    for match in pattern.finditer(folded.text):
        spans.append(_original_span(text, folded, *match.span()))
    return spans


def _original_span(text: str, folded: FoldedText, first: int, last: int) -> Span:
    """Where the folded characters from `first` up to `last` stand in the original."""
    start = folded.origin(first)
    end = folded.origin(last - 1) + 1
    reached = len(text)
    if last < len(folded.text):
        reached = folded.origin(last)
    # The rest of a unit stays with its sign, 40摄氏度 folds to 40°c, and an accent with its letter.
    while end < reached and words_of.is_of_unit(text[end]):
        end += 1
    while end < len(text) and is_mark(text[end]):
        end += 1
    return start, end


def _is_of_figure(text: str, index: int) -> bool:
    """Whether a figure that begins at a place is the rest of one: 5MW in 1.5MW, 40 °C in −40 °C."""
    before = words_of.normalise(text[max(0, index - 2) : index])
    if before.endswith("."):
        return before[:-1].isdigit()
    # 10-20 MPa is a range, and its 20 has no sign.
    is_signed = before.endswith(("-", "+", "±"))
    return is_signed and not is_latin(before, len(before) - 2)


def is_mark(character: str) -> bool:
    """Whether a character is a part of the one before it: an accent, or how a picture is drawn (❤️)."""
    return unicodedata.category(character).startswith("M")


def is_latin(text: str, index: int) -> bool:
    """Whether a Latin letter or a figure stands at a place of a text."""
    if not 0 <= index < len(text):
        return False
    character = text[index]
    return character.isascii() and character.isalnum()
