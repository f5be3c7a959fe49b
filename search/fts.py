"""The embedded engine: SQLite FTS5 in a file of its own, readers never blocked, several processes and threads at once.
Not here: what a query means (terms), filters and facets (columns), weights (schema).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import string
import sys
import threading
import time
import weakref
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from search.columns import Columns, Line, Mask, Rows, page_of
from search.contract import (
    Document,
    Hit,
    NotBuilt,
    Query,
    Result,
    SearchError,
    SearchUnavailable,
    Version,
)
from search.schema import (
    K1,
    SHARE_SCORE,
    SYNONYM_WEIGHT,
    TERM_SCORE,
    TERM_TITLE_SCORE,
    VERSION,
    WHOLE_SCORE,
    WHOLE_TITLE_SCORE,
    B,
    Channels,
    all_channels,
    rarity,
)
from search.suggesting import KEYS_OF_ONE, MOST, TERM, TITLE, beyond, shown, typed
from search.terms import BREAK, Asked, Term, relaxed, title_counts, understand

LAYOUT = 4  # PRAGMA user_version: tables of another layout are not read, only rebuilt
BATCH = 500  # documents per transaction: a writer holds the file for some tens of milliseconds
READ_TIMEOUT = 1.0  # seconds a reader waits for a locked file before it says so
WRITE_TIMEOUT = 10.0
REMEMBERED = 16  # found sets kept per process, so that paging and facets of one query search once
_KEY = 120  # what keeping an empty answer costs, counted in numbers
KEPT = 8_000_000  # numbers kept per process (32 MB) of words and phrases that are asked for again
MERGE_PAGES = 500  # index pages merged per step after a rebuild, each step its own short transaction
OFFERS_READ = 64  # entries read at a time when something is suggested
WAL_LIMIT = 64 * 1024 * 1024

# The tokenizer cuts at every ASCII sign, so signs travel as private characters, and a text can hold no quote.
_SIGNS = {ord(sign): chr(0xE000 + ord(sign)) for sign in string.punctuation}
_PARTS = "\x1e"
# Private characters that begin what is no word of the word table, or end a word.
_ALONE, _ALONE_IN_TITLE, _DIGIT = "\ue080", "\ue081", "\ue082"
_DIGITS = 8  # binary digits of how often more than once a document says a word; 256 times are as good as any more

Numbers = npt.NDArray[np.int32]  # of documents, or one for each of them
Scores = npt.NDArray[np.float64]
_T = TypeVar("_T")


def word_query(word: str) -> str:
    """One token for MATCH on the word table."""
    return f'"{word.translate(_SIGNS)}"'


def phrase_query(phrase: str, *, title: bool = False) -> str:
    """Two and more characters that stand together for MATCH on the character table; title: in the title only."""
    quoted = f'"{pairs(phrase)}"'
    return f"title : {quoted}" if title else quoted


def pairs(characters: str) -> str:
    """Characters as the tokens of the character table: each with the next one, as rare as words mostly are."""
    return " ".join(map("".join, pairwise(characters))).translate(_SIGNS)


def digit_of(word: str, digit: int) -> str:
    """The token of the documents that say a word n times more than once, with this binary digit of n set."""
    return f"{word}{_DIGIT}{digit}"


def counted(text: Channels) -> str:
    """A document as the tokens of the word table, each once.

    Its words, the digits of how often more than once it says them, its single characters, those of the title again.
    """
    tokens: list[str] = []
    for word, times in Counter(text.words).items():
        more = min(times, 1 << _DIGITS) - 1
        tokens.append(word)
        tokens += [
            digit_of(word, digit) for digit in range(_DIGITS) if more >> digit & 1
        ]
    tokens += [
        _ALONE + character for character in sorted({*text.title, *text.body} - {BREAK})
    ]
    tokens += [
        _ALONE_IN_TITLE + character for character in sorted({*text.title} - {BREAK})
    ]
    return " ".join(tokens).translate(_SIGNS)


@dataclass(frozen=True, slots=True)
class _Found:
    """The documents a text finds among those somebody may see, before any filter."""

    rows: Rows
    scores: Scores
    shares: Scores
    relaxed: bool
    missing: tuple[str, ...]


class _Kept:
    """What was read of words and phrases lately, by what it was read for; the eldest give way to new ones."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[tuple[int, str, str], Numbers] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def numbers(
        self, key: tuple[int, str, str], read: Callable[[], Numbers]
    ) -> Numbers:
        """What stands under a key (state of the file, table, match), read where it is not there."""
        with self._lock:
            if key in self._numbers:
                self._numbers.move_to_end(key)
                return self._numbers[key]
        numbers = read()
        with self._lock:
            if key not in self._numbers:
                self._numbers[key] = numbers
                self._size += _KEY + len(numbers)
            while self._size > KEPT:
                _, eldest = self._numbers.popitem(last=False)
                self._size -= _KEY + len(eldest)
        return numbers


@dataclass(frozen=True, slots=True)
class _Head:
    """The one row of the head table: which generation of tables is live, and how often it was written."""

    generation: int
    counter: int
    alive: int
    version: str
    built_at: str
    written_at: str


class FtsEngine:
    """Full-text search in one SQLite file.

    path: the file; it is created by the first put or rebuild, never by a reader. The folder must exist or be
    creatable. One engine may be shared by threads and survives fork: connections belong to one thread of one process.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        read_timeout: float = READ_TIMEOUT,
        write_timeout: float = WRITE_TIMEOUT,
    ) -> None:
        self.path = Path(path)
        self.read_timeout = read_timeout
        self.write_timeout = write_timeout
        self._start()
        _ENGINES.add(self)

    def _start(self) -> None:
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._remembered: OrderedDict[tuple[Any, ...], _Found] = OrderedDict()
        self._kept = _Kept()

    def after_fork(self) -> None:
        """Begin anew in a child process; the parent's connections are kept alive, for closing them drops its locks."""
        _INHERITED.extend(self._open)
        self._start()

    # -- reading ---------------------------------------------------------------------------------------------------

    def find(self, query: Query) -> Result:
        """Answer a query. Raises SearchUnavailable when the file is missing, broken, locked or of another layout."""
        with self._reading() as (connection, head):
            columns = self._snapshot(connection, head)
            found = self._found(connection, head, columns, query)
            return _result(
                query, columns, found, lambda numbers: _shown(connection, head, numbers)
            )

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = MOST,
    ) -> list[str]:
        """What begins with the typed text, as the contract says."""
        prefix = typed(text)
        if not prefix or size < 1:
            return []
        with self._reading() as (connection, head):
            columns = self._snapshot(connection, head)
            seen = columns.visible(frozenset(audiences))
            if wanted := tuple(kinds):
                kind = columns.columns["kind"]
                seen = seen & kind.having(wanted)[kind.codes]
            entries: list[str] = []
            for weight in (TERM, TITLE):
                entries += _offered(
                    connection,
                    head.generation,
                    weight,
                    prefix,
                    seen,
                    size * KEYS_OF_ONE,
                )
        return shown(entries, size)

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, by kind and id."""
        with self._reading() as (connection, head):
            rows = connection.execute(
                f"SELECT kind, ident, version FROM docs_{head.generation} WHERE NOT deleted ORDER BY kind, ident"  # noqa: S608  our own number
            ).fetchall()
        return iter(rows)

    def state(self) -> dict[str, Any]:
        """engine, count, removed, version, expected, current, built_at, written_at, age (seconds), bytes."""
        with self._reading() as (connection, head):
            (removed,) = connection.execute(
                f"SELECT count(*) FROM docs_{head.generation} WHERE deleted"  # noqa: S608  our own number
            ).fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        age = datetime.now(UTC) - datetime.fromisoformat(head.written_at)
        return {
            "engine": "sqlite",
            "count": head.alive,
            "removed": removed,
            "version": head.version,
            "expected": VERSION,
            "current": head.version == VERSION,
            "built_at": head.built_at,
            "written_at": head.written_at,
            "age": age.total_seconds(),
            "bytes": pages * page_size,
        }

    def _snapshot(self, connection: sqlite3.Connection, head: _Head) -> Columns:
        """The columns as of this transaction or newer, read on only from where the last reader stopped."""
        with self._lock:
            columns = self._columns
            if columns is None or columns.generation != head.generation:
                columns = Columns(head.generation, -1)
            if columns.counter < head.counter:
                lines = connection.execute(
                    f"SELECT number, NOT deleted, kind, ident, district, field, stage, modes, year, chain, audience, "  # noqa: S608  our own number
                    f"published_on, deadline, length FROM docs_{head.generation} WHERE changed > ?",
                    (columns.counter,),
                ).fetchall()
                columns = columns.updated(head.counter, [_line(row) for row in lines])
                self._columns = columns
            return columns

    def _found(
        self,
        connection: sqlite3.Connection,
        head: _Head,
        columns: Columns,
        query: Query,
    ) -> _Found:
        key = (head.generation, head.counter, query.audiences, query.text)
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        visible = columns.visible(query.audiences)
        asked = understand(query.text)
        if asked.terms:
            found = _Search(connection, head, columns, visible, self._kept).run(asked)
        else:
            rows = np.flatnonzero(visible)
            found = _Found(rows, np.zeros(len(rows)), np.ones(len(rows)), False, ())
        with self._lock:
            self._remembered[key] = found
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents unless a higher version is stored; creates the file. Returns how many were written."""
        written = 0
        for batch in _batches(documents):
            cut = all_channels(batch)  # the slow part, before the file is held
            with self._writing() as (connection, head):
                changed = head.counter + 1
                stored = [
                    _write(connection, head.generation, doc, text, changed)
                    for doc, text in cut
                ]
                _touch(connection, changed, stored)
                written += sum(change is not None for change in stored)
        return written

    def remove(self, versions: Iterable[Version]) -> int:
        """Take documents out and leave a tombstone with the version. Returns how many were taken note of."""
        removed = 0
        for batch in _batches(versions):
            with self._writing() as (connection, head):
                changed = head.counter + 1
                stored = [
                    _bury(connection, head.generation, version, changed)
                    for version in batch
                ]
                _touch(connection, changed, stored)
                removed += sum(change is not None for change in stored)
        return removed

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Fill new tables, then make them the live ones in one transaction that also takes over what was written
        meanwhile. A broken file is set aside and begun anew. Raises SearchError when another rebuild is running.
        """
        with self._rebuilding():
            try:
                with self._writing() as (connection, head):
                    start = head.counter
                    fresh = time.time_ns()
                    _create_tables(connection, fresh)
            except SearchUnavailable as unusable:
                if not self._set_aside(unusable):
                    raise
                with self._writing() as (connection, head):
                    start = head.counter
                    fresh = time.time_ns()
                    _create_tables(connection, fresh)
            for batch in _batches(documents):
                cut = all_channels(batch)
                with self._writing() as (connection, _):
                    for document, text in cut:
                        _write(connection, fresh, document, text, start)
            self._merge(fresh)
            with self._writing() as (connection, head):
                _take_over(connection, head, fresh, start)
                count = _make_live(connection, head, fresh)
            self._sweep()
        return count

    def _merge(self, generation: int) -> None:
        """Merge the new index into few segments, step by step, so that writers get their turn between the steps."""
        for table in ("words", "chars"):
            name = f"{table}_{generation}"
            with self._writing() as (connection, _):
                connection.execute(
                    f"INSERT INTO {name}({name}, rank) VALUES ('merge', {-MERGE_PAGES})"
                )
            while True:
                with self._writing() as (connection, _):
                    before = connection.total_changes
                    connection.execute(
                        f"INSERT INTO {name}({name}, rank) VALUES ('merge', {MERGE_PAGES})"
                    )
                    if (
                        connection.total_changes - before < 2
                    ):  # the documented sign that nothing was left to do
                        break

    def _sweep(self) -> None:
        """Drop every generation of tables that is not live; readers still inside an old one keep their view."""
        with self._writing() as (connection, head):
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND (name GLOB 'docs_[0-9]*' "
                    "OR name GLOB 'offers_[0-9]*' OR name GLOB 'words_[0-9]*' OR name GLOB 'chars_[0-9]*')"
                )
            ]
            for name in names:
                table, _, generation = name.partition("_")
                if generation.isdigit() and int(generation) != head.generation:
                    connection.execute(f"DROP TABLE {table}_{generation}")

    # -- the file --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[sqlite3.Connection, _Head]]:
        with self._told():
            connection = self._connection(create=False)
            connection.execute(f"PRAGMA busy_timeout = {int(self.read_timeout * 1000)}")
            connection.execute("BEGIN")
            try:
                head = _head(connection)
                if head is None:
                    raise NotBuilt("the search index has not been built")
                yield connection, head
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, _Head]]:
        with self._told():
            connection = self._connection(create=True)
            connection.execute(
                f"PRAGMA busy_timeout = {int(self.write_timeout * 1000)}"
            )
            connection.execute("BEGIN IMMEDIATE")
            try:
                head = _head(connection) or _create(connection)
                yield connection, head
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say every failure of the file in one word."""
        try:
            yield
        except (sqlite3.Error, OSError, zlib.error) as failure:
            raise SearchUnavailable(
                f"search index {self.path.name}: {failure}"
            ) from failure

    def _connection(self, *, create: bool) -> sqlite3.Connection:
        """This thread's connection to the file that bears the name now; a deleted or replaced file is not read on."""
        held: tuple[sqlite3.Connection, tuple[int, int]] | None = getattr(
            self._local, "held", None
        )
        try:
            status = self.path.stat()
            identity = (status.st_dev, status.st_ino)
        except FileNotFoundError:
            if not create:
                raise
            self.path.parent.mkdir(parents=True, exist_ok=True)
            identity = None
        if held is not None:
            if held[1] == identity:
                return held[0]
            self._forget(held[0])
        mode = "rwc" if create else "rw"
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=self.write_timeout if create else self.read_timeout,
            check_same_thread=False,  # closed from another thread by close(); used by its own alone
        )
        try:
            if create:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
            connection.execute("PRAGMA cache_size = -16000")
            status = self.path.stat()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._open.append(connection)
        self._local.held = (connection, (status.st_dev, status.st_ino))
        return connection

    def _forget(self, connection: sqlite3.Connection) -> None:
        self._local.held = None
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
        connection.close()

    def close(self) -> None:
        """Close every connection of this process. Not while another thread is searching."""
        with self._lock:
            connections, self._open = self._open, []
            self._local = threading.local()
            self._columns = None
            self._remembered.clear()
            self._kept = _Kept()
        for connection in connections:
            connection.close()

    @contextlib.contextmanager
    def _rebuilding(self) -> Iterator[None]:
        """One rebuild at a time, over all processes; the lock goes with the process that held it."""
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = open(f"{self.path}.rebuild", "wb")  # noqa: SIM115  closed below, after the work
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as busy:
                raise SearchError("the search index is being rebuilt already") from busy
            yield

    def _set_aside(self, unusable: SearchUnavailable) -> bool:
        """Move a file that is no database away. Whether that was the trouble (a locked or forbidden file is not)."""
        cause = unusable.__cause__
        other_layout = isinstance(unusable, _OtherLayout)
        broken = isinstance(cause, sqlite3.DatabaseError) and not isinstance(
            cause, sqlite3.OperationalError
        )
        if not (broken or other_layout):
            return False
        self.close()
        mark = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}{suffix}", f"{self.path}.broken-{mark}{suffix}")
        return True


class _OtherLayout(SearchUnavailable):
    """The tables were made by another version of this module."""


_ENGINES: weakref.WeakSet[FtsEngine] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []


def _after_fork() -> None:
    for engine in list(_ENGINES):
        engine.after_fork()


os.register_at_fork(after_in_child=_after_fork)


class _Search:
    """One text against the tables of one transaction. Arrays are as long as there are numbers in the file."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        head: _Head,
        columns: Columns,
        visible: Mask,
        kept: _Kept,
    ) -> None:
        self.connection = connection
        self.state = head.counter
        self.documents = head.alive
        self.columns = columns
        self.words = f"words_{head.generation}"
        self.chars = f"chars_{head.generation}"
        self.visible = visible
        self.kept = kept

    def run(self, asked: Asked) -> _Found:
        masks = {term.phrase: self.having(term) for term in asked.terms}
        together = self.visible.copy()
        for mask in masks.values():
            together &= mask
        if together.any():
            scores = self.whole(asked)
            for term in asked.terms:
                self.score(term, scores, together)
            rows = np.flatnonzero(together)
            return _Found(rows, scores[rows], np.ones(len(rows)), False, ())
        nowhere = [
            term
            for term in asked.terms
            if not (masks[term.phrase] & self.visible).any()
        ]
        return self.some(asked, nowhere, masks)

    def some(self, asked: Asked, nowhere: list[Term], masks: dict[str, Mask]) -> _Found:
        """Documents with some of the words; share weighs a word by its rarity among what the reader may see."""
        terms = relaxed(asked.terms, nowhere)
        for term in terms:
            if term.phrase not in masks:
                masks[term.phrase] = self.having(term)
        seen = int(np.count_nonzero(self.visible))
        weights = [
            rarity(int(np.count_nonzero(masks[term.phrase] & self.visible)), seen)
            for term in terms
        ]
        shares, scores = np.zeros(len(self.visible)), self.whole(asked)
        for term, weight in zip(terms, weights, strict=True):
            shares[masks[term.phrase]] += weight / (sum(weights) or 1.0)
            self.score(term, scores, self.visible)
        rows = np.flatnonzero(self.visible & (shares > 0))
        missing = tuple(term.shown for term in nowhere)
        share = np.minimum(shares[rows], 1.0)
        return _Found(
            rows, scores[rows] + SHARE_SCORE * share, share, len(rows) > 0, missing
        )

    def having(self, term: Term) -> Mask:
        """Which documents have a term. A word that stands in a text also stands there as characters."""
        mask = np.zeros(len(self.visible), dtype=np.bool_)
        mask[self.phrase(term.phrase)] = True
        for other in term.alternatives:
            mask[
                self.word(other.word) if other.whole else self.phrase(other.phrase)
            ] = True
        return mask

    def score(self, term: Term, scores: Scores, among: Mask) -> None:
        """Add what a term is worth, at least in the documents of a mask."""
        self.said(term.word, term.phrase, 1.0, scores, among)
        for other in term.alternatives:
            self.said(
                other.word,
                "" if other.whole else other.phrase,
                SYNONYM_WEIGHT,
                scores,
                among,
            )

    def said(
        self, word: str, phrase: str, weight: float, scores: Scores, among: Mask
    ) -> None:
        """Add what one way to say a term is worth."""
        if word:
            rows, values = self.ranked(word, among)
            scores[rows] += weight * values
        if phrase:
            scores[self.phrase(phrase)] += weight * TERM_SCORE
            if title_counts(phrase):
                scores[self.phrase(phrase, title=True)] += weight * TERM_TITLE_SCORE

    def whole(self, asked: Asked) -> Scores:
        """What the question as one phrase is worth."""
        scores = np.zeros(len(self.visible))
        if asked.whole:
            scores[self.phrase(asked.whole)] += WHOLE_SCORE
            scores[self.phrase(asked.whole, title=True)] += WHOLE_TITLE_SCORE
        return scores

    def ranked(self, word: str, among: Mask) -> tuple[Numbers, Scores]:
        """The documents of a mask that say a word, and BM25 of each as Lucene reckons it.

        FTS5's own bm25() takes ten times as long, and calls a word worthless once half the documents have it.
        """
        everywhere = self.word(word)
        here = among[everywhere]
        rows = everywhere[here]
        times = self.times(word)[here] if len(rows) else np.ones(0)
        damped = K1 * (1 - B + B * self.columns.relative_lengths[rows])
        return rows, times / (times + damped) * rarity(len(everywhere), self.documents)

    def times(self, word: str) -> Numbers:
        """How often each document of a word says it."""
        return self.kept.numbers(
            (self.state, self.words, _DIGIT + word), lambda: self.count(word)
        )

    def count(self, word: str) -> Numbers:
        rows = self.word(word)
        times = np.ones(len(rows), dtype=np.int32)
        digits = self.read(
            self.words, *(word_query(digit_of(word, digit)) for digit in range(_DIGITS))
        )
        for digit, having in enumerate(digits):
            times[np.searchsorted(rows, having)] += 1 << digit
        return times

    def word(self, word: str) -> Numbers:
        return self.numbers(self.words, word_query(word))

    def phrase(self, phrase: str, *, title: bool = False) -> Numbers:
        if len(phrase) == 1:
            return self.word((_ALONE_IN_TITLE if title else _ALONE) + phrase)
        return self.numbers(self.chars, phrase_query(phrase, title=title))

    def numbers(self, table: str, match: str) -> Numbers:
        """The documents of a match, in order."""
        return self.kept.numbers(
            (self.state, table, match), lambda: self.read(table, match)[0]
        )

    def read(self, table: str, *matches: str) -> list[Numbers]:
        """The documents of each match, in order, in one statement."""
        # One row: SQLite works through all numbers without the interpreter's lock, beside other readers.
        one = f"(SELECT group_concat(rowid) FROM {table} WHERE {table} MATCH ?)"  # noqa: S608  our own name
        listed = self.connection.execute(
            f"SELECT {', '.join([one] * len(matches))}", matches
        ).fetchone()
        return [
            np.fromstring(numbers or "", dtype=np.int32, sep=",") for numbers in listed
        ]


def _result(
    query: Query,
    columns: Columns,
    found: _Found,
    shown_of: Callable[[Sequence[int]], dict[int, str]],
) -> Result:
    passes, facets = columns.narrow(found.rows, query.narrowed())
    rows, scores, shares = (
        found.rows[passes],
        found.scores[passes],
        found.shares[passes],
    )
    keys: list[npt.NDArray[Any]]
    if query.sort == "deadline":
        keys = [columns.by_deadline[rows]]
    elif query.sort == "newest" or not understand(query.text).terms:
        keys = [columns.by_newest[rows]]
    else:
        keys = [-np.round(scores, 6), columns.by_id[rows]]
    kinds = columns.columns["kind"]
    positions = page_of(rows, keys, (query.page - 1) * query.size, query.size)
    kept = shown_of(rows[positions].tolist())
    hits = []
    for position in positions:
        number = rows[position]
        kind = str(kinds.meanings[kinds.codes[number]][0])
        score, share = float(scores[position]), float(shares[position])
        hits.append(
            Hit(kind, int(columns.ids[number]), score, share, kept.get(number, ""))
        )
    return Result(len(rows), hits, facets, found.relaxed, list(found.missing))


def _shown(
    connection: sqlite3.Connection, head: _Head, numbers: Sequence[int]
) -> dict[int, str]:
    """What was put in to be given back, of the documents with these numbers."""
    marks = ", ".join("?" * len(numbers))
    rows = connection.execute(
        f"SELECT number, shown FROM docs_{head.generation} WHERE number IN ({marks})",  # noqa: S608  our own number
        numbers,
    )
    return dict(rows.fetchall())


# -- tables --------------------------------------------------------------------------------------------------------


def _head(connection: sqlite3.Connection) -> _Head | None:
    """The head row, None when the file is empty."""
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout not in (0, LAYOUT):
        raise _OtherLayout(
            "the search index was made by another version and has to be rebuilt"
        )
    if layout == 0:
        return None
    row = connection.execute(
        "SELECT generation, counter, alive, version, built_at, written_at FROM head"
    ).fetchone()
    return _Head(*row)


def _create(connection: sqlite3.Connection) -> _Head:
    generation = time.time_ns()
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.execute(
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL, "
        "counter INTEGER NOT NULL, alive INTEGER NOT NULL, version TEXT NOT NULL, built_at TEXT NOT NULL, "
        "written_at TEXT NOT NULL)"
    )
    _create_tables(connection, generation)
    head = _Head(generation, 0, 0, VERSION, _now(), _now())
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


def _create_tables(connection: sqlite3.Connection, generation: int) -> None:
    # packed: the text as it was indexed. Deleting from a contentless table (SQLite before 3.43 has no other way)
    # needs the very tokens that went in, and the words of today need not be the words of then.
    connection.execute(
        f"CREATE TABLE docs_{generation} (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, ident INTEGER NOT NULL, "
        "version INTEGER NOT NULL, deleted INTEGER NOT NULL, changed INTEGER NOT NULL, audience TEXT NOT NULL, "
        "district TEXT, field TEXT, stage TEXT, modes TEXT NOT NULL, year INTEGER, chain TEXT, published_on TEXT, "
        "deadline TEXT, length INTEGER NOT NULL, packed BLOB NOT NULL, shown TEXT NOT NULL, UNIQUE (kind, ident))"
    )
    connection.execute(
        f"CREATE INDEX docs_{generation}_changed ON docs_{generation} (changed)"
    )
    connection.execute(
        f"CREATE VIRTUAL TABLE words_{generation} USING fts5 (words, content='', columnsize=0, detail=none, "
        "tokenize='ascii')"
    )
    connection.execute(
        f"CREATE VIRTUAL TABLE chars_{generation} USING fts5 (title, body, content='', columnsize=0, tokenize='ascii')"
    )
    connection.execute(
        f"CREATE TABLE offers_{generation} (weight INTEGER NOT NULL, entry TEXT NOT NULL, number INTEGER NOT NULL, "
        "PRIMARY KEY (weight, entry, number)) WITHOUT ROWID"
    )


_FIELDS = (
    "kind, ident, version, deleted, changed, audience, district, field, stage, modes, year, chain, published_on, "
    "deadline, length, packed, shown"
)
_Row = tuple[Any, ...]


def _write(
    connection: sqlite3.Connection,
    generation: int,
    document: Document,
    text: Channels,
    changed: int,
) -> int | None:
    packed = _packed(
        counted(text), pairs(text.title), pairs(text.body), json.dumps(text.offers)
    )
    row = (
        document.kind,
        document.id,
        document.version,
        0,
        changed,
        json.dumps(document.audience),
        document.district or None,
        document.field or None,
        document.stage or None,
        json.dumps(document.modes, ensure_ascii=False),
        document.year,
        document.chain or None,
        _iso(document.published_on),
        _iso(document.deadline),
        len(text.words),
        packed,
        document.shown,
    )
    return _store(connection, generation, row)


def _bury(
    connection: sqlite3.Connection, generation: int, version: Version, changed: int
) -> int | None:
    kind, ident, number = version
    row = (
        kind,
        ident,
        number,
        1,
        changed,
        "[]",
        None,
        None,
        None,
        "[]",
        None,
        None,
        None,
        None,
        0,
        b"",
        "",
    )
    return _store(connection, generation, row)


def _store(connection: sqlite3.Connection, generation: int, row: _Row) -> int | None:
    """Put one row and its postings in place of the stored ones, unless their version is higher.

    Returns by how much the number of living documents changed (-1, 0, 1), None when nothing was written.
    """
    docs = f"docs_{generation}"
    kind, ident, version, deleted = row[:4]
    packed, _ = row[-2:]
    stored = connection.execute(
        f"SELECT number, version, deleted, packed FROM {docs} WHERE kind = ? AND ident = ?",  # noqa: S608
        (kind, ident),
    ).fetchone()
    number, alive = None, 0
    if stored is not None:
        number, stored_version, stored_deleted, stored_packed = stored
        if stored_version > version:
            return None
        if not stored_deleted:
            alive = 1
            _unpost(connection, generation, number, stored_packed)
    marks = ", ".join("?" * (len(row) + 1))
    cursor = connection.execute(
        f"INSERT OR REPLACE INTO {docs} (number, {_FIELDS}) VALUES ({marks})",  # noqa: S608
        (number, *row),
    )
    if not deleted:
        _post(connection, generation, cursor.lastrowid, packed)
    return (0 if deleted else 1) - alive


def _post(
    connection: sqlite3.Connection, generation: int, number: int | None, packed: bytes
) -> None:
    words, title, body, offers = _unpacked(packed)
    connection.executemany(
        f"INSERT INTO offers_{generation} (weight, entry, number) VALUES (?, ?, ?)",  # noqa: S608
        _keys(offers, number),
    )
    connection.execute(
        f"INSERT INTO words_{generation} (rowid, words) VALUES (?, ?)", (number, words)
    )
    connection.execute(
        f"INSERT INTO chars_{generation} (rowid, title, body) VALUES (?, ?, ?)",  # noqa: S608
        (number, title, body),
    )


def _unpost(
    connection: sqlite3.Connection, generation: int, number: int, packed: bytes
) -> None:
    words, title, body, offers = _unpacked(packed)
    connection.executemany(
        f"DELETE FROM offers_{generation} WHERE weight = ? AND entry = ? AND number = ?",  # noqa: S608
        _keys(offers, number),
    )
    connection.execute(
        f"INSERT INTO words_{generation} (words_{generation}, rowid, words) VALUES ('delete', ?, ?)",  # noqa: S608
        (number, words),
    )
    connection.execute(
        f"INSERT INTO chars_{generation} (chars_{generation}, rowid, title, body) VALUES ('delete', ?, ?, ?)",  # noqa: S608
        (number, title, body),
    )


def _keys(offers: str, number: int | None) -> set[tuple[int, str, int | None]]:
    """What is suggested by a document, as it was packed, in the rows of the table of offers."""
    return {
        (weight, entry, number)
        for weight, entries in json.loads(offers)
        for entry in entries
    }


def _offered(
    connection: sqlite3.Connection,
    generation: int,
    weight: int,
    prefix: str,
    seen: Mask,
    most: int,
) -> list[str]:
    """Entries of one weight that begin with a prefix and stand for a document that is seen, in order, each once."""
    entries: list[str] = []
    after, number, end = prefix, -1, beyond(prefix)
    while len(entries) < most:
        rows = connection.execute(
            f"SELECT entry, number FROM offers_{generation} WHERE weight = ? AND (entry, number) > (?, ?) "  # noqa: S608
            "AND entry < ? ORDER BY entry, number LIMIT ?",
            (weight, after, number, end, OFFERS_READ),
        ).fetchall()
        for entry, number in rows:
            after = entry
            if number < len(seen) and seen[number]:
                entries.append(entry)
                number = (
                    sys.maxsize
                )  # the other documents with the same entry say nothing new
                break
        else:
            if len(rows) < OFFERS_READ:
                break
    return entries


def _touch(
    connection: sqlite3.Connection, counter: int, stored: Iterable[int | None]
) -> None:
    change = sum(one or 0 for one in stored)
    connection.execute(
        "UPDATE head SET counter = ?, written_at = ?, alive = alive + ?",
        (counter, _now(), change),
    )


def _take_over(
    connection: sqlite3.Connection, head: _Head, fresh: int, start: int
) -> None:
    """Carry into the new tables what was written, and taken out, since the rebuild began."""
    rows = connection.execute(
        f"SELECT {_FIELDS} FROM docs_{head.generation} WHERE changed > ? ORDER BY changed",  # noqa: S608  our own number
        (start,),
    ).fetchall()
    for row in rows:
        _store(connection, fresh, row)


def _make_live(connection: sqlite3.Connection, head: _Head, fresh: int) -> int:
    (count,) = connection.execute(
        f"SELECT count(*) FROM docs_{fresh} WHERE NOT deleted"
    ).fetchone()
    connection.execute(
        "UPDATE head SET generation = ?, counter = ?, alive = ?, version = ?, built_at = ?, written_at = ?",
        (fresh, head.counter + 1, count, VERSION, _now(), _now()),
    )
    return int(count)


def _line(row: _Row) -> Line:
    number, alive, kind, ident, *facets, audience, published_on, deadline, length = row
    district, field, stage, modes, year, chain = facets
    values = {
        "kind": (kind,),
        "district": _one(district),
        "field": _one(field),
        "stage": _one(stage),
        "mode": _several(modes),
        "year": _one(year),
        "chain": _one(chain),
        "audience": _several(audience),
    }
    return Line(
        number,
        bool(alive),
        kind,
        ident,
        values,
        _date(published_on),
        _date(deadline),
        length,
    )


def _one(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


@lru_cache(maxsize=4096)  # few combinations, many documents
def _several(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _packed(*parts: str) -> bytes:
    return zlib.compress(_PARTS.join(parts).encode(), 1)


def _unpacked(packed: bytes) -> Sequence[str]:
    return zlib.decompress(packed).decode().split(_PARTS)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
