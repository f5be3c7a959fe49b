"""Shares written in Chinese numerals as figures: 百分之十二 is 12%, 七成八 78%, 一半 5成.
Not here: what a figure in a sentence states (figures_in_text), how figures are written (figure_patterns).

What is put in place of a share is as long as it, so that quotations are cut from the text itself.
"""

from __future__ import annotations

import re

_DIGITS = "一二三四五六七八九"
NUMERALS = {numeral: value for value, numeral in enumerate("零" + _DIGITS)} | {"两": 2}
_SIGNS = {"百": "%", "千": "‰", "万": "‱"}
_FRACTION = re.compile(
    rf"(百|千|万)分之(?:(\d+(?:\.\d+)?)|([{_DIGITS}两]?十?[{_DIGITS}]?))(?![零十百点几多余来{_DIGITS}])"
)
# 三成, 七成八, 八成半; 三成套设备 and 五成新 are none.
_TENTHS = re.compile(
    rf"(?<![{_DIGITS}十百千\d])([{_DIGITS}两])成([{_DIGITS}半])?(?![^\W以左])"
)
_HALF = re.compile(r"(?<=[低少降短约省高加])(?:了|到)?(一半)(?![^\W以左])")
# What a text without any of them does not have.
_HINT = re.compile("分之|成|一半")


def shares_in_figures(plain: str) -> str:
    """A text with the shares that it writes in numerals in figures, of the same length.

    Args:
        plain: signs in one spelling (figure_patterns.PLAIN).
    """
    if not _HINT.search(plain):
        return plain
    plain = _FRACTION.sub(_percent_sign, plain)
    plain = _TENTHS.sub(_tenths, plain)
    return _HALF.sub(lambda match: match.group().replace("一半", "5成"), plain)


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


def _tenths(match: re.Match[str]) -> str:
    tens = NUMERALS[match[1]]
    # Two characters have no place for 30%.
    if not match[2]:
        return f"{tens}成"
    ones = 5 if match[2] == "半" else NUMERALS[match[2]]
    return f"{tens}{ones}%"
