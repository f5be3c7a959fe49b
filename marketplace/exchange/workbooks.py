"""What goes out: .xlsx files of listings, and the blank forms. Which listings, and who asks, is said in `rules.py`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from marketplace.exchange.columns import (
    CONTACT,
    EXAMPLE_MARK,
    FIRM,
    FULL,
    OPEN,
    OWN,
    Column,
    columns,
)
from marketplace.exchange.vocabularies import Vocabulary
from marketplace.listings.disclosure import view_of
from marketplace.listings.models import KIND_NAMES, Achievement, Demand
from marketplace.parsing.text import CONTROL, escape_formula

CELL_MOST = 32_767  # characters of one cell; more would be cut off by the file format without a word
FORM_ROWS = 2_000  # rows of a form that have drop-downs
TERMS_SHEET, HELP_SHEET = "可选值", "填写说明"
WIDTHS = {"title": 36, "summary": 60, "problem": 60, "organisations": 28, "metrics": 36}
WIDTH = 16
HOLDERS = frozenset(
    {"organisations", "lead"}
)  # say who stands behind a listing, or what stands for him in public
NAMING = frozenset(
    {"intended_partner", "recommended_by"}
)  # may tell whose an unnamed listing is
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
    "remove_timezone": True,
}


def listing(
    kind: str,
    rows: Iterable[Achievement | Demand],
    by: Any,
    words: Mapping[str, Vocabulary],
) -> bytes:
    """A list of listings as `by` may see them: columns that nobody fills are left out.

    Cells that a spreadsheet program could take for a formula are written with an apostrophe before them, which our own
    reader takes off again.
    """
    known = columns(kind, words)
    table = [[_cell(column, row, by) for column in known] for row in rows]
    used = [
        i
        for i, column in enumerate(known)
        if column.needed or any(line[i] not in (None, "") for line in table)
    ]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet(f"{KIND_NAMES[kind]}清单")
        styles = _styles(book)
        _heads(sheet, [known[i] for i in used], styles)
        for number, line in enumerate(table, 1):
            sheet.write_number(number, 0, number)
            for place, i in enumerate(used, 1):
                _write(sheet, number, place, line[i], styles)
        sheet.autofilter(0, 0, max(len(table), 1), len(used))
    return out.getvalue()


def form(kind: str, words: Mapping[str, Vocabulary]) -> bytes:
    """The blank form: required columns marked, drop-downs, an example row marked 示例, and a sheet of help."""
    known = [column for column in columns(kind, words) if column.key != "lead"]
    lists = {
        name: words[name]
        for name in dict.fromkeys(column.words for column in known if column.words)
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        styles = _styles(book)
        sheet = book.add_worksheet(f"{KIND_NAMES[kind]}清单")
        _heads(sheet, known, styles, stars=True)
        sheet.write_string(1, 0, EXAMPLE_MARK, styles["example"])
        sheet.write_comment(1, 0, "这一行是示例，不会导入，可以删去。")
        for place, column in enumerate(known, 1):
            sheet.write_string(1, place, column.example, styles["example"])
            if column.advice:
                sheet.write_comment(0, place, column.advice, {"x_scale": 1.6})
        ranges = _terms(book.add_worksheet(TERMS_SHEET), lists, styles)
        for place, column in enumerate(known, 1):
            if column.words:
                _drop_down(sheet, place, column, ranges[column.words])
        _help(book.add_worksheet(HELP_SHEET), known, styles)
    return out.getvalue()


def _styles(book: xlsxwriter.Workbook) -> dict[str, Any]:
    shared = {"valign": "top", "text_wrap": True}
    head = {
        "bold": True,
        "valign": "vcenter",
        "text_wrap": True,
        "border": 1,
        "bg_color": "#E8EEF4",
    }
    return {
        "text": book.add_format(shared),
        "day": book.add_format(shared | {"num_format": "yyyy-mm-dd", "align": "left"}),
        "head": book.add_format(head),
        "needed": book.add_format(head | {"font_color": "#B42318"}),
        "example": book.add_format(shared | {"italic": True, "font_color": "#667085"}),
    }


def _heads(
    sheet: Any,
    known: Sequence[Column],
    styles: Mapping[str, Any],
    *,
    stars: bool = False,
) -> None:
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 32)
    sheet.set_column(0, 0, 6)
    sheet.write_string(0, 0, "序号", styles["head"])
    for place, column in enumerate(known, 1):
        name = f"{column.name}(万元)" if column.money else column.name
        style = styles["needed" if stars and column.needed else "head"]
        sheet.write_string(
            0, place, f"{name}*" if stars and column.needed else name, style
        )
        sheet.set_column(place, place, WIDTHS.get(column.key, WIDTH))


def _terms(
    sheet: Any, lists: Mapping[str, Vocabulary], styles: Mapping[str, Any]
) -> dict[str, str]:
    """Write the closed lists side by side; returns the range of each."""
    ranges = {}
    for place, (name, vocabulary) in enumerate(lists.items()):
        terms = list(vocabulary.names.values())
        sheet.write_string(0, place, LIST_NAMES.get(name, name), styles["head"])
        sheet.write_column(1, place, terms, styles["text"])
        sheet.set_column(place, place, 24)
        letter = xl_col_to_name(place, col_abs=True)
        ranges[name] = f"='{TERMS_SHEET}'!{letter}$2:{letter}${len(terms) + 1}"
    return ranges


LIST_NAMES = {
    "organisation_kind": "单位类型",
    "district": "县市区",
    "fields": "技术领域",
    "industries": "行业大类",
    "chain": "产业链",
    "sei_code": "战略性新兴产业",
    "achievement_type": "成果类型",
    "forms": "体现形式",
    "attribute": "成果属性",
    "funding_source": "成果来源",
    "secrecy": "成果密级",
    "ip_type": "知识产权类型",
    "legal_status": "法律状态",
    "ownership": "权属",
    "stage": "所处阶段",
    "application_status": "应用状态",
    "level": "成果水平",
    "evaluation_method": "评价方式",
    "conversion_modes": "转化方式",
    "license_type": "许可类型",
    "price_mode": "定价方式",
    "visibility": "公开范围",
    "need": "需求类别",
    "demand_type": "需求类型",
    "solution_mode": "解决方式",
    "cooperation_modes": "合作方式",
    "activity_type": "科技活动类型",
}


def _drop_down(sheet: Any, place: int, column: Column, source: str) -> None:
    """Offer a closed list; where several may be written, what is not in the list is taken too."""
    options = {"validate": "list", "source": source, "show_error": not column.several}
    if not column.several:
        options |= {
            "error_title": column.name,
            "error_message": f"请从列表里选一项，列表在「{TERMS_SHEET}」表里。",
        }
    sheet.data_validation(1, place, FORM_ROWS, place, options)


def _help(sheet: Any, known: Sequence[Column], styles: Mapping[str, Any]) -> None:
    rows = [("栏目", "必填", "怎么填", "例子")]
    for column in known:
        choice = (
            ("可多选，" if column.several else "") + "选项见「可选值」表。"
            if column.words
            else ""
        )
        rows.append(
            (
                column.name,
                "是" if column.needed else "",
                column.advice + choice,
                column.example,
            )
        )
    rows.append(
        (
            "",
            "",
            "必填的栏目填全才能公开发布；只有名称和单位也能存为草稿。空白的格子不会改动平台上已有的内容。",
            "",
        )
    )
    for number, row in enumerate(rows):
        for place, text in enumerate(row):
            sheet.write_string(
                number, place, text, styles["text" if number else "head"]
            )
    for place, width in enumerate((18, 6, 70, 50)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)


def _cell(column: Column, row: Achievement | Demand, by: Any) -> Any:
    """What a column says of a row, as far as the row's own page says it to `by`."""
    view = view_of(row, by)
    knows = view.knows
    if column.key in HOLDERS and not knows.firm:
        return view.holder
    known = {
        OPEN: True,
        FULL: knows.full,
        FIRM: knows.firm,
        CONTACT: knows.contact,
        OWN: knows.own,
    }
    if not known[column.deed] or (column.key in NAMING and not knows.firm):
        return None
    return column.write(row)


def _write(
    sheet: Any, number: int, place: int, value: Any, styles: Mapping[str, Any]
) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Decimal | int):
        sheet.write_number(number, place, float(value), styles["text"])
    elif isinstance(value, date | datetime):
        sheet.write_datetime(number, place, value, styles["day"])
    else:
        text = escape_formula(CONTROL.sub("", str(value)))
        sheet.write_string(
            number,
            place,
            text if len(text) <= CELL_MOST else f"{text[: CELL_MOST - 1]}…",
            styles["text"],
        )
