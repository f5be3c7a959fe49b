"""Workbooks (.xlsx): refused where they are bombs or no workbooks, and read row by row with merged cells filled.

What is written to workbooks is in `exporting.py`; cells are not understood here.
"""

from __future__ import annotations

import warnings
import zipfile
from bisect import bisect_right
from collections.abc import Generator, Mapping, Sequence
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.styles.numbers import (
    BUILTIN_FORMATS,
    BUILTIN_FORMATS_MAX_SIZE,
    is_date_format,
)
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.escape import unescape

from marketplace.errors import Invalid
from marketplace.exchange.annotations import describe_annotations, read_annotations
from marketplace.exchange.markings import MAX_COLUMNS, Markings, read_markings
from marketplace.exchange.package import SheetData, tidy_name, tidy_package
from marketplace.exchange.rows import (
    SAVE_AS,
    HeaderReader,
    OpenSheet,
    SheetRow,
    blank_refusal,
    find_header,
    header_refusal,
    is_filled,
)
from marketplace.parsing.number_formats import FormattedNumber, says_more
from marketplace.parsing.text import UnreadableCell

MAX_UNPACKED = (
    300 * 2**20
)  # bytes of all parts; a full list of 50,000 rows is below 200
MAX_RATIO = 100  # a real sheet packs 5–30 to one; only looked at above SMALL
SMALL = 10 * 2**20
MAX_PARTS = 5_000
COPY_ROWS = "请把需要的行复制到新的工作簿里，再选一次文件。"
HIDDEN_UNREAD = "隐藏的工作表没有读取，需要的话请先取消隐藏。"
LAST_ROW = 2**20  # of any spreadsheet program


def open_workbook(file: BinaryIO, headers: HeaderReader) -> OpenSheet:
    """Open the first visible sheet of a workbook that has a header row.

    Args:
        file: the file; it stays open.
        headers: what knows headers.

    Raises:
        Invalid: it is no workbook, or has no such sheet.
    """
    # Before openpyxl sees it: it unpacks whatever it is given.
    _refuse_other_archives(file)
    sheets, remarks = _load_sheets(file)
    # Hidden sheets are not read behind the reader's back (010).
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    hidden = [sheet for sheet in sheets if sheet.sheet_state != "visible"]
    all_blank = True
    seen: list[str] = []
    for sheet in visible:
        header = find_header(_sheet_rows(sheet), headers)
        all_blank = all_blank and header.is_blank
        if header.row is not None:
            opened = _with_header(sheet, header.row, header.above, len(visible))
            opened.remarks += remarks
            opened.remarks += _describe_hidden_lists(hidden, headers)
            # openpyxl may have read a package put in order, which has no comments any more.
            over = read_annotations(file, sheet._worksheet_path)
            opened.remarks += describe_annotations(over)
            return opened
        seen = seen or header.seen
    unread = HIDDEN_UNREAD if hidden else ""
    if visible and all_blank:
        raise blank_refusal(unread)
    raise header_refusal(unread, seen)


def _describe_hidden_lists(hidden: Sequence[Any], headers: HeaderReader) -> list[str]:
    """What is said of hidden sheets that hold a list; one with the words of drop-downs is nobody's loss."""
    found = [one for one in hidden if find_header(_sheet_rows(one), headers).row]
    lists = [f"「{sheet.title}」" for sheet in found]
    return [f"{'、'.join(lists)}：{HIDDEN_UNREAD}"] if lists else []


def _with_header(
    sheet: Any, row: SheetRow, above: Sequence[SheetRow], visible: int
) -> OpenSheet:
    remarks = []
    if visible > 1:
        remarks.append(f"文件有 {visible} 个工作表，只读取「{sheet.title}」。")
    # openpyxl counts cells with the format of days from there; in columns of days bare numbers follow (`placed_in`).
    is_from_1904 = sheet.parent.epoch == CALENDAR_MAC_1904
    if is_from_1904:
        remarks.append(
            "工作簿用的是 1904 日期系统，日期已按它换算；写成文字的五位数没有换算，会差四年，请改成日期格式。"
        )
    markings = _markings_of(sheet)
    if markings.is_cut:
        remarks.append(
            f"工作表「{sheet.title}」的末尾已损坏，合并的单元格和隐藏的行列可能没有认出来，请核对。"
        )
    # Read again from the start: a range that is merged downwards has its value in its first row.
    rows = (one for one in _sheet_rows(sheet) if one.number > row.number)
    return OpenSheet(
        sheet.title,
        row,
        rows,
        remarks,
        above=above,
        hidden_rows=frozenset(markings.hidden_rows),
        struck_rows=frozenset(markings.struck_rows),
        hidden_columns=frozenset(number - 1 for number in markings.hidden_columns),
        is_filtered=markings.is_filtered,
        is_from_1904=is_from_1904,
    )


def _load_sheets(file: BinaryIO) -> tuple[list[Any], list[str]]:
    """The sheets of a workbook, and what should be said of those that are not there."""
    # As it is first: putting a package in order copies all of it.
    sheets = _try_to_load(file)
    lost: list[str] = []
    if not sheets:
        # What Excel opens is not damaged: broken styles, other names of parts, the strict form.
        try:
            tidy = tidy_package(file)
            sheets = _try_to_load(tidy.file)
            lost = tidy.lost_sheets
        except Exception:  # a part that cannot be unpacked
            sheets = None
    if sheets is None:
        raise Invalid("表格文件已损坏，打不开。", SAVE_AS)
    if not sheets:
        raise Invalid("文件里没有能读的工作表。", SAVE_AS)
    remarks = [f"文件缺少工作表「{name}」的内容，没有读取。" for name in lost]
    return sheets, remarks


def _try_to_load(file: BinaryIO) -> list[Any] | None:
    """The sheets of a workbook; None where openpyxl cannot open it."""
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it leaves out; none of them holds values.
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            return list(book.worksheets)
    except Exception:  # a foreign parser on a foreign file: anything may be wrong in it
        return None


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
    names = {tidy_name(part.filename) for part in parts}
    if any(name.startswith("word/") for name in names):
        raise Invalid(
            "这是 Word 文档，不是表格文件。",
            "请把表格复制到 Excel 里，另存为 .xlsx 再导入。",
        )
    if "xl/workbook.bin" in names:
        raise Invalid("这是 .xlsb 文件，不能直接导入。", SAVE_AS)
    if "content.xml" in names and "mimetype" in names:
        raise Invalid("这是 .ods 文件，不能直接导入。", SAVE_AS)
    if "index/document.iwa" in names:
        raise Invalid("这是 Numbers 表格文件，不能直接导入。", SAVE_AS)
    if "[Content_Types].xml" not in names and "xl/workbook.xml" in names:
        raise Invalid("表格文件已损坏，缺少目录，打不开。", SAVE_AS)
    if any(name.startswith("ppt/") for name in names):
        raise Invalid(
            "这是演示文稿，不是表格文件。",
            "请把表格复制到 Excel 里，另存为 .xlsx 再导入。",
        )
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
    if len(parts) > MAX_PARTS:
        message = f"文件里有 {len(parts)} 个部分，多得不正常，没有读取。"
        raise Invalid(message, COPY_ROWS)
    if unpacked > MAX_UNPACKED or packs_too_well:
        message = f"文件解开后有 {unpacked / 2**20:.0f} MB，大得不正常，没有读取。"
        raise Invalid(message, COPY_ROWS)


# --- rows ------------------------------------------------------------------------------------------------------------


def _sheet_rows(sheet: Any) -> Generator[SheetRow, None, None]:
    """The rows of a sheet that hold anything, with the cells merged downwards filled."""
    markings = _markings_of(sheet)
    merged = _MergedCells(markings)
    by_row = _marks_by_row(markings)
    sheet.reset_dimensions()  # the declared extent may be wrong, or absurd
    if not hasattr(sheet, "market_source"):
        sheet.market_source = sheet._get_source
        # A damaged filter or print setting must not cost the rows.
        sheet._get_source = lambda: SheetData(sheet.market_source())
    formats = _telling_formats(sheet)
    rows = sheet.iter_rows(
        values_only=not formats, max_col=_columns_to_read(sheet.title, markings)
    )
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
        if formats:
            row = tuple(_displayed_cell(cell, formats) for cell in row)
        cells = tuple(_unescape_cell(cell) for cell in row)
        if number in by_row:
            cells = _marked_cells(cells, by_row[number])
        if any(is_filled(cell) for cell in cells):
            yield SheetRow(number, merged.fill_row(number, cells))


def _columns_to_read(title: str, markings: Markings) -> int | None:
    """The last column to be read; None where no row reaches absurdly far.

    A format for whole rows may leave an empty cell in column XFD of each: a thousand such rows took 11 s, one 1 ms.

    Raises:
        Invalid: there are values so far to the right.
    """
    if markings.width <= MAX_COLUMNS:
        return None
    if markings.filled_width > MAX_COLUMNS:
        message = (
            f"工作表「{title}」有 {markings.filled_width} 列，多得不正常，没有读取。"
        )
        raise Invalid(message, COPY_ROWS)
    return max(markings.filled_width, 1)


def _markings_of(sheet: Any) -> Markings:
    """The markings of a sheet, read once: it is gone through for its header and for its rows."""
    markings = getattr(sheet, "market_markings", None)
    if markings is not None:
        return markings  # type: ignore[no-any-return]
    try:
        # Private, but the only way to the XML without unpacking the sheet a second time by hand.
        source_of = getattr(sheet, "market_source", sheet._get_source)
        with source_of() as source:
            markings = read_markings(source, _struck_styles(sheet.parent))
    except Exception:  # a part that cannot be unpacked: said where the rows are read
        markings = Markings(is_cut=True)
    sheet.market_markings = markings
    return markings


def _struck_styles(book: Any) -> frozenset[str]:
    """The numbers of the styles whose letters are struck out; most workbooks have none."""
    fonts = {number for number, font in enumerate(book._fonts) if font.strike}
    return frozenset(
        str(style)
        for style, array in enumerate(book._cell_styles)
        if array.fontId in fonts
    )


def _telling_formats(sheet: Any) -> dict[int, str]:
    """Style → its number format, of the styles that show more than digits; most workbooks have none."""
    formats = {}
    book = sheet.parent
    for style, array in enumerate(book._cell_styles):
        number_format = _format_of_style(book, array.numFmtId)
        if says_more(number_format) and not is_date_format(number_format):
            formats[style] = number_format
    return formats


def _format_of_style(book: Any, number: int) -> str:
    custom = number - BUILTIN_FORMATS_MAX_SIZE
    if 0 <= custom < len(book._number_formats):
        return str(book._number_formats[custom])
    return str(BUILTIN_FORMATS.get(number, "General"))


def _displayed_cell(cell: Any, formats: Mapping[int, str]) -> Any:
    """The value of a cell; a number whose format shows more than digits comes with it."""
    value = cell.value
    style = getattr(cell, "_style_id", 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and style in formats:
        return FormattedNumber(value, formats[style])
    return value


def _unescape_cell(cell: Any) -> Any:
    """A text without the _x000D_ that workbooks write for control characters."""
    if isinstance(cell, str):
        return unescape(cell)
    return cell


def _marks_by_row(markings: Markings) -> dict[int, dict[int, UnreadableCell]]:
    marks: dict[int, dict[int, UnreadableCell]] = {}
    for (row, column), mark in markings.cells.items():
        marks.setdefault(row, {})[column - 1] = mark
    return marks


def _marked_cells(
    cells: tuple[Any, ...], marks: Mapping[int, UnreadableCell]
) -> tuple[Any, ...]:
    filled = list(cells)
    filled.extend([None] * (max(marks) + 1 - len(filled)))
    for index, mark in marks.items():
        filled[index] = mark
    return tuple(filled)


class _MergedCells:
    """The merged ranges of a sheet that reach over several rows; only the first of them holds the value.

    Args:
        markings: those of the sheet.
    """

    def __init__(self, markings: Markings) -> None:
        # Column index → (first row, last row) of its ranges, by first row.
        self.spans: dict[int, list[tuple[int, int]]] = {}
        self.values: dict[tuple[int, int], Any] = {}
        for left, top, _, bottom in markings.merged:
            if top < bottom:
                self.spans.setdefault(left - 1, []).append((top, bottom))
        for column, spans in self.spans.items():
            self.spans[column] = sorted(set(spans))

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


def _span_at(spans: Sequence[tuple[int, int]], number: int) -> tuple[int, int] | None:
    """The range of a column that covers a row, or None."""
    place = bisect_right(spans, (number, LAST_ROW)) - 1
    if place < 0 or spans[place][1] < number:
        return None
    return spans[place]
