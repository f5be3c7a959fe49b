"""Tables of policies: versions of clauses, pieces of official texts, and estimates that an organisation kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.organisations.models import Organisation

_STANDS = text("replaced_at IS NULL")
MAX_CODE = 20
MAX_NAME = 200


class PolicyClause(Model):
    """One version of a clause, as the text that the strict reader takes (`clause_files.py`)."""

    __tablename__ = "policy_clause"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
        # Of two who add a version to the same one, the second finds its number taken.
        Index("uq_policy_clause_number", "code", "number", unique=True),
        Index(
            "uq_policy_clause_first_day",
            "code",
            "valid_from",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(MAX_CODE))
    number: Mapped[int] = mapped_column()
    valid_from: Mapped[date] = mapped_column()
    # Its own last day, or the day before the version that follows it.
    valid_to: Mapped[date | None] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(default=now)
    # None: it came with the platform.
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    replaced_at: Mapped[datetime | None] = mapped_column()
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class PolicyText(Model):
    """The literal text of one clause of an official document, as an operator loaded it."""

    __tablename__ = "policy_text"
    __table_args__ = (
        Index(
            "uq_policy_text_clause",
            "document",
            "clause",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The number of the document, as clauses have it.
    document: Mapped[str] = mapped_column(String(MAX_NAME))
    clause: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    # SHA-256 of this text, and of the file it was taken from, in hexadecimal.
    sha256: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(default=now)
    replaced_at: Mapped[datetime | None] = mapped_column()


class PolicyEstimate(Model):
    """What an organisation could get by its own figures on a day, with every trace: never changed once kept."""

    __tablename__ = "policy_estimate"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    day: Mapped[date] = mapped_column()
    # Words as they were shown, so that it is read without the rules of today.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    organisation: Mapped[Organisation] = relationship()
