"""THE folding of characters, one for words, search, names, headers and numbers, and where each character comes from.
Not here: blanks and markup of pasted texts (pasted_text), words (text), what makes two names one (accounts.names).

Folded are width and compatible forms (NFKC), case, characters that nobody sees, radicals, traditional characters and
signs of one meaning. It is for comparing only: what people wrote is stored and shown as they wrote it. One character
folds alone, whatever stands next to it, so that a part of a text is found in the whole (decision 038).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import opencc

from matching.arrays import UInt32s
from matching.code_points import OTHER_PLANE, code_points_of, texts_of
from matching.radicals import RADICALS

# Signs of one meaning that NFKC holds apart, each with the one that stands for all.
_SAME_SIGNS = {
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u2e3a\u2e3b\ufe58",
    "~": "\u301c\u223c\u02dc\u223d",
    "×": "\u2715\u2716\u2a2f\u00d7",
    "≥": "\u2267\u2a7e",
    "≤": "\u2266\u2a7d",
    "/": "\u2044\u2215",
    ":": "\u2236\ua789",
    # Diameters are written with five signs: Φ20, ø20, ⌀20, ∅20 and the Cyrillic Ф20.
    "φ": "\u03c6\u03d5\u00f8\u2300\u2205\u0444\u0278",
}
# Older and foreign forms that OpenCC leaves as they are: those of Korean and Japanese fonts and of old texts.
# 円 stays: a sum in it is none in 元.
_SAME_CHARACTERS = dict(
    zip(
        "円値硏靑淸吿戸緖輭堿舗锺彞溫內黃冊矽",
        "円值研青清告户绪软碱铺钟彝温内黄册硅",
        strict=True,
    )
)
# Lines, strokes and frames that chat programs lay over each letter: 轴̶承̶. Not U+0338, which makes ≠ of =.
_OVERLAYS = re.compile("[\u0305\u0332\u0333\u0335-\u0337\u20d0-\u20ff]")
# What Unicode calls Default_Ignorable_Code_Point besides the format characters (Cf): joiners, fillers, variation
# selectors. DerivedCoreProperties.txt of Unicode 15.
_IGNORABLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff"
)
_IS_IGNORABLE = re.compile(f"[{_IGNORABLE}]")
# Blanks among the control characters: they part words.
_BLANK_CONTROLS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
# Traditional texts write these for another character; which one, only the sentence tells (pasted_text). Where words do
# not matter both are one: 附著力 is found by 附着力.
EITHER = str.maketrans({"著": "着", "瞭": "了", "藉": "借"})
# Marks of one letter beyond which the rest is dropped (Unicode's Stream-Safe Text Format): putting ten thousand marks
# of one letter in order takes the square of their number.
_MAX_MARKS = 30
# Marks a character that may combine with the one before: both must then be folded together.
_COMBINING = "\0"
# What a character that does not fold to one of the first plane, alone, is looked up as: no text has half of a pair.
_UNEVEN = 0xD800
# Characters of a text from which numpy looks them up sooner than Python does.
_LONG = 100


def is_unseen(character: str) -> bool:
    """Whether nobody sees a character and it parts nothing: format characters, variation selectors, controls."""
    category = unicodedata.category(character)
    if category == "Cc":
        return character not in _BLANK_CONTROLS
    return category == "Cf" or _IS_IGNORABLE.match(character) is not None


def drop_unseen(text: str) -> str:
    """A text without characters that nobody sees (`is_unseen`), else as it was written."""
    # Nearly every text has none.
    if text.isprintable() and not _IS_IGNORABLE.search(text):
        return text
    return "".join(character for character in text if not is_unseen(character))


def fold_label(text: str) -> str:
    """A header, label or code as it is compared: folded, without blanks."""
    return "".join(normalise(text).split())


class _SignTable(dict[int, str]):
    """Code point → the character that stands for all of its meaning, "" for unseen ones; filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = RADICALS.get(code, chr(code))
        if is_unseen(character) or _OVERLAYS.match(character):
            character = ""
        elif _is_ideograph(character):
            # Character by character; OpenCC's phrases are for whole texts (pasted_text).
            plain = _simplified().convert(character)
            if plain == character:
                plain = _SAME_CHARACTERS.get(character) or _plain_japanese(character)
            # 噁 has a simplified form (𫫇) that nobody writes, and outside of what jieba cuts.
            character = plain if plain < "\ua000" else character
        self[code] = character
        return character


class _PlainCodes:
    """Code point → the code point it folds to, for those of the first plane that fold to one.

    Looking up all characters of a text at once is several times faster than str.translate with a dictionary.
    """

    def __init__(self) -> None:
        # The last place is that of all other planes. 0: not met yet.
        self._codes = np.zeros(OTHER_PLANE + 1, dtype=np.uint32)
        self._codes[0xD800:0xE000] = self._codes[OTHER_PLANE] = _UNEVEN

    def fold(self, codes: UInt32s) -> UInt32s:
        """Code points folded, both of shape (c,); _UNEVEN for those that do not fold to one of the first plane."""
        places = np.minimum(codes, OTHER_PLANE)
        folded = self._codes[places]
        if not folded.all():
            self._learn(places[folded == 0])
            folded = self._codes[places]
        return folded

    def _learn(self, places: UInt32s) -> None:
        for code in np.unique(places).tolist():
            folded = _FOLD_TABLE[code]
            is_even = len(folded) == 1 and folded != _COMBINING
            self._codes[code] = min(ord(folded), _UNEVEN) if is_even else _UNEVEN


class _FoldTable(dict[int, str]):
    """Code point → its normal form or _COMBINING; filled as characters are met.

    str.translate with this table is several times faster than normalising character by character.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold(character)
        # An unseen character may be a mark by its category, but is gone.
        if folded and any(_combines(c) for c in (character, folded[0])):
            folded = _COMBINING
        if len(folded) != 1 or folded == _COMBINING:
            _uneven.add(character)
        self[code] = folded
        return folded


@cache
def traditional_characters() -> frozenset[str]:
    """The characters that fold to simplified ones."""
    ideographs = map(chr, range(0x3400, 0xA000))
    return frozenset(c for c in ideographs if c.translate(_SIGN_TABLE) != c)


@cache
def taiwan_to_simplified() -> opencc.OpenCC:
    """OpenCC from traditional texts, as they are written in Taiwan, to simplified ones."""
    return opencc.OpenCC("tw2s")


@cache
def _simplified() -> opencc.OpenCC:
    """OpenCC from traditional to simplified characters; it takes 5 ms to load."""
    return opencc.OpenCC("t2s")


@cache
def _from_japanese() -> opencc.OpenCC:
    """OpenCC from the characters of Japan to traditional ones."""
    return opencc.OpenCC("jp2t")


def _plain_japanese(character: str) -> str:
    """転 as 转. 芸 and 弁 stay: what GB 2312 has is written in Chinese for something else."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        plain: str = _simplified().convert(_from_japanese().convert(character))
        return plain
    return character


def _is_ideograph(character: str) -> bool:
    return "\u3400" <= character < "\ua000" or character >= "\U00020000"


def _sign_table() -> _SignTable:
    table = _SignTable()
    for sign, others in _SAME_SIGNS.items():
        table.update(dict.fromkeys(map(ord, others), sign))
    return table


def _combines(character: str) -> bool:
    # Unicode marks and the vowels and finals of Hangul join the character before them.
    is_mark = unicodedata.category(character).startswith("M")
    return is_mark or "\u1160" <= character <= "\u11ff"


def _fold(text: str) -> str:
    """Fold one character with what combines with it."""
    # Unseen characters are dropped first, so that a letter and its accent meet.
    seen = text.translate(_SIGN_TABLE)[: 1 + _MAX_MARKS]
    # No mark belongs to a Han character: what stands over one is decoration.
    if seen and _is_ideograph(seen[0]):
        seen = seen[0]
    # NFKC twice: case folding can leave what NFKC composes again, and the normal form must be stable.
    compatible = unicodedata.normalize("NFKC", seen).casefold()
    return unicodedata.normalize("NFKC", compatible).translate(_SIGN_TABLE)


_SIGN_TABLE = _sign_table()
_FOLD_TABLE = _FoldTable()
_PLAIN_CODES = _PlainCodes()
# Characters met so far that do not fold to one character.
_uneven: set[str] = set()


def normalise(text: str) -> str:
    """A text folded. normalise(normalise(t)) == normalise(t)."""
    if len(text) >= _LONG:
        return normalise_all([text])[0]
    return _normalise_short(text)


def normalise_all(texts: Sequence[str]) -> list[str]:
    """Texts folded, all characters looked up together."""
    codes, ends = code_points_of(texts)
    folded = _PLAIN_CODES.fold(codes)
    uneven = np.flatnonzero(folded == _UNEVEN)
    normalised = texts_of(folded, ends)
    for place in np.unique(np.searchsorted(ends, uneven, side="right") - 1).tolist():
        normalised[place] = _normalise_short(texts[place])
    return normalised


def _normalise_short(text: str) -> str:
    # Nearly every text: no mark that combines, so characters are normalised one by one.
    folded = text.translate(_FOLD_TABLE)
    if _COMBINING not in folded:
        return folded
    return "".join(map(_fold, _clusters(text)))


def keeps_offsets(text: str) -> bool:
    """Whether each character of a text that was normalised folds to one, so that offsets are the same in both."""
    return _uneven.isdisjoint(text)


def original_offsets(text: str) -> tuple[list[int], list[int]]:
    """For each character of normalise(text): where what it comes from begins and ends in the text."""
    pieces: list[str]
    if _COMBINING in text.translate(_FOLD_TABLE):
        pieces = list(_clusters(text))
        lengths = [len(_fold(piece)) for piece in pieces]
    else:
        pieces = list(text)
        lengths = [len(_FOLD_TABLE[ord(character)]) for character in text]
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for piece, length in zip(pieces, lengths, strict=True):
        starts.extend([position] * length)
        position += len(piece)
        ends.extend([position] * length)
    return starts, ends


def _clusters(text: str) -> Iterator[str]:
    """The text in pieces that can be normalised separately: a character, and what combines with it or is unseen."""
    begin = 0
    for index in range(1, len(text)):
        if _FOLD_TABLE[ord(text[index])] not in ("", _COMBINING):
            yield text[begin:index]
            begin = index
    if text:
        yield text[begin:]
