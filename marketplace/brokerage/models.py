"""The table of cases: a pair that a broker carries from the first word to the day a deal begins."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.brokerage.child_models import (
    CaseSide,
    CommissionAgreement,
    InterestDeclaration,
)
from marketplace.brokerage.life import (
    CASE_LIFE,
    COLUMN_OF,
    RUNNING,
    TERMINATE_REASONS,
)
from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.organisations.models import Organisation

# A deal counts as going on: its pair gets no second case until it is over (decision 113).
_GOES_ON = text("state <> 'terminated'")


def pair_key(
    holder_id: int, receiver_id: int, achievement_id: int | None, demand_id: int | None
) -> str:
    """The pair as one text, for what may exist once a pair; a side without a listing stands as 0."""
    return f"{holder_id}-{receiver_id}-{achievement_id or 0}-{demand_id or 0}"


class BrokerageCase(Model):
    """A pair of two organisations, mostly of an achievement and a demand, and the broker who carries it."""

    __tablename__ = "brokerage_case"
    __table_args__ = (
        CheckConstraint(
            "state in ('lead', 'qualified', 'dispatched', 'matching', 'meeting', 'intention', 'on_hold', 'deal', "
            "'terminated')",
            name="state",
        ),
        CheckConstraint(
            "origin in ('introduction', 'broker', 'operator', 'referral')",
            name="origin",
        ),
        CheckConstraint(
            "achievement_id is not null or demand_id is not null", name="listing"
        ),
        CheckConstraint(
            "holder_organisation_id <> receiver_organisation_id", name="sides"
        ),
        # Nothing is without somebody who must act, until a day.
        CheckConstraint(
            "state not in ('dispatched', 'matching', 'meeting', 'intention', 'on_hold') or broker_id is not null",
            name="broker_id",
        ),
        CheckConstraint(
            "state in ('deal', 'terminated') or due_on is not null", name="due_on"
        ),
        # Interests are declared before the pair is seen in full.
        CheckConstraint(
            "state not in ('matching', 'meeting', 'intention', 'on_hold') or declared_at is not null",
            name="declared_at",
        ),
        CheckConstraint(
            "(state = 'on_hold') = (held_from is not null)", name="held_from"
        ),
        CheckConstraint(
            "held_from is null or held_from in ('matching', 'meeting', 'intention')",
            name="held_state",
        ),
        CheckConstraint(
            "(state = 'terminated') = (terminate_reason <> '')", name="terminate_reason"
        ),
        CheckConstraint(
            "(state in ('deal', 'terminated')) = (ended_at is not null)",
            name="ended_at",
        ),
        CheckConstraint("state <> 'deal' or deal_number <> ''", name="deal_number"),
        CheckConstraint(
            "referral_share is null or (referrer_id is not null and referral_share > 0 and referral_share <= 100)",
            name="referral_share",
        ),
        # Two brokers, or two presses, are one case of a pair.
        Index(
            "uq_brokerage_case_current",
            "pair_key",
            unique=True,
            sqlite_where=_GOES_ON,
            postgresql_where=_GOES_ON,
        ),
        Index("ix_brokerage_case_due", "state", "due_on"),
    )
    kind: ClassVar[str] = "brokerage_case"
    life: ClassVar[Life] = CASE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(12))
    # Stored and not computed, so that an index can let one case of a pair go on; a merger writes it again.
    pair_key: Mapped[str] = mapped_column(String(60))
    # Where both sides have accepted; it holds their contacts and what they write to each other.
    introduction_id: Mapped[int | None] = mapped_column(
        ForeignKey("introduction.id"), index=True
    )
    achievement_id: Mapped[int | None] = mapped_column(
        ForeignKey("achievement.id"), index=True
    )
    demand_id: Mapped[int | None] = mapped_column(ForeignKey("demand.id"), index=True)
    holder_organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    receiver_organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    # None: the site itself, after an introduction was accepted.
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # Who knew of the pair, and the share of the commission (per cent) that the broker promised them.
    referrer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # Per cent of the commission, with two decimals; None: nothing was promised.
    referral_share: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    # Why the two belong together, as the person who proposed it wrote; both sides read it.
    message: Mapped[str] = mapped_column(String(500), default="")
    # The same as the page of matches said it then.
    # None where the matcher had no answer: a pair may be proposed all the same.
    grade: Mapped[str | None] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(500), default="")
    words: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    state: Mapped[str] = mapped_column(String(12), default="lead", index=True)
    held_from: Mapped[str | None] = mapped_column(String(12))
    # The last day for what must be done next, until 24:00 in China.
    due_on: Mapped[date | None]
    next_step: Mapped[str] = mapped_column(String(200), default="")
    # Of the present broker; empty again when another one gets the case.
    declared_at: Mapped[datetime | None]
    # When both sides were asked.
    asked_at: Mapped[datetime | None]
    # Since when it is in its state, and when anything was done to it last.
    entered_at: Mapped[datetime] = mapped_column(default=now)
    touched_at: Mapped[datetime] = mapped_column(default=now)
    # Since the last deed, so that a broker is reminded once of a silence and not every ten minutes.
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deal_number: Mapped[str] = mapped_column(String(40), default="")
    terminate_reason: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    ended_at: Mapped[datetime | None]
    # Two who press at once: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    introduction: Mapped[Introduction | None] = relationship()
    achievement: Mapped[Achievement | None] = relationship()
    demand: Mapped[Demand | None] = relationship()
    holder: Mapped[Organisation] = relationship(foreign_keys=[holder_organisation_id])
    receiver: Mapped[Organisation] = relationship(
        foreign_keys=[receiver_organisation_id]
    )
    broker: Mapped[Person | None] = relationship(foreign_keys=[broker_id])
    referrer: Mapped[Person | None] = relationship(foreign_keys=[referrer_id])
    sides: Mapped[list[CaseSide]] = relationship(order_by="CaseSide.side")
    declarations: Mapped[list[InterestDeclaration]] = relationship(
        order_by="InterestDeclaration.id"
    )
    agreements: Mapped[list[CommissionAgreement]] = relationship(
        order_by="CommissionAgreement.id"
    )

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_running(self) -> bool:
        """Whether somebody must still act here."""
        return self.state in RUNNING

    @property
    def column(self) -> str | None:
        """Its column of the board; what is on hold stays in the one it was held in. None: it ended without a deal."""
        return COLUMN_OF.get(self.held_from or self.state)

    @property
    def is_accepted_by_both(self) -> bool:
        """Whether both sides want to talk."""
        return all(one.answer == "accepted" for one in self.sides)

    @property
    def waiting_sides(self) -> list[CaseSide]:
        """The sides that have not answered."""
        return [one for one in self.sides if one.answer == "waiting"]

    @property
    def declaration(self) -> InterestDeclaration | None:
        """What the present broker declared of this dispatch, not of earlier ones; None: nothing yet."""
        if self.declared_at is None:
            return None
        return self.declarations[-1]

    @property
    def lacking_consent(self) -> list[CaseSide]:
        """The sides that have not agreed yet that their broker serves the other one too; empty where none need."""
        declaration, since = self.declaration, self.declared_at
        if declaration is None or since is None or not declaration.dual_agency:
            return []
        # Consent to an earlier dispatch is none to this one.
        lacking = []
        for one in self.sides:
            if one.consented_at is None or one.consented_at < since:
                lacking.append(one)
        return lacking

    @property
    def agreement(self) -> CommissionAgreement | None:
        """The commission that is proposed or in force; None: there is none."""
        # At most one is not withdrawn, by an index; the newest is it.
        for one in reversed(self.agreements):
            if one.state != "withdrawn":
                return one
        return None

    @property
    def tells_names(self) -> bool:
        """Whether the two sides may learn who the other one is: they were asked, and no commission is unsigned."""
        # Both have talked to each other already: there is no name left to hold back (decision 115).
        if self.introduction_id is not None:
            return True
        agreement = self.agreement
        # 民法典 art. 965 (待核实) grants the fee also where the broker is passed by; proving it is another matter.
        settled = agreement is None or agreement.state == "signed"
        return self.asked_at is not None and settled

    @property
    def reason_name(self) -> str:
        """Why it ended, in Chinese."""
        return TERMINATE_REASONS.get(self.terminate_reason, "")

    def side_of(self, side: str) -> CaseSide:
        """What one side answered."""
        return next(one for one in self.sides if one.side == side)

    def listing_of(self, side: str) -> Achievement | Demand | None:
        """The listing of a side; None where only its organisation is known."""
        if side == "holder":
            return self.achievement
        return self.demand

    def organisation_of(self, side: str) -> Organisation:
        """The organisation of a side."""
        return self.holder if side == "holder" else self.receiver
