"""Documents, tombstones and their posting lists in the tables of one generation: writing, and reading doc values.
Not here: the tables and the head row (tables), what a token looks like (encoding), scores (scoring).
"""

from __future__ import annotations

import json
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from search.analysis import AnalyzedText
from search.completion import (
    CANDIDATES,
    COUNT_LIMIT,
    SEPARATOR,
    prefix_upper_bound,
)
from search.contract import Document, Version
from search.embedded.arrays import Bools
from search.embedded.docvalues import DocRow
from search.embedded.encoding import char_bigrams, word_field_tokens
from search.embedded.tables import Tables
from search.schema import microseconds

ENTRIES_PER_READ = 256  # completions read at a time
# Read on from the last entry by the primary key; an OFFSET would count through all of them again.
_ENTRIES_AFTER = (
    "SELECT entry, number FROM {completions} WHERE weight = ? AND (entry, number) > (?, ?) AND entry < ? "
    "ORDER BY entry, number LIMIT ?"
)
_SEPARATOR = "\x1e"  # between the parts of a packed text; no token contains it

Row = tuple[Any, ...]  # the values of tables.ROW_COLUMNS
_CompletionKey = tuple[int, str, int | None]


def put_document(
    connection: sqlite3.Connection,
    tables: Tables,
    document: Document,
    text: AnalyzedText,
    changed: int,
) -> int | None:
    """Write a document and its postings unless a higher version is stored.

    Args:
        connection: inside a write transaction.
        tables: where to.
        document, text: the document, and its text as it was cut before the transaction began.
        changed: the change counter of this write.

    Returns:
        By how much the number of living documents changed (-1, 0, 1), None when nothing was written.
    """
    return store_row(connection, tables, _document_row(document, text, changed))


def _document_row(document: Document, text: AnalyzedText, changed: int) -> Row:
    packed = _pack(
        word_field_tokens(text),
        char_bigrams(text.title),
        char_bigrams(text.body),
        json.dumps(text.completions),
        json.dumps(text.spellings),
    )
    return (
        document.kind,
        document.id,
        document.version,
        0,  # not deleted
        changed,
        json.dumps(document.audience),
        # "" is no value: it must not be counted in a facet.
        document.district or None,
        document.field or None,
        document.stage or None,
        json.dumps(document.modes, ensure_ascii=False),
        document.year,
        document.chain or None,
        document.institution or None,
        document.need or None,
        document.achievement_type or None,
        _stored_moment(document.published_at),
        _iso_date(document.deadline),
        len(text.words),
        packed,
    )


def put_tombstone(
    connection: sqlite3.Connection, tables: Tables, version: Version, changed: int
) -> int | None:
    """Mark a document as removed, so that a late put of a lower version stays out. Arguments and result as above."""
    kind, ident, number = version
    # Every column but the version is empty: a tombstone is in no posting list and nobody may find it.
    facets = (None, None, None, "[]", None, None, None, None, None)
    dates = (None, None)
    row = (
        kind,
        ident,
        number,
        1,  # deleted
        changed,
        "[]",  # no audience
        *facets,
        *dates,
        0,  # tokens
        b"",
    )
    return store_row(connection, tables, row)


def store_row(
    connection: sqlite3.Connection,
    tables: Tables,
    row: Row,
) -> int | None:
    """Put one row and its postings in place of the stored ones, unless their version is higher.

    Returns:
        As put_document.
    """
    kind, ident, version, deleted = row[:4]
    packed = row[-1]
    stored = connection.execute(
        tables.sql(
            "SELECT number, version, deleted, packed FROM {docs} WHERE kind = ? AND ident = ?"
        ),
        (kind, ident),
    ).fetchone()
    number = None
    alive_before = 0
    if stored is not None:
        number, stored_version, stored_deleted, stored_packed = stored
        if stored_version > version:
            return None
        # An equal version is written again: the words of a new release may differ.
        if not stored_deleted:
            alive_before = 1
            remove_postings(connection, tables, number, stored_packed)
    # A known document keeps its row number, so doc values and posting lists stay aligned.
    cursor = connection.execute(
        tables.sql(
            "INSERT OR REPLACE INTO {docs} (number, {columns}) VALUES (?, {marks})"
        ),
        (number, *row),
    )
    # A tombstone is in no posting list, so nothing is added for it.
    if deleted:
        return -alive_before
    add_postings(connection, tables, cursor.lastrowid, packed)
    return 1 - alive_before


def add_postings(
    connection: sqlite3.Connection, tables: Tables, number: int | None, packed: bytes
) -> None:
    """Add a packed text to the posting lists under a row number."""
    # From the packed text, not the analyzed one: what goes in is what will be taken out.
    words, title, body, completions, spellings = _unpack(packed)
    # A word of many documents is there already. None is ever taken out: a rebuild leaves behind what nobody says.
    connection.executemany(
        tables.sql("INSERT OR IGNORE INTO {spellings} (entry) VALUES (?)"),
        [(entry,) for entry in json.loads(spellings)],
    )
    connection.executemany(
        tables.sql(
            "INSERT INTO {completions} (weight, entry, number) VALUES (?, ?, ?)"
        ),
        _completion_keys(completions, number),
    )
    connection.execute(
        tables.sql("INSERT INTO {words} (rowid, words) VALUES (?, ?)"),
        (number, words),
    )
    connection.execute(
        tables.sql("INSERT INTO {chars} (rowid, title, body) VALUES (?, ?, ?)"),
        (number, title, body),
    )


def remove_postings(
    connection: sqlite3.Connection, tables: Tables, number: int, packed: bytes
) -> None:
    """Take a packed text out of the posting lists; it must be the very text that went in under this number."""
    # Other tokens would leave the old ones behind, and the table would be damaged without a word (decision 021).
    words, title, body, completions, _ = _unpack(packed)
    connection.executemany(
        tables.sql(
            "DELETE FROM {completions} WHERE weight = ? AND entry = ? AND number = ?"
        ),
        _completion_keys(completions, number),
    )
    connection.execute(
        tables.sql(
            "INSERT INTO {words} ({words}, rowid, words) VALUES ('delete', ?, ?)"
        ),
        (number, words),
    )
    connection.execute(
        tables.sql(
            "INSERT INTO {chars} ({chars}, rowid, title, body) VALUES ('delete', ?, ?, ?)"
        ),
        (number, title, body),
    )


def replay_writes(
    connection: sqlite3.Connection, live: Tables, target: Tables, since: int
) -> None:
    """Carry into other tables what was written, and taken out, since a change counter."""
    rows = connection.execute(
        live.sql("SELECT {columns} FROM {docs} WHERE changed > ? ORDER BY changed"),
        (since,),
    ).fetchall()
    # In the order of writing; versions decide anyway.
    for row in rows:
        store_row(connection, target, row)


def read_doc_rows(
    connection: sqlite3.Connection, tables: Tables, since: int
) -> list[DocRow]:
    """The doc values of every document, tombstones too, that was written after a change counter."""
    rows = connection.execute(
        tables.sql(
            "SELECT number, NOT deleted, kind, ident, district, field, stage, modes, year, chain, institution, need, "
            "achievement_type, audience, published_at, deadline, length FROM {docs} WHERE changed > ?"
        ),
        (since,),
    ).fetchall()
    return [_doc_row(row) for row in rows]


def _doc_row(row: Row) -> DocRow:
    number, alive, kind, ident, *facets, audience, published_at, deadline, length = row
    district, field, stage, modes, year, chain, institution, need, kind_of_result = (
        facets
    )
    values = {
        "kind": (kind,),
        "district": _single_value(district),
        "field": _single_value(field),
        "stage": _single_value(stage),
        "mode": _several_values(modes),
        "year": _single_value(year),
        "chain": _single_value(chain),
        "institution": _single_value(institution),
        "need": _single_value(need),
        "achievement_type": _single_value(kind_of_result),
        "audience": _several_values(audience),
    }
    return DocRow(
        number=number,
        alive=bool(alive),
        kind=kind,
        id=ident,
        values=values,
        published_at=published_at,
        deadline=_parse_date(deadline),
        length=length,
    )


def count_completions(
    connection: sqlite3.Connection,
    tables: Tables,
    weight: int,
    prefix: str,
    visible: Bools,
) -> dict[str, int]:
    """The first entries of one weight that begin with a prefix, and how many visible documents have each.

    Args:
        connection: inside a read transaction.
        tables: the live tables.
        weight: of completion.
        prefix: normalized.
        visible: shape (n,), bool, per document number.

    Returns:
        Entry → documents, at most CANDIDATES entries in their order, counted to COUNT_LIMIT.
    """
    counts: dict[str, int] = {}
    after = prefix
    number = -1
    end = prefix_upper_bound(prefix)
    statement = tables.sql(_ENTRIES_AFTER)
    while True:
        rows = connection.execute(
            statement, (weight, after, number, end, ENTRIES_PER_READ)
        ).fetchall()
        for entry, number in rows:
            after = entry
            # A number beyond the mask was written after the doc values were read.
            if number >= len(visible) or not visible[number]:
                continue
            if entry not in counts and len(counts) == CANDIDATES:
                return counts
            counts[entry] = counts.get(entry, 0) + 1
            if counts[entry] == COUNT_LIMIT:
                # Jump over the other documents with this entry: a word that thousands share costs one more read.
                number = sys.maxsize
                break
        else:
            if len(rows) < ENTRIES_PER_READ:
                return counts


def read_spellings(
    connection: sqlite3.Connection, tables: Tables, keys: Iterable[str]
) -> set[str]:
    """The words under some keys, no matter who has them."""
    statement = tables.sql(
        "SELECT entry FROM {spellings} WHERE entry > ? AND entry < ?"
    )
    words: set[str] = set()
    # By ranges of the primary key; an IN over all that a key begins is not known beforehand.
    for key in keys:
        begin = key + SEPARATOR
        rows = connection.execute(statement, (begin, prefix_upper_bound(begin)))
        words.update(entry.removeprefix(begin) for (entry,) in rows)
    return words


def _completion_keys(completions: str, number: int | None) -> set[_CompletionKey]:
    """The completions of a packed text as rows (weight, entry, number)."""
    # A set: a word that is also the title has the same key twice.
    keys: set[_CompletionKey] = set()
    for weight, entries in json.loads(completions):
        keys.update((weight, entry, number) for entry in entries)
    return keys


def _single_value(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return (value,)


# Few combinations, many documents: reading 100,000 rows parses each combination once.
@lru_cache(maxsize=4096)
def _several_values(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _pack(*parts: str) -> bytes:
    # Level 1: the file is written more often than it is moved, and the next level saves little.
    return zlib.compress(_SEPARATOR.join(parts).encode(), 1)


def _unpack(packed: bytes) -> Sequence[str]:
    return zlib.decompress(packed).decode().split(_SEPARATOR)


def _stored_moment(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds(moment)


def _iso_date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _parse_date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
