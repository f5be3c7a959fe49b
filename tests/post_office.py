"""A real mail server for tests: it takes mail by SMTP on this machine, and does to it what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config import MailRoute
from tests.served import free_port

TAKEN = "250 OK"


@dataclass
class PostOffice:
    """What came, and how the server answers.

    Attributes:
        port: where it listens.
        taken: (recipient, mail) in the order they came.
        answers: step (MAIL, RCPT, DATA) → function of the recipient that gives the answer.
        connections: how many were opened.
    """

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: dict[str, Callable[[str], str]] = field(default_factory=dict)
    slow: float = 0.0
    connections: int = 0

    def answer(self, step: str, address: str) -> str:
        """What the server says at a step."""
        return self.answers.get(step, lambda _: TAKEN)(address)

    @property
    def uids(self) -> list[str]:
        """Message-ID of each mail that was taken."""
        return [str(mail["Message-ID"]) for _, mail in self.taken]

    def route(self, **values: Any) -> MailRoute:
        """The way to it."""
        settings = {
            "scheme": "smtp",
            "host": "127.0.0.1",
            "port": self.port,
            "sender": "noreply@market.example",
            "encrypted": False,
        }
        return MailRoute(**{**settings, **values})

    # The hooks of aiosmtpd bear the names it gives them.
    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any
    ) -> str:
        answer = self.answer("MAIL", address)
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any
    ) -> str:
        answer = self.answer("RCPT", address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        (address,) = envelope.rcpt_tos
        if self.slow:
            await asyncio.sleep(self.slow)
        answer = self.answer("DATA", address)
        if answer == "drop after taking":
            self._take(address, envelope)
            server.transport.close()
            return TAKEN
        if answer == "drop":
            server.transport.close()
            return TAKEN
        if answer.startswith("2"):
            self._take(address, envelope)
        return answer

    def _take(self, address: str, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        self.raw.append(raw)
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken.append((address, mail))


@contextmanager
def post_office(
    office: PostOffice | None = None, **options: Any
) -> Iterator[PostOffice]:
    """A server that runs; options as aiosmtpd's SMTP takes them."""
    office = office or PostOffice()
    office.port = free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
