"""Workbooks that go out: texts stay texts, and a rehearsal marks its own (130)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import xlsxwriter

from marketplace.parsing.text import escape_formula
from marketplace.rehearsal_marks import MARK, WORDS, is_rehearsed

# Nothing that somebody typed becomes a formula, a link or a number.
AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
COLUMN_WIDTH = 18  # characters


class Workbook(xlsxwriter.Workbook):
    """A workbook that goes out: in a rehearsal its sheets bear the mark on paper, and one more sheet says why.

    That sheet is the last one, so that a list that comes back is still read from the first.

    Args:
        out: where it is written.
        settings: more settings of XlsxWriter.
    """

    def __init__(self, out: BinaryIO, **settings: object) -> None:
        super().__init__(out, {**AS_TEXT, **settings})

    def close(self) -> None:
        """Write the file."""
        # A second close, as the context manager makes it, must not add the sheet once more.
        if is_rehearsed() and not self.fileclosed:
            for sheet in self.worksheets():
                sheet.set_header(f"&C&24{MARK}")
                sheet.set_tab_color("#C00000")
            self.add_worksheet(MARK).write_string(0, 0, WORDS)
        super().close()

    def add_table(
        self, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> None:
        """Add a sheet with a header that stays in sight, and rows of texts.

        Args:
            name: of the sheet.
            header: of each column.
            rows: the cells of each row, in the order of the header. As texts: long numbers lose their end as numbers,
                and sums are exact as they stand.
        """
        sheet = self.add_worksheet(name)
        bold = self.add_format({"bold": True, "text_wrap": True, "border": 1})
        for column, words in enumerate(header):
            sheet.write_string(0, column, escape_formula(words), bold)
            sheet.set_column(column, column, COLUMN_WIDTH)
        for number, cells in enumerate(rows, 1):
            for column, text in enumerate(cells):
                # A cell of text becomes a formula where somebody edits it, or saves the sheet as CSV.
                sheet.write_string(number, column, escape_formula(text))
        sheet.freeze_panes(1, 0)


def table_workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> bytes:
    """A workbook of one table; arguments as of `Workbook.add_table`."""
    out = io.BytesIO()
    with Workbook(out) as book:
        book.add_table(name, header, rows)
    return out.getvalue()
