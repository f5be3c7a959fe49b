"""Tables of what belongs to a case: answers, declared interests, attribution and its disputes, commissions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.brokerage.life import AGREEMENT_LIFE, DISPUTE_LIFE
from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.organisations.models import Organisation

SideName = Literal["holder", "receiver"]
SIDES: tuple[SideName, ...] = ("holder", "receiver")
SIDE_NAMES = {"holder": "成果方", "receiver": "需求方"}
# What a broker declares → the question.
# Filed for each case, before the pair is seen; serving both sides takes the consent of both.
INTERESTS = {
    "equity": "我或近亲属持有其中一方的股权、期权或份额",
    "kinship": "我和其中一方的负责人、经办人或完成人是近亲属",
    "employment": "我在其中一方任职、兼职，或三年内任过职",
    "dual_agency": "我同时受双方委托，或向双方收费",
}
_IS_OPEN = text("state = 'open'")


class CaseSide(Model):
    """What one side of a case answered; each case has two."""

    __tablename__ = "brokerage_side"
    __table_args__ = (
        CheckConstraint("side in ('holder', 'receiver')", name="side"),
        CheckConstraint("answer in ('waiting', 'accepted', 'declined')", name="answer"),
        CheckConstraint(
            "(answer = 'waiting') = (answered_at is null)", name="answered_at"
        ),
        # Who is declined learns why.
        CheckConstraint("answer <> 'declined' or reason <> ''", name="reason"),
        CheckConstraint(
            "(consented_at is null) = (consented_by_id is null)", name="consented"
        ),
    )

    case_id: Mapped[int] = mapped_column(
        ForeignKey("brokerage_case.id"), primary_key=True
    )
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    answer: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    # Of a listing that does not name its organisation: the other side learns who it is.
    # True by default, for a listing that names its organisation has nothing to open.
    opens_firm: Mapped[bool] = mapped_column(default=True)
    answered_at: Mapped[datetime | None]
    # None though answered: an operator confirmed it.
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # That one broker serves both sides.
    consented_at: Mapped[datetime | None]
    consented_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    answered_by: Mapped[Person | None] = relationship(foreign_keys=[answered_by_id])

    @property
    def name(self) -> str:
        """The side in Chinese."""
        return SIDE_NAMES[self.side]


class InterestDeclaration(Model):
    """What a broker declared of their interests in a case, before they saw the pair in full. Written once."""

    __tablename__ = "brokerage_declaration"
    __table_args__ = (
        CheckConstraint(
            # A bare yes says nothing to the sides who are to judge it.
            "not (equity or kinship or employment or dual_agency) or details <> ''",
            name="details",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("brokerage_case.id"), index=True)
    broker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    equity: Mapped[bool]
    kinship: Mapped[bool]
    employment: Mapped[bool]
    dual_agency: Mapped[bool]
    details: Mapped[str] = mapped_column(String(500), default="")
    filed_at: Mapped[datetime] = mapped_column(default=now)

    broker: Mapped[Person] = relationship()

    @property
    def declared(self) -> list[str]:
        """What is the case, in words; empty: nothing is."""
        return [words for name, words in INTERESTS.items() if getattr(self, name)]


class Attribution(Model):
    """Who first brought a pair together, as both sides or an operator confirmed it. Never changed, by nobody.

    The database refuses every change and removal (migration 0043). What a dispute settled is in its row.
    """

    __tablename__ = "attribution"
    __table_args__ = (
        CheckConstraint("basis in ('both_sides', 'operator')", name="basis"),
        CheckConstraint(
            # An operator answers for it by name; where both sides confirmed it their answers do.
            "(basis = 'operator') = (confirmed_by_id is not null)",
            name="confirmed_by_id",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Organisations and listings of the pair, as `models.pair_key` writes them: there is one first time.
    pair_key: Mapped[str] = mapped_column(String(60), unique=True)
    achievement_id: Mapped[int | None] = mapped_column(ForeignKey("achievement.id"))
    demand_id: Mapped[int | None] = mapped_column(ForeignKey("demand.id"))
    holder_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    receiver_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    introduction_id: Mapped[int | None] = mapped_column(ForeignKey("introduction.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("brokerage_case.id"))
    # None: the two sides came together without a broker.
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # Who asked first, or proposed the pair.
    introduced_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    basis: Mapped[str] = mapped_column(String(12))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    confirmed_at: Mapped[datetime] = mapped_column(default=now)

    holder: Mapped[Organisation] = relationship(foreign_keys=[holder_organisation_id])
    receiver: Mapped[Organisation] = relationship(
        foreign_keys=[receiver_organisation_id]
    )
    broker: Mapped[Person | None] = relationship(foreign_keys=[broker_id])
    disputes: Mapped[list[AttributionDispute]] = relationship(
        order_by="AttributionDispute.id", back_populates="attribution"
    )

    @property
    def holds_for(self) -> Person | None:
        """The broker to whom it is credited now: as confirmed, or as the last dispute that was upheld says."""
        # The record is never changed (decision 114): the newest ruling for somebody outweighs it and earlier rulings.
        for dispute in reversed(self.disputes):
            if dispute.state == "upheld":
                return dispute.claimed_by
        return self.broker


class AttributionDispute(Model):
    """A broker says that they brought a pair together; an operator decides, with reasons."""

    __tablename__ = "attribution_dispute"
    __table_args__ = (
        CheckConstraint("state in ('open', 'upheld', 'rejected')", name="state"),
        CheckConstraint("(state = 'open') = (ruled_at is null)", name="ruled_at"),
        CheckConstraint("state = 'open' or ruling <> ''", name="ruling"),
        Index(
            # A second dispute of the same broker waits for the ruling on the first one.
            "uq_attribution_dispute_open",
            "attribution_id",
            "claimed_by_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )
    kind: ClassVar[str] = "attribution_dispute"
    life: ClassVar[Life] = DISPUTE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    attribution_id: Mapped[int] = mapped_column(
        ForeignKey("attribution.id"), index=True
    )
    claimed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(10), default="open", index=True)
    ruling: Mapped[str] = mapped_column(String(500), default="")
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ruled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    attribution: Mapped[Attribution] = relationship(back_populates="disputes")
    claimed_by: Mapped[Person] = relationship(foreign_keys=[claimed_by_id])

    @property
    def owner_id(self) -> int:
        """Who claims it, as the permission table asks."""
        return self.claimed_by_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]


_IS_CURRENT = text("state in ('proposed', 'signed')")


class CommissionAgreement(Model):
    """What a broker is paid for a case: who pays, how much of what, when. One text, which every payer confirms.

    Sums are whole 分, rates per cent. No rate is proposed by the site.
    """

    __tablename__ = "commission_agreement"
    __table_args__ = (
        CheckConstraint("state in ('proposed', 'signed', 'withdrawn')", name="state"),
        CheckConstraint("payer in ('holder', 'receiver', 'both')", name="payer"),
        CheckConstraint("mode in ('fixed', 'percent', 'tier', 'success')", name="mode"),
        CheckConstraint("base in ('technology_amount', 'total_amount')", name="base"),
        CheckConstraint(
            "\"trigger\" in ('signed', 'registered', 'received')", name="trigger"
        ),
        # Each mode has what it is computed from: a text without it could be confirmed and never paid.
        CheckConstraint(
            "mode not in ('fixed', 'success') or amount_fen is not null", name="amount"
        ),
        CheckConstraint(
            "mode not in ('percent', 'success') or rate is not null", name="rate"
        ),
        CheckConstraint("mode <> 'tier' or tiers <> ''", name="tiers"),
        CheckConstraint(
            "rate is null or (rate > 0 and rate <= 100)", name="rate_range"
        ),
        CheckConstraint("amount_fen is null or amount_fen > 0", name="amount_range"),
        CheckConstraint("cap_fen is null or cap_fen > 0", name="cap_range"),
        CheckConstraint(
            "(state = 'proposed') = (settled_at is null)", name="settled_at"
        ),
        Index(
            # One in force or proposed: two at once would be two fees for the same case.
            "uq_commission_agreement_current",
            "case_id",
            unique=True,
            sqlite_where=_IS_CURRENT,
            postgresql_where=_IS_CURRENT,
        ),
    )
    kind: ClassVar[str] = "commission_agreement"
    life: ClassVar[Life] = AGREEMENT_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("brokerage_case.id"), index=True)
    broker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    payer: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(10))
    base: Mapped[str] = mapped_column(String(20))
    rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    tiers: Mapped[str] = mapped_column(String(500), default="")
    trigger: Mapped[str] = mapped_column(String(12))
    cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    # What is confirmed, word by word, and its SHA-256 in hexadecimal.
    # Stored and never made again: a broker who takes another name later must not change what was confirmed.
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    signatures: Mapped[list[CommissionSignature]] = relationship(
        order_by="CommissionSignature.id"
    )

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def payers(self) -> tuple[SideName, ...]:
        """The sides that pay."""
        if self.payer == "both":
            return SIDES
        return ("holder",) if self.payer == "holder" else ("receiver",)

    @property
    def unsigned(self) -> list[SideName]:
        """The payers who have not confirmed it."""
        signed = {one.side for one in self.signatures}
        return [side for side in self.payers if side not in signed]


class CommissionSignature(Model):
    """A payer confirmed a text: by which account, when, and the text's hash as it stood on their page."""

    __tablename__ = "commission_signature"
    __table_args__ = (
        CheckConstraint("side in ('holder', 'receiver')", name="side"),
        UniqueConstraint("agreement_id", "side"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(
        ForeignKey("commission_agreement.id"), index=True
    )
    side: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # Repeated by each signature, so that a signature proves by itself which text it is for.
    text_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[Person] = relationship()
