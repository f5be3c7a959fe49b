"""The tables of deals: what two sides of an introduction carry to a contract, station by station."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.deals.child_models import (
    DealDecision,
    DealItem,
    DealLetter,
    DealObjection,
    DealPublicity,
    DealRelease,
    Priced,
)
from marketplace.deals.life import APPROVED, DEAL_LIFE, ENDED, PRICED
from marketplace.extensions import Model, db
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.organisations.models import Organisation

SideName = Literal["holder", "receiver"]
SIDES: tuple[SideName, ...] = ("holder", "receiver")
SIDE_NAMES = {"holder": "成果持有方", "receiver": "成果接收方"}


def quoted(values: tuple[str, ...]) -> str:
    """Values as a list of SQL, for a constraint."""
    return ", ".join(f"'{one}'" for one in values)


# A terminated deal makes room for another one of its introduction, a converted one does not.
_RUNS = text("state <> 'terminated'")


class Deal(Priced, Model):
    """What a holder of technology (seller) and its receiver (buyer) have begun together, up to the money.

    The rules of law it goes by are those of the day it began, stored with it (`rules`).
    """

    __tablename__ = "deal"
    __table_args__ = (
        CheckConstraint(
            "state in ('proposed', 'open', 'intention', 'due_diligence', 'pricing', 'price_determined', "
            "'in_publicity', 'objection', 'approved', 'contracted', 'performing', 'converted', 'terminated')",
            name="state",
        ),
        CheckConstraint(
            "holder_organisation_id <> receiver_organisation_id", name="sides"
        ),
        CheckConstraint(
            "proposed_by_side in ('holder', 'receiver', 'broker')",
            name="proposed_by_side",
        ),
        CheckConstraint(
            "owner_type in ('government_university', 'government_institute', 'firm', 'other')",
            name="owner_type",
        ),
        CheckConstraint(
            "contract_type in ('development', 'transfer', 'license', 'consulting', 'service')",
            name="contract_type",
        ),
        CheckConstraint(
            "conversion_mode in ('self_implement', 'transfer', 'license', 'co_implement', 'equity', 'other')",
            name="conversion_mode",
        ),
        CheckConstraint(
            "pricing_method is null or pricing_method in ('negotiated', 'listing', 'auction')",
            name="pricing_method",
        ),
        CheckConstraint("price_fen is null or price_fen > 0", name="price_fen"),
        # What is determined can be read: a sum, or words where it depends on what is sold.
        CheckConstraint(
            f"state not in ({quoted(PRICED)}) or (pricing_method is not null "
            "and (price_fen is not null or price_text <> ''))",
            name="priced",
        ),
        # Publicity and approvals depend on that answer, so that no price is determined without it.
        CheckConstraint(
            f"state not in ({quoted(PRICED)}) or related_party is not null",
            name="diligence",
        ),
        # Nothing is approved before publicity has closed, where it is due.
        CheckConstraint(
            f"state not in ({quoted(APPROVED)}) or not publicity_due or publicity_closed_on is not null",
            name="publicity",
        ),
        CheckConstraint("priority in ('', 'waived', 'used', 'none')", name="priority"),
        # The completers' priority is settled before a contract.
        CheckConstraint(
            "state not in ('contracted', 'performing', 'converted') or priority <> ''",
            name="priority_settled",
        ),
        CheckConstraint(
            "(state = 'terminated') = (terminate_reason <> '')", name="terminate_reason"
        ),
        CheckConstraint(
            f"(state in ({quoted(ENDED)})) = (ended_at is not null)", name="ended_at"
        ),
        # Two presses, or both sides at once, are one deal.
        Index(
            "uq_deal_current",
            "introduction_id",
            unique=True,
            sqlite_where=_RUNS,
            postgresql_where=_RUNS,
        ),
    )
    kind: ClassVar[str] = "deal"
    life: ClassVar[Life] = DEAL_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(
        ForeignKey("introduction.id"), index=True
    )
    # None where the introduction was in the name of no listing of one's own.
    achievement_id: Mapped[int | None] = mapped_column(
        ForeignKey("achievement.id"), index=True
    )
    demand_id: Mapped[int | None] = mapped_column(ForeignKey("demand.id"), index=True)
    # What the deal is about, as its pages and the publicity name it.
    title: Mapped[str] = mapped_column(String(200))
    holder_organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    receiver_organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    # Who carries it for each side; others of the organisation's desk may as well.
    holder_person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), index=True
    )
    receiver_person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), index=True
    )
    proposed_by_side: Mapped[str] = mapped_column(String(10))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    # Which sides have agreed to begin: a broker's proposal needs both.
    agreed_sides: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    owner_type: Mapped[str] = mapped_column(String(24))
    contract_type: Mapped[str] = mapped_column(String(16))
    contract_subtype: Mapped[str] = mapped_column(String(24), default="")
    conversion_mode: Mapped[str] = mapped_column(String(16))
    # None until a price is approved.
    pricing_method: Mapped[str | None] = mapped_column(String(12))
    # Whole 分; beside it, or in its place, words such as a share of sales.
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    price_text: Mapped[str] = mapped_column(String(300), default="")
    # As 尽调 answered it; None: not yet.
    related_party: Mapped[bool | None]
    # Due until the answers say that it is not (116).
    publicity_due: Mapped[bool] = mapped_column(default=True)
    # Emptied by every change: only the publicity of what will be signed counts.
    publicity_closed_on: Mapped[date | None]
    # Of the completers: '' open, waived, used, or none who could have one.
    priority: Mapped[str] = mapped_column(String(8), default="")
    priority_note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(20), default="proposed", index=True)
    # Whom the station waits for, a key of `TURNS`.
    turn: Mapped[str] = mapped_column(String(10), server_default="both", index=True)
    # The last day for what the station asks, until 24:00 in China.
    due_on: Mapped[date | None]
    # Values of law as they stood on the first day, each with its source (`rules` of the room of that name).
    rules: Mapped[dict[str, Any]] = mapped_column(db.JSON, default=dict)
    began_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    terminate_reason: Mapped[str] = mapped_column(String(24), default="")
    terminate_note: Mapped[str] = mapped_column(String(500), default="")
    ended_at: Mapped[datetime | None]
    # Two who press at once: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    introduction: Mapped[Introduction] = relationship()
    achievement: Mapped[Achievement | None] = relationship()
    demand: Mapped[Demand | None] = relationship()
    holder: Mapped[Organisation] = relationship(foreign_keys=[holder_organisation_id])
    receiver: Mapped[Organisation] = relationship(
        foreign_keys=[receiver_organisation_id]
    )
    holder_person: Mapped[Person | None] = relationship(foreign_keys=[holder_person_id])
    receiver_person: Mapped[Person | None] = relationship(
        foreign_keys=[receiver_person_id]
    )
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    letters: Mapped[list[DealLetter]] = relationship(order_by="DealLetter.id")
    items: Mapped[list[DealItem]] = relationship(order_by="DealItem.id")
    decisions: Mapped[list[DealDecision]] = relationship(order_by="DealDecision.id")
    publicities: Mapped[list[DealPublicity]] = relationship(order_by="DealPublicity.id")
    objections: Mapped[list[DealObjection]] = relationship(order_by="DealObjection.id")
    releases: Mapped[list[DealRelease]] = relationship(order_by="DealRelease.number")

    @property
    def number(self) -> str:
        """How people name it: JY, the year it began, five digits."""
        # The year it began, so that a number that people have written down never changes.
        return f"JY{self.began_on.year}{self.id:05d}"

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_running(self) -> bool:
        """Whether somebody must still act."""
        return self.state in self.life.phases["running"]

    # Cached on the row, for the permission table looks at it again and again on one page.
    @cached_property
    def broker_ids(self) -> tuple[int, ...]:
        """Numbers of the brokers who look after one of its listings, as the permission table asks."""
        numbers: set[int] = set()
        for row in (self.achievement, self.demand):
            if row is not None:
                numbers.update(row.broker_ids)
        return tuple(sorted(numbers))

    @property
    def running_publicity(self) -> DealPublicity | None:
        """The publicity that runs now."""
        for one in self.publicities:
            if one.state == "running":
                return one
        return None

    @property
    def pending_decision(self) -> DealDecision | None:
        """The decision on the price that waits for approval."""
        for one in self.decisions:
            if one.state == "pending":
                return one
        return None

    @property
    def approved_decision(self) -> DealDecision | None:
        """The decision on the price that is in force."""
        for one in reversed(self.decisions):
            if one.state == "approved":
                return one
        return None

    def letter_of(self, letter_kind: str) -> DealLetter | None:
        """The last text of that kind; the ones before it are history."""
        for one in reversed(self.letters):
            if one.letter_kind == letter_kind:
                return one
        return None

    def item_of(self, code: str) -> DealItem | None:
        """The answer to one item of 尽调; None: not answered."""
        for one in self.items:
            if one.code == code:
                return one
        return None

    def organisation_of(self, side: str) -> int:
        """The number of a side's organisation."""
        if side == "holder":
            return self.holder_organisation_id
        return self.receiver_organisation_id
