"""The table of requests for a broker. Who looks after a listing now stands in listings (`Assignment`)."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import load_row
from marketplace.mediation.life import REQUEST_LIFE

# As `life.UNDECIDED`, in the words of an index.
_IS_UNDECIDED = text("state in ('requested', 'open')")


class BrokerRequest(Model):
    """A listing for which a broker is wanted: one whom its firm names, or any whom the operators find.

    A listing whose broker is gone gets one of the site itself, so that both wait in one queue.
    """

    __tablename__ = "broker_request"
    __table_args__ = (
        CheckConstraint(
            "listing_kind in ('achievement', 'demand')", name="listing_kind"
        ),
        CheckConstraint(
            "state in ('requested', 'open', 'accepted', 'declined', 'assigned', 'refused', 'withdrawn')",
            name="state",
        ),
        CheckConstraint(
            # What waits for a broker names one: else it would wait in nobody's list.
            "state not in ('requested', 'accepted', 'declined', 'assigned') or broker_id is not null",
            name="broker_id",
        ),
        CheckConstraint(
            "(state in ('requested', 'open')) = (decided_at is null)", name="decided_at"
        ),
        # Who is refused learns why.
        CheckConstraint(
            "state not in ('declined', 'refused') or reason <> ''", name="reason"
        ),
        # Two presses of one button, or two people of one firm, are one request.
        Index(
            "uq_broker_request_open",
            "listing_kind",
            "listing_id",
            unique=True,
            sqlite_where=_IS_UNDECIDED,
            postgresql_where=_IS_UNDECIDED,
        ),
    )
    kind: ClassVar[str] = "broker_request"
    life: ClassVar[Life] = REQUEST_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_kind: Mapped[str] = mapped_column(String(20))
    # Of one of two tables by the kind, so without a foreign key; no listing is ever deleted.
    listing_id: Mapped[int]
    # None: the site itself, after a broker was gone.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Whom the firm names, then who looks after it; of the site itself, who did before. None: left to the operators.
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    # A broker who answers while an operator assigns: the second one is told.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])
    broker: Mapped[Person | None] = relationship(foreign_keys=[broker_id])

    @cached_property
    def listing(self) -> Achievement | Demand:
        """The listing, which is always the same one; none is ever deleted."""
        row = load_row(self.listing_kind, self.listing_id)
        assert row is not None  # noqa: S101
        return row

    @property
    def organisation_id(self) -> int | None:
        """Whose the listing is now, as the permission table asks: a firm may have been merged into another."""
        return self.listing.organisation_id

    @property
    def owner_id(self) -> int | None:
        """Who asked, as the permission table asks."""
        return self.asked_by_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_undecided(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state in self.life.phases["undecided"]
