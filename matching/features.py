"""A document read: the keyed, counted features of each channel. Keys are 64-bit numbers made from the text alone.
Not here: what a feature weighs (channel), what a word is (text).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching import text as words_of
from matching.documents import Document

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.uint8]

TITLE = 3  # a title counts as if it stood there three times: +.006 NDCG@10
MOST = 63  # counts are kept in six bits; what stands there more often says no more
LONGEST = 20_000  # characters of a text that are read
HEAD = 60  # characters at most of the first sentence that heads a text without a title
CHANNELS = ("grams", "titles", "words")

BREAK = 0  # between units that do not stand side by side
_EVEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[^\W_][^。！？；!?;\n]*")
_REMEMBERED = 400_000


class Counted(NamedTuple):
    """The features of one document in one channel: keys ascending, shape (n,), and how often each stands there."""

    keys: Keys
    counts: Counts


@dataclass(frozen=True, slots=True)
class Features:
    """What a document is ranked by.

    grams one and two units (Han characters, Latin tokens) side by side, stop words left out; titles single units of
    the title, stop words too; words with their sub-terms. telling: some word says something about a technology.
    """

    grams: Counted
    titles: Counted
    words: Counted
    telling: bool


class Unit(NamedTuple):
    """A feature where it stands in a normalised text: text[start:end]."""

    key: int
    start: int
    end: int


def parts(document: Document) -> tuple[str, str]:
    """Title and text as read, normalised. A text without a title is headed by its first sentence."""
    title = words_of.normalise(document.title[:LONGEST])
    text = words_of.normalise(document.text[:LONGEST])
    if not any(c.isalnum() for c in title):
        head = _SENTENCE.search(text)
        title = head.group()[:HEAD] if head else ""
    return title, text


def read(document: Document) -> Features:
    """The features of a document; the same document gives the same features in every process."""
    title, text = parts(document)
    kept, plain, told = _codes(title)
    kept_text, _, told_text = _codes(text)
    return Features(
        _counted(_grams(kept), _grams(kept_text)),
        _counted(_grams(plain, pairs=False), None),
        _counted(np.array(told, dtype=np.uint64), np.array(told_text, dtype=np.uint64)),
        bool(told or told_text),
    )


def grams_at(norm: str, *, pairs: bool = True, stop: bool = True) -> list[Unit]:
    """The grams of a normalised text where they stand; read() counts exactly these."""
    units: list[tuple[int, int, int] | None] = []
    last = 0
    for token in words_of.tokens(norm):
        if token.start > last:
            units.append(None)
        last = token.start + len(token.word)
        if stop and token.stopped:
            units.append(None)
        elif words_of.is_han(token.word):
            units.extend(
                (ord(c), token.start + i, token.start + i + 1)
                for i, c in enumerate(token.word)
            )
        else:
            units.append((word_key(token.word), token.start, last))
    there = [unit for unit in units if unit]
    singles = spread(np.array([code for code, _, _ in there], dtype=np.uint64)).tolist()
    found = [
        Unit(key, start, end)
        for key, (_, start, end) in zip(singles, there, strict=True)
    ]
    if pairs:
        sides = [(a, b) for a, b in zip(units, units[1:], strict=False) if a and b]
        keys = _paired(
            *(np.array([s[i][0] for s in sides], dtype=np.uint64) for i in (0, 1))
        )
        found.extend(
            Unit(int(k), a[1], b[2]) for k, (a, b) in zip(keys, sides, strict=True)
        )
    return found


def word_key(word: str) -> int:
    """The key of a word: the first 64 bits of its BLAKE2b, so no process needs another's vocabulary."""
    key = _keys.get(word)
    if key is None:
        if len(_keys) >= _REMEMBERED:
            _keys.clear()
        key = int.from_bytes(
            blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(),
            "little",
        )
        _keys[word] = key
    return key


_keys: dict[str, int] = {}


def _codes(norm: str) -> tuple[list[int], list[int], list[int]]:
    """Codes of the units, broken at stop words and between runs; the same with stop words; keys of telling words."""
    kept: list[int] = []
    plain: list[int] = []
    told: list[int] = []
    last = 0
    for token in words_of.tokens(norm):
        if token.start > last:
            kept.append(BREAK)
            plain.append(BREAK)
        last = token.start + len(token.word)
        codes = (
            list(map(ord, token.word))
            if words_of.is_han(token.word)
            else [word_key(token.word)]
        )
        plain.extend(codes)
        if token.stopped:
            kept.append(BREAK)
        else:
            kept.extend(codes)
        told.extend([word_key(word) for _, word in token.telling])
    told.extend([word_key(word) for _, word in words_of.mixed(norm)])
    return kept, plain, told


def _grams(codes: list[int], *, pairs: bool = True) -> Keys:
    units = np.array(codes, dtype=np.uint64)
    singles = spread(units[units != BREAK])
    if not pairs or len(units) < 2:
        return singles
    left, right = units[:-1], units[1:]
    beside = (left != BREAK) & (right != BREAK)
    return np.concatenate([singles, _paired(left[beside], right[beside])])


def spread(codes: Keys) -> Keys:
    """Spread codes over 64 bits, one to one."""
    spread = codes * _EVEN
    spread ^= spread >> np.uint64(32)
    return spread * _MIX


def pairs_of(word: str) -> list[int]:
    """The keys of the characters of a Han word, each with the next one, as grams have them."""
    codes = np.array(list(map(ord, word)), dtype=np.uint64)
    keys: list[int] = _paired(codes[:-1], codes[1:]).tolist()
    return keys


def _paired(left: Keys, right: Keys) -> Keys:
    return spread(spread(left) + right)


def _counted(title: Keys, text: Keys | None) -> Counted:
    """Distinct keys, ascending, and their counts: the title's TITLE times where there is a text channel to outweigh."""
    if text is None:
        keys, counts = np.unique(title, return_counts=True)
    else:
        keys, where = np.unique(np.concatenate([title, text]), return_inverse=True)
        weights = np.ones(len(where))
        weights[: len(title)] = TITLE
        counts = np.bincount(where, weights, minlength=len(keys)).astype(np.int64)
    return Counted(keys, np.minimum(counts, MOST).astype(np.uint8))
