"""The parts of an organisation's name: places, brand, trade and legal form; and names as they are compared.

Where a text names an organisation is decided in `listings/naming.py`; no list of organisations is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from matching.text import lexicon_terms, normalise, tokens

MIN_BRAND = 2  # characters; with one there is no telling a brand from a word
# Variants of characters that stand in names of firms and that OpenCC does not turn into the usual ones.
VARIANTS = str.maketrans(
    "髙囯囶淸靑眞吿吳呉戸産㐂峯羣濶𠮷気実沢経済権徳恵隆増満黒",
    "高国国清青真告吴吴户产喜峰群阔吉气实泽经济权德惠隆增满黑",
)
_BRACKETED = re.compile(r"[(（\[【〔][^()（）\[\]【】〔〕]*[)）\]】〕]")

WIDE = ("中国", "中华", "全国", "华东", "华北")


def longest_first(names: Iterable[str]) -> tuple[str, ...]:
    """Words but empty ones, the longest first, so that the first that fits is the one meant."""
    return tuple(sorted((name for name in names if name), key=len, reverse=True))


def read_words(file_name: str) -> dict[str, tuple[str, ...]]:
    """Name of each list of a file of words in this folder → its words, longest first."""
    lists: dict[str, list[str]] = {}
    name = ""
    path = Path(__file__).with_name(file_name)
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            lists.setdefault(name, []).extend(line.split())
    return {name: longest_first(words) for name, words in lists.items()}


WORDS = read_words("organisation_words.txt")
FORMS = WORDS["forms"]
TRADES = WORDS["trades"]


def comparable(text: str) -> str:
    """A text as names are looked for in it: folded, usual characters for their variants, letters and figures only."""
    folded = normalise(text.translate(VARIANTS)).translate(VARIANTS)
    return re.sub(r"[\W_]+", "", folded)


@dataclass(frozen=True)
class NameParts:
    """The parts of a name, as `comparable` writes them.

    Attributes:
        places: at its beginning, as in the name and short: 高唐县, 高唐.
        brand: what stands before trade and form; a place where nothing else does (东阿阿胶).
        trades: the words after it, in their order.
        whole: the name without brackets.
        bare: the whole without its legal form.
    """

    places: tuple[str, ...]
    brand: str
    trades: tuple[str, ...]
    whole: str
    bare: str

    @property
    def short_names(self) -> tuple[str, ...]:
        """What the organisation is called for short: its brand, and the words a long one begins with; or nothing.

        A place, a number (第七) and a single character are no names by themselves.
        """
        names = [self.brand]
        beginning = ""
        for token in tokens(self.brand):
            beginning += token.word
            # 华祥盐化: where the list of trades lacks a word, the cutter of words knows where it begins.
            if (
                self.brand.startswith(beginning)
                and len(self.brand) - len(beginning) > 1
            ):
                names.append(beginning)
        return tuple(name for name in dict.fromkeys(names) if self._says_who(name))

    @property
    def spellings(self) -> tuple[str, ...]:
        """What names the organisation beyond doubt: the name, and the brand with what stands next to it."""
        named = {self.whole}
        if not self._says_who(self.brand):
            # 东阿阿胶: the place and the trade together are the name; 轴承有限公司 has none but the whole.
            for name in (self.bare, self._with_trades(self.brand)):
                if name not in PLACE_WORDS and not is_trade(name):
                    named.add(name)
            return longest_first(named)
        named |= {self.brand + word for word in ("公司", "集团", "厂", "牌", "股份")}
        for place in self.places:
            named.add(self._with_trades(place + self.brand))
        # 创新机械 may be machines of a new kind; 砺石机械 may not.
        if not is_ordinary(self.brand):
            named |= {self.bare, *self.phrases}
        elif self.bare != self._with_trades(self.brand):
            named.add(self.bare)
        return longest_first(named)

    @property
    def phrases(self) -> set[str]:
        """The brand with its place or its trade: a name, unless the brand is a word that stands so in any text."""
        if not self._says_who(self.brand):
            return set()
        phrases = {place + self.brand for place in self.places}
        return phrases | {self.brand + trade for trade in self.trades[:1]}

    def _with_trades(self, name: str) -> str:
        return name + "".join(self.trades)

    def _says_who(self, name: str) -> bool:
        """Whether a word may be somebody's name."""
        if len(name) < MIN_BRAND or name in PLACE_WORDS or name in TRADES:
            return False
        letters = re.sub(r"[第号零一二三四五六七八九十百千0-9]", "", name)
        # Two Latin letters stand in many words; two Han characters in few.
        return len(letters) >= (3 if letters.isascii() else MIN_BRAND)


@lru_cache(2000)
def parts_of_name(name: str) -> NameParts:
    """Take the name of an organisation apart: places at the beginning, legal form and trades at the end.

    Args:
        name: as registered, with brackets (聊城) and branches (某某公司高唐分公司) as they come.
    """
    whole = comparable(_BRACKETED.sub("", name)) or comparable(name)
    bare = without_form(whole)
    places, rest = _split_places(bare)
    brand, trades = _split_trades(rest)
    return NameParts(places, brand, trades, whole, bare)


def is_ordinary(word: str) -> bool:
    """Whether texts use a word without meaning anybody's name: a term of the trade, or one that people often write."""
    return word in lexicon_terms() or word in TRADES or _is_frequent(word)


def stands_alone(word: str, text: str) -> bool:
    """Whether a word stands in a text as words are cut, not across two of them: 力达 is not in 能力达到.

    Args:
        word, text: as `comparable` writes them.
    """
    if word not in text:
        return False
    starts = set()
    ends = set()
    for token in tokens(text):
        starts.add(token.start)
        ends.add(token.start + len(token.word))
    places = [match.span() for match in re.finditer(re.escape(word), text)]
    return any(start in starts and end in ends for start, end in places)


def without_form(name: str) -> str:
    """A name without its legal form, and without the branch that stands after it."""
    bare = name
    while True:
        form = _ending_of(bare, FORMS)
        # 公司 alone, or a name that is nothing but a form, stays.
        if not form or len(bare) - len(form) < MIN_BRAND:
            return bare
        bare = bare.removesuffix(form)
        # 某某有限公司高唐分公司: the place of the branch, where another form stands before it.
        place = _ending_of(bare, PLACE_WORDS)
        if place and _ending_of(bare.removesuffix(place), FORMS):
            bare = bare.removesuffix(place)


def _split_trades(name: str) -> tuple[str, tuple[str, ...]]:
    """What stands before the trades at the end of a name, and the trades."""
    trades: list[str] = []
    rest = name
    while True:
        trade = _ending_of(rest, TRADES)
        # A single character before a trade is a part of it: 阳机械.
        if not trade or len(rest) - len(trade) < MIN_BRAND:
            return rest, tuple(trades)
        trades.insert(0, trade)
        rest = rest.removesuffix(trade)


def is_trade(name: str) -> bool:
    """Whether a name is made of trades and nothing else."""
    return _split_trades(name)[0] in TRADES


def _split_places(name: str) -> tuple[tuple[str, ...], str]:
    """The places at the beginning of a name, each also short, and what is left of it."""
    places: list[str] = []
    rest = name
    while True:
        place = next((one for one in PLACE_WORDS if rest.startswith(one)), "")
        # What is left must still be a name: 鲁西 is a place, and in 鲁西化工 the name.
        left = rest.removeprefix(place)
        if not place or len(left) < MIN_BRAND or is_trade(left):
            return tuple(places), rest
        places.append(place)
        short = re.sub(r"[省市县区]$", "", place)
        if short != place and len(short) >= MIN_BRAND:
            places.append(short)
        elif place in _WITH_SUFFIX:
            places.append(_WITH_SUFFIX[place])
        rest = left


def _ending_of(name: str, words: Iterable[str]) -> str:
    """The first of these words that ends a name; empty where none does."""
    return next((word for word in words if name.endswith(word)), "")


def _place_words() -> tuple[str, ...]:
    words = {*WIDE, *WORDS["zones"]}
    provinces, cities = WORDS["provinces"], WORDS["cities"]
    for names, suffix in ((provinces, "省"), (provinces, "市"), (cities, "市")):
        words |= {*names, *(f"{name}{suffix}" for name in names)}
    for name in WORDS["counties"]:
        words |= {name, f"{name}市", f"{name}区", f"{name}县"}
    return longest_first(words)


PLACE_WORDS = _place_words()
_WITH_SUFFIX = {
    "高唐": "高唐县",
    "阳谷": "阳谷县",
    "东阿": "东阿县",
    "临清": "临清市",
    "茌平": "茌平区",
    "东昌府": "东昌府区",
    "聊城": "聊城市",
    "山东": "山东省",
}
# Of a word that stands so often in the corpus of jieba nobody thinks of a firm: 创新 4681, 东方 3993, 高强 182; firms'
# own words are rare there, 砺石 3, 华信 4, 时风 5, 信发 0.
FREQUENT = 60


@lru_cache(5000)
def _is_frequent(word: str) -> bool:
    return _frequencies().get(word, 0) >= FREQUENT


@lru_cache(1)
def _frequencies() -> dict[str, int]:
    """Words of two to four characters that people often write, with how often, from the dictionary of jieba."""
    # Read when the first short name is met: half a second, and the process holds what is frequent only.
    import jieba

    frequencies = {}
    with jieba.get_module_res("dict.txt") as file:
        for line in file:
            word, count, *_ = line.decode("utf-8").split(" ")
            if len(word) in (2, 3, 4) and int(count) >= FREQUENT:
                frequencies[word] = int(count)
    return frequencies
