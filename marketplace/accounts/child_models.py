"""Tables of what belongs to a person: sessions, past passwords, consents, and what they typed before signing in.

The people themselves are in `models.py`. Nothing here reads a request.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.extensions import Model, db


class PersonSession(Model):
    """One browser in which a person is signed in; the cookie holds a random token, the database its digest only."""

    __tablename__ = "person_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Who reads a backup must not be able to sign in with it.
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    # The limit without use is measured from here; indexed for what removes old sessions.
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Of the session and not of the person: it was chosen at this sign-in.
    idle_minutes: Mapped[int]
    # A name of ours (`sessions.name_agent`), never the header.
    agent: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(45), default="")  # of IPv6 at most


class PastPassword(Model):
    """The hash of a password a person had before the present one."""

    __tablename__ = "past_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    password: Mapped[str] = mapped_column(String(255))
    until: Mapped[datetime] = mapped_column(default=now)


class AgreementText(Model):
    """A text that people agree to, word for word, known by its digest: what was agreed to can be shown later."""

    __tablename__ = "agreement_text"

    # By digest, so that two people who agree to one text at once write one row.
    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(default=now)


class Consent(Model):
    """One consent of one person to one text; withdrawn or not (个人信息保护法 art. 14, 15)."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person_id_kind", "person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(ForeignKey("agreement_text.version"))
    given_at: Mapped[datetime] = mapped_column(default=now)
    # Withdrawn ones stay for three years: they prove what had been agreed to (`retention`).
    withdrawn_at: Mapped[datetime | None]


class HeldForm(Model):
    """What was typed into a form by somebody who had to sign in first; it goes back into that form.

    `person_id` is whose it is: of an expired session the person who was signed in, of a guest nobody until they sign
    in or register in the same browser.
    """

    __tablename__ = "held_form"

    id: Mapped[int] = mapped_column(primary_key=True)
    # As of a session: a copy of the database opens nobody's text.
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    # `EXPIRED` or `GUEST` of `held_forms`.
    reason: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(String(500))
    # Names and values in the order they were sent, several of one name too.
    fields: Mapped[list[Any]] = mapped_column(db.JSON)
    held_at: Mapped[datetime] = mapped_column(default=now)
    # The last moment at which it is given back; what removes it goes by `held_at` and the table of retention.
    until: Mapped[datetime] = mapped_column(index=True)
