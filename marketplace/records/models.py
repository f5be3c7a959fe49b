"""The table of what a broker writes of a case: notes of their own, and minutes of what was agreed."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import now
from marketplace.extensions import Model

MAX_TEXT = 2000
MAX_ATTENDEES = 200
# Kind → its name, and who may read it.
KINDS = {
    "note": ("备忘", "只有技术经理人和平台看得到"),
    "minutes": ("纪要（内部）", "只有技术经理人和平台看得到"),
    "shared_minutes": ("纪要（给双方）", "双方、技术经理人和平台都看得到"),
}


class CaseNote(Model):
    """A note or minutes of a case. Written once: what was wrong is said in another one."""

    __tablename__ = "case_note"
    __table_args__ = (
        CheckConstraint(
            "note_kind in ('note', 'minutes', 'shared_minutes')", name="note_kind"
        ),
        # Minutes say when, and who was there.
        CheckConstraint(
            "note_kind = 'note' or (met_on is not null and attendees <> '')",
            name="minutes",
        ),
    )
    kind: ClassVar[str] = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("brokerage_case.id"), index=True)
    note_kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(MAX_TEXT))
    # None for a note, which is of no meeting.
    met_on: Mapped[date | None]
    # Names of people who need no account here: personal, also in the audit.
    attendees: Mapped[str] = mapped_column(
        String(MAX_ATTENDEES), default="", info={"audit": "personal"}
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    case: Mapped[BrokerageCase] = relationship()
    by: Mapped[Person] = relationship()

    @property
    def kind_name(self) -> str:
        """What it is, in Chinese."""
        return KINDS[self.note_kind][0]

    @property
    def is_shared(self) -> bool:
        """Whether both sides read it."""
        return self.note_kind == "shared_minutes"
