"""The table of complaints. What a complaint is about is read in `subjects.py`."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.complaints.life import COMPLAINT_LIFE, OPEN, REASONS, THINGS
from marketplace.complaints.subjects import Subject, load_subject
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.schema.choices import one_of


class Complaint(Model):
    """What somebody reported, what the operators ruled, and what who it concerns answered."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint(one_of("thing_kind", THINGS), name="thing_kind"),
        CheckConstraint(one_of("reason", REASONS), name="reason"),
        CheckConstraint(one_of("state", COMPLAINT_LIFE.states), name="state"),
        # Who is ruled against, or whose complaint is dismissed, learns why.
        CheckConstraint("state in ('received', 'held') or ruling <> ''", name="ruling"),
        CheckConstraint(
            "state <> 'appealed' or appealed_at is not null", name="appealed"
        ),
        Index("ix_complaint_thing", "thing_kind", "thing_id"),
    )
    kind: ClassVar[str] = "complaint"
    life: ClassVar[Life] = COMPLAINT_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    # Quoted in letters; without the code it opens nothing.
    number: Mapped[str] = mapped_column(String(30), unique=True)
    # SHA-256 of the code with which its reporter reads what became of it; the code itself is stored nowhere.
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    thing_kind: Mapped[str] = mapped_column(String(20))
    # Of one of several tables by the kind, so without a foreign key; 0 for a page.
    thing_id: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)  # number of a line of a list
    title: Mapped[str] = mapped_column(String(250))  # as it was when it was reported
    path: Mapped[str] = mapped_column(String(500))
    reason: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(2000))
    link: Mapped[str] = mapped_column(String(500), default="")
    # Removed a year after the ruling, and when the account of its writer is closed.
    contact_reply: Mapped[str] = mapped_column(String(200), default="")
    # None: a guest, or long enough ago; never known to who it concerns.
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(12), index=True)
    ruling: Mapped[str] = mapped_column(String(500), default="")
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # From here on ten working days to answer; later a year until the reporter is removed.
    ruled_at: Mapped[datetime | None]
    appeal: Mapped[str] = mapped_column(String(2000), default="")
    appealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    appealed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Two operators who rule at once: the second one is told.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    reporter: Mapped[Person | None] = relationship(foreign_keys=[reporter_id])

    @cached_property
    def subject(self) -> Subject:
        """What it is about, as of now."""
        return load_subject(self.thing_kind, self.thing_id, self.part, self.path)

    @property
    def organisation_id(self) -> int | None:
        """Whose the thing is, as the permission table asks."""
        return self.subject.organisation_id

    @property
    def owner_id(self) -> int | None:
        """Whose the thing is as a person, as the permission table asks."""
        return self.subject.owner_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def reason_name(self) -> str:
        """What is wrong, in Chinese."""
        return REASONS[self.reason]

    @property
    def thing_name(self) -> str:
        """What kind of thing it is about, in Chinese."""
        return THINGS[self.thing_kind]

    @property
    def is_open(self) -> bool:
        """Whether the operators have to do something."""
        return self.state in OPEN

    @property
    def may_be_answered(self) -> bool:
        """Whether who it concerns may still say something: once, while it is hidden or after the ruling."""
        # Before it was hidden or ruled nobody has acted on it, and there is nothing to answer.
        return self.appealed_at is None and self.state in ("held", "upheld")
