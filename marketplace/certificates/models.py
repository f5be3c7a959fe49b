"""The tables of certificates of conversion achievements (转化业绩证明) and of the contracts that each one lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.certificates.life import CERTIFICATE_LIFE
from marketplace.clock import now
from marketplace.contracts.models import TechContract
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation

MAX_PURPOSE = 100
MAX_REASON = 500
SUMS = ("total_fen", "tech_fen", "exempt_fen")
PERSONAL = {"audit": "personal"}
_WAITS = text("state = 'requested'")


class ConversionCertificate(Model):
    """What a researcher has a share in of the registered contracts of an organisation, as it was on one day.

    Attributes:
        content: what is printed, as canonical JSON; empty before it is issued and after its account was closed.
        code: what a reader of the paper verifies it by, 80 random bits in base32.
        code_hash: its SHA-256, by which it is looked up: the time of a look-up tells nothing of the code.
    """

    __tablename__ = "conversion_certificate"
    __table_args__ = (
        CheckConstraint(one_of("state", CERTIFICATE_LIFE.states), name="state"),
        # Withdrawn ones answer to their code, too: 已撤回 is another answer than 无效.
        CheckConstraint(
            "(state in ('issued', 'withdrawn')) = (code_hash is not null)", name="code"
        ),
        CheckConstraint("(code is null) = (code_hash is null)", name="code_hash"),
        CheckConstraint("(code is null) = (issued_on is null)", name="issued_on"),
        CheckConstraint(
            "(state = 'requested') = (decided_at is null)", name="decided_at"
        ),
        # Who is declined, or loses what they had, learns why.
        CheckConstraint(
            "state not in ('declined', 'withdrawn') or reason <> ''", name="reason"
        ),
        # A file is compared by its hash alone: neither is any use without the other.
        CheckConstraint("(pdf is null) = (sha256 is null)", name="pdf"),
        # Two presses of one button are one request.
        Index(
            "uq_conversion_certificate_open",
            "person_id",
            "organisation_id",
            unique=True,
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
    )
    kind: ClassVar[str] = "conversion_certificate"
    life: ClassVar[Life] = CERTIFICATE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(MAX_PURPOSE))
    state: Mapped[str] = mapped_column(String(12), default="requested", index=True)
    reason: Mapped[str] = mapped_column(String(MAX_REASON), default="")
    requested_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_on: Mapped[date | None]
    # The name of its holder is in it: it goes with the account.
    content: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    # Readable here, for it is printed and its holder sees it; the audit stores no value of it.
    code: Mapped[str | None] = mapped_column(String(16), info={"audit": "secret"})
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    # None until it is printed, in the background.
    sha256: Mapped[str | None] = mapped_column(String(64))
    # Deferred: lists read many rows and no file.
    pdf: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, info={"audit": "technical"}
    )
    # Its holder was notified that the ledger says something else by now; None again once it does not any more.
    corrected_at: Mapped[datetime | None]
    # Two who decide at once: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    organisation: Mapped[Organisation] = relationship()
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    lines: Mapped[list[CertificateLine]] = relationship(
        order_by="CertificateLine.id", back_populates="certificate"
    )

    @property
    def number(self) -> str:
        """How people name it: ZM, the year of the request, five digits."""
        return f"ZM{self.requested_at.year}{self.id:05d}"

    @property
    def owner_id(self) -> int:
        """Whose it is, as the permission table asks."""
        return self.person_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]


class CertificateLine(Model):
    """A contract of a certificate, with its sums as they were registered on the day of issue."""

    __tablename__ = "certificate_line"
    __table_args__ = (UniqueConstraint("certificate_id", "contract_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(
        ForeignKey("conversion_certificate.id"), index=True
    )
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    # What the achievement of its deal says of them; empty: the organisation alone knows.
    part: Mapped[str] = mapped_column(String(60), default="")
    # In 分; None until it is issued.
    total_fen: Mapped[int | None] = mapped_column(BigInteger)
    tech_fen: Mapped[int | None] = mapped_column(BigInteger)
    exempt_fen: Mapped[int | None] = mapped_column(BigInteger)

    certificate: Mapped[ConversionCertificate] = relationship(back_populates="lines")
    # A line is shown with its contract.
    contract: Mapped[TechContract] = relationship(lazy="joined")

    @property
    def sums(self) -> dict[str, int]:
        """As issued, and before that as the ledger has them now, in 分."""
        if self.total_fen is None:
            return self.contract.registered_sums
        return {name: getattr(self, name) for name in SUMS}
