"""Which terms carry content and which do not: stop words, single characters, figures, quantities, units.
Not here: how a text is cut into terms (text), the word lists (lexicon).
"""

from __future__ import annotations

import re

from matching.lexicon import (
    lexicon_terms,
    remembered_with_lists,
    stop_words,
)
from matching.names import is_place

_FIGURES = re.compile(r"\d[\d.,/·'&-]*")
# 304, 7075, 40250: three to five figures name a material or a part.
GRADE = re.compile(r"[1-9]\d{2,4}")
_UNIT = (
    "mm|cm|dm|m|km|um|μm|nm|mm2|cm2|m2|mm3|cm3|m3|g|kg|mg|t|l|ml|ul|w|kw|mw|gw|kwh|mwh|wh|v|kv|mv|a|ma|ah|mah|hz|khz|mhz|ghz|"
    "pa|kpa|mpa|gpa|bar|h|hr|min|s|ms|us|ns|k|n|kn|nm|n/mm2|rpm|r/min|l/min|m/s|mm/min|g/l|mg/l|mg/kg|g/cm3|kg/m3|m3/h|"
    "kva|mm/s|m/min|t/h|ppm|ppb|db|dba|lx|dpi|fps|px|bit|kb|mb|gb|tb|kbps|mbps|gbps|j|kj|mj|ω|kω|mω|w/mk|hrc|hv|hb|x|wt|vol|μs|μg|μl|μa|mt|mmol|cfu"
)
# Units in folded texts, longest first, so that a pattern takes all of one.
UNIT = "|".join(
    sorted([*_UNIT.split("|"), "%", "‰", "°", "°c", "°f"], key=len, reverse=True)
)
# m3/min, w/m·k: units joined by what is between them.
_COMPOUND = rf"(?:{UNIT})(?:[/·](?:{UNIT}|s2))*"
_QUANTITY = re.compile(
    rf"[-+±]?\d[\d.,-]*(?:{_COMPOUND})(?:[-/][-+]?\d[\d.,]*(?:{UNIT}))?"
)
# ra0.4, hrc58, ph8.9, hrc58-62: one figure, or from one to another, with the scale in front.
_SCALED = re.compile(
    r"(?:r[azq]|hr[abc]|hv|hbw?|ph|aql)\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?"
)
# GB/T is a standard.
_COMPOUND_UNIT = re.compile(rf"(?!gb/t)(?:{UNIT})(?:[/·](?:{UNIT}|s2))+")
_ONE_QUANTITY = re.compile(rf"[-+±]?\d+(?:\.\d+)?(?:{UNIT})")
# Some units are also names of materials or things; those stay content.
_UNITS = frozenset([*_UNIT.split("|"), "百分点"]) - {"pa", "mg", "bar", "bit"}
# 一次, 三十年, 两台; not 三元, 二维, 两级, which name kinds.
_AMOUNT = re.compile(
    "[第每数几]?[零〇一二两三四五六七八九十百千万几半多]+(?:多|余|来)?(?:个|次|年|天|日|周|月|个月|半|家|台|件|条|吨|米|倍|成|块|张|片|只|人|名|位|种|项|套|组|批|车|"
    "小时|分钟|秒|公里|公斤|平方|分之|岁|班|座|亩|头|年度|年间|遍|回|粒|根|卷|串|道|(?<=[十百千万亿])元)?"
)
# 百分之三十五
_FRACTION = re.compile(
    "[零〇一二两三四五六七八九十百千万几]+分之[零〇一二两三四五六七八九十百千万几点]*"
)
_COUNTS_OR_MEASURES = re.compile(
    "|".join(
        pattern.pattern for pattern in (_AMOUNT, _FRACTION, _COMPOUND_UNIT, _SCALED)
    )
)
# Names of technologies that look like quantities.
_NAMES_LIKE_QUANTITIES = frozenset({"5g", "4g", "3g", "6g", "2d", "3d", "4d", "5d"})
_MEASURES = frozenset(
    "年月日号万亿元个台套吨件名家项人次倍度米克升秒分时天周岁余多%‰°~亩页级路层座条目锭"
)
# Measures whose first character alone also begins names of things.
_LONG_MEASURES = re.compile(
    "多(?!少)|块(?!状)|斤|根|粒(?![度径])|株|棵|只(?![能有是])|瓶|盒|桶|颗|小时|分钟|公斤|公里|公顷|公分|千克|千米|千瓦|兆瓦|兆帕|毫米|毫升|毫克|毫秒|厘米|微米|微克|平方|立方|摄氏|左右|以上|以下"
)
_BEFORE_AMOUNT = re.compile(
    "(?:[≥≤><=≈~±约达]|[不没超][到过足]|[达到]过|超过|大于|小于|高于|低于|接近|将近|大概|差不多)[ 到是]?$"
)


def is_amount(
    norm: str,
    start: int,
    end: int,
) -> bool:
    """Whether the figures norm[start:end] are an amount and not a name: 2018年, 500 万元, ≥ 304."""
    if not norm[start].isdigit() or not GRADE.fullmatch(norm, start, end):
        return False
    after = norm[end : end + 3].lstrip()
    if after and (after[0] in _MEASURES or _LONG_MEASURES.match(after)):
        return True
    if after and after[0].isalnum():
        return False
    # Nothing follows that it could be the grade of: 到过 150, ≥ 304.
    return _BEFORE_AMOUNT.search(norm, max(0, start - 4), start) is not None


def is_content_term(word: str) -> bool:
    """Whether a normalised term says something about a technology by itself."""
    if len(word) == 1 or word in stop_words() or word in _UNITS:
        return False
    if _COUNTS_OR_MEASURES.fullmatch(word):
        return False
    if (is_place(word) or _is_two_stop_words(word)) and word not in lexicon_terms():
        return False
    if word in _NAMES_LIKE_QUANTITIES:
        return True
    if not word[0].isdigit():
        return word[0] not in "-+±"
    if _FIGURES.fullmatch(word):
        return GRADE.fullmatch(word) is not None
    return _QUANTITY.fullmatch(word) is None


def is_quantity(word: str) -> bool:
    """Whether a word is one figure with its unit, and no name that looks like one (5G)."""
    is_name = word in _NAMES_LIKE_QUANTITIES
    return not is_name and _ONE_QUANTITY.fullmatch(word) is not None


def _is_two_stop_words(word: str) -> bool:
    """技术|水平, 进一步|提高: two stop words written as one."""
    # Each has two characters and more.
    if len(word) < 4:
        return False
    stopped = stop_words()
    # A piece may have thousands of characters; trying every cut of one would take the square of that.
    if len(word) > 2 * _longest_stop_word():
        return False
    splits = range(2, len(word) - 1)
    return any(word[:at] in stopped and word[at:] in stopped for at in splits)


@remembered_with_lists()
def _longest_stop_word() -> int:
    return max(map(len, stop_words()))
