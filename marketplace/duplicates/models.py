"""The table of pairs of listings that resemble one another. What makes them resemble is measured in `finding.py`."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.duplicates.life import PAIR_LIFE
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import load_row

Row = Achievement | Demand


class ListingPair(Model):
    """Two published listings of one kind that may say the same, and what somebody decided about them.

    A pair that was kept apart stays as a row, so that nobody is asked again; so does one that was merged, for the
    address of the listing that went leads to the one that stayed.
    """

    __tablename__ = "listing_pair"
    __table_args__ = (
        UniqueConstraint("listing_kind", "one_id", "other_id", name="uq_listing_pair"),
        CheckConstraint(
            "listing_kind in ('achievement', 'demand')", name="listing_kind"
        ),
        # A pair has one row, whichever of the two was looked at.
        CheckConstraint("one_id < other_id", name="order"),
        CheckConstraint("state in ('proposed', 'apart', 'merged')", name="state"),
        CheckConstraint("(state = 'proposed') = (settled_at is null)", name="settled"),
        CheckConstraint(
            "(state = 'merged') = (gone_id is not null)"
            " and (gone_id is null or gone_id in (one_id, other_id))",
            name="gone",
        ),
        Index("ix_listing_pair_gone", "listing_kind", "gone_id"),
    )
    kind: ClassVar[str] = "listing_pair"
    life: ClassVar[Life] = PAIR_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_kind: Mapped[str] = mapped_column(String(20))
    one_id: Mapped[int]
    other_id: Mapped[int]
    # As the matcher gives it, 0 to 1; of both directions the larger one.
    score: Mapped[float]
    state: Mapped[str] = mapped_column(String(12), default="proposed", index=True)
    # The one that went.
    gone_id: Mapped[int | None]
    found_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Two who decide at the same moment: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id])

    @cached_property
    def rows(self) -> tuple[Row, Row]:
        """Both listings, the older one first; none is ever deleted."""
        one = load_row(self.listing_kind, self.one_id)
        other = load_row(self.listing_kind, self.other_id)
        assert one is not None  # noqa: S101
        assert other is not None  # noqa: S101
        return one, other

    @property
    def organisation_id(self) -> int | None:
        """The organisation to which both belong, as the permission table asks; None where there are two."""
        one, other = self.rows
        return one.organisation_id if self.of_one_owner else None

    @property
    def of_one_owner(self) -> bool:
        """Whether both belong to one organisation: two firms may each have the same problem."""
        one, other = self.rows
        return one.organisation_id == other.organisation_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]
