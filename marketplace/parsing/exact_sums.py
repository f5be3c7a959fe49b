"""Sums to the cent and shares in per cent, as contracts, commissions, claims and distributions write them.

Sums of listings, which may be ranges or about right, are read in `money.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.money import NEGOTIABLE, read_money
from marketplace.parsing.number_formats import FormattedNumber
from marketplace.parsing.text import cell_text, compact_text, half_width

# 分 of 1 万元, which sums are read in, and of 1 元, in which contracts write them.
FEN_OF_WAN = 1_000_000
FEN_OF_YUAN = 100
YUAN = Decimal(FEN_OF_YUAN) / FEN_OF_WAN  # 万元 of one 元
MOST_FEN = 10**15  # what no contract of a city comes near
IN_YUAN = "单位元，如 500000 或 50万元。"
# Only such commas part thousands: 5,5 may be 5.5 and 50，100 two sums.
_PLAIN_SUM = re.compile(
    r"(¥?)((?:\d{1,3}(?:,\d{3}){1,4}|\d{1,13})(?:\.\d{1,6})?)(元?)", re.ASCII
)
_PER_CENT = re.compile(r"(?:百分之)?(\d{1,3}(?:\.\d{1,4})?)%?", re.ASCII)


def read_fen(raw: Any, unit: Decimal = YUAN) -> int | None:
    """A sum in 元 as whole 分; a unit that is written (万元, 亿) counts.

    Args:
        raw: as typed, or a cell, with the unit that its format shows: 500000, 500,000.00, ￥500000元, 50万元.
        unit: 万元 of one where none is written; that which stands above the table of a list.

    Raises:
        ParseError: no sum, one that is not exact (a range, 约50万), negative, or less than a cent.
    """
    plain = compact_text(raw)
    if plain in NEGOTIABLE:
        raise ParseError("这里要写一个确定的数。", IN_YUAN)
    # To the cent: what prices of listings are rounded to is too coarse for a contract.
    found = _PLAIN_SUM.fullmatch(half_width(cell_text(raw)).strip())
    is_plain = not isinstance(raw, FormattedNumber) and "，" not in cell_text(raw)
    if found is not None and is_plain and unit.is_finite():
        size = YUAN if found[1] or found[3] else unit
        return _whole_fen(Decimal(found[2].replace(",", "")) * size)
    if any(character.isdigit() and not character.isdecimal() for character in plain):
        raise ParseError(f"「{plain[:20]}」不是能识别的金额。", IN_YUAN)
    try:
        money = read_money(raw, unit)
    except ParseError as error:
        # Elsewhere on the platform a number without a unit is in 万元; here it is in 元.
        raise ParseError(error.message, IN_YUAN) from None
    if money is None:
        return None
    if money.low is None or money.low != money.high or money.remark:
        raise ParseError("这里要写一个确定的数。", IN_YUAN)
    return _whole_fen(money.low)


def _whole_fen(wan: Decimal) -> int:
    fen = wan * FEN_OF_WAN
    if fen != fen.to_integral_value() or not 0 <= fen <= MOST_FEN:
        raise ParseError("金额最多两位小数，不能是负数。", "单位元，如 500000.00。")
    return int(fen)


def read_per_cent(raw: Any) -> Decimal | None:
    """A share in per cent, at most 100; None where nothing was typed.

    Args:
        raw: as typed: 70, 70%, 33.33％, 百分之70; full-width digits and blanks are understood.

    Raises:
        ParseError: it is none.
    """
    plain = compact_text(raw)
    if not plain:
        return None
    found = _PER_CENT.fullmatch(plain)
    if found is None or Decimal(found[1]) > 100:
        raise ParseError(
            f"「{plain[:20]}」不是 0–100 的比例。", "只写数字，如 70 或 33.33。"
        )
    return Decimal(found[1])
