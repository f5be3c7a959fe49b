"""The counters of the rate limits, shared by all processes of one machine: a storage for `limits` in an SQLite file.

`limits` itself counts in the memory of one process, where five tries are ten with two workers, or in a server such as
Redis. How often one may do what stands at the pages.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from limits.storage import Storage

SCHEME = "shared"
WAIT = (
    2.0  # seconds for a counter that another process writes; one write takes some 50 µs
)
SWEEP = 200  # once in so many counts what has run out is removed

_CREATE = """
CREATE TABLE IF NOT EXISTS counter (
    key TEXT PRIMARY KEY, amount INTEGER NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID
"""
# One statement, so that two processes that count at once count both.
_COUNT = """
INSERT INTO counter (key, amount, expires) VALUES (:key, :amount, :now + :expiry)
ON CONFLICT (key) DO UPDATE SET
    amount = CASE WHEN expires <= :now THEN :amount ELSE amount + :amount END,
    expires = CASE WHEN expires <= :now THEN :now + :expiry ELSE expires END
RETURNING amount
"""


class SharedCounters(Storage):
    """Counters in an SQLite file in memory, or next to the data where there is no file system in memory.

    Where the file cannot be written, Flask-Limiter counts in each process by itself for a while and says so in the log.

    Args:
        uri: `shared://` and the absolute path of the file.
    """

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str = "", wrap_exceptions: bool = False, **_: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.path = Path(uri.removeprefix(f"{SCHEME}://"))
        self._local = threading.local()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What a failing storage raises."""
        return (sqlite3.Error, OSError)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and give the count of the present window; a window begins with its first count.

        Args:
            key: what is counted.
            expiry: length of the window in seconds.
            amount: how much is added.
        """
        now = time.time()
        values = {"key": key, "amount": amount, "now": now, "expiry": expiry}
        connection = self._connect()
        ((count,),) = connection.execute(_COUNT, values).fetchall()
        if not random.randrange(SWEEP):  # noqa: S311  no secret
            # Now and then and by whoever counts: there is no process to do it for all.
            connection.execute("DELETE FROM counter WHERE expires <= ?", (now,))
        return int(count)

    def get(self, key: str) -> int:
        """The count of the present window."""
        query = "SELECT amount FROM counter WHERE key = ? AND expires > ?"
        row = self._connect().execute(query, (key, time.time())).fetchone()
        return 0 if row is None else int(row[0])

    def get_expiry(self, key: str) -> float:
        """When the present window ends, in seconds since 1970; now where there is none."""
        query = "SELECT expires FROM counter WHERE key = ?"
        row = self._connect().execute(query, (key,)).fetchone()
        now = time.time()
        return now if row is None else max(now, float(row[0]))

    def check(self) -> bool:
        """Whether the file can be written."""
        try:
            self._connect().execute("DELETE FROM counter WHERE expires <= 0")
        except (sqlite3.Error, OSError):
            return False
        return True

    def reset(self) -> int | None:
        """Forget everything; the number of counters there were."""
        return self._connect().execute("DELETE FROM counter").rowcount

    def clear(self, key: str) -> None:
        """Forget one counter."""
        self._connect().execute("DELETE FROM counter WHERE key = ?", (key,))

    def _connect(self) -> sqlite3.Connection:
        """The connection of this thread; a process that was forked, or whose file is gone, opens its own."""
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid() and self.path.exists():
            connection: sqlite3.Connection = held[1]
            return connection
        own_folder(self.path.parent)
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        # Counters need not outlive the machine.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_CREATE)
        self._local.held = (os.getpid(), connection)
        return connection


def own_folder(folder: Path) -> None:
    """Make a folder that only this user reads; one that somebody else laid there is refused.

    Raises:
        OSError: it is no folder of this user.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # In a folder where everybody may write, somebody may have put a link.
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise OSError(f"{folder} belongs to somebody else")
