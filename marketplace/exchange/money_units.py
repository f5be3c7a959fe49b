"""Units of money in which a list gives its sums above the table or in a row of their own.
Not here: the unit in a header or next to a figure (marketplace.parsing.currencies and money).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from marketplace.exchange.header_keys import MONEY_UNIT
from marketplace.parsing.currencies import (
    NOT_YUAN,
    UNITS,
    find_foreign,
    unit_of_note,
)
from matching.folding import fold_label

# The whole cell, so that a title above the table in which 万元 occurs gives no unit.
_UNIT_ALONE = re.compile(
    rf"\(?(?:计量|金额|货币|资金|经费)?(?:单位)?:?(?:人民币|rmb|cny)?({MONEY_UNIT})(?:人民币)?\)?"
)
_LABEL = re.compile(r"[()\[\]【】:,/]|计量|金额|货币|资金|经费|单位|[十百千万亿]")


def money_unit(cell: Any) -> Decimal | None:
    """万元 of one in the unit that a cell names and nothing else: 万元, （万元）, 单位：元; None for other cells.

    Args:
        cell: a cell above a table, or of a row of units below its header.

    Returns:
        `NOT_YUAN` where it names a foreign currency.
    """
    if not isinstance(cell, str):
        return None
    folded = fold_label(cell)
    match = _UNIT_ALONE.fullmatch(folded)
    if match is not None:
        return UNITS[match[1]]
    foreign = find_foreign(folded)
    # （万美元） and nothing else: a text in which dollars are spoken of is no unit.
    if foreign and _LABEL.sub("", folded) == foreign:
        return NOT_YUAN
    return None


def unit_of_sheet(rows: Iterable[Sequence[Any]]) -> Decimal | None:
    """万元 of one in the unit that stands above the table (单位：元); None where none does.

    Args:
        rows: the cells of the rows before the header.
    """
    for row in rows:
        for cell in row:
            unit = unit_of_note(cell) if isinstance(cell, str) else None
            if unit is None:
                unit = money_unit(cell)
            if unit is not None:
                return unit
    return None


def unit_cells(cells: Sequence[Any]) -> dict[int, Decimal]:
    """The units of money in a row of units: index → 万元 of one.

    Args:
        cells: its cells.
    """
    # By column, for a row of units may give 万元 for one sum and 元 for the next.
    units = {index: money_unit(cell) for index, cell in enumerate(cells)}
    return {index: unit for index, unit in units.items() if unit is not None}
