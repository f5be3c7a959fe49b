"""Units of money in which a list gives its sums: in a header, above the table, or in a row of their own.
Not here: the unit written in a cell beside its figure (marketplace.parsing.money).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from marketplace.exchange.header_keys import MONEY_UNIT
from marketplace.parsing.text import half_width

# Unit of money → 万元 of one.
UNITS = {
    "元": Decimal("0.0001"),
    "千元": Decimal("0.1"),
    "万元": Decimal(1),
    "万": Decimal(1),
    "亿元": Decimal(10_000),
}
_UNIT = re.compile(rf"(?:[(:/,\[]|单位[::]?)(?:人民币)?(?:单位[::]?)?({MONEY_UNIT})")
_UNIT_OF_SHEET = re.compile(
    rf"(?:计量|金额|货币|资金|经费)?单位:?(?:人民币)?({MONEY_UNIT})(?![\u4e00-\u9fff])"
)
_UNIT_ALONE = re.compile(
    rf"\(?(?:计量|金额|货币|资金|经费)?(?:单位)?:?(?:人民币)?({MONEY_UNIT})(?:人民币)?\)?"
)


def unit_of_header(header: str) -> Decimal | None:
    """万元 of one in the unit that a header names: 预期价格(元); None where it names none."""
    unit = _UNIT.search("".join(half_width(header).split()))
    if unit is None:
        return None
    return UNITS[unit[1]]


def money_unit(cell: Any) -> Decimal | None:
    """万元 of one in the unit that a cell names and nothing else: 万元, （万元）, 单位：元; None for other cells.

    Args:
        cell: a cell above a table, or of a row of units below its header.
    """
    if not isinstance(cell, str):
        return None
    found = _UNIT_ALONE.fullmatch("".join(half_width(cell).split()))
    return UNITS[found[1]] if found else None


def unit_of_sheet(rows: Iterable[Sequence[Any]]) -> Decimal | None:
    """万元 of one in the unit that stands above the table (单位：元); None where none does.

    Args:
        rows: the cells of the rows before the header.
    """
    for row in rows:
        for cell in row:
            if not isinstance(cell, str):
                continue
            found = _UNIT_OF_SHEET.search("".join(half_width(cell).split()))
            if found is not None:
                return UNITS[found[1]]
            if (unit := money_unit(cell)) is not None:
                return unit
    return None


def unit_cells(cells: Sequence[Any]) -> dict[int, Decimal]:
    """The units of money in a row of units: index → 万元 of one.

    Args:
        cells: its cells.
    """
    found = {index: money_unit(cell) for index, cell in enumerate(cells)}
    return {index: unit for index, unit in found.items() if unit is not None}
