"""Header rows: which cell of them names which column of the schema, and in which unit its sums are.

The headers themselves and their other names are in `listings.schema`; finding the header row of a file is in `rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.listings.schema import ListingSchema
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.vocabulary import word_key
from marketplace.parsing.text import half_width

# What names a listing: a list without it is none, and with the owner it says which listing a row is about.
TITLE = "title"
EXAMPLE_MARK = "示例"  # instead of the running number of a row that is not read
NUMBER_HEADERS = frozenset({"序号", "编号", "id", "no", "no."})
# Of no use to a listing: left out silently. Every other header that means nothing to us is reported.
IGNORED_HEADERS = NUMBER_HEADERS | {
    "更新时间",
    "成果封面",
    "成果附件",
    "封面",
    "附件",
    "成果年份",
    "年份",
    "label_id",
    "label_source",
}
# Unit of money → 万元 of one.
UNITS = {
    "元": Decimal("0.0001"),
    "千元": Decimal("0.1"),
    "万元": Decimal(1),
    "亿元": Decimal(10_000),
}
_DECORATION = "*:#"  # stars of required columns, and what people put after a header
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_UNIT = re.compile(r"\(单?位?[::]?(亿元|万元|千元|元)")


@dataclass(frozen=True)
class PlacedColumn:
    """A column of the schema found in a sheet.

    Attributes:
        index: index of its cells; -1 where the sheet has none and the cells come from a default.
        header: the header as it is in the sheet.
        column: the column of the schema.
        unit: 万元 of one, where the header names another unit of money.
    """

    index: int
    header: str
    column: ListColumn
    unit: Decimal | None = None

    def cell_of(self, cells: Sequence[Any]) -> Any:
        """The own cell of a row; None where the row ends before it."""
        if self.index < len(cells):
            return cells[self.index]
        return None

    def read_cell(self, raw: Any, dictionaries: Dictionaries) -> Any:
        """What a cell says, None where it is empty. Raises ParseError where it cannot be understood."""
        return self.column.read_cell(raw, dictionaries, self.unit)


def header_key(cell: Any) -> str:
    """What spellings of one header share: half-width, no blanks, stars or remarks in brackets."""
    if not isinstance(cell, str):
        return ""
    plain = word_key(half_width(cell)).strip(_DECORATION)
    without_remarks = _REMARK.sub("", plain).strip(_DECORATION)
    return without_remarks or plain


class Headers:
    """The headers of a kind of list, each with the columns that it may mean.

    Args:
        schema: the schema of the kind.
    """

    def __init__(self, schema: ListingSchema) -> None:
        self.columns = schema.list_columns
        self.meanings: dict[str, list[ListColumn]] = {}
        for column in self.columns:
            # Aliases that several columns share may repeat a column's own header: it is one meaning all the same.
            keys = {header_key(name) for name in (column.header, *column.aliases)}
            for key in keys:
                self.meanings.setdefault(key, []).append(column)

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it cannot be a header: no title, or nothing but the title."""
        placed, _ = self.place_columns(row)
        names = {one.column.name for one in placed}
        if TITLE not in names or len(names) < 2:
            return 0
        return len(names)

    def place_columns(
        self, row: Sequence[Any]
    ) -> tuple[list[PlacedColumn], list[tuple[int, str]]]:
        """Which cell of a header row names which column.

        A header with several meanings (负责人, 专利名称) takes the first that no other header of the row has.

        Args:
            row: the cells of the row.

        Returns:
            the columns found, and index and text of the headers that mean nothing to us.
        """
        placed: dict[str, PlacedColumn] = {}
        unknown = []
        for index in self._by_number_of_meanings(row):
            text = str(row[index]).strip()
            key = header_key(row[index])
            column = self._first_free_meaning(key, placed)
            if column is not None:
                unit = _unit_of(column, text)
                placed[column.name] = PlacedColumn(index, text, column, unit)
            # Also a header whose only meaning another cell of the row has: its cells are not read.
            elif key not in IGNORED_HEADERS:
                unknown.append((index, text))
        in_order = sorted(placed.values(), key=lambda one: one.index)
        return in_order, sorted(unknown)

    def find_column(self, header: str) -> ListColumn | None:
        """The column that a single header means first of all, or None."""
        for column in self.meanings.get(header_key(header), ()):
            return column
        return None

    def _by_number_of_meanings(self, row: Sequence[Any]) -> list[int]:
        """The indices of the filled headers, those of one meaning before those that may give way."""
        keys = {index: header_key(cell) for index, cell in enumerate(row)}
        filled = [index for index, key in keys.items() if key]
        return sorted(filled, key=lambda index: len(self.meanings.get(keys[index], ())))

    def _first_free_meaning(
        self, key: str, placed: dict[str, PlacedColumn]
    ) -> ListColumn | None:
        for column in self.meanings.get(key, ()):
            if column.name not in placed:
                return column
        return None


def _unit_of(column: ListColumn, header: str) -> Decimal:
    """万元 of one in a column: 预期价格(元) sets another unit than the column's own."""
    if not column.unit:
        return Decimal(1)
    unit = _UNIT.search(half_width(header).replace("（", "("))
    if unit is None:
        return Decimal(1)
    return UNITS[unit[1]]


def find_number_index(row: Sequence[Any]) -> int | None:
    """Index of the running number; the blank form marks its example row there."""
    for index, cell in enumerate(row):
        if header_key(cell) in NUMBER_HEADERS:
            return index
    return None
