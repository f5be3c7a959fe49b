"""What a reader's text asks for: its words, each with the characters that must stand together, synonyms and parts.
Not here: how words are cut (matching.text), how an engine asks for a term (fts, elastic). Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from matching import text as words_of
from search.characters import fold, folded, sound

MAX_TEXT = 5_000  # characters of a query that are read at all
MAX_TERMS = 24  # beyond this the longest words are kept: they are the rare ones, and each term costs two look-ups
MAX_PHRASE = 32  # characters of one term that are compared; a longer run is as good as unique by then
MAX_WHOLE = 32  # a text of up to this many characters is also tried as one phrase
MAX_ALTERNATIVES = 6  # synonyms per term
MAX_WORD = 64  # longer tokens are noise in the word index; the single characters still find them
SHORT_LATIN = 5  # a Latin synonym of up to this many letters counts as a whole word only (PE is not in "speed")

# Signs that belong to the letters before them: C++ and C# are names, not the letter C.
_TRAILING_SIGNS = frozenset("+#%＋＃％")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to say a term. whole: only as a word of its own, never inside another."""

    word: str
    phrase: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the reader.

    shown the original letters; word the same in the word index ("" when it is no word there); phrase the folded
    characters that must stand together; parts the smaller words inside, for when the whole is found nowhere.
    """

    shown: str
    word: str
    phrase: str
    alternatives: tuple[Alternative, ...] = ()
    parts: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A reader's text understood: the terms, and the whole as one phrase ("" when that would add nothing)."""

    terms: tuple[Term, ...]
    whole: str = ""


@lru_cache(maxsize=256)
def understand(text: str) -> Asked:
    """Read a text. No character of it has a meaning beyond itself; blanks and controls alone ask for nothing.

    text: anything a person may type or paste, cut at MAX_TEXT. Returns Asked with at most MAX_TERMS terms.
    """
    text = sound(text[:MAX_TEXT])
    terms: dict[str, Term] = {}
    for start, end in _pieces(text):
        term = _term(text[start:end])
        if term is not None:
            terms.setdefault(term.phrase, term)
    if (
        not terms
    ):  # only signs and pictures: each blank-separated run is looked for as it stands
        for run in text.split():
            term = _bare(run)
            if term is not None:
                terms.setdefault(term.phrase, term)
    kept = _heaviest(list(terms.values()))
    whole = folded(text) if len(text) <= 4 * MAX_WHOLE else ""
    worth = len(kept) > 1 and len(whole) <= MAX_WHOLE
    return Asked(tuple(kept), whole if worth else "")


def relaxed(terms: Iterable[Term], nowhere: Iterable[Term]) -> list[Term]:
    """The terms to look for when not all are found together: a word found nowhere gives way to its parts.

    terms as understood; nowhere those that no visible document contains. Stop words and single
    characters are asked for only when there is nothing else: any document has them. Returns at most
    MAX_TERMS terms, each once.
    """
    absent = {term.phrase for term in nowhere}
    chosen: dict[str, Term] = {}
    for term in terms:
        for one in (term.parts or (term,)) if term.phrase in absent else (term,):
            chosen.setdefault(one.phrase, one)
    return _heaviest(telling(chosen.values()))


def telling(terms: Iterable[Term]) -> list[Term]:
    """The terms that say something, see `tells`, unless there is nothing else."""
    terms = list(terms)
    return [term for term in terms if tells(term)] or terms


def tells(term: Term) -> bool:
    """Whether a term says something: it is no stop word, no single character, no figure and no sign."""
    return len(term.phrase) > 1 and bool(words_of.words(term.shown, stop=True))


def title_counts(phrase: str) -> bool:
    """Whether standing in the title is worth something by itself: Latin letters may be the inside of another word."""
    return not phrase.isascii()


def index_words(text: str) -> list[str]:
    """The words of a stored text for the word channel, stop words kept: a reader may look for any of them."""
    found = []
    for word in words_of.words(sound(text), stop=False):
        token = index_word(word)
        if token and len(token) <= MAX_WORD:
            found.append(token)
    return found


@lru_cache(maxsize=65_536)  # a catalogue says the same words over and over
def index_word(word: str) -> str:
    """A word as one token: the index cuts at blanks, so blanks inside a word become a sign no text contains."""
    return INNER_BLANK.join(filter(None, (tidy(piece) for piece in word.split())))


def tidy(piece: str) -> str:
    """A piece of a word without controls and private signs."""
    return "".join(character for character in piece if fold(character))


INNER_BLANK = "\ue020"  # private use: folded texts never contain it
BREAK = "\uf8ff"  # stands between fields in the character channel, so that no phrase runs across


def _pieces(text: str) -> list[tuple[int, int]]:
    """The longest words, left to right, and the letters between them that belong to no word."""
    spans = sorted(
        {(s.start, s.end) for s in words_of.spans(text)},
        key=lambda span: (span[0], -span[1]),
    )
    pieces: list[tuple[int, int]] = []
    position = 0
    for start, end in spans:
        if start < position or end <= start:
            continue
        pieces.extend(_loose(text, position, start))
        end = _with_signs(text, end)
        pieces.append((start, end))
        position = end
    pieces.extend(_loose(text, position, len(text)))
    return pieces


def _with_signs(text: str, end: int) -> int:
    if not (text[end - 1].isascii() and text[end - 1].isalnum()):
        return end
    while end < len(text) and text[end] in _TRAILING_SIGNS:
        end += 1
    return end


def _loose(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Runs of letters and figures that no word covers."""
    runs: list[tuple[int, int]] = []
    begin = None
    for index in range(start, end + 1):
        if index < end and text[index].isalnum():
            begin = index if begin is None else begin
        elif begin is not None:
            runs.append((begin, _with_signs(text, index)))
            begin = None
    return runs


def _term(shown: str) -> Term | None:
    term = _bare(shown)
    if term is None:
        return None
    alternatives = tuple(_synonyms().get(term.phrase, ())[:MAX_ALTERNATIVES])
    return Term(
        term.shown, _word(shown), term.phrase, alternatives, _parts(shown, term.phrase)
    )


def _bare(shown: str) -> Term | None:
    phrase = folded(shown)[:MAX_PHRASE]
    return Term(shown.strip(), "", phrase) if phrase else None


def _word(shown: str) -> str:
    word = index_word(words_of.normalise(shown))
    return word if len(word) <= MAX_WORD else ""


def _parts(shown: str, phrase: str) -> tuple[Term, ...]:
    """The longest words strictly inside a word, left to right, not overlapping."""
    inside = {
        (s.start, s.end)
        for s in words_of.spans(shown)
        if 0 < s.end - s.start < len(shown)
    }
    parts: list[Term] = []
    position = 0
    for start, end in sorted(inside, key=lambda span: (span[0], -span[1])):
        if start < position:
            continue
        part = _bare(shown[start:end])
        if part is not None and part.phrase != phrase:
            parts.append(Term(part.shown, _word(shown[start:end]), part.phrase))
        position = end
    return tuple(parts)


def _heaviest(terms: list[Term]) -> list[Term]:
    if len(terms) <= MAX_TERMS:
        return terms
    order = sorted(range(len(terms)), key=lambda i: (-len(terms[i].phrase), i))[
        :MAX_TERMS
    ]
    return [terms[i] for i in sorted(order)]


@cache
def _synonyms() -> dict[str, tuple[Alternative, ...]]:
    """Folded form → the other forms of its group (matching/lexicon/synonyms.txt: one group a line, commas between)."""
    lines = (
        files("matching")
        .joinpath("lexicon", "synonyms.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    table: dict[str, tuple[Alternative, ...]] = {}
    for line in lines:
        forms = (
            [form.strip() for form in line.split(",")]
            if not line.startswith("#")
            else []
        )
        group = [_alternative(form) for form in forms if form]
        for one in group:
            table[one.phrase] = tuple(
                other for other in group if other.phrase != one.phrase
            )
    return table


def _alternative(form: str) -> Alternative:
    phrase = folded(form)
    return Alternative(
        _word(form), phrase, phrase.isascii() and len(phrase) <= SHORT_LATIN
    )
