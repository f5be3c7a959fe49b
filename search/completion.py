"""What is suggested while somebody types: titles and their words, under their letters, their pinyin and its initials.
Not here: how an engine stores and looks them up (embedded, cluster). Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from matching import text as words_of
from search.folding import fold_text, replace_unencodable
from search.pinyin import pinyin_of
from search.terms import parse_query

MAX_KEY = 64  # characters of a key; nobody types on that long without looking
MAX_INSIDE_KEY = 24  # … of a key that begins inside a title
MAX_TITLE = 120  # characters; a longer title is no help to choose by
# Words of one title that are suggested, and places inside it that it is found from: most titles have no more.
MAX_TITLE_WORDS = 12
# A word narrows what somebody means, a title already is one of the answers: words come first, and a title that begins
# so before one that holds it further in.
INSIDE_WEIGHT = 1
TITLE_WEIGHT = 2
WORD_WEIGHT = 3
WEIGHTS = (WORD_WEIGHT, TITLE_WEIGHT, INSIDE_WEIGHT)
# Between a key and its text. No folded text contains it, and it sorts before all letters, so a shorter word goes first.
SEPARATOR = "\x02"
# Entries of one weight that are counted, in the order of their keys, and documents counted for each: one letter begins
# thousands, and somebody is waiting between two keys (decision 046).
CANDIDATES = 200
COUNT_LIMIT = 500

_LAST_CHARACTER = "\U0010ffff"


class Completion(NamedTuple):
    """A text and the ways to come to it (decision 024).

    Attributes:
        weight: one of WEIGHTS.
        entries: for each key the key, SEPARATOR and the text as it is suggested.
    """

    weight: int
    entries: tuple[str, ...]


def completions(title: str) -> list[Completion]:
    """What is suggested by a title: itself, unless it is too long, also from inside, and its content words."""
    title = " ".join(replace_unencodable(title).split())
    results = []
    if len(title) <= MAX_TITLE:
        results.append(Completion(TITLE_WEIGHT, _entries(title)))
        results.append(Completion(INSIDE_WEIGHT, _inside_entries(title)))
    for word in title_words(title)[:MAX_TITLE_WORDS]:
        results.append(Completion(WORD_WEIGHT, _entries(word)))
    return [completion for completion in results if completion.entries]


def title_words(title: str) -> list[str]:
    """The content words of a title and the words inside them, in reading order, each once."""
    words: dict[str, None] = {}
    for term in parse_query(title).content:
        for one in (term, *term.parts):
            if one.word and len(one.phrase) > 1:
                words.setdefault(one.surface)
    return list(words)


def normalize_prefix(text: str) -> str:
    """What somebody typed as the beginning of a key; "" has no completions."""
    # A pasted page is not folded whole for a key of 64 characters; blanks between them may be dropped.
    prefix = fold_text(replace_unencodable(text[: 4 * MAX_KEY]))[:MAX_KEY]
    # Signs alone begin no word, and a title is not looked for by its bracket.
    if not any(character.isalnum() for character in prefix):
        return ""
    return prefix


def prefix_upper_bound(prefix: str) -> str:
    """The end of the range of entries that begin with a prefix."""
    return prefix + _LAST_CHARACTER


def rank_completions(
    counts: Mapping[int, Mapping[str, int]], prefix: str, size: int
) -> list[str]:
    """The texts to suggest.

    Args:
        counts: weight → entry → how many documents have it, at most COUNT_LIMIT.
        prefix: as typed, normalized.
        size: how many texts at most.

    Returns:
        Each text once: by weight; then what was typed in full; then what most documents have (zc is 轴承 before 注册
        where more titles speak of 轴承); then by key and text.
    """
    ranked = []
    for weight, by_entry in counts.items():
        for entry, count in by_entry.items():
            key, _, text = entry.partition(SEPARATOR)
            order = (-weight, key != prefix, -min(count, COUNT_LIMIT), entry)
            ranked.append((order, text))
    ranked.sort()
    texts = [text for _, text in ranked]
    return list(dict.fromkeys(texts))[:size]


@lru_cache(maxsize=16_384)  # a catalogue repeats its words over and over
def _entries(text: str) -> tuple[str, ...]:
    return tuple(f"{key}{SEPARATOR}{text}" for key in _keys(text, MAX_KEY))


def _inside_entries(title: str) -> tuple[str, ...]:
    """Entries that lead to a title from each of its content words but the first."""
    starts = {span.start for span in words_of.spans(title, stop=True)} - {0}
    entries: set[str] = set()
    for start in sorted(starts)[:MAX_TITLE_WORDS]:
        for key in _keys(title[start : start + MAX_INSIDE_KEY], MAX_INSIDE_KEY):
            entries.add(f"{key}{SEPARATOR}{title}")
    return tuple(sorted(entries))


def _keys(text: str, length: int) -> list[str]:
    """What a text is found under: its letters, its pinyin and the initials of it, each once, in order."""
    letters = fold_text(text)
    syllables = pinyin_of(letters[:length])
    initials = [syllable[:1] for syllable in syllables]
    keys = {letters, "".join(syllables), "".join(initials)}
    return sorted({key[:length] for key in keys if key})
