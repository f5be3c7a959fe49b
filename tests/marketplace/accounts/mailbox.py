"""The mails of a demonstration, as files below its data folder. No test lives here."""

from __future__ import annotations

import re
from contextlib import nullcontext
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, has_app_context

from marketplace.notices import sending


class Mailbox:
    """What was sent since it was opened."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.folder = Path(app.config["DATA_DIR"]) / "mail"
        self.before = set(self.folder.glob("*.eml"))

    def mails(self) -> list[EmailMessage]:
        """Every mail, eldest first; what waits in the outbox is sent first."""
        # Within a test's own context the rows are in its transaction, and another context would not see them.
        with nullcontext() if has_app_context() else self.app.app_context():
            sending.send_due()
        files = sorted(set(self.folder.glob("*.eml")) - self.before)
        return [
            message_from_bytes(
                file.read_bytes(), _class=EmailMessage, policy=policy.SMTP
            )
            for file in files
        ]

    def receivers(self) -> list[str]:
        """To whom they went."""
        return [str(mail["To"]) for mail in self.mails()]

    def texts(self) -> list[str]:
        """What they say."""
        return [
            str(part.get_content())
            for mail in self.mails()
            if (part := mail.get_body(("plain",))) is not None
        ]

    def link(self, place: str) -> str:
        """Path and query of the last link that leads below a place."""
        found = [
            path
            for text in self.texts()
            for path in map(_path_of, re.findall(r"https?://\S+", text))
            if path.startswith(place)
        ]
        return found[-1]


def _path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}".removesuffix("?")
