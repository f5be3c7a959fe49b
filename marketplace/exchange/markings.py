"""What the XML of a sheet says of its rows, columns and cells besides their values: hidden, merged, without a result.
Not here: the values themselves (xlsx), what a cell means (marketplace.parsing).

openpyxl gives none of this while it reads a sheet as a stream; python-calamine 0.9 gives merged ranges only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import column_index_from_string as column_number
from openpyxl.utils.cell import coordinate_from_string

from marketplace.parsing.text import UnreadableCell

BLOCK = 2**20  # bytes of XML parsed at a time
# Functions that put a picture into a cell: of WPS, of Excel, of Google's spreadsheets.
PICTURE_FORMULA = re.compile(r"\b_?(?:xlfn\.)?(?:_xlws\.)?(?:DISPIMG|IMAGE)\s*\(", re.I)
PICTURE = UnreadableCell("这一格放的是图片，读不出文字。", "请把图片里的内容写成文字。")
UNSAVED = UnreadableCell(
    "这一格是没有保存结果的公式。",
    "请在 Excel 或 WPS 里打开、保存一次再导入，或直接填写内容。",
)
MAX_COLUMNS = 1_024  # no list is wider
MIN_HEIGHT = 1.0  # points, and characters of width: below it nobody sees a cell


@dataclass
class Markings:
    """What a sheet says besides its values. Rows and columns count from 1.

    Attributes:
        merged: (first column, first row, last column, last row) of the merged ranges.
        hidden_rows: rows that are hidden, filtered out, folded away or without height.
        hidden_columns: the same of columns.
        struck_rows: rows of which every cell is struck out.
        cells: (row, column) → why the cell has no value.
        is_filtered: the sheet has a filter, so hidden rows are most likely filtered out.
        width: the last column of any cell, also of one that is empty and only has a style.
        filled_width: the last column that has a value.
        is_cut: the XML breaks off or is damaged somewhere: what stands after that place is not known.
    """

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    cells: dict[tuple[int, int], UnreadableCell] = field(default_factory=dict)
    is_filtered: bool = False
    width: int = 0
    filled_width: int = 0
    is_cut: bool = False


def read_markings(source: IO[bytes], struck_styles: Collection[str] = ()) -> Markings:
    """Read the markings of a sheet.

    Args:
        source: its XML; of a damaged one what stands before the damage is read.
        struck_styles: the numbers of the styles whose letters are struck out.
    """
    reader = _MarkingReader(struck_styles)
    parser = new_parser()
    parser.StartElementHandler = reader.start_element
    parser.EndElementHandler = reader.end_element
    parser.CharacterDataHandler = reader.take_text
    try:
        while block := source.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        reader.markings.is_cut = True
    return reader.markings


def new_parser() -> expat.XMLParserType:
    """A parser of parts of workbooks."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    # A list needs no entity of its own; with them a small file becomes a large one.
    parser.EntityDeclHandler = _refuse_entity
    return parser


def _refuse_entity(*_: Any) -> None:
    raise expat.ExpatError("entities are not read")


class _MarkingReader:
    """Takes the elements of one sheet in their order."""

    def __init__(self, struck_styles: Collection[str]) -> None:
        self.markings = Markings()
        self.struck_styles = struck_styles
        self.filled = self.struck = 0  # cells of this row
        self.row = 0
        self.column = 0
        self.attributes: dict[str, str] = {}
        self.formula: list[str] | None = None
        self.value: list[str] = []
        self.taking: list[str] | None = None
        self.rows_are_hidden = False

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "v":
            self.taking = self.value
        elif tag == "f":
            self.formula = []
            self.taking = self.formula
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "mergeCell":
            self._take_range(attributes.get("ref", ""))
        elif tag == "col":
            self._take_columns(attributes)
        elif tag == "sheetFormatPr":
            self.rows_are_hidden = _is_true(attributes.get("zeroHeight"))
        elif tag == "autoFilter":
            self.markings.is_filtered = True

    def end_element(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("v", "f"):
            self.taking = None
        elif tag == "c":
            self._end_cell()
        elif tag == "row" and self.filled and self.filled == self.struck:
            self.markings.struck_rows.add(self.row)

    def take_text(self, text: str) -> None:
        if self.taking is not None:
            self.taking.append(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        # Some programs leave the numbers of rows out: each is the next one.
        self.row = int(number) if number.isdigit() else self.row + 1
        self.column = 0
        self.filled = self.struck = 0
        height = attributes.get("ht")
        is_hidden = _is_true(attributes.get("hidden")) or _is_below_sight(height)
        if is_hidden or (self.rows_are_hidden and height is None):
            self.markings.hidden_rows.add(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        place = attributes.get("r")
        # Some programs leave the places out: each cell is the next one.
        if place:
            self.column = column_number(coordinate_from_string(place)[0])
        else:
            self.column += 1
        self.markings.width = max(self.markings.width, self.column)
        self.formula = None
        self.value = []

    def _end_cell(self) -> None:
        value = "".join(self.value)
        # The text of an inline string has an element of its own.
        if value or self.attributes.get("t") == "inlineStr":
            self.filled += 1
            self.markings.filled_width = max(self.markings.filled_width, self.column)
            self.struck += self.attributes.get("s", "0") in self.struck_styles
        formula = None if self.formula is None else "".join(self.formula)
        mark = self._mark_of(formula, value)
        if mark is not None:
            self.markings.cells[self.row, self.column] = mark

    def _mark_of(self, formula: str | None, value: str) -> UnreadableCell | None:
        kind = self.attributes.get("t", "n")
        if PICTURE_FORMULA.search(formula or ""):
            return PICTURE
        # Excel stores a picture placed in a cell as an error with rich metadata (vm).
        if kind == "e" and "vm" in self.attributes and formula is None:
            return PICTURE
        # An empty text is a result (=IF(A1="","",A1)); an empty number is none.
        if formula is not None and not value and kind != "str":
            return UNSAVED
        return None

    def _take_range(self, reference: str) -> None:
        try:
            left, top, right, bottom = range_boundaries(reference)
        except (TypeError, ValueError):
            return  # a damaged range merges nothing
        if None not in (left, top, right, bottom):
            self.markings.merged.append((left, top, right, bottom))

    def _take_columns(self, attributes: dict[str, str]) -> None:
        is_hidden = _is_true(attributes.get("hidden"))
        if not is_hidden and not _is_below_sight(attributes.get("width")):
            return
        self.markings.hidden_columns.update(_columns_of(attributes))


def _columns_of(attributes: dict[str, str]) -> Iterator[int]:
    first = attributes.get("min", "")
    last = attributes.get("max", "")
    if first.isdigit() and last.isdigit():
        # A style for all 16,384 columns is common.
        yield from range(int(first), min(int(last), MAX_COLUMNS) + 1)


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _is_below_sight(text: str | None) -> bool:
    if text is None:
        return False
    try:
        return float(text) < MIN_HEIGHT
    except ValueError:
        return False
