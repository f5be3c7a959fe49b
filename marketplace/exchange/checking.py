"""One row of a list checked, wherever its cells come from: a file, or what somebody has corrected since.

Which column a cell belongs to is known here already (`headers`); files are read in `importing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.exchange import sheets
from marketplace.exchange.headers import TITLE, PlacedColumn
from marketplace.exchange.reports import Entry, Problem, Report
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS, ListingSchema
from marketplace.listings.schema.choices import SECRET
from marketplace.listings.schema.contacts import CONTACT_NAME, CONTACT_PHONE
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.owners import (
    owner_column,
    owner_name,
    owner_of_cells,
)
from marketplace.organisations.models import key_of
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import NamedContact
from marketplace.parsing.secrecy import secret_mark
from marketplace.parsing.text import cell_text
from marketplace.parsing.unnamed import is_unnamed_organisation

MAX_VALUE = 60  # characters of a bad cell or header that are repeated to the reader
MAX_READ = 5_000  # values of cells remembered
MAX_REPEATED = 60  # characters of a cell that may stand in many rows
UNCHANGING = (str, int, Decimal, date, NamedContact, type(None))
# Columns without which a listing would be another one, or be seen by others than it should.
ANONYMOUS = "anonymous"
IP_TYPE = "ips.ip_type"
NEVER_LEFT_OUT = frozenset({TITLE, "uscc", "visibility", ANONYMOUS})


# (column, its unit, the cell) → what it says.
CellMemory = dict[tuple[str, Decimal | None, str], Any]


class RowChecker:
    """Turns the cells of rows into entries, or says what is wrong with them.

    Args:
        report: takes entries, problems, drafts and notices.
        dictionaries: those of this import.
        defaults: column → what its empty cells say.
        memory: what was read of cells that repeat; None begins one.
    """

    def __init__(
        self,
        report: Report,
        dictionaries: Dictionaries,
        defaults: Mapping[str, Any] | None = None,
        memory: CellMemory | None = None,
    ) -> None:
        self.report = report
        self.schema: ListingSchema = SCHEMAS[report.kind]
        self.defaults = defaults or {}
        self.dictionaries = dictionaries
        # Owner and title → the row that says them first: the importer takes two such rows for one listing.
        self.first_rows: dict[tuple[str, str], int] = {}
        # What repeats from row to row is read once: telephones, organisations, stages. Only values that cannot change.
        self._read: CellMemory = {} if memory is None else memory
        self.place([])

    def place(self, placed: Iterable[PlacedColumn]) -> None:
        """Read the rows that follow by these columns."""
        self.placed = list(placed)
        self.columns = _columns_by_name(self.schema, self.placed, self.defaults)

    def check(
        self, number: int, raws: Mapping[str, Any], *, author: str = ""
    ) -> Entry | None:
        """Check one row.

        Args:
            number: its number, as problems name it.
            raws: column → its cell as it is.
            author: whom the row names as its author, as written.

        Returns:
            the entry, which is in the report too; None where the row is refused.
        """
        row_report = RowReport(self.report, number, raws, self.columns)
        if has_secret_mark(raws.values()):
            row_report.report_error(TITLE, SECRET)
            return None
        cells = self._read_cells(raws, row_report)
        self._check_identity(cells, row_report)
        # Also for a row that is refused already: what does not fit together is reported in the same pass.
        values = self.schema.values_of_cells(cells, row_report)
        if row_report.bad_columns:
            # Everything that is wrong with a row is said at once.
            self.report.problems += row_report.left_out
            return None
        entry = Entry(
            number,
            owner_of_cells(self.schema, cells),
            values[TITLE],
            key_of(values[TITLE]),
            values,
            is_draft=bool(row_report.left_out),
            author=author,
        )
        if not self._is_first(entry, row_report):
            return None
        self.report.entries.append(entry)
        self.report.drafts += row_report.left_out
        return entry

    def _read_cells(
        self, raws: Mapping[str, Any], row_report: RowReport
    ) -> dict[str, Any]:
        """Column → what its cell or its default says, without the empty ones."""
        cells = {}
        for placed in self.placed:
            name = placed.column.name
            try:
                value = self._read_cell(placed, raws.get(name))
            except ParseError as error:
                # The other cells are read all the same, so that one pass names everything that is wrong.
                row_report.report_unread(placed.column, error)
                continue
            if value is None:
                value = self.defaults.get(name)
            if value is not None:
                cells[name] = value
        for name, value in self.defaults.items():
            if name not in raws and value is not None:
                cells[name] = value
        rights = [name for name in cells if name.startswith("ips.")]
        if rights == [IP_TYPE] and raws.get(IP_TYPE) in (None, ""):
            # The kind of a right that is not there: it fills the rows that have one.
            del cells[IP_TYPE]
        return cells

    def _read_cell(self, placed: PlacedColumn, raw: Any) -> Any:
        if type(raw) is not str or len(raw) > MAX_REPEATED:
            return placed.read_cell(raw, self.dictionaries)
        key = (placed.column.name, placed.unit, raw)
        if key in self._read:
            return self._read[key]
        value = placed.read_cell(raw, self.dictionaries)
        if len(self._read) < MAX_READ and _cannot_change(value):
            self._read[key] = value
        return value

    def _check_identity(self, cells: Mapping[str, Any], row_report: RowReport) -> None:
        """Check title and owner: without them not even a draft can be stored."""
        owner = owner_column(self.schema, cells).name
        for key, word, text in (
            (TITLE, "名称", cells.get(TITLE)),
            (owner, "单位", owner_name(self.schema, cells)),
        ):
            if key in row_report.bad_columns:
                continue
            if not text:
                row_report.report_error(
                    key, ParseError(f"没有填写{word}。", "这一格不能为空。")
                )
            elif key == owner and is_unnamed_organisation(text):
                # As our own exports write a firm that is not to be named: taken as a name it would become one.
                row_report.report_error(
                    key,
                    ParseError(
                        f"「{text[:MAX_VALUE]}」是隐去的名称，不是单位。",
                        self._advice_of_owner(),
                    ),
                )
            elif not key_of(text):
                row_report.report_error(
                    key, ParseError(f"{word}里没有文字。", "不能只有标点符号。")
                )

    def _advice_of_owner(self) -> str:
        """What to write where an owner is not named; who they are is known to the operators all the same."""
        if ANONYMOUS not in self.schema:
            return "填写单位的全称。"
        label = self.schema[ANONYMOUS].label
        return f"填写单位的全称；不想公开的，在「{label}」列填 是，页面上不显示名称。"

    def _is_first(self, entry: Entry, row_report: RowReport) -> bool:
        """Whether no row before names the same owner and title; a second one is refused."""
        first = self.first_rows.setdefault((entry.owner.key, entry.key), entry.row)
        if first == entry.row:
            return True
        kind = KIND_NAMES[self.report.kind]
        message = f"与第 {first} 行是同一单位的同名{kind}，只取前面一行。"
        row_report.report_error(
            TITLE, ParseError(message, "删去重复的一行，或者改成不同的名称。")
        )
        return False


class RowReport:
    """Takes what is wrong with one row and writes it down with the place of the cell.

    Args:
        report: the report of the list.
        number: number of the row.
        raws: column → its cell as it is.
        columns: column → where it is in the sheet.
    """

    def __init__(
        self,
        report: Report,
        number: int,
        raws: Mapping[str, Any],
        columns: Mapping[str, PlacedColumn],
    ) -> None:
        self.report = report
        self.number = number
        self.raws = raws
        self.columns = columns
        # What is missing is not reported again for a column that could not be read.
        self.bad_columns: set[str] = set()
        # Columns that were left out, so that the listing can be no more than a draft.
        self.left_out: list[Problem] = []

    def report_unread(self, column: ListColumn, error: ParseError) -> None:
        """Say that a cell cannot be understood: the row is refused, or its listing becomes a draft without it."""
        if error is SECRET or not may_be_left_out(column):
            self.report_error(column.name, error)
            return
        value = shorten_cell(self.raws.get(column.name))
        message = f"{error.message}这一格没有导入。"
        self.left_out.append(self._problem(column.name, value, message, error.allowed))

    def report_error(self, key: str, error: ParseError) -> None:
        """Refuse the row for a column."""
        self.bad_columns.add(key)
        # The word that gives a state secret away is not repeated, as reports are sent around.
        value = "" if error is SECRET else shorten_cell(self.raws.get(key))
        problem = self._problem(key, value, error.message, error.allowed)
        self.report.problems.append(problem)

    def report_notice(self, key: str, message: str) -> None:
        """Say what was done with a cell."""
        value = shorten_cell(self.raws.get(key))
        self.report.notices.append(self._problem(key, value, message, ""))

    def _problem(self, key: str, value: str, message: str, allowed: str) -> Problem:
        placed = self.columns.get(key)
        return problem_at(placed, self.number, value, message, allowed)


def _columns_by_name(
    schema: ListingSchema, placed: Iterable[PlacedColumn], defaults: Mapping[str, Any]
) -> dict[str, PlacedColumn]:
    """Column → where it is; one that only has a default is nowhere in the sheet, but has its name."""
    columns = {}
    for column in schema.list_columns:
        if column.name in defaults:
            columns[column.name] = PlacedColumn(-1, column.header, column)
    for one in placed:
        columns[one.column.name] = one
    return columns


def _cannot_change(value: Any) -> bool:
    """Whether rows may share a value: a list, also one inside a tuple, could be changed for one of them."""
    if isinstance(value, tuple):
        return all(map(_cannot_change, value))
    return isinstance(value, UNCHANGING)


def has_secret_mark(raws: Iterable[Any]) -> bool:
    """Whether a cell of the row bears the mark of 国家秘密."""
    return any(isinstance(raw, str) and secret_mark(raw) for raw in raws)


def problem_at(
    placed: PlacedColumn | None, row: int, value: str, message: str, allowed: str
) -> Problem:
    """A problem of a cell; of the whole row where no column is placed. One that was made up has no letter."""
    if placed is None:
        return Problem(row, "", "", value, message, allowed)
    letter = "" if placed.index < 0 else sheets.column_letter(placed.index)
    return Problem(row, letter, placed.header, value, message, allowed)


def shorten_cell(raw: Any) -> str:
    """The content of a cell on one line, as a problem repeats it."""
    try:
        plain = " ".join(cell_text(raw).split())
    except ParseError:
        plain = str(raw)
    if len(plain) > MAX_VALUE:
        return f"{plain[:MAX_VALUE]}…"
    return plain


def may_be_left_out(column: ListColumn) -> bool:
    """Whether a listing can be stored without a cell that cannot be understood.

    Sums are written in many words, and a listing without one is a draft. Without its name and its owner it is none, and
    what decides who sees it is never left to the default.
    """
    if column.name in NEVER_LEFT_OUT or column.holder:
        return False
    if column.unit or not column.is_starred:
        return True
    # Who made it and who is asked can be said later: 登录后可见 in their place is no reason to lose the row.
    return column.name in (CONTACT_NAME, CONTACT_PHONE, "contributors")
