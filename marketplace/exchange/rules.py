"""What is done with lists: reading and checking them, taking them in, giving them out. The only file that commits.

What files, cells, columns and rows mean stands in the other files of this room.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from marketplace import persistence
from marketplace.accounts.deeds import draft_organisation
from marketplace.accounts.models import Organisation
from marketplace.dictionaries.models import (
    District,
    HitechField,
    chains,
    districts,
    divisions,
    names,
)
from marketplace.errors import Busy, Invalid, MarketError
from marketplace.exchange import sheets, workbooks
from marketplace.exchange.columns import (
    EXAMPLE_MARK,
    SECRET,
    Headers,
    Placed,
    columns,
    number_index,
)
from marketplace.exchange.entries import Holder, holder, is_secret, values
from marketplace.exchange.vocabularies import Vocabulary, vocabularies
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep, writing
from marketplace.listings.life import ENDED
from marketplace.listings.models import (
    KIND_NAMES,
    LISTINGS,
    Achievement,
    Demand,
    key_of,
)
from marketplace.parsing import ParseError
from marketplace.parsing.text import cell_text
from marketplace.permissions import require

log = structlog.get_logger(__name__)
MAX_ROWS = 50_000
BATCH = 500  # rows compared and written at a time
KEYS = 400  # values in one IN list: below every database's limit of bound parameters
SHOWN = 60  # characters of a bad cell that are repeated to the reader

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or what was done with it that a reader would not expect.

    Attributes:
        row: row number as the spreadsheet program shows it; 0 where it is of the whole list.
        column: letter of the column; empty where the problem is of the whole row.
        header: header of the column as it stands in the sheet.
        value: content of the cell, shortened.
        message: what is wrong, in Chinese.
        allowed: what may stand there, in Chinese.
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
        row = f"第 {self.row} 行" if self.row else ""
        column = f" {self.column} 列" if self.column else ""
        return f"{row}{column}{f'「{self.header}」' if self.header else ''}".strip()


@dataclass(frozen=True)
class Entry:
    """A good row: who holds the listing, and what it says."""

    row: int
    holder: Holder
    title: str
    key: str
    values: dict[str, Any]


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
        notices: what was done that a reader would not expect; these rows are taken all the same.
        remarks: the same about the whole file.
    """

    kind: str
    source: str
    sheet: str = ""
    header_row: int = 0
    rows: int = 0
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Number of rows that cannot be taken."""
        return len({problem.row for problem in self.problems if problem.row})


@dataclass
class Outcome:
    """What taking a list did.

    Attributes:
        new, changed, unchanged: number of listings by what happened to them.
        published: how many of these became public.
        refused: number of rows not taken.
        problems: why, cell by cell (those of the report and those only the database knew).
        notices, remarks: as in the report.
        drafts: rows that stay drafts though they were to be published, with what is missing.
        stopped: strict, and there was a problem: nothing was written.
        dry: nothing was written because nothing was to be.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    drafts: list[Problem] = field(default_factory=list)
    stopped: bool = False
    dry: bool = False

    @property
    def refused(self) -> int:
        """Number of rows not taken."""
        return len({problem.row for problem in self.problems if problem.row})


# --- reading ---------------------------------------------------------------------------------------------------------


def words() -> dict[str, Vocabulary]:
    """Every closed list, the dictionaries as they stand in the database."""
    successors = {}
    for old in db.session.scalars(db.select(District).where(District.successor != "")):
        successors |= {old.code: old.successor, old.name: old.successor}
    return vocabularies(
        districts=districts(),
        successors=successors,
        fields=names(HitechField),
        industries=divisions(),
        chains=chains(),
    )


def read(
    source: str | os.PathLike[str] | BinaryIO,
    kind: str,
    *,
    name: str = "",
    defaults: Mapping[str, Any] | None = None,
    max_rows: int = MAX_ROWS,
    max_bytes: int = sheets.MAX_BYTES,
    progress: Progress | None = None,
) -> Report:
    """Read a list and check every cell of it. Nothing is written, and rows of the database are not looked at.

    Args:
        source: path, or a seekable binary file.
        kind: `achievement` or `demand`.
        name: file name, where `source` does not tell it.
        defaults: header → what fills its empty cells, or the whole column where the sheet has none.
        max_rows: largest number of rows read.
        max_bytes: largest size read.
        progress: told (rows done, 0) now and then; how many there are is only known at the end.

    Raises:
        Invalid: the file cannot be read at all, or a default makes no sense, with one sentence on why.
    """
    known = words()
    headers = Headers(kind, known)
    filled = _defaults(headers, defaults or {})
    report = Report(
        kind,
        name or (Path(source).name if isinstance(source, str | os.PathLike) else ""),
    )
    try:
        with sheets.opened(
            source, headers.recognise, name=name, max_bytes=max_bytes
        ) as table:
            report.sheet, report.header_row, report.remarks = (
                table.sheet,
                table.header.number,
                table.remarks,
            )
            placed, unknown = headers.place(table.header.cells)
            if unknown:
                listed = "、".join(
                    f"{text[:SHOWN]}（{sheets.letter(index)} 列）"
                    for index, text in unknown[:20]
                )
                report.remarks.append(f"这些列没有对应的栏目，没有导入：{listed}。")
            reader = _Reader(report, placed, filled, number_index(table.header.cells))
            for line in table.lines:
                if report.rows >= max_rows:
                    message = f"超过 {max_rows} 行，没有导入。"
                    raise Invalid(message, f"请分成几份，每份不超过 {max_rows} 行。")
                reader.take(line)
                if progress and not report.rows % BATCH:
                    progress(report.rows, 0)
    except Invalid as error:
        if "header" in error.problems:
            raise _no_header(kind, known, error) from None
        raise
    if not report.rows:
        raise Invalid(
            "只有表头，没有数据行。", "请在表头下面填写内容；标着「示例」的一行不算。"
        )
    return report


def _no_header(kind: str, known: Mapping[str, Vocabulary], error: Invalid) -> Invalid:
    shown = [column.name for column in columns(kind, known) if column.needed]
    message = f"{error.message}要找的列有：{'、'.join(shown)}。"
    return Invalid(
        message,
        f"「{shown[0]}」列必须有，另外至少要有一列；可以用 flask listings template 生成空白表。",
    )


def _defaults(
    headers: Headers, given: Mapping[str, Any]
) -> dict[str, tuple[Placed, Any]]:
    """Column key → what its empty cells are read as."""
    filled = {}
    for header, value in given.items():
        column = headers.find(header)
        if column is None:
            message = f"没有名为「{header}」的列。"
            raise Invalid(
                message, f"可用的列：{'、'.join(c.name for c in headers.columns)}。"
            )
        try:
            filled[column.key] = (
                Placed(-1, column.name, column, column.read),
                column.read(value),
            )
        except ParseError as error:
            raise Invalid(
                f"「{header}」的默认值不对：{error.message}", error.allowed
            ) from None
    return filled


class _Reader:
    """Reads the rows of one sheet into its report."""

    def __init__(
        self,
        report: Report,
        placed: Sequence[Placed],
        filled: Mapping[str, tuple[Placed, Any]],
        number: int | None,
    ) -> None:
        self.report = report
        self.placed = list(placed)
        self.filled = filled
        self.absent = {
            key: value
            for key, (_, value) in filled.items()
            if key not in {p.column.key for p in placed}
        }
        self.number = number
        self.header = tuple(one.header for one in placed)
        self.seen: dict[tuple[str, str], int] = {}
        self.headers = {
            one.column.key: one
            for one in (*(one for one, _ in filled.values()), *placed)
        }

    def take(self, line: sheets.Line) -> None:
        """Read one row: an entry, or problems. Rows of no listing are passed over."""
        shown = [
            line.cells[one.index] if one.index < len(line.cells) else None
            for one in self.placed
        ]
        if not any(cell is not None and str(cell).strip() for cell in shown):
            return  # a footer, or a running number alone
        number = (
            line.cells[self.number]
            if self.number is not None and self.number < len(line.cells)
            else None
        )
        if str(number).strip().startswith(EXAMPLE_MARK):
            return
        if tuple(str(cell).strip() for cell in shown) == self.header:
            return  # the header again, as long lists repeat it on each page
        self.report.rows += 1
        before = len(self.report.problems)
        raws = {
            one.column.key: cell for one, cell in zip(self.placed, shown, strict=True)
        }
        found: dict[str, Any] = {}
        if is_secret(shown):
            self._complain(line.number, raws, "title", SECRET, quiet=True)
            return
        for one in self.placed:
            key = one.column.key
            try:
                value = one.read(raws[key])
            except ParseError as error:
                self._complain(line.number, raws, key, error, quiet=error is SECRET)
                continue
            if value in (None, "", ([], [])) and key in self.filled:
                value = self.filled[key][1]
            if value not in (None, "", ([], [])):
                found[key] = value
        found |= {key: value for key, value in self.absent.items() if value is not None}
        self._required(line.number, raws, found)
        complain = partial(self._complain, line.number, raws)
        given = values(
            self.report.kind, found, complain, partial(self._remark, line.number, raws)
        )
        if len(self.report.problems) > before:
            return
        entry = Entry(
            line.number, holder(found), given["title"], key_of(given["title"]), given
        )
        first = self.seen.setdefault((entry.holder.key, entry.key), line.number)
        if first != line.number:
            message = f"与第 {first} 行是同一单位的同名{KIND_NAMES[self.report.kind]}，只取前面一行。"
            complain(
                "title", ParseError(message, "删去重复的一行，或者改成不同的名称。")
            )
            return
        self.report.entries.append(entry)

    def _required(
        self, row: int, raws: Mapping[str, Any], found: Mapping[str, Any]
    ) -> None:
        """Name and owner: without them not even a draft can be kept."""
        told = {
            problem.header for problem in self.report.problems if problem.row == row
        }
        organisation = "lead" if found.get("lead") else "organisations"
        for key, label in (("title", "名称"), (organisation, "单位")):
            header = self.headers[key].header if key in self.headers else label
            if header in told:
                continue
            if not found.get(key):
                self._complain(
                    row, raws, key, ParseError(f"没有填写{label}。", "这一格不能为空。")
                )
            else:
                name = found[key][0] if isinstance(found[key], list) else found[key]
                if not key_of(name):
                    self._complain(
                        row,
                        raws,
                        key,
                        ParseError(f"{label}里没有文字。", "不能只有标点符号。"),
                    )

    def _complain(
        self,
        row: int,
        raws: Mapping[str, Any],
        key: str,
        error: ParseError,
        *,
        quiet: bool = False,
    ) -> None:
        self.report.problems.append(
            self._problem(row, raws, key, error.message, error.allowed, quiet=quiet)
        )

    def _remark(
        self, row: int, raws: Mapping[str, Any], key: str, message: str
    ) -> None:
        self.report.notices.append(self._problem(row, raws, key, message, ""))

    def _problem(
        self,
        row: int,
        raws: Mapping[str, Any],
        key: str,
        message: str,
        allowed: str,
        *,
        quiet: bool = False,
    ) -> Problem:
        one = self.headers.get(key)
        column = sheets.letter(one.index) if one is not None and one.index >= 0 else ""
        value = "" if quiet else _shown(raws.get(key))
        return Problem(
            row, column, one.header if one is not None else "", value, message, allowed
        )


def _shown(raw: Any) -> str:
    try:
        plain = " ".join(cell_text(raw).split())
    except ParseError:
        plain = str(raw)
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…"


# --- taking in -------------------------------------------------------------------------------------------------------


def take(
    report: Report,
    *,
    by: Any,
    strict: bool = False,
    publish: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Take the good rows of a list into the catalogue, in one transaction, and bring the index in step.

    A listing of the same organisation and title is the same one: where nothing differs it is passed over, else it is
    changed, if it is a draft, returned or published. A cell that is empty leaves what is there as it is.

    Args:
        report: what `read` gave.
        by: the acting person; None from the command line.
        strict: take nothing if there is any problem.
        publish: an operator's own list: rows that are complete are published, and their organisations vouched for.
        dry_run: go through everything and then take it all back.
        progress: told (rows done, rows in all) after each batch.

    Raises:
        NotAllowed.
        Invalid: somebody else added the same listings at the same moment; nothing was written.
        Stale: somebody else kept the database busy; nothing was written.
    """
    require(by, "listing.import")
    if publish:
        require(by, "listing.review")
    outcome = Outcome(
        dry=dry_run, notices=list(report.notices), remarks=list(report.remarks)
    )
    outcome.problems = list(report.problems)
    if strict and outcome.problems:
        outcome.stopped = True
        return outcome
    try:
        persistence.begin_write()
        with db.session.no_autoflush:
            _take(report, outcome, by=by, publish=publish, progress=progress)
    except IntegrityError as error:
        db.session.rollback()
        if "title" not in str(error.orig):
            raise
        raise Invalid(
            "同一时刻有别人加入了同名的内容，这次没有写入。", "请再导入一次。"
        ) from None
    except Busy:
        raise Busy(
            "同一时刻有别人在保存，这份清单没有写入。", "请再导入一次。"
        ) from None
    except BaseException:
        db.session.rollback()
        raise
    outcome.problems.sort(key=lambda problem: (problem.row, problem.column))
    if strict and outcome.problems:
        outcome = Outcome(
            problems=outcome.problems,
            notices=outcome.notices,
            remarks=outcome.remarks,
            stopped=True,
        )
    if dry_run or outcome.stopped:
        db.session.rollback()
        return outcome
    db.session.commit()
    if outcome.new or outcome.changed or outcome.published:
        try:
            upkeep.index_sync()
        except OperationalError as error:  # another writer was first: what is dirty stays dirty, and is found later
            db.session.rollback()
            log.warning("index_behind", kind=report.kind, reason=str(error.orig))
            outcome.remarks.append("内容已经写入，检索稍后才能找到它们。")
    return outcome


def _take(
    report: Report,
    outcome: Outcome,
    *,
    by: Any,
    publish: bool,
    progress: Progress | None,
) -> None:
    owners = _owners(report.entries, outcome, publish=publish)
    entries = _distinct(
        [entry for entry in report.entries if entry.holder in owners], owners, outcome
    )
    known = _known(report.kind, {owner.id for owner in owners.values()})
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        ids = [known.get((owners[entry.holder].id, entry.key)) for entry in batch]
        rows = _rows(
            report.kind, [listing_id for listing_id in ids if listing_id is not None]
        )
        fresh = [
            entry
            for entry, listing_id in zip(batch, ids, strict=True)
            if listing_id is None
        ]
        drafts = [(owners[entry.holder], entry.values) for entry in fresh]
        written = listing_deeds.create_many(report.kind, drafts, by=by)
        outcome.new += len(written)
        ready = list(zip(fresh, written, strict=True))
        for entry, listing_id in zip(batch, ids, strict=True):
            if listing_id is not None and _change(
                rows[listing_id], entry, outcome, by=by
            ):
                ready.append((entry, rows[listing_id]))
        if publish:
            for entry, row in ready:
                _publish(row, entry, outcome, by=by)
        db.session.flush()
        if progress:
            progress(min(start + BATCH, len(entries)), len(entries))


def _distinct(
    entries: Iterable[Entry], owners: Mapping[Holder, Organisation], outcome: Outcome
) -> list[Entry]:
    """The rows without those that turn out to be twins: two names of one organisation, known by its code."""
    seen: dict[tuple[int, str], int] = {}
    kept = []
    for entry in entries:
        first = seen.setdefault((owners[entry.holder].id, entry.key), entry.row)
        if first == entry.row:
            kept.append(entry)
        else:
            message = f"与第 {first} 行是同一单位（统一社会信用代码相同）的同名内容，只取前面一行。"
            outcome.problems.append(
                Problem(entry.row, "", "", entry.title, message, "删去重复的一行。")
            )
    return kept


def _owners(
    entries: Iterable[Entry], outcome: Outcome, *, publish: bool
) -> dict[Holder, Organisation]:
    """The organisation of each holder, found or added; rows of a holder that cannot be are refused."""
    rows: dict[Holder, list[int]] = {}
    for entry in entries:
        rows.setdefault(entry.holder, []).append(entry.row)
    found = _organisations(rows)
    owners: dict[Holder, Organisation] = {}
    for one in rows:
        owner = found.get(one.uscc or "") or found.get(one.key)
        lacking = (
            owner is None
            or (publish and owner.verified_at is None)
            or (one.district and not owner.district_code)
        )
        if lacking or (one.uscc and owner.uscc != one.uscc):
            try:
                owner = draft_organisation(
                    one.name,
                    kind=one.kind,
                    uscc=one.uscc,
                    district_code=one.district,
                    verified=publish,
                )
            except Invalid as error:
                problem = Problem(0, "", "", one.name, error.message, error.advice)
                outcome.problems.extend(_of_row(problem, row) for row in rows[one])
                continue
            found[owner.name_key] = owner
            if owner.uscc:
                found[owner.uscc] = owner
        owners[one] = owner
    db.session.flush()
    return owners


def _of_row(problem: Problem, row: int) -> Problem:
    return Problem(
        row,
        problem.column,
        problem.header,
        problem.value,
        problem.message,
        problem.allowed,
    )


def _organisations(holders: Iterable[Holder]) -> dict[str, Organisation]:
    """The organisations that are there already, by code and by name key."""
    found: dict[str, Organisation] = {}
    holders = list(holders)
    for column, keys in (
        (Organisation.name_key, {one.key for one in holders}),
        (Organisation.uscc, {one.uscc for one in holders if one.uscc}),
    ):
        for some in _portions(sorted(keys)):
            for row in db.session.scalars(
                db.select(Organisation).where(column.in_(some))
            ):
                found |= {row.name_key: row} | ({row.uscc: row} if row.uscc else {})
    return found


def _known(kind: str, owners: Iterable[int]) -> dict[tuple[int, str], int]:
    """(organisation, title key) → id of the living listings of these organisations."""
    table = LISTINGS[kind]
    found = {}
    for some in _portions(sorted(owners)):
        query = db.select(table.organisation_id, table.title_key, table.id).where(
            table.organisation_id.in_(some), table.state.not_in(ENDED)
        )
        found |= {
            (owner, key): listing_id
            for owner, key, listing_id in db.session.execute(query)
        }
    return found


def _rows(kind: str, ids: Sequence[int]) -> dict[int, Achievement | Demand]:
    table = LISTINGS[kind]
    found = {}
    for some in _portions(ids):
        found |= {
            row.id: row
            for row in db.session.scalars(db.select(table).where(table.id.in_(some)))
        }
    return found


def _portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), KEYS):
        yield values[start : start + KEYS]


def _change(
    row: Achievement | Demand, entry: Entry, outcome: Outcome, *, by: Any
) -> bool:
    """Bring a listing to what its row says; False where it could not be."""
    given = _merged(row, entry.values)
    if not writing.changed_values(row, given):
        outcome.unchanged += 1
        return True
    if not row.life.can(row.state, "edit"):
        message = f"平台上已有这一条（编号 {row.id}），状态是「{row.state_name}」，现在不能修改。"
        outcome.problems.append(
            Problem(
                entry.row,
                "",
                "",
                entry.title,
                message,
                "等它回到草稿或已发布状态后再导入。",
            )
        )
        return False
    try:
        with db.session.begin_nested():
            listing_deeds.save(row, given, by=by, seen=row.revision, commit=False)
    except (MarketError, IntegrityError) as error:
        missing = [
            text for texts in getattr(error, "problems", {}).values() for text in texts
        ]
        reason = getattr(error, "message", "与已有的内容合在一起不符合要求。")
        message = f"平台上已有这一条（编号 {row.id}），{reason}"
        outcome.problems.append(
            Problem(entry.row, "", "", entry.title, message, "".join(missing))
        )
        return False
    outcome.changed += 1
    return True


# What tells whether two child rows are about the same thing.
_IDENTITY = {
    "contributors": ("name",),
    "metrics": ("name",),
    "co_owners": ("name",),
    "ips": ("ip_type",),
}


def _merged(row: Achievement | Demand, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row, where child rows keep what a list has no column for (test method, pledge, position)."""
    merged = dict(given)
    for name, identity in _IDENTITY.items():
        if name not in given:
            continue
        there = getattr(row, name)
        same = len(there) == len(given[name]) and all(
            getattr(old, key) == new.get(key)
            for old, new in zip(there, given[name], strict=True)
            for key in identity
        )
        if same:
            merged[name] = [
                _kept(old) | new for old, new in zip(there, given[name], strict=True)
            ]
    return merged


def _kept(child: Any) -> dict[str, Any]:
    left = {"id", "achievement_id", "demand_id", "position"}
    return {
        c.key: getattr(child, c.key)
        for c in child.__table__.columns
        if c.key not in left
    }


def _publish(
    row: Achievement | Demand, entry: Entry, outcome: Outcome, *, by: Any
) -> None:
    if row.state != "draft":
        return
    try:
        listing_deeds.publish_imported(row, by=by)
    except Invalid as error:
        missing = "".join(text for texts in error.problems.values() for text in texts)
        outcome.drafts.append(
            Problem(entry.row, "", "", entry.title, "内容不全，存为草稿。", missing)
        )
    else:
        outcome.published += 1


# --- giving out ------------------------------------------------------------------------------------------------------


def for_export(
    kind: str, *, by: Any, everything: bool = False
) -> Iterator[Achievement | Demand]:
    """The listings of a kind in order of id, read in batches.

    Args:
        kind: `achievement` or `demand`.
        by: who will read the list.
        everything: drafts and ended ones too, as far as `by` may open them; else what `by` may find.
    """
    table = LISTINGS[kind]
    seen = table.visible_to(by) if everything else table.found_by(by)
    last = 0
    while True:
        query = (
            db.select(table)
            .where(seen, table.id > last)
            .order_by(table.id)
            .limit(BATCH)
        )
        rows = list(db.session.scalars(query))
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id


def workbook(kind: str, rows: Iterable[Achievement | Demand], *, by: Any) -> bytes:
    """An .xlsx file of listings that `by` sees on a page, with no more in it than that page would show.

    Reading it with `read` and taking it changes nothing of listings that were written in full.

    Args:
        kind: `achievement` or `demand`.
        rows: the listings, as the page has found them.
        by: the reader; None for the site itself.
    """
    require(by, "listing.export")
    return workbooks.listing(kind, rows, by, words())


def template(kind: str) -> bytes:
    """The blank .xlsx form of a kind of list, with drop-downs, help and an example row that is not read."""
    return workbooks.form(kind, words())
