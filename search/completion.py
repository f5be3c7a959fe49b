"""What is suggested while somebody types: titles and their words, under their letters, their pinyin and its initials.
Not here: how an engine stores and looks them up (embedded, cluster). Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from search.folding import fold_text, replace_unencodable
from search.terms import parse_query

MAX_KEY = 64  # characters of a key; nobody types on that long without looking
MAX_TITLE = 120  # characters; a longer title is no help to choose by
MAX_TITLE_WORDS = (
    8  # words of one title that are suggested; the first say what it is about
)
# A word narrows what somebody means, a title already is one of the answers: words come first.
TITLE_WEIGHT = 1
WORD_WEIGHT = 2
# Between a key and its text. No folded text contains it, and it sorts before all letters, so a shorter word goes first.
SEPARATOR = "\x02"
KEYS_PER_TEXT = 6  # a text may be found under three keys, as a word and as a title

_LAST_CHARACTER = "\U0010ffff"


class Completion(NamedTuple):
    """A text and the ways to come to it (decision 024).

    Attributes:
        weight: TITLE_WEIGHT or WORD_WEIGHT.
        entries: for each key the key, SEPARATOR and the text as it is suggested.
    """

    weight: int
    entries: tuple[str, ...]


def completions(title: str) -> list[Completion]:
    """What is suggested by a title: itself, unless it is too long, and its content words, MAX_TITLE_WORDS at most."""
    title = " ".join(replace_unencodable(title).split())
    words = []
    for term in parse_query(title).content:
        if term.word and len(term.phrase) > 1:
            words.append(term.surface)
    found = []
    if len(title) <= MAX_TITLE:
        found.append(Completion(TITLE_WEIGHT, _entries(title)))
    for word in words[:MAX_TITLE_WORDS]:
        found.append(Completion(WORD_WEIGHT, _entries(word)))
    return [completion for completion in found if completion.entries]


def normalize_prefix(text: str) -> str:
    """What somebody typed as the beginning of a key; "" has no completions."""
    # A pasted page is not folded whole for a key of 64 characters; blanks between them may be dropped.
    return fold_text(replace_unencodable(text[: 4 * MAX_KEY]))[:MAX_KEY]


def prefix_upper_bound(prefix: str) -> str:
    """The end of the range of entries that begin with a prefix."""
    return prefix + _LAST_CHARACTER


def completion_texts(entries: Iterable[str], size: int) -> list[str]:
    """The texts of entries in order, each once, `size` at most."""
    texts = [entry.partition(SEPARATOR)[2] for entry in entries]
    return list(dict.fromkeys(texts))[:size]


@lru_cache(maxsize=16_384)  # a catalogue repeats its words over and over
def _entries(text: str) -> tuple[str, ...]:
    letters = fold_text(text)
    syllables = _pinyin(letters[:MAX_KEY])
    initials = [syllable[:1] for syllable in syllables]
    keys = {letters, "".join(syllables), "".join(initials)}
    return tuple(f"{key[:MAX_KEY]}{SEPARATOR}{text}" for key in sorted(keys) if key)


def _pinyin(letters: str) -> list[str]:
    """The pinyin of each character without tones (ü as v, as it is typed); other characters as they stand."""
    from pypinyin import lazy_pinyin  # a quarter of a second that only writers pay

    return lazy_pinyin(letters, errors=list)  # type: ignore[arg-type]  # a list is taken apart, says its manual
