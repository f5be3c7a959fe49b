"""What every reader of a list does with a row before it reads its cells, whatever the list is of.

Rows that hold nothing of the list are passed over and named, hidden and struck ones are named, cells that no header
names are named, and lines whose cells have moved are refused. What the cells mean is each reader's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marketplace.exchange.checking import shorten_cell
from marketplace.exchange.headers import PlacedColumn, find_number_index
from marketplace.exchange.money_units import unit_cells
from marketplace.exchange.remarks import (
    QUOTE_COMMAS,
    describe_headerless,
    describe_rows,
    describe_shifted,
)
from marketplace.exchange.reports import Problem, Report
from marketplace.exchange.row_kinds import (
    CONCLUDED,
    WITHDRAWN,
    RowKinds,
    is_state_header,
    says_concluded,
    says_withdrawn,
)
from marketplace.exchange.rows import OpenSheet, SheetRow, is_filled

_RUNNING_NUMBER = re.compile(r"[\d.]*")


class RowScreen:
    """Says of the rows of one sheet which are read, and in the end what was done with the others.

    Args:
        report: takes rows that are passed over, and lines of which nobody knows what belongs where.
        sheet: the sheet, at its header.
        kinds: knows rows that hold nothing of the list.
    """

    def __init__(self, report: Report, sheet: OpenSheet, kinds: RowKinds) -> None:
        self.report = report
        self.sheet = sheet
        self.kinds = kinds
        self.hidden: list[int] = []
        self.struck: list[int] = []
        self.shifted: list[int] = []
        # Column → the first row that has something in it and no header, and what.
        self.headerless: dict[int, tuple[int, str]] = {}
        self.number_index: int | None = None

    def place(
        self,
        header: SheetRow,
        indices: Iterable[int],
        *,
        title: int | None,
        owners: Collection[int],
    ) -> None:
        """Read the rows that follow below this header.

        Args:
            header: the header row.
            indices: of the columns that mean something.
            title: index of what the row is about; None where there is none.
            owners: indices of the columns that name whose it is.
        """
        cells = header.cells
        self.header_number = header.number
        self.indices = list(indices)
        self.title = title
        self.owners = owners
        self.number_index = find_number_index(cells)
        states = [index for index, cell in enumerate(cells) if is_state_header(cell)]
        # A state that is read as a field of its own says what it says.
        self.states = set(states) - {title, *owners}
        self.headed = {index for index, cell in enumerate(cells) if is_filled(cell)}
        self.width = len(cells)

    def kind_of(self, row: SheetRow) -> str:
        """What a row is that holds nothing of the list; empty where it is to be read."""
        kind = self.kinds.kind_of(
            row.cells,
            self.indices,
            number=self.number_index,
            title=self.title,
            owners=self.owners,
            below_header=row.number - self.header_number,
        )
        if kind:
            return kind
        states = self._states_of(row)
        if any(map(says_withdrawn, states)):
            return WITHDRAWN
        if self.kinds.concludes and any(map(says_concluded, states)):
            return CONCLUDED
        return ""

    def _states_of(self, row: SheetRow) -> list[Any]:
        """What the columns of states and remarks say of a row."""
        return [row.cells[index] for index in self.states if index < len(row.cells)]

    def skip(self, row: SheetRow, kind: str) -> None:
        """Pass a row over, and put down what it says."""
        self.report.skip(kind, row.number, self.text_of(row))

    def admits(self, row: SheetRow) -> bool:
        """Look at a row that is meant to be one of the list; whether its cells can be read at all."""
        if row.number in self.sheet.hidden_rows:
            self.hidden.append(row.number)
        if row.number in self.sheet.struck_rows:
            self.struck.append(row.number)
        beyond = self._headerless_texts(row)
        if self.sheet.is_text and max(beyond, default=-1) >= self.width:
            self._refuse(row, beyond)
            return False
        for index, said in beyond.items():
            self.headerless.setdefault(index, (row.number, said))
        return True

    def text_of(self, row: SheetRow) -> str:
        """What a row says besides its running number, as a notice repeats it; empty where there is nothing else."""
        texts = []
        for index, cell in enumerate(row.cells):
            text = "" if cell is None else shorten_cell(cell)
            # 一、东昌府区 may stand in the column of numbers, too.
            if index != self.number_index or not _RUNNING_NUMBER.fullmatch(text):
                texts.append(text)
        return shorten_cell(" ".join(dict.fromkeys(filter(None, texts))))

    def remarks(self, headers_below: Sequence[int] = ()) -> list[str]:
        """What was done with the rows of the sheet as a whole, in Chinese.

        Args:
            headers_below: rows that are headers of further tables.
        """
        described = describe_rows(
            headers_below=headers_below,
            hidden=self.hidden,
            struck=self.struck,
            is_filtered=self.sheet.is_filtered,
            skipped=self.report.skipped,
        )
        return [
            *described,
            *describe_headerless(self.headerless),
            *describe_shifted(self.shifted),
        ]

    def _headerless_texts(self, row: SheetRow) -> dict[int, str]:
        texts = {}
        first = min(self.indices, default=0)
        for index, cell in enumerate(row.cells):
            if index in self.headed or not is_filled(cell):
                continue
            text = shorten_cell(cell)
            # Some number their rows in a column without a header.
            is_number = _RUNNING_NUMBER.fullmatch(text) and index < first
            if text and not is_number:
                texts[index] = text
        return texts

    def _refuse(self, row: SheetRow, beyond: Mapping[int, str]) -> None:
        self.shifted.append(row.number)
        # Who stores the rows gets none of this one.
        if self.report.lines is None:
            self.report.rows += 1
        listed = "、".join(beyond.values())
        message = f"这一行比表头多出「{listed}」，分不清哪一格对应哪一列。"
        self.report.problems.append(
            Problem(row.number, "", "", self.text_of(row), message, QUOTE_COMMAS)
        )


def in_sheet_unit(
    placed: Iterable[PlacedColumn], unit: Decimal | None
) -> list[PlacedColumn]:
    """Columns with their sums in the unit that stands above the table, where their own headers name none."""
    columns = []
    for one in placed:
        if one.column.unit and one.unit is None:
            one = replace(one, unit=unit)
        columns.append(one)
    return columns


def with_units(
    placed: Sequence[PlacedColumn], cells: Sequence[Any]
) -> tuple[list[PlacedColumn], Decimal | None]:
    """Columns with their sums in the units that a row of its own gives.

    Args:
        placed: the columns.
        cells: those of the row.

    Returns:
        the columns, and the unit of the whole sheet where one cell gives it for all of them, else None.
    """
    units = unit_cells(cells)
    everywhere = next(iter(units.values()), None)
    places = [one.index for one in placed if one.column.unit]
    if everywhere is None or set(places) & set(units):
        everywhere = None
    else:
        units = dict.fromkeys(places, everywhere)
    columns = []
    for one in placed:
        if one.column.unit and one.index in units:
            one = replace(one, unit=units[one.index])
        columns.append(one)
    return columns, everywhere
