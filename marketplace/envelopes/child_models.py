"""Tables of training cohorts: who was trained by whom, and the certificates they earned."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation
from marketplace.parsing.text import folded_name
from marketplace.profiles.models import LEVELS

PERSONAL = {"audit": "personal"}
MAX_MEMBERS = 300


class TrainingCohort(Model):
    """One training of brokers by one organisation."""

    __tablename__ = "training_cohort"
    __table_args__ = (
        CheckConstraint("ended_on >= began_on", name="days"),
        UniqueConstraint("organisation_id", "name", name="uq_training_cohort_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    began_on: Mapped[date]
    ended_on: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Written by every change of its members, so that of two at once the second is refused.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation] = relationship()
    members: Mapped[list[CohortMember]] = relationship(
        order_by="CohortMember.id", back_populates="cohort"
    )


class CohortMember(Model):
    """Somebody who was trained and holds the certificate."""

    __tablename__ = "cohort_member"
    __table_args__ = (
        CheckConstraint(one_of("level", LEVELS), name="level"),
        CheckConstraint("length(id_tail) = 4", name="id_tail"),
        UniqueConstraint(
            "cohort_id", "certificate_key", name="uq_cohort_member_certificate"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("training_cohort.id"), index=True)
    name: Mapped[str] = mapped_column(String(60), info=PERSONAL)
    # The last four characters of the number of an identity card: people of one name are told apart, nobody is found.
    id_tail: Mapped[str] = mapped_column(String(4), info=PERSONAL)
    level: Mapped[str] = mapped_column(String(12))
    certificate_no: Mapped[str] = mapped_column(String(40), info=PERSONAL)
    certificate_key: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(80))
    # The day that decides for which year somebody counts (136).
    issued_on: Mapped[date]

    cohort: Mapped[TrainingCohort] = relationship(back_populates="members")

    @property
    def level_name(self) -> str:
        """The grade in Chinese."""
        return LEVELS[self.level]

    @property
    def person_key(self) -> str:
        """Who it is, for comparing only."""
        return person_key(self.name, self.id_tail)


def certificate_key(issuer: str, number: str) -> str:
    """A certificate, the same however its issuer and number are spaced and cased: SHA-256, hexadecimal."""
    return _digest("certificate", issuer, number)


def person_key(name: str, id_tail: str) -> str:
    """A person who was trained: SHA-256 of name and last characters of the number, hexadecimal."""
    return _digest("person", name, id_tail)


def _digest(*parts: str) -> str:
    folded = [folded_name(part) for part in parts]
    # No part has a line break any more, so that two different lists of parts never give one text.
    return hashlib.sha256("\n".join(folded).encode()).hexdigest()
