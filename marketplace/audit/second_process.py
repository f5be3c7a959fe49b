"""A second process that checks spans of the audit from the last one downwards, while this process goes up.

What it finds sound is sound; everything else is read again here. So it may fail, end or be slow, and only time is lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, cast

import sqlalchemy as sa
import structlog

from marketplace.audit.spans import SOUND

log = structlog.get_logger(__name__)

PROGRAM = Path(__file__).with_name("spans.py")
PATIENCE = 120  # seconds for the spans that are still being checked when this process has come to them
HASH = 32  # bytes
Span = tuple[int, int]
# Of a sound batch: the root of its subtree and the hashes of its entries; None where it is to be read again.
Batch = tuple[bytes, bytes] | None


def processors() -> int:
    """How many processors this process may use."""
    # Of this process, not of the machine: a container may have one of sixteen.
    return len(os.sched_getaffinity(0))


class SecondProcess:
    """Checks spans from the end of a list until nothing is left of it.

    Args:
        connection: to the same database.
        spans: the list; whoever goes through it from the front takes spans by `take_next`.
        size: entries of a batch.
        in_order: deeds whose entries are read in their order, so that their batches are read again here.
    """

    def __init__(
        self,
        connection: sa.Connection,
        spans: list[Span],
        size: int,
        in_order: list[str],
    ) -> None:
        # Taken from both ends, the front by this process and the end by the other one.
        self._left = deque(spans)
        self._lock = Lock()
        self._size = size
        self._checked: dict[int, list[Batch]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if not spans:
            return
        # In the environment or as arguments the password would be seen by others of this machine.
        first = {"size": size, "in_order": in_order} | _address_of(
            connection.engine.url
        )
        # Isolated: what lies in the same folder is no library of its own.
        command = [sys.executable, "-I", str(PROGRAM)]
        try:
            self._process = subprocess.Popen(  # noqa: S603  a file of our own
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            # No memory for it, or as many processes as there may be: everything is read here.
            log.warning("audit_process_refused", error=type(error).__name__)
            return
        line = f"{json.dumps(first)}\n".encode()
        # What waits for a pipe lets the checking of this process go on.
        self._thread = Thread(target=self._work, args=(line,), daemon=True)
        self._thread.start()

    def take_next(self) -> Span | None:
        """The next span from the front, to be checked by the caller; None where none is left."""
        with self._lock:
            return self._left.popleft() if self._left else None

    def checked(self) -> dict[int, list[Batch]]:
        """Begin of a span → its batches; waits for the last one that was taken, and ends the process."""
        if self._process is None:
            return {}
        self._thread.join(PATIENCE)
        self.end()
        return self._checked

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is None:
            return
        # It reads only, so nothing is lost by ending it at once.
        self._process.kill()
        self._process.wait()
        self._thread.join()

    def _work(self, first: bytes) -> None:
        process = cast("subprocess.Popen[bytes]", self._process)
        requests = cast(IO[bytes], process.stdin)
        answers = cast(IO[bytes], process.stdout)
        try:
            with requests, answers:
                requests.write(first)
                while span := self._take_last():
                    requests.write(f"{span[0]} {span[1]}\n".encode())
                    # One span at a time: what is requested ahead could not be left to the other process.
                    requests.flush()
                    batches = [
                        self._read_batch(answers)
                        for _ in range(span[0], span[1], self._size)
                    ]
                    # Only a whole span: half of one is read again here.
                    self._checked[span[0]] = batches
        except (OSError, EOFError) as error:
            # The span that it was at is read here, and what is left of the list.
            log.warning("audit_process_lost", error=type(error).__name__)

    def _take_last(self) -> Span | None:
        with self._lock:
            return self._left.pop() if self._left else None

    def _read_batch(self, answers: IO[bytes]) -> Batch:
        flag = _read_whole(answers, 1)
        if flag != SOUND:
            return None
        root = _read_whole(answers, HASH)
        return root, _read_whole(answers, HASH * self._size)


def _read_whole(answers: IO[bytes], count: int) -> bytes:
    """So many bytes.

    Raises:
        EOFError: there are no more.
    """
    found = answers.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _address_of(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"file": str(Path(str(url.database)).absolute())}
    # psycopg reads no name of a driver of SQLAlchemy.
    plain = url.set(drivername="postgresql")
    return {"server": plain.render_as_string(hide_password=False)}
