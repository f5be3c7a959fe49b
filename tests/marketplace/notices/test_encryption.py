"""Mail by encrypted ways and to odd servers: what a wrong certificate, name or password does to a run."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from marketplace.accounts.models import Person
from marketplace.notices import delivery, sending
from marketplace.notices.models import Notice
from tests.marketplace.notices.conftest import NOON, again, send_all
from tests.post_office import PostOffice, post_office
from tests.served import free_port

Tell = Callable[..., Notice]
YEAR = timedelta(days=365)


def make_certificate(folder: Path, name: str, **dates: datetime) -> Path:
    """A certificate that signs itself, with its key, for an address of this machine or a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    other: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        other = x509.IPAddress(ipaddress.ip_address(name))
    present = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - 2 * YEAR)
        .not_valid_after(dates.get("until", present + YEAR))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    path = folder / f"{name}-{len(dates)}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signed = builder.sign(key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("certificates")
    past = datetime.now(UTC) - timedelta(days=1)
    return SimpleNamespace(
        right=make_certificate(folder, "127.0.0.1"),
        other_name=make_certificate(folder, "mail.other.example"),
        over=make_certificate(folder, "127.0.0.1", until=past),
        # What the site trusts where it was not given the server's own.
        foreign=make_certificate(folder, "mail.third.example"),
    )


def context_of(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


# (what the server has, what the site trusts, whether the mail goes out, what operators read)
CERTIFICATES = [
    ("right", "right", True, ""),
    ("right", "foreign", False, "certificate verify failed"),
    ("right", "", False, "certificate verify failed"),
    ("other_name", "other_name", False, "IP address mismatch"),
    ("over", "over", False, "certificate has expired"),
]


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
@pytest.mark.parametrize(("has", "trusts", "goes", "words"), CERTIFICATES)
def test_only_a_server_that_is_the_one_meant_gets_mail(
    scheme: str,
    has: str,
    trusts: str,
    goes: bool,
    words: str,
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    certificates: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = context_of(getattr(certificates, has))
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True}
    if scheme == "smtps":
        options = {"ssl_context": context}
    notice = tell(person)
    with post_office(PostOffice(), **options) as server:
        authorities = str(getattr(certificates, trusts)) if trusts else ""
        route = server.route(scheme=scheme, encrypted=True, authorities=authorities)
        monkeypatch.setitem(app.config, "MAIL_ROUTE", route)
        if goes:
            send_all()
        else:
            with pytest.raises(sending.MailAway):
                send_all()
        sending.rest_of(app).end()

    notice = again(notice)
    assert notice.state == ("sent" if goes else "queued")
    assert len(server.taken) == int(goes)
    assert words in notice.error


# (user, password, whether the server asks for it at all) → what operators read; none of the passwords
PASSWORDS = [
    ("market", "right-word", True, ""),
    ("market", "wrong-word", True, "535"),
    ("nobody", "right-word", True, "535"),
    ("", "", True, "530"),
    ("market", "right-word", False, "AUTH"),
]


# The server of the tests sees no encryption of its own connection.
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(("user", "password", "asks", "words"), PASSWORDS)
def test_a_password_decides_for_all_mail(
    user: str,
    password: str,
    asks: bool,
    words: str,
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    certificates: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def known(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        pair = (data.login, data.password)
        return AuthResult(success=pair == (b"market", b"right-word"), handled=False)

    options: dict[str, Any] = {"ssl_context": context_of(certificates.right)}
    if asks:
        options |= {
            "authenticator": known,
            "auth_required": True,
            "auth_require_tls": False,
        }
    else:
        options |= {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    notice = tell(person)
    with post_office(PostOffice(), **options) as server:
        route = server.route(
            scheme="smtps",
            encrypted=True,
            authorities=str(certificates.right),
            user=user,
            password=password,
        )
        monkeypatch.setitem(app.config, "MAIL_ROUTE", route)
        if words:
            with pytest.raises(sending.MailAway):
                send_all()
        else:
            send_all()
        sending.rest_of(app).end()

    notice = again(notice)
    assert notice.state == ("queued" if words else "sent")
    assert words in notice.error
    assert password == "" or password not in notice.error


@contextmanager
def odd_server(*lines: bytes) -> Iterator[int]:
    """Says these lines, one a command, and closes; gives its port. None: it says nothing at all."""
    listening = socket.create_server(("127.0.0.1", free_port()))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                _speak(connection, lines)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def _speak(connection: socket.socket, lines: tuple[bytes, ...]) -> None:
    try:
        for line in lines:
            connection.sendall(line)
            if not connection.recv(65536):
                return
        if not lines:
            connection.recv(1)
    except OSError:
        return


HELLO = (b"220 mail\r\n", b"250 mail\r\n")
ODD = [
    ("silent", ()),
    ("full", (b"554 No SMTP service here\r\n",)),
    ("busy", (b"421 Too many connections\r\n",)),
    ("a web server", (b"HTTP/1.1 400 Bad Request\r\n\r\n",)),
    ("gone after the greeting", (b"220 mail\r\n",)),
    ("no numbers", (b"220 mail\r\n", b"hello there\r\n", b"hello\r\n")),
    ("endless line", (b"220 " + b"a" * 100_000,)),
    ("gone at the sender", (*HELLO, b"250 reset\r\n")),
    ("gone at the recipient", (*HELLO, b"250 reset\r\n", b"250 sender\r\n")),
    (
        "gone before the text",
        (*HELLO, b"250 reset\r\n", b"250 sender\r\n", b"250 to\r\n"),
    ),
    (
        "gone after the text",
        (*HELLO, b"250 reset\r\n", b"250 s\r\n", b"250 to\r\n", b"354 go\r\n"),
    ),
]


@pytest.mark.parametrize(("name", "lines"), ODD)
def test_a_server_that_is_none_loses_no_mail(
    name: str,
    lines: tuple[bytes, ...],
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    stop_clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "SILENT", 0.3)
    monkeypatch.setattr(delivery, "LONGEST", 2.0)
    notice = tell(person)
    with odd_server(*lines) as port:
        monkeypatch.setitem(app.config, "MAIL_ROUTE", office.route(port=port))
        with pytest.raises(sending.MailAway):
            send_all()
        sending.rest_of(app).end()

    notice = again(notice)
    assert (notice.state, notice.attempts, notice.lease) == ("queued", 1, "")
    assert notice.error, name
    # The right server is there again: it goes out once.
    monkeypatch.setitem(app.config, "MAIL_ROUTE", office.route())
    stop_clock(NOON + timedelta(hours=1))
    send_all()
    assert again(notice).state == "sent"
    assert len(office.taken) == 1
