"""Tables of what belongs to a deal: letters, items of 尽调, decisions on the price, publicity, objections, releases."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.deals.life import (
    ANSWER_REASONS,
    DILIGENCE,
    EVALUATIONS,
    LETTERS,
    OBJECTION_REASONS,
    PRICING_METHODS,
    REMEDIES,
)
from marketplace.extensions import Model, db
from marketplace.listings.schema.choices import one_of
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.wording import amount

MAX_TEXT = 2000  # characters of a statement
# Characters of a reason or a place, and of a whole letter.
MAX_NOTE = 500
MAX_LETTER = 20_000


class Priced:
    """What has a price: a sum in whole 分, words, or both."""

    price_fen: Any
    price_text: Any

    @property
    def price_words(self) -> str:
        """The price as pages show it; empty where there is none."""
        parts = []
        if self.price_fen is not None:
            parts.append(f"{amount(Decimal(self.price_fen) / FEN_OF_WAN)} 万元")
        if self.price_text:
            parts.append(self.price_text)
        return "；".join(parts)


class DealLetter(Model):
    """A 意向书 or NDA that both sides confirm by the SHA-256 of its text. Another text takes its place, unconfirmed.

    Attributes:
        access_until: the last day on which the receiver may see restricted files, once both have confirmed an NDA.
    """

    __tablename__ = "deal_letter"
    __table_args__ = (
        CheckConstraint(one_of("letter_kind", LETTERS), name="letter_kind"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        # Without a last day an NDA would open restricted files for ever.
        CheckConstraint("letter_kind <> 'nda' or access_until is not null", name="nda"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    letter_kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    access_until: Mapped[date | None]
    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[datetime] = mapped_column(default=now)
    holder_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    holder_at: Mapped[datetime | None]
    receiver_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    receiver_at: Mapped[datetime | None]

    holder_by: Mapped[Person | None] = relationship(foreign_keys=[holder_by_id])
    receiver_by: Mapped[Person | None] = relationship(foreign_keys=[receiver_by_id])

    @property
    def kind_name(self) -> str:
        """What it is, in Chinese."""
        return LETTERS[self.letter_kind]

    @property
    def is_settled(self) -> bool:
        """Whether both sides have confirmed it."""
        return self.holder_at is not None and self.receiver_at is not None

    def is_confirmed_by(self, side: str) -> bool:
        """Whether that side has confirmed it."""
        return getattr(self, f"{side}_at") is not None


class DealItem(Model):
    """The answer to one item of 尽调."""

    __tablename__ = "deal_item"
    __table_args__ = (
        CheckConstraint(one_of("code", DILIGENCE), name="code"),
        # What is found is said, and what was done about it.
        CheckConstraint("not has_finding or note <> ''", name="note"),
        # One answer an item, also of two colleagues at once; a later answer is written over it.
        db.UniqueConstraint("deal_id", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    # False is an answer (nothing was found); an item without one has no row.
    has_finding: Mapped[bool]
    note: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    answered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime] = mapped_column(default=now)

    answered_by: Mapped[Person] = relationship()


class DealDecision(Priced, Model):
    """A decision on the price with its record: method, basis, evaluation, minutes, and those who approved it."""

    __tablename__ = "deal_decision"
    __table_args__ = (
        CheckConstraint(one_of("method", PRICING_METHODS), name="method"),
        CheckConstraint(one_of("evaluation", EVALUATIONS), name="evaluation"),
        CheckConstraint(
            "state in ('pending', 'approved', 'rejected', 'replaced')", name="state"
        ),
        # A royalty or a share of stock has no sum yet: then its words are the price.
        CheckConstraint("price_fen is not null or price_text <> ''", name="price"),
        # One waits at a time: of two that are handed in at once approvers would not know which one they approve.
        Index(
            "uq_deal_decision_pending",
            "deal_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    method: Mapped[str] = mapped_column(String(12))
    # 32 bits of 分 would end at 2147 万元.
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    price_text: Mapped[str] = mapped_column(String(300), default="")
    basis: Mapped[str] = mapped_column(String(MAX_TEXT))
    evaluation: Mapped[str] = mapped_column(String(16))
    evaluation_note: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    # 赋权: what the completers were given of the right, and by which decision.
    empowerment: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    minutes: Mapped[str] = mapped_column(String(MAX_TEXT))
    met_on: Mapped[date]
    # Names as text: who attended a meeting needs no account.
    attendees: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    # Frozen with the decision: the answers of 尽调 decide, as they were when it was handed in.
    approvals_needed: Mapped[int]
    # `replaced`: a revision, a sustained objection or the end of the deal has overtaken it.
    state: Mapped[str] = mapped_column(String(10), default="pending")
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime] = mapped_column(default=now)
    rejected_note: Mapped[str] = mapped_column(String(MAX_NOTE), default="")

    decided_by: Mapped[Person] = relationship()
    approvals: Mapped[list[DealApproval]] = relationship(order_by="DealApproval.id")

    @property
    def method_name(self) -> str:
        """The way the price was found, in Chinese."""
        return PRICING_METHODS[self.method]

    @property
    def approver_ids(self) -> set[int]:
        """Who has approved it."""
        return {one.by_id for one in self.approvals}


class DealApproval(Model):
    """One approval of a decision on the price."""

    __tablename__ = "deal_approval"
    # Two presses of one approver are one approval: related parties need two different people.
    __table_args__ = (db.UniqueConstraint("decision_id", "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("deal_decision.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    by: Mapped[Person] = relationship()


class DealPublicity(Priced, Model):
    """One publicity of a deal, as it was made public; what changes afterwards makes it void, and another one begins.

    Attributes:
        day_kind: natural days, or working days where the institution goes by those.
        ends_on: the last day, until 24:00 in China; `unannounced`: years whose days off may still move it.
    """

    __tablename__ = "deal_publicity"
    __table_args__ = (
        CheckConstraint("state in ('running', 'closed', 'void')", name="state"),
        CheckConstraint("day_kind in ('natural', 'working')", name="day_kind"),
        # At least one whole day to object: the first one is not counted as a rule (民法典 art. 201).
        CheckConstraint("ends_on > started_on", name="ends_on"),
        CheckConstraint("(state = 'running') = (ended_at is null)", name="ended_at"),
        # What became of a publicity is public as well, so that none ends without a result.
        CheckConstraint("state = 'running' or result <> ''", name="result"),
        # One runs at a time, also where two colleagues begin it at once.
        Index(
            "uq_deal_publicity_running",
            "deal_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    # Counts from 1, void ones included; releases name a publicity by it.
    round: Mapped[int]
    # Copied, not joined: after a rename or another price it still says what was public (117).
    title: Mapped[str] = mapped_column(String(200))
    holder_name: Mapped[str] = mapped_column(String(120))
    receiver_name: Mapped[str] = mapped_column(String(120))
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    price_text: Mapped[str] = mapped_column(String(300), default="")
    method: Mapped[str] = mapped_column(String(12))
    basis: Mapped[str] = mapped_column(String(MAX_TEXT))
    conversion_mode: Mapped[str] = mapped_column(String(16))
    completers: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    related_party: Mapped[bool]
    related_note: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    places: Mapped[str] = mapped_column(String(MAX_NOTE))
    objection_contact: Mapped[str] = mapped_column(String(MAX_NOTE))
    procedure: Mapped[str] = mapped_column(String(MAX_TEXT))
    days: Mapped[int]
    day_kind: Mapped[str] = mapped_column(String(8))
    started_on: Mapped[date]
    ends_on: Mapped[date]
    # Years without announced days off; while there are any, the end is provisional and the job computes it again.
    unannounced: Mapped[list[int]] = mapped_column(db.JSON, default=list)
    state: Mapped[str] = mapped_column(String(8), default="running", index=True)
    result: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    started_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    objections: Mapped[list[DealObjection]] = relationship(
        order_by="DealObjection.id", back_populates="publicity"
    )

    @property
    def method_name(self) -> str:
        """The way the price was found, in Chinese."""
        return PRICING_METHODS[self.method]

    @property
    def open_objections(self) -> list[DealObjection]:
        """Those that are not answered."""
        return [one for one in self.objections if one.state == "received"]


class DealObjection(Model):
    """An objection of anybody to what is made public; it locks the deal until it is answered.

    Attributes:
        code_hash: SHA-256 of the code with which its author reads what became of it.
        due_on: the last day for an answer.
    """

    __tablename__ = "deal_objection"
    __table_args__ = (
        CheckConstraint(one_of("reason", OBJECTION_REASONS), name="reason"),
        CheckConstraint(one_of("remedy", REMEDIES), name="remedy"),
        CheckConstraint("state in ('received', 'rejected', 'sustained')", name="state"),
        CheckConstraint(
            "(state = 'received') = (answered_at is null)", name="answered_at"
        ),
        # Who objects learns why it was decided so.
        CheckConstraint("state = 'received' or answer <> ''", name="answer"),
        CheckConstraint(
            "answer_reason = '' or " + one_of("answer_reason", ANSWER_REASONS),
            name="answer_reason",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Public and easily guessed: it opens nothing without the code.
    number: Mapped[str] = mapped_column(String(30), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    publicity_id: Mapped[int] = mapped_column(
        ForeignKey("deal_publicity.id"), index=True
    )
    reason: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(MAX_TEXT))
    evidence: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    remedy: Mapped[str] = mapped_column(String(20))
    # How to reach its author; only who answers it sees that.
    contact_reply: Mapped[str] = mapped_column(String(200), default="")
    # None where a guest objected.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    received_at: Mapped[datetime] = mapped_column(default=now)
    # By the rules of the deal: a setting of the platform, for the law names no term for an answer.
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), default="received", index=True)
    answer_reason: Mapped[str] = mapped_column(String(20), default="")
    answer: Mapped[str] = mapped_column(String(MAX_TEXT), default="")
    # None where the end of the deal answered it.
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]

    publicity: Mapped[DealPublicity] = relationship(back_populates="objections")

    @property
    def reason_name(self) -> str:
        """What is wrong, in Chinese."""
        return OBJECTION_REASONS[self.reason]

    @property
    def remedy_name(self) -> str:
        """What its author asks for, in Chinese."""
        return REMEDIES[self.remedy]

    @property
    def state_name(self) -> str:
        """What became of it, in Chinese."""
        return {
            "received": "已收到，核查中",
            "rejected": "不成立",
            "sustained": "成立",
        }[self.state]

    @property
    def answer_reason_name(self) -> str:
        """Why it was decided so, in Chinese."""
        return ANSWER_REASONS.get(self.answer_reason, "")


class DealRelease(Model):
    """What one deed changed in a deal, as an immutable row: the merge of all of them is the deal.

    Attributes:
        number: 0, 1, 2 … of the deal.
        body: the changed fields with their new values, as canonical JSON (sorted, without blanks), the text hashed.
        sha256: of the hash before it, a line end, and the body.
    """

    __tablename__ = "deal_release"
    __table_args__ = (
        # Of two writers who saw the same last release one is refused; else the chain would fork.
        db.UniqueConstraint("deal_id", "number"),
        CheckConstraint("(number = 0) = (previous_sha256 = '')", name="previous"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    number: Mapped[int]
    deed: Mapped[str] = mapped_column(String(30))
    # As text: a database that stores JSON in its own way would give back other bytes than were hashed.
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    previous_sha256: Mapped[str] = mapped_column(String(64))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # The same moment is in the body, so that a changed column would contradict what was hashed.
    at: Mapped[datetime] = mapped_column(default=now)

    @property
    def version(self) -> int:
        """What people call it, on pages and in addresses: the first one is 1."""
        return self.number + 1

    @property
    def changes(self) -> dict[str, Any]:
        """The changed fields with their new values."""
        changes: dict[str, Any] = json.loads(self.body)["changes"]
        return changes
