"""The proxy of a live site as the project writes it, with a real nginx."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.served import ROOT, free_port

pytestmark = pytest.mark.long

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = "market.example.cn"
ANY_CERTIFICATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


class Behind(BaseHTTPRequestHandler):
    """What stands behind the proxy: it answers with the headers that reached it."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Nothing: the log that counts is nginx's."""


@dataclass
class Proxy:
    """A running nginx: its two ports and its log."""

    plain: int
    secure: int
    log: Path

    def ask(
        self, path: str, *, name: str = NAME, method: str = "GET", body: bytes = b""
    ) -> tuple[int, str]:
        """Status and body of an answer over TLS."""
        link = http.client.HTTPConnection("127.0.0.1", self.secure, timeout=10)
        # The name goes into the handshake as well: by it nginx chooses the server.
        with closing(_connected(self.secure)) as plain:
            link.sock = ANY_CERTIFICATE.wrap_socket(plain, server_hostname=name)
        with closing(link):
            link.request(method, path, body=body, headers={"Host": name})
            answer = link.getresponse()
            return answer.status, answer.read().decode()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The project's own file under a real nginx; only ports and paths are those of this test."""
    if NGINX is None:
        pytest.skip("no nginx on this machine (apt install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-keyout", key, "-out", certificate, "-subj", f"/CN={NAME}"],
        check=True,
        capture_output=True,
    )
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    found = Proxy(free_port(), free_port(), folder / "market.log")
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{behind.server_port};"),
        ("listen 80", f"listen 127.0.0.1:{found.plain}"),
        ("listen 443", f"listen 127.0.0.1:{found.secure}"),
        ("/etc/ssl/market/fullchain.pem", str(certificate)),
        ("/etc/ssl/market/privkey.pem", str(key)),
        ("/var/log/nginx", str(folder)),
        ("/etc/nginx/market-proxy.conf", str(ROOT / "deploy" / "nginx-proxy.conf")),
    ):
        assert old in text
        text = text.replace(old, new)
    # One address a port is enough here.
    text = re.sub(r"^ *listen \[::\]:.*\n", "", text, flags=re.M)
    (folder / "market.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{temporary}access_log off;\ninclude {folder}/market.conf;\n}}\n"
    )
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run(
        [*command, "-t"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen(command)
    try:
        _wait_for(found.secure)
        yield found
    finally:
        server.terminate()
        server.wait(10)
        behind.shutdown()
        behind.server_close()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            _connected(port).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not listen")


def test_the_site_learns_who_asks_and_by_which_name(proxy: Proxy) -> None:
    status, headers = proxy.ask("/demands/1")

    assert status == 200
    assert f"Host: {NAME}" in headers
    assert "X-Forwarded-For: 127.0.0.1" in headers
    assert "X-Forwarded-Proto: https" in headers
    assert re.search(r"X-Request-ID: [0-9a-f]{32}", headers)


def test_another_name_is_not_answered(proxy: Proxy) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        proxy.ask("/", name="evil.example")
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.plain)) as link:
        link.request("GET", "/", headers={"Host": "evil.example"})
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            link.getresponse()


def test_without_tls_one_is_sent_to_the_own_name(proxy: Proxy) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.plain)) as link:
        link.request("GET", "/search?q=1", headers={"Host": NAME})
        answer = link.getresponse()
        answer.read()

        assert answer.status == 301
        assert answer.getheader("Location") == f"https://{NAME}/search?q=1"


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_figures_and_states_are_not_public(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path)[0] == 404
    assert proxy.ask(f"{path}?x=1")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/mine/imports", b"x" * (36 << 20), 413, "太大"),
        ("/search?q=" + "a" * 9000, b"", 414, "网址太长"),
    ],
    ids=["too large", "too long"],
)
def test_what_the_proxy_refuses_is_said_in_chinese(
    proxy: Proxy, path: str, body: bytes, status: int, said: str
) -> None:
    found, text = proxy.ask(path, method="POST", body=body)

    assert found == status
    assert said in text
    assert "nginx" not in text


@pytest.mark.parametrize(("path", "most"), [("/login", 60), ("/trial", 200)])
def test_what_costs_much_is_limited_by_address(
    proxy: Proxy, path: str, most: int
) -> None:
    answers = [proxy.ask(path, method="POST", body=b"x=1") for _ in range(most)]
    refused = [text for status, text in answers if status == 429]

    assert answers[0][0] == 200
    assert refused
    assert all("请求太快" in text for text in refused)
    # The rest of the site stays open to them.
    assert proxy.ask("/demands/1")[0] == 200


def test_the_log_has_no_query(proxy: Proxy) -> None:
    proxy.ask("/search?q=zhoucheng&page=2")
    proxy.ask("/search?q=%E8%BD%B4%E6%89%BF")
    text = proxy.log.read_text()

    assert '"GET /search HTTP' in text
    assert "zhoucheng" not in text
    assert "%E8" not in text
    assert "?" not in text


def test_the_log_has_no_secret_of_an_address(proxy: Proxy) -> None:
    for path in ("/reset/WyJhIiwx.aSecret", "//notices/stop/aSecret", "/Renew/aSecret"):
        proxy.ask(path)
    text = proxy.log.read_text()

    assert '"GET /reset/[...] HTTP' in text
    assert '"GET /notices/stop/[...] HTTP' in text
    assert "aSecret" not in text
