"""The normal form of a text (NFKC, case folding, one kind of dash) and where its characters come from.
Not here: words (text).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
# Marks a character that may combine with the one before: both must then be normalised together.
_COMBINING = "\0"


class _FoldTable(dict[int, str]):
    """Code point → its normal form or _COMBINING; filled as characters are met.

    str.translate with this table is several times faster than normalising character by character.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold(character)
        if any(_combines(c) for c in (character, *folded[:1])):
            folded = _COMBINING
        self[code] = folded
        return folded


def _combines(character: str) -> bool:
    # Unicode marks and the vowels and finals of Hangul join the character before them.
    is_mark = unicodedata.category(character).startswith("M")
    return is_mark or "\u1160" <= character <= "\u11ff"


def _fold(text: str) -> str:
    # NFKC twice: case folding can leave what NFKC composes again, and the normal form must be stable.
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", compatible).translate(_DASHES)


_FOLD_TABLE = _FoldTable(_DASHES)


def normalise(text: str) -> str:
    """NFKC and case-folded, all dashes one dash. normalise(normalise(t)) == normalise(t)."""
    # Nearly every text: no mark that combines, so characters are normalised one by one.
    folded = text.translate(_FOLD_TABLE)
    if _COMBINING not in folded:
        return folded
    return "".join(_fold(cluster) for cluster in _clusters(text))


def keeps_offsets(
    text: str,
    norm: str,
) -> bool:
    """Whether each character of a text is one character of its normal form, so that offsets are the same in both."""
    if norm == text:
        return True
    return len(norm) == len(text) and _COMBINING not in text.translate(_FOLD_TABLE)


def original_offsets(text: str) -> tuple[list[int], list[int]]:
    """For each character of normalise(text): where its cluster begins and ends in the text."""
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for cluster in _clusters(text):
        length = len(_fold(cluster))
        starts.extend([position] * length)
        position += len(cluster)
        ends.extend([position] * length)
    return starts, ends


def _clusters(text: str) -> Iterator[str]:
    """The text in pieces that can be normalised separately: a character and what combines with it."""
    begin = 0
    for index in range(1, len(text)):
        following = (text[index], *_fold(text[index])[:1])
        if not any(_combines(c) for c in following):
            yield text[begin:index]
            begin = index
    if text:
        yield text[begin:]
