"""One sum of money in a box that takes no range: where a listing has another box for 面议, and where nothing has.

How a sum is written lives in `money.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.amounts import MONEY_FORMS, SUM_FORMS, TWO_SUMS
from marketplace.parsing.money import Money, read_money, refuse_doubtful


def read_sum(raw: Any, usual_most: Decimal | None = None) -> Decimal | None:
    """One sum of money in 万元, where a range or 面议 has a control of its own.

    Args:
        raw: as for `read_money`.
        usual_most: 万元 beyond which a sum must be written with 亿, being rarer than a slip of the unit; None for any.

    Raises:
        ParseError: not one sum; the message says why, in Chinese.
    """
    money = read_money(raw)
    if money is None:
        return None
    low = _single_value(
        money,
        open_price=("这里只填数字；没有定价就选「面议」。",),
        span=("这里只填一个数；", "区间分成最低和最高两格填。"),
    )
    if usual_most is not None:
        refuse_doubtful(money, usual_most)
    return low


def read_single_sum(raw: str, *, exact: bool = False) -> Decimal | None:
    """A sum in 万元, where neither a range nor 面议 may be written anywhere, so that neither is advised.

    Args:
        raw: as for `read_money`.
        exact: refuse what its words make less than a sum, such as 约50万 and 不超过50万: it is decided by this figure.

    Returns:
        万元; None where nothing is written.

    Raises:
        ParseError: not one sum; the message says why and what may be written, in Chinese.
    """
    try:
        money = read_money(raw)
    except ParseError as error:
        # Only the general advice names ranges and 面议; one that is about the figure stays.
        if error.allowed not in (MONEY_FORMS, TWO_SUMS):
            raise
        raise ParseError(error.message, SUM_FORMS) from error
    if money is None:
        return None
    if exact and money.low is not None and money.remark:
        raise ParseError(
            f"「{raw.strip()[:20]}」不是一个确定的数，这里只写数。", SUM_FORMS
        )
    return _single_value(
        money,
        open_price=("这里要写一个数，不能写「面议」。", SUM_FORMS),
        span=("这里只写一个数，不能写区间。", SUM_FORMS),
    )


def _single_value(
    money: Money, *, open_price: tuple[str, ...], span: tuple[str, ...]
) -> Decimal:
    """Its only value; else what is said of 面议, or of a range, is raised as a ParseError."""
    if money.low is None:
        raise ParseError(*open_price)
    if money.low != money.high:
        raise ParseError(*span)
    return money.low
