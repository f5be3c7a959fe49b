"""Tables of money that is handed out: envelopes, their movements, claims with their lines and papers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.envelopes.child_models import CohortMember, TrainingCohort
from marketplace.envelopes.life import CLAIM_LIFE, ENVELOPE_LIFE, MOVEMENTS
from marketplace.extensions import Model, db
from marketplace.files.models import StoredFile
from marketplace.lifecycle import Life
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation
from marketplace.policies.models import PolicyEstimate
from marketplace.rules.content import CHECKED, IN_FORCE, source_line

MAX_NOTE = 500
# Lines of drafts and of claims that ended are no claim on anything: only those in force are compared.
_STANDS = text("standing")
_PRESENT = text("removed_at is null")


class Envelope(Model):
    """Money of one year for some clauses: how much there is, what of it is promised, what is paid.

    The three sums are those of its movements, which are never changed; they are stored to be checked by the database.
    """

    __tablename__ = "envelope"
    __table_args__ = (
        CheckConstraint(one_of("state", ENVELOPE_LIFE.states), name="state"),
        CheckConstraint(one_of("in_force", IN_FORCE), name="in_force"),
        CheckConstraint(one_of("checked", CHECKED), name="checked"),
        # Tests add the movements up; the CHECKs hold whatever writes the row, a hand in the database included.
        CheckConstraint("reserved_fen >= 0", name="reserved"),
        CheckConstraint("paid_fen >= 0", name="paid"),
        # Whatever happens at once: never more than there is.
        CheckConstraint("reserved_fen + paid_fen <= budget_fen", name="left"),
        # Nobody claims from what rests on a draft.
        CheckConstraint("state = 'drafted' or in_force <> 'draft'", name="draft"),
        UniqueConstraint("year", "name", name="uq_envelope_name"),
    )
    kind: ClassVar[str] = "envelope"
    life: ClassVar[Life] = ENVELOPE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    year: Mapped[int] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(200))
    document: Mapped[str] = mapped_column(String(200))
    in_force: Mapped[str] = mapped_column(String(10))
    checked: Mapped[str] = mapped_column(String(10))
    # Codes of the clauses that are paid from it.
    clause_codes: Mapped[list[str]] = mapped_column(db.JSON)
    state: Mapped[str] = mapped_column(String(10), default="drafted", index=True)
    # In whole 分: sums are added up for years, and no rounding may hide in them.
    budget_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    @property
    def left_fen(self) -> int:
        """What may still be claimed, in 分."""
        return self.budget_fen - self.reserved_fen - self.paid_fen

    @property
    def title(self) -> str:
        """Year and name."""
        return f"{self.year} 年{self.name}"

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def basis(self) -> str:
        """What it rests on, and what that is worth."""
        return source_line(self.document, "", self.in_force, self.checked)


class EnvelopeMovement(Model):
    """One movement of an envelope. Written, and never changed: what was wrong is moved back by another one."""

    __tablename__ = "envelope_movement"
    __table_args__ = (
        CheckConstraint(one_of("kind", MOVEMENTS), name="kind"),
        # The kind says the direction: a negative amount would turn a payment into a refund.
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint(
            "(kind in ('raise', 'lower')) = (claim_id is null)", name="claim"
        ),
        # What moves the budget belongs to no claim, so that only its reason explains it.
        CheckConstraint("claim_id is not null or reason <> ''", name="reason"),
        # A claim is paid once and reserved once for each time it is handed in.
        Index(
            "uq_envelope_movement_paid",
            "claim_id",
            unique=True,
            sqlite_where=text("kind = 'pay'"),
            postgresql_where=text("kind = 'pay'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    envelope_id: Mapped[int] = mapped_column(ForeignKey("envelope.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    claim_id: Mapped[int | None] = mapped_column(
        ForeignKey("fund_claim.id"), index=True
    )
    # The day on the voucher of a payment; of the others the day they were made.
    moved_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(MAX_NOTE), default="")
    # What was left after it, for the statement.
    left_fen: Mapped[int] = mapped_column(BigInteger)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    envelope: Mapped[Envelope] = relationship()
    claim: Mapped[FundClaim | None] = relationship()
    by: Mapped[Person | None] = relationship()

    @property
    def kind_name(self) -> str:
        """What it does, in Chinese."""
        return MOVEMENTS[self.kind]


class FundClaim(Model):
    """What an organisation or a broker claims from an envelope by one clause."""

    __tablename__ = "fund_claim"
    __table_args__ = (
        CheckConstraint(one_of("state", CLAIM_LIFE.states), name="state"),
        # An organisation, or a person with a certificate of their own; never both, never nobody.
        CheckConstraint(
            "(organisation_id is null) <> (person_id is null)", name="claimant"
        ),
        CheckConstraint("requested_fen > 0", name="requested"),
        CheckConstraint(
            # More than was reserved might be more than there is.
            "approved_fen is null or (approved_fen > 0 and approved_fen <= requested_fen)",
            name="approved",
        ),
        CheckConstraint(
            "state not in ('approved', 'paid', 'recovered') or approved_fen is not null",
            name="sum",
        ),
        CheckConstraint(
            # Nobody is refused without a word why.
            "state not in ('returned', 'refused', 'recovered') or note <> ''",
            name="note",
        ),
        # Without a last day the money would stay reserved for ever.
        CheckConstraint("state <> 'returned' or answer_by is not null", name="answer"),
        # Four eyes: who approved does not pay.
        CheckConstraint(
            "paid_by_id is null or approved_by_id is null or paid_by_id <> approved_by_id",
            name="eyes",
        ),
        CheckConstraint("state <> 'paid' or paid_on is not null", name="paid"),
    )
    kind: ClassVar[str] = "fund_claim"
    life: ClassVar[Life] = CLAIM_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    envelope_id: Mapped[int] = mapped_column(ForeignKey("envelope.id"), index=True)
    clause_code: Mapped[str] = mapped_column(String(20), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    estimate_id: Mapped[int | None] = mapped_column(ForeignKey("policy_estimate.id"))
    cohort_id: Mapped[int | None] = mapped_column(
        ForeignKey("training_cohort.id"), index=True
    )
    # For what, where the clause pays for each project; else empty.
    subject: Mapped[str] = mapped_column(String(200), default="")
    # The figures it is computed from, as a form sends them.
    figures: Mapped[dict[str, str]] = mapped_column(db.JSON)
    # The clause, its source and the computation in words, readable whatever becomes of the clause.
    content: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    state: Mapped[str] = mapped_column(String(10), default="draft", index=True)
    # What was computed when it was last handed in, and what was reserved then.
    requested_fen: Mapped[int] = mapped_column(BigInteger)
    approved_fen: Mapped[int | None] = mapped_column(BigInteger)
    # None: never handed in, and read by nobody but its writers.
    submitted_at: Mapped[datetime | None]
    # The last day to hand it in again.
    answer_by: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="")
    # Not the operator who pays: see the CHECK `eyes`.
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    paid_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    paid_on: Mapped[date | None]
    voucher: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Written by every deed, so that one of two who press at once is refused.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    envelope: Mapped[Envelope] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
    estimate: Mapped[PolicyEstimate | None] = relationship()
    cohort: Mapped[TrainingCohort | None] = relationship()
    lines: Mapped[list[ClaimLine]] = relationship(
        order_by="ClaimLine.id",
        back_populates="claim",
        cascade="all, delete-orphan",
    )
    papers: Mapped[list[ClaimPaper]] = relationship(
        order_by="ClaimPaper.id", back_populates="claim"
    )

    @property
    def number(self) -> str:
        """How people name it."""
        return f"SL{self.created_at.year}{self.id:05d}"

    @property
    def owner_id(self) -> int | None:
        """Who began it, as the permission table asks."""
        return self.by_id

    @property
    def claimant_name(self) -> str:
        """Who claims."""
        if self.organisation is not None:
            return self.organisation.name
        return self.person.name if self.person is not None else ""

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def granted_fen(self) -> int:
        """What is promised or was paid: the approved sum, before that the requested one, in 分."""
        if self.approved_fen is not None:
            return self.approved_fen
        return self.requested_fen

    @property
    def present_papers(self) -> list[ClaimPaper]:
        """The papers that were not removed."""
        return [one for one in self.papers if one.removed_at is None]

    @property
    def lacking_papers(self) -> list[str]:
        """What the clause wants handed in and is not there yet."""
        there = {one.use for one in self.present_papers}
        return [one for one in self.content["papers"] if one not in there]


class ClaimLine(Model):
    """One thing that is claimed for: a contract, a certificate, a year or a project. Nothing is claimed for twice."""

    __tablename__ = "fund_claim_line"
    __table_args__ = (
        Index(
            "uq_fund_claim_line_base",
            "clause_code",
            "subject_key",
            "base_key",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        # The same contract or certificate, also of another claimant.
        Index(
            "uq_fund_claim_line_once",
            "clause_code",
            "once_key",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(
        ForeignKey("fund_claim.id", ondelete="CASCADE"), index=True
    )
    # Copied from the claim: an index cannot look into another table.
    clause_code: Mapped[str] = mapped_column(String(20))
    # Whose, then what: the same words as `assessing.py` builds and `moving.py` changes.
    subject_key: Mapped[str] = mapped_column(String(100))
    base_key: Mapped[str] = mapped_column(String(250))
    # None: nobody else could claim for it.
    once_key: Mapped[str | None] = mapped_column(String(100))
    # Of a certificate it names who holds it: the audit stores no such text in the open.
    label: Mapped[str] = mapped_column(String(250), info={"audit": "personal"})
    member_id: Mapped[int | None] = mapped_column(ForeignKey("cohort_member.id"))
    # Whether its claim is handed in and not ended.
    # Copied from the claim's state, for the unique indexes; written by the deeds that move it.
    standing: Mapped[bool] = mapped_column(default=False)

    claim: Mapped[FundClaim] = relationship(back_populates="lines")
    member: Mapped[CohortMember | None] = relationship()


class ClaimPaper(Model):
    """A file that is handed in with a claim. One that was removed stays as a row without content."""

    __tablename__ = "fund_claim_paper"
    __table_args__ = (
        # A removed paper lets its content go: no copy is stored of what somebody took back.
        CheckConstraint("(removed_at is null) = (file_id is not null)", name="removed"),
        Index(
            "uq_fund_claim_paper_content",
            "claim_id",
            "file_id",
            unique=True,
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
    )
    kind: ClassVar[str] = "fund_claim_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("fund_claim.id"), index=True)
    file_id: Mapped[int | None] = mapped_column(
        ForeignKey("stored_file.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(130))
    # Which of the papers of the clause it is.
    use: Mapped[str] = mapped_column(String(100))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

    claim: Mapped[FundClaim] = relationship(back_populates="papers")
    file: Mapped[StoredFile | None] = relationship(lazy="joined")
