"""The search file: connections by thread and process, transactions, its locks and what happens when it is broken.
Not here: what is in the file (tables, rows), searching and writing (engine).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import stat
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

# A file that ends too early, a sector that cannot be read: SQLite counts them among the passing troubles.
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
        sqlite3.SQLITE_IOERR_DATA,
    }
)

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
        self._was_there = False  # whether this process has ever opened it
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
        with self._noticing_damage():
            connection = self._connect(create=False)
            _set_timeout(connection, self.read_timeout)
            connection.execute("BEGIN")
            # SQLite takes its view of the file at the first read, so the head is of the same moment as the rest.
            try:
                head = read_head(connection)
                if head is None:
                    raise NotBuilt("the search index has not been built")
                yield connection, head
            except (SearchError, sqlite3.Error, OSError, zlib.error):
                raise
            except Exception as failure:
                # Changed bytes inside of a row can be read as other numbers and texts, whose errors are of any kind.
                if _is_sound(connection):
                    raise
                raise sqlite3.DatabaseError(f"damaged: {failure!r}") from failure
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[tuple[sqlite3.Connection, Head]]:
        """A write transaction, committed at the end; creates the file and its tables.

        Raises:
            SearchUnavailable: as for reading.
        """
        with self._noticing_damage():
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

    @contextlib.contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Translate errors, and leave a mark beside a file that turns out to be damaged, for anyone who rebuilds it."""
        try:
            with translate_errors(self.path):
                yield
        except SearchUnavailable as unavailable:
            if _is_broken(unavailable.__cause__):
                self.mark_damaged()
            raise

    @property
    def _mark(self) -> Path:
        return self.path.with_name(f"{self.path.name}.damaged")

    def mark_damaged(self) -> None:
        """Note that the file needs a rebuild, whatever it still answers."""
        with contextlib.suppress(OSError):
            self._mark.touch()

    def clear_mark(self) -> None:
        """After a rebuild: what is there now is whole."""
        with contextlib.suppress(OSError):
            self._mark.unlink(missing_ok=True)

    @property
    def is_marked(self) -> bool:
        """Whether the file turned out to be damaged since it was built."""
        return self._mark.exists()

    def check(self) -> bool:
        """Read the whole file; one that is damaged is marked.

        Returns:
            whether it is sound; a missing one is not.
        """
        try:
            with self.reading() as (connection, _):
                sound = _is_sound(connection)
        except SearchUnavailable:
            return False
        # Marked only: readers go on with what it still answers until a rebuild is there.
        if not sound:
            self.mark_damaged()
        return sound

    def clear_the_way(self) -> bool:
        """Before a rebuild: set aside what cannot be built on, which may be anything that bears the name.

        Returns:
            whether something was set aside.
        """
        with translate_errors(self.path):
            if not os.path.lexists(self.path):
                self._mark.unlink(missing_ok=True)
                return False
            status = self.path.stat()
            usable = stat.S_ISREG(status.st_mode) and status.st_size > 0
            usable = usable and os.access(
                self.path, os.R_OK | os.W_OK, effective_ids=True
            )
        if usable and not self.is_marked:
            try:
                with self.reading() as (connection, _):
                    usable = _is_sound(connection)
            except NotBuilt:
                return False
            except OtherLayout:
                usable = True
            except SearchUnavailable as unavailable:
                usable = not _is_broken(unavailable.__cause__)
        else:
            usable = False
        if usable:
            return False
        with translate_errors(self.path):
            self._move_away()
        return True

    def _move_away(self) -> None:
        """Rename the file and what lies next to it; other processes notice that the name means another file now."""
        self.close()
        mark = time.strftime("%Y%m%d-%H%M%S")
        # The last such file is enough to look at; a disk must not fill with them.
        for old in self.path.parent.glob(f"{self.path.name}.broken-*"):
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
        # A -wal left behind would be taken for that of the new file.
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}{suffix}", f"{self.path}.broken-{mark}{suffix}")
        self._mark.unlink(missing_ok=True)

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
        if identity is None and self._was_there:
            # A file that is lost was whole; the one that is made in its place will hold what is written from now on.
            self.mark_damaged()
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
        self._was_there = True
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
        if not status.st_size and Path(f"{self.path}-shm").exists():
            # Emptied while it was open: SQLite would wait for locks that nobody will ever let go.
            raise sqlite3.DatabaseError("the file was emptied")
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
        if not (_is_broken(unusable.__cause__) or isinstance(unusable, OtherLayout)):
            return False
        self._move_away()
        return True


def _is_broken(cause: BaseException | None) -> bool:
    """Whether an error says that the file itself is damaged, not that it is locked or its disk full."""
    if isinstance(cause, zlib.error):
        return True
    if not isinstance(cause, sqlite3.DatabaseError):
        return False
    if isinstance(cause, sqlite3.OperationalError):
        return getattr(cause, "sqlite_errorcode", 0) in _BROKEN
    return True


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Read every page of the file, as SQLite itself checks it."""
    try:
        rows = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError:
        return False
    return rows == [("ok",)]


@contextlib.contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate SQLite and OS errors to SearchUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError, zlib.error) as failure:
        raise SearchUnavailable(f"search index {path.name}: {failure}") from failure


def _set_timeout(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
