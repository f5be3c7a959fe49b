"""gunicorn's worker with threads, with a limit of time for the heads of requests.

Bodies are in `bodies.py`. Without a limit somebody who sends half a head holds a thread for as long as they like.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

HEAD_AT_ONCE = 0.25  # seconds a head may still be under way and count as sent at once
HEAD_SECONDS = 5.0
SLOW_AT_ONCE = 2  # of the four threads of a worker; further slow connections are closed
PAUSE = 0.01  # seconds between two looks
LONGEST = 1 << 17  # bytes: above all limits of gunicorn.conf.py together
END = b"\r\n\r\n"
# What the library answers itself, in English, before the application sees a request: kind → (status, page).
TOO_LONG = {
    LimitRequestLine: (
        "414 URI Too Long",
        "网址太长，没有打开。多半是检索框里贴了整段文字：请返回上一页，只留几个关键的词；"
        "整段的技术难题请到「试配」页（/trial）贴上，最多 3,000 字。",
    ),
    LimitRequestHeaders: (
        "431 Request Header Fields Too Large",
        "浏览器发来的附加信息太长，没有打开。请清除本站的 Cookie，再打开一次。",
    ),
}
PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>太长了</title>'
    '<h1>太长了</h1><p>{words}</p><p><a href="/">回首页</a></p></html>'
)


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

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Answer what cannot be read; what is too long in the reader's language, with what to do instead."""
        for kind, (status, words) in TOO_LONG.items():
            if isinstance(exc, kind):
                self.log.warning("Invalid request: %s", status)
                _send_page(client, status, words)
                return
        super().handle_error(req, client, addr, exc)

    def _has_head(self, conn: Any) -> bool:
        if _wait_for_head(conn.sock, HEAD_AT_ONCE):
            return True
        if not self._slow.acquire(blocking=False):
            return False
        try:
            return _wait_for_head(conn.sock, HEAD_SECONDS)
        finally:
            self._slow.release()


def _send_page(client: socket.socket, status: str, words: str) -> None:
    content = PAGE.format(words=words).encode()
    head = (
        f"HTTP/1.1 {status}\r\nConnection: close\r\n"
        f"Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    try:
        client.sendall(head.encode() + content)
    except OSError:
        # They are gone; there is nobody left to answer.
        return


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
