"""Bodies of requests are read within a limit of time, and slow ones never take all threads of a worker.

A proxy in front buffers bodies and sends them at once; without one, ten people on a bad line, or one with bad intent,
would hold every thread for as long as they like (decision 043). Not here: how large a body may be (config).
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask

log = structlog.get_logger(__name__)

AT_ONCE = 0.25  # seconds a body may still be under way and count as sent at once: a round trip
PEEK_PAUSE = 0.01  # seconds between two looks
MAX_PEEK = (
    1 << 16
)  # bytes: what the system holds for a connection; longer bodies are slow ones by nature
# Seconds a slow body may take, and one more for so many bytes of it: 35 MB on a line of 1 MBit/s take five minutes.
SECONDS = 15.0
BYTES_A_SECOND = 100_000
SLOW_AT_ONCE = 2  # of the four threads of a worker; further ones are asked to come back
IN_MEMORY = 1 << 19  # bytes of a body before it goes to a file
PIECE = 1 << 16

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class TimedBodies:
    """A WSGI application that has read the body before it calls another one.

    Args:
        application: the other one.
        longest: bytes of a body above which it is refused unread.
    """

    def __init__(self, application: WSGI, longest: int) -> None:
        self.application = application
        self.longest = longest
        self._slow = threading.BoundedSemaphore(SLOW_AT_ONCE)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        connection = environ.get("gunicorn.socket")
        length = _declared_length(environ)
        # Other servers, and the client of the tests, have no socket to wait on.
        if connection is None or length == 0:
            return self.application(environ, start_response)
        if length is not None and length > self.longest:
            # The application says what is wrong without reading it.
            return self._answer_unread(environ, start_response, connection)
        if length is not None and _has_arrived(environ, connection, length):
            return self.application(environ, start_response)
        if not self._slow.acquire(blocking=False):
            log.warning("slow_body_refused")
            return _refuse(start_response, connection, "503 Service Unavailable", BUSY)
        try:
            body = self._read_in_time(environ, connection, length)
        finally:
            self._slow.release()
        if body is None:
            log.warning("slow_body_given_up")
            return _refuse(start_response, connection, "408 Request Timeout", TOO_SLOW)
        environ["wsgi.input"] = body
        environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        body.seek(0)
        return self.application(environ, start_response)

    def _read_in_time(
        self, environ: dict[str, Any], connection: socket.socket, length: int | None
    ) -> Any:
        """The body in memory or in a file; None where it did not come in time or is too long."""
        most = self.longest if length is None else length
        end = time.monotonic() + SECONDS + most / BYTES_A_SECOND
        body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  read later
        before = connection.gettimeout()
        taken = 0
        try:
            while taken < most:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                connection.settimeout(left)
                # Small pieces: the time is looked at between them, no matter who sends a byte a second.
                piece = environ["wsgi.input"].read(min(PIECE, 1024, most - taken))
                if not piece:
                    break
                taken += len(piece)
                body.write(piece)
        except OSError:
            return None
        finally:
            connection.settimeout(before)
        if length is None and taken >= most:
            return None
        return body

    def _answer_unread(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        connection: socket.socket,
    ) -> Iterable[bytes]:
        try:
            return self.application(environ, start_response)
        finally:
            _stop_reading(connection)


BUSY = "现在上传的人太多，请过一分钟再试。填写的内容可以按浏览器的「后退」找回。"
TOO_SLOW = "网络太慢，内容没有传完，没有保存。请换一个网络再试，填写的内容可以按浏览器的「后退」找回。"


def _declared_length(environ: dict[str, Any]) -> int | None:
    """Bytes of the body; None where it comes in chunks, whose sum nobody knows."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return None
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _has_arrived(
    environ: dict[str, Any], connection: socket.socket, length: int
) -> bool:
    """Whether the whole body is here or comes within a moment, so that reading it waits for nobody."""
    if length > MAX_PEEK:
        return False
    # What came together with the head, gunicorn has taken from the socket already.
    reader = getattr(environ["wsgi.input"], "reader", None)
    buffered = getattr(getattr(reader, "unreader", None), "buf", None)
    taken = buffered.getbuffer().nbytes if buffered is not None else 0
    flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
    end = time.monotonic() + AT_ONCE
    while True:
        try:
            waiting = len(connection.recv(MAX_PEEK, flags))
        except BlockingIOError:
            waiting = 0
        except OSError:
            return False
        if taken + waiting >= length:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(PEEK_PAUSE)


def _refuse(
    start_response: Callable[..., Any],
    connection: socket.socket,
    status: str,
    text: str,
) -> Iterable[bytes]:
    content = text.encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(content))),
        ("Retry-After", "60"),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, headers)
    _stop_reading(connection)
    return [content]


def _stop_reading(connection: socket.socket) -> None:
    """Read no more of a connection: gunicorn would wait for the rest of the body before the next request."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        log.info("connection_gone")


def init_app(app: Flask) -> None:
    """Put the reading of bodies in front of the application."""
    longest = app.config["MAX_CONTENT_LENGTH"]
    app.wsgi_app = TimedBodies(app.wsgi_app, longest)  # type: ignore[method-assign]
