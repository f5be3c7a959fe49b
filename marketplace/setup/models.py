"""What a database says of itself: that it belongs to a rehearsal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.extensions import Model


class RehearsalMark(Model):
    """One row where this database belongs to a rehearsal; none where it does not. Written once, and never changed."""

    __tablename__ = "rehearsal_mark"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    speed: Mapped[int]
    made_at: Mapped[datetime]
