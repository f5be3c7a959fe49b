"""The embedded engine: the contract's calls over one SQLite file, and what each process remembers of it.
Not here: connections (file), tables and rows (tables, rows), scores (scoring), filters and order (docvalues).
"""

from __future__ import annotations

import glob
import os
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from search.analysis import analyze_all
from search.completion import (
    WEIGHTS,
    normalize_prefix,
    rank_completions,
)
from search.contract import (
    DEFAULT_CORRECTIONS,
    DEFAULT_SUGGESTIONS,
    Document,
    Query,
    Result,
    SearchUnavailable,
    Version,
)
from search.embedded.docvalues import DocValues
from search.embedded.file import READ_TIMEOUT, WRITE_TIMEOUT, IndexFile
from search.embedded.paging import page_hits
from search.embedded.postings import PostingCache, PostingReader
from search.embedded.rows import (
    count_completions,
    put_document,
    put_tombstone,
    read_doc_rows,
    read_spellings,
    replay_writes,
)
from search.embedded.scoring import ScoredDocuments, TermScorer, score_everything
from search.embedded.tables import (
    FTS_TABLES,
    MERGE_PAGES,
    Head,
    Tables,
    bump_counter,
    create_tables,
    drop_other_generations,
    merge_postings,
    swap_generation,
)
from search.schema import index_version
from search.spelling import corrected_texts
from search.terms import ParsedQuery, parse_query

BATCH = 500  # documents per transaction: a writer holds the file for some tens of milliseconds
# Scored sets remembered per process, so that paging and facets of one query search once.
REMEMBERED_RESULTS = 16

_ResultKey = tuple[int, int, frozenset[str], str]
_T = TypeVar("_T")


class FtsEngine:
    """Full-text search in one SQLite file; the contract is search.contract.Engine.

    One engine may be shared by threads and survives fork: connections belong to one thread of one process.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        read_timeout: float = READ_TIMEOUT,
        write_timeout: float = WRITE_TIMEOUT,
    ) -> None:
        """Name the file; nothing is touched before the first call.

        Args:
            path: created by the first put or rebuild, never by a reader. The folder must exist or be creatable.
            read_timeout, write_timeout: seconds to wait for a locked file.
        """
        self.path = Path(path)
        self.file = IndexFile(self.path, read_timeout, write_timeout)
        self._forget()
        _ENGINES.add(self)

    def _forget(self) -> None:
        """Begin with an empty memory; the file is read again."""
        # Guards what follows: short look-ups, and one reader reading on for all.
        self._lock = threading.Lock()
        self._doc_values: DocValues | None = None
        self._results: OrderedDict[_ResultKey, ScoredDocuments] = OrderedDict()
        self._postings = PostingCache()

    def after_fork(self) -> None:
        """Begin in a child process."""
        # Locks may be held by threads that the child does not have, so all are new.
        self.file.after_fork()
        self._forget()

    # -- reading ---------------------------------------------------------------------------------------------------

    def find(self, query: Query) -> Result:
        """Answer a query.

        Raises:
            SearchUnavailable: the file is missing, broken, locked or of another layout.
        """
        parsed = parse_query(query.text)
        with self.file.reading() as (connection, head):
            doc_values = self._current_doc_values(connection, head)
            scored = self._score(connection, head, doc_values, query, parsed)
        # Everything else is in memory: the transaction need not wait for it.
        passes, facets = doc_values.filter_and_count_facets(
            scored.rows, query.active_filters()
        )
        hits = page_hits(query, parsed, doc_values, scored, passes)
        return Result(
            total=int(np.count_nonzero(passes)),
            hits=hits,
            facets=facets,
            relaxed=scored.relaxed,
            missing=list(scored.missing),
            signs_only=parsed.signs_only,
        )

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = DEFAULT_SUGGESTIONS,
    ) -> list[str]:
        """What begins with the typed text, as the contract says."""
        prefix = normalize_prefix(text)
        if not prefix or size < 1:
            return []
        wanted = tuple(kinds)
        counts: dict[int, dict[str, int]] = {}
        with self.file.reading() as (connection, head):
            doc_values = self._current_doc_values(connection, head)
            visible = doc_values.visible(frozenset(audiences))
            if wanted:
                # A new array: the mask is shared by all readers of these groups.
                visible = visible & doc_values.columns["kind"].having(wanted)
            for weight in WEIGHTS:
                counts[weight] = count_completions(
                    connection, head.tables, weight, prefix, visible
                )
        return rank_completions(counts, prefix, size)

    def corrections(
        self, text: str, audiences: Iterable[str], size: int = DEFAULT_CORRECTIONS
    ) -> list[str]:
        """What may have been meant, as the contract says."""
        with self.file.reading() as (connection, head):
            doc_values = self._current_doc_values(connection, head)
            visible = doc_values.visible(frozenset(audiences))
            postings = PostingReader(connection, head, self._postings)
            scorer = TermScorer(postings, doc_values, visible, head.alive)

            def lookup(keys: Sequence[str]) -> set[str]:
                return read_spellings(connection, head.tables, keys)

            return corrected_texts(text, scorer.count_visible, lookup, size)

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, by kind and id."""
        with self.file.reading() as (connection, head):
            rows = connection.execute(
                head.tables.sql(
                    "SELECT kind, ident, version FROM {docs} WHERE NOT deleted ORDER BY kind, ident"
                )
            ).fetchall()
        return iter(rows)

    def state(self) -> dict[str, Any]:
        """engine, count, removed, version, expected, current, damaged, built_at, written_at, age (seconds), bytes."""
        with self.file.reading() as (connection, head):
            (removed,) = connection.execute(
                head.tables.sql("SELECT count(*) FROM {docs} WHERE deleted")
            ).fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        age = datetime.now(UTC) - datetime.fromisoformat(head.written_at)
        return {
            "engine": "sqlite",
            "count": head.alive,
            "removed": removed,
            "version": head.version,
            "expected": index_version(),
            "current": head.version == index_version() and not self.file.is_marked,
            "damaged": self.file.is_marked,
            "built_at": head.built_at,
            "written_at": head.written_at,
            "age": age.total_seconds(),
            "bytes": pages * page_size,
        }

    def _current_doc_values(
        self, connection: sqlite3.Connection, head: Head
    ) -> DocValues:
        """The doc values as of this transaction or newer, read on only from where the last reader stopped."""
        # Reading them all takes about 0.1 s for 13,000 documents (decision 021), so readers who come meanwhile wait.
        with self._lock:
            doc_values = self._doc_values
            if doc_values is None or doc_values.generation != head.generation:
                doc_values = DocValues(head.generation, -1)
            # Newer ones fit as well: within a generation a row number stays with its document, removed or not.
            if doc_values.counter < head.counter:
                rows = read_doc_rows(connection, head.tables, doc_values.counter)
                doc_values = doc_values.with_rows(head.counter, rows)
                self._doc_values = doc_values
            return doc_values

    def _score(
        self,
        connection: sqlite3.Connection,
        head: Head,
        doc_values: DocValues,
        query: Query,
        parsed: ParsedQuery,
    ) -> ScoredDocuments:
        """What a text finds for a reader, remembered until the next write."""
        # Filters, order and page are no part of the key: the next page and another facet value search once.
        key = (head.generation, head.counter, query.audiences, query.text)
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        # Outside of the lock: two threads may score the same text, but none waits for another's text.
        visible = doc_values.visible(query.audiences)
        if parsed.terms:
            postings = PostingReader(connection, head, self._postings)
            scorer = TermScorer(postings, doc_values, visible, head.alive)
            scored = scorer.score_documents(parsed)
        elif parsed.signs_only:
            scored = score_everything(np.zeros_like(visible))
        else:
            scored = score_everything(visible)
        with self._lock:
            self._results[key] = scored
            while len(self._results) > REMEMBERED_RESULTS:
                self._results.popitem(last=False)
        return scored

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents unless a higher version is stored; creates the file. Returns how many were written."""
        written = 0
        for batch in _batches(documents):
            # Analysis is the slow part: it is done before the file is held.
            analyzed = analyze_all(batch)
            with self.file.writing() as (connection, head):
                # One counter for the batch: readers read on from the one they know.
                counter = head.counter + 1
                changes = []
                for document, text in analyzed:
                    changes.append(
                        put_document(connection, head.tables, document, text, counter)
                    )
                bump_counter(connection, counter, changes)
            written += _count_written(changes)
        return written

    def remove(self, versions: Iterable[Version]) -> int:
        """Take documents out and leave tombstones with the version. Returns how many tombstones were written."""
        removed = 0
        for batch in _batches(versions):
            with self.file.writing() as (connection, head):
                counter = head.counter + 1
                changes = []
                for version in batch:
                    changes.append(
                        put_tombstone(connection, head.tables, version, counter)
                    )
                bump_counter(connection, counter, changes)
            removed += _count_written(changes)
        return removed

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Fill new tables, then make them the live ones in one transaction that also replays what was written
        meanwhile. A broken file is set aside and a new one begun.

        Returns:
            How many documents the new index holds.

        Raises:
            SearchError: another rebuild is running.
        """
        with self.file.rebuild_lock():
            if self.file.clear_the_way():
                self._forget()
            try:
                tables, begun = self._begin_tables()
            except SearchUnavailable as unusable:
                if not self.file.set_aside(unusable):
                    raise
                self._forget()
                tables, begun = self._begin_tables()
            # Nobody reads the new tables yet, so their rows may bear the counter of the beginning.
            # Short transactions: other writers get their turn between the batches.
            for batch in _batches(documents):
                analyzed = analyze_all(batch)
                with self.file.writing() as (connection, _):
                    for document, text in analyzed:
                        put_document(connection, tables, document, text, begun)
            self._merge(tables)
            # No write can come between the replay and the swap: both are one transaction.
            with self.file.writing() as (connection, head):
                replay_writes(connection, head.tables, tables, begun)
                count = swap_generation(connection, head, tables)
            self.file.clear_mark()
            # Also what a rebuild that died has left behind. The new index is live and whole whatever becomes of it.
            with suppress(SearchUnavailable), self.file.writing() as (connection, head):
                drop_other_generations(connection, head.generation)
        return count

    def discard(self) -> None:
        """Remove the file and all that lies beside it: the index of word lists that are no longer in use."""
        self.close()
        for path in self.path.parent.glob(f"{glob.escape(self.path.name)}*"):
            path.unlink(missing_ok=True)
        self._forget()

    def _begin_tables(self) -> tuple[Tables, int]:
        """New tables, and the change counter from which on writes have to be replayed."""
        with self.file.writing() as (connection, head):
            return create_tables(connection), head.counter

    def _merge(self, tables: Tables) -> None:
        """Merge the posting lists of new tables, step by step, so that writers get their turn between the steps."""
        for name in FTS_TABLES:
            with self.file.writing() as (connection, _):
                merge_postings(connection, tables, name, -MERGE_PAGES)
            left = True
            while left:
                with self.file.writing() as (connection, _):
                    left = merge_postings(connection, tables, name, MERGE_PAGES)

    def check(self) -> bool:
        """Read the whole file; whether it is sound. The next process that looks at the state rebuilds a damaged one."""
        return self.file.check()

    def close(self) -> None:
        """Close every connection of this process. Not while another thread is searching."""
        self.file.close()
        self._forget()


# Held weakly: an engine that nobody uses any more needs no care after a fork.
_ENGINES: weakref.WeakSet[FtsEngine] = weakref.WeakSet()


def _after_fork() -> None:
    for engine in list(_ENGINES):
        engine.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _count_written(changes: Iterable[int | None]) -> int:
    return sum(change is not None for change in changes)


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
