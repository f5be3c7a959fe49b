"""The table of dated statuses of organisations: 科小, 高企, 专精特新, from when to when, and who checked them."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.organisations.models import Organisation
from marketplace.statuses.life import STATUS_LIFE, STATUSES

MAX_NUMBER = 60
MAX_NOTE = 300
# The phase `current` of the life as SQL.
_IS_CURRENT = text("state in ('waiting', 'verified')")


class OrganisationStatus(Model):
    """A status that a state body gave an organisation for a time.

    Attributes:
        code: a key of `STATUSES`.
        number: of the certificate, or of the register.
        valid_from, valid_to: first and last day.
        checked: what an operator compared it with.
        note: why it was refused or revoked.
    """

    __tablename__ = "organisation_status"
    __table_args__ = (
        CheckConstraint(
            "code in ('tech_sme', 'high_tech', 'innovative_sme', 'specialised', 'little_giant')",
            name="code",
        ),
        CheckConstraint(
            "state in ('waiting', 'verified', 'refused', 'withdrawn', 'revoked')",
            name="state",
        ),
        CheckConstraint("valid_to >= valid_from", name="period"),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        # Products and subsidies build on it: what counts names what it was compared with.
        CheckConstraint("state <> 'verified' or checked <> ''", name="checked"),
        CheckConstraint(
            "state not in ('refused', 'revoked') or note <> ''", name="note"
        ),
        # Two presses of one button are one status.
        Index(
            "uq_organisation_status_current",
            "organisation_id",
            "code",
            "valid_from",
            unique=True,
            sqlite_where=_IS_CURRENT,
            postgresql_where=_IS_CURRENT,
        ),
    )
    kind: ClassVar[str] = "organisation_status"
    life: ClassVar[Life] = STATUS_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    code: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(MAX_NUMBER), default="")
    valid_from: Mapped[date]
    # The last day on which it counts; a renewed status is a row of its own.
    valid_to: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="waiting", index=True)
    checked: Mapped[str] = mapped_column(String(60), default="", server_default="")
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="", server_default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Two operators who decide at once: the second is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    @property
    def owner_id(self) -> int | None:
        """Who entered it, as the permission table asks."""
        return self.by_id

    @property
    def name(self) -> str:
        """The status in Chinese."""
        return STATUSES[self.code]

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def period(self) -> str:
        """From when to when."""
        return f"{self.valid_from} 至 {self.valid_to}"
