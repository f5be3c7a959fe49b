"""The PDF of a list: tagged, for archives (PDF/A-2a) and screen readers (PDF/UA-1), the same bytes each time.

Rendering takes seconds and 300 MB for a thousand rows: it is done in the background (`upkeep.py`), never for a page.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
import typst

from marketplace.issues.columns import COLUMNS
from marketplace.issues.content import Content, grouped
from marketplace.issues.glyphs import (
    FAMILIES,
    MISSING,
    print_fonts,
    unprintable,
    without_missing,
)
from marketplace.rehearsal_marks import marked_source

STANDARDS: list[Any] = ["a-2a", "ua-1"]
# The same with files of any kind attached.
STANDARDS_ATTACHED: list[Any] = ["a-3a", "ua-1"]
PLAIN_GROUPS = 2  # the columns on paper whose first cell stands without its header
SOURCE = Path(__file__).with_name("issue.typ")


class PrintingError(Exception):
    """The printer warns, or refuses: what it would print is not what was given to it."""


@dataclass(frozen=True)
class Attached:
    """A file inside a PDF.

    Attributes:
        name: as readers of the PDF save it.
        content: its bytes.
        title: what it is; PDF/A-3 wants one.
        mime: its media type.
    """

    name: str
    content: bytes
    title: str
    mime: str


def render_pdf(content: Content) -> bytes:
    """The PDF of an issue.

    Args:
        content: what is frozen of it; nothing else goes into the file.

    Raises:
        PrintingError: the printer had something to remark. A missing font, say, is only a warning to it.
    """
    return compile_values(SOURCE, _print_values(content))


def compile_values(
    source: Path, values: dict[str, Any], *, attached: Sequence[Attached] = ()
) -> bytes:
    """A PDF for archives and screen readers from values; what no font draws is marked, and said in `missing`.

    Args:
        source: what is printed where, with `families` and `missing` among its data.
        values: the data: texts, numbers, lists and mappings.
        attached: files to be attached, which the source is given as `attached` (name, title, mime, path).

    Raises:
        PrintingError: the printer had something to remark.
    """
    values = {"families": list(FAMILIES), **values}
    # All of them, also those that the source itself does not print today.
    texts = list(_texts_of(values))
    missing = sorted(unprintable(texts))
    values["missing"] = _missing_words(missing)
    text = marked_source(source.read_bytes())
    if not attached:
        return _compile(text, values, missing, STANDARDS)
    with tempfile.TemporaryDirectory() as folder:
        # By number: a name that somebody gave is no path.
        values["attached"] = []
        for number, one in enumerate(attached):
            (Path(folder) / str(number)).write_bytes(one.content)
            values["attached"].append(
                {
                    "name": one.name,
                    "title": one.title,
                    "mime": one.mime,
                    "path": f"/{number}",
                }
            )
        main = Path(folder) / "main.typ"
        main.write_bytes(text)
        return _compile(main, values, missing, STANDARDS_ATTACHED)


def _compile(
    source: Any, values: dict[str, Any], missing: list[str], standards: Any
) -> bytes:
    data = without_missing(json.dumps(values, ensure_ascii=False), missing)
    settings: dict[str, Any] = {
        "font_paths": print_fonts(),
        "ignore_system_fonts": True,
    }
    if isinstance(source, Path):
        # It reads what is attached from its own folder, and nothing else.
        settings["root"] = source.parent
    # As data: nothing that somebody typed into a listing is ever read as a command of the printer.
    compiler = typst.Compiler(source, sys_inputs={"data": data}, **settings)
    try:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=standards
        )
    except RuntimeError as error:
        raise PrintingError(str(error)) from error
    # What is printed otherwise than it was given must not be stored under its hash.
    if warnings:
        raise PrintingError("; ".join(str(warning) for warning in warnings))
    if not isinstance(pdf, bytes):
        raise PrintingError("no single file")
    return pdf


def _print_values(content: Content) -> dict[str, Any]:
    day = content.day
    return {
        "title": content.title,
        "holder": content.holder,
        "period": f"{content.since} 至 {content.until}",
        "narrowed": content.narrowed,
        "contact": content.contact,
        "count": len(content.rows),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "published_on": content.published_on,
        "address": content.address,
        "hash": content.digest,
        "grouped": grouped(content.digest),
        "qr": qr_picture(content.address),
        "widths": _widths(content.kind),
        "headers": _print_headers(content.kind),
        "rows": [_print_cells(content, row) for row in content.rows],
    }


def _texts_of(value: Any) -> Any:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_of(one)


def _missing_words(missing: list[str]) -> str:
    """What a reader is to know of the characters that are not drawn."""
    if not missing:
        return ""
    points = "、".join(f"U+{ord(sign):04X}" for sign in missing)
    return (
        f"表中「{MISSING}」处是字库里没有的字符（{points}），原字见网页和 Excel 文件。"
    )


def qr_picture(address: str) -> str:
    """An address as a QR code, SVG: the same address, the same picture."""
    out = io.BytesIO()
    # No comment and no date: the picture depends on the address alone.
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", border=2, scale=4, xmldecl=False, svgns=True
    )
    return out.getvalue().decode()


def _widths(kind: str) -> list[int]:
    """Width of each column on paper in mm; 0 for the one that takes what remains."""
    groups: dict[int, int] = {}
    for column in COLUMNS[kind]:
        groups.setdefault(column.group, column.width)
    return [groups[number] for number in sorted(groups)]


def _print_headers(kind: str) -> list[str]:
    """The header of each column on paper: the first of the columns that stand in it, or all where they are two."""
    groups: dict[int, list[str]] = {}
    for column in COLUMNS[kind]:
        groups.setdefault(column.group, []).append(column.header)
    headers = []
    for number in sorted(groups):
        headers.append("、".join(groups[number][:2]))
    return headers


def _print_cells(content: Content, row: tuple[str, ...]) -> list[list[list[str]]]:
    """For each column on paper its pieces as [header, text]; empty cells are left out."""
    groups: dict[int, list[list[str]]] = {}
    for column, text in zip(COLUMNS[content.kind], row, strict=True):
        pieces = groups.setdefault(column.group, [])
        # Empty cells would be labels without anything behind them.
        if text:
            # What it is called and whose it is needs no label; a bare 50 does.
            is_plain = bool(column.width) and column.group < PLAIN_GROUPS
            pieces.append(["" if is_plain else column.header, text])
    return [groups[number] for number in sorted(groups)]
