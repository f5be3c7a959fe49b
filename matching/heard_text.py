"""What was typed by ear: one wrong character of the same sound in a term (热处里), terms and texts in pinyin.
Not here: texts of which the encoding was mistaken (misread_text), what a search may have meant (the search's own).

Only queries are read so, and people are shown how. Of a term one character may be wrong, inside it or where the others
are no word: 电池和 is no 电池盒, while 热处 is nothing. In 5,369 real texts two stretches are such, both of them slips.
Terms of two characters are left alone: any two characters sound like some term. Of 23 such stretches in 969 texts three
at most were slips, the others words (防粘, 辊道) and ends of words. A term in pinyin among Han characters (zhoucheng
异响) is read where its letters are those of no other term; in 15,700 texts none is such (decision 155).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import NamedTuple

from matching import text as words_of
from matching.lexicon import lexicon_terms, remembered_with_lists, synonym_groups

_LONGEST = 6  # characters of a term that is looked for
_SHORTEST = 3
_LONGEST_SYLLABLE = 6  # zhuang
# So many words of a text without Han characters must be pinyin: an English one has "can" and "men" as well.
_SHARE_OF_PINYIN = 0.8
# Syllables at least that belong to terms: two may be chance, for pinyin is also how names are written.
_FEWEST_SYLLABLES = 3
# Letters at least of a term in pinyin among Han characters, and names that are written so.
_FEWEST_LETTERS = 6
_SPELT = re.compile(
    rf"(?<![\w.@/+-])[A-Za-z]{{{_FEWEST_LETTERS},}}(?![A-Za-z0-9_.@/+-])"
    rf"|(?<=[\u4e00-\u9fff])[A-Za-z]{{{_FEWEST_LETTERS},}}(?![A-Za-z0-9_.@/+-])"
)
_NAMES = frozenset({"xinhua", "qigong"})
# A term without the character at a place → (the sound of that character, the term).
_Slots = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


class Heard(NamedTuple):
    """A stretch of a text as it was typed, and the term that it is read as."""

    written: str
    meant: str


def read_by_ear(text: str) -> tuple[str, tuple[Heard, ...]]:
    """A text with its terms as they were meant.

    Args:
        text: as typed.

    Returns:
        the text as it is read, and what of it is read otherwise than it is written, each once; of a text in pinyin the
        terms that it names. The text itself where nothing was surely meant otherwise.
    """
    norm = words_of.plain_text(text)
    if not any(map(words_of.is_han, norm)):
        return _read_pinyin(text, norm)
    text, spelt = _read_spelt_terms(text)
    heard = dict.fromkeys(spelt)
    norm = words_of.plain_text(text) if heard else norm
    # Places in what is folded and in what was typed are the same in nearly every text; others are left alone.
    if len(norm) != len(text):
        return text, tuple(heard)
    for start, term in _slips(norm):
        written = text[start : start + len(term)]
        if words_of.normalise(written) != norm[start : start + len(term)]:
            continue
        heard[Heard(written, term)] = None
        text = text[:start] + term + text[start + len(term) :]
    return text, tuple(heard)


def _read_spelt_terms(text: str) -> tuple[str, list[Heard]]:
    """A text with Han characters in place of the terms that it spells: zhoucheng 异响."""
    heard = []

    def read_term(found: re.Match[str]) -> str:
        written = found.group()
        term = _terms_by_letters().get(written.lower())
        if term is None:
            return written
        heard.append(Heard(written, term))
        return term

    return _SPELT.sub(read_term, text), heard


def is_pinyin(text: str) -> bool:
    """Whether a text has no Han characters and nearly all its words are syllables, two and more."""
    norm = words_of.plain_text(text)
    if any(map(words_of.is_han, norm)):
        return False
    return _is_spelt(_cut_words(norm))


def _slips(norm: str) -> Iterator[tuple[int, str]]:
    """Where a normalised text has a term with one wrong character of the same sound, and the term."""
    doubtful = bytearray(len(norm))
    for token in words_of.tokens(norm):
        end = token.start + len(token.word)
        if len(token.word) == 1 or not words_of.in_dictionary(token.word):
            doubtful[token.start : end] = b"\x01" * (end - token.start)
    slots: _Slots = {}
    last = 0
    for place in [place for place, doubt in enumerate(doubtful) if doubt]:
        if not words_of.is_han(norm[place]):
            continue
        slots = slots or _slots()
        found = _term_around(norm, place, last, slots)
        if found is not None:
            start, term = found
            last = start + len(term)
            yield start, term


def _term_around(
    norm: str, place: int, first: int, slots: _Slots
) -> tuple[int, str] | None:
    """The longest term that lacks only the character at a place, which sounds like its own; and where it begins."""
    for length in range(_LONGEST, _SHORTEST - 1, -1):
        for start in range(max(first, place - length + 1), place + 1):
            before, after = norm[start:place], norm[place + 1 : start + length]
            if len(before) + len(after) + 1 < length:
                continue
            # What is a word without the character is a word and something else.
            rest = before or after
            if not (before and after) and words_of.in_dictionary(rest):
                continue
            for sound, term in slots.get((before, after), ()):
                if term[place - start] != norm[place] and sound in _sounds(norm[place]):
                    return start, term
    return None


@remembered_with_lists()
def _slots() -> _Slots:
    slots: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for term in _terms():
        if len(term) < _SHORTEST:
            continue
        for place, sound in enumerate(_pinyin_of(term)):
            slot = term[:place], term[place + 1 :]
            slots[slot] = (*slots.get(slot, ()), (sound, term))
    return slots


def _terms() -> list[str]:
    """Terms of the trade in Han characters, in an order that stays."""
    named = sorted({*lexicon_terms(), *synonym_groups()})
    return [t for t in named if 1 < len(t) <= _LONGEST and all(map(words_of.is_han, t))]


def _read_pinyin(text: str, norm: str) -> tuple[str, tuple[Heard, ...]]:
    """A text of Latin letters by the terms that its syllables sound like."""
    cut = _cut_words(norm)
    if not _is_spelt(cut):
        return text, ()
    syllables = list(chain.from_iterable(cut))
    sounds = _terms_by_sound()
    heard = []
    place = 0
    while place < len(syllables):
        for length in range(min(_LONGEST, len(syllables) - place), 0, -1):
            spoken = tuple(syllables[place : place + length])
            term = sounds.get(spoken)
            if term is not None:
                heard.append(Heard(" ".join(spoken), term))
                break
        place += length
    if sum(len(one.meant) for one in heard) < _FEWEST_SYLLABLES:
        return text, ()
    return " ".join(one.meant for one in heard), tuple(dict.fromkeys(heard))


def _cut_words(norm: str) -> list[tuple[str, ...]]:
    """The syllables of each word of a text, none of one that is no pinyin."""
    words = [token.word for token in words_of.tokens(norm)]
    return [_syllables_of(word) for word in words if word.isalpha()]


def _is_spelt(cut: list[tuple[str, ...]]) -> bool:
    spelt = sum(bool(one) for one in cut)
    return sum(map(len, cut)) > 1 and spelt >= _SHARE_OF_PINYIN * len(cut)


def _syllables_of(word: str) -> tuple[str, ...]:
    """A word cut into syllables of pinyin, the longest first; empty where it is none."""
    # ü is typed as v.
    if not word or not word.isascii():
        return ()
    ways: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for length in range(1, min(_LONGEST_SYLLABLE, end) + 1):
            before, syllable = ways[end - length], word[end - length : end]
            if before is not None and syllable in _all_sounds():
                shorter = ways[end]
                if shorter is None or len(before) + 1 < len(shorter):
                    ways[end] = (*before, syllable)
    return ways[-1] or ()


@remembered_with_lists()
def _terms_by_sound() -> Mapping[tuple[str, ...], str]:
    """Syllables → the term; of those that sound alike one of the lexicon, and the first of a group of synonyms."""
    found: dict[tuple[str, ...], str] = {}
    for term in sorted(_terms(), key=_place_of_term):
        found.setdefault(tuple(_pinyin_of(term)), term)
    return found


@remembered_with_lists()
def _terms_by_letters() -> Mapping[str, str]:
    """Letters of two syllables and more → the term, where all terms that sound so are one."""
    sounding: defaultdict[str, set[str]] = defaultdict(set)
    for term in _terms():
        if len(term) > 1:
            sounding["".join(_pinyin_of(term))].add(term)
    groups = synonym_groups()
    found = {}
    for letters, terms in sounding.items():
        first, *others = sorted(terms, key=_place_of_term)
        is_one = all(other in groups.get(first, ()) for other in others)
        if is_one and len(letters) >= _FEWEST_LETTERS and letters not in _NAMES:
            found[letters] = first
    return found


def _place_of_term(term: str) -> tuple[bool, bool, str]:
    group = synonym_groups().get(term)
    is_other = group is not None and words_of.normalise(group[0]) != term
    return is_other, term not in lexicon_terms(), term


def _pinyin_of(term: str) -> list[str]:
    # A quarter of a second that only those pay who paste a text.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(term)


@cache
def _sounds(character: str) -> frozenset[str]:
    """All sounds of a character, without tones."""
    from pypinyin import Style, pinyin

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


@cache
def _all_sounds() -> frozenset[str]:
    """Every syllable that a frequent character has."""
    # The rows of GB 2312 that hold Han characters.
    common = "".join(map(_row_of_gb2312, range(0xB0, 0xF8)))
    sounds = _pinyin_of(common)
    return frozenset(sound for sound in sounds if sound.isascii() and sound.isalpha())


def _row_of_gb2312(row: int) -> str:
    pairs = [bytes((row, place)) for place in range(0xA1, 0xFF)]
    return b"".join(pairs).decode("gb2312", "ignore")
