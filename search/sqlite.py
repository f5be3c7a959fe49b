"""Opening a file of SQLite so that it can be read even where nothing can be written: full disk, foreign owner.
Not here: what is in the file, transactions, and what is done when it is damaged.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Kinds of refusal (the low byte of the code) after which the file itself may still be readable: in WAL mode SQLite
# needs a second file, `-shm`, and makes it where it is missing. On a full disk or a read-only one it cannot.
_NO_ROOM_NEARBY = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    }
)


class FrozenConnection(sqlite3.Connection):
    """A connection that reads the file as it lies there and takes no part in its locks: for one transaction, no longer.

    Writers may come back at any moment. What they write goes to `-wal` first, so that a short reader sees the old state
    whole; a long one could meet a checkpoint.
    """


def connect_file(
    path: str | Path, *, create: bool, **options: Any
) -> sqlite3.Connection:
    """Open a file, and find out at once whether it can be read.

    Args:
        path: the file.
        create: make it where it is missing.
        options: of `sqlite3.connect`.

    Returns:
        a connection; a FrozenConnection where only the file itself can be read.

    Raises:
        sqlite3.Error: the file is missing, damaged, or may not be read.
    """
    mode = "rwc" if create else "rw"
    address = f"file:{quote(str(path))}"
    connection: sqlite3.Connection = sqlite3.connect(
        f"{address}?mode={mode}", uri=True, **options
    )
    try:
        # The header and the first page of the schema, which opens `-shm`.
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        return connection
    except sqlite3.OperationalError as refusal:
        connection.close()
        if refusal.sqlite_errorcode & 0xFF not in _NO_ROOM_NEARBY:
            raise
        if not _is_complete(Path(path)):
            raise
    except BaseException:
        connection.close()
        raise
    frozen = sqlite3.connect(
        f"{address}?mode=ro&immutable=1", uri=True, factory=FrozenConnection, **options
    )
    try:
        frozen.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except BaseException:
        frozen.close()
        raise
    return frozen


def _is_complete(path: Path) -> bool:
    """Whether all that was committed is in the file itself and nothing waits in its `-wal`."""
    try:
        if path.stat().st_size == 0:
            return False
        return path.with_name(f"{path.name}-wal").stat().st_size == 0
    except FileNotFoundError:
        # No `-wal`: the last connection to be closed has moved everything into it.
        return path.exists()
