"""Workbooks (.xlsx): refused where they are bombs or no workbooks, and read row by row with merged cells filled.

What is written to workbooks is in `exporting.py`; cells are not understood here.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from bisect import bisect_right
from collections.abc import Generator, Sequence
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.escape import unescape

from marketplace.errors import Invalid
from marketplace.exchange.rows import (
    SAVE_AS,
    CountHeaders,
    OpenSheet,
    SheetRow,
    blank_refusal,
    find_header,
    header_refusal,
    is_filled,
)

MAX_UNPACKED = (
    300 * 2**20
)  # bytes of all parts; a full list of 50,000 rows is below 200
MAX_RATIO = 100  # a real sheet packs 5–30 to one; only looked at above SMALL
SMALL = 10 * 2**20
MAX_PARTS = 5_000
LAST_ROW = 2**20  # of any spreadsheet program

MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Za-z]{1,3}\d{1,7}:[A-Za-z]{1,3}\d{1,7})"'
)
BLOCK = 2**20  # bytes of a sheet's XML searched at a time
OVERLAP = 256  # bytes of one block searched again with the next: longer than any element that `MERGED` finds


def open_workbook(file: BinaryIO, count_headers: CountHeaders) -> OpenSheet:
    """Open the first visible sheet of a workbook that has a header row.

    Args:
        file: the file; it stays open.
        count_headers: how many known headers a row has.

    Raises:
        Invalid: it is no workbook, or has no such sheet.
    """
    # Before openpyxl sees it: it unpacks whatever it is given.
    _refuse_other_archives(file)
    sheets = _load_sheets(file)
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    all_blank = True
    for sheet in visible:
        header, is_blank = find_header(_sheet_rows(sheet), count_headers)
        all_blank = all_blank and is_blank
        if header is not None:
            return _with_header(sheet, header, len(visible))
    if visible and all_blank:
        raise blank_refusal()
    if len(visible) < len(sheets):
        raise header_refusal("隐藏的工作表没有读取，需要的话请先取消隐藏。")
    raise header_refusal()


def _with_header(sheet: Any, header: SheetRow, visible: int) -> OpenSheet:
    remarks = []
    if visible > 1:
        remarks.append(f"文件有 {visible} 个工作表，只读取「{sheet.title}」。")
    # Read again from the start: a range that is merged downwards has its value in its first row.
    rows = (row for row in _sheet_rows(sheet) if row.number > header.number)
    return OpenSheet(sheet.title, header, rows, remarks)


def _load_sheets(file: BinaryIO) -> list[Any]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it leaves out; none of them holds values.
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = list(book.worksheets)
    except Exception:  # a foreign parser on a foreign file: anything may be wrong in it
        raise Invalid("表格文件已损坏，打不开。", SAVE_AS) from None
    if not sheets:
        raise Invalid("文件里没有能读的工作表。", SAVE_AS)
    return sheets


# --- what is no workbook ---------------------------------------------------------------------------------------------


def _refuse_other_archives(file: BinaryIO) -> None:
    """Judge a zip file by its directory, before anything is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise Invalid("表格文件已损坏，打不开。", SAVE_AS) from None
    finally:
        file.seek(0)
    _refuse_bomb(parts)
    names = {part.filename for part in parts}
    if any(name.startswith("word/") for name in names):
        raise Invalid(
            "这是 Word 文档，不是表格文件。",
            "请把表格复制到 Excel 里，另存为 .xlsx 再导入。",
        )
    if "xl/workbook.bin" in names:
        raise Invalid("这是 .xlsb 文件，不能直接导入。", SAVE_AS)
    if "content.xml" in names and "mimetype" in names:
        raise Invalid("这是 .ods 文件，不能直接导入。", SAVE_AS)
    if "[Content_Types].xml" not in names:
        raise Invalid(
            "这是压缩包，不是表格文件。",
            "请先解压，再导入里面的 .xlsx、.csv 或 .tsv 文件。",
        )


def _refuse_bomb(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would unpack to absurd sizes.

    The declared sizes can be trusted as an upper limit: `zipfile` never gives out more than was declared.
    """
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    packs_too_well = unpacked > SMALL and unpacked > MAX_RATIO * packed
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or packs_too_well:
        message = f"文件解开后有 {unpacked / 2**20:.0f} MB，大得不正常，没有读取。"
        raise Invalid(message, "请把需要的行复制到新的工作簿里再导入。")


# --- rows ------------------------------------------------------------------------------------------------------------


def _sheet_rows(sheet: Any) -> Generator[SheetRow, None, None]:
    """The rows of a sheet that hold anything, with the cells merged downwards filled."""
    merged = _MergedCells(sheet)
    sheet.reset_dimensions()  # the declared extent may be wrong, or absurd
    rows = sheet.iter_rows(values_only=True)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except (
            Exception
        ):  # openpyxl and its XML parser fail in many ways on damaged rows
            message = f"工作表「{sheet.title}」第 {number + 1} 行以后已损坏，读不出来。"
            raise Invalid(message, SAVE_AS) from None
        if row is None:
            return
        number += 1
        if number > LAST_ROW:
            raise Invalid(f"工作表「{sheet.title}」的行号超出了表格的上限。", SAVE_AS)
        cells = tuple(_unescape_cell(cell) for cell in row)
        if any(is_filled(cell) for cell in cells):
            yield SheetRow(number, merged.fill_row(number, cells))


def _unescape_cell(cell: Any) -> Any:
    """A text without the _x000D_ that workbooks write for control characters."""
    if isinstance(cell, str):
        return unescape(cell)
    return cell


class _MergedCells:
    """The merged ranges of a sheet that reach over several rows; only the first of them holds the value.

    They are read from the sheet's XML by pattern: there they come after the rows, where a reader of a stream cannot
    wait for them.

    Args:
        sheet: a sheet of openpyxl in read-only mode.
    """

    def __init__(self, sheet: Any) -> None:
        # Column index → (first row, last row) of its ranges, by first row.
        self.spans: dict[int, list[tuple[int, int]]] = {}
        self.values: dict[tuple[int, int], Any] = {}
        self._read_spans(sheet)

    def fill_row(self, number: int, cells: tuple[Any, ...]) -> tuple[Any, ...]:
        """The cells of a row, those filled that a range from above reaches.

        Args:
            number: number of the row; rows come in order.
            cells: its cells.
        """
        if not self.spans:
            return cells
        filled = list(cells)
        for column, spans in self.spans.items():
            span = _span_at(spans, number)
            if span is None:
                continue
            filled.extend([None] * (column + 1 - len(filled)))
            top = span[0]
            if number == top:
                self.values[column, top] = filled[column]
            elif not is_filled(filled[column]):
                filled[column] = self.values.get((column, top))
        # A row that only became longer is given as it was.
        while len(filled) > len(cells) and filled[-1] is None:
            filled.pop()
        return tuple(filled)

    def _read_spans(self, sheet: Any) -> None:
        tail = b""
        # Private, but the only way to the XML without unpacking the sheet a second time by hand.
        with sheet._get_source() as source:
            while block := source.read(BLOCK):
                text = tail + block
                for match in MERGED.finditer(text):
                    column, top, _, bottom = range_boundaries(match[1].decode())
                    if top < bottom:
                        self.spans.setdefault(column - 1, []).append((top, bottom))
                tail = text[-OVERLAP:]
        for column, spans in self.spans.items():
            self.spans[column] = sorted(set(spans))


def _span_at(spans: Sequence[tuple[int, int]], number: int) -> tuple[int, int] | None:
    """The range of a column that covers a row, or None."""
    place = bisect_right(spans, (number, LAST_ROW)) - 1
    if place < 0 or spans[place][1] < number:
        return None
    return spans[place]
