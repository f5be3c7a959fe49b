"""The table of co-owners' consents. Who completed an achievement stands in listings; patents stand there too."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation
from marketplace.rights.life import CONSENT_LIFE

MAX_REASON = 500  # characters, as the columns hold them
_IS_OPEN = text("state <> 'withdrawn'")


class CoOwnerConsent(Model):
    """What a co-owner of an achievement was asked, and said.

    Attributes:
        name: the co-owner as the owner calls them; `name_key`: without what spelling leaves open.
        co_owner_id: its row, where the site knows the organisation.
        email: where the link went; empty where only accounts were asked.
        digest: of the secret part of the newest link.
        terms: how the achievement was to be converted when they were asked; `text_version`: key of `TEXTS`.
        answered_as: who answered, as they called themselves.
    """

    __tablename__ = "co_owner_consent"
    __table_args__ = (
        CheckConstraint(one_of("state", CONSENT_LIFE.states), name="state"),
        CheckConstraint("state <> 'refused' or reason <> ''", name="reason"),
        CheckConstraint(
            "state not in ('agreed', 'refused') or answered_at is not null",
            name="answered_at",
        ),
        # Somebody can answer, by an account of the organisation or by the link.
        CheckConstraint("co_owner_id is not null or email <> ''", name="reached"),
        # Two presses of one button are one request.
        Index(
            "uq_co_owner_consent_open",
            "achievement_id",
            "name_key",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )
    kind: ClassVar[str] = "co_owner_consent"
    life: ClassVar[Life] = CONSENT_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(254))
    co_owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), index=True)
    terms: Mapped[str] = mapped_column(String(300))
    text_version: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(
        String(MAX_REASON), default="", server_default=""
    )
    answered_as: Mapped[str] = mapped_column(String(120), default="", server_default="")
    # None where somebody answered by the link.
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Who answers while their request is withdrawn: the second one is told.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    # Joined, for the permission table asks each time whose achievement it is.
    achievement: Mapped[Achievement] = relationship(lazy="joined")
    co_owner: Mapped[Organisation | None] = relationship(foreign_keys=[co_owner_id])

    @property
    def organisation_id(self) -> int | None:
        """Whose the achievement is, as the permission table asks."""
        return self.achievement.organisation_id

    @property
    def owner_id(self) -> int | None:
        """Who began the achievement, as the permission table asks."""
        return self.achievement.owner_id

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]
