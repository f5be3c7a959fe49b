"""Text files with delimiters (.csv, .tsv): their encoding, their delimiter, their rows.

Which file is one is decided in `sheets.py`; cells are not understood here.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from matching.folding import normalise

# The longest first: the mark of UTF-32 begins with that of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    b"\x84\x31\x95\x33": "gb18030",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Without a mark: UTF-8 refuses nearly every text of another encoding, GB18030 takes nearly every one.
DOUBLE_BYTE = ("gb18030", "big5hkscs")
GUESSED_ENCODINGS = ("utf-8", *DOUBLE_BYTE)
# The share of common characters below which a text is one of another encoding; prose of any kind has more than 0.8.
MIN_COMMON_SHARE = 0.6
FEW = 4  # characters beyond ASCII from which the share says anything
# Broken bytes up to which a file is damaged, and not in another encoding: some, and so many of its characters.
BROKEN_ALLOWANCE = 4
BROKEN_SHARE = 0.005
# Characters of a text by which UTF-16 without a mark is known: separators and line ends are ASCII in every list.
_ASCII_SIGNS = b",;\t\r\n|"
SAMPLE = 2**16  # bytes looked at for it
DELIMITERS = (",", ";", "\t", "|")
# Possessive: given back, a part of a cell would be none, and what may be given back of a text of 5 MB took 800 MB.
_QUOTED_CELL = re.compile(
    r'(?:(?<=\t)|^)"(?:[^"]++|"")*+"(?=[\t\r\n]|\Z)', re.MULTILINE
)
_OPENING_QUOTE = re.compile(r'(?:(?<=\t)|^)"', re.MULTILINE)
# How a page or an XML file begins that was given the name of a list.
MARKUP = ("<!doctype html", "<html", "<table", "<?xml")
BLOCK = 2**20  # bytes read at a time


@dataclass(frozen=True)
class Encoding:
    """In which encoding a file is read, and from where.

    Attributes:
        name: name of the codec.
        start: bytes of byte order marks before the text.
    """

    name: str
    start: int


def open_text(file: BinaryIO, headers: HeaderReader, *, tabs_only: bool) -> OpenSheet:
    """Open a text file whose header row makes most known columns by one of the delimiters.

    Args:
        file: the file; it stays open.
        headers: what knows headers.
        tabs_only: a .tsv file: its delimiter is known; some programs quote cells in it, some write quotes as they are.

    Raises:
        Invalid: it is no list.
    """
    encodings = _find_encodings(file)
    refusal = None
    for encoding in encodings:
        try:
            return _open_encoded(file, headers, encoding, tabs_only=tabs_only)
        except Invalid as error:
            refusal = refusal or error
    # GB18030 makes other characters of nearly every broken text, and then only the header is missing.
    is_sure = any(one.name not in DOUBLE_BYTE for one in encodings)
    if not is_sure and (refusal is None or "header" in refusal.problems):
        refusal = _find_damage(file) or refusal
    raise refusal or _unknown_encoding()


def _open_encoded(
    file: BinaryIO, headers: HeaderReader, encoding: Encoding, *, tabs_only: bool
) -> OpenSheet:
    """Open a text file in an encoding that it may have. Raises Invalid: it is no list in it."""
    with _as_text(file, encoding) as text:
        start = text.read(2000).lstrip().lower()
    if start.startswith(MARKUP):
        raise Invalid("这是网页或 XML 格式的文件，只是改了后缀名。", SAVE_AS)
    delimiters: tuple[str, ...] = DELIMITERS
    if tabs_only:
        # Some programs write commas and call the file .tsv all the same.
        delimiters = ("\t", *DELIMITERS)
    best: tuple[str, bool, FoundHeader] | None = None
    most = 0
    seen: list[str] = []
    for delimiter in delimiters:
        # LibreOffice quotes cells of several lines in a .tsv file; others write every quote as it is.
        quoted = not (tabs_only and delimiter == "\t") or _quotes_pair(file, encoding)
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
        if tabs_only and delimiter == "\t":
            break
    if best is None or best[2].row is None:
        raise header_refusal("", seen)
    delimiter, quoted, header = best
    row = best[2].row
    rows = _text_rows(file, encoding, delimiter, quoted=quoted, is_checked=True)
    below = (one for one in rows if one.number > row.number)
    return OpenSheet("", row, below, above=header.above, is_text=True)


def _quotes_pair(file: BinaryIO, encoding: Encoding) -> bool:
    """Whether the quotes of a .tsv file stand around cells: each opens one and is closed before a tab or a line end."""
    with _as_text(file, encoding) as text:
        content = text.read()
    if '"' not in content:
        return True
    cells = _QUOTED_CELL.sub("", content)
    # A cell that begins with a quote and is none of these is text with a quote in it.
    return _OPENING_QUOTE.search(cells) is None


@contextmanager
def _as_text(file: BinaryIO, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start, without byte order marks; the file itself stays open afterwards."""
    file.seek(encoding.start)
    text = io.TextIOWrapper(file, encoding.name, newline="")
    try:
        yield text
    finally:
        # Closed where what read its rows has failed on the way.
        if not file.closed:
            text.detach()


def _marks_of(start: bytes) -> tuple[int, str]:
    """How many bytes of byte order marks a file begins with, and the encoding of the last one.

    A program that adds a mark to a file that has one leaves two, and one that knows UTF-8 alone puts its own before
    any text.
    """
    length = 0
    name = ""
    while True:
        for mark, encoding in BYTE_ORDER_MARKS.items():
            is_wide = encoding.startswith(("utf-16", "utf-32"))
            # FF FE in the middle of UTF-8 is no mark.
            if start[length:].startswith(mark) and not (
                is_wide and name not in ("", encoding)
            ):
                length += len(mark)
                name = encoding
                break
        else:
            return length, name


def _find_encodings(file: BinaryIO) -> list[Encoding]:
    """The encodings in which the whole file is text, the likeliest first."""
    file.seek(0)
    start = file.read(SAMPLE)
    length, marked = _marks_of(start)
    first = marked or _wide_encoding(start)
    if first.startswith(("utf-16", "utf-32")):
        candidates: tuple[str, ...] = (first,)
    else:
        # A mark may be wrong: a text of GB18030 behind that of UTF-8.
        candidates = tuple(dict.fromkeys((first or "utf-8", *GUESSED_ENCODINGS)))
    encodings = []
    for name in candidates:
        encoding = Encoding(name, length)
        if not _decodes_as(file, encoding):
            continue
        # What is text in UTF-8 is UTF-8: no other text happens to be.
        if name not in DOUBLE_BYTE:
            return [encoding]
        encodings.append((_share_of_common(start[length:], name), encoding))
    # GB18030 takes texts of Big5 for rare characters; sorting keeps the order of equals.
    likely = [one for one in encodings if one[0] >= MIN_COMMON_SHARE]
    return [encoding for _, encoding in sorted(likely, key=lambda one: -one[0])]


def _share_of_common(sample: bytes, name: str) -> float:
    """The share of common Chinese characters and signs among those beyond ASCII; 1 where there are hardly any."""
    text = sample.decode(name, "ignore")
    beyond = [character for character in text if character > "\x7f"]
    if len(beyond) < FEW:
        return 1.0
    return sum(map(_is_common, beyond)) / len(beyond)


def _is_common(character: str) -> bool:
    """Whether a character, simplified, is of the first level of GB 2312, or a sign of it."""
    try:
        code = normalise(character).encode("gb2312")
    except UnicodeEncodeError:
        return False
    # Level 1 ends with row 55 (D7); rows 1–3 hold signs and full-width letters.
    return len(code) < 2 or 0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3


def _find_damage(file: BinaryIO) -> Invalid | None:
    """What is said of a text with a few broken bytes: where the first one is; None where it is none.

    A broken character is never left out: it may be one of a name.
    """
    file.seek(0)
    length, _ = _marks_of(file.read(SAMPLE))
    for name in GUESSED_ENCODINGS:
        file.seek(length)
        text = file.read().decode(name, "replace")
        broken = text.count("\ufffd")
        share = _share_of_common(text[:SAMPLE].replace("\ufffd", "").encode(), "utf-8")
        most = BROKEN_ALLOWANCE + BROKEN_SHARE * len(text)
        if not 0 < broken <= most or share < MIN_COMMON_SHARE:
            continue
        place = text.index("\ufffd")
        line = text.count("\n", 0, place) + 1
        near = " ".join(text[max(0, place - 12) : place].split())
        return Invalid(
            f"第 {line} 行「{near}」后面有读不出来的字节，文件已损坏，没有读取。",
            "请在 Excel 或 WPS 里打开核对这一处，另存为「Excel 工作簿（.xlsx）」再导入。",
        )
    return None


def _unknown_encoding() -> Invalid:
    return Invalid(
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


def _decodes_as(file: BinaryIO, encoding: Encoding) -> bool:
    """Whether the whole file is text of an encoding.

    Raises:
        Invalid: it decodes, but holds NUL characters, as no text does.
    """
    decoder = codecs.getincrementaldecoder(encoding.name)()
    file.seek(encoding.start)
    padded = False
    try:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            bare = text.rstrip("\x00")
            # At the very end they only fill up the last block of an old program.
            if "\x00" in bare or (padded and bare):
                raise Invalid("这不是表格文件。", "请导入 .xlsx、.csv 或 .tsv 文件。")
            padded = padded or len(bare) < len(text)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_FILLERS = ("\x00", "\x1a")


class _Lines:
    """The lines of a text, which of them make the present row, and whether more were wanted than there are."""

    def __init__(self, text: Iterable[str]) -> None:
        self.lines = iter(text)
        self.are_over = False
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            # ^Z is how DOS ends a text, and NUL how some programs fill one up: no row of the list.
            if line[:1] in _FILLERS and not line.strip("\x00\x1a\r\n "):
                continue
            line = line.rstrip("\x00\x1a") if line[-1:] in _FILLERS else line
            self.of_row.append(line)
            return line
        self.are_over = True
        raise StopIteration


def _swallows_rows(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a quote that was never closed has made one row of several.

    It ends at the opening quote of a later cell, whose text goes on directly behind: "甲,… and some rows below "乙,….
    Cells with line ends close before a delimiter. With as many cells as any other such a row would pass for a listing.
    """
    if len(lines) < 2:
        return False
    # Some programs write blanks between a quote and the delimiter.
    padded = re.compile(rf'"[ \t]+(?=[{re.escape(delimiter)}\r\n]|$)')
    closed = [padded.sub('"', line) for line in lines]
    try:
        for _ in csv.reader(closed, delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return True
    return False


def _text_rows(
    file: BinaryIO,
    encoding: Encoding,
    delimiter: str,
    *,
    quoted: bool,
    is_checked: bool = False,
) -> Generator[SheetRow, None, None]:
    """The rows that hold anything; a quoted cell may hold line ends, so a row is not a line.

    Args:
        file, encoding, delimiter: the text; `quoted`: its quotes stand around cells.
        is_checked: also whether quotes close; of a delimiter that is only tried, nothing is to be refused.
    """
    with _as_text(file, encoding) as text:
        lines = _Lines(text)
        rows = csv.reader(
            lines,
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        )
        number = 0
        while True:
            lines.of_row.clear()
            try:
                row = next(rows, None)
            except csv.Error:
                message = f"第 {number + 1} 行读不下去：可能有引号没有成对，或者一格里超过 13 万字。"
                raise Invalid(message, SAVE_AS) from None
            if row is None:
                return
            number += 1
            # The last row ends with its line; one that went on looking for its quote has swallowed all that follow.
            if lines.are_over:
                message = f"第 {number} 行有引号没有成对，后面的行都读进了这一格。"
                raise Invalid(message, SAVE_AS)
            if is_checked and quoted and _swallows_rows(lines.of_row, delimiter):
                message = f"第 {number} 行有引号没有成对，后面的几行读进了这一格。"
                raise Invalid(message, SAVE_AS)
            if any(is_filled(cell) for cell in row):
                yield SheetRow(number, tuple(row))
