"""The workbook of a list: every cell a text as it is frozen, the same bytes each time.

How one that comes back is read again is in `checking.py`.
"""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

from marketplace.issues.content import Content, grouped
from marketplace.parsing.text import escape_formula
from marketplace.workbooks import Workbook

HASH_LABEL = "内容指纹 SHA-256"
HEADER_ROW = 3  # counted from 0: title, facts and hash stand above
WIDTHS = {"成果简介": 60, "主要问题": 60, "主要技术指标": 40, "技术指标要求": 40}
WIDTH = 18
SHEET = "清单"


def render_workbook(content: Content) -> bytes:
    """The .xlsx file of an issue."""
    out = io.BytesIO()
    with Workbook(out) as book:
        book.set_properties(
            {
                "title": content.title,
                "author": content.holder,
                "keywords": f"sha256:{content.digest}",
                # Else it is the moment of rendering, and no two files would be the same.
                "created": datetime.combine(content.day, time()),
            }
        )
        sheet = book.add_worksheet(SHEET)
        _write_head(sheet, book, content)
        _write_rows(sheet, book, content)
        _fit_paper(sheet, content)
    return out.getvalue()


def facts_words(content: Content) -> str:
    """The second line of the sheet: who published what, when, and who is reached."""
    facts = [
        f"发布：{content.holder}",
        content.published_on,
        f"期间：{content.since} 至 {content.until}",
        f"共 {len(content.rows)} 项",
    ]
    if content.narrowed:
        facts.append(f"范围：{content.narrowed}")
    facts.append(f"联系：{content.contact}")
    return "　".join(facts)


def checked_words(content: Content) -> str:
    """The third line of the sheet: the hash, and where it is compared."""
    return f"{HASH_LABEL}　{grouped(content.digest)}　核对：{content.address}"


def _write_head(sheet: Any, book: Any, content: Content) -> None:
    title = book.add_format({"bold": True, "font_size": 14})
    for number, words in enumerate(
        (content.title, facts_words(content), checked_words(content))
    ):
        # Guarded, since a title may begin with =.
        sheet.write_string(
            number, 0, escape_formula(words), title if not number else None
        )


def _write_rows(sheet: Any, book: Any, content: Content) -> None:
    text = book.add_format({"valign": "top", "text_wrap": True, "border": 1})
    header = book.add_format(
        {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E8EEF4"}
    )
    sheet.set_column(0, 0, 6)
    sheet.write_string(HEADER_ROW, 0, "序号", header)
    for index, name in enumerate(content.columns, 1):
        sheet.write_string(HEADER_ROW, index, name, header)
        sheet.set_column(index, index, WIDTHS.get(name, WIDTH))
    for number, row in enumerate(content.rows, 1):
        # The running number is the only number: all that is frozen is text.
        sheet.write_number(HEADER_ROW + number, 0, number, text)
        for index, cell in enumerate(row, 1):
            # An empty one too: it bears the border.
            sheet.write_string(HEADER_ROW + number, index, escape_formula(cell), text)


def _fit_paper(sheet: Any, content: Content) -> None:
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3, by the numbers of Excel
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.set_footer(f"&L{content.number}&C第 &P 页 / 共 &N 页")
    last = HEADER_ROW + max(1, len(content.rows))
    sheet.autofilter(HEADER_ROW, 0, last, len(content.columns))
