"""From an uploaded file to rows that are stored as they were read. Nothing is committed here.

Files are read in `exchange`, as the command does; what each row is, is decided in `assessing.py`.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from marketplace.errors import Invalid
from marketplace.exchange.importing import AUTHOR, ORIGIN, parse_file
from marketplace.exchange.reports import Line, Report
from marketplace.imports.assessing import filled_cells
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.stored_cells import (
    box_text,
    pack_layout,
    pack_value,
)
from marketplace.listings.models import key_of
from marketplace.listings.schema.field import ListColumn
from marketplace.organisations.models import Organisation
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import MAX_TEXT, clean_text, too_long

# What a browser may send: ten times what a county collects in a year. Longer lists are taken by the command.
MAX_ROWS = 10_000
MAX_BYTES = 20 * 2**20
BLOCK = 2**20  # bytes hashed at a time


@dataclass(frozen=True)
class ReadFile:
    """An uploaded file as it was read.

    Attributes:
        report: what the reader says of it.
        lines: its rows as they were read.
        sha256: of the file, hexadecimal.
    """

    report: Report
    lines: Sequence[Line]
    sha256: str


def read_upload(
    file: IO[bytes], name: str, kind: str, source: str, owner: Organisation | None
) -> ReadFile:
    """Read an uploaded list.

    Args:
        file: the file, seekable.
        name: its name.
        kind: `achievement` or `demand`.
        source: a key of `SOURCES`.
        owner: whose listings it holds; None where its rows say so.

    Raises:
        Invalid: it cannot be read.
    """
    _refuse_macros(file)
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    # The hash has read it to the end.
    file.seek(0)
    report = parse_file(
        cast("BinaryIO", file),
        kind,
        name=name,
        defaults=filled_cells(kind, source, owner),
        max_rows=MAX_ROWS,
        max_bytes=MAX_BYTES,
        with_lines=True,
        form=source,
    )
    return ReadFile(report, report.lines or [], digest.hexdigest())


def staged_rows(
    list_import: ListImport, read: ReadFile, *, after: int = 0
) -> list[StagedRow]:
    """Rows to be stored of what was read, not yet compared with anything.

    Args:
        list_import: takes the columns of the tables.
        read: the file.
        after: what is added to the numbers of the rows, and the index of their first layout is counted from.
    """
    first = len(list_import.layouts)
    packed = [pack_layout(layout) for layout in read.report.layouts]
    # A new list and not one that grew: a change inside the stored one is not noticed.
    list_import.layouts = [*list_import.layouts, *packed]
    rows = []
    for line in read.lines:
        row = StagedRow(
            import_id=list_import.id,
            number=line.row + after,
            # Until it is looked at, which gives it its state before it is stored.
            state="faulty",
            author=line.marks.get(AUTHOR, "")[:200],
            findings=[],
            conflicts=[],
            choices={},
            before={},
            deed="",
            reason="",
        )
        take_cells(row, line, first + line.layout)
        rows.append(row)
    return rows


def add_remarks(list_import: ListImport, read: ReadFile) -> None:
    """Say of an import what was done with the rows of a corrected file: of those passed over nothing is stored."""
    news = [f"改好的文件里，{one}" for one in read.report.remarks]
    # The same file may be sent twice.
    list_import.remarks = list(dict.fromkeys([*list_import.remarks, *news]))


def check_total(rows: int) -> None:
    """Refuse a corrected file that makes an import longer than an upload may be: each file reads all its rows again.

    Raises:
        Invalid.
    """
    if rows > MAX_ROWS:
        raise Invalid(
            f"加上这份文件，这次导入有 {rows} 行没有写入，最多 {MAX_ROWS} 行。",
            "多出的行请另外上传一份清单。",
        )


def check_typed(column: ListColumn, text: str) -> None:
    """Refuse what is typed into a cell and may not even be staged.

    Raises:
        Invalid: it is too long, or bears the mark of a state secret.
    """
    if problem := too_long(text, MAX_TEXT):
        message = f"「{column.label}」{problem}"
        raise Invalid(message, "请缩短。", problems={column.name: [message]})
    if secret_mark(text):
        raise Invalid(REFUSAL, problems={column.name: [REFUSAL]})


def take_cells(row: StagedRow, line: Line, layout: int) -> None:
    """Let a staged row hold the cells of a line."""
    # Empty cells are left out: most rows fill a third of the columns.
    cells = {}
    for name, raw in line.raws.items():
        if raw not in (None, ""):
            cells[name] = pack_value(raw)
    row.cells = cells
    row.layout = layout
    name_row(row)


def name_row(row: StagedRow) -> None:
    """Write down by which title a row is listed, and found among its twins."""
    # A title of characters that nobody sees is none, and a row without one is listed as that.
    title = " ".join(clean_text(box_text(row.cells.get("title"))).split())
    row.title = title[:200]
    row.title_key = key_of(title)[:200]


def origin_of(line: Line) -> int | None:
    """The number of the staged row that a line of our own file of faults is about."""
    text = line.marks.get(ORIGIN, "")
    # A program of spreadsheets may have made a decimal number of it.
    text = text.removesuffix(".0")
    # Nine digits stay below what the column of a number can hold.
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text)


def _refuse_macros(file: IO[bytes]) -> None:
    """Refuse a workbook with macros: we would not run them, but whoever opens the file of faults of it may.

    Raises:
        Invalid: it has macros.
    """
    try:
        with zipfile.ZipFile(file) as package:
            names = [name.lower().replace("\\", "/") for name in package.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        names = []  # what it is then, the reader says
    file.seek(0)
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Invalid(
            "文件带有宏，没有读取。",
            "请在 Excel 或 WPS 里另存为「Excel 工作簿（.xlsx）」，不带宏，再导入。",
        )
