"""The search file: connections by thread and process, transactions, its locks and what happens when it is broken.
Not here: what is in the file (tables, rows), searching and writing (engine).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from search.contract import NotBuilt, SearchError, SearchUnavailable
from search.embedded.tables import Head, OtherLayout, create_head, read_head
from search.sqlite import FrozenConnection, connect_file

# Readers never wait for a writer in WAL mode, only for a file that somebody holds exclusively.
READ_TIMEOUT = 1.0  # seconds
WRITE_TIMEOUT = (
    10.0  # seconds; writers wait for each other, each for some tens of milliseconds
)
PAGE_CACHE = 16_000  # kilobytes per connection
WAL_LIMIT = 64 * 1024 * 1024  # bytes

_Identity = tuple[int, int]  # device and inode: which file bears a name

# The parent's connections after a fork. They are never closed in the child: closing a file drops every lock that the
# process holds on it, and SQLite's would go.
_INHERITED: list[sqlite3.Connection] = []


class IndexFile:
    """One SQLite file, shared by threads and processes: each thread of each process has a connection of its own."""

    def __init__(self, path: Path, read_timeout: float, write_timeout: float) -> None:
        """Name the file; it is not touched before the first transaction.

        Args:
            path: created by the first write transaction, never by a reader.
            read_timeout, write_timeout: seconds to wait for a locked file.
        """
        self.path = path
        self.read_timeout = read_timeout
        self.write_timeout = write_timeout
        self._reset()

    def _reset(self) -> None:
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """Leave the parent's connections alone and begin without any."""
        _INHERITED.extend(self._open)
        self._reset()

    @contextlib.contextmanager
    def reading(self) -> Iterator[tuple[sqlite3.Connection, Head]]:
        """A read transaction: one view of the file, whatever is written meanwhile.

        Raises:
            NotBuilt: the file holds no index.
            SearchUnavailable: the file is missing, broken, locked or of another layout.
        """
        with translate_errors(self.path):
            connection = self._connect(create=False)
            _set_timeout(connection, self.read_timeout)
            connection.execute("BEGIN")
            # SQLite takes its view of the file at the first read, so the head is of the same moment as the rest.
            try:
                head = read_head(connection)
                if head is None:
                    raise NotBuilt("the search index has not been built")
                yield connection, head
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[tuple[sqlite3.Connection, Head]]:
        """A write transaction, committed at the end; creates the file and its tables.

        Raises:
            SearchUnavailable: as for reading.
        """
        with translate_errors(self.path):
            connection = self._connect(create=True)
            _set_timeout(connection, self.write_timeout)
            # IMMEDIATE: SQLite refuses to turn a reader into a writer when another has written since.
            connection.execute("BEGIN IMMEDIATE")
            try:
                head = read_head(connection) or create_head(connection)
                yield connection, head
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        """This thread's connection to the file that bears the name now; a deleted or replaced file is not read on."""
        identity = self._identity(create=create)
        held: tuple[sqlite3.Connection, _Identity] | None = getattr(
            self._local, "held", None
        )
        if held is not None:
            if held[1] == identity and not isinstance(held[0], FrozenConnection):
                return held[0]
            self._close_connection(held[0])
        connection = connect_file(
            self.path,
            create=create,
            isolation_level=None,
            timeout=self.write_timeout if create else self.read_timeout,
            check_same_thread=False,  # closed from another thread by close(); used by its own alone
        )
        try:
            if create:
                connection.execute("PRAGMA journal_mode = WAL")
            # The index is a copy that can be rebuilt: a write lost with the power is found by the next comparison.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
            connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE}")
            # Large sorts stay in memory: a reader must not need room on a disk.
            connection.execute("PRAGMA temp_store = MEMORY")
            status = self.path.stat()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._open.append(connection)
        self._local.held = (connection, (status.st_dev, status.st_ino))
        return connection

    def _identity(self, *, create: bool) -> _Identity | None:
        """Which file bears the name; None when there is none and it may be created."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if not create:
                raise
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return None
        return status.st_dev, status.st_ino

    def _close_connection(self, connection: sqlite3.Connection) -> None:
        self._local.held = None
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
        connection.close()

    def close(self) -> None:
        """Close every connection of this process. Not while another thread is inside a transaction."""
        with self._lock:
            connections = self._open
            self._open = []
            self._local = threading.local()
        for connection in connections:
            connection.close()

    @contextlib.contextmanager
    def rebuild_lock(self) -> Iterator[None]:
        """One rebuild at a time, over all processes; the lock goes with the process that held it.

        Raises:
            SearchError: another rebuild is running.
        """
        with translate_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = open(f"{self.path}.rebuild", "wb")  # noqa: SIM115  closed below, after the work
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as busy:
                raise SearchError("the search index is being rebuilt already") from busy
            yield

    def set_aside(self, unusable: SearchUnavailable) -> bool:
        """Move a file that is no database of ours away. Whether that was the trouble.

        A locked or forbidden file is an OperationalError, which time or a person heals; it stays where it is.
        """
        cause = unusable.__cause__
        broken = isinstance(cause, sqlite3.DatabaseError)
        broken = broken and not isinstance(cause, sqlite3.OperationalError)
        if not (broken or isinstance(unusable, OtherLayout)):
            return False
        self.close()
        mark = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}{suffix}", f"{self.path}.broken-{mark}{suffix}")
        return True


@contextlib.contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate SQLite and OS errors to SearchUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError, zlib.error) as failure:
        raise SearchUnavailable(f"search index {path.name}: {failure}") from failure


def _set_timeout(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
