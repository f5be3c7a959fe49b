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

from marketplace.errors import Invalid
from marketplace.exchange.checking import has_secret_mark, shorten_cell
from marketplace.exchange.header_keys import header_key
from marketplace.exchange.headers import PlacedColumn, find_number_index
from marketplace.exchange.money_units import unit_cells
from marketplace.exchange.remarks import (
    QUOTE_COMMAS,
    describe_headerless,
    describe_rows,
    describe_secret,
    describe_shifted,
)
from marketplace.exchange.reports import Problem, Report
from marketplace.exchange.row_kinds import (
    CONCLUDED,
    WITHDRAWN,
    RowKinds,
    is_state_header,
    says_state,
)
from marketplace.exchange.rows import OpenSheet, SheetRow, is_filled
from marketplace.listings.schema.choices import SECRET, SECRET_WORDS
from marketplace.parsing.text import YES_WORDS, half_width

_RUNNING_NUMBER = re.compile(r"[\d.]*")
# 密级, 定密情况, 是否涉密, 是否涉及国家秘密: many lists have such a column, and not every kind of list a field for it.
_IS_SECRECY = re.compile(
    r"(?:成果|项目|需求|技术|课题|内容)?(?:密级|定密情况|(?:是否|有无)?(?:为|属于?|是|有)?"
    r"(?:涉密|涉及?(?:国家)?秘密|国家秘密)(?:情况|与否|项目|成果|内容|信息)?)"
)
_MARKED_AS_A_WHOLE = (
    "表头上面带有国家秘密的标志，整份清单没有读取。国家秘密不能在互联网上传输。"
)


class RowScreen:
    """Says of the rows of one sheet which are read, and in the end what was done with the others.

    Args:
        report: takes rows that are passed over, and lines of which nobody knows what belongs where.
        sheet: the sheet, at its header.
        kinds: knows rows that hold nothing of the list.

    Raises:
        Invalid: what stands above the header bears the mark of a state secret, and so the whole list does.
    """

    def __init__(self, report: Report, sheet: OpenSheet, kinds: RowKinds) -> None:
        self.report = report
        self.sheet = sheet
        self.kinds = kinds
        self.hidden: list[int] = []
        self.struck: list[int] = []
        self.shifted: list[int] = []
        self.secret: list[int] = []
        # Column → the first row that has something in it and no header, and what.
        self.headerless: dict[int, tuple[int, str]] = {}
        self.number_index: int | None = None
        if any(has_secret_mark(row.cells) for row in sheet.above):
            raise Invalid(_MARKED_AS_A_WHOLE, SECRET.allowed)

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
        self.secrecies = [
            index for index, cell in enumerate(cells) if _is_secrecy_header(cell)
        ]
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
        if any(says_state(WITHDRAWN, cell) for cell in states):
            return WITHDRAWN
        if self.kinds.concludes and any(says_state(CONCLUDED, cell) for cell in states):
            return CONCLUDED
        return ""

    def _states_of(self, row: SheetRow) -> list[Any]:
        """What the columns of states and remarks say of a row."""
        return [row.cells[index] for index in self.states if index < len(row.cells)]

    def skip(self, row: SheetRow, kind: str) -> None:
        """Pass a row over, and put down what it says."""
        # Of a row with the mark of a state secret only the number is repeated, as reports are sent around.
        text = "" if self._is_secret(row) else self.text_of(row)
        self.report.skip(kind, row.number, text)

    def admits(self, row: SheetRow) -> bool:
        """Look at a row that is meant to be one of the list; whether its cells can be read at all."""
        # Before anything of it is repeated. The mark mostly stands in a column of its own, which means nothing to us.
        if self._is_secret(row):
            self.refuse_secret(row)
            return False
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

    def _is_secret(self, row: SheetRow) -> bool:
        """Whether a row bears the mark of a state secret, or says in a column of its own that it is one."""
        if has_secret_mark(row.cells):
            return True
        answers = [
            row.cells[index] for index in self.secrecies if index < len(row.cells)
        ]
        return any(map(_says_secret, answers))

    def refuse_secret(self, row: SheetRow) -> None:
        """Refuse a row that is a state secret, without a word of what it says."""
        self.secret.append(row.number)
        self._count_refused()
        self.report.problems.append(
            Problem(row.number, "", "", "", SECRET.message, SECRET.allowed)
        )

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
            *describe_secret(self.secret),
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
        self._count_refused()
        listed = "、".join(beyond.values())
        message = f"这一行比表头多出「{listed}」，分不清哪一格对应哪一列。"
        self.report.problems.append(
            Problem(row.number, "", "", self.text_of(row), message, QUOTE_COMMAS)
        )

    def _count_refused(self) -> None:
        # Who stores the rows gets none of these.
        if self.report.lines is None:
            self.report.rows += 1


def _is_secrecy_header(cell: Any) -> bool:
    return isinstance(cell, str) and _IS_SECRECY.fullmatch(header_key(cell)) is not None


def _says_secret(cell: Any) -> bool:
    """Whether 密级 or 是否涉密 is answered by a degree, or by yes; 商业秘密 and 非密 are no state secrets."""
    if isinstance(cell, bool):
        return cell
    if not isinstance(cell, str):
        return False
    answer = "".join(half_width(cell).split()).casefold()
    return answer in SECRET_WORDS or answer in YES_WORDS


def placed_in(
    sheet: OpenSheet, placed: Iterable[PlacedColumn], unit: Decimal | None
) -> list[PlacedColumn]:
    """Columns as the sheet as a whole says how they are to be read.

    Args:
        sheet: days are counted from its epoch.
        placed: the columns.
        unit: of sums, as it stands above the table: of those whose own headers name none.
    """
    columns = []
    for one in placed:
        if sheet.is_from_1904 and one.column.dated:
            one = replace(one, is_from_1904=True)
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
