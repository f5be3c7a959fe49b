"""The keys under which the words of documents and of our lexicons are looked for when something was mistyped.
Not here: what a text may have meant (spelling), how an engine stores keys (embedded, cluster). Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from matching import text as words_of
from search.completion import SEPARATOR, title_words
from search.folding import fold_text, replace_unencodable
from search.pinyin import HAN, pinyin_of
from search.slips import deletions, letter_deletions

MAX_WORD = 12  # characters of a word that is offered or mended
MAX_LATIN = 16  # Latin words of a body that are remembered
# What a key is: deletions of the letters, of the pinyin, or initials.
LETTERS, PINYIN, INITIALS = "d", "p", "i"


def spelling_entries(title: str, body: str) -> tuple[str, ...]:
    """The words of a document that may be offered, under all their keys: key, SEPARATOR, word.

    Args:
        title: its content words count.
        body: only its Latin words count: the Han words of a trade are known by the lexicon.
    """
    words = title_words(replace_unencodable(title))
    latin = [word for word in words_of.words(body, stop=True) if word.isascii()]
    # Sorted before it is cut: the same text has the same entries in every process.
    words += sorted(set(latin))[:MAX_LATIN]
    entries: set[str] = set()
    for word in words:
        entries.update(f"{key}{SEPARATOR}{word}" for key in keys_of(word))
    return tuple(sorted(entries))


@lru_cache(maxsize=16_384)  # a catalogue repeats its words
def keys_of(word: str) -> tuple[str, ...]:
    """The keys under which a word is looked for; none where it is too short or too long to be mended."""
    letters = fold_text(word)
    if not 2 <= len(letters) <= MAX_WORD or not any(c.isalpha() for c in letters):
        return ()
    keys = {LETTERS + cut for cut in letter_deletions(letters)}
    # Deletions of the pinyin find a slip of the ear, the initials what was typed in haste.
    if HAN.search(letters):
        syllables = pinyin_of(letters)
        keys.add(INITIALS + "".join(syllable[0] for syllable in syllables))
        keys.update(PINYIN + cut for cut in deletions("".join(syllables)))
    return tuple(sorted(keys))


def lexicon_words(keys: Iterable[str]) -> set[str]:
    """The words of our lexicons under some keys; whether a visible document has one is counted by the caller."""
    table = _lexicon()
    words: set[str] = set()
    for key in keys:
        words |= table.get(key, frozenset())
    return words


@words_of.remembered_with_lists()
def _lexicon() -> dict[str, frozenset[str]]:
    """Key → words of the lexicon and of the synonyms (matching/lexicon)."""
    words = set(words_of.lexicon_terms())
    for line in words_of.word_lists().synonym_lines:
        words.update(form.strip() for form in line.split(","))
    table: dict[str, set[str]] = {}
    for word in words:
        for key in keys_of(word):
            table.setdefault(key, set()).add(word)
    return {key: frozenset(entries) for key, entries in table.items()}
