"""The tables of introductions and of what both sides write to each other in one."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.introductions.life import INTRODUCTION_LIFE
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import load_row
from marketplace.organisations.models import Organisation

Row = Achievement | Demand
MAX_TEXT = 500  # characters of a message
# What is not current was declined, withdrawn or ended, and may be begun once more.
_IS_CURRENT = text("state in ('waiting', 'overdue', 'accepted')")


class Introduction(Model):
    """An organisation wants to talk to the holder of a listing, mostly in the name of a listing of its own.

    What the matcher said of the pair is stored as it was at that moment: texts change, and both sides shall find what
    they went by.
    """

    __tablename__ = "introduction"
    __table_args__ = (
        CheckConstraint("wanted_kind in ('achievement', 'demand')", name="wanted_kind"),
        # A demand wants an achievement, and the other way about.
        CheckConstraint(
            "own_kind is null or (own_kind in ('achievement', 'demand') and own_kind <> wanted_kind)",
            name="own_kind",
        ),
        CheckConstraint("(own_kind is null) = (own_id is null)", name="own_id"),
        CheckConstraint(
            "state in ('waiting', 'overdue', 'accepted', 'declined', 'withdrawn', 'ended')",
            name="state",
        ),
        CheckConstraint(
            "(state in ('waiting', 'overdue')) = (decided_at is null)",
            name="decided_at",
        ),
        # Who is declined learns why.
        CheckConstraint("state <> 'declined' or reason <> ''", name="reason"),
        CheckConstraint("state <> 'ended' or note <> ''", name="note"),
        # Two presses, or two people of one organisation, are one introduction.
        Index(
            "uq_introduction_current",
            "wanted_kind",
            "wanted_id",
            "asking_organisation_id",
            unique=True,
            sqlite_where=_IS_CURRENT,
            postgresql_where=_IS_CURRENT,
        ),
        Index("ix_introduction_own", "own_kind", "own_id"),
    )
    kind: ClassVar[str] = "introduction"
    life: ClassVar[Life] = INTRODUCTION_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    # Whose holder shall answer.
    wanted_kind: Mapped[str] = mapped_column(String(20))
    # Without a foreign key, for listings are in two tables.
    wanted_id: Mapped[int]
    # In the name of which listing; None: of the organisation alone.
    own_kind: Mapped[str | None] = mapped_column(String(20))
    own_id: Mapped[int | None]
    asking_organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    message: Mapped[str] = mapped_column(String(500), default="")
    # The side that asks is not named by its own listing, and whether it is once the other side has accepted.
    is_unnamed: Mapped[bool] = mapped_column(default=False)
    opens_firm: Mapped[bool] = mapped_column(default=True)
    # The same of the side that answers.
    answer_opens_firm: Mapped[bool] = mapped_column(default=True)
    # Why, as the page of matches said it then.
    grade: Mapped[str | None] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(500), default="")
    words: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    state: Mapped[str] = mapped_column(String(12), default="waiting", index=True)
    # The last day for an answer, until 24:00 in China.
    due_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    # Somebody who accepts while the other side withdraws: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    asking_organisation: Mapped[Organisation] = relationship()
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    messages: Mapped[list[IntroductionMessage]] = relationship(
        order_by="IntroductionMessage.id", back_populates="introduction"
    )

    # `with_rows` sets both for a whole list, which would load two rows for each otherwise.
    @cached_property
    def wanted(self) -> Row:
        """The listing whose holder answers; none is ever deleted."""
        row = load_row(self.wanted_kind, self.wanted_id)
        assert row is not None  # noqa: S101
        return row

    @cached_property
    def own(self) -> Row | None:
        """The listing in whose name it is wanted."""
        if self.own_kind is None or self.own_id is None:
            return None
        return load_row(self.own_kind, self.own_id)

    @property
    def organisation_id(self) -> int:
        """Who wants it, as the permission table asks."""
        return self.asking_organisation_id

    @property
    def owner_id(self) -> int:
        """Who began it, as the permission table asks."""
        return self.asked_by_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_unanswered(self) -> bool:
        """Whether the other side has not decided yet."""
        return self.state in self.life.phases["unanswered"]


class IntroductionMessage(Model):
    """What somebody of one side wrote to the other, once both may talk."""

    __tablename__ = "introduction_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(
        ForeignKey("introduction.id"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # Of the side that asked; a person may change their organisation later.
    by_asking_side: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)

    introduction: Mapped[Introduction] = relationship(back_populates="messages")
    by: Mapped[Person] = relationship()
