"""Tables of published lists: the proof that people work on, and the issue that is frozen for ever.

Which listings a proof holds is decided in `choosing.py`, what an issue says in `content.py`. Migrations make what is
published append-only.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.issues.content import Content, read_content
from marketplace.organisations.models import Organisation

KINDS = ("achievement", "demand")
# JSON is the canonical text itself; it is no file that is rendered.
FORMATS = ("pdf", "xlsx")
PROOF_STATES = {"open": "校样", "published": "已发布", "dropped": "已作废"}
# What a proof is chosen by.
CHOSEN_BY = ("since", "until", "chain_code", "field_code", "district_code", "need")
_KIND_CHECK = "kind in ('achievement', 'demand')"


class IssueSeries(Model):
    """All issues of one kind and one holder, which are numbered without a gap.

    The row that is locked while a number is given: of two people who publish at once the second one waits here.
    """

    __tablename__ = "issue_series"
    __table_args__ = (
        CheckConstraint(_KIND_CHECK, name="kind"),
        # Two indexes: for a database two holders without a number are never the same.
        Index(
            "uq_issue_series_city",
            "kind",
            unique=True,
            sqlite_where=text("organisation_id is null"),
            postgresql_where=text("organisation_id is null"),
        ),
        Index("uq_issue_series_own", "organisation_id", "kind", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    # None: the city's, which the operators publish.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    last_number: Mapped[int] = mapped_column(default=0, server_default="0")


class IssueProof(Model):
    """A list before it is published: what it is chosen by, what was taken out, and in which order the rest stands.

    Attributes:
        since, until: days in China, both included, on which its listings were published.
        chain_code, field_code, district_code, need: what it is narrowed to; empty: to nothing.
        left_out: ids of listings that somebody took out.
        arranged: ids of listings in the order somebody gave them; others follow by the day they were published.
    """

    __tablename__ = "issue_proof"
    __table_args__ = (
        CheckConstraint(_KIND_CHECK, name="kind"),
        CheckConstraint("state in ('open', 'published', 'dropped')", name="state"),
        CheckConstraint("since <= until", name="period"),
        Index("ix_issue_proof_holder", "organisation_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(12), default="open")
    since: Mapped[date]
    until: Mapped[date]
    chain_code: Mapped[str] = mapped_column(String(40), default="")
    field_code: Mapped[str] = mapped_column(String(10), default="")
    district_code: Mapped[str] = mapped_column(String(20), default="")
    need: Mapped[str] = mapped_column(String(20), default="")
    left_out: Mapped[list[int]] = mapped_column(db.JSON, default=list)
    arranged: Mapped[list[int]] = mapped_column(db.JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return PROOF_STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed and published."""
        return self.state == "open"


class Issue(Model):
    """A published list: 第 N 期. Nothing of it ever changes; what became of its listings is read next to it.

    Attributes:
        number: per holder and kind, from 1 without a gap.
        holder: name of the holder on the day it was published.
        content: its canonical JSON, to the byte (`content.py`).
        content_hash: SHA-256 of that, in hexadecimal digits.
        checkpoint: the newest signed checkpoint of the audit at that moment; None where none had been signed yet.
    """

    __tablename__ = "issue"
    __table_args__ = (
        CheckConstraint(_KIND_CHECK, name="kind"),
        CheckConstraint("number > 0", name="number"),
        Index(
            "uq_issue_city_number",
            "kind",
            "number",
            unique=True,
            sqlite_where=text("organisation_id is null"),
            postgresql_where=text("organisation_id is null"),
        ),
        Index("uq_issue_own_number", "organisation_id", "kind", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # One issue of a proof: publishing it twice is refused here as well.
    proof_id: Mapped[int] = mapped_column(ForeignKey("issue_proof.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    holder: Mapped[str] = mapped_column(String(200))
    since: Mapped[date]
    until: Mapped[date]
    narrowed: Mapped[str] = mapped_column(String(300), default="")
    published_on: Mapped[date] = mapped_column(index=True)
    row_count: Mapped[int]
    # Bytes: the audit writes their SHA-256 and not a thousand rows; no database changes an end of a line in them.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    # By its name the audit would take it for the hash of a password.
    content_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info={"audit": "plain"}
    )
    checkpoint: Mapped[str | None] = mapped_column(String(1000))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    files: Mapped[list[IssueFile]] = relationship(
        order_by="IssueFile.format", lazy="selectin", viewonly=True
    )
    # Read only: what is published is never written through the row it belongs to.
    corrections: Mapped[list[IssueCorrection]] = relationship(
        order_by="IssueCorrection.id", viewonly=True
    )

    @property
    def as_read(self) -> Content:
        """Its content as values."""
        return read_content(self.content)


class IssueRow(Model):
    """Which listing stands on which line, so that what became of it is found, and the issues of a listing are."""

    __tablename__ = "issue_row"
    # No entries of their own: the content of the issue names the same listings, and the audit has its SHA-256.
    __table_args__ = (
        Index("ix_issue_row_listing", "kind", "listing_id"),
        {"info": {"audit": "technical"}},
    )

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    # No foreign key: a line outlives whatever may happen to its listing.
    listing_id: Mapped[int]


class IssueFile(Model):
    """A file of an issue, rendered once: everybody is given these bytes, whatever a later version would render."""

    __tablename__ = "issue_file"
    __table_args__ = (CheckConstraint("format in ('pdf', 'xlsx')", name="format"),)

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    format: Mapped[str] = mapped_column(String(4), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    file_hash: Mapped[str] = mapped_column(
        String(64), index=True, info={"audit": "plain"}
    )
    size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=now)


class IssueCorrection(Model):
    """勘误: what a published issue says wrongly. The issue itself stays as it is."""

    __tablename__ = "issue_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)


def as_values(proof: IssueProof) -> dict[str, Any]:
    """What a proof is chosen by, as its form shows it."""
    return {name: getattr(proof, name) for name in CHOSEN_BY}
