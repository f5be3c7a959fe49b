"""Text files with delimiters (.csv, .tsv): their encoding, their delimiter, their rows.

Which file is one is decided in `sheets.py`; cells are not understood here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

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

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Without a mark: UTF-8 refuses nearly every text of another encoding, GB18030 takes nearly every one, so it comes last.
GUESSED_ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = (",", ";", "\t")
# How a page or an XML file begins that was given the name of a list.
MARKUP = ("<!doctype html", "<html", "<table", "<?xml")
BLOCK = 2**20  # bytes read at a time


def open_text(
    file: BinaryIO, count_headers: CountHeaders, *, tabs_only: bool
) -> OpenSheet:
    """Open a text file whose header row makes most known columns by one of the delimiters.

    Args:
        file: the file; it stays open.
        count_headers: how many known headers a row has.
        tabs_only: a .tsv file: its delimiter is known, and quotes mean nothing in it.

    Raises:
        Invalid: it is no list.
    """
    encoding = _find_encoding(file)
    with _as_text(file, encoding) as text:
        start = text.read(2000).lstrip().lower()
    if start.startswith(MARKUP):
        raise Invalid("这是网页或 XML 格式的文件，只是改了后缀名。", SAVE_AS)
    best: tuple[str, SheetRow] | None = None
    most = 0
    for delimiter in ("\t",) if tabs_only else DELIMITERS:
        rows = _text_rows(file, encoding, delimiter, quoted=not tabs_only)
        header, is_blank = find_header(rows, count_headers)
        if is_blank:
            raise blank_refusal()
        if header is None:
            continue
        known = count_headers(header.cells)
        if known > most:
            best = (delimiter, header)
            most = known
    if best is None:
        raise header_refusal()
    delimiter, header = best
    rows = _text_rows(file, encoding, delimiter, quoted=not tabs_only)
    return OpenSheet("", header, (row for row in rows if row.number > header.number))


@contextmanager
def _as_text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start; the file itself stays open afterwards."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _find_encoding(file: BinaryIO) -> str:
    """UTF-8 or UTF-16 by byte order mark, else what the whole file decodes as."""
    start = file.read(4)
    candidates: tuple[str, ...] = GUESSED_ENCODINGS
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            candidates = (encoding,)
    for encoding in candidates:
        if _decodes_as(file, encoding):
            return encoding
    raise Invalid(
        "文件的文字编码认不出来。", "请在 Excel 里另存为「CSV UTF-8」或 .xlsx 再导入。"
    )


def _decodes_as(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file is text of an encoding.

    Raises:
        Invalid: it decodes, but holds NUL characters, as no text does.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
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
