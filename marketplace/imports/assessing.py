"""What each staged row is now: new, changed, the same, in conflict, faulty. Nothing is committed here.

Rows are checked in `exchange`, as the command does; here they are compared with the listings that are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marketplace.errors import Invalid
from marketplace.exchange import queries as exchange_queries
from marketplace.exchange.checking import CellMemory, RowChecker
from marketplace.exchange.reports import Entry, Outcome, Problem, Report
from marketplace.exchange.source_columns import FILLED, LIST
from marketplace.exchange.taking import LISTED, SAME_NAME, changes_of, twin_problem
from marketplace.imports import authors
from marketplace.imports.conflicts import conflicts_of
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.stored_cells import layout_of, unpack_value
from marketplace.lifecycle import History
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.owners import owner_column
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may

# How grave a finding is: the row is refused, it stays a draft, or it is taken all the same.
REFUSED, DRAFT, NOTICE = "refused", "draft", "notice"


def assess_rows(
    list_import: ListImport,
    rows: Iterable[StagedRow],
    *,
    by: Reader | None,
    read: Report | None = None,
    memory: CellMemory | None = None,
) -> dict[int, Entry]:
    """Check staged rows once more by their cells and compare them with the listings as they are now.

    Args:
        list_import: their import.
        rows: in the order of their numbers; twins among them are found, so that all of one title belong together.
        by: who will write them.
        read: what the reader of the file said of these very rows a moment ago; None checks their cells.
        memory: what was read of cells that repeat, for who assesses batch after batch.

    Returns:
        number → the entry of each row that can be taken.
    """
    return _Assessment(list_import, by, read, memory).assess(list(rows))


class _Assessment:
    """One pass over staged rows: from their cells to their states.

    Args:
        list_import: their import.
        by: who will write them.
        read, memory: as of `assess_rows`.
    """

    def __init__(
        self,
        list_import: ListImport,
        by: Reader | None,
        read: Report | None,
        memory: CellMemory | None,
    ) -> None:
        self.list_import = list_import
        self.kind = list_import.listing_kind
        self.by = by
        self.read = read
        # Without a file the report begins empty: what is found is about stored cells.
        self.report = read or Report(self.kind, list_import.file_name)
        dictionaries = Dictionaries()
        defaults = _default_values(list_import, dictionaries)
        self.checker = RowChecker(self.report, dictionaries, defaults, memory)
        self.people = authors.People(list_import.organisation_id)

    def assess(self, rows: Sequence[StagedRow]) -> dict[int, Entry]:
        """Give every row its state."""
        # Written rows say what became of them and are not looked at again.
        wanted = [row for row in rows if row.state != "left_out" and not row.deed]
        entries = self._check_cells(wanted)
        owners = self._owners_of(entries)
        # Before the listings are looked for: what is foreign must not show what is there of somebody else.
        self._refuse_foreign(entries, owners)
        listings = self._listings_of(entries, owners)
        findings = findings_of(self.report)
        changes = {}
        for number, listing in listings.items():
            changes[number] = changes_of(listing, entries[number])
        # Most rows of a list that comes again change nothing: of those no history is read.
        changed = [listings[number] for number, what in changes.items() if what]
        histories = exchange_queries.histories_of(self.kind, changed)
        for row in wanted:
            row.findings = findings.get(row.number, [])
            self._settle(
                row,
                entries.get(row.number),
                listings.get(row.number),
                changes.get(row.number, {}),
                histories,
            )
        return {
            row.number: entries[row.number]
            for row in wanted
            if row.number in entries and row.state in ("new", "changed", "same")
        }

    def _owners_of(self, entries: dict[int, Entry]) -> dict[int, Organisation | None]:
        """Number → the organisation that a row names, None where the site has none; of two in one it is refused."""
        organisations = exchange_queries.organisations_of(
            entry.owner for entry in entries.values()
        )
        owners = {}
        for number, entry in list(entries.items()):
            try:
                owners[number] = exchange_queries.owner_among(
                    entry.owner, organisations
                )
            except Invalid as error:
                name = entry.owner.name
                self.report.problems.append(
                    Problem(number, "", "", name, error.message, error.advice)
                )
                del entries[number]
        return owners

    def _check_cells(self, rows: Sequence[StagedRow]) -> dict[int, Entry]:
        if self.read is not None:
            # Checking a row takes 1 ms; 10,000 of them once more would be ten seconds.
            found = {entry.row: entry for entry in self.read.entries}
            for row in rows:
                if row.number in found:
                    row.owner_name = found[row.number].owner.name[:200]
            return found
        placed: int | None = None
        entries = {}
        # Tables of one file may have other columns; each row is read by those of its own.
        for row in rows:
            if row.layout != placed:
                self.checker.place(layout_of(self.list_import, row))
                placed = row.layout
            raws = {name: unpack_value(cell) for name, cell in row.cells.items()}
            entry = self.checker.check(row.number, raws, author=row.author)
            if entry is not None:
                entries[row.number] = entry
                row.owner_name = entry.owner.name[:200]
        return entries

    def _refuse_foreign(
        self, entries: dict[int, Entry], owners: Mapping[int, Organisation | None]
    ) -> None:
        """Refuse the rows of an organisation's list that are about another one."""
        own = self.list_import.organisation
        if own is None:
            return
        for number, entry in list(entries.items()):
            owner = owners[number]
            if owner is not None and owner.id == own.id:
                continue
            message = f"这一行的单位是「{entry.owner.name}」，不是「{own.name}」。"
            advice = f"改成「{own.name}」；别的单位的请由该单位或平台运营方导入。"
            problem = Problem(number, "", "", entry.owner.name, message, advice)
            self.report.problems.append(problem)
            del entries[number]

    def _listings_of(
        self,
        entries: dict[int, Entry],
        owners: Mapping[int, Organisation | None],
    ) -> dict[int, Achievement | Demand]:
        """Number → the listing that is there already; twins under two names of an organisation are refused."""
        ids = {owner.id for owner in owners.values() if owner is not None}
        living = exchange_queries.living_ids(self.kind, ids)
        # Lists of patents and papers have no titles of ours; there the number tells what is the same.
        numbered: dict[tuple[int, str], int] = {}
        if self.list_import.source != LIST:
            numbered = exchange_queries.numbered_ids(ids)
        first_rows: dict[object, int] = {}
        wanted = {}
        for number, entry in list(entries.items()):
            owner = owners[number]
            if owner is None:
                continue
            listing_id = exchange_queries.same_listing(
                entry, owner.id, living, numbered
            )
            keys = self._keys_of(entry, owner.id, listing_id)
            # The first of them stays; later ones are refused with its number.
            firsts = {key: first_rows.setdefault(key, number) for key in keys}
            first = min(firsts.values())
            if first != number:
                shared = _shared_words(keys[0], firsts, first)
                self.report.problems.append(twin_problem(entry, first, shared))
                del entries[number]
            elif listing_id is not None:
                wanted[number] = listing_id
        listings = exchange_queries.listings_by_id(self.kind, wanted.values())
        return {number: listings[one] for number, one in wanted.items()}

    def _keys_of(
        self, entry: Entry, owner_id: int, listing_id: int | None
    ) -> list[object]:
        """What no two rows of a list may share."""
        keys: list[object] = [(owner_id, entry.key)]
        if listing_id is not None:
            keys.append(listing_id)
        if self.list_import.source != LIST:
            for right in entry.values.get("ips", ()):
                number = exchange_queries.number_key(
                    right.get("number") or "", right.get("name") or ""
                )
                if number:
                    keys.append(number)
        return keys

    def _settle(
        self,
        row: StagedRow,
        entry: Entry | None,
        listing: Achievement | Demand | None,
        changes: Mapping[str, Any],
        histories: Mapping[int, Sequence[History]],
    ) -> None:
        """Give a row its state, by its entry, the listing that is there and what it would change of that."""
        # What was decided counts for the words that were read; they are compared below.
        seen = row.conflicts
        row.conflicts = []
        row.listing_id = None
        if entry is None:
            row.state = "faulty"
            row.choices = {}
            return
        if note := self.people.remark_on(entry.author):
            row.findings = [*row.findings, row_finding(NOTICE, note)]
        if listing is None:
            row.state = "new"
            row.choices = {}
            return
        row.listing_id = listing.id
        if not changes:
            row.state = "same"
            return
        if trouble := self._trouble_of(listing):
            row.state = "faulty"
            # First among its findings: nothing else of the row matters before it.
            row.findings = [row_finding(REFUSED, trouble), *row.findings]
            return
        by_hand = exchange_queries.written_by_hand(
            listing, changes, histories[listing.id]
        )
        row.conflicts = conflicts_of(listing, changes, by_hand)
        if row.conflicts != seen:
            # Decided about other words than stand there now.
            row.choices = {}
        # What is chosen and not by hand any more needs no choice: somebody has undone it since.
        open_names = {one["name"] for one in row.conflicts} - row.choices.keys()
        row.choices = {
            name: choice for name, choice in row.choices.items() if name in by_hand
        }
        if open_names:
            row.state = "conflict"
            return
        # Left on the platform's side, a field changes nothing; a row of which that is true of all is the same.
        untouched = {name for name in by_hand if row.choices.get(name) != LISTED}
        row.state = "changed" if changes.keys() - untouched else "same"

    def _trouble_of(self, listing: Achievement | Demand) -> str:
        """Why a listing cannot be changed by this list; empty where it can."""
        where = f"平台上已有这一条（编号 {listing.id}）"
        # The state before the permission: of what is under review nobody may change anything.
        if not listing.life.can(listing.state, "edit"):
            return f"{where}，状态是「{listing.state_name}」，现在不能修改。等它回到草稿或已发布状态后再导入。"
        if not may(self.by, "listing.edit", listing):
            return f"{where}，是本单位别人填报的，您不能修改。请由本单位的成果转化岗或管理员导入。"
        return ""


def _shared_words(name: object, firsts: Mapping[object, int], first: int) -> str:
    """What a row shares with an earlier one: its name, where that is so, else the number of a right.

    Args:
        name: the key of its name.
        firsts: key → the first row that has it.
        first: the earlier row.
    """
    return SAME_NAME if firsts[name] == first else "同一条内容（专利号或 DOI 对得上）"


def findings_of(report: Report | Outcome) -> dict[int, list[dict[str, str]]]:
    """Row number → what a report says of the cells of the row, the gravest first."""
    findings: dict[int, list[dict[str, str]]] = {}
    for level, problems in (
        (REFUSED, report.problems),
        (DRAFT, report.drafts),
        (NOTICE, report.notices),
    ):
        for problem in problems:
            findings.setdefault(problem.row, []).append(_finding_of(level, problem))
    return findings


def _finding_of(level: str, problem: Problem) -> dict[str, str]:
    """What is said of a cell, as a staged row holds it."""
    return {
        "level": level,
        "column": problem.column,
        "header": problem.header,
        "value": problem.value,
        "message": problem.message,
        "allowed": problem.allowed,
    }


def row_finding(level: str, message: str, allowed: str = "") -> dict[str, str]:
    """A finding about a row as a whole."""
    return _finding_of(level, Problem(0, "", "", "", message, allowed))


def filled_cells(kind: str, source: str, owner: Organisation | None) -> dict[str, str]:
    """Header → what its empty cells say.

    Args:
        kind: `achievement` or `demand`.
        source: a key of `SOURCES`.
        owner: whose listings a list holds; None where its rows say so.
    """
    cells = dict(FILLED[source])
    if owner is not None:
        cells[owner_column(SCHEMAS[kind], {}).header] = owner.name
    return cells


def _default_values(
    list_import: ListImport, dictionaries: Dictionaries
) -> dict[str, Any]:
    """Column → what its empty cells say, as `parse_file` had it."""
    kind = list_import.listing_kind
    columns = {one.header: one for one in SCHEMAS[kind].list_columns}
    cells = filled_cells(kind, list_import.source, list_import.organisation)
    values = {}
    for header, text in cells.items():
        column = columns[header]
        values[column.name] = column.read_cell(text, dictionaries)
    return values
