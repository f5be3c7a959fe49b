"""Lists read and checked, cell by cell and row by row, without writing anything: file → report.

What a cell means is in `listings.schema`; good rows are imported in `deeds.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from marketplace.accounts.models import key_of
from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.headers import (
    EXAMPLE_MARK,
    TITLE,
    Headers,
    PlacedColumn,
    find_number_index,
)
from marketplace.exchange.reports import Entry, Problem, Progress, Report
from marketplace.exchange.rows import OpenSheet, SheetRow
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS, ListingSchema
from marketplace.listings.schema.choices import SECRET
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.owners import (
    owner_column,
    owner_name,
    owner_of_cells,
)
from marketplace.parsing import ParseError
from marketplace.parsing.secrecy import secret_mark
from marketplace.parsing.text import cell_text

# A full list of so many rows unpacks to less than 200 MB (`xlsx.MAX_UNPACKED`).
MAX_ROWS = 50_000
PROGRESS_ROWS = 500  # rows read between two reports of progress
VALUE_MOST = 60  # characters of a bad cell or header that are repeated to the reader
UNKNOWN_MOST = 20  # headers without a column that are listed


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
            source, headers.count_known, name=name, max_bytes=max_bytes
        ) as sheet:
            reader = _read_header(sheet, headers, values, dictionaries, report)
            _read_rows(sheet.rows, reader, max_rows, progress)
    except Invalid as error:
        # Files know nothing of columns; which ones are looked for is said here.
        if "header" in error.problems:
            raise _name_needed_columns(headers, error) from None
        raise
    if not report.rows:
        raise Invalid(
            "只有表头，没有数据行。", "请在表头下面填写内容；标着「示例」的一行不算。"
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


def _read_header(
    sheet: OpenSheet,
    headers: Headers,
    defaults: Mapping[str, Any],
    dictionaries: Dictionaries,
    report: Report,
) -> _SheetReader:
    """Place the columns of a sheet; what the header says goes into the report."""
    report.sheet = sheet.name
    report.header_row = sheet.header.number
    report.remarks = sheet.remarks
    placed, unknown = headers.place_columns(sheet.header.cells)
    if unknown:
        places = [
            f"{text[:VALUE_MOST]}（{sheets.column_letter(index)} 列）"
            for index, text in unknown[:UNKNOWN_MOST]
        ]
        report.remarks.append(f"这些列没有对应的栏目，没有导入：{'、'.join(places)}。")
    return _SheetReader(
        report,
        placed,
        find_number_index(sheet.header.cells),
        defaults,
        dictionaries,
    )


def _read_rows(
    rows: Iterable[SheetRow],
    reader: _SheetReader,
    max_rows: int,
    progress: Progress | None,
) -> None:
    report = reader.report
    for row in rows:
        # Counted here and not from the declared extent of the sheet, which may be absurd.
        if report.rows >= max_rows:
            message = f"超过 {max_rows} 行，没有导入。"
            raise Invalid(message, f"请分成几份，每份不超过 {max_rows} 行。")
        reader.read_row(row)
        if progress and not report.rows % PROGRESS_ROWS:
            progress(report.rows, 0)


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

    def report_error(self, key: str, error: ParseError) -> None:
        """Refuse the row for a column."""
        self.bad_columns.add(key)
        # The word that gives a state secret away is not repeated, as reports are sent around.
        value = "" if error is SECRET else _shorten(self.raws.get(key))
        problem = self._problem(key, value, error.message, error.allowed)
        self.report.problems.append(problem)

    def report_notice(self, key: str, message: str) -> None:
        """Say what was done with a cell."""
        value = _shorten(self.raws.get(key))
        self.report.notices.append(self._problem(key, value, message, ""))

    def _problem(self, key: str, value: str, message: str, allowed: str) -> Problem:
        placed = self.columns.get(key)
        if placed is None:
            return Problem(self.number, "", "", value, message, allowed)
        letter = "" if placed.index < 0 else sheets.column_letter(placed.index)
        return Problem(self.number, letter, placed.header, value, message, allowed)


class _SheetReader:
    """Reads the rows of one sheet into its report.

    Args:
        report: takes entries, problems and notices.
        placed: the columns found in the header row.
        number_index: index of the running number, None where the sheet has none.
        defaults: column → what its empty cells say.
        dictionaries: those of this import.
    """

    def __init__(
        self,
        report: Report,
        placed: Sequence[PlacedColumn],
        number_index: int | None,
        defaults: Mapping[str, Any],
        dictionaries: Dictionaries,
    ) -> None:
        self.report = report
        self.schema: ListingSchema = SCHEMAS[report.kind]
        self.placed = placed
        self.number_index = number_index
        self.defaults = defaults
        self.dictionaries = dictionaries
        self.header = [one.header for one in placed]
        self.columns = _columns_by_name(self.schema, placed, defaults)
        # Owner and title → the row that says them first: the importer takes two such rows for one listing.
        self.first_rows: dict[tuple[str, str], int] = {}

    def read_row(self, row: SheetRow) -> None:
        """Read one row: an entry, or problems. Rows of no listing are passed over."""
        raws = [one.cell_of(row.cells) for one in self.placed]
        if not self._is_listing(row, raws):
            return
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
            return
        entry = Entry(
            row.number,
            owner_of_cells(self.schema, cells),
            values[TITLE],
            key_of(values[TITLE]),
            values,
        )
        if self._is_first(entry, row_report):
            self.report.entries.append(entry)

    def _is_listing(self, row: SheetRow, raws: Sequence[Any]) -> bool:
        """Whether a row is meant to be a listing."""
        texts = [_stripped(raw) for raw in raws]
        if not any(texts):
            return False  # a footer, or a running number alone
        if texts == self.header:
            return False  # long lists repeat the header on each page
        if self.number_index is None or self.number_index >= len(row.cells):
            return True
        number = str(row.cells[self.number_index]).strip()
        return not number.startswith(EXAMPLE_MARK)

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
                row_report.report_error(name, error)
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
            elif not key_of(text):
                row_report.report_error(
                    key, ParseError(f"{word}里没有文字。", "不能只有标点符号。")
                )

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


def _shorten(raw: Any) -> str:
    """The content of a cell on one line, as a problem repeats it."""
    try:
        plain = " ".join(cell_text(raw).split())
    except ParseError:
        plain = str(raw)
    if len(plain) > VALUE_MOST:
        return f"{plain[:VALUE_MOST]}…"
    return plain


def _stripped(raw: Any) -> str:
    """A cell as text without blanks around it, for comparing only."""
    return "" if raw is None else str(raw).strip()
