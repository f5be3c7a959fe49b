"""What is read of the audit: entries by person, deed, thing and day, for the auditor's page and for what goes out.

Nothing is written here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marketplace.audit.entries import moment_text
from marketplace.audit.models import Entry, Withheld
from marketplace.clock import begin_of_day, in_china, now
from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.parsing.text import escape_formula
from marketplace.persistence import Page

# Entries of one page, each with its values.
PAGE_SIZE = 50
SECOND_PRESS = 10  # seconds; a busy site answers the first one late
MAX_EXPORT = 20_000  # rows of one file
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
HEADERS = ("序号", "时间", "人员", "代表单位", "做了什么", "对象", "对象编号", "内容", "个人信息")  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a list of entries is narrowed to; empty: to nothing.

    Attributes:
        person: id of who acted.
        deed: what was done, to the letter.
        kind, thing: what it was done to.
        since, until: days in China, both included.
    """

    person: int | None = None
    deed: str = ""
    kind: str = ""
    thing: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def values(self) -> dict[str, str]:
        """The parts of the address that say so; what narrows nothing is left out."""
        values = {
            "person": self.person,
            "deed": self.deed,
            "kind": self.kind,
            "thing": self.thing,
            "since": self.since,
            "until": self.until,
        }
        return {name: str(value) for name, value in values.items() if value}


def has_just_saved(person_id: int) -> bool:
    """Whether a person saved something some seconds ago: what is refused now may be the second press of one button.

    By the audit, where everything that is saved has an entry in its own transaction: the second press, which waited
    for the first one, finds it.
    """
    deed = Entry.deed
    looks = sa.or_(
        deed == "refused",
        deed.startswith("sign_"),
        deed.endswith(".export"),
        # The pages of one's own things declare no deed but this, whatever is done there.
        sa.and_(deed.endswith(".read"), deed != "mine.read"),
    )
    since = moment_text(now() - timedelta(seconds=SECOND_PRESS))
    query = db.select(Entry.position).where(
        Entry.actor == person_id, Entry.at >= since, sa.not_(looks)
    )
    return db.session.scalar(query.limit(1)) is not None


@dataclass(frozen=True)
class Line:
    """An entry as the page shows it.

    Attributes:
        entry: the row.
        at: the moment in China.
        values: what was changed.
        personal: withheld values that were not erased.
        erased: how many were.
    """

    entry: Entry
    at: datetime
    values: dict[str, Any]
    personal: list[dict[str, Any]]
    erased: int

    @property
    def moves(self) -> list[dict[str, Any]]:
        """Moves of the life of things, as `changes.add_changes` writes them."""
        return _mappings(self.values.get("life"))

    @property
    def row_changes(self) -> list[dict[str, Any]]:
        """Rows of the database before and after. What was read gives its `rows` as a count or as ids instead."""
        return _mappings(self.values.get("rows"))

    @property
    def other_values(self) -> dict[str, Any]:
        """Every value that is neither of them."""
        apart = {"life": self.moves, "rows": self.row_changes}
        return {
            name: value for name, value in self.values.items() if not apart.get(name)
        }


def _mappings(value: Any) -> list[dict[str, Any]]:
    """A value that is a list of mappings; empty for any other."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    return []


@dataclass(frozen=True)
class EntryPage:
    """A page of entries, newest first.

    Attributes:
        lines: the entries.
        total: how many there are in all.
        number, pages: the page, from 1, and how many there are.
    """

    lines: list[Line]
    total: int
    number: int
    pages: int


def find_entries(filters: Filters, number: int) -> EntryPage:
    """A page of the entries that the filters leave, newest first."""
    query = _narrowed(filters)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    page = Page(total or 0, PAGE_SIZE)
    rows = query.order_by(Entry.position.desc()).limit(PAGE_SIZE)
    entries = db.session.scalars(rows.offset(page.offset(number)))
    lines = _lines_of(list(entries))
    return EntryPage(lines, total or 0, page.clamp(number), page.pages)


def _narrowed(filters: Filters) -> sa.Select[tuple[Entry]]:
    query = sa.select(Entry)
    if filters.person is not None:
        query = query.where(Entry.actor == filters.person)
    if filters.deed:
        query = query.where(Entry.deed == filters.deed)
    if filters.kind:
        query = query.where(Entry.kind == filters.kind)
    if filters.thing:
        query = query.where(Entry.thing == filters.thing)
    # Moments are stored as text of one form, so that their order is the order of time.
    if filters.since:
        query = query.where(Entry.at >= _midnight(filters.since))
    if filters.until:
        # The last day is included, to its last microsecond.
        query = query.where(Entry.at < _midnight(filters.until + timedelta(days=1)))
    return query


def _midnight(day: date) -> str:
    """When a day begins in China, as moments are stored."""
    return moment_text(begin_of_day(day))


def _lines_of(entries: list[Entry]) -> list[Line]:
    positions = [entry.position for entry in entries]
    query = sa.select(Withheld).where(Withheld.position.in_(positions))
    # One query for all entries of the page.
    withheld: dict[int, list[dict[str, Any]]] = {}
    for one in db.session.scalars(query.order_by(Withheld.position, Withheld.number)):
        values = json.loads(one.text)["values"]
        withheld.setdefault(one.position, []).append(values)
    lines = []
    for entry in entries:
        content = json.loads(entry.text)
        personal = withheld.get(entry.position, [])
        # The entry holds a digest of each for ever; the value itself may be gone.
        erased = len(content["withheld"]) - len(personal)
        # With the Z Python would read a moment with a zone, which the clock of the house has not.
        at = in_china(datetime.fromisoformat(entry.at.removesuffix("Z")))
        lines.append(Line(entry, at, content["values"], personal, erased))
    return lines


def used_deeds() -> list[str]:
    """Every deed that was ever recorded, in the order of its name."""
    # By the index of the deeds, one step a deed: a plain DISTINCT reads the whole index, 0.2 s at a million entries.
    deeds = []
    last = db.session.scalar(sa.select(sa.func.min(Entry.deed)))
    while last is not None:
        deeds.append(last)
        following = sa.select(sa.func.min(Entry.deed)).where(Entry.deed > last)
        last = db.session.scalar(following)
    return deeds


def table_names() -> list[str]:
    """What kinds of things there may be: the tables, whatever room they belong to."""
    return list(db.metadata.tables)


def find_actors(text: str) -> list[int]:
    """Ids of the people of that name or address, to the letter; at most ten."""
    person = db.metadata.tables["person"].c
    # Whole and to the letter: parts of names would list people who have nothing to do with it.
    wanted = sa.or_(person.name == text, person.email == text.lower())
    query = sa.select(person.id).where(wanted).order_by(person.id).limit(10)
    return list(db.session.scalars(query))


def people_named(ids: set[int]) -> dict[int, str]:
    """Id → name of people; who is not there any more has none."""
    return _names("person", ids)


def organisations_named(ids: set[int]) -> dict[int, str]:
    """Id → name of organisations."""
    return _names("organisation", ids)


def _names(table: str, ids: set[int]) -> dict[int, str]:
    """Names by the table alone: the rooms of people and organisations stand above this one."""
    columns = db.metadata.tables[table].c
    query = sa.select(columns.id, columns.name).where(columns.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}


def export_rows(filters: Filters) -> str:
    """The entries that the filters leave as CSV, oldest first.

    Raises:
        Invalid: more than a file may have.
    """
    query = _narrowed(filters)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    # Refused and not cut off: a file that ends early looks whole.
    if (total or 0) > MAX_EXPORT:
        raise Invalid(
            f"共 {total} 条，一次最多导出 {MAX_EXPORT} 条。", "请先按日期或人员筛选。"
        )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    entries = list(db.session.scalars(query.order_by(Entry.position)))
    # Page by page, like the list: withheld values are looked up for so many entries at a time.
    for begin in range(0, len(entries), PAGE_SIZE):
        for line in _lines_of(entries[begin : begin + PAGE_SIZE]):
            entry = line.entry
            cells = [
                entry.position,
                f"{line.at:%Y-%m-%d %H:%M:%S}",
                entry.actor,
                entry.organisation,
                entry.deed,
                entry.kind,
                entry.thing,
                json.dumps(line.values, ensure_ascii=False),
                json.dumps(line.personal, ensure_ascii=False),
            ]
            writer.writerow([_cell_text(cell) for cell in cells])
    # With a mark, by which spreadsheet programs know UTF-8.
    return f"\ufeff{out.getvalue()}"


def _cell_text(value: object) -> str:
    # Only what is not there is empty: the first entry has the number 0.
    if value is None:
        return ""
    return escape_formula(str(value))


def entry_texts() -> Generator[str, None, None]:
    """The text of every entry, in order."""
    query = sa.select(Entry.text).order_by(Entry.position)
    # Streamed: a million entries do not fit into memory at once.
    found = db.session.execute(query, execution_options={"yield_per": 1000})
    # A reader that stops in between leaves no cursor open.
    with found:
        yield from found.scalars()


def grants_for(role: str) -> list[str]:
    """SQL by which a role of PostgreSQL may add to the audit and do nothing else to it.

    Args:
        role: the role the site signs in with; the tables belong to another one, which migrates.

    Raises:
        Invalid: the name may not be one.
    """
    # Names cannot be bound as parameters; this keeps the statement one statement.
    if not ROLE_NAME.fullmatch(role):
        raise Invalid("the name of a role: lower-case letters, digits and underscores")
    statements = [
        f"revoke all on audit_entry, audit_checkpoint, audit_personal from {role};"
    ]
    for table, rights in (
        ("audit_entry", "select, insert"),
        ("audit_checkpoint", "select, insert"),
        # Deleting only here: personal values are erased, entries never.
        ("audit_personal", "select, insert, delete"),
    ):
        statements.append(f"grant {rights} on {table} to {role};")
    return statements
