"""Sums of money as they are written, in 万元: 50, 50万, 0.5亿, 30-60万, 面议. No price rules of the trade."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.text import compact_text

MONEY_BELOW = Decimal(10) ** 10  # 万元, as the columns of the database hold it
MONEY_STEP = Decimal("0.0001")  # 1 元
# Words that say there is a price to be talked about; 待定 says that nothing is known yet.
NEGOTIABLE = {
    "面议",
    "可面议",
    "价格面议",
    "面谈",
    "协商",
    "双方协商",
    "协商确定",
    "待协商",
    "议价",
}
UNITS = {
    "亿元": Decimal(10_000),
    "亿": Decimal(10_000),
    "千万元": Decimal(1_000),
    "千万": Decimal(1_000),
    "百万元": Decimal(100),
    "百万": Decimal(100),
    "万元": Decimal(1),
    "万": Decimal(1),
    "w": Decimal(1),
    "千元": Decimal("0.1"),
    "元": Decimal("0.0001"),
}
_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_UNIT = f"({'|'.join(UNITS)})?"
_AMOUNT = re.compile(rf"{_NUMBER}{_UNIT}(?:人民币|整)?", re.ASCII)
# A dash is typed in many ways, twice by some keyboards.
_RANGE = re.compile(
    rf"{_NUMBER}{_UNIT}(?:-{{1,2}}|~|—{{1,2}}|–|至|到){_NUMBER}{_UNIT}", re.ASCII
)
_CURRENCY = re.compile(r"^(人民币|rmb|cny|¥)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
MONEY_FORMS = "填 50、50万、0.5亿、30-60万 或 面议；不写单位就是万元。"


class Money(NamedTuple):
    """A price or budget in 万元: one figure (low == high), a range, or both None where it is to be negotiated."""

    low: Decimal | None
    high: Decimal | None


def read_money(raw: Any, unit: Decimal = Decimal(1)) -> Money | None:
    """A sum or a range of sums in 万元.

    Args:
        raw: 50 (万元), 50万元, 0.5亿, 30-60万, 5000元, 面议.
        unit: 万元 of one where none is written, from the column's header.

    Raises:
        ParseError: not a sum, or one that the columns cannot hold.
    """
    plain = compact_text(_without_noise(raw)).casefold()
    if not plain or plain == "待定":
        return None
    if plain.rstrip("。.") in NEGOTIABLE:
        return Money(None, None)
    # A comma counts as a thousands sign only where three digits follow it: 1,5万 is refused and not read as 15.
    bare = _THOUSANDS.sub("", _CURRENCY.sub("", plain))
    if found := _AMOUNT.fullmatch(bare):
        amount = _exact_amount(found[1], found[2], unit)
        return Money(amount, amount)
    if found := _RANGE.fullmatch(bare):
        # In 30-60万 the unit is written once, for both.
        low = _exact_amount(found[1], found[2] or found[4], unit)
        high = _exact_amount(found[3], found[4] or found[2], unit)
        if low > high:
            raise ParseError(f"「{plain[:40]}」的前一个数比后一个大。", MONEY_FORMS)
        return Money(low, high)
    raise ParseError(f"「{plain[:40]}」不是能识别的金额。", MONEY_FORMS)


def read_sum(raw: Any) -> Decimal | None:
    """One sum of money in 万元, where a range or 面议 has a control of its own.

    Raises:
        ParseError: not one sum; the message says why, in Chinese.
    """
    found = read_money(raw)
    if found is None:
        return None
    if found.low is None:
        raise ParseError("这里只填数字；没有定价就选「面议」。")
    if found.low != found.high:
        raise ParseError("这里只填一个数。")
    return found.low


def write_money(low: Decimal | None, high: Decimal | None) -> str | Decimal | None:
    """A sum as a number, a range as text; None where there is neither."""
    if low is None:
        return high
    if high is None or low == high:
        return low
    return f"{low.normalize():f}-{high.normalize():f}"


def _without_noise(raw: Any) -> Any:
    """A computed number without the noise of binary fractions: 0.1 + 0.2 as 0.3."""
    if isinstance(raw, float) and raw - raw == 0:
        return f"{Decimal(repr(round(raw, 6))):f}"
    return raw


def _exact_amount(digits: str, unit: str | None, default: Decimal) -> Decimal:
    amount = Decimal(digits) * UNITS.get(unit or "", default)
    # Fixed point with 14 digits, 4 of them after the point.
    if amount >= MONEY_BELOW:
        raise ParseError("金额太大。", "按万元填写，整数部分最多 10 位。")
    # Rounding would put another price on the page than the one that was written.
    exact = amount.quantize(MONEY_STEP)
    if exact != amount:
        raise ParseError("金额太细。", "精确到 1 元（0.0001 万元）即可。")
    return exact
