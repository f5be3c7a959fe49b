"""Tables of 需求诊断: the case of a demand, the questions to its firm, the drafts that it was split into."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.diagnosis.life import CONCLUSIONS, DIAGNOSIS_LIFE
from marketplace.extensions import Model, db
from marketplace.lifecycle import Life
from marketplace.listings.models import Demand

_IS_OPEN = text("state in ('requested', 'diagnosing', 'proposed')")


class DiagnosisCase(Model):
    """The diagnosis of one demand, from being taken to one of its exits."""

    __tablename__ = "diagnosis"
    __table_args__ = (
        CheckConstraint(
            "state in ('requested', 'diagnosing', 'proposed', 'rewritten', 'split', 'unfit', 'declined', 'stopped',"
            " 'withdrawn')",
            name="state",
        ),
        CheckConstraint(
            "(state in ('requested', 'diagnosing', 'proposed')) = (ended_at is null)",
            name="ended_at",
        ),
        CheckConstraint(
            # Whatever is under way lies with somebody by name, who is notified of each answer.
            "state in ('requested', 'withdrawn') or taken_by_id is not null",
            name="taken_by_id",
        ),
        # Nothing waits for a firm, or was confirmed by one, that nobody has written.
        CheckConstraint(
            "state not in ('proposed', 'rewritten', 'split') or proposed_by_id is not null",
            name="proposed_by_id",
        ),
        CheckConstraint("state <> 'unfit' or advice <> ''", name="advice"),
        CheckConstraint(
            "conclusion in ('', 'ready', 'incomplete', 'long_term')", name="conclusion"
        ),
        # Two who take a demand at the same moment are one diagnosis.
        Index(
            "uq_diagnosis_open",
            "demand_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_diagnosis_state", "state"),
        Index("ix_diagnosis_taken_by_id", "taken_by_id"),
    )
    kind: ClassVar[str] = "diagnosis"
    life: ClassVar[Life] = DIAGNOSIS_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Why it needs a diagnosis, in the words of who began it.
    reason: Mapped[str] = mapped_column(Text, default="")
    # What a firm said last: why it wants changes, or declines.
    remark: Mapped[str] = mapped_column(Text, default="")
    advice: Mapped[str] = mapped_column(Text, default="")
    # A key of `CONCLUSIONS`; empty while it is open, and of those that ended before conclusions were stored.
    conclusion: Mapped[str] = mapped_column(String(12), default="", server_default="")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Field → proposed value, as `snapshots.packed` writes them; empty where a split is proposed.
    # Aside from the demand, which says what its firm wrote until the firm has confirmed (decision 098).
    content: Mapped[dict[str, Any]] = mapped_column(db.JSON, default=dict)
    # Field → what the demand said when that was written: what the firm has changed since is not overwritten unseen.
    base: Mapped[dict[str, Any]] = mapped_column(db.JSON, default=dict)
    # The drafts of a proposed split: title, problem and goal of each.
    parts: Mapped[list[dict[str, str]]] = mapped_column(db.JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Since when it lies with those whose turn it is: the clock runs from here.
    since: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    # Each deed sets it, also one that changes questions alone: the revision rises with it.
    updated_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    demand: Mapped[Demand] = relationship()
    taken_by: Mapped[Person | None] = relationship(foreign_keys=[taken_by_id])
    proposed_by: Mapped[Person | None] = relationship(foreign_keys=[proposed_by_id])
    questions: Mapped[list[DiagnosisQuestion]] = relationship(
        order_by="DiagnosisQuestion.id", back_populates="case"
    )
    drafts: Mapped[list[DiagnosisPart]] = relationship(order_by="DiagnosisPart.number")

    @property
    def organisation_id(self) -> int | None:
        """Whose the demand is now, as the permission table asks."""
        # Read from the demand and not stored: it may have moved with a merger.
        return self.demand.organisation_id

    @property
    def owner_id(self) -> int | None:
        """Who wrote the demand, as the permission table asks."""
        return self.demand.owner_id

    @property
    def broker_ids(self) -> frozenset[int]:
        """The brokers to whom the demand was given, as the permission table asks."""
        return self.demand.broker_ids

    @property
    def state_name(self) -> str:
        """The state in Chinese; of one that ended with advice, its conclusion."""
        if self.state == "unfit" and self.conclusion:
            return self.conclusion_name
        return self.life.names[self.state]

    @property
    def conclusion_name(self) -> str:
        """The conclusion in Chinese; empty where there is none."""
        return CONCLUSIONS[self.conclusion][0] if self.conclusion else ""

    @property
    def is_open(self) -> bool:
        """Whether it has come to no exit yet."""
        return self.state in self.life.phases["open"]

    @property
    def unanswered(self) -> list[DiagnosisQuestion]:
        """The questions that wait for the firm."""
        return [one for one in self.questions if one.answered_at is None]


class DiagnosisQuestion(Model):
    """One question to the firm about one field, and its answer."""

    __tablename__ = "diagnosis_question"
    __table_args__ = (
        CheckConstraint("(answered_at is null) = (answer = '')", name="answer"),
        Index("ix_diagnosis_question_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("diagnosis.id"))
    field: Mapped[str] = mapped_column(String(40))
    question: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]

    case: Mapped[DiagnosisCase] = relationship(back_populates="questions")


class DiagnosisPart(Model):
    """A draft that came of splitting a demand."""

    __tablename__ = "diagnosis_part"
    __table_args__ = (
        # A draft comes of one split: the page of it names where from.
        Index("uq_diagnosis_part_demand", "demand_id", unique=True),
        Index("ix_diagnosis_part_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("diagnosis.id"))
    number: Mapped[int]
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"))

    demand: Mapped[Demand] = relationship()
    case: Mapped[DiagnosisCase] = relationship(viewonly=True)
