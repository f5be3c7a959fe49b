"""A list of organisations read and checked, row by row, without writing anything: file → report.

How files and headers are read is that of the other lists; organisations are entered in `organisations.list_deeds`.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.checking import problem_at, shorten_cell
from marketplace.exchange.headers import TITLE, Headers, PlacedColumn
from marketplace.exchange.importing import MAX_ROWS, refuse_too_many
from marketplace.exchange.organisation_columns import (
    COLUMNS,
    OrganisationColumn,
    OrganisationSchema,
)
from marketplace.exchange.remarks import describe_header, list_rows
from marketplace.exchange.reports import Outcome, Problem, Report
from marketplace.exchange.row_kinds import HEADER, SECTION, RowKinds
from marketplace.exchange.rows import OpenSheet, SheetRow
from marketplace.exchange.screening import RowScreen
from marketplace.listings.schema.choices import SECRET
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.owners import guess_kind
from marketplace.organisations.list_deeds import ListedOrganisation, enter_list
from marketplace.organisations.models import key_of
from marketplace.parsing import ParseError
from marketplace.parsing.organisation_marks import stands_alone
from marketplace.parsing.text import cell_text
from marketplace.permissions import Reader

ORGANISATION = "organisation"  # what a report of such a list is of
# 市场主体 registered by 市场监管部门: whatever their name says, they are firms (GB 32100-2015, first two characters).
FIRM_CODES = ("91", "92", "93")
# 一、聊城大学 and （二）聊城大学 head a part of a list.
NUMBERED = re.compile(r"\W*[一二三四五六七八九十\d]{1,3}\W|第[一二三四五六七八九十\d]+")


@dataclass
class OrganisationReport(Report):
    """What a list of organisations says; `bodies` in place of `entries`."""

    bodies: list[ListedOrganisation] = field(default_factory=list)


def parse_organisations(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    name: str = "",
    max_rows: int = MAX_ROWS,
    max_bytes: int = sheets.MAX_BYTES,
) -> OrganisationReport:
    """Read a list of organisations and check every row of it. Nothing is written.

    Args:
        source: path, or a seekable binary file.
        name: file name, where `source` does not give it.
        max_rows: largest number of rows read.
        max_bytes: largest size read.

    Raises:
        Invalid: the file cannot be read at all, with one sentence on why.
    """
    headers = Headers(OrganisationSchema())
    if not name and isinstance(source, str | os.PathLike):
        name = Path(source).name
    report = OrganisationReport(ORGANISATION, name)
    try:
        with sheets.open_sheet(
            source, headers, name=name, max_bytes=max_bytes
        ) as sheet:
            reader = _OrganisationReader(report, sheet, headers)
            for row in sheet.rows:
                reader.read_row(row)
                refuse_too_many(report, max_rows)
            reader.finish()
    except Invalid as error:
        if "header" in error.problems:
            needed = "、".join(column.header for column in COLUMNS)
            raise Invalid(
                f"{error.message}能读的列有：{needed}。",
                "「单位名称」列必须有，另外至少要有一列，最好是「统一社会信用代码」。",
            ) from None
        raise
    if not report.rows:
        raise Invalid("只有表头，没有数据行。", "请在表头下面填写内容。")
    return report


def enter_report(
    report: OrganisationReport,
    *,
    by: Reader | None,
    strict: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Enter what a list says, and put what became of each row beside what was read.

    Args:
        report: what `parse_organisations` gave.
        by: the acting person; None from the command line.
        strict: take nothing if there is any problem.
        dry_run: go through everything and take it all back.

    Raises:
        NotAllowed, Busy, Stale.
    """
    outcome = Outcome(
        problems=list(report.problems),
        notices=list(report.notices),
        remarks=list(report.remarks),
        dry=dry_run,
    )
    # Before the database is queried: what cannot be read refuses a strict list at once.
    if strict and outcome.problems:
        outcome.stopped = True
        return outcome
    fates = enter_list(report.bodies, by=by, strict=strict, dry_run=dry_run)
    results = Counter(fate.result for fate in fates)
    outcome.new, outcome.changed = results["new"], results["changed"]
    outcome.unchanged = results["unchanged"]
    for fate in fates:
        # What an accepted row lacks is a notice; only a refused one counts as not entered.
        into = outcome.problems if fate.result == "refused" else outcome.notices
        for remark in fate.remarks:
            into.append(Problem(fate.row, "", "", fate.name, remark))
    outcome.stopped = strict and bool(results["refused"])
    for said in (outcome.problems, outcome.notices):
        said.sort(key=lambda problem: problem.row)
    return outcome


class _OrganisationReader:
    """Reads the rows of one sheet into its report.

    Args:
        report: takes bodies, problems and notices.
        sheet: the sheet, at its header.
        headers: those of such lists.
    """

    def __init__(
        self, report: OrganisationReport, sheet: OpenSheet, headers: Headers
    ) -> None:
        self.report = report
        self.sheet = sheet
        self.headers = headers
        self.row_kinds = RowKinds(headers)
        self.screen = RowScreen(report, sheet, self.row_kinds)
        self.dictionaries = Dictionaries()
        self.headers_below: list[int] = []
        self.guessed: list[int] = []
        report.sheet = sheet.name
        report.header_row = sheet.header.number
        report.remarks = sheet.remarks
        self._place_columns(sheet.header)

    def read_row(self, row: SheetRow) -> None:
        """Read one row: an organisation, or problems; rows of none are passed over and named at the end."""
        if row.number <= self.screen.header_number or self._is_header(row):
            return
        kind = self.screen.kind_of(row)
        # In a list of names a name alone in its row is a row, where other lists would take it for a heading.
        if kind and not (kind == SECTION and self._is_name_alone(row)):
            self.screen.skip(row, kind)
            return
        if not self.screen.admits(row):
            return
        self.report.rows += 1
        self._read_cells(row)

    def finish(self) -> None:
        """Refuse what contradicts itself within the list, and say what was done with it as a whole."""
        # Only at the end: which of two rows is wrong is not known when the first is read.
        _refuse_doubles(self)
        remarks = self.report.remarks
        if self.guessed:
            remarks.append(
                f"有 {len(self.guessed)} 行没有写明单位类型，按代码和名称判断，导入后可以在核验时改。"
            )
        remarks += self.screen.remarks(self.headers_below)

    def refuse_bodies(
        self, refused: Mapping[int, tuple[ListedOrganisation, str, str]]
    ) -> None:
        """Refuse rows that were read well, and take them out.

        Args:
            refused: number of a row → its organisation, the column, and why.
        """
        # In one go: taken out one by one, 25,000 of 50,000 rows took minutes.
        bodies = self.report.bodies
        self.report.bodies = [body for body in bodies if body.row not in refused]
        for number in sorted(refused):
            body, key, message = refused[number]
            self._refuse(number, key, body.name, ParseError(message, ""))

    def _place_columns(self, header: SheetRow) -> None:
        self.header_cells = tuple(header.cells)
        read = self.headers.read_header(header.cells)
        self.placed = read.placed
        self.columns = {one.column.name: one for one in read.placed}
        self.title_index = self.columns[TITLE].index if TITLE in self.columns else None
        # No owners: the title of such a list is the organisation itself.
        self.screen.place(
            header,
            [one.index for one in read.placed],
            title=self.title_index,
            owners=(),
        )
        remarks = describe_header(read, self.sheet.hidden_columns)
        self.report.add_remarks(*remarks)

    def _is_header(self, row: SheetRow) -> bool:
        """Whether a row begins another table of the sheet; its columns are placed by it then."""
        if not self.headers.is_header_row(row.cells):
            return False
        if tuple(row.cells) == self.header_cells:
            self.report.skip(HEADER, row.number, "")
        else:
            self.headers_below.append(row.number)
        self._place_columns(row)
        return True

    def _is_name_alone(self, row: SheetRow) -> bool:
        """Whether what has the form of a heading is an organisation of which the list knows nothing but the name.

        聊城大学 alone in its row is one; 东昌府区 and 一、聊城大学 head those below them.
        """
        if self.title_index is None or self.title_index >= len(row.cells):
            return False
        text = cell_text(row.cells[self.title_index])
        return bool(text) and stands_alone(text) and not NUMBERED.match(text)

    def _read_cells(self, row: SheetRow) -> None:
        values: dict[str, Any] = {}
        is_refused = False
        left_out = []
        for placed in self.placed:
            name, raw = placed.column.name, placed.cell_of(row.cells)
            try:
                value = placed.read_cell(raw, self.dictionaries)
            except ParseError as error:
                # The other cells are read all the same, so that one pass names everything that is wrong.
                if _is_identity(placed):
                    self._refuse(row.number, name, raw, error)
                    is_refused = True
                else:
                    message = f"{error.message}这一格没有导入。"
                    left_out.append(
                        self._problem(row.number, name, raw, message, error.allowed)
                    )
                continue
            if value is not None:
                values[name] = value
        if TITLE not in values:
            if not is_refused:
                missing = ParseError("没有填写单位名称。", "这一格不能为空。")
                self._refuse(row.number, TITLE, "", missing)
            is_refused = True
        self.report.notices += left_out
        if is_refused:
            return
        self.report.bodies.append(self._body_of(row.number, values))

    def _body_of(self, number: int, values: Mapping[str, Any]) -> ListedOrganisation:
        names = values[TITLE]
        for remark in getattr(names, "remarks", ()):
            problem = self._problem(number, TITLE, names[0], remark, "")
            self.report.notices.append(problem)
        name, code = names[0], values.get("uscc")
        kind = values.get("kind", "")
        # A guess is corrected at the verification, so the reader learns how many there are.
        if not kind:
            self.guessed.append(number)
        rest = {
            key: value for key, value in values.items() if key not in (TITLE, "kind")
        }
        return ListedOrganisation(
            row=number,
            name=name,
            kind=kind or _kind_of(name, code),
            kind_is_written=bool(kind),
            **rest,
        )

    def _refuse(self, number: int, key: str, raw: Any, error: ParseError) -> None:
        # The word that gives a state secret away is not repeated, as reports are sent around.
        shown = "" if error is SECRET else raw
        problem = self._problem(number, key, shown, error.message, error.allowed)
        self.report.problems.append(problem)

    def _problem(
        self, number: int, key: str, raw: Any, message: str, allowed: str
    ) -> Problem:
        value = shorten_cell(raw) if raw not in (None, "") else ""
        return problem_at(self.columns.get(key), number, value, message, allowed)


def _is_identity(placed: PlacedColumn) -> bool:
    column = placed.column
    return isinstance(column, OrganisationColumn) and column.is_identity


def _kind_of(name: str, code: str | None) -> str:
    """The kind that a code, else a name implies."""
    # The code is given by a register, the name is chosen: 某某研究院有限公司 is a firm.
    if code and code.startswith(FIRM_CODES):
        return "firm"
    return guess_kind(name)


def _refuse_doubles(reader: _OrganisationReader) -> None:
    """Refuse rows of one code with different names, or of one name with different codes, all of them, for which one is
    wrong only a person can tell; of rows that say the same the first is taken."""
    # By code and by name, for each of them alone must lead to one organisation.
    by_code: dict[str, list[ListedOrganisation]] = defaultdict(list)
    by_name: dict[str, list[ListedOrganisation]] = defaultdict(list)
    for body in reader.report.bodies:
        by_name[key_of(body.name)].append(body)
        if body.uscc:
            by_code[body.uscc].append(body)
    refused: dict[int, tuple[ListedOrganisation, str, str]] = {}
    for code, rows in by_code.items():
        if len({key_of(body.name) for body in rows}) > 1:
            message = f"{_rows(rows)}的代码都是 {code}，名称不同，都没有导入；请核对哪一行写错了。"
            for body in rows:
                refused[body.row] = (body, "uscc", message)
    for rows in by_name.values():
        if len({body.uscc for body in rows if body.uscc}) > 1:
            message = (
                f"{_rows(rows)}的名称相同，代码不同，都没有导入；请核对哪一行写错了。"
            )
            # A row that was refused for its code keeps that reason, which says more.
            for body in rows:
                refused.setdefault(body.row, (body, "uscc", message))
        for body in rows[1:]:
            message = f"与第 {rows[0].row} 行是同一个单位，只取前面一行。"
            refused.setdefault(body.row, (body, TITLE, message))
    reader.refuse_bodies(refused)


def _rows(bodies: Iterable[ListedOrganisation]) -> str:
    return list_rows([body.row for body in bodies])
