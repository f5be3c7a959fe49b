"""Writes demo/*.xlsx from demo/*.csv: the same rows, as an office would hand them in. Run after changing a sample.

.venv/bin/python scripts/sample_workbooks.py
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import xlsxwriter

DEMO = Path(__file__).resolve().parent.parent / "demo"
TITLES = {"achievements": "科技成果清单（示例）", "demands": "企业技术需求清单（示例）"}
WIDE = 40  # characters from which a column is wide
RISKY = ("=", "+", "-", "@")


def write_workbook(source: Path) -> Path:
    """Write the workbook of a sample list next to it: a title over the columns, the header row, the rows as text."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    target = source.with_suffix(".xlsx")
    with xlsxwriter.Workbook(
        target, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {
                "title": TITLES[source.stem.split("-")[0]],
                "created": datetime(2026, 11, 21),
            }
        )
        sheet = book.add_worksheet("清单")
        title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        head = book.add_format(
            {"bold": True, "border": 1, "bg_color": "#E8EEF4", "text_wrap": True}
        )
        cell = book.add_format({"valign": "top", "text_wrap": True})
        sheet.merge_range(
            0, 0, 0, len(header) - 1, TITLES[source.stem.split("-")[0]], title
        )
        sheet.write_row(1, 0, header, head)
        for number, row in enumerate(rows, 2):
            for place, text in enumerate(row):
                # Escaped as the exports of the site are, so that no program takes it for a formula.
                if text.startswith(RISKY):
                    text = f"'{text}"
                if text:
                    sheet.write_string(number, place, text, cell)
        for place, column in enumerate(zip(*rows, strict=True)):
            width = 16
            if max(map(len, column)) > WIDE:
                width = 48
            sheet.set_column(place, place, width)
        sheet.freeze_panes(2, 1)
    return target


if __name__ == "__main__":
    for path in sorted(DEMO.glob("*.csv")):
        write_workbook(path)
