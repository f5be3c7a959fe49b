"""The tables of the search file: a head row and generations of tables, of which the head names the live one.
Not here: rows and posting lists in them (rows, postings), connections and transactions (file).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from search.contract import SearchUnavailable
from search.schema import index_version

LAYOUT = 7  # PRAGMA user_version: tables of another layout are not read, only rebuilt
MERGE_PAGES = 500  # index pages merged per step after a rebuild, each step its own short transaction

_TABLES = ("docs", "words", "chars", "completions", "spellings")
FTS_TABLES = ("words", "chars")
_MERGE = {
    "words": "INSERT INTO {words} ({words}, rank) VALUES ('merge', ?)",
    "chars": "INSERT INTO {chars} ({chars}, rank) VALUES ('merge', ?)",
}
# The columns of a row of docs without its number, in the order of rows.py.
ROW_COLUMNS = (
    "kind, ident, version, deleted, changed, audience, district, field, stage, modes, year, chain, institution, need, "
    "achievement_type, published_at, deadline, length, packed"
)


class OtherLayout(SearchUnavailable):
    """The tables were made by another version of this module."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one generation. Their names end in its number, the time it was begun in nanoseconds."""

    generation: int

    def sql(self, statement: str) -> str:
        """A statement with the names of _TABLES in braces, as {docs}, replaced by those of this generation.

        Names cannot be bound as values are; here is the one place that writes them into a statement. {columns} and
        {marks} become ROW_COLUMNS and as many question marks.
        """
        names = {name: f"{name}_{self.generation}" for name in _TABLES}
        marks = "?, " * ROW_COLUMNS.count(",") + "?"
        return statement.format(**names, columns=ROW_COLUMNS, marks=marks)


@dataclass(frozen=True, slots=True)
class Head:
    """The one row of the head table.

    Attributes:
        generation: the tables that are live.
        counter: how often they were written; raised by every transaction that writes.
        alive: documents that are not removed.
        version: VERSION of what is stored.
        built_at, written_at: ISO times in UTC.
    """

    generation: int
    counter: int
    alive: int
    version: str
    built_at: str
    written_at: str

    @property
    def tables(self) -> Tables:
        """The live tables."""
        return Tables(self.generation)


def read_head(connection: sqlite3.Connection) -> Head | None:
    """The head row, None when the file is empty.

    Raises:
        OtherLayout: the tables are not of this layout.
    """
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout not in (0, LAYOUT):
        raise OtherLayout(
            "the search index was made by another version and has to be rebuilt"
        )
    if layout == 0:
        return None
    row = connection.execute(
        "SELECT generation, counter, alive, version, built_at, written_at FROM head"
    ).fetchone()
    return Head(*row)


def create_head(connection: sqlite3.Connection) -> Head:
    """Fill an empty file: the head and a first generation of tables."""
    # A pragma takes no bound value.
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.execute(
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL, "
        "counter INTEGER NOT NULL, alive INTEGER NOT NULL, version TEXT NOT NULL, built_at TEXT NOT NULL, "
        "written_at TEXT NOT NULL)"
    )
    tables = create_tables(connection)
    head = Head(
        generation=tables.generation,
        counter=0,
        alive=0,
        version=index_version(),
        built_at=utc_now(),
        written_at=utc_now(),
    )
    connection.execute(
        "INSERT INTO head VALUES (1, ?, ?, ?, ?, ?, ?)",
        (
            head.generation,
            head.counter,
            head.alive,
            head.version,
            head.built_at,
            head.written_at,
        ),
    )
    return head


def create_tables(connection: sqlite3.Connection) -> Tables:
    """A new, empty generation of tables."""
    # Only one rebuild runs at a time, so the time in nanoseconds is a number nobody else has.
    tables = Tables(time.time_ns())
    # packed: the text as it was indexed. Deleting from a contentless table (SQLite before 3.43 has no other way)
    # needs the very tokens that went in, and the words of today need not be the words of then (decision 021).
    connection.execute(
        tables.sql(
            "CREATE TABLE {docs} (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, ident INTEGER NOT NULL, "
            "version INTEGER NOT NULL, deleted INTEGER NOT NULL, changed INTEGER NOT NULL, audience TEXT NOT NULL, "
            "district TEXT, field TEXT, stage TEXT, modes TEXT NOT NULL, year INTEGER, chain TEXT, institution TEXT, "
            "need TEXT, achievement_type TEXT, published_at INTEGER, deadline TEXT, length INTEGER NOT NULL, "
            "packed BLOB NOT NULL, UNIQUE (kind, ident))"
        )
    )
    # Readers read on from the counter they know, and a rebuild takes over what was written after it began.
    connection.execute(tables.sql("CREATE INDEX {docs}_changed ON {docs} (changed)"))
    # Contentless, without sizes and places: the texts are in packed, the lengths in the doc values.
    connection.execute(
        tables.sql(
            "CREATE VIRTUAL TABLE {words} USING fts5 (words, content='', columnsize=0, detail=none, tokenize='ascii')"
        )
    )
    connection.execute(
        tables.sql(
            "CREATE VIRTUAL TABLE {chars} USING fts5 (title, body, content='', columnsize=0, tokenize='ascii')"
        )
    )
    # Ordered by its primary key, so that suggestions jump from one entry to the next (decision 024).
    connection.execute(
        tables.sql(
            "CREATE TABLE {completions} (weight INTEGER NOT NULL, entry TEXT NOT NULL, number INTEGER NOT NULL, "
            "PRIMARY KEY (weight, entry, number)) WITHOUT ROWID"
        )
    )
    # Each entry once, no matter who has the word: what may be offered is decided by counting visible documents (046).
    connection.execute(
        tables.sql("CREATE TABLE {spellings} (entry TEXT PRIMARY KEY) WITHOUT ROWID")
    )
    return tables


def bump_counter(
    connection: sqlite3.Connection, counter: int, changes: Iterable[int | None]
) -> None:
    """Note a write in the head row.

    Args:
        connection: inside a write transaction.
        counter: the new change counter.
        changes: by how much each write changed the number of living documents, None where nothing was written.
    """
    change = sum(one or 0 for one in changes)
    connection.execute(
        "UPDATE head SET counter = ?, written_at = ?, alive = alive + ?",
        (counter, utc_now(), change),
    )


def swap_generation(
    connection: sqlite3.Connection,
    head: Head,
    tables: Tables,
) -> int:
    """Make other tables the live ones. Returns how many documents they hold."""
    # Counted again: the head's own count is that of the old tables.
    (count,) = connection.execute(
        tables.sql("SELECT count(*) FROM {docs} WHERE NOT deleted")
    ).fetchone()
    connection.execute(
        "UPDATE head SET generation = ?, counter = ?, alive = ?, version = ?, built_at = ?, written_at = ?",
        (
            tables.generation,
            head.counter + 1,
            count,
            index_version(),
            utc_now(),
            utc_now(),
        ),
    )
    return int(count)


def drop_other_generations(connection: sqlite3.Connection, live: int) -> None:
    """Drop every generation of tables that is not live; readers still inside an old one keep their view."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).fetchall()
    for (name,) in rows:
        table, _, generation = name.partition("_")
        # FTS5 keeps tables of its own for each of ours, as words_123_data; they go with it.
        ours = table in _TABLES and generation.isdigit()
        if ours and int(generation) != live:
            connection.execute(f"DROP TABLE {table}_{generation}")


def merge_postings(
    connection: sqlite3.Connection, tables: Tables, name: str, pages: int
) -> bool:
    """One step of merging the posting lists of a full-text table into few segments.

    Args:
        connection: inside a write transaction.
        tables: the generation.
        name: one of FTS_TABLES.
        pages: index pages to merge; a negative number begins a merge of everything.

    Returns:
        Whether anything was left to do.
    """
    before = connection.total_changes
    connection.execute(tables.sql(_MERGE[name]), (pages,))
    # Fewer than two changes is FTS5's documented sign that nothing was left.
    return connection.total_changes - before >= 2


def utc_now() -> str:
    """The time as ISO text in UTC."""
    return datetime.now(UTC).isoformat()
