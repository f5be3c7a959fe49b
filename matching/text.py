"""THE definition of a word: normal form, cutting with our lexicon, sub-terms, Latin and grade tokens, stop words.
Not here: what words weigh or which texts hold them (channel, matcher), how a search query is built (search).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from threading import Lock
from typing import NamedTuple

import rjieba

HAN = "\u4e00-\u9fd5"  # the characters jieba cuts; all others stand in Latin tokens
RULES = "2"  # raise when the code below would give other words; the lexicon counts by itself

# A Han run, or a Latin token: letters and figures joined by - . / ' & between them, then ++ or #.
# Al-Zn-Mg, GPT-4, PA66, GB/T, node.js, C++11, C#, 45# stay whole.
LATIN = rf"[^\W_{HAN}]+(?:[-./'&·][^\W_{HAN}]+)*(?:\+\+[0-9]*|#)?(?![+#])|[^\W_{HAN}]+"
_RUN = re.compile(rf"([{HAN}]+)|(?:{LATIN})")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_RECENT = 32  # texts kept as cut: one answer cuts its question for the ranking, the reasons and the marks
_CACHED = 400_000  # cut tokens whose parts are remembered; then begun anew

_FIGURES = re.compile(r"\d[\d.,/·'&-]*")
_GRADE = re.compile(
    r"[1-9]\d{2,4}"
)  # 304, 7075, 40250: three to five figures name a material or a part
_UNIT = (
    "mm|cm|dm|m|km|um|μm|nm|mm2|cm2|m2|mm3|cm3|m3|g|kg|mg|t|l|ml|ul|w|kw|mw|gw|kwh|mwh|wh|v|kv|mv|a|ma|ah|mah|hz|khz|mhz|ghz|"
    "pa|kpa|mpa|gpa|bar|h|hr|min|s|ms|us|ns|k|n|kn|nm|n/mm2|rpm|r/min|l/min|m/s|mm/min|g/l|mg/l|mg/kg|g/cm3|kg/m3|m3/h|"
    "t/h|ppm|ppb|db|dba|lx|dpi|fps|px|bit|kb|mb|gb|tb|kbps|mbps|gbps|j|kj|mj|ω|kω|mω|w/mk|hrc|hv|hb|x|wt|vol"
)
_QUANTITY = re.compile(rf"\d[\d.,-]*(?:{_UNIT})(?:[-/]\d[\d.,]*(?:{_UNIT}))?")
_UNITS = frozenset(_UNIT.split("|")) - {
    "pa",
    "mg",
    "bar",
    "bit",
}  # those name things as well
_AMOUNT = re.compile(  # 一次, 三十年, 两台; not 三元, 二维, 两级, which name kinds
    "[第每数几]?[零〇一二两三四五六七八九十百千万几半多]+(?:多|余|来)?(?:个|次|年|天|日|周|月|个月|半|家|台|件|条|吨|米|倍|成|块|张|片|只|人|名|位|种|项|套|组|批|车|"
    "小时|分钟|秒|公里|公斤|平方|分之|岁|班|座|亩|头|年度|年间|遍|回|粒|根|卷|串|道|(?<=[十百千万亿])元)?"
)
_FRACTION = re.compile(
    "[零〇一二两三四五六七八九十百千万几]+分之[零〇一二两三四五六七八九十百千万几点]*"
)  # 百分之三十五
_SUFFIXES = frozenset(
    "机器仪剂率性法线板炉工者员盐硅铝钠铁氢"
)  # make a word of a word of two characters before them
_KEPT = frozenset(
    {"5g", "4g", "3g", "6g", "2d", "3d", "4d", "5d"}
)  # names that look like quantities
_MEASURES = frozenset(
    "年月日号万亿元个台套吨件名家项人次倍度米克升秒分时天周岁余多%‰°~亩页级路层座条"
)
_LONG_MEASURES = re.compile(  # what begins like the word of a thing, so that one character would not do
    "小时|分钟|公斤|公里|公顷|公分|千克|千米|千瓦|兆瓦|兆帕|毫米|毫升|毫克|毫秒|厘米|微米|微克|平方|立方|摄氏|左右|以上|以下"
)
_BOUNDS = frozenset("≥≤><=≈~±约达")


class Span(NamedTuple):
    """A word and where it stands: text[start:end] of the original text shows it, in the original letters."""

    word: str
    start: int
    end: int


Entry = tuple[
    tuple[tuple[int, str], ...], bool, tuple[tuple[int, str], ...]
]  # words, stopped, telling as in Token


class Token(NamedTuple):
    """A piece of a normalised text as it was cut.

    word the piece itself; start where it begins; words (offset in the piece, word) of itself and its sub-terms, itself
    first; stopped whether the piece says nothing by itself; telling the words that do say something.
    """

    word: str
    start: int
    words: tuple[tuple[int, str], ...]
    stopped: bool
    telling: tuple[tuple[int, str], ...]


def normalise(text: str) -> str:
    """NFKC and case-folded, all dashes one dash. normalise(normalise(t)) == normalise(t)."""
    folded = text.translate(_FOLDED)
    return (
        folded if _JOINING not in folded else "".join(_fold(c) for c in _clusters(text))
    )


def words(text: str, *, stop: bool = False) -> list[str]:
    """The words of a text in reading order, each followed by its sub-terms, terms of mixed script last.

    stop: leave out what says nothing: stop words, single characters, figures and quantities. Deterministic; the same
    words spans() gives.
    """
    norm = normalise(text)
    found: list[str] = []
    for token in tokens(norm):
        found.extend(word for _, word in (token.telling if stop else token.words))
    found.extend(word for _, word in mixed(norm))
    return found


def spans(text: str, *, stop: bool = False) -> list[Span]:
    """Where the words of a text stand in it, ordered by start, longer ones first.

    Offsets are those of the original text, also where normalising changes lengths (ﬁ, ㎡, ㌔). stop as in words().
    """
    norm = normalise(text)
    found = spans_of(norm, stop=stop)
    if norm != text and (len(norm) != len(text) or _JOINING in text.translate(_FOLDED)):
        starts, ends = _origins(text)
        found = [Span(s.word, starts[s.start], ends[s.end - 1]) for s in found]
    return found


def spans_of(norm: str, *, stop: bool = False) -> list[Span]:
    """spans() for a text that is normalised already, with offsets in it."""
    found = [
        Span(word, token.start + offset, token.start + offset + len(word))
        for token in tokens(norm)
        for offset, word in (token.telling if stop else token.words)
    ]
    found.extend(Span(word, start, start + len(word)) for start, word in mixed(norm))
    found.sort(key=lambda s: (s.start, -s.end))
    return found


def cut(norm: str) -> list[str]:
    """Han runs of a normalised text as jieba cuts them, everything else character by character."""
    return _cutter().cut(norm)


def entry(word: str) -> Entry:
    """What a cut piece consists of."""
    return _cutter().entry(word)


@lru_cache(_RECENT)
def tokens(norm: str) -> tuple[Token, ...]:
    """A normalised text as cut, left to right. What lies between two tokens is no letter and no figure."""
    return tuple(_tokens(norm))


def _tokens(norm: str) -> Iterator[Token]:
    cutter = _cutter()
    for run in _RUN.finditer(norm):
        start = run.start()
        if run.lastindex == 1:
            for word in cutter.cut(run.group()):
                yield Token(word, start, *cutter.entry(word))
                start += len(word)
        else:
            word = run.group()
            entry = cutter.entry(word)
            if in_figures(norm, start, start + len(word), word):
                entry = (entry[0], True, ())
            yield Token(word, start, *entry)


def names_a_thing(word: str) -> bool:
    """Whether a word is a term of the lexicon, a noun or Latin letters; verbs, figures and most odd pieces are not."""
    if not is_han(word):
        return any(c.isalpha() for c in word)
    return _cutter().noun(word)


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing about a technology (lexicon/stopwords.txt), normalised."""
    return frozenset(normalise(line) for line in _lines("stopwords.txt"))


@cache
def terms() -> frozenset[str]:
    """The terms of the lexicon (lexicon/terms.txt: word, frequency, part of speech), normalised."""
    return frozenset(normalise(line.split(" ")[0]) for line in _lines("terms.txt"))


_JOINING = "\0"  # stands for a character that may join the one before, so that it must be folded together with it


class _Fold(dict[int, str]):
    """Character → its normal form or _JOINING, learnt as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold(character)
        self[code] = (
            _JOINING if any(_joins(c) for c in (character, *folded[:1])) else folded
        )
        return self[code]


def _joins(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
    )


def _fold(text: str) -> str:
    nfkc = unicodedata.normalize
    return nfkc("NFKC", nfkc("NFKC", text).casefold()).translate(_DASHES)


_FOLDED = _Fold(_DASHES)


def _clusters(text: str) -> Iterator[str]:
    """The text in pieces that normalise apart from each other: a character and what joins it."""
    begin = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not any(
            _joins(c) for c in (text[index], *_fold(text[index])[:1])
        ):
            yield text[begin:index]
            begin = index


def _origins(text: str) -> tuple[list[int], list[int]]:
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


def in_figures(norm: str, start: int, end: int, word: str) -> bool:
    """Whether figures are an amount, not a name: 2018年, 500 万元, ≥ 304."""
    if not word[0].isdigit() or not _GRADE.fullmatch(word):
        return False
    after = norm[end : end + 3].lstrip()
    before = norm[max(0, start - 2) : start].rstrip()[-1:]
    if after:
        return after[0] in _MEASURES or _LONG_MEASURES.match(after) is not None
    return before in _BOUNDS if before else False


def _says_nothing(word: str) -> bool:
    if (
        len(word) == 1
        or word in stop_words()
        or word in _UNITS
        or _AMOUNT.fullmatch(word)
        or _FRACTION.fullmatch(word)
    ):
        return True
    if word not in terms() and any(
        {word[:i], word[i:]} <= stop_words() for i in range(2, len(word) - 1)
    ):
        return (
            True  # 技术|水平, 进一步|提高: two words that say nothing, written as one
        )
    if not word[0].isdigit() or word in _KEPT:
        return False
    if _FIGURES.fullmatch(word):
        return not _GRADE.fullmatch(word)
    return bool(_QUANTITY.fullmatch(word))


class _Cutter:
    """jieba-rs with our lexicon: no cache file, no log. Its one dictionary of the process is taken, made at the import.

    It gives the words jieba gives with the same lexicon; tests/matching/test_text.py holds it to that.
    """

    def __init__(self) -> None:
        self._terms = terms()
        self._entries: dict[str, Entry] = {}
        for line in _lines("terms.txt"):
            word, frequency, tag = line.split(" ")
            if _RUN.fullmatch(word) and is_han(word):
                rjieba.add_word(word, int(frequency), tag)

    def cut(self, run: str) -> list[str]:
        found: list[str] = rjieba.cut(run)
        return found

    def noun(self, word: str) -> bool:
        """Whether a Han word stands in the lexicon or is taken for a noun."""
        return word in self._terms or [tag[0] for _, tag in rjieba.tag(word)] == ["n"]

    def entry(self, word: str) -> Entry:
        """(offset, word) of a cut piece and its sub-terms; whether the piece says nothing; those that do."""
        known = self._entries.get(word)
        if known is None:
            if len(self._entries) >= _CACHED:
                self._entries.clear()
            pieces = ((0, word), *self._parts(word))
            stopped = _says_nothing(word)
            known = (
                pieces,
                stopped,
                () if stopped else tuple(p for p in pieces if not _says_nothing(p[1])),
            )
            self._entries[word] = known
        return known

    def _parts(self, word: str) -> list[tuple[int, str]]:
        if not is_han(word):
            return _latin_parts(word)
        size = len(word)
        found = []
        for start in range(size - 1):
            for length in range(min(size - start, size - 1), 1, -1):
                part = word[start : start + length]
                known = length == 2 or (
                    length == 3 and size > 3
                )  # what jieba's cut_for_search looks up
                if (known and rjieba.has_word(part)) or (
                    size > 3 and part in self._terms
                ):
                    found.append((start, part))
        if (
            size == 3
            and word[2] in _SUFFIXES
            and [start for start, _ in found] == [0, 1]
        ):
            del found[
                1
            ]  # 注塑|机, 成功|率, 氮化|硅: 塑机, 功率 and 化硅 are none of its parts
        joints = _joints(size, found)
        return [
            (s, p)
            for s, p in found
            if not any(s < joint < s + len(p) for joint in joints)
        ]


def _joints(size: int, parts: list[tuple[int, str]]) -> set[int]:
    """Where a word of `size` characters falls into two of its parts: 轴承|保持架, so that 承保 is no part."""
    heads = {len(part) for start, part in parts if start == 0}
    tails = {start for start, part in parts if start + len(part) == size}
    both = heads & tails
    return both if len(both) == 1 else set()


def is_han(word: str) -> bool:
    """Whether a cut piece is of Han characters, which never stand together with others in one."""
    return "\u4e00" <= word[0] <= "\u9fd5"


def _latin_parts(word: str) -> list[tuple[int, str]]:
    """GPT-4 → gpt; Al-Zn-Mg → al, zn, mg: what stands between the joints, figures only as grades."""
    pieces = [(m.start(), m.group()) for m in re.finditer(r"[^\W_]+", word)]
    if len(pieces) < 2:
        return []
    return [
        (at, p)
        for at, p in pieces
        if len(p) > 1 and (not p.isdigit() or _GRADE.fullmatch(p))
    ]


def mixed(norm: str) -> list[tuple[int, str]]:
    """Terms of the lexicon that hold Han and Latin (3D打印, PVC管材), where they do not cut a Latin token in two."""
    found: list[tuple[int, str]] = []
    if not any(term in norm for term in mixed_terms()):
        return found
    for match in _mixed_pattern().finditer(norm):
        start, end = match.span()
        cuts_before = (
            start > 0 and _outside_han(norm[start]) and _outside_han(norm[start - 1])
        )
        cuts_after = (
            end < len(norm) and _outside_han(norm[end - 1]) and _outside_han(norm[end])
        )
        if not cuts_before and not cuts_after:
            found.append((start, match.group()))
    return found


def _outside_han(character: str) -> bool:
    return character.isalnum() and not "\u4e00" <= character <= "\u9fd5"


@cache
def mixed_terms() -> tuple[str, ...]:
    """The terms of the lexicon that hold Han and Latin, longest first, so that the longest is found."""
    mixed = [
        t for t in terms() if re.search(rf"[{HAN}]", t) and re.search(rf"[^{HAN}]", t)
    ]
    return tuple(sorted(mixed, key=lambda t: (-len(t), t)))


@cache
def _mixed_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, mixed_terms())))


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = files("matching").joinpath("lexicon", name).read_text(encoding="utf-8")
    return tuple(
        line for line in text.splitlines() if line and not line.startswith("#")
    )


_made: list[_Cutter] = []
_making = Lock()


def _cutter() -> _Cutter:
    if not _made:
        with _making:
            if not _made:
                _made.append(_Cutter())
    return _made[0]


def _version() -> str:
    digest = blake2b(digest_size=6)
    for name in ("terms.txt", "stopwords.txt"):
        digest.update("\n".join(_lines(name)).encode())
    return f"{RULES}-{digest.hexdigest()}"


VERSION = _version()
