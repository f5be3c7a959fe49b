"""The table of ratings: what one side of a registered contract says of the other, once."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.contracts.models import TechContract
from marketplace.extensions import Model

MAX_TEXT = 500
SCORES = {1: "很差", 2: "较差", 3: "一般", 4: "较好", 5: "很好"}


class Rating(Model):
    """What one side of a contract says of the other. It is never changed; the other side may reply once.

    Attributes:
        side: who rates: `holder` (seller) or `receiver` (buyer).
        score: 1 to 5, a key of `SCORES`.
        reveal_on: the last day for the other side's; until then neither side reads it unless both have rated.
        announced_at: both sides were notified that it is shown.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("side in ('holder', 'receiver')", name="side"),
        CheckConstraint("score between 1 and 5", name="score"),
        CheckConstraint("(reply = '') = (replied_at is null)", name="reply"),
        # One of a side and contract, however many people of it press.
        UniqueConstraint("contract_id", "side", name="uq_rating_side"),
    )
    kind: ClassVar[str] = "rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"))
    side: Mapped[str] = mapped_column(String(10))
    # None once the account is closed: what was written is the side's.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    score: Mapped[int]
    text: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    # The same day for both of a contract.
    reveal_on: Mapped[date] = mapped_column(index=True)
    announced_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    reply_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    replied_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    contract: Mapped[TechContract] = relationship()
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])

    @property
    def score_name(self) -> str:
        """The score in words."""
        return SCORES[self.score]
