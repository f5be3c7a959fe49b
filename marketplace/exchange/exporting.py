"""Workbooks that go out: lists of listings as one reader may know them, and the blank forms.

What a reader may know is decided in `listings.disclosure`, which listings they get by the caller; what a column is
called and offers in `listings.schema`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from marketplace.audit.looks import record_looks, record_reading
from marketplace.exchange.headers import EXAMPLE_MARK
from marketplace.listings.disclosure import View, view_of
from marketplace.listings.models import KIND_NAMES, Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn, SeenBy
from marketplace.parsing.text import CONTROL, escape_formula
from marketplace.permissions import Reader, require
from marketplace.workbooks import Workbook

# Longer than any text of ours (`parsing.text.MAX_TEXT`); joined child rows may be longer.
MAX_CELL = 32_767  # characters of one cell; the file format cuts more off silently
FORM_ROWS = 2_000  # rows of a form that have drop-downs
OPTIONS_SHEET = "可选值"
HELP_SHEET = "填写说明"
HELP_WIDTHS = (18, 6, 70, 50)  # of the columns of the help, in characters
OPTIONS_WIDTH = 24
DATES = {"default_date_format": "yyyy-mm-dd", "remove_timezone": True}

Styles = Mapping[str, Any]


def workbook(
    kind: str, rows: Iterable[Achievement | Demand], *, reader: Reader | None
) -> bytes:
    """An .xlsx file of listings, with no more in it than the reader sees on their pages.

    Columns that nobody fills are left out, unless a list needs them. Cells that a spreadsheet program could take for a
    formula are written with an apostrophe before them, which `parse_file` takes off again: importing the file changes
    nothing of listings that were written in full.

    Args:
        kind: `achievement` or `demand`.
        rows: the listings, as the page has found them.
        reader: who will read the file; None for the site itself.

    Raises:
        NotAllowed.
    """
    # The deed is everybody's; what a row shows is decided below, column by column.
    require(reader, "listing.export")
    columns = SCHEMAS[kind].list_columns
    dictionaries = Dictionaries()
    table = []
    exported = []
    opened = []
    for row in rows:
        exported.append(row.id)
        view = view_of(row, reader)
        if _shows_contact(view, kind):
            opened.append((kind, row.id))
        # Through the view and never from the row: an export must not show more than the page (044).
        table.append([view.cell_of(column, dictionaries) for column in columns])
    # Columns that a list needs stay also where they are empty, so that the file can be imported again.
    written = [
        place
        for place, column in enumerate(columns)
        if column.is_starred or _has_content(table, place)
    ]
    out = io.BytesIO()
    with Workbook(out, **DATES) as book:
        sheet = book.add_worksheet(f"{KIND_NAMES[kind]}清单")
        styles = _make_styles(book)
        _write_headers(sheet, [columns[place] for place in written], styles)
        for number, cells in enumerate(table, 1):
            sheet.write_number(number, 0, number)
            for index, place in enumerate(written, 1):
                _write_cell(sheet, number, index, cells[place], styles)
        sheet.autofilter(0, 0, max(len(table), 1), len(written))
    # Before it is handed out: a list that is not in the audit leaves nobody's hands.
    record_reading("listing.export", kind=kind, by=reader, values={"rows": exported})
    # One by one: whose contact it is finds in 我的数据 who took it.
    record_looks("contact.export", opened, by=reader)
    return out.getvalue()


def _shows_contact(view: View, kind: str) -> bool:
    """Whether somebody else's contact stands in the list unmasked."""
    desk = [field.name for field in SCHEMAS[kind] if field.seen_by is SeenBy.CONTACT]
    return not view.knows.own and any(getattr(view, name) for name in desk)


def blank_form(kind: str) -> bytes:
    """The blank .xlsx form of a kind of list: drop-downs, help, and an example row that is not read.

    Args:
        kind: `achievement` or `demand`.
    """
    # 第一完成单位 is for lists that go out; who fills in a form writes the owner first among the organisations.
    columns = [
        column
        for column in SCHEMAS[kind].list_columns
        if column.is_starred or not column.holder
    ]
    dictionaries = Dictionaries()
    out = io.BytesIO()
    with Workbook(out, **DATES) as book:
        styles = _make_styles(book)
        sheet = book.add_worksheet(f"{KIND_NAMES[kind]}清单")
        _write_headers(sheet, columns, styles, stars=True)
        _write_example(sheet, columns, styles)
        options = book.add_worksheet(OPTIONS_SHEET)
        _fit_paper(options)
        ranges = _write_options(options, columns, dictionaries, styles)
        for index, column in enumerate(columns, 1):
            if column.name in ranges:
                _add_drop_down(sheet, index, column, ranges[column.name])
        _write_help(book.add_worksheet(HELP_SHEET), columns, set(ranges), styles)
    return out.getvalue()


def _has_content(table: Sequence[Sequence[Any]], place: int) -> bool:
    """Whether any row fills the column at this place."""
    return any(cells[place] not in (None, "") for cells in table)


def _make_styles(book: xlsxwriter.Workbook) -> Styles:
    text = {"valign": "top", "text_wrap": True}
    header = {
        "bold": True,
        "valign": "vcenter",
        "text_wrap": True,
        "border": 1,
        "bg_color": "#E8EEF4",
    }
    day = {"num_format": "yyyy-mm-dd", "align": "left"}
    example = {"italic": True, "font_color": "#667085"}
    return {
        "text": book.add_format(text),
        "day": book.add_format(text | day),
        "verbatim": book.add_format(text | {"num_format": "@"}),
        "header": book.add_format(header),
        "starred": book.add_format(header | {"font_color": "#B42318"}),
        "example": book.add_format(text | example),
    }


def _write_headers(
    sheet: Any, columns: Sequence[ListColumn], styles: Styles, *, stars: bool = False
) -> None:
    """Write the header row: the running number, then the columns; a form marks the required ones."""
    sheet.freeze_panes(1, 2)
    _fit_paper(sheet)
    sheet.set_row(0, 32)
    sheet.set_column(0, 0, 6)
    sheet.write_string(0, 0, "序号", styles["header"])
    for index, column in enumerate(columns, 1):
        header = column.header
        if column.unit:
            header = f"{header}({column.unit})"
        style = "header"
        # The importer takes unit and star off again (`headers.header_key`).
        if stars and column.is_starred:
            header = f"{header}*"
            style = "starred"
        sheet.write_string(0, index, header, styles[style])
        # For the whole column: what is typed below the last row is meant too.
        # As text, or a program takes the nought from 0635 and the last figures from a code of 18.
        cells = styles["verbatim"] if column.verbatim else None
        sheet.set_column(index, index, column.width, cells)


def _fit_paper(sheet: Any) -> None:
    """Let a sheet print on A4 across, all columns next to each other and the header on every page.

    Forty columns in their own width printed a blank form on 37 pages.
    """
    sheet.set_landscape()
    sheet.set_paper(9)  # A4, by the numbers of Excel
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_example(sheet: Any, columns: Sequence[ListColumn], styles: Styles) -> None:
    # By this word the importer knows the row; without it our own example would become a listing.
    sheet.write_string(1, 0, EXAMPLE_MARK, styles["example"])
    sheet.write_comment(1, 0, "这一行是示例，不会导入，可以删去。")
    for index, column in enumerate(columns, 1):
        sheet.write_string(1, index, column.example, styles["example"])
        if column.advice:
            sheet.write_comment(0, index, column.advice, {"x_scale": 1.6})


def _write_options(
    sheet: Any,
    columns: Sequence[ListColumn],
    dictionaries: Dictionaries,
    styles: Styles,
) -> dict[str, str]:
    """Write the closed lists side by side, each once under the header of the first column that has it.

    Returns:
        column → range of its closed list, for the columns that have one.
    """
    ranges: dict[str, str] = {}
    # By identity: two columns may choose from the same list, and one range serves both.
    written: dict[int, str] = {}
    for column in columns:
        vocabulary = column.options(dictionaries)
        if vocabulary is None:
            continue
        if id(vocabulary) not in written:
            index = len(written)
            names = list(vocabulary.values())
            sheet.write_string(0, index, column.header, styles["header"])
            sheet.write_column(1, index, names, styles["text"])
            sheet.set_column(index, index, OPTIONS_WIDTH)
            letter = xl_col_to_name(index, col_abs=True)
            area = f"='{OPTIONS_SHEET}'!{letter}$2:{letter}${len(names) + 1}"
            written[id(vocabulary)] = area
        ranges[column.name] = written[id(vocabulary)]
    return ranges


def _add_drop_down(sheet: Any, index: int, column: ListColumn, source: str) -> None:
    """Offer a closed list; where several may be written, what is not in the list is accepted too."""
    options = {
        "validate": "list",
        "source": source,
        "show_error": not column.several,
    }
    if not column.several:
        options["error_title"] = column.header
        options["error_message"] = f"请从列表里选一项，列表在「{OPTIONS_SHEET}」表里。"
    sheet.data_validation(1, index, FORM_ROWS, index, options)


def _write_help(
    sheet: Any, columns: Sequence[ListColumn], listed: set[str], styles: Styles
) -> None:
    """Write what each column wants: `listed` names those that have a closed list."""
    rows = [("栏目", "必填", "怎么填", "例子")]
    for column in columns:
        advice = column.advice
        if column.name in listed:
            several = "可多选，" if column.several else ""
            advice = f"{advice}{several}选项见「{OPTIONS_SHEET}」表。"
        starred = "是" if column.is_starred else ""
        rows.append((column.header, starred, advice, column.example))
    closing = "必填的栏目填全才能公开发布；只有名称和单位也能存为草稿。空白的格子不会改动平台上已有的内容。"
    rows.append(("", "", closing, ""))
    for number, row in enumerate(rows):
        style = styles["text" if number else "header"]
        for index, text in enumerate(row):
            sheet.write_string(number, index, text, style)
    for index, width in enumerate(HELP_WIDTHS):
        sheet.set_column(index, index, width)
    sheet.freeze_panes(1, 0)
    _fit_paper(sheet)


def _write_cell(
    sheet: Any, number: int, index: int, value: Any, styles: Styles
) -> None:
    """Write a cell as what it is, so that a spreadsheet program sorts and adds up numbers and days."""
    # Not even an empty text: an empty cell leaves what is there when the file is imported again.
    if value is None or value == "":
        return
    if isinstance(value, Decimal | int):
        sheet.write_number(number, index, float(value), styles["text"])
    elif isinstance(value, date | datetime):
        sheet.write_datetime(number, index, value, styles["day"])
    else:
        text = escape_formula(CONTROL.sub("", str(value)))
        if len(text) > MAX_CELL:
            text = f"{text[: MAX_CELL - 1]}…"
        sheet.write_string(number, index, text, styles["text"])
