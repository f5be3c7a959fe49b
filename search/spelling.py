"""What may have been meant by a word that is found nowhere: pinyin, initials, a wrong character, a slip of the keys.
Not here: how an engine stores keys and counts words (embedded, cluster). Pure functions (decision 046).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matching import text as words_of
from search.folding import fold_text, replace_unencodable
from search.pinyin import HAN, LATIN_RUN, Unit, pinyin_of, read_units
from search.slips import (
    LONG_LATIN,
    count_slips,
    deletions,
    letter_deletions,
    slur_syllable,
)
from search.terms import MAX_PHRASE, Term, parse_query
from search.word_keys import INITIALS, LETTERS, PINYIN, lexicon_words

MAX_TEXT = 60  # characters; a longer text is a problem to be matched, in which one slip changes little
MAX_UNITS = 6  # characters or syllables of a stretch that may be one word
FEW = 3  # documents: a Latin word that more have is no slip
# Words of one stretch that are counted, so that one text costs an engine no thousands of look-ups.
COUNTED = 200
FARTHEST = 9  # beyond every distance
# Ways to read a stretch that are also looked through for several words.
CUT_READINGS = 3
MIN_LATIN = 4  # letters of a word in which a slip is looked for: any three letters are near any other three

# Counts, per term, the documents that the reader may find.
Count = Callable[[Sequence[Term]], list[int]]
# The words that are stored under any of some keys.
Lookup = Callable[[Sequence[str]], set[str]]

_CHUNK = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Stretch:
    """A part of the text in which something is wrong.

    Attributes:
        start, end: in the text.
        readings: ways to take it as units, the likeliest first.
    """

    start: int
    end: int
    readings: tuple[tuple[Unit, ...], ...]


def corrected_texts(text: str, count: Count, lookup: Lookup, size: int) -> list[str]:
    """The text with what was mistyped in it replaced, the likeliest first.

    Args:
        text: as typed.
        count: the visible documents of terms.
        lookup: the words that visible documents have under some keys.
        size: how many texts at most.
    """
    text = replace_unencodable(text)
    if len(text) > MAX_TEXT or size < 1:
        return []
    corrected = [text]
    # From the end, so that the places of what stands before stay right.
    for stretches in reversed(_suspect_stretches(text, count)):
        stretch, meant = _first_meant(text, stretches, count, lookup)
        # The first stretch has alternatives; of the others only the likeliest is taken.
        ways = []
        for whole in corrected[: 1 if len(corrected) > 1 else size]:
            for replacement in meant[:size]:
                ways.append(whole[: stretch.start] + replacement + whole[stretch.end :])
        corrected = ways or corrected
    return [one for one in dict.fromkeys(corrected) if one != text][:size]


def _first_meant(
    text: str, stretches: Sequence[Stretch], count: Count, lookup: Lookup
) -> tuple[Stretch, list[str]]:
    """The first of some stretches that means anything, and what."""
    for stretch in stretches:
        meant = _words_meant(text, stretch, count, lookup)
        if meant:
            return stretch, meant
    return stretches[0], []


# -- what is wrong ------------------------------------------------------------------------------------------------


def _suspect_stretches(text: str, count: Count) -> list[list[Stretch]]:
    """The parts of a text whose words are found nowhere, each also with the word before it."""
    chunks = []
    for match in _CHUNK.finditer(text):
        chunks.append(_pieces(text, match.start(), match.end()))
    terms = {}
    for pieces in chunks:
        for start, end in pieces:
            term = _term(text[start:end])
            if term is not None:
                terms[start] = term
    # All words in one call: the cluster is asked once, within the time of one answer.
    counts = dict(zip(terms, count(list(terms.values())), strict=True))
    suspects = []
    for pieces in chunks:
        before = {end: start for start, end in pieces}
        for start, end in _runs(text, pieces, counts):
            if _stands_together(text[start:end], count):
                continue
            stretches = []
            for begin in (start, before.get(start, start)):
                readings = read_units(fold_text(text[begin:end]))
                stretches.append(Stretch(begin, end, readings))
            suspects.append(stretches)
    return suspects


def _stands_together(surface: str, count: Count) -> bool:
    """Whether enough documents have a stretch as it is written: a word that our dictionaries do not know."""
    term = Term(surface, "", fold_text(surface)[:MAX_PHRASE])
    return count([term]) > [FEW]


def looks_mistyped(text: str) -> bool:
    """Whether a text is cut into single characters somewhere, which documents have though none has them together."""
    for match in _CHUNK.finditer(text[:MAX_TEXT]):
        alone = 0
        for start, end in _pieces(text, match.start(), match.end()):
            alone = alone + 1 if HAN.fullmatch(text[start:end]) else 0
            if alone > 1:
                return True
    return False


def _runs(
    text: str, pieces: Iterable[tuple[int, int]], counts: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Neighbouring pieces that look wrong, as one stretch each."""
    begin = end = -1
    lonely = False
    for first, last in pieces:
        alone = HAN.fullmatch(text[first:last]) is not None
        most = FEW if LATIN_RUN.search(fold_text(text[first:last])) else 0
        wrong = alone or counts.get(first, 0) <= most
        if wrong and first == end:
            end, lonely = last, False
        elif wrong:
            # One character that stands alone between good words is a word of its own.
            if begin >= 0 and not lonely:
                yield begin, end
            begin, end, lonely = first, last, alone
    if begin >= 0 and not lonely:
        yield begin, end


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A run of letters cut into its words, from left to right, without a gap."""
    spans = [(s.start, s.end) for s in words_of.spans(text) if start <= s.start < end]
    pieces: list[tuple[int, int]] = []
    position = start
    for first, last in sorted(spans, key=lambda span: (span[0], -span[1])):
        if first < position or last > end:
            continue
        pieces.extend((place, place + 1) for place in range(position, first))
        pieces.append((first, last))
        position = last
    pieces.extend((place, place + 1) for place in range(position, end))
    return pieces


def _term(surface: str) -> Term | None:
    """A piece as it is counted; None where nothing of it can be looked for."""
    terms = parse_query(surface).terms
    return terms[0] if len(terms) == 1 else None


# -- what it may be -----------------------------------------------------------------------------------------------


def _words_meant(
    text: str, stretch: Stretch, count: Count, lookup: Lookup
) -> list[str]:
    """What a stretch may have been meant to say, the likeliest first."""
    letters = fold_text(text[stretch.start : stretch.end])
    keys: set[str] = set()
    for window in _windows(stretch.readings):
        keys.update(_keys_of_units(window))
    if letters.isascii():
        keys.update(LETTERS + cut for cut in letter_deletions(letters))
    words = lookup(sorted(keys)) | lexicon_words(keys)
    known = _visible_words(_likeliest(words, stretch.readings, letters), count)
    whole = _ranked(known, stretch.readings, letters)
    if whole:
        return whole
    return _pieced_together(stretch, known)


def _likeliest(
    words: Iterable[str], readings: Sequence[tuple[Unit, ...]], letters: str
) -> list[str]:
    """At most COUNTED of some words: those near the whole stretch first, then those that may be a part of it."""
    ranked = []
    for word in words:
        distances = [_distance(reading, word, letters) for reading in readings]
        distances.append(_latin_distance(letters, word))
        near = min((d for d in distances if d is not None), default=FARTHEST)
        ranked.append((near, word))
    return [word for _, word in sorted(ranked)[:COUNTED]]


def _visible_words(words: Iterable[str], count: Count) -> dict[str, int]:
    """Word → how many documents have it, of the words that any visible document has; each spelling of one once."""
    by_letters: dict[str, str] = {}
    # Sorted, so that of two spellings the same one is offered by every engine.
    for word in sorted(words):
        by_letters.setdefault(fold_text(word), word)
    terms = {}
    for word in by_letters.values():
        term = _term(word)
        if term is not None:
            terms[word] = term
    counts = count(list(terms.values()))
    return {
        word: frequency
        for word, frequency in zip(terms, counts, strict=True)
        if frequency
    }


def _ranked(
    known: Mapping[str, int], readings: Sequence[tuple[Unit, ...]], letters: str
) -> list[str]:
    """The words that a whole stretch may mean: only the nearest ones, by how many documents have them."""
    ranked = []
    for word, documents in known.items():
        distances = [_distance(reading, word, letters) for reading in readings]
        distances.append(_latin_distance(letters, word))
        near = [distance for distance in distances if distance is not None]
        if near:
            ranked.append((min(near), -documents, word))
    ranked.sort()
    # A word at a greater distance than another one is a guess.
    return [word for distance, _, word in ranked if distance == ranked[0][0]]


def _pieced_together(stretch: Stretch, known: Mapping[str, int]) -> list[str]:
    """A stretch of several words, or of which only a part is wrong: the words of its parts, the rest as it stands."""
    for reading in stretch.readings[:CUT_READINGS]:
        spoken = ["".join(unit.letters) for unit in reading]
        # One place after the other: the longest word that begins there and is near.
        position = 0
        replaced = False
        pieces: list[str] = []
        while position < len(reading):
            width = min(MAX_UNITS, len(reading) - position)
            word = ""
            while width > 1 and not word:
                window = reading[position : position + width]
                letters = "".join(spoken[position : position + width])
                word = next(iter(_ranked(known, [window], letters)), "")
                width -= 0 if word else 1
            if word:
                pieces.append(word)
                replaced = True
                position += width
            elif reading[position].han:
                pieces.append(spoken[position])
                position += 1
            else:
                # Letters that are no word: the whole reading is worth nothing.
                replaced = False
                break
        if replaced:
            return ["".join(pieces)]
    return []


def _windows(readings: Sequence[tuple[Unit, ...]]) -> Iterator[tuple[Unit, ...]]:
    """What of a stretch may be a word: every reading as a whole, and stretches of 2 to MAX_UNITS of the likeliest."""
    yield from readings
    for reading in readings[:CUT_READINGS]:
        for start in range(len(reading)):
            for end in range(start + 2, min(start + MAX_UNITS, len(reading)) + 1):
                yield reading[start:end]


def _keys_of_units(units: Sequence[Unit]) -> Iterator[str]:
    """The keys under which a word of these units may stand."""
    letters = "".join(unit.letters for unit in units)
    syllables = [_syllable(unit) for unit in units]
    yield INITIALS + "".join(syllable[0] for syllable in syllables)
    if all(unit.han for unit in units):
        for cut in deletions(letters):
            yield LETTERS + cut
    if all(unit.whole for unit in units):
        for cut in deletions("".join(syllables)):
            yield PINYIN + cut


def _distance(units: Sequence[Unit], word: str, letters: str) -> int | None:
    """How far a word is from what was typed: 0 the same sound; None where they have nothing to do with each other."""
    characters = fold_text(word)
    if not HAN.search(characters):
        return None
    syllables = pinyin_of(characters)
    if len(units) == len(syllables):
        return _distance_by_place(units, characters, syllables, letters)
    typed = "".join(_syllable(unit) for unit in units)
    if all(unit.han for unit in units):
        # A character too many or too few; a word by itself is none that lacks one.
        is_mispronounced = max(
            len(units), len(syllables)
        ) > 2 and not words_of.in_dictionary(letters)
        return 6 if is_mispronounced and count_slips(letters, characters) == 1 else None
    spoken = "".join(syllables)
    if len(typed) > MIN_LATIN and count_slips(typed, spoken) == 1:
        return 4
    return None


def _distance_by_place(
    units: Sequence[Unit], characters: str, syllables: Sequence[str], letters: str
) -> int | None:
    """The distance of a word with as many characters as were typed."""
    same = slurred = initials = wrong = 0
    for unit, character, syllable in zip(units, characters, syllables, strict=True):
        typed = _syllable(unit)
        if unit.letters == character:
            same += 1
        elif not unit.whole:
            initials += syllable.startswith(typed)
            wrong += not syllable.startswith(typed)
        elif typed != syllable and slur_syllable(typed) == slur_syllable(syllable):
            slurred += 1
        elif typed != syllable:
            wrong += 1
    if not wrong:
        # Initials may stand for many words, a slurred sound for few.
        return 2 if initials else int(slurred > 0)
    if wrong > 1 or not same or not all(unit.han for unit in units):
        return None
    if len(units) > 2:
        return 3
    # Half of a word of two is wrong: only where it is no word by itself. 光伏 is none of 光学's misspellings.
    return None if words_of.in_dictionary(letters) else 5


def _latin_distance(letters: str, word: str) -> int | None:
    """The distance of a Latin word from Latin letters; None beyond one slip, or two in a long word."""
    spoken = fold_text(word)
    if not (letters.isascii() and spoken.isascii()):
        return None
    if min(len(letters), len(spoken)) < MIN_LATIN or letters == spoken:
        return None
    slips = count_slips(letters, spoken)
    allowed = 2 if min(len(letters), len(spoken)) >= LONG_LATIN else 1
    return 2 + slips if slips <= allowed else None


@lru_cache(maxsize=4096)
def _syllable(unit: Unit) -> str:
    return "".join(pinyin_of(unit.letters)) if unit.han else unit.letters
