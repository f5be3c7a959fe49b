"""One sum of money in a box that takes nothing else: neither a range nor 面议, so neither is advised.

How a sum is written lives in `money.py`.
"""

from __future__ import annotations

from decimal import Decimal

from marketplace.parsing import ParseError
from marketplace.parsing.amounts import MONEY_FORMS, SUM_FORMS
from marketplace.parsing.money import read_money


def read_single_sum(raw: str) -> Decimal | None:
    """A sum in 万元.

    Args:
        raw: as for `read_money`.

    Returns:
        万元; None where nothing is written.

    Raises:
        ParseError: not one sum; the message says why and what may be written, in Chinese.
    """
    try:
        money = read_money(raw)
    except ParseError as error:
        if error.allowed != MONEY_FORMS:
            raise
        raise ParseError(error.message, SUM_FORMS) from error
    if money is None:
        return None
    if money.low is None:
        raise ParseError("这里要写一个数，不能写「面议」。", SUM_FORMS)
    if money.low != money.high:
        raise ParseError("这里只写一个数，不能写区间。", SUM_FORMS)
    return money.low
