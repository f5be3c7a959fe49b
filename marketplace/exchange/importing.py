"""Lists read and checked, cell by cell and row by row, without writing anything: file → report.

What a cell means is in `listings.schema`; good rows are imported in `deeds.py`.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.headers import (
    TITLE,
    Headers,
    PlacedColumn,
    find_number_index,
)
from marketplace.exchange.money_units import unit_cells, unit_of_sheet
from marketplace.exchange.remarks import (
    describe_hidden_columns,
    describe_left_out,
    describe_rows,
)
from marketplace.exchange.reports import Entry, Problem, Progress, Report
from marketplace.exchange.row_kinds import HEADER, UNIT, RowKinds
from marketplace.exchange.rows import LEVELS, OpenSheet, SheetRow, joined_header
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS, ListingSchema
from marketplace.listings.schema.choices import SECRET
from marketplace.listings.schema.contacts import CONTACT_NAME, CONTACT_PHONE
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.owners import (
    owner_column,
    owner_name,
    owner_of_cells,
)
from marketplace.organisations.models import key_of
from marketplace.parsing import ParseError
from marketplace.parsing.secrecy import secret_mark
from marketplace.parsing.text import cell_text
from marketplace.parsing.unnamed import is_unnamed_organisation

# A full list of so many rows unpacks to less than 200 MB (`xlsx.MAX_UNPACKED`).
MAX_ROWS = 50_000
PROGRESS_ROWS = 500  # rows read between two reports of progress
MAX_VALUE = 60  # characters of a bad cell or header that are repeated to the reader
_RUNNING_NUMBER = re.compile(r"[\d.]*")
# Columns without which a listing would be another one, or be seen by others than it should.
ANONYMOUS = "anonymous"
NEVER_LEFT_OUT = frozenset({TITLE, "uscc", "visibility", ANONYMOUS})


def parse_file(
    source: str | os.PathLike[str] | BinaryIO,
    kind: str,
    *,
    name: str = "",
    defaults: Mapping[str, Any] | None = None,
    max_rows: int = MAX_ROWS,
    max_bytes: int = sheets.MAX_BYTES,
    progress: Progress | None = None,
) -> Report:
    """Read a list and check every cell of it. Nothing is written, and no listing of the database is looked at.

    Args:
        source: path, or a seekable binary file.
        kind: `achievement` or `demand`.
        name: file name, where `source` does not give it.
        defaults: header → what fills its empty cells, or the whole column where the sheet has none.
        max_rows: largest number of rows read.
        max_bytes: largest size read.
        progress: takes (rows done, 0) now and then; how many there are is only known at the end.

    Raises:
        Invalid: the file cannot be read at all, or a default makes no sense, with one sentence on why.
    """
    schema = SCHEMAS[kind]
    headers = Headers(schema)
    # Read once for the whole list: 50,000 rows must not ask the database 200,000 times.
    dictionaries = Dictionaries()
    values = _read_defaults(headers, defaults or {}, dictionaries)
    report = Report(kind, _name_of(source, name))
    try:
        with sheets.open_sheet(
            source, headers, name=name, max_bytes=max_bytes
        ) as sheet:
            reader = _SheetReader(report, sheet, headers, values, dictionaries)
            _read_rows(sheet.rows, reader, max_rows, progress)
            reader.finish_remarks()
    except Invalid as error:
        # Files know nothing of columns; which ones are looked for is said here.
        if "header" in error.problems:
            raise _name_needed_columns(headers, error) from None
        raise
    if not report.rows:
        passed = "".join(report.remarks[-1:]) if report.skipped else ""
        raise Invalid(
            f"只有表头，没有数据行。{passed}",
            "请在表头下面填写内容；标着「示例」的一行不算。",
        )
    return report


def _name_of(source: str | os.PathLike[str] | BinaryIO, name: str) -> str:
    if not name and isinstance(source, str | os.PathLike):
        return Path(source).name
    return name


def _read_defaults(
    headers: Headers, defaults: Mapping[str, Any], dictionaries: Dictionaries
) -> dict[str, Any]:
    """Column → what its empty cells say."""
    values = {}
    for header, raw in defaults.items():
        column = headers.find_column(header)
        if column is None:
            known = "、".join(column.header for column in headers.columns)
            message = f"没有名为「{header}」的列。"
            raise Invalid(message, f"可用的列：{known}。")
        try:
            values[column.name] = column.read_cell(raw, dictionaries)
        except ParseError as error:
            raise Invalid(
                f"「{header}」的默认值不对：{error.message}", error.allowed
            ) from None
    return values


def _read_rows(
    rows: Iterable[SheetRow],
    reader: _SheetReader,
    max_rows: int,
    progress: Progress | None,
) -> None:
    report = reader.report
    for row, following in _with_following(rows):
        # Counted here and not from the declared extent of the sheet, which may be absurd.
        if report.rows >= max_rows:
            message = f"超过 {max_rows} 行，没有导入。"
            raise Invalid(message, f"请分成几份，每份不超过 {max_rows} 行。")
        reader.read_row(row, following)
        if progress and not report.rows % PROGRESS_ROWS:
            progress(report.rows, 0)


def _with_following(
    rows: Iterable[SheetRow],
) -> Iterator[tuple[SheetRow, Sequence[SheetRow]]]:
    """Each row with those that come after it, as many as a header may have."""
    waiting: deque[SheetRow] = deque()
    for row in rows:
        waiting.append(row)
        if len(waiting) == LEVELS:
            first = waiting.popleft()
            yield first, tuple(waiting)
    while waiting:
        first = waiting.popleft()
        yield first, tuple(waiting)


def _name_needed_columns(headers: Headers, error: Invalid) -> Invalid:
    """What is row_report of a file without a header row: which headers it should have."""
    needed = [column.header for column in headers.columns if column.is_starred]
    return Invalid(
        f"{error.message}要找的列有：{'、'.join(needed)}。",
        f"「{needed[0]}」列必须有，另外至少要有一列；可以用 flask listings template 生成空白表。",
    )


class _RowReport:
    """Takes what is row_report of one row and writes it down with the place of the cell.

    Args:
        report: the report of the list.
        number: number of the row.
        raws: column → its cell as it is.
        columns: column → where it is in the sheet.
    """

    def __init__(
        self,
        report: Report,
        number: int,
        raws: Mapping[str, Any],
        columns: Mapping[str, PlacedColumn],
    ) -> None:
        self.report = report
        self.number = number
        self.raws = raws
        self.columns = columns
        # What is missing is not reported again for a column that could not be read.
        self.bad_columns: set[str] = set()
        # Columns that were left out, so that the listing can be no more than a draft.
        self.left_out: list[Problem] = []

    def report_unread(self, column: ListColumn, error: ParseError) -> None:
        """Say that a cell cannot be understood: the row is refused, or its listing becomes a draft without it."""
        if error is SECRET or not may_be_left_out(column):
            self.report_error(column.name, error)
            return
        value = shorten_cell(self.raws.get(column.name))
        message = f"{error.message}这一格没有导入。"
        self.left_out.append(self._problem(column.name, value, message, error.allowed))

    def report_error(self, key: str, error: ParseError) -> None:
        """Refuse the row for a column."""
        self.bad_columns.add(key)
        # The word that gives a state secret away is not repeated, as reports are sent around.
        value = "" if error is SECRET else shorten_cell(self.raws.get(key))
        problem = self._problem(key, value, error.message, error.allowed)
        self.report.problems.append(problem)

    def report_notice(self, key: str, message: str) -> None:
        """Say what was done with a cell."""
        value = shorten_cell(self.raws.get(key))
        self.report.notices.append(self._problem(key, value, message, ""))

    def _problem(self, key: str, value: str, message: str, allowed: str) -> Problem:
        placed = self.columns.get(key)
        return problem_at(placed, self.number, value, message, allowed)


class _SheetReader:
    """Reads the rows of one sheet into its report.

    Args:
        report: takes entries, problems and notices.
        sheet: the sheet, at its header.
        headers: those of the kind.
        defaults: column → what its empty cells say.
        dictionaries: those of this import.
    """

    def __init__(
        self,
        report: Report,
        sheet: OpenSheet,
        headers: Headers,
        defaults: Mapping[str, Any],
        dictionaries: Dictionaries,
    ) -> None:
        self.report = report
        self.schema: ListingSchema = SCHEMAS[report.kind]
        self.headers = headers
        self.row_kinds = RowKinds(headers)
        self.sheet = sheet
        self.sheet_unit = unit_of_sheet(row.cells for row in sheet.above)
        self.defaults = defaults
        self.dictionaries = dictionaries
        # Owner and title → the row that says them first: the importer takes two such rows for one listing.
        self.first_rows: dict[tuple[str, str], int] = {}
        self.hidden_rows: list[int] = []
        self.headers_below: list[int] = []
        # Row → headers among its cells: every row is looked at as one of three.
        self.known_headers: dict[int, int] = {}
        self.header_texts = [
            str(cell) for cell in sheet.header.cells if cell is not None
        ]
        report.sheet = sheet.name
        report.header_row = sheet.header.number
        report.remarks = sheet.remarks
        self._read_header(sheet.header)

    def read_row(self, row: SheetRow, following: Sequence[SheetRow]) -> None:
        """Read one row: an entry, or problems. Rows of no listing are passed over, and told at the end.

        Args:
            row: the row.
            following: those after it: a header of several rows is known by all of them.
        """
        if self._is_new_header(row, following):
            return
        raws = [one.cell_of(row.cells) for one in self.placed]
        if not self._is_listing(row):
            return
        if row.number in self.sheet.hidden_rows:
            self.hidden_rows.append(row.number)
        self.report.rows += 1
        by_name = {
            one.column.name: raw for one, raw in zip(self.placed, raws, strict=True)
        }
        row_report = _RowReport(self.report, row.number, by_name, self.columns)
        if has_secret_mark(raws):
            row_report.report_error(TITLE, SECRET)
            return
        cells = self._read_cells(by_name, row_report)
        self._check_identity(cells, row_report)
        # Also for a row that is refused already: what does not fit together is reported in the same pass.
        values = self.schema.values_of_cells(cells, row_report)
        if row_report.bad_columns:
            # Everything that is wrong with a row is said at once.
            self.report.problems += row_report.left_out
            return
        entry = Entry(
            row.number,
            owner_of_cells(self.schema, cells),
            values[TITLE],
            key_of(values[TITLE]),
            values,
            is_draft=bool(row_report.left_out),
        )
        if self._is_first(entry, row_report):
            self.report.entries.append(entry)
            self.report.drafts += row_report.left_out

    def finish_remarks(self) -> None:
        """Say what was done with the rows of the sheet as a whole."""
        self.report.remarks += describe_rows(
            headers_below=self.headers_below,
            hidden=self.hidden_rows,
            is_filtered=self.sheet.is_filtered,
            skipped=self.report.skipped,
        )

    def _read_header(self, header: SheetRow) -> None:
        """Place the columns by a header row; what it says goes into the remarks."""
        self.header_number = header.number
        read = self.headers.read_header(header.cells)
        self.placed = [self._with_unit(one) for one in read.placed]
        self.number_index = find_number_index(header.cells)
        titles = [one.index for one in read.placed if one.column.name == TITLE]
        self.title_index = titles[0] if titles else None
        self.owner_indices = {one.index for one in read.placed if one.column.holder}
        self.columns = _columns_by_name(self.schema, self.placed, self.defaults)
        for remark in describe_left_out(read):
            self._add_remark(remark)
        hidden = self.sheet.hidden_columns
        for remark in describe_hidden_columns(read.placed, hidden):
            self._add_remark(remark)

    def _add_remark(self, remark: str) -> None:
        # A sheet with a table for each county repeats its header, and says the same each time.
        if remark not in self.report.remarks:
            self.report.remarks.append(remark)

    def _with_unit(self, placed: PlacedColumn) -> PlacedColumn:
        """A column of sums in the unit that stands above the table, where its own header names none."""
        if placed.column.unit and placed.unit is None and self.sheet_unit is not None:
            return replace(placed, unit=self.sheet_unit)
        return placed

    def _is_new_header(self, row: SheetRow, following: Sequence[SheetRow]) -> bool:
        """Whether a row begins another table of the sheet; its columns are placed by it then."""
        if row.number <= self.header_number:
            return True  # the lower row of a header that was read already
        header = None
        if following and self._may_be_header(row, following):
            header = joined_header([row, *following], self.headers)
        if header is None and self.headers.is_header_row(row.cells):
            header = row
        if header is None:
            return False
        texts = [str(cell) for cell in header.cells if cell is not None]
        is_repeated = texts == self.header_texts
        self.header_texts = texts
        if is_repeated:
            # Long lists repeat the header on each page.
            self.report.skip(HEADER, row.number, "")
            self.header_number = header.number
            return True
        self.headers_below.append(row.number)
        self._read_header(header)
        return True

    def _may_be_header(self, row: SheetRow, following: Sequence[SheetRow]) -> bool:
        """Whether rows are worth looking at: a header of several rows names the title in one of them."""
        known = [self._count_headers(one) for one in (row, *following)]
        # Each row is looked at once as the first, and is needed no more then.
        self.known_headers.pop(row.number, None)
        return sum(known) > 2

    def _count_headers(self, row: SheetRow) -> int:
        """How many cells of a row are headers."""
        if row.number not in self.known_headers:
            count = sum(map(self.headers.is_known, row.cells))
            self.known_headers[row.number] = count
        return self.known_headers[row.number]

    def _is_listing(self, row: SheetRow) -> bool:
        """Whether a row is meant to be a listing; what else it is goes into the report."""
        kind = self.row_kinds.kind_of(
            row.cells,
            [one.index for one in self.placed],
            number=self.number_index,
            title=self.title_index,
            owners=self.owner_indices,
            below_header=row.number - self.header_number,
        )
        if kind == UNIT:
            self._take_units(row)
        if kind:
            self.report.skip(kind, row.number, self._text_of_row(row))
        return not kind

    def _text_of_row(self, row: SheetRow) -> str:
        """What a row says besides its running number, as a notice repeats it; empty where there is nothing else."""
        texts = []
        for index, cell in enumerate(row.cells):
            text = "" if cell is None else shorten_cell(cell)
            # 一、东昌府区 may stand in the column of numbers, too.
            if index != self.number_index or not _RUNNING_NUMBER.fullmatch(text):
                texts.append(text)
        return shorten_cell(" ".join(dict.fromkeys(filter(None, texts))))

    def _take_units(self, row: SheetRow) -> None:
        """Read the sums of the columns in the units that a row of its own gives."""
        units = unit_cells(row.cells)
        everywhere = next(iter(units.values()), None)
        places = [one.index for one in self.placed if one.column.unit]
        if everywhere is not None and not set(places) & set(units):
            # 单位：元 in one cell, wherever: of all sums, also those of the tables below.
            self.sheet_unit = everywhere
            units = dict.fromkeys(places, everywhere)
        self.placed = [_in_unit(one, units) for one in self.placed]

    def _read_cells(
        self, raws: Mapping[str, Any], row_report: _RowReport
    ) -> dict[str, Any]:
        """Column → what its cell or its default says, without the empty ones."""
        cells = {}
        for placed in self.placed:
            name = placed.column.name
            try:
                value = placed.read_cell(raws[name], self.dictionaries)
            except ParseError as error:
                # The other cells are read all the same, so that one pass names everything that is wrong.
                row_report.report_unread(placed.column, error)
                continue
            if value is None:
                value = self.defaults.get(name)
            if value is not None:
                cells[name] = value
        for name, value in self.defaults.items():
            if name not in raws and value is not None:
                cells[name] = value
        return cells

    def _check_identity(self, cells: Mapping[str, Any], row_report: _RowReport) -> None:
        """Check title and owner: without them not even a draft can be stored."""
        owner = owner_column(self.schema, cells).name
        for key, word, text in (
            (TITLE, "名称", cells.get(TITLE)),
            (owner, "单位", owner_name(self.schema, cells)),
        ):
            if key in row_report.bad_columns:
                continue
            if not text:
                row_report.report_error(
                    key, ParseError(f"没有填写{word}。", "这一格不能为空。")
                )
            elif key == owner and is_unnamed_organisation(text):
                # As our own exports write a firm that is not to be named: taken as a name it would become one.
                row_report.report_error(
                    key,
                    ParseError(
                        f"「{text[:MAX_VALUE]}」是隐去的名称，不是单位。",
                        self._advice_of_owner(),
                    ),
                )
            elif not key_of(text):
                row_report.report_error(
                    key, ParseError(f"{word}里没有文字。", "不能只有标点符号。")
                )

    def _advice_of_owner(self) -> str:
        """What to write where an owner is not named; who they are is known to the operators all the same."""
        if ANONYMOUS not in self.schema:
            return "填写单位的全称。"
        label = self.schema[ANONYMOUS].label
        return f"填写单位的全称；不想公开的，在「{label}」列填 是，页面上不显示名称。"

    def _is_first(self, entry: Entry, row_report: _RowReport) -> bool:
        """Whether no row before names the same owner and title; a second one is refused."""
        first = self.first_rows.setdefault((entry.owner.key, entry.key), entry.row)
        if first == entry.row:
            return True
        kind = KIND_NAMES[self.report.kind]
        message = f"与第 {first} 行是同一单位的同名{kind}，只取前面一行。"
        row_report.report_error(
            TITLE, ParseError(message, "删去重复的一行，或者改成不同的名称。")
        )
        return False


def _columns_by_name(
    schema: ListingSchema, placed: Iterable[PlacedColumn], defaults: Mapping[str, Any]
) -> dict[str, PlacedColumn]:
    """Column → where it is; one that only has a default is nowhere in the sheet, but has its name."""
    columns = {}
    for column in schema.list_columns:
        if column.name in defaults:
            columns[column.name] = PlacedColumn(-1, column.header, column)
    for one in placed:
        columns[one.column.name] = one
    return columns


def has_secret_mark(raws: Iterable[Any]) -> bool:
    """Whether a cell of the row bears the mark of 国家秘密."""
    return any(isinstance(raw, str) and secret_mark(raw) for raw in raws)


def problem_at(
    placed: PlacedColumn | None, row: int, value: str, message: str, allowed: str
) -> Problem:
    """A problem of a cell; of the whole row where no column is placed. One that was made up has no letter."""
    if placed is None:
        return Problem(row, "", "", value, message, allowed)
    letter = "" if placed.index < 0 else sheets.column_letter(placed.index)
    return Problem(row, letter, placed.header, value, message, allowed)


def shorten_cell(raw: Any) -> str:
    """The content of a cell on one line, as a problem repeats it."""
    try:
        plain = " ".join(cell_text(raw).split())
    except ParseError:
        plain = str(raw)
    if len(plain) > MAX_VALUE:
        return f"{plain[:MAX_VALUE]}…"
    return plain


def may_be_left_out(column: ListColumn) -> bool:
    """Whether a listing can be stored without a cell that cannot be understood.

    Sums are written in many words, and a listing without one is a draft. Without its name and its owner it is none, and
    what decides who sees it is never left to the default.
    """
    if column.name in NEVER_LEFT_OUT or column.holder:
        return False
    if column.unit or not column.is_starred:
        return True
    # Who made it and who is asked can be said later: 登录后可见 in their place is no reason to lose the row.
    return column.name in (CONTACT_NAME, CONTACT_PHONE, "contributors")


def _in_unit(placed: PlacedColumn, units: Mapping[int, Decimal]) -> PlacedColumn:
    """A column of sums in the unit given for its index; any other as it is."""
    if placed.column.unit and placed.index in units:
        return replace(placed, unit=units[placed.index])
    return placed
