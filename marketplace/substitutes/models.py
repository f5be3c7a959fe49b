"""The table of substitutes: who stands in for whom, at which seat, from which day to which."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.extensions import Model
from marketplace.organisations.models import Organisation

# Role of a seat → its name.
ROLE_NAMES = {
    "desk": "成果转化岗",
    "operator": "平台运营人员",
    "broker": "技术经理人",
}


class Substitution(Model):
    """One person stands in for another at a seat.

    It ends by itself after its last day, which is asked of the day and waits for no job; `ended_at` is set by somebody
    who ends it before.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        CheckConstraint("role in ('desk', 'operator', 'broker')", name="role"),
        # One day is a period too.
        CheckConstraint("first_day <= last_day", name="days"),
        CheckConstraint("absent_id <> substitute_id", name="another"),
        # The operators are of the site itself.
        CheckConstraint("(role = 'operator') = (organisation_id is null)", name="seat"),
        # Every request of a broker asks: for whom they stand in today.
        Index("ix_substitution_substitute", "substitute_id", "last_day"),
        Index("ix_substitution_absent", "absent_id", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    absent_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # Days in China, both of them whole.
    first_day: Mapped[date]
    last_day: Mapped[date]
    # None: the site itself. Else who is away, or who looks after them.
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    # When the person who was away was notified of what had happened.
    reported_at: Mapped[datetime | None]
    # Two who end it at once: one report goes out.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    absent: Mapped[Person] = relationship(foreign_keys=[absent_id])
    substitute: Mapped[Person] = relationship(foreign_keys=[substitute_id])
    named_by: Mapped[Person | None] = relationship(foreign_keys=[named_by_id])
    organisation: Mapped[Organisation | None] = relationship()

    @property
    def seat_name(self) -> str:
        """The seat in words."""
        if self.organisation is None:
            return ROLE_NAMES[self.role]
        return f"{self.organisation.name}{ROLE_NAMES[self.role]}"

    @property
    def is_over(self) -> bool:
        """Whether nobody stands in any more."""
        # By the day and not by a job: a site that was down would let somebody stand in for longer (decision 097).
        return self.ended_at is not None or self.last_day < today()

    @property
    def is_running(self) -> bool:
        """Whether today is one of its days."""
        return not self.is_over and self.first_day <= today()

    @property
    def state_name(self) -> str:
        """Its state in words."""
        if self.is_over:
            return "已结束"
        return "代办中" if self.is_running else "未开始"
