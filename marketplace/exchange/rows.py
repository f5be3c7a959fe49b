"""Rows of a sheet, whatever file they come from, and which of them is the header.

Files are opened in `sheets.py`, `xlsx.py` and `delimited.py`; what a header means is in `headers.py`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

from marketplace.errors import Invalid

# The header is one of the first rows: a title, a letter's head and notes on how to fill in may come before it.
HEADER_ROWS = 20
LEVELS = 3  # rows that make one header at most
MAX_SEEN = 12  # headers that a refusal repeats
SEEN_LETTERS = 12  # characters of each
SAVE_AS = "请在 Excel 或 WPS 里打开，另存为「Excel 工作簿（.xlsx）」再导入。"


class HeaderReader(Protocol):
    """What knows which texts are headers."""

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it cannot be a header row."""

    def combine_rows(
        self, upper: Sequence[Any], lower: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """The header that two rows make together (a group over 姓名 and 电话); None where they make none."""


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
        above: the rows before the header; the unit of all sums may stand there.
        hidden_rows: numbers of the rows that nobody sees in the file.
        struck_rows: numbers of the rows that are struck out as a whole.
        hidden_columns: indices of the columns that nobody sees.
        is_filtered: the sheet has a filter.
        is_from_1904: its numbers of days count from 1904 and not from 1900.
        is_text: the rows come from a text file, whose cells are parted by a sign.
    """

    name: str
    header: SheetRow
    rows: Iterator[SheetRow]
    remarks: list[str] = field(default_factory=list)
    above: Sequence[SheetRow] = ()
    hidden_rows: frozenset[int] = frozenset()
    struck_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_filtered: bool = False
    is_from_1904: bool = False
    is_text: bool = False


@dataclass
class FoundHeader:
    """What was found among the first rows.

    Attributes:
        row: the header row, of two rows as one; None where there is none.
        above: the rows before it.
        is_blank: there is no row at all.
        seen: the texts that might have been headers, where none was found.
    """

    row: SheetRow | None = None
    above: Sequence[SheetRow] = ()
    is_blank: bool = False
    seen: list[str] = field(default_factory=list)


def is_filled(cell: Any) -> bool:
    """Whether a cell holds anything but blanks."""
    if isinstance(cell, str):
        return bool(cell.strip())
    return cell is not None


def find_header(
    rows: Generator[SheetRow, None, None], headers: HeaderReader
) -> FoundHeader:
    """Find the header among the first rows.

    It is the first row that names at least half as many columns as the best one: a sheet with a table for each county
    has several headers, and the rows below the first one are not to be lost. Of rows one below the other the last that
    names no fewer: a header of two rows is merged downwards, and its lower half is the finer one.

    Args:
        rows: the rows of a sheet from its start.
        headers: what knows headers.
    """
    first = []
    # The rest of the file is not wanted: the rows are read again from the start.
    with closing(rows):
        for row in rows:
            first.append(row)
            # Rows that hold something: above some tables are hundreds of empty ones. And one more, for a header of
            # two rows may end there.
            if len(first) > HEADER_ROWS:
                break
    if not first:
        return FoundHeader(is_blank=True)
    candidate = header_at(first, headers)
    if candidate is None:
        return FoundHeader(seen=_headers_seen(first))
    place, header = candidate
    return FoundHeader(header, first[:place])


def header_at(
    rows: Sequence[SheetRow], headers: HeaderReader
) -> tuple[int, SheetRow] | None:
    """The place of the first header row among rows, and the header; None where there is none."""
    counts = [_known_in(row, headers) for row in rows]
    levels = [joined_header(rows[place:], headers) for place in range(len(rows))]
    counted = [_known_in(header, headers) for header in levels]
    best = max([*counts, *counted])
    if not best:
        return None
    for place, count in enumerate(counts):
        header = levels[place]
        if header and counted[place] * 2 >= best:
            return place, header
        if count * 2 < best:
            continue
        following = place + 1
        while following < len(rows) and _goes_on(rows, counts, following):
            following += 1
        return place, rows[following - 1]
    return None


def joined_header(rows: Sequence[SheetRow], headers: HeaderReader) -> SheetRow | None:
    """The header that the first two or three rows make together, with the number of the last one; None for none.

    Args:
        rows: rows one below the other; more than three are not looked at.
        headers: what knows headers.
    """
    first = rows[:LEVELS]
    for length in range(len(first), 1, -1):
        header = _join_rows(first[:length], headers)
        if header is not None and headers.count_known(header.cells):
            return header
    return None


def _join_rows(rows: Sequence[SheetRow], headers: HeaderReader) -> SheetRow | None:
    """The header of exactly these rows, joined from below: the groups of the first row stand over all the others."""
    if rows[-1].number - rows[0].number != len(rows) - 1:
        return None  # an empty row stands between them
    header = rows[-1]
    for row in reversed(rows[:-1]):
        cells = headers.combine_rows(row.cells, header.cells)
        if cells is None:
            return None
        header = SheetRow(rows[-1].number, cells)
    return header


def _known_in(row: SheetRow | None, headers: HeaderReader) -> int:
    if row is None:
        return 0
    return headers.count_known(row.cells)


def _goes_on(rows: Sequence[SheetRow], counts: Sequence[int], place: int) -> bool:
    """Whether a row is a finer header than the one directly above it."""
    is_next = rows[place].number == rows[place - 1].number + 1
    return is_next and counts[place] >= counts[place - 1]


def _headers_seen(rows: Sequence[SheetRow]) -> list[str]:
    """The texts of the row that most looks like a header: the one with most short texts."""
    # The refusal repeats what was there, so that its reader sees which word is not known.
    best: list[str] = []
    for row in rows:
        texts = [
            str(cell).strip()
            for cell in row.cells
            if isinstance(cell, str) and cell.strip()
        ]
        if len(texts) > len(best):
            best = texts
    return [text[:SEEN_LETTERS] for text in best[:MAX_SEEN]]


def blank_refusal(remark: str = "") -> Invalid:
    """What is said of a file without a filled cell; `remark` is what else should be said."""
    return Invalid(
        f"表里没有内容。{remark}", "请确认填写的内容已经保存，再选一次文件。"
    )


def header_refusal(remark: str = "", seen: Sequence[str] = ()) -> Invalid:
    """What is said where everything is well but for a header row; the key `header` of `problems` marks it.

    Args:
        remark: what else should be said.
        seen: the texts that might have been headers.
    """
    listed = "、".join(" ".join(text.split()) for text in seen)
    shown = f"表里看到的是：{listed}。" if listed else ""
    return Invalid(
        f"前 {HEADER_ROWS} 行（空行不算）里没有找到表头。{shown}{remark}",
        problems={"header": ["没有表头"]},
    )
