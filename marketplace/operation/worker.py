"""gunicorn's worker with threads, with a limit of time for the heads of requests.

Bodies are in `bodies.py`. Without a limit somebody who sends half a head holds a thread for as long as they like.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_AT_ONCE = 0.25  # seconds a head may still be under way and count as sent at once
HEAD_SECONDS = 5.0
SLOW_AT_ONCE = 2  # of the four threads of a worker; further slow connections are closed
PAUSE = 0.01  # seconds between two looks
LONGEST = 1 << 17  # bytes: above all limits of gunicorn.conf.py together
END = b"\r\n\r\n"


class TimedWorker(ThreadWorker):
    """Gives a thread to a connection once its head is there."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._slow = threading.BoundedSemaphore(SLOW_AT_ONCE)

    def handle(self, conn: Any) -> Any:
        """Answer what came on a connection, or close it when its head does not come in time."""
        if not conn.initialized and not conn.data_ready:
            # The library's own step: a connection on which nothing came yet goes back to its poller.
            conn.wait_for_data(HEAD_AT_ONCE)
        came = conn.data_ready or conn.initialized
        if came and not _has_more(conn) and not self._has_head(conn):
            return False
        return super().handle(conn)

    def _has_head(self, conn: Any) -> bool:
        if _wait_for_head(conn.sock, HEAD_AT_ONCE):
            return True
        if not self._slow.acquire(blocking=False):
            return False
        try:
            return _wait_for_head(conn.sock, HEAD_SECONDS)
        finally:
            self._slow.release()


def _has_more(conn: Any) -> bool:
    """Whether the parser holds the beginning of another request already, which the system shows no more."""
    reader = getattr(conn.parser, "unreader", None)
    buffered = getattr(reader, "buf", None)
    return buffered is not None and buffered.getbuffer().nbytes > 0


def _wait_for_head(connection: socket.socket, seconds: float) -> bool:
    """Whether a whole head is there, or the parser is to find out what else is wrong."""
    flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
    end = time.monotonic() + seconds
    while True:
        try:
            waiting = connection.recv(LONGEST, flags)
        except BlockingIOError:
            waiting = b"-"
        except OSError:
            return True
        # Nothing at all is the end of the connection; too much is refused by the parser.
        if not waiting or END in waiting or len(waiting) == LONGEST:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
