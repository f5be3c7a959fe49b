"""What a reader's text asks for: its words, each with the characters that must stand together, synonyms and parts.
Not here: how words are cut (matching.text), how an engine looks for a term (embedded, cluster). Pure functions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from matching import text as words_of
from search.folding import fold_text, replace_unencodable
from search.tokens import MAX_TOKEN, character_pairs, index_token

MAX_TEXT = 5_000  # characters of a query that are read at all
MAX_TERMS = 24  # beyond this the longest words are kept: they are the rare ones, and each term costs two look-ups
MAX_PHRASE = 32  # characters of one term that are compared; a longer run is as good as unique by then
MAX_WHOLE = (
    32  # a text of up to this many folded characters is also tried as one phrase
)
LONG_TERMS = 3  # a text of fewer terms is ranked by its words alone
MAX_PAIRS = 48  # a text with more is no title or question but a page, and its longest words say enough
MAX_ALTERNATIVES = 6  # synonyms per term
SHORT_LATIN = 5  # a Latin synonym of up to this many letters counts as a whole word only (PE is not in "speed")
# Parsed texts that are remembered: the engine, the highlights of its page and the shortcuts next to it share one.
REMEMBERED_QUERIES = 256

# Signs that belong to the letters before them: C++ and C# are names, not the letter C.
_TRAILING_SIGNS = frozenset("+#%＋＃％")

# A Latin word with a letter, or a figure that may be written 1,000.
_LATIN_WORD = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*|[0-9]{4,}", re.A)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to say a term.

    Attributes:
        word: as a token of the index.
        phrase: its folded characters.
        whole: only as a word of its own, never inside another.
    """

    word: str
    phrase: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the reader.

    Attributes:
        surface: the original letters.
        word: the same as a token of the index, "" when it is no word there.
        phrase: the folded characters that must stand together.
        whole: only as a word of its own: 40 °C is not found in −40 °C, 5MW not in 1.5MW.
        spellings: words of the index that are this term too, whatever characters they were written with: WiFi has the
            word of Wi-Fi.
        alternatives: synonyms.
        parts: the smaller words inside, for when the whole is found nowhere.
    """

    surface: str
    word: str
    phrase: str
    whole: bool = False
    spellings: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    parts: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A reader's text after parsing.

    Attributes:
        terms: at most MAX_TERMS, in reading order, each phrase once.
        whole: the whole text as one phrase, "" when that would add nothing.
        signs_only: something was typed, but no letter and no figure: it asks for nothing and finds nothing.
        pairs: characters that stand together in a long text, none for a short one, for keywords and for a page.
        content: the terms that carry content, or all of them where none does; these are highlighted.
    """

    terms: tuple[Term, ...]
    whole: str = ""
    content: tuple[Term, ...] = ()
    signs_only: bool = False
    pairs: tuple[str, ...] = ()


@words_of.remembered_with_lists(REMEMBERED_QUERIES)
def parse_query(text: str) -> ParsedQuery:
    """Read a text. No character of it has a meaning beyond itself; blanks and controls alone ask for nothing.

    Args:
        text: anything a person may type or paste, cut at MAX_TEXT.
    """
    # Repaired once and as a whole: what is between two blanks says little about them.
    written = replace_unencodable(text[:MAX_TEXT])
    text = words_of.repair_text(written)
    # Nothing but markup: then that is what was meant.
    if not any(map(str.isalnum, text)):
        text = written
    terms: dict[str, Term] = {}
    for start, end in _split_words(text):
        term = _full_term(text[start:end], written[start:end])
        if term is not None:
            terms.setdefault(term.phrase, term)
    signs_only = False
    if not terms:
        # % stands in every other text: to find them all would say nothing. A picture (😀) is looked for as it stands.
        folded = fold_text(text)
        signs_only = folded != "" and all(map(_is_sign, folded))
        for run in text.split():
            term = _plain_term(run)
            if term is not None and not signs_only:
                terms.setdefault(term.phrase, term)
    longest = _longest_terms(list(terms.values()))
    whole = ""
    # A pasted page is no phrase, so it is not folded to learn how long it would be.
    if len(text) <= 4 * MAX_WHOLE:
        whole = fold_text(text)
    # One term is its own phrase already.
    if len(longest) < 2 or len(whole) > MAX_WHOLE:
        whole = ""
    content = tuple(content_terms(longest))
    pairs = _pairs_of(text, len(longest))
    return ParsedQuery(tuple(longest), whole, content, signs_only, pairs)


def _pairs_of(text: str, terms: int) -> tuple[str, ...]:
    """The pairs of characters of a long text; none where few terms were written, or each was by itself."""
    runs = text.split()
    # Who writes keywords has cut the words; what stands across two of them was never meant to stand together.
    if terms < LONG_TERMS or len(runs) >= terms:
        return ()
    # Four characters a pair leave room for signs and Latin words; a pasted page is not folded for nothing.
    if len(text) > 4 * MAX_PAIRS:
        return ()
    pairs: dict[str, None] = {}
    for run in runs:
        pairs.update(dict.fromkeys(character_pairs(fold_text(run))))
    if len(pairs) > MAX_PAIRS:
        return ()
    return tuple(pairs)


def _is_sign(character: str) -> bool:
    """Whether a character is punctuation, or a sign of mathematics or money."""
    category = unicodedata.category(character)
    return character == "°" or category[0] == "P" or category in ("Sm", "Sc", "Sk")


def fallback_terms(
    terms: Iterable[Term],
    nowhere: Iterable[Term],
) -> list[Term]:
    """The terms to look for when not all are found together: a word found nowhere gives way to its parts.

    Stop words and single characters are looked for only when there is nothing else: any document has them.

    Args:
        terms: as parsed.
        nowhere: those of them that no visible document contains.

    Returns:
        At most MAX_TERMS terms, each once.
    """
    absent = {term.phrase for term in nowhere}
    chosen: dict[str, Term] = {}
    for term in terms:
        replacements: tuple[Term, ...] = (term,)
        if term.phrase in absent and term.parts:
            replacements = term.parts
        for replacement in replacements:
            chosen.setdefault(replacement.phrase, replacement)
    return _longest_terms(content_terms(chosen.values()))


def content_terms(terms: Iterable[Term]) -> list[Term]:
    """The terms that carry content, or all of them where none does."""
    every = list(terms)
    return [term for term in every if is_content_term(term)] or every


def is_content_term(term: Term) -> bool:
    """Whether a term is no stop word, no single character, no figure and no sign."""
    if len(term.phrase) < 2:
        return False
    # Nobody types a figure with its unit without meaning it.
    if term.whole:
        return True
    return bool(words_of.words(term.surface, stop=True))


def scores_in_title(phrase: str) -> bool:
    """Whether standing in the title is worth something by itself: Latin letters may be the inside of another word."""
    return not phrase.isascii()


def _split_words(text: str) -> list[Range]:
    """The longest words, left to right, and the letters between them that belong to no word."""
    spans = {(span.start, span.end) for span in words_of.spans(text)}
    pieces: list[Range] = []
    position = 0
    for start, end in _longest_first(spans):
        if start < position or end <= start:
            continue
        pieces.extend(_uncovered_runs(text, position, start))
        end = _with_trailing_signs(text, end)
        pieces.append((start, end))
        position = end
    pieces.extend(_uncovered_runs(text, position, len(text)))
    return pieces


def _longest_first(spans: Iterable[Range]) -> list[Range]:
    """Ranges by their start, the longer of two with one start before the shorter."""
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def _with_trailing_signs(text: str, end: int) -> int:
    last = text[end - 1]
    if not (last.isascii() and last.isalnum()):
        return end
    while end < len(text) and text[end] in _TRAILING_SIGNS:
        end += 1
    return end


def _uncovered_runs(text: str, start: int, end: int) -> list[Range]:
    """Runs of letters and figures that no word covers."""
    runs: list[Range] = []
    begin = None
    for index in range(start, end + 1):
        if index < end and text[index].isalnum():
            if begin is None:
                begin = index
        elif begin is not None:
            runs.append((begin, _with_trailing_signs(text, index)))
            begin = None
    return runs


def _full_term(surface: str, written: str) -> Term | None:
    """A word with its token, synonyms and parts; None when nothing of it can be looked for.

    Args:
        surface: repaired.
        written: as it was typed.
    """
    term = _plain_term(surface)
    if term is None:
        return None
    token = _token_of(surface)
    is_quantity = words_of.is_quantity(token)
    # By the folded form, so that ＡＩ and ai have the synonyms of AI.
    alternatives = _synonyms().get(term.phrase, ())[:MAX_ALTERNATIVES]
    return Term(
        surface=words_of.drop_unseen(written).strip(),
        word=token,
        # 38 dB in the one spelling that all its spellings have: only words are looked for.
        phrase=token if is_quantity else term.phrase,
        whole=is_quantity,
        spellings=_spellings_of(token),
        alternatives=alternatives,
        parts=_parts(surface, term.phrase),
    )


def _spellings_of(token: str) -> tuple[str, ...]:
    """The word of the index that all spellings of a word have: of 7075-T6 and 7075T6 it is 7075t6."""
    if words_of.is_quantity(token):
        return (token,)
    if _LATIN_WORD.fullmatch(token):
        return (token.replace("-", ""),)
    return ()


def _plain_term(surface: str) -> Term | None:
    """Characters that are looked for as they stand, and as no word."""
    phrase = fold_text(surface)[:MAX_PHRASE]
    if not phrase:
        return None
    return Term(words_of.drop_unseen(surface).strip(), "", phrase)


def _token_of(surface: str) -> str:
    token = index_token(words_of.plain_text(surface))
    if len(token) > MAX_TOKEN:
        return ""
    return token


def _parts(surface: str, phrase: str) -> tuple[Term, ...]:
    """The longest words strictly inside a word, left to right, not overlapping."""
    inside = set()
    for span in words_of.spans(surface):
        if 0 < span.end - span.start < len(surface):
            inside.add((span.start, span.end))
    parts: list[Term] = []
    position = 0
    for start, end in _longest_first(inside):
        if start < position:
            continue
        part = _plain_term(surface[start:end])
        if part is not None and part.phrase != phrase:
            token = _token_of(surface[start:end])
            parts.append(Term(part.surface, token, part.phrase))
        position = end
    return tuple(parts)


def _longest_terms(terms: list[Term]) -> list[Term]:
    """At most MAX_TERMS of the terms, those with the longest phrases, in reading order."""
    if len(terms) <= MAX_TERMS:
        return terms
    # A stable sort: of two phrases with one length the first in reading order stays before the other.
    places = range(len(terms))
    by_length = sorted(places, key=lambda place: -len(terms[place].phrase))
    chosen = sorted(by_length[:MAX_TERMS])
    return [terms[place] for place in chosen]


@words_of.remembered_with_lists()
def _synonyms() -> dict[str, tuple[Alternative, ...]]:
    """Folded form → the other forms of its group (one group a line, commas between)."""
    table: dict[str, tuple[Alternative, ...]] = {}
    for line in words_of.word_lists().synonym_lines:
        forms = [form.strip() for form in line.split(",")]
        group = [_alternative(form) for form in forms if form]
        for one in group:
            # A word may be in several groups: 深度学习 is DL, and also a kind of 人工智能.
            known = {other.phrase: other for other in table.get(one.phrase, ())}
            for other in group:
                if other.phrase != one.phrase:
                    known.setdefault(other.phrase, other)
            table[one.phrase] = tuple(known.values())
    return table


def _alternative(form: str) -> Alternative:
    phrase = fold_text(form)
    short_latin = phrase.isascii() and len(phrase) <= SHORT_LATIN
    return Alternative(_token_of(form), phrase, short_latin)
