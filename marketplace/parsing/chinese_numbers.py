"""Numbers written in Chinese characters, alone (五十, 一百二十, 壹佰) or mixed with digits (3千5百, 1.5百).
Not here: sums with their units (money), days (days).
"""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {sign: place for place, sign in enumerate("〇一二三四五六七八九")}
_DIGITS |= {sign: place for place, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
_DIGITS |= {"两": 2, "貳": 2, "參": 3, "陸": 6, "○": 0}
_STEPS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
SIGNS = "".join([*_DIGITS, *_STEPS])
NUMBER_SIGNS = f"{SIGNS}点半廿卅"  # all that such a number is written with
_WHOLE = re.compile(rf"[{SIGNS}]+")
_HALF = {"半": Decimal("0.5")}
_TWENTIES = str.maketrans({"廿": "二十", "卅": "三十"})
_DIGITS_AND_STEPS = re.compile(rf"(\d+(?:\.\d+)?)([{''.join(_STEPS)}])", re.ASCII)


def read_chinese_number(text: str) -> Decimal | None:
    """A number below ten thousand in characters, None where it is none.

    Args:
        text: such as 五十, 一百零五, 壹佰, 一点五 or 半.
    """
    if text in _HALF:
        return _HALF[text]
    text = text.translate(_TWENTIES)
    whole, point, places = text.partition("点")
    if not _WHOLE.fullmatch(whole):
        return None
    value = _read_whole(whole)
    if value is None or not point:
        return value
    digits = [_DIGITS.get(sign) for sign in places]
    if not digits or None in digits:
        return None
    return value + Decimal("0." + "".join(str(digit) for digit in digits))


def read_mixed_number(text: str) -> Decimal | None:
    """A number in digits, in characters, or in digits with steps (3千5百, 1.5百); None where it is none."""
    if re.fullmatch(r"\d+(\.\d+)?|\.\d+", text, re.ASCII):
        return Decimal(text)
    if not re.search(r"\d", text, re.ASCII):
        return read_chinese_number(text)
    pieces = _DIGITS_AND_STEPS.findall(text)
    steps = [_STEPS[step] for _, step in pieces]
    is_whole = "".join(digits + step for digits, step in pieces) == text
    # 5百3千 is no number, nor is 3千5: whether 5 or 500 is not said.
    if not is_whole or steps != sorted(set(steps), reverse=True):
        return None
    sizes = [Decimal(digits) * _STEPS[step] for digits, step in pieces]
    return sum(sizes, Decimal(0))


def _read_whole(text: str) -> Decimal | None:
    if not any(sign in _STEPS for sign in text):
        return _read_row_of_digits(text)
    total = 0
    digit: int | None = None
    last_step = 10_000
    for sign in text:
        if sign in _DIGITS:
            # Two digits side by side are a number only where the first is a nought: 一百零五.
            if digit:
                return None
            digit = _DIGITS[sign]
            continue
        step = _STEPS[sign]
        if step >= last_step:
            return None
        # 十五: the one before ten is left out.
        total += (1 if digit is None else digit) * step
        last_step = step
        digit = None
    if digit and text[-2] in _STEPS and last_step > 10:
        # 一百五 is 150, as it is spoken.
        return Decimal(total + digit * last_step // 10)
    return Decimal(total + (digit or 0))


def _read_row_of_digits(text: str) -> Decimal | None:
    """二〇二六 digit by digit; one character alone is its digit."""
    return Decimal("".join(str(_DIGITS[sign]) for sign in text))
