"""Lists read and checked, cell by cell and row by row, without writing anything: file → report.

What a cell means is in `listings.schema`; good rows are imported in `deeds.py`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.checking import RowChecker
from marketplace.exchange.header_keys import header_key
from marketplace.exchange.headers import (
    TITLE,
    Headers,
    PlacedColumn,
    ReadHeader,
)
from marketplace.exchange.money_units import unit_of_sheet
from marketplace.exchange.remarks import describe_header
from marketplace.exchange.reports import Line, Progress, Report
from marketplace.exchange.row_kinds import HEADER, OTHER_TABLE, UNIT, RowKinds
from marketplace.exchange.rows import LEVELS, OpenSheet, SheetRow, joined_header
from marketplace.exchange.screening import RowScreen, placed_in, with_units
from marketplace.exchange.source_columns import (
    FORMATS,
    LIST,
    formats_beside,
    headers_of,
)
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.choices import SECRET
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.parsing import ParseError

# A full list of so many rows unpacks to less than 200 MB (`xlsx.MAX_UNPACKED`).
MAX_ROWS = 50_000
AS_FORM = "请按{}再导入一次。"
PROGRESS_ROWS = 500  # rows read between two reports of progress
# Columns about a row and not about its listing. The first two are those of our own file of faults.
ORIGIN = "origin"
AUTHOR = "author"
ORIGIN_HEADER = "导入行号"
FINDING_HEADER = "需要改的地方"
MARKS = {
    header_key(ORIGIN_HEADER): ORIGIN,
    header_key(FINDING_HEADER): "finding",
    **dict.fromkeys(
        ("填报人", "填报人邮箱", "填报人账号", "填报人姓名", "录入人", "发布人"), AUTHOR
    ),
}


def parse_file(
    source: str | os.PathLike[str] | BinaryIO,
    kind: str,
    *,
    name: str = "",
    defaults: Mapping[str, Any] | None = None,
    max_rows: int = MAX_ROWS,
    max_bytes: int = sheets.MAX_BYTES,
    progress: Progress | None = None,
    with_lines: bool = False,
    form: str = LIST,
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
        with_lines: also give every row as it was read, for who stores them.
        form: a key of `source_columns.SOURCES`: lists of patents and papers have headers of their own.

    Raises:
        Invalid: the file cannot be read at all, or a default makes no sense, with one sentence on why.
    """
    headers = headers_of(kind, form)
    # Read once for the whole list: 50,000 rows must not ask the database 200,000 times.
    dictionaries = Dictionaries()
    values = _read_defaults(headers, defaults or {}, dictionaries)
    report = Report(kind, _name_of(source, name), lines=[] if with_lines else None)
    try:
        with sheets.open_sheet(
            source, headers, name=name, max_bytes=max_bytes
        ) as sheet:
            reader = _SheetReader(report, sheet, headers, values, dictionaries)
            _read_rows(sheet.rows, reader, max_rows, progress)
            reader.finish_remarks()
            report.add_remarks(*_name_better_form(sheet.header, kind, form))
    except Invalid as error:
        # Files know nothing of columns; which ones are looked for is said here.
        if "header" not in error.problems:
            raise
        counts = {}
        for other, others in formats_beside(kind, form).items():
            counts[other] = _count_columns(source, name, others)
        meant = max(counts, key=counts.__getitem__)
        if counts[meant]:
            message = f"这份看起来是{meant}，不是{FORMATS[kind, form]}。"
            raise Invalid(message, AS_FORM.format(meant)) from None
        raise _name_needed_columns(headers, error) from None
    # At the end: rows that are passed over are known only when they were read.
    if not report.rows:
        is_reported = report.skipped or report.problems
        passed = "".join(report.remarks[-1:]) if is_reported else ""
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
        reader.read_row(row, following)
        refuse_too_many(report, max_rows)
        if progress and not report.rows % PROGRESS_ROWS:
            progress(report.rows, 0)


def refuse_too_many(report: Report, max_rows: int) -> None:
    """Refuse a list that is too long. Raises Invalid.

    Counted by what was read and not from the declared extent of the sheet, which may be absurd; behind the last row
    that is allowed a footer may still come.
    """
    if report.rows > max_rows:
        raise Invalid(
            f"超过 {max_rows} 行，没有导入。", f"请分成几份，每份不超过 {max_rows} 行。"
        )


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


def _count_columns(
    source: str | os.PathLike[str] | BinaryIO, name: str, headers: Headers
) -> int:
    """How many columns a file has of another form of list; 0 where it has no such header row."""
    try:
        with sheets.open_sheet(source, headers, name=name) as sheet:
            return len(headers.read_header(sheet.header.cells).placed)
    except Invalid:
        return 0


def _name_better_form(header: SheetRow, kind: str, form: str) -> list[str]:
    """What is said where a list has more columns of another form than of the one it was read as."""
    read = headers_of(kind, form).read_header(header.cells)
    if not read.unknown:
        return []
    most, better = len(read.placed), ""
    for meant, others in formats_beside(kind, form).items():
        placed = len(others.read_header(header.cells).placed)
        if placed > most:
            most, better = placed, meant
    if not better:
        return []
    more = most - len(read.placed)
    return [f"这份看起来是{better}，能多读 {more} 列。{AS_FORM.format(better)}"]


def _name_needed_columns(headers: Headers, error: Invalid) -> Invalid:
    """What is wrong with a file without a header row: which headers it should have."""
    needed = [column.header for column in headers.columns if column.is_starred]
    return Invalid(
        f"{error.message}要找的列有：{'、'.join(needed)}。",
        f"「{needed[0]}」列必须有，另外至少要有一列；空白表在「导入清单」页下载。",
    )


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
        self.headers = headers
        others = [Headers(SCHEMAS[kind]) for kind in SCHEMAS if kind != report.kind]
        self.row_kinds = RowKinds(headers, others, concludes=True)
        self.is_other_table = False
        self.sheet = sheet
        self.sheet_unit = unit_of_sheet(row.cells for row in sheet.above)
        # One checker for all tables of the sheet, so that twins are found across them.
        self.checker = RowChecker(report, dictionaries, defaults)
        self.headers_below: list[int] = []
        self.screen = RowScreen(report, sheet, self.row_kinds)
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
        if not self._is_listing(row):
            return
        if not self.screen.admits(row):
            return
        self.report.rows += 1
        raws = {one.column.name: one.cell_of(row.cells) for one in self.placed}
        marks = {}
        for name, index in self.marks.items():
            if index < len(row.cells) and row.cells[index] is not None:
                marks[name] = " ".join(str(row.cells[index]).split())
        before = len(self.report.problems)
        noticed = len(self.report.notices)
        self.checker.check(row.number, raws, author=marks.get(AUTHOR, ""))
        said = [one.message for one in self.report.problems[before:]]
        # 密级 may say so in words that are no mark (国家秘密): nothing else of the row is repeated or stored.
        if SECRET.message in said:
            del self.report.problems[before:]
            del self.report.notices[noticed:]
            self.report.rows -= 1
            self.screen.refuse_secret(row)
        elif self.report.lines is not None:
            layout = len(self.report.layouts) - 1
            self.report.lines.append(Line(row.number, raws, layout, marks))

    def finish_remarks(self) -> None:
        """Say what was done with the rows of the sheet as a whole."""
        self.report.remarks += self.screen.remarks(self.headers_below)

    def _read_header(self, header: SheetRow) -> None:
        """Place the columns by a header row; what it says goes into the remarks."""
        # A header of ours ends the foreign table above it (139).
        self.is_other_table = False
        read = self.headers.read_header(header.cells)
        self._place_columns(placed_in(self.sheet, read.placed, self.sheet_unit))
        self.marks = _take_marks(read)
        titles = [one.index for one in read.placed if one.column.name == TITLE]
        self.screen.place(
            header,
            [one.index for one in read.placed],
            title=titles[0] if titles else None,
            owners={one.index for one in read.placed if one.column.holder},
        )
        remarks = describe_header(read, self.sheet.hidden_columns)
        self.report.add_remarks(*remarks)

    def _place_columns(self, placed: list[PlacedColumn]) -> None:
        """Read the rows that follow by these columns."""
        self.placed = placed
        self.checker.place(placed)
        self.report.layouts.append(placed)

    def _is_new_header(self, row: SheetRow, following: Sequence[SheetRow]) -> bool:
        """Whether a row begins another table of the sheet; its columns are placed by it then."""
        if row.number <= self.screen.header_number:
            return True  # the lower row of a header that was read already
        header = None
        if following and self._may_be_header(row, following):
            header = joined_header([row, *following], self.headers)
        if header is None and self.headers.is_header_row(row.cells):
            header = row
        if header is None:
            return False
        texts = [str(cell) for cell in header.cells if cell is not None]
        # Compared as texts: a header of two levels has other objects each time it is joined.
        is_repeated = texts == self.header_texts
        self.header_texts = texts
        if is_repeated:
            # Long lists repeat the header on each page.
            self.report.skip(HEADER, row.number, "")
            self.screen.header_number = header.number
            self.is_other_table = False
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
        kind = self.screen.kind_of(row)
        # A row of units is no listing, yet says how every sum below it is read.
        if kind == UNIT:
            self._take_units(row)
        if not kind and self._is_of_other_table(row):
            kind = OTHER_TABLE
        if kind:
            self.screen.skip(row, kind)
        return not kind

    def _is_of_other_table(self, row: SheetRow) -> bool:
        """Whether a row stands below the header of a table of another kind, or is that header."""
        if not self.is_other_table:
            self.is_other_table = self.row_kinds.begins_other_table(row.cells)
        return self.is_other_table

    def _take_units(self, row: SheetRow) -> None:
        """Read the sums of the columns in the units that a row of its own gives."""
        placed, everywhere = with_units(self.placed, row.cells)
        # 单位：元 in one cell, wherever: of all sums, also those of the tables below.
        self.sheet_unit = everywhere or self.sheet_unit
        self._place_columns(placed)


def _take_marks(read: ReadHeader) -> dict[str, int]:
    """Take the columns about rows out of those that mean nothing: mark → index."""
    marks: dict[str, int] = {}
    # A copy, for the list is changed on the way.
    for index, text in list(read.unknown):
        mark = MARKS.get(header_key(text))
        if mark is not None:
            read.unknown.remove((index, text))
            marks.setdefault(mark, index)
    return marks
