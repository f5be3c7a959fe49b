"""Makes small files for these tests: workbooks, and the container of old Office files byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook


def xlsx(
    rows: Iterable[Sequence[Any]],
    *,
    merged: Iterable[str] = (),
    before: Iterable[str] = (),
    hide: Iterable[str] = (),
) -> bytes:
    """A workbook whose sheet 清单 holds `rows`; `before` names empty sheets in front of it, `hide` sheets to hide."""
    book = Workbook()
    sheet = book.active
    sheet.title = "清单"
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    for place, name in enumerate(before):
        book.create_sheet(name, place).append(["说明"])
    for name in hide:
        book[name].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    """A zip file of the given parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
SECTOR = 512


def ole2(*streams: str) -> bytes:
    """A compound file (MS-CFB, version 3) with a root and the named streams of 4,096 bytes each.

    Sector 0 holds the allocation table, sector 1 the directory (at most three streams), the rest the streams.
    """
    per_stream = 8  # 4,096 bytes: the shortest that does not go into the mini stream
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\0" * 16,
        0x3E,  # minor version
        3,
        0xFFFE,  # little endian
        9,  # sectors of 512 bytes
        6,
        b"\0" * 6,
        0,
        1,  # one allocation sector
        1,  # the directory begins at sector 1
        0,
        4096,
        END,
        0,
        END,
        0,
        *([0] + [FREE] * 108),
    )
    table = [FAT, END]
    for number in range(len(streams)):
        first = 2 + number * per_stream
        table += [*range(first + 1, first + per_stream), END]
    table += [FREE] * (SECTOR // 4 - len(table))

    def entry(
        name: str,
        sort: int,
        *,
        left: int = NONE,
        right: int = NONE,
        child: int = NONE,
        start: int = 0,
        size: int = 0,
    ) -> bytes:
        coded = name.encode("utf-16-le") + b"\0\0"
        return struct.pack(
            "<64sHBBIII16sIQQIQ",
            coded,
            len(coded),
            sort,
            1,
            left,
            right,
            child,
            b"\0" * 16,
            0,
            0,
            0,
            start,
            size,
        )

    directory = entry("Root Entry", 5, child=1 if streams else NONE, start=END)
    for number, name in enumerate(streams):
        right = number + 2 if number + 1 < len(streams) else NONE
        directory += entry(
            name, 2, right=right, start=2 + number * per_stream, size=4096
        )
    directory = directory.ljust(SECTOR, b"\0")
    return (
        header
        + struct.pack(f"<{SECTOR // 4}I", *table)
        + directory
        + b"\x01" * (4096 * len(streams))
    )
