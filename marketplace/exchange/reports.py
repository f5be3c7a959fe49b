"""What is said about a list: its good rows, what is wrong with the others, and what an import did.

Reports are filled in `importing.py` (nothing written yet) and `deeds.py`; commands and pages print them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from marketplace.exchange.headers import PlacedColumn
from marketplace.listings.schema.owners import NamedOwner

# Takes rows done and rows in all, now and then; the second is 0 where it is not known yet.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or what was done with it that a reader would not expect.

    Attributes:
        row: row number as the spreadsheet program shows it; 0 where it is about the whole list.
        column: letter of the column; empty where it is about the whole row.
        header: header of the column as it is in the sheet.
        value: content of the cell, shortened.
        message: what is wrong, in Chinese.
        allowed: what may be written instead, in Chinese.
    """

    row: int
    column: str
    header: str
    value: str
    message: str
    allowed: str = ""

    @property
    def place(self) -> str:
        """Where it is, as a person would say it: 第 5 行 H 列「预期价格」."""
        parts = []
        if self.row:
            parts.append(f"第 {self.row} 行")
        if self.column:
            parts.append(f" {self.column} 列")
        if self.header:
            parts.append(f"「{self.header}」")
        return "".join(parts).strip()


@dataclass(frozen=True)
class Entry:
    """A good row: who owns the listing, and what it says.

    Attributes:
        row: row number as the spreadsheet program shows it.
        owner: the organisation that the row names.
        title: name of the listing.
        key: what spellings of the title share (`organisations.models.key_of`).
        values: field → value, as `listings.deeds.create` takes them.
        is_draft: a cell could not be understood and was left out, so it is not published.
        author: whom the row names as its author, as written; empty where it names nobody.
    """

    row: int
    owner: NamedOwner
    title: str
    key: str
    values: dict[str, Any]
    is_draft: bool = False
    author: str = ""

    def problem(self, message: str, allowed: str = "") -> Problem:
        """A problem of the whole row; its title says which one it is."""
        return Problem(self.row, "", "", self.title, message, allowed)


@dataclass(frozen=True)
class Line:
    """A row that is meant to be a listing, as it was read, good or bad.

    Attributes:
        row: row number as the spreadsheet program shows it.
        raws: column → its cell as it is.
        layout: index of its columns in `Report.layouts`.
        marks: what columns about the row say: `origin`, `author` (see `importing.MARKS`).
    """

    row: int
    raws: dict[str, Any]
    layout: int
    marks: dict[str, str]


@dataclass
class Report:
    """What a file holds, checked without writing anything.

    Attributes:
        kind: `achievement` or `demand`.
        source: name of the file.
        sheet: name of the sheet read; empty for text files.
        header_row: number of the header row.
        rows: number of rows that hold a listing, good or bad.
        entries: the good ones.
        problems: what is wrong, cell by cell; every row named here is refused.
        notices: what was done that a reader would not expect; these rows are imported all the same.
        drafts: cells that were left out, so that their listings are no more than drafts.
        skipped: what rows are that hold no listing → their numbers.
        remarks: the same about the whole file.
        layouts: the columns of its tables, one after the other.
        lines: every row as it was read; None where nobody wants them.
    """

    kind: str
    source: str
    sheet: str = ""
    header_row: int = 0
    rows: int = 0
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    drafts: list[Problem] = field(default_factory=list)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    layouts: list[list[PlacedColumn]] = field(default_factory=list)
    lines: list[Line] | None = None

    @property
    def refused(self) -> int:
        """Number of rows that cannot be imported."""
        return _count_rows(self.problems)

    def add_remarks(self, *remarks: str) -> None:
        """Say something of the whole file, once: a sheet with a table for each county repeats its header."""
        for remark in remarks:
            if remark not in self.remarks:
                self.remarks.append(remark)

    def skip(self, kind: str, number: int, text: str) -> None:
        """Put down that a row holds no listing.

        Args:
            kind: what it is, in Chinese.
            number: its number.
            text: what it says, shortened; empty where that is of no interest.
        """
        # By kind: for a list with a footer on each page one remark names all of them.
        self.skipped.setdefault(kind, []).append(number)
        if text:
            message = f"这一行是{kind}，不是清单内容，没有导入。"
            advice = "是清单内容的话，请把名称和单位等栏目填全，再导入一次。"
            self.notices.append(Problem(number, "", "", text, message, advice))


@dataclass
class Outcome:
    """What importing a list did.

    Attributes:
        new, changed, unchanged: number of listings by what happened to them.
        published: how many of these became public.
        expired: how many were public, and are over by what the list says.
        problems: why rows were refused, cell by cell (those of the report and those only the database knew).
        notices, remarks: as in the report.
        drafts: cells left out, and rows that stay drafts though they were to be published, with what is missing.
        stopped: strict, and there was a problem: nothing was written.
        dry: nothing was written because nothing was to be.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    expired: int = 0
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    drafts: list[Problem] = field(default_factory=list)
    stopped: bool = False
    dry: bool = False

    @property
    def refused(self) -> int:
        """Number of rows not imported."""
        return _count_rows(self.problems)


def _count_rows(problems: Iterable[Problem]) -> int:
    """How many rows have problems; those of the whole list have no row."""
    # Rows and not problems: a row with five bad cells is one row that is not imported.
    return len({problem.row for problem in problems if problem.row})
