"""The features of a document by kind: what they are, their keys, and where the grams of a text lie in it.
Not here: how documents are read into counted features (index.reading), what a feature weighs (index), words (text).

Kinds. grams: one and two units (Han characters, Latin tokens) next to each other, without stop words. titles: single
units of the title, with stop words. words: content terms with their sub-terms. A feature is known by a key of 64 bits
that depends on the text alone, so that no process needs another's vocabulary. Words of one group of synonyms have one
key: 噪声 and 异响 are one feature, with the document frequency of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from matching import text as words_of
from matching.arrays import (
    Int64s,
    UInt8s,
    UInt64s,
)
from matching.bit_mixing import GOLDEN, HALF, MURMUR
from matching.documents import Document
from matching.lexicon import IN_USE, word_lists
from matching.refusals import without_refused
from matching.surroundings import cores_of, heading_of

FEATURE_KINDS = ("grams", "titles", "words")

# A title counts as if it were written three times: +.006 NDCG@10.
TITLE_WEIGHT = 3
# Characters of a title and of a text that are read.
MAX_CHARACTERS = 20_000
# Characters at most of the first sentence that heads a text without a title.
MAX_HEADING = 60

# The code between units that are not next to each other.
BREAK = 0
# Words whose keys are remembered; then the table begins again.
_KEYS_REMEMBERED = 400_000


class FeatureCounts(NamedTuple):
    """The features of one document of one kind.

    Attributes:
        keys: distinct, ascending, uint64, shape (k,).
        counts: how often each occurs, 1…MAX_COUNT, uint8, shape (k,).
    """

    keys: UInt64s
    counts: UInt8s

    def ascending(self) -> FeatureCounts:
        """The same by ascending keys, as an index need not have them and a query must: sums depend on the order."""
        if (self.keys[1:] > self.keys[:-1]).all():
            return self
        order = np.argsort(self.keys)
        return FeatureCounts(self.keys[order], self.counts[order])


@dataclass(frozen=True, slots=True)
class Features:
    """What a document is ranked by: its features of each kind, and whether any term of it carries content."""

    grams: FeatureCounts
    titles: FeatureCounts
    words: FeatureCounts
    has_content: bool


class GramPlaces(NamedTuple):
    """The grams of a normalised text at their places, norm[start:end] each.

    Attributes:
        keys: shape (g,).
        starts, ends: shape (g,).
    """

    keys: UInt64s
    starts: Int64s
    ends: Int64s


class _Units(NamedTuple):
    """The Han characters and Latin tokens of a normalised text in reading order.

    Attributes:
        codes: shape (u,).
        starts, ends: shape (u,).
        runs: the number of the run in which each stands, shape (u,); those of one run are next to each other.
    """

    codes: UInt64s
    starts: Int64s
    ends: Int64s
    runs: Int64s


def title_and_text(document: Document) -> tuple[str, str]:
    """Title and text of a document as they are read: titles_and_texts()."""
    title, text = titles_and_texts([document])
    return title, text


def titles_and_texts(documents: Sequence[Document]) -> list[str]:
    """Titles and texts of documents as they are read: normalised, without what they refuse (refusals), and the texts
    without their surroundings.

    A text without a title gets the sentence that names its trouble, else its first one.

    Returns:
        title and text of one document after the other.
    """
    written: list[str] = []
    for document in documents:
        written.append(document.title[:MAX_CHARACTERS])
        written.append(document.text[:MAX_CHARACTERS])
    sides = words_of.plain_texts(written)
    sides[1::2] = cores_of(sides[1::2])
    sides = without_refused(sides)
    for place in range(0, len(sides), 2):
        if not any(map(str.isalnum, sides[place])):
            sides[place] = _whole_words(heading_of(sides[place + 1]))
    return sides


def _whole_words(heading: str) -> str:
    """A heading up to the end of the last word within MAX_HEADING: half a word would be weighed, and shown."""
    if len(heading) <= MAX_HEADING:
        return heading
    ends = [token.start + len(token.word) for token in words_of.tokens(heading)]
    within = [end for end in ends if end <= MAX_HEADING]
    return heading[: max(within, default=MAX_HEADING)]


def gram_places(
    norm: str,
    *,
    pairs: bool = True,
    stop: bool = True,
) -> GramPlaces:
    """The grams of a normalised text with their places.

    Args:
        norm: title or text as title_and_text() gives them.
        pairs: with the grams of two units.
        stop: without those of stop words.

    Returns:
        exactly those that reading a document counts; single units first.
    """
    units = _units(norm, stop=stop)
    # Keys are made by numpy in one go: a thousand calls a query would cost a millisecond.
    keys = mix_bits(units.codes)
    if not pairs:
        return GramPlaces(keys, units.starts, units.ends)
    left = np.flatnonzero(units.runs[:-1] == units.runs[1:])
    right = left + 1
    pair_keys = bigram_keys(units.codes[left], units.codes[right])
    return GramPlaces(
        np.concatenate([keys, pair_keys]),
        np.concatenate([units.starts, units.starts[left]]),
        np.concatenate([units.ends, units.ends[right]]),
    )


def _units(norm: str, *, stop: bool) -> _Units:
    codes: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    runs: list[int] = []
    run = 0
    last = 0
    for token in words_of.tokens(norm):
        # Something that is no word lies between: punctuation separates grams.
        if token.start > last:
            run += 1
        word = token.word
        last = token.start + len(word)
        if stop and token.is_stop:
            run += 1
        elif words_of.is_han(word):
            codes.extend(map(ord, word))
            starts.extend(range(token.start, last))
            ends.extend(range(token.start + 1, last + 1))
            runs.extend([run] * len(word))
        else:
            codes.append(word_key(word))
            starts.append(token.start)
            ends.append(last)
            runs.append(run)
    return _Units(
        np.array(codes, dtype=np.uint64),
        np.array(starts, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(runs, dtype=np.int64),
    )


def _codes(codes: Iterable[int]) -> UInt64s:
    return np.array(list(codes), dtype=np.uint64)


def word_key(word: str) -> int:
    """The key of a word: the first 64 bits of its BLAKE2b."""
    key = _word_keys.get(word)
    if key is None:
        if len(_word_keys) >= _KEYS_REMEMBERED:
            _word_keys.clear()
        # Lone surrogates occur in pasted texts and must not fail.
        encoded = word.encode("utf-8", "surrogatepass")
        digest = blake2b(encoded, digest_size=8).digest()
        key = _word_keys[word] = int.from_bytes(digest, "little")
    return key


_word_keys: dict[str, int] = {}


def term_key(word: str) -> int:
    """The key of a content term: one for all words of a group of synonyms, so that they are one feature."""
    group = IN_USE[0].groups.get(word)
    return word_key(words_of.normalise(group[0]) if group else word)


def mix_bits(codes: UInt64s) -> UInt64s:
    """Codes spread over 64 bits, one to one, both of shape (n,)."""
    # Overflow wraps: both multipliers are odd, so no two codes meet.
    mixed = codes * GOLDEN
    mixed ^= mixed >> HALF
    return mixed * MURMUR


def bigram_keys(
    left: UInt64s,
    right: UInt64s,
) -> UInt64s:
    """The keys of pairs of units by their codes, all of shape (n,)."""
    return mix_bits(mix_bits(left) + right)


def word_bigram_keys(words: Sequence[str]) -> UInt64s:
    """The keys of the characters of Han words, each with the next one, as their grams have them.

    Args:
        words: of two characters and more.

    Returns:
        word after word, one key fewer than each has characters.
    """
    joined = "".join(words)
    codes = _codes(map(ord, joined))
    keys = bigram_keys(codes[:-1], codes[1:])
    # All in one go; what reaches from one word into the next is left out.
    ends = np.cumsum([len(word) for word in words])
    return np.delete(keys, ends[:-1] - 1)


def features_version() -> str:
    """What stored features are made with: the words, and which of them are one."""
    return f"{words_of.words_version()}-{word_lists().groups_digest}"
