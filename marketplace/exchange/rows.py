"""Rows of a sheet, whatever file they come from, and which of them is the header.

Files are opened in `sheets.py`, `xlsx.py` and `delimited.py`; what a header means is in `headers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from marketplace.errors import Invalid

HEADER_ROWS = (
    5  # the header is one of the first rows; a title or a remark may come before it
)
SAVE_AS = "请在 Excel 或 WPS 里打开，另存为「Excel 工作簿（.xlsx）」再导入。"

# How many cells of a row are known headers; 0 where the row cannot be a header row.
CountHeaders = Callable[[Sequence[Any]], int]


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet: its number as the spreadsheet program counts, and its cells from column A on."""

    number: int
    cells: tuple[Any, ...]


@dataclass
class OpenSheet:
    """A sheet whose header row was found.

    Attributes:
        name: name of the sheet; empty for text files.
        header: the header row.
        rows: the rows below it that hold anything, read from the file one by one.
        remarks: what a reader of the list should know, in Chinese.
    """

    name: str
    header: SheetRow
    rows: Iterator[SheetRow]
    remarks: list[str] = field(default_factory=list)


def is_filled(cell: Any) -> bool:
    """Whether a cell holds anything but blanks."""
    if isinstance(cell, str):
        return bool(cell.strip())
    return cell is not None


def find_header(
    rows: Generator[SheetRow, None, None], count_headers: CountHeaders
) -> tuple[SheetRow | None, bool]:
    """The row with most known headers among the first ones, and whether there is no row at all.

    Of equal rows the last: a header of two rows is merged downwards, and its lower half is the finer one.
    """
    best: SheetRow | None = None
    most = 0
    is_blank = True
    # The rest of the file is not wanted: the rows are read again from the start.
    with closing(rows):
        for row in rows:
            is_blank = False
            if row.number > HEADER_ROWS:
                break
            known = count_headers(row.cells)
            if known and known >= most:
                best = row
                most = known
    return best, is_blank


def blank_refusal() -> Invalid:
    """What is said of a file without a filled cell."""
    return Invalid("表里没有内容。", "请确认填写的内容已经保存，再选一次文件。")


def header_refusal(remark: str = "") -> Invalid:
    """What is said where everything is well but for a header row; the key `header` of `problems` marks it."""
    return Invalid(
        f"前 {HEADER_ROWS} 行里没有找到表头。{remark}",
        problems={"header": ["没有表头"]},
    )
