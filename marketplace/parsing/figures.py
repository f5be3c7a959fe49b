"""Technical figures (name, relation, value, unit) taken apart from text, and plain numbers. No money, no days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.lists import split_pieces
from marketplace.parsing.text import (
    EMPTY_TEXT,
    compact_text,
    half_width,
    read_prose,
)

MAX_METRIC = 150  # characters of one figure with its name and unit
MAX_NAME = 60  # characters, as the columns hold it
MAX_UNIT = 30
# Fixed point with 15 digits, 6 of them after the point: what SQLite holds exactly as a float.
FIGURE_BELOW = Decimal(10) ** 9
FIGURE_STEP = Decimal("0.000001")
METRIC_FORMS = "写成「名称 比较符 数值 单位」，如 圆度≤0.10 mm；多项用「；」分开。"

# Words for =, which are words of any sentence too: what they part must look more like a figure (`_is_plausible`).
_EQUAL_WORDS = ("达到", "可达", "为", "达")
_SIGNS = {
    "ge": (
        "≥",
        "≧",
        "⩾",
        "≮",
        ">=",
        "=>",
        "不低于",
        "不小于",
        "不少于",
        "大于等于",
        "大于或等于",
        "至少",
    ),
    "le": (
        "≤",
        "≦",
        "⩽",
        "≯",
        "<=",
        "=<",
        "不高于",
        "不大于",
        "不超过",
        "不多于",
        "小于等于",
        "小于或等于",
        "至多",
    ),
    "gt": (">", "大于", "高于", "超过"),
    "lt": ("<", "小于", "低于", "少于"),
    "pm": ("±", "+/-", "+-"),
    "eq": ("=", *_EQUAL_WORDS),
}
_OPERATOR_OF = {":": "eq"}
for _operator, _written in _SIGNS.items():
    _OPERATOR_OF |= dict.fromkeys(_written, _operator)
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"


def _signed_pattern(signs: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(signs, key=len, reverse=True)
    listed = "|".join(re.escape(sign) for sign in longest_first)
    pattern = (
        rf"(?P<name>.*?)\s*:?\s*(?P<sign>{listed})\s*(?P<low>{_NUMBER})(?P<rest>.*)"
    )
    return re.compile(pattern, re.ASCII | re.DOTALL)


# Signs before words: in 大于25μm颗粒≤5 个 the word belongs to the name.
_BY_SIGN = _signed_pattern(
    sign for sign in _OPERATOR_OF if not re.match(r"[\u4e00-\u9fff:]", sign)
)
_BY_WORD = _signed_pattern(
    sign for sign in _OPERATOR_OF if re.match(r"[\u4e00-\u9fff]", sign)
)
_BY_COLON = re.compile(
    rf"(?P<name>.*?)\s*(?<!\d)(?P<sign>:)\s*(?P<low>{_NUMBER})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_RANGE = re.compile(
    rf"(?P<name>.*?)\s*(?:(?<=\S)(?P<sign>[=:]|为|达到|达)\s*|(?<![\dA-Za-z.]))"
    rf"(?P<low>{_NUMBER})(?P<unit>[%℃°]?)\s*(?:-|~|～|—{{1,2}}|–|至|到)\s*(?P<high>{_NUMBER})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_PLUS_MINUS = re.compile(
    rf"(?P<name>.*?)\s*(?:[=:]|为|(?<![\dA-Za-z.]))\s*(?P<low>{_NUMBER})\s*±\s*(?P<high>{_NUMBER})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_BARE = re.compile(
    rf"(?P<name>.*[^\dA-Za-z.,:+\-\s])\s*(?P<low>{_NUMBER})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
# Tried in this order; the operator is that of the sign where none is given.
_SHAPES = (
    (_PLUS_MINUS, "pm"),
    (_BY_SIGN, ""),
    (_BY_WORD, ""),
    (_BY_COLON, ""),
    (_RANGE, "range"),
    (_BARE, "eq"),
)
_POWER = re.compile(r"[×xX*]\s*10(?:\^(\d{1,2})|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))")  # 5×10⁶ 次
_CUT_BEFORE = re.compile(r"\d[\w%°℃]*\s*[×xX*^/·:]$|优于$")
_CUT_BEHIND = re.compile(r"[eE][+-]?\d|\s*[*^]\s*\d")
_NUMBERED = re.compile(
    r"\s*(?=[①-⑳])|(?<=\S)\s+(?=\d{1,2}[.、)）]\s*[^\d\s])"
)  # before 2. or ② of a list in one line
_LIST_NUMBER = re.compile(r"^\s*([①-⑳]|[（(]?\d{1,2}[)）.、])\s*(?=[^\d\s])")
# HRC58-62: workshops write the scale of a hardness in front of its number. HB 5800 is a standard.
_SCALE_IN_FRONT = re.compile(
    rf"(?<![A-Za-z])(HR[ABC]|HV|HBW?(?!\s*\d{{4}}))\s*({_NUMBER})(?:(\s*[-~～—–至到±]\s*)(?:\1)?\s*({_NUMBER}))?",
    re.ASCII | re.IGNORECASE,
)
# 95% 以上 gives its relation after the unit.
_SUFFIXES = {
    "以上": "ge",
    "及以上": "ge",
    "以下": "le",
    "及以下": "le",
    "以内": "le",
    "之内": "le",
}
# Chinese units that may follow a figure without an operator, where any other word would make it a sentence.
_COUNTED = re.compile(
    r"(?:[十百千万亿]*(?:小时|分钟|个百分点|百分点|[个次元吨级倍秒度米件台人项家月天年套条份处辆只克颗粒组批]))(?:/.{1,10})?|[万亿]"
)


def read_metrics(raw: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of a text, and the pieces of it that hold none, in their order.

    Args:
        raw: items `name operator value unit`, parted by ；or line ends; by 、or ，where each piece is a figure.

    Returns:
        rows of {name, operator, value, value_max, unit} and the texts that are no figures (they belong to prose).

    Raises:
        ParseError: a figure that the columns cannot hold, naming the item.
    """
    rows: list[dict[str, Any]] = []
    rest = []
    # Line ends part items, other blanks do not.
    plain = re.sub(r"[^\S\n]+", " ", read_prose(raw) or "")
    for item in split_pieces(_NUMBERED.sub("\n", plain), "；;\n"):
        if item in EMPTY_TEXT:
            continue
        figures = _figures_of(item)
        if figures is None:
            rest.append(item)
        else:
            rows += figures
    return rows, rest


def read_metric(text: str) -> dict[str, Any] | None:
    """The values of one figure written in one go, like 「抗拉强度 ≥ 350 MPa」; None where it is none."""
    try:
        rows, rest = read_metrics(text)
    except ParseError:
        return None
    if len(rows) != 1 or rest:
        return None
    return rows[0]


def unit_key(unit: str) -> str:
    """What two spellings of one unit share: NFKC, no blanks; capitals stay, as mW is not MW."""
    return "".join(unicodedata.normalize("NFKC", unit).split())


def read_whole(raw: Any, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`, with or without 级 and the like around it."""
    plain = compact_text(raw)
    if not plain:
        return None
    match = re.fullmatch(r"(?:trl|第)?(\d{1,4})(?:\.0)?(?:级|年)?", plain.casefold())
    if match is None or not low <= int(match[1]) <= high:
        raise ParseError(f"「{plain[:40]}」不在范围内。", f"填 {low}–{high} 的整数。")
    return int(match[1])


def read_decimal(text: str, *, below: int, places: int) -> Decimal | None:
    """A plain decimal number.

    Args:
        text: as typed; full-width digits and thousands separators are understood.
        below: its absolute value stays below.
        places: most digits after the point.

    Raises:
        ParseError: not a number of that shape; the message says why, in Chinese.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", compact_text(text))
    if not plain:
        return None
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", plain, re.ASCII):
        raise ParseError(f"「{text.strip()[:20]}」不是数字。")
    value = Decimal(plain[:40])
    if abs(value) >= below or value != round(value, places):
        raise ParseError(f"数字太长：小于 {below}，小数最多 {places} 位。")
    return value + 0  # no negative nought


def _figures_of(item: str) -> list[dict[str, Any]] | None:
    """The figures of one item: one for each of its pieces, or one of the whole; None where there is prose in it."""
    pieces = [_read_figure(piece) for piece in split_pieces(item, "、，,。")]
    figures = [figure for figure in pieces if figure is not None]
    # 耐热、耐油性≥5 级 is one figure: its first piece alone is none.
    if pieces and len(figures) == len(pieces):
        return figures
    whole = _read_figure(item)
    if whole is None:
        return None
    return [whole]


def _read_figure(item: str) -> dict[str, Any] | None:
    """One figure, or None where the item holds none that could be taken apart without guessing."""
    item = _LIST_NUMBER.sub("", item).strip(" \t。，,、")
    if len(item) > MAX_METRIC:
        return None
    item = _SCALE_IN_FRONT.sub(_scale_behind, item)
    half = half_width(item)
    for pattern, operator in _SHAPES:
        match = pattern.fullmatch(half)
        if match is None:
            continue
        figure = _figure_of_match(item, half, pattern, operator, match)
        if figure is not None:
            return figure
    return None


def _scale_behind(match: re.Match[str]) -> str:
    """HRC58-62 → 58-62 HRC."""
    scale, low, between, high = match.groups("")
    return f"{low}{between}{high} {scale.upper()}"


def _figure_of_match(
    item: str,
    half: str,
    pattern: re.Pattern[str],
    operator: str,
    match: re.Match[str],
) -> dict[str, Any] | None:
    """The figure of a matched shape, or None where it is not a plausible one."""
    bare = pattern is _BARE
    if not operator:
        operator = _OPERATOR_OF[match["sign"]]
        if operator == "eq" and _is_interval(half):
            return None  # 温度=20～40 is a range, and so is 温度为20-40
        bare = match["sign"] in _EQUAL_WORDS
    elif pattern is _RANGE:
        bare = match["sign"] not in ("=", ":")
    name = item[: match.end("name")].strip(" \t:：=,，")
    unit = half_width(item[match.start("rest") :]).strip()
    if pattern is _RANGE and match["unit"]:
        unit = unit or item[match.start("unit") : match.end("unit")]
    if operator == "eq":
        operator, unit = _operator_of_suffix(unit)
    factor, unit = _power_of_ten(unit)
    if len(name) > MAX_NAME or len(unit) > MAX_UNIT:
        return None
    # 10×20mm, 1.0×10^6 Pa, 220V/50Hz, 1e6Pa: a part of a figure would stand for the whole. And 优于 is more of a
    # strength and less of a noise.
    if _CUT_BEFORE.search(half_width(name)) or _CUT_BEHIND.match(match["rest"]):
        return None
    if not _is_plausible(name, unit, bare=bare):
        return None
    low = _exact_figure(match["low"], factor, item)
    high = None
    if pattern in (_RANGE, _PLUS_MINUS):
        high = _exact_figure(match["high"], factor, item)
    if operator == "range" and high is not None and high < low:
        raise ParseError(f"指标「{item[:40]}」的区间写反了。", METRIC_FORMS)
    return {
        "name": name,
        "operator": operator,
        "value": low,
        "value_max": high,
        "unit": unit,
    }


def _is_interval(half: str) -> bool:
    return bool(_RANGE.fullmatch(half) or _PLUS_MINUS.fullmatch(half))


def _operator_of_suffix(unit: str) -> tuple[str, str]:
    """The relation that a word after the unit gives (95% 以上), and the unit without that word."""
    for suffix, operator in _SUFFIXES.items():
        if unit.endswith(suffix):
            return operator, unit.removesuffix(suffix).strip()
    return "eq", unit


def _power_of_ten(unit: str) -> tuple[Decimal, str]:
    """The factor of a power written before the unit (5×10⁶ 次), and the unit without it."""
    power = _POWER.match(unit)
    if power is None:
        return Decimal(1), unit
    exponent = int(unicodedata.normalize("NFKC", power[1] or power[2]))
    return Decimal(10) ** exponent, unit[power.end() :].strip()


def _is_plausible(name: str, unit: str, *, bare: bool) -> bool:
    """Whether this is a figure and not a number somewhere in a sentence.

    Args:
        name, unit: what was found before and after the number.
        bare: there is no operator, or one that is a word of any sentence (为, 达到).
    """
    outside = re.sub(r"[(（].*?[)）]", "", unit)
    outside_name = re.sub(r"[(（].*?[)）]", "", name)
    if not re.search(r"[^\W\d_]", name) or re.search(r"[，。；,]", outside_name):
        return False
    if re.search(r"[，。；：,:]", outside) or re.match(r"[.\d,×^]", unit):
        return False
    # A second sign means that the shape was found in the wrong place.
    if any(sign in unit or sign in name for sign in "≥≤≧≦≮≯＞＜><=±"):
        return False
    chinese = "".join(re.findall(r"[\u4e00-\u9fff]+", outside))
    if bare:
        return not chinese or _COUNTED.fullmatch(outside.strip()) is not None
    # Longer than any unit: the number was part of a sentence.
    return len(chinese) <= 8


def _exact_figure(digits: str, factor: Decimal, item: str) -> Decimal:
    try:
        value = Decimal(digits.replace(",", "")) * factor
        exact = value.quantize(FIGURE_STEP)
    except InvalidOperation:
        raise ParseError(
            f"指标「{item[:40]}」的数值太大。", "整数部分最多 9 位，请换一个单位。"
        ) from None
    if abs(value) >= FIGURE_BELOW or exact != value:
        raise ParseError(
            f"指标「{item[:40]}」的数值位数太多。",
            "整数部分最多 9 位、小数最多 6 位，请换一个单位。",
        )
    if not value:
        return Decimal(0)
    return exact.normalize() + 0
