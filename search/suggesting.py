"""What is offered while somebody types: titles and their words, under their letters, their pinyin and its initials.
Not here: how an engine stores and asks for them (fts, elastic). Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from search.characters import folded, sound
from search.terms import telling, understand

MOST = 8  # offers at a time, as many as one takes in at a glance
MAX_KEY = 64  # characters by which an offer is found; nobody types on that long without looking
MAX_TITLE = 120  # a longer title is no help to choose by
TITLE, TERM = (
    1,
    2,
)  # weights: a word narrows what somebody means, a title already is one of the answers
MAX_WORDS = 8  # words of one title that are offered; the first say what it is about
BETWEEN = "\x02"  # no folded text contains it: stands between a key and what is shown, before all letters
KEYS_OF_ONE = 6  # a text may be found under three keys, as a word and as a title

_LAST = "\U0010ffff"


class Offer(NamedTuple):
    """A text and the ways to come to it. entries: each the key typed at its beginning, BETWEEN, the text as shown."""

    weight: int
    entries: tuple[str, ...]


def offers(title: str) -> list[Offer]:
    """What a title offers: itself, unless it is too long, and its telling words, MAX_WORDS at most."""
    title = " ".join(sound(title).split())
    words = [
        term.shown
        for term in telling(understand(title).terms)
        if term.word and len(term.phrase) > 1
    ]
    found = [Offer(TITLE, _entries(title))] if len(title) <= MAX_TITLE else []
    found += [Offer(TERM, _entries(word)) for word in words[:MAX_WORDS]]
    return [offer for offer in found if offer.entries]


def typed(text: str) -> str:
    """What somebody typed as the beginning of a key; "" asks for nothing."""
    return folded(sound(text[: 4 * MAX_KEY]))[:MAX_KEY]


def beyond(prefix: str) -> str:
    """The end of the range of entries that begin with a prefix."""
    return prefix + _LAST


def shown(entries: Iterable[str], size: int) -> list[str]:
    """The texts of entries in order, each once, `size` at most."""
    return list(dict.fromkeys(entry.partition(BETWEEN)[2] for entry in entries))[:size]


@lru_cache(maxsize=16_384)  # a catalogue says the same words over and over
def _entries(text: str) -> tuple[str, ...]:
    letters = folded(text)
    sounds = _sounds(letters[:MAX_KEY])
    keys = {letters, "".join(sounds), "".join(sound[:1] for sound in sounds)}
    return tuple(f"{key[:MAX_KEY]}{BETWEEN}{text}" for key in sorted(keys) if key)


def _sounds(letters: str) -> list[str]:
    """The pinyin of each character without tones (ü as v, as it is typed); other characters as they stand."""
    from pypinyin import lazy_pinyin  # a quarter of a second that only writers pay

    return lazy_pinyin(letters, errors=list)  # type: ignore[arg-type]  # a list is taken apart, says its manual
