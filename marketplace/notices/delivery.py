"""How a mail leaves the site: to a server by SMTP, or into a folder. What became of it is one of three errors, or none.

Which mail is sent when stands in `sending.py`; no table is known here.
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from marketplace.settings.mail_route import MailRoute

# Seconds a server may be silent. RFC 5321 §4.5.3.2 would have minutes, for servers that scan before they answer; ours
# is the server of one's own provider, which takes the mail first.
SILENT = 30.0
# Seconds that one mail may take in all: a server that sends one letter every 29 seconds is never silent.
LONGEST = 180.0
SERVICE_GONE = 421  # RFC 5321: the server closes this connection, whatever it was asked


class Undelivered(Exception):  # noqa: N818  named by what happened
    """A mail did not go out; the text says what the server answered."""


class Refused(Undelivered):
    """The server does not take this mail, and never will (RFC 5321 §4.2.1: 5yz)."""


class Deferred(Undelivered):
    """The server does not take this mail now (4yz)."""


class Away(Undelivered):
    """No mail goes out now: the server is not there, broke off, or does not take mail from this site."""


class Carrier(Protocol):
    """Takes mails one after the other."""

    def send(self, message: str, *, name: str, address: str) -> None:
        """Hand over one mail.

        Args:
            message: header and body, ASCII, lines ended by CRLF.
            name: what its file is called, where it becomes one.
            address: the recipient.

        Raises:
            Refused, Deferred, Away: it did not go out.
        """


@contextmanager
def open_carrier(route: MailRoute) -> Iterator[Carrier]:
    """The carrier of a route; its connection is closed at the end."""
    if route.scheme == "file":
        yield FolderCarrier(route.folder)
        return
    carrier = ServerCarrier(route)
    try:
        yield carrier
    finally:
        carrier.close()


@dataclass(frozen=True)
class FolderCarrier:
    """Lays each mail as a file into a folder: that of the demonstration, or one that another program empties.

    Attributes:
        folder: made where it is missing, readable by its owner alone: links in mails open accounts.
    """

    folder: Path

    def send(self, message: str, *, name: str, address: str) -> None:
        """Write one file, named by the notice: one that is written twice is still one mail."""
        path = self.folder / f"{name}.eml"
        fresh = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(fresh, "wb", opener=_open_closed) as file:
                file.write(message.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            # In one step: a program that empties the folder never takes half a mail.
            fresh.replace(path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            # A full disk is the fault of no mail: everything waits.
            raise Away(f"{self.folder}: {error.strerror or error}") from None


def _open_closed(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class ServerCarrier:
    """Hands mails to an SMTP server, all on one connection as long as the server likes it.

    Args:
        route: scheme `smtp` or `smtps`.
    """

    def __init__(self, route: MailRoute) -> None:
        self.route = route
        self._client: smtplib.SMTP | None = None

    def send(self, message: str, *, name: str, address: str) -> None:
        """Hand over one mail. A connection that the server closed while it lay idle is opened again."""
        reused = self._client is not None
        with self._limited_time():
            client = self._client or self._connect()
            try:
                self._name_recipient(client, address)
            except Away:
                if not reused:
                    raise
                # Nothing of this mail was sent yet, so that it cannot go out twice.
                client = self._connect()
                self._name_recipient(client, address)
            self._hand_over(client, message)

    def close(self) -> None:
        """Say goodbye to the server."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()

    def _connect(self) -> smtplib.SMTP:
        """A connection that the server lets us send on.

        Raises:
            Away: there is none.
        """
        self._drop()
        route = self.route
        try:
            context = None
            # Reading the certificates of the system takes some 50 ms.
            if route.scheme == "smtps" or route.encrypted:
                context = ssl.create_default_context(cafile=route.authorities or None)
            # The library would look its own name up in the network, which may take long and find a name of no use.
            name = route.sender.rpartition("@")[2]
            client: smtplib.SMTP
            if route.scheme == "smtps":
                client = smtplib.SMTP_SSL(
                    local_hostname=name, timeout=SILENT, context=context
                )
            else:
                client = smtplib.SMTP(local_hostname=name, timeout=SILENT)
            # Before it connects, so that the limit of time reaches a server that greets slowly.
            self._client = client
            # The library checks the certificate against this name.
            client._host = route.host  # type: ignore[attr-defined]
            code, answer = client.connect(route.host, route.port)
            if code != 220:
                raise Away(_in_words("connect", code, answer))
            client.ehlo_or_helo_if_needed()
            if route.scheme == "smtp" and route.encrypted:
                # Refused where the server offers none, as somebody on the way could take the offer out.
                client.starttls(context=context)
                client.ehlo()
            if route.user:
                client.login(route.user, route.password)
        except Away:
            self._drop()
            raise
        # A wrong password is refused with 5yz too, and is the fault of no mail.
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Away(_error_words(error)) from None
        return client

    def _name_recipient(self, client: smtplib.SMTP, address: str) -> None:
        """Say from whom to whom: the part in which a refusal concerns this recipient alone."""
        try:
            # What a refused mail before this one began on the same connection is over.
            client.rset()
            code, answer = client.mail(self.route.sender)
            # A sender that is refused is refused for every mail.
            if code != 250:
                self._drop()
                raise Away(_in_words("MAIL", code, answer))
            code, answer = client.rcpt(address)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Away(_error_words(error)) from None
        if code not in (250, 251):
            # The connection stays: the next recipient may be as good as any.
            raise self._refusal("RCPT", code, answer)

    def _hand_over(self, client: smtplib.SMTP, message: str) -> None:
        try:
            code, answer = client.data(message.encode("ascii"))
        except smtplib.SMTPDataError as error:
            raise self._refusal("DATA", error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            # Whether the server has the mail nobody knows: it is sent again, with the same Message-ID.
            self._drop()
            raise Away(_error_words(error)) from None
        if code != 250:
            raise self._refusal("DATA", code, answer)

    def _refusal(self, step: str, code: int, answer: bytes | str) -> Undelivered:
        words = _in_words(step, code, answer)
        # Below 400 is no refusal but an answer to something else: the two are out of step.
        if code == SERVICE_GONE or code < 400:
            self._drop()
            return Away(words)
        if code < 500:
            return Deferred(words)
        return Refused(words)

    def _drop(self) -> None:
        """Close the connection without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextmanager
    def _limited_time(self) -> Iterator[None]:
        """Break the connection off when one mail takes too long, whatever the server sends meanwhile."""
        timer = threading.Timer(LONGEST, self._break_off)
        # A site that is stopped does not wait three minutes for it.
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _break_off(self) -> None:
        # The library takes the socket away when it closes, perhaps at this moment.
        sock: Any = getattr(self._client, "sock", None)
        if sock is not None:
            # Not closed: only this wakes the thread that waits for the next letter.
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _in_words(step: str, code: int, answer: bytes | str) -> str:
    """What a server answered, as operators read it."""
    words = answer if isinstance(answer, str) else _decoded(answer)
    return f"{step}: {code} {' '.join(words.split())}"


def _decoded(answer: bytes) -> str:
    """What servers answer in the letters of their country."""
    try:
        return answer.decode()
    except UnicodeDecodeError:
        return answer.decode("gb18030", errors="replace")


def _error_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _in_words(type(error).__name__, error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"
