"""Tables of announced days: a year with its notice, and the days that it moves. Deadlines: `calendar.py`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.extensions import Model

# Only what was announced counts; what somebody expects stands in the table and moves no deadline.
STATUSES = {"announced": "已公布", "unverified": "待核实"}


class HolidayYear(Model):
    """The notice of one year on days off, and whether it was announced or still has to be verified."""

    __tablename__ = "holiday_year"
    __table_args__ = (
        CheckConstraint("status in ('announced', 'unverified')", name="status"),
        CheckConstraint("status <> 'announced' or source <> ''", name="source"),
    )

    # The year is its own number: two who add it at once meet in the key.
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(12))
    # The notice: who announced it, its number.
    source: Mapped[str] = mapped_column(String(200), default="")
    revision: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    days: Mapped[list[SpecialDay]] = relationship(
        order_by="SpecialDay.day", cascade="all, delete-orphan", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": revision}

    @property
    def status_name(self) -> str:
        """The status in Chinese."""
        return STATUSES[self.status]


class SpecialDay(Model):
    """A day that is not what its day of the week says: a day off, or a weekend on which people work."""

    __tablename__ = "special_day"

    # A day is one thing, whichever notice names it.
    day: Mapped[date] = mapped_column(primary_key=True)
    # Of the notice, which is not always that of the day: New Year's may begin in December.
    year: Mapped[int] = mapped_column(ForeignKey("holiday_year.year"), index=True)
    works: Mapped[bool] = mapped_column()
    name: Mapped[str] = mapped_column(String(20), default="")
