"""Tables of investors: what a fund looks for, and what it asks of firms it does not know."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.finance.life import MAX_NOTE, REQUEST_LIFE
from marketplace.lifecycle import Life
from marketplace.listings.models import Demand
from marketplace.organisations.models import Organisation

# After a withdrawal a fund may write again, after a no when some time has passed.
CURRENT = ("requested", "accepted")
_IS_CURRENT = text(f"state in {CURRENT}")


class InvestorPreference(Model):
    """What a fund looks for: stages, how much it puts in (万元), industry chains; an empty list lets all through."""

    __tablename__ = "investor_preference"
    __table_args__ = (
        CheckConstraint("ticket_low > 0 and ticket_high >= ticket_low", name="ticket"),
        UniqueConstraint("organisation_id", name="uq_investor_preference_organisation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    stages: Mapped[list[str]] = mapped_column(JSON)
    chain_codes: Mapped[list[str]] = mapped_column(JSON)
    ticket_low: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    ticket_high: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation] = relationship()


class InvestorRequest(Model):
    """A fund wants to know whose a teaser is; the firm says yes or no, and nobody learns anything before."""

    __tablename__ = "investor_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('requested', 'accepted', 'declined', 'withdrawn')", name="state"
        ),
        # Retention counts from `decided_at`.
        CheckConstraint("(state = 'requested') = (decided_at is null)", name="decided"),
        Index(
            "uq_investor_request_current",
            "demand_id",
            "investor_id",
            unique=True,
            sqlite_where=_IS_CURRENT,
            postgresql_where=_IS_CURRENT,
        ),
    )
    kind: ClassVar[str] = "investor_request"
    life: ClassVar[Life] = REQUEST_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    investor_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"), index=True)
    message: Mapped[str] = mapped_column(String(MAX_NOTE))
    # The teaser as it was when it was requested: the demand may change.
    teaser: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="requested", index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    investor: Mapped[Organisation] = relationship()
    demand: Mapped[Demand] = relationship()

    @property
    def organisation_id(self) -> int:
        """Whose request it is, for the permission table; who may answer is decided by the demand."""
        return self.investor_id

    @property
    def owner_id(self) -> int | None:
        """The person who made the request."""
        return self.by_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]
