"""Tables of the ways into an organisation: requests to join and invitations. Places themselves are in accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person, place_name
from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.organisations.models import Organisation

# No life table: a request moves once, from waiting to one of the others.
REQUEST_STATES = {
    "waiting": "等待处理",
    "accepted": "已同意",
    "declined": "未同意",
    "withdrawn": "已撤回",
}


class JoinRequest(Model):
    """A person asks to belong to an organisation; its administrators decide, or an operator where it has none."""

    __tablename__ = "join_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('waiting', 'accepted', 'declined', 'withdrawn')", name="state"
        ),
        CheckConstraint(
            # Who waits has no decision, and what is decided has its time.
            "(state = 'waiting') = (decided_at is null)",
            name="decided_at",
        ),
        # Two presses of one button at the same moment are one request.
        Index(
            "uq_join_request_waiting",
            "person_id",
            "organisation_id",
            unique=True,
            # Partial: somebody who was declined may ask again.
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        # Requests say nothing without their person. A closed account keeps its row, and withdraws them.
        ForeignKey("person.id", ondelete="CASCADE"),
        index=True,
    )
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    note: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    # The table of retention counts from here; a request that waits is never removed.
    decided_at: Mapped[datetime | None]
    # Empty where the site itself or a command decided.
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    organisation: Mapped[Organisation] = relationship()

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return REQUEST_STATES[self.state]


class Invitation(Model):
    """A place kept for an address until it is taken, revoked or over; of the secret in its link this holds a digest."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("role in ('member', 'researcher', 'desk')", name="role"),
        CheckConstraint(
            # A revoked link must not have been used, nor a used one be revoked.
            "used_at is null or revoked_at is null",
            name="used_or_revoked",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    # An address and no person: most invited people have no account yet.
    email: Mapped[str] = mapped_column(String(254), index=True)
    # As it was offered; giving it checks once more that the organisation may take people in.
    role: Mapped[str] = mapped_column(String(12))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    # SHA-256 of the nonce: a copy of the database opens no place.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Stored and not computed: a link lives as long as its mail says.
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    # Whoever took it has the same address, and may change that later.
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()

    @property
    def role_name(self) -> str:
        """The place in Chinese, and whether they would look after the people."""
        return place_name(self.role, administers=self.is_administrator)

    @property
    def is_open(self) -> bool:
        """Whether the link still opens a place."""
        used = self.used_at is not None or self.revoked_at is not None
        return not used and self.expires_at > now()
