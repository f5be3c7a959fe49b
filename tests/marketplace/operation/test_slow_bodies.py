"""Slow requests on real sockets against a served site without a proxy: whoever sends at once is answered at once."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.served import site

pytestmark = pytest.mark.long

SLOW = 12  # of eight threads
PATIENCE = 25.0  # seconds, for a busy machine: a site that the slow ones stopped answers nobody at all


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[int]:
    """The port of a served site without anything in front."""
    folder = tmp_path_factory.mktemp("slow")
    with site(folder, like=filled) as address:
        yield int(address.rpartition(":")[2])


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, float]:
    """Status, and seconds until the answer."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        connection.request(method, path, body=body, headers={"Connection": "close"})
        status = connection.getresponse().status
    return status, time.monotonic() - began


BEGINNINGS = {
    "a length": b"POST /trial HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
    "a short length": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nemail",
    "chunks": b"POST /trial HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    "far too long": b"POST /trial HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\nx",
    "half a head": b"POST /trial HTTP/1.1\r\nHost: x\r\nContent-Le",
}


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_slow_bodies_do_not_stop_the_site(port: int, beginning: bytes) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW)]
    try:
        for one in slow:
            one.sendall(beginning)
        time.sleep(0.5)
        answers = [ask(port, "GET", path) for path in ("/healthz", "/", "/trial") * 3]
        posted = [ask(port, "POST", "/trial", b"text=short") for _ in range(4)]
    finally:
        for one in slow:
            one.close()

    assert {status for status, _ in answers} == {200}
    assert max(seconds for _, seconds in (*answers, *posted)) < PATIENCE
    # Without a token: answered by the site itself and not by the limit.
    assert {status for status, _ in posted} <= {400, 422}


def test_a_body_that_comes_slowly_and_ends_is_read(port: int) -> None:
    text = b"x" * 3000
    head = f"POST /trial HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(head.encode())
        for start in range(0, len(text), 1000):
            time.sleep(0.4)
            one.sendall(text[start : start + 1000])
        answer = one.makefile("rb").readline()

    assert answer.split()[1] in (b"400", b"422")


def test_what_cannot_be_read_is_logged_without_its_sender(
    port: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(b"GARBAGE\x00\r\n\r\n")
        one.settimeout(5)
        one.recv(1000)
    logs = tmp_path_factory.getbasetemp().glob("slow*/gunicorn.log")
    text = "".join(path.read_text() for path in logs)

    assert "Invalid request from ip=[…]" in text
    assert "ip=127" not in text


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (b"GET /search?q=" + b"a" * 10_000 + b" HTTP/1.1", b"414", "网址太长"),
        (b"GET / HTTP/1.1\r\nCookie: " + b"a" * 9000, b"431", "清除本站的 Cookie"),
    ],
)
def test_what_is_too_long_is_refused_in_chinese(
    head: bytes, status: bytes, words: str, port: int
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(head + b"\r\nHost: localhost\r\n\r\n")
        answer = b""
        while part := one.recv(65536):
            answer += part

    assert answer.split()[1] == status
    assert words in answer.decode()


def test_pages_are_held_by_no_other_site(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        connection.request("GET", "/")
        headers = connection.getresponse().headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
