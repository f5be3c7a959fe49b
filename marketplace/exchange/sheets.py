"""From a file to rows of cells: .xlsx, .csv and .tsv, with every file we cannot read told in one clear sentence.

What a cell means is in `marketplace.parsing`, which column it belongs to in `columns.py`.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import warnings
import zipfile
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import olefile
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.escape import unescape

from marketplace.errors import Invalid

MAX_BYTES = 50 * 2**20
MAX_UNPACKED = (
    300 * 2**20
)  # what the parts of a workbook may grow to: a full list of 50,000 rows stays below 200 MB
MAX_RATIO = 100  # a real sheet packs 5–30 to one; only looked at above SMALL
SMALL = 10 * 2**20
MAX_PARTS = 5_000
HEADER_ROWS = 5  # the header row stands within the first rows of a sheet
LAST_ROW = 2**20  # of any spreadsheet program

ZIP, OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_KINDS = {
    b"%PDF": " PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
DELIMITERS = (",", ";", "\t")
SAVE_AS = "请在 Excel 或 WPS 里打开，另存为「Excel 工作簿（.xlsx）」再导入。"

Recognise = Callable[[Sequence[Any]], int]


@dataclass(frozen=True)
class Line:
    """One row of a sheet: its number as the spreadsheet program shows it, and its cells from column A on."""

    number: int
    cells: tuple[Any, ...]


@dataclass
class Table:
    """A sheet whose header row was found.

    Attributes:
        sheet: name of the sheet; empty for text files.
        header: the header row.
        lines: the rows below it that hold anything, read while they are asked for.
        remarks: what the reader of the list should know, in Chinese.
    """

    sheet: str
    header: Line
    lines: Iterator[Line]
    remarks: list[str] = field(default_factory=list)


def letter(index: int) -> str:
    """The column letter of a cell index: 0 → A, 27 → AB."""
    return get_column_letter(index + 1)


@contextmanager
def opened(
    source: str | os.PathLike[str] | BinaryIO,
    recognise: Recognise,
    *,
    name: str = "",
    max_bytes: int = MAX_BYTES,
) -> Iterator[Table]:
    """Open a list and find its header row.

    Args:
        source: path, or a seekable binary file.
        recognise: how many cells of a row are known column names; 0 where the row cannot be a header.
        name: file name, where `source` does not tell it; only `.tsv` is looked at (no quoting there).
        max_bytes: largest size read.

    Yields:
        the table; its lines can be read as long as the context lasts.

    Raises:
        Invalid: with one sentence on why the file cannot be read. `problems` has the key `header` where everything
            is well but for a header row.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            file: BinaryIO = path.open("rb")
        except OSError:
            raise Invalid(
                f"打不开文件「{path.name}」。", "请检查路径和读取权限。"
            ) from None
        with file:
            yield _table(file, recognise, name or path.name, max_bytes)
    else:
        yield _table(
            source, recognise, name or str(getattr(source, "name", "")), max_bytes
        )


def _table(file: BinaryIO, recognise: Recognise, name: str, max_bytes: int) -> Table:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if not size:
        raise Invalid("文件是空的。", "请确认保存过内容，再选一次文件。")
    if size > max_bytes:
        message = (
            f"文件有 {size / 2**20:.0f} MB，最大可以导入 {max_bytes / 2**20:.0f} MB。"
        )
        raise Invalid(message, "请去掉表里的图片，或分成几份导入。")
    if start.startswith(OLE2):
        raise _ole2(file)
    if start.startswith(ZIP):
        return _workbook(file, recognise)
    if start.startswith(b"PK\x05\x06"):
        raise Invalid("这是一个空的压缩包，不是表格文件。", SAVE_AS)
    for magic, kind in OTHER_KINDS.items():
        if start.startswith(magic):
            raise Invalid(
                f"这是{kind}，不是表格文件。", "请导入 .xlsx、.csv 或 .tsv 文件。"
            )
    return _text(file, recognise, tabs=name.lower().endswith(".tsv"))


def _ole2(file: BinaryIO) -> Invalid:
    """Which of the files in the old container this is: an encrypted workbook, an .xls, or neither."""
    try:
        with olefile.OleFileIO(file) as container:
            streams = {entry[0].lower() for entry in container.listdir()}
    except Exception:  # a damaged container fails in many ways
        return Invalid(
            "这是旧版 .xls 文件，或者设了打开密码，或者已损坏，读不出来。", SAVE_AS
        )
    if "encryptedpackage" in streams:
        return Invalid(
            "文件设了打开密码，读不出来。",
            "请在 Excel 里取消密码（文件 → 信息 → 保护工作簿）后再导入。",
        )
    if streams & {"workbook", "book"}:
        return Invalid("这是旧版 .xls 文件，不能直接导入。", SAVE_AS)
    return Invalid(
        "这不是表格文件，或者文件已损坏。", "请导入 .xlsx、.csv 或 .tsv 文件。"
    )


def _blank() -> Invalid:
    return Invalid("表里没有内容。", "请确认填写的内容已经保存，再选一次文件。")


def _no_header(remark: str = "") -> Invalid:
    return Invalid(
        f"前 {HEADER_ROWS} 行里没有找到表头。{remark}",
        problems={"header": ["没有表头"]},
    )


# --- workbooks -------------------------------------------------------------------------------------------------------


def _workbook(file: BinaryIO, recognise: Recognise) -> Table:
    _refuse_bomb(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # openpyxl warns of styles and extensions it leaves out; none hold values
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = list(book.worksheets)
    except Exception:  # a foreign parser on a foreign file: anything may be wrong in it
        raise Invalid("表格文件已损坏，打不开。", SAVE_AS) from None
    if not sheets:
        raise Invalid("文件里没有能读的工作表。", SAVE_AS)
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    blank = True
    for sheet in shown:
        header, sheet_blank = _header(_sheet_lines(sheet), recognise)
        blank = blank and sheet_blank
        if header is not None:
            remarks = (
                [f"文件有 {len(shown)} 个工作表，只读取「{sheet.title}」。"]
                if len(shown) > 1
                else []
            )
            lines = (
                line for line in _sheet_lines(sheet) if line.number > header.number
            )
            return Table(sheet.title, header, lines, remarks)
    if shown and blank:
        raise _blank()
    raise _no_header(
        ""
        if len(shown) == len(sheets)
        else "隐藏的工作表没有读取，需要的话请先取消隐藏。"
    )


def _refuse_bomb(file: BinaryIO) -> None:
    """Judge a zip file by its directory, before anything is unpacked.

    The declared sizes can be trusted as an upper limit: `zipfile` never gives out more than was declared.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise Invalid("表格文件已损坏，打不开。", SAVE_AS) from None
    finally:
        file.seek(0)
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED
        or (unpacked > SMALL and unpacked > MAX_RATIO * packed)
    ):
        message = f"文件解开后有 {unpacked / 2**20:.0f} MB，大得不正常，没有读取。"
        raise Invalid(message, "请把需要的行复制到新的工作簿里再导入。")
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


def _sheet_lines(sheet: Any) -> Generator[Line, None, None]:
    """The rows of a sheet that hold anything, with the cells merged downwards filled."""
    merged = _Merged(sheet)
    sheet.reset_dimensions()  # the declared extent may be wrong, or absurd
    rows = sheet.iter_rows(values_only=True)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except Exception:
            message = f"工作表「{sheet.title}」第 {number + 1} 行以后已损坏，读不出来。"
            raise Invalid(message, SAVE_AS) from None
        if row is None:
            return
        number += 1
        if number > LAST_ROW:
            raise Invalid(f"工作表「{sheet.title}」的行号超出了表格的上限。", SAVE_AS)
        cells = tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row)
        if any(_holds(cell) for cell in cells):
            yield Line(number, merged.fill(number, cells))


class _Merged:
    """The merged ranges of a sheet that reach over several rows; their value stands in the first of them only.

    Read from the sheet's XML by pattern: they follow after the rows, where a reader of a stream cannot wait for them.
    """

    PATTERN = re.compile(
        rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Za-z]{1,3}\d{1,7}:[A-Za-z]{1,3}\d{1,7})"'
    )
    CHUNK = 2**20
    OVERLAP = 256  # longer than any such element

    def __init__(self, sheet: Any) -> None:
        self.spans: dict[
            int, list[tuple[int, int]]
        ] = {}  # column index → (first row, last row), by first row
        tail = b""
        with sheet._get_source() as source:
            while chunk := source.read(self.CHUNK):
                text = tail + chunk
                for match in self.PATTERN.finditer(text):
                    column, top, _, bottom = range_boundaries(match[1].decode())
                    if top < bottom:
                        self.spans.setdefault(column - 1, []).append((top, bottom))
                tail = text[-self.OVERLAP :]
        for column, spans in self.spans.items():
            self.spans[column] = sorted(set(spans))
        self.values: dict[tuple[int, int], Any] = {}

    def fill(self, number: int, cells: tuple[Any, ...]) -> tuple[Any, ...]:
        """The cells of a row with what the rows above it give."""
        filled = None
        for column, spans in self.spans.items():
            place = bisect_right(spans, (number, LAST_ROW)) - 1
            if place < 0 or spans[place][1] < number:
                continue
            top = spans[place][0]
            if number == top:
                self.values[column, top] = (
                    cells[column] if column < len(cells) else None
                )
            elif (value := self.values.get((column, top))) is not None:
                filled = list(cells) if filled is None else filled
                filled.extend([None] * (column + 1 - len(filled)))
                if not _holds(filled[column]):
                    filled[column] = value
        return cells if filled is None else tuple(filled)


# --- text files ------------------------------------------------------------------------------------------------------


def _text(file: BinaryIO, recognise: Recognise, *, tabs: bool) -> Table:
    encoding = _encoding(file)
    with _unclosed(file, encoding) as text:
        start = text.read(2000).lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<table", "<?xml")):
        raise Invalid("这是网页或 XML 格式的文件，只是改了后缀名。", SAVE_AS)
    found: list[tuple[int, str, Line]] = []
    for delimiter in ("\t",) if tabs else DELIMITERS:
        header, blank = _header(
            _text_lines(file, encoding, delimiter, quoted=not tabs), recognise
        )
        if blank:
            raise _blank()
        if header is not None:
            found.append((recognise(header.cells), delimiter, header))
    if not found:
        raise _no_header()
    _, delimiter, header = max(found, key=lambda one: one[0])
    lines = _text_lines(file, encoding, delimiter, quoted=not tabs)
    return Table("", header, (line for line in lines if line.number > header.number))


@contextmanager
def _unclosed(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start; the file itself stays open afterwards."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    """UTF-8 or UTF-16 by byte order mark, else UTF-8, else GB18030: what the whole file decodes as."""
    start = file.read(4)
    known = next(
        (name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)),
        None,
    )
    for encoding in (known,) if known else ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while chunk := file.read(2**20):
                if "\x00" in decoder.decode(chunk):
                    raise Invalid(
                        "这不是表格文件。", "请导入 .xlsx、.csv 或 .tsv 文件。"
                    )
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid(
        "文件的文字编码认不出来。", "请在 Excel 里另存为「CSV UTF-8」或 .xlsx 再导入。"
    )


def _text_lines(
    file: BinaryIO, encoding: str, delimiter: str, *, quoted: bool
) -> Generator[Line, None, None]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    with _unclosed(file, encoding) as text:
        rows = csv.reader(text, delimiter=delimiter, quoting=quoting)
        number = 0
        while True:
            try:
                row = next(rows, None)
            except csv.Error:
                message = f"第 {number + 1} 行读不下去：可能有引号没有成对，或者一格里超过 13 万字。"
                raise Invalid(message, SAVE_AS) from None
            if row is None:
                return
            number += 1
            if any(_holds(cell) for cell in row):
                yield Line(number, tuple(row))


# --- both ------------------------------------------------------------------------------------------------------------


def _holds(cell: Any) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _header(
    lines: Generator[Line, None, None], recognise: Recognise
) -> tuple[Line | None, bool]:
    """The row with most known column names among the first, and whether there is no row at all.

    Of equal rows the last: a two-row header is merged downwards, and its lower half is the finer one.
    """
    best, most, blank = None, 0, True
    with closing(lines):
        for line in lines:
            blank = False
            if line.number > HEADER_ROWS:
                break
            known = recognise(line.cells)
            if known and known >= most:
                best, most = line, known
    return best, blank
