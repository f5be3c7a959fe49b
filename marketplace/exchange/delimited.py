"""Text files with delimiters (.csv, .tsv): their encoding, their delimiter, their rows.

Which file is one is decided in `sheets.py`; cells are not understood here.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from marketplace.errors import Invalid
from marketplace.exchange.rows import (
    SAVE_AS,
    FoundHeader,
    HeaderReader,
    OpenSheet,
    SheetRow,
    blank_refusal,
    find_header,
    header_refusal,
    is_filled,
)

# The longest first: the mark of UTF-32 begins with that of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    b"\x84\x31\x95\x33": "gb18030",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
MARK = "\ufeff"
# Without a mark: UTF-8 refuses nearly every text of another encoding, GB18030 takes nearly every one, so it comes late.
GUESSED_ENCODINGS = ("utf-8", "gb18030", "big5hkscs")
# Characters of a text by which UTF-16 without a mark is known: separators and line ends are ASCII in every list.
_ASCII_SIGNS = b",;\t\r\n|"
SAMPLE = 2**16  # bytes looked at for it
DELIMITERS = (",", ";", "\t", "|")
_QUOTED_CELL = re.compile(r'(?:(?<=\t)|^)"(?:[^"]|"")*"(?=[\t\r\n]|\Z)', re.MULTILINE)
_OPENING_QUOTE = re.compile(r'(?:(?<=\t)|^)"', re.MULTILINE)
# How a page or an XML file begins that was given the name of a list.
MARKUP = ("<!doctype html", "<html", "<table", "<?xml")
BLOCK = 2**20  # bytes read at a time


def open_text(file: BinaryIO, headers: HeaderReader, *, tabs_only: bool) -> OpenSheet:
    """Open a text file whose header row makes most known columns by one of the delimiters.

    Args:
        file: the file; it stays open.
        headers: what knows headers.
        tabs_only: a .tsv file: its delimiter is known; some programs quote cells in it, some write quotes as they are.

    Raises:
        Invalid: it is no list.
    """
    encoding = _find_encoding(file)
    with _as_text(file, encoding) as text:
        start = text.read(2000).lstrip().lower()
    if start.startswith(MARKUP):
        raise Invalid("这是网页或 XML 格式的文件，只是改了后缀名。", SAVE_AS)
    best: tuple[str, bool, FoundHeader] | None = None
    most = 0
    seen: list[str] = []
    for delimiter in ("\t",) if tabs_only else DELIMITERS:
        # LibreOffice quotes cells of several lines in a .tsv file; others write every quote as it is.
        quoted = not tabs_only or _quotes_pair(file, encoding)
        rows = _text_rows(file, encoding, delimiter, quoted=quoted)
        header = find_header(rows, headers)
        if header.is_blank:
            raise blank_refusal()
        if len(header.seen) > len(seen):
            seen = header.seen
        if header.row is None:
            continue
        known = headers.count_known(header.row.cells)
        if known > most:
            best = (delimiter, quoted, header)
            most = known
    if best is None or best[2].row is None:
        raise header_refusal("", seen)
    delimiter, quoted, header = best
    row = best[2].row
    rows = _text_rows(file, encoding, delimiter, quoted=quoted)
    below = (one for one in rows if one.number > row.number)
    return OpenSheet("", row, below, above=header.above)


def _quotes_pair(file: BinaryIO, encoding: str) -> bool:
    """Whether the quotes of a .tsv file stand around cells: each opens one and is closed before a tab or a line end."""
    with _as_text(file, encoding) as text:
        content = text.read()
    if '"' not in content:
        return True
    cells = _QUOTED_CELL.sub("", content)
    # A cell that begins with a quote and is none of these is text with a quote in it.
    return _OPENING_QUOTE.search(cells) is None


@contextmanager
def _as_text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start, without byte order marks; the file itself stays open afterwards."""
    file.seek(_length_of_marks(file, encoding))
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _length_of_marks(file: BinaryIO, encoding: str) -> int:
    """Bytes of the marks at the start; a program that adds one to a file that has one leaves two."""
    # Encodings without a mark are never written with one.
    mark = MARK.encode(encoding, "ignore")
    file.seek(0)
    start = file.read(len(mark) * 4)
    length = 0
    while mark and start[length:].startswith(mark):
        length += len(mark)
    return length


def _find_encoding(file: BinaryIO) -> str:
    """The encoding by byte order mark, else what the whole file decodes as."""
    start = file.read(SAMPLE)
    candidates: tuple[str, ...] = GUESSED_ENCODINGS
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            candidates = (encoding,)
            break
    else:
        if wide := _wide_encoding(start):
            candidates = (wide,)
    for encoding in candidates:
        if _decodes_as(file, encoding):
            return encoding
    raise Invalid(
        "文件的文字编码认不出来。", "请在 Excel 里另存为「CSV UTF-8」或 .xlsx 再导入。"
    )


def _wide_encoding(start: bytes) -> str:
    """UTF-16 without a mark: separators and line ends all have their NUL on one side. Empty for other files."""
    places = [place for place, byte in enumerate(start) if byte in _ASCII_SIGNS]
    little = sum(1 for place in places if start[place + 1 : place + 2] == b"\0")
    big = sum(1 for place in places if place and start[place - 1 : place] == b"\0")
    if little >= 2 and little > big * 4:
        return "utf-16-le"
    if big >= 2 and big > little * 4:
        return "utf-16-be"
    return ""


def _decodes_as(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file is text of an encoding.

    Raises:
        Invalid: it decodes, but holds NUL characters, as no text does.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(_length_of_marks(file, encoding))
    try:
        while block := file.read(BLOCK):
            if "\x00" in decoder.decode(block):
                raise Invalid("这不是表格文件。", "请导入 .xlsx、.csv 或 .tsv 文件。")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _text_rows(
    file: BinaryIO, encoding: str, delimiter: str, *, quoted: bool
) -> Generator[SheetRow, None, None]:
    """The rows that hold anything; a quoted cell may hold line ends, so a row is not a line."""
    with _as_text(file, encoding) as text:
        rows = csv.reader(
            text,
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        )
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
            if any(is_filled(cell) for cell in row):
                yield SheetRow(number, tuple(row))
