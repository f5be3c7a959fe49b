"""The file of faults: rows of an import as they were read, with what is wrong with each, to be sent again.

Which rows go into it is decided by who calls; which of their columns a reader may see as well.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.exchange.exporting import DATES, MAX_CELL
from marketplace.exchange.headers import PlacedColumn
from marketplace.exchange.importing import FINDING_HEADER, ORIGIN_HEADER
from marketplace.exchange.source_columns import headers_of
from marketplace.listings.schema import SCHEMAS
from marketplace.parsing.amounts import MIN_YUAN
from marketplace.parsing.currencies import UNITS
from marketplace.parsing.text import (
    CONTROL,
    escape_formula,
    half_width,
    is_escaped,
)
from marketplace.workbooks import Workbook

AUTHOR_HEADER = "填报人"
FINDING_WIDTH = 60  # characters
_YUAN = re.compile(r"¥([\d,]+(?:\.\d+)?)", re.ASCII)
# 万元 of one → the shortest word for it.
UNIT_WORDS: dict[Decimal, str] = {}
for _word, _amount in UNITS.items():
    if len(_word) < len(UNIT_WORDS.get(_amount, "九个字以上的单位")):
        UNIT_WORDS[_amount] = _word


@dataclass(frozen=True)
class FaultyRow:
    """A row that goes into the file.

    Attributes:
        number: its number in the import.
        texts: column → its cell as text.
        layout: its columns.
        author: whom it names as its author.
        finding: what is wrong with it.
        faulty: the columns that are marked.
    """

    number: int
    texts: Mapping[str, str]
    layout: Sequence[PlacedColumn]
    author: str
    finding: str
    faulty: frozenset[str]


def fault_file(kind: str, source: str, rows: Sequence[FaultyRow]) -> bytes:
    """An .xlsx file of rows to be corrected; importing it puts them in the place of the rows they came from.

    Args:
        kind: `achievement` or `demand`.
        source: a key of `SOURCES`: headers are those of the file that the rows came in.
        rows: the rows, in order.
    """
    # A file of forty empty columns would hide the three that are wrong.
    used = set().union(*(row.texts for row in rows))
    headers = headers_of(kind, source)
    columns = []
    for column in SCHEMAS[kind].list_columns:
        is_known = headers.find_column(column.header) is not None
        if column.name in used or (column.is_starred and is_known):
            columns.append(column)
    out = io.BytesIO()
    with Workbook(out, **DATES) as book:
        text = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        header = book.add_format({"bold": True, "text_wrap": True, "border": 1})
        wrong = book.add_format(
            {
                "valign": "top",
                "text_wrap": True,
                "num_format": "@",
                "bg_color": "#FEE4E2",
            }
        )
        sheet = book.add_worksheet("需要改的行")
        sheet.freeze_panes(1, 2)
        sheet.write_string(0, 0, ORIGIN_HEADER, header)
        sheet.write_string(0, 1, FINDING_HEADER, header)
        sheet.set_column(1, 1, FINDING_WIDTH)
        for index, column in enumerate(columns, 2):
            title = f"{column.header}({column.unit})" if column.unit else column.header
            sheet.write_string(0, index, title, header)
            sheet.set_column(index, index, column.width, text)
        sheet.write_string(0, len(columns) + 2, AUTHOR_HEADER, header)
        for place, row in enumerate(rows, 1):
            # By this number a row finds its place again, for people sort and delete rows.
            sheet.write_number(place, 0, row.number)
            sheet.write_string(place, 1, _cell(row.finding), text)
            places = {one.column.name: one for one in row.layout}
            for index, column in enumerate(columns, 2):
                cell = row.texts.get(column.name, "")
                if column.unit and cell:
                    cell = _with_unit(cell, places.get(column.name))
                style = wrong if column.name in row.faulty else text
                # An empty cell that is wrong is marked too: it is what is missing.
                if cell or style is wrong:
                    sheet.write_string(place, index, _cell(cell), style)
            if row.author:
                sheet.write_string(place, len(columns) + 2, _cell(row.author), text)
    return out.getvalue()


def _with_unit(cell: str, placed: PlacedColumn | None) -> str:
    """A sum with the unit that its own header had, where that is another than ours."""
    unit = placed.unit if placed else None
    yuan = _YUAN.fullmatch(half_width(cell).strip())
    # ¥500000 below 预算 is in yuan; below our 预算(万元) sign and header would contradict each other.
    if yuan and unit in (None, UNITS["元"]):
        figure = Decimal(yuan[1].replace(",", ""))
        # Less than that was not sure before either (`amount_in_wan`).
        return cell if figure * UNITS["元"] < MIN_YUAN else f"{yuan[1]}元"
    is_bare = cell.replace(".", "").replace(",", "").isascii() and cell[-1].isdigit()
    if placed is None or unit is None or unit == 1 or not is_bare:
        return cell
    if unit.is_nan():
        # 50 below 预算(万美元) must not come back below 预算(万元): with its header it is refused again.
        return f"{cell} {placed.header}"
    return f"{cell}{UNIT_WORDS[unit]}"


def _cell(text: str) -> str:
    safe = CONTROL.sub("", text)
    # Guarded once: with a second apostrophe the first one would be read as part of the text.
    if not is_escaped(safe):
        safe = escape_formula(safe)
    return safe[:MAX_CELL]
