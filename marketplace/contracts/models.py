"""The tables of technology contracts: the contract, its papers, who confirmed them, and the entries of the ledger.

The fields are declared in `fields.py`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeEngine

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.contracts.field import Field
from marketplace.contracts.fields import FIELDS, PRINTED
from marketplace.contracts.life import CONTRACT_LIFE
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.deals.models import SIDES, Deal, quoted
from marketplace.extensions import Model, db
from marketplace.lifecycle import Life
from marketplace.organisations.models import Organisation

_STANDS = text("voided_at is null")


def _type_of(one: Field) -> TypeEngine[Any]:
    if one.kind == "money":
        return BigInteger()
    if one.kind == "day":
        return Date()
    if one.kind == "flag":
        return Boolean()
    if one.kind == "prose":
        return Text()
    return String(40 if one.kind == "choice" else one.most)


class TechContract(Model):
    """A technology contract: of a deal, or taken over from the register.

    What is registered of it stands in its entries, which are never changed: a correction is another entry.
    """

    __tablename__ = "tech_contract"
    __table_args__ = (
        CheckConstraint(
            f"state in ({quoted(tuple(CONTRACT_LIFE.names))})", name="state"
        ),
        # All columns of fields are nullable: this one is required here.
        CheckConstraint(
            f"contract_type is not null and contract_type in ({quoted(tuple(CONTRACT_TYPES))})",
            name="contract_type",
        ),
        # Costs of equipment and material are no 技术交易额, so that it is never above the total (reference §3.2).
        CheckConstraint("tech_fen is null or tech_fen <= total_fen", name="tech_fen"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="valid_to"),
        CheckConstraint(
            "state not in ('registered', 'cancelled') or (registry_no is not null and registered_on is not null)",
            name="registered",
        ),
        # 14 digits in an older text, 16 in a newer one: wide enough for what offices give.
        CheckConstraint(
            "registry_no is null or length(registry_no) between 14 and 20",
            name="registry_no",
        ),
        CheckConstraint("state <> 'not_registered' or refusal <> ''", name="refusal"),
        # Only what was registered before the platform has no deal behind it.
        CheckConstraint(
            "deal_id is not null or state in ('registered', 'cancelled')", name="deal"
        ),
        # A deal has one contract, also where both sides begin it at once.
        UniqueConstraint("deal_id", name="uq_tech_contract_deal"),
        UniqueConstraint("registry_no", name="uq_tech_contract_registry_no"),
    )
    kind: ClassVar[str] = "tech_contract"
    life: ClassVar[Life] = CONTRACT_LIFE

    if TYPE_CHECKING:
        # Of the fields those that other rooms read by name; every column is made from `fields.py` below.
        contract_type: Mapped[str]
        title: Mapped[str | None]
        contract_no: Mapped[str | None]
        contract_subtype: Mapped[str | None]
        seller_name: Mapped[str | None]
        buyer_name: Mapped[str | None]
        seller_district: Mapped[str | None]
        seller_nature: Mapped[str | None]
        tech_field: Mapped[str | None]
        valid_from: Mapped[date | None]
        valid_to: Mapped[date | None]
        total_fen: Mapped[int | None]
        tech_fen: Mapped[int | None]

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    # The parties as organisations of the platform, where they are.
    seller_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    buyer_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    state: Mapped[str] = mapped_column(String(16), default="drafting", index=True)
    signed_on: Mapped[date | None]
    filed_on: Mapped[date | None]
    # The office's 30 days run from the day after this one.
    accepted_on: Mapped[date | None]
    # The last day for what the office decides.
    decide_by: Mapped[date | None]
    registry_no: Mapped[str | None] = mapped_column(String(20))
    registry_office: Mapped[str] = mapped_column(String(100), default="")
    registered_on: Mapped[date | None] = mapped_column(index=True)
    # 专利实施许可 is filed with the patent office, too.
    licence_filed_on: Mapped[date | None]
    refusal: Mapped[str] = mapped_column(String(500), default="")
    # The dated values it goes by, as they stood on the first day of its deal.
    rules: Mapped[dict[str, Any]] = mapped_column(db.JSON, default=dict)
    # Of the import it came with; empty for one of a deal.
    source_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Written by every deed, so that one of two who press at once is refused also where a row beside it is new.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    # Two who press at once: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    deal: Mapped[Deal | None] = relationship()
    seller: Mapped[Organisation | None] = relationship(foreign_keys=[seller_id])
    buyer: Mapped[Organisation | None] = relationship(foreign_keys=[buyer_id])
    papers: Mapped[list[ContractPaper]] = relationship(
        order_by="ContractPaper.number", back_populates="contract"
    )
    entries: Mapped[list[ContractEntry]] = relationship(
        order_by="ContractEntry.id", back_populates="contract"
    )

    @property
    def number(self) -> str:
        """How people name it on the platform; the register's number is the office's."""
        return f"HT{self.created_at.year}{self.id:05d}"

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def values(self) -> dict[str, Any]:
        """Field → stored value."""
        return {one.name: getattr(self, one.name) for one in FIELDS}

    @property
    def printed_values(self) -> dict[str, str]:
        """Field → what the paper says of it; what the type does not have is left out."""
        found = {}
        for one in PRINTED:
            if one.belongs_to(self.contract_type):
                found[one.name] = one.shown(getattr(self, one.name))
        return found

    @property
    def current_paper(self) -> ContractPaper | None:
        """The newest paper; None before the first."""
        return self.papers[-1] if self.papers else None

    @property
    def registered_sums(self) -> dict[str, int]:
        """Total, technology amount and exempt amount as they are registered: all entries together, in 分."""
        sums = {"total_fen": 0, "tech_fen": 0, "exempt_fen": 0}
        for entry in self.entries:
            for name in sums:
                sums[name] += getattr(entry, name)
        return sums


for _one in FIELDS:
    # A draft may have holes: what a paper needs is checked when one is made.
    setattr(TechContract, _one.name, mapped_column(_type_of(_one), nullable=True))


class ContractPaper(Model):
    """A contract as it was printed: what both sides confirm by the SHA-256 of the file, and never another one."""

    __tablename__ = "contract_paper"
    __table_args__ = (
        UniqueConstraint("contract_id", "number", name="uq_contract_paper_number"),
        CheckConstraint("(pdf is null) = (sha256 is null)", name="pdf"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    number: Mapped[int]
    # The canonical text of what is printed: [[field, words], …].
    content: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date]
    # None until it is rendered, in the background.
    sha256: Mapped[str | None] = mapped_column(String(64))
    # Deferred: a list of contracts would load every file.
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    contract: Mapped[TechContract] = relationship(back_populates="papers")
    confirmations: Mapped[list[ContractConfirmation]] = relationship(
        order_by="ContractConfirmation.id", back_populates="paper"
    )

    @property
    def standing(self) -> dict[str, ContractConfirmation]:
        """Side → its confirmation, where it stands."""
        found = {}
        for one in self.confirmations:
            if one.voided_at is None:
                found[one.side] = one
        return found

    @property
    def is_confirmed(self) -> bool:
        """Whether both sides have confirmed it, and the contract still says what it prints."""
        return len(self.standing) == len(SIDES) and self.is_true

    @property
    def is_true(self) -> bool:
        """Whether the contract still says what is printed here, whatever wrote to it."""
        return canonical_text(self.contract.printed_values) == self.content


class ContractConfirmation(Model):
    """One side confirmed one file."""

    __tablename__ = "contract_confirmation"
    __table_args__ = (
        CheckConstraint("side in ('holder', 'receiver')", name="side"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("(voided_at is null) = (void_reason = '')", name="voided"),
        # Two people of one side are one confirmation.
        Index(
            "uq_contract_confirmation_side",
            "paper_id",
            "side",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("contract_paper.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    # A copy of its own: what somebody has confirmed does not change with the row of the paper.
    sha256: Mapped[str] = mapped_column(String(64))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(String(500), default="")

    paper: Mapped[ContractPaper] = relationship(back_populates="confirmations")
    by: Mapped[Person] = relationship()


class ContractEntry(Model):
    """One entry of the ledger: a registration, or what a later one adds or takes back. Written, and never changed."""

    __tablename__ = "contract_entry"
    __table_args__ = (
        CheckConstraint("kind in ('registered', 'amended', 'cancelled')", name="kind"),
        CheckConstraint("kind = 'registered' or reason <> ''", name="reason"),
        # Only of a registration: a correction is a difference, and may be below 0.
        CheckConstraint(
            "kind <> 'registered' or (exempt_fen between 0 and tech_fen and tech_fen <= total_fen)",
            name="sums",
        ),
        # A contract is registered once.
        Index(
            "uq_contract_entry_registered",
            "contract_id",
            unique=True,
            sqlite_where=text("kind = 'registered'"),
            postgresql_where=text("kind = 'registered'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    # The day it was written down; the year it counts in follows from its contract (120).
    entered_on: Mapped[date]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    tech_fen: Mapped[int] = mapped_column(BigInteger)
    exempt_fen: Mapped[int] = mapped_column(BigInteger)
    # 1 for a registration, -1 for its cancellation, 0 for what corrects sums.
    counts: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    contract: Mapped[TechContract] = relationship(back_populates="entries")
    by: Mapped[Person | None] = relationship()


def canonical_text(printed: dict[str, str]) -> str:
    """What is printed as one text, for comparing and hashing: the same values, the same text."""
    # Pairs in the order of the fields, which is the order on paper.
    return json.dumps(list(printed.items()), ensure_ascii=False, separators=(",", ":"))


def sha256_of(content: bytes) -> str:
    """The SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(content).hexdigest()
