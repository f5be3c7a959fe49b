"""Numbers written otherwise, in figures: 百分之十二 is 12%, 七成八 78%, 一半 5成, 一千二百件 1200件.
Not here: what a figure in a sentence states (figures_in_text), how figures are written (figure_patterns).

What is put in place of a number is as long as it, so that quotations are cut from the text itself. A multiple for which
there is no room is one character: 三百 is 3 and MULTIPLES' sign for a hundred.
"""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = "一二三四五六七八九"
NUMERALS = {numeral: value for value, numeral in enumerate("零" + _DIGITS)} | {"两": 2}
_SIGNS = {"百": "%", "千": "‰", "万": "‱", "百万": "ppm"}
# What may follow a share: nothing, or how exactly it is meant.
ENDS_SHARE = r"(?![^\W以左上往])(?!上(?!下))(?!往(?![上下]))"
_FRACTION = re.compile(
    rf"(百万|百|千|万)分之(?:(\d+(?:\.\d+)?)|([{_DIGITS}两]?十?[{_DIGITS}]?))(?![零十百点几多余来{_DIGITS}])"
)
# 三成, 七成八, 八成半, 三成上下; 三成套设备 and 五成新 are none.
_TENTHS = re.compile(
    rf"(?<![{_DIGITS}十百千\d])([{_DIGITS}两])成([{_DIGITS}半])?{ENDS_SHARE}"
)
_HALF = re.compile(
    rf"(?<=[低少降短约省高加])(?:了|到)?一半{ENDS_SHARE}|半数{ENDS_SHARE}"
)
# 翻两番 is four times as much: risen by three times what it was.
_DOUBLED = re.compile("翻(了?)([一两])番")
# Signs of no text (noncharacters of Unicode) → what a number before them is times.
_ONE = 0xFDD0
_MOST_ZEROS = 15
MULTIPLES: dict[str, int | Decimal] = {}
for _zeros in range(_MOST_ZEROS + 1):
    MULTIPLES[chr(_ONE + _zeros)] = 10**_zeros
    MULTIPLES[chr(_ONE + 16 + _zeros)] = Decimal(1).scaleb(-_zeros)
_TENS = {"十": 10, "百": 100, "千": 1000}
# What is counted or measured in numerals; 一次合格率 and 三级处理 are names, so something must end the amount.
_MEASURED = (
    "分贝|毫米|微米|厘米|米|丝|道|吨|公斤|克|毫克|小时|分钟|秒|天|个?月|年|万?次|万?件|套|根|片|兆帕|兆欧|度|摄氏度|万?元|块|伏|千瓦|公里|转|倍|ppm|"
    "个?百分点|个点|个?数量级"
)
_AMOUNT = re.compile(
    rf"(?<![{_DIGITS}两十百千万亿零第几数半\d])(?!(?<=[秒钟时天分])一件)([{_DIGITS}两十百千万零]{{1,9}})(个(?=微米|毫米|丝|ppm|分贝|兆帕|小时))?"
    rf"(?=(?:{_MEASURED})(?:[以之]?[上下内里]|左右|往[上下]|[,，。、)\s/]|一?每|就|$))",
    re.IGNORECASE,
)
# 2个微米
_MEASURE_WORD = re.compile(
    r"(?<=\d)\s?个(?=\s?(?:微米|毫米|厘米|丝|道|ppm|分贝|兆帕|小时|大气压|μm|mm|dB|MPa))",
    re.IGNORECASE,
)
_PLUS_MINUS = re.compile(r"(?:正负|上下|\+/-|\+-)(?:\s*)(?=\d)")
# 10^14, 10⁻⁹ and 1e12; behind × they are the power of what stands before it.
_POWER_ALONE = re.compile(
    r"(?<![A-Za-z\d.×*^])(?<!×\s)10(?:\^(-?\d{1,2})|([⁻]?[⁰¹²³⁴-⁹]{1,2}))(?!\d)"
    r"|(?<![A-Za-z\d.])(\d(?:\.\d{1,3})?)[eE]([+-]?\d{1,2})(?!\w)"
)
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
# What a text without any of them does not have.
_HINT = re.compile("分之|成|一半|半数|番")
_OTHER_HINT = re.compile(
    rf"[{_DIGITS}两十百千万][{_DIGITS}十百千万零]*(?:{_MEASURED}|个)|\d\s?个|正负|上下|\+/?-|\d[eE^⁻⁰¹²³⁴-⁹]",
    re.IGNORECASE,
)


def has_number(plain: str) -> bool:
    """Whether a sentence may have a figure: a cheaper look."""
    return _HAS_FIGURE.search(plain) is not None or _AMOUNT.search(plain) is not None


_HAS_FIGURE = re.compile(r"\d|分之|成|一半|半数|番")


def in_figures(plain: str) -> str:
    """A text with the numbers that it writes otherwise in figures, of the same length.

    Args:
        plain: signs in one spelling (figure_patterns.PLAIN).
    """
    if _HINT.search(plain):
        plain = _FRACTION.sub(_percent_sign, plain)
        plain = _TENTHS.sub(_tenths, plain)
        plain = _HALF.sub(lambda match: f"{match.group()[:-2]}5成", plain)
        plain = _DOUBLED.sub(_doubled, plain)
    if _OTHER_HINT.search(plain):
        plain = _AMOUNT.sub(_amount, plain)
        plain = _MEASURE_WORD.sub(lambda match: " " * len(match.group()), plain)
        plain = _POWER_ALONE.sub(_power, plain)
        plain = _PLUS_MINUS.sub(lambda match: "±".rjust(len(match.group())), plain)
    return plain


def _amount(match: re.Match[str]) -> str:
    value = _value_of(match[1])
    if value is None:
        return match.group()
    return _fitted(value, len(match.group())) or match.group()


def _value_of(numerals: str) -> int | None:
    """The number of 三百, 十万 or 一千零五; None of 三百五 and 两三, which nobody counts alike."""
    total = section = 0
    digit: int | None = None
    before = last = ""
    for numeral in numerals:
        if numeral in _TENS or numeral == "万":
            if digit == 0:
                return None
            if numeral == "万":
                total = (total + section + (digit or 0) or 1) * 10**4
                section = 0
            else:
                section += (digit or 1) * _TENS[numeral]
            digit = None
        else:
            if digit:
                return None
            digit = NUMERALS[numeral]
        before, last = last, numeral
    if digit and before in ("百", "千", "万"):
        return None
    return total + section + (digit or 0)


def _fitted(value: int, length: int) -> str:
    """A number in so many characters; empty where it has more."""
    plain = str(value)
    if len(plain) > length:
        short = plain.rstrip("0")
        plain = short + chr(_ONE + len(plain) - len(short))
    return plain.rjust(length) if len(plain) <= length else ""


def _power(match: re.Match[str]) -> str:
    zeros = int(match[1] or match[4] or (match[2] or "").translate(_RAISED))
    if abs(zeros) > _MOST_ZEROS:
        return match.group()
    sign = chr(_ONE + zeros) if zeros >= 0 else chr(_ONE + 16 - zeros)
    return f"{match[3] or 1}{sign}".rjust(len(match.group()))


def _percent_sign(match: re.Match[str]) -> str:
    number = match[2] or _number_of(match[3])
    if not number:
        return match.group()
    return f"{number}{_SIGNS[match[1]]}".rjust(len(match.group()))


def _number_of(numerals: str) -> str:
    tens, ten, ones = numerals.rpartition("十")
    if not ten:
        return str(NUMERALS[ones]) if len(ones) == 1 else ""
    return str(10 * NUMERALS.get(tens, 1) + NUMERALS.get(ones, 0))


def _doubled(match: re.Match[str]) -> str:
    return f"涨{match[1]}{2 ** NUMERALS[match[2]] - 1}倍"


def _tenths(match: re.Match[str]) -> str:
    tens = NUMERALS[match[1]]
    # Two characters have no place for 30%.
    if not match[2]:
        return f"{tens}成"
    ones = 5 if match[2] == "半" else NUMERALS[match[2]]
    return f"{tens}{ones}%"
