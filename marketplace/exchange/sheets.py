"""From a file to rows of cells: which kind of file it is, and one clear sentence for each that cannot be read.

How each kind is read is in `xlsx.py` and `delimited.py`; what a cell means is in `marketplace.parsing`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import olefile
from openpyxl.utils import get_column_letter

from marketplace.errors import Invalid
from marketplace.exchange.delimited import open_text
from marketplace.exchange.rows import SAVE_AS, HeaderReader, OpenSheet
from marketplace.exchange.xlsx import open_workbook

# The command's limit, for an operator's own files; a browser sends less (`imports.staging`).
MAX_BYTES = 50 * 2**20
START = 512  # bytes that tell the kind of a file

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_KINDS = {
    b"%PDF": " PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
    b"{\\rtf": "文字文档（RTF）",
    b"MIME-Version:": "网页（MHTML）",
    b"ID;P": "旧的 SYLK 表格",
    b"SQLite format 3": "数据库文件",
}
# The very first workbooks of Excel had no container around them: a record that says where the file begins.
BARE_XLS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")


def column_letter(index: int) -> str:
    """The column letter of a cell index: 0 → A, 27 → AB."""
    letter: str = get_column_letter(index + 1)
    return letter


@contextmanager
def open_sheet(
    source: str | os.PathLike[str] | BinaryIO,
    headers: HeaderReader,
    *,
    name: str = "",
    max_bytes: int = MAX_BYTES,
) -> Iterator[OpenSheet]:
    """Open a list and find its header row.

    Args:
        source: path, or a seekable binary file.
        headers: what knows headers.
        name: file name, where `source` does not give it; only `.tsv` is looked at (its delimiter is known).
        max_bytes: largest size read.

    Yields:
        the sheet; its rows can be read as long as the context lasts.

    Raises:
        Invalid: with one sentence on why the file cannot be read. `problems` has the key `header` where everything
            is well but for a header row.
    """
    if not isinstance(source, str | os.PathLike):
        file_name = name or str(getattr(source, "name", ""))
        yield _open_file(source, headers, file_name, max_bytes)
        return
    path = Path(source)
    try:
        file: BinaryIO = path.open("rb")
    except OSError:
        raise Invalid(
            f"打不开文件「{path.name}」。", "请检查路径和读取权限。"
        ) from None
    with file:
        yield _open_file(file, headers, name or path.name, max_bytes)


def _open_file(
    file: BinaryIO, headers: HeaderReader, name: str, max_bytes: int
) -> OpenSheet:
    """Open a file by what it begins with; its name is not trusted."""
    _check_size(file, max_bytes)
    start = file.read(START)
    file.seek(0)
    # By content, for .xls is the usual name of pages and text files that programs export.
    if start.startswith(OLE2):
        raise _old_office_refusal(file)
    if start.startswith(BARE_XLS) and b"\0" in start[:8]:
        raise Invalid("这是很旧的 .xls 文件，不能直接导入。", SAVE_AS)
    if start.startswith(ZIP):
        return open_workbook(file, headers)
    if start.startswith(EMPTY_ZIP):
        raise Invalid("这是一个空的压缩包，不是表格文件。", SAVE_AS)
    # What is left is text, unless it begins like one of the files that people attach by mistake.
    for magic, kind in OTHER_KINDS.items():
        if start.startswith(magic):
            raise Invalid(
                f"这是{kind}，不是表格文件。", "请导入 .xlsx、.csv 或 .tsv 文件。"
            )
    return open_text(file, headers, tabs_only=name.lower().endswith(".tsv"))


def _check_size(file: BinaryIO, max_bytes: int) -> None:
    """Refuse an empty file and one that is too large; the file is at its start afterwards."""
    # By the end of the file: a name or a header of the request says nothing of it.
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not size:
        raise Invalid("文件是空的。", "请确认保存过内容，再选一次文件。")
    if size > max_bytes:
        message = (
            f"文件有 {size / 2**20:.0f} MB，最大可以导入 {max_bytes / 2**20:.0f} MB。"
        )
        raise Invalid(message, "请去掉表里的图片，或分成几份导入。")


def _old_office_refusal(file: BinaryIO) -> Invalid:
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
        # WPS keeps an .et file in the same form; the name after the point does not matter.
        return Invalid(
            "这是旧版 .xls 文件（或 WPS 的 .et 文件），不能直接导入。", SAVE_AS
        )
    if streams & {"worddocument", "powerpoint document", "matost", "mn0"}:
        return Invalid(
            "这是文字文档或演示文稿（.doc、.wps 或 .ppt），不是表格文件。",
            "请把表格复制到 Excel 里，另存为 .xlsx 再导入。",
        )
    return Invalid(
        "这不是表格文件，或者文件已损坏。", "请导入 .xlsx、.csv 或 .tsv 文件。"
    )
