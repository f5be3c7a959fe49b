"""The tables of what a contract brings: planned payments, receipts, and how what was received is shared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.contracts.models import TechContract
from marketplace.extensions import Model, db
from marketplace.lifecycle import Life
from marketplace.proceeds.life import DISTRIBUTION_LIFE

_OPEN = text("state in ('planned', 'in_publicity')")


class Milestone(Model):
    """What is to be delivered or paid by a day."""

    __tablename__ = "contract_milestone"
    __table_args__ = (
        CheckConstraint("plan_fen is null or plan_fen > 0", name="plan_fen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    # 分 to be paid then; None: nothing is paid.
    plan_fen: Mapped[int | None] = mapped_column(BigInteger)
    done_on: Mapped[date | None]
    # When it was planned here and when it was recorded as done: releases are dated by them.
    planned_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    contract: Mapped[TechContract] = relationship()


class Receipt(Model):
    """Money that came in, or was taken back by an entry against it. Written, and never changed."""

    __tablename__ = "contract_receipt"
    __table_args__ = (
        CheckConstraint(
            # What goes back is an entry against its receipt, never a receipt below 0.
            "(reverses_id is null and amount_fen > 0) or (reverses_id is not null and amount_fen < 0)",
            name="amount_fen",
        ),
        CheckConstraint("reverses_id is null or note <> ''", name="note"),
        # Nothing is taken back twice.
        UniqueConstraint("reverses_id", name="uq_contract_receipt_reverses"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    received_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(300), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("contract_receipt.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    contract: Mapped[TechContract] = relationship()


class Distribution(Model):
    """How the net income of a contract, up to a moment, is shared: what was shared before is taken off."""

    __tablename__ = "distribution"
    __table_args__ = (
        CheckConstraint(
            "state in ('planned', 'in_publicity', 'settled', 'dropped')", name="state"
        ),
        # Nobody's cent is lost between the three.
        CheckConstraint(
            "inventors_fen + institution_fen + office_fen = net_after_fen - net_before_fen",
            name="pools",
        ),
        # A plan shares something, or there is none.
        CheckConstraint("net_after_fen > net_before_fen", name="net"),
        CheckConstraint(
            "state <> 'in_publicity' or ends_on is not null", name="ends_on"
        ),
        # What has a leader among those rewarded is settled only after it was public.
        CheckConstraint(
            "state <> 'settled' or not has_leader or ends_on is not null",
            name="leaders",
        ),
        # One is open at a time: two would share the same money.
        Index(
            "uq_distribution_open",
            "contract_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )
    kind: ClassVar[str] = "distribution"
    life: ClassVar[Life] = DISTRIBUTION_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="planned")
    # All income and all direct costs of the contract so far, 分.
    income_fen: Mapped[int] = mapped_column(BigInteger)
    costs_fen: Mapped[int] = mapped_column(BigInteger)
    # All net income shared before and by now: this plan shares the difference (121).
    net_before_fen: Mapped[int] = mapped_column(BigInteger)
    net_after_fen: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(10))
    # As they were typed: [[upper edge in 分 or null, inventors, institution, office], …], shares as text.
    brackets: Mapped[list[list[Any]]] = mapped_column(db.JSON)
    # Decimal as text, exactly as it was computed with.
    floor_percent: Mapped[str] = mapped_column(String(20))
    # A key of the room `rules`, or `agreed` or `institution`.
    floor_basis: Mapped[str] = mapped_column(String(80))
    # Values of the day the deal began; statements print their source.
    rules: Mapped[dict[str, Any]] = mapped_column(db.JSON, default=dict)
    inventors_fen: Mapped[int] = mapped_column(BigInteger)
    institution_fen: Mapped[int] = mapped_column(BigInteger)
    office_fen: Mapped[int] = mapped_column(BigInteger)
    has_leader: Mapped[bool]
    # While it runs days off may still move it; the settling fixes it.
    ends_on: Mapped[date | None]
    planned_on: Mapped[date]
    settled_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    contract: Mapped[TechContract] = relationship()
    shares: Mapped[list[InventorShare]] = relationship(
        order_by="InventorShare.id", back_populates="distribution"
    )

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_open(self) -> bool:
        """Whether it is neither settled nor dropped: then no other one may be planned."""
        return self.state in ("planned", "in_publicity")


class InventorShare(Model):
    """What one of those who made it gets, and the statement of it."""

    __tablename__ = "inventor_share"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount_fen"),
        CheckConstraint("(pdf is null) = (sha256 is null)", name="pdf"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    distribution_id: Mapped[int] = mapped_column(
        ForeignKey("distribution.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(60), info={"audit": "personal"})
    # Of the inventors' part; Decimal as text.
    percent: Mapped[str] = mapped_column(String(20))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    is_leader: Mapped[bool] = mapped_column(default=False)
    # Who it is, once the holder has given them their statement; None: a name alone.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    distribution: Mapped[Distribution] = relationship(back_populates="shares")
    person: Mapped[Person | None] = relationship()
