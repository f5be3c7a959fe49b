"""Tables of review: decisions on a listing, versions that were approved, changes and rewritings that wait.

What is done with them stands in `review_deeds.py` and `change_deeds.py`; the listings themselves in `models.py`.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.extensions import Model, db

# What an operator scores, in the order of the columns: code → (name, what it means).
CRITERIA = {
    "truth": ("真实", "单位、权属、指标、案例有依据，能核对"),
    "completeness": ("完整", "该写的都写了，别人能据此判断"),
    "feasibility": ("可落地", "说清了阶段、条件和合作方式，能谈下去"),
    "wording": ("表述", "文字清楚，没有夸大和宣传用语"),
}
MAX_SCORE = 5  # of one criterion
MAX_TODO = 200  # characters of what is to be done in one field
COMMENT_BELOW = 10  # of the four together: below it a comment is needed
OPEN_CHANGES = ("at_desk", "submitted", "returned")
CHANGE_NAMES = {
    "at_desk": "待机构审核",
    "submitted": "待平台审核",
    "returned": "已退回",
    "approved": "已采用",
    "rejected": "未采用",
    "withdrawn": "已撤回",
}
REWRITING_NAMES = {
    "proposed": "等对方确认",
    "accepted": "已采用",
    "declined": "没有采用",
    "withdrawn": "已收回",
}
KINDS = "kind in ('achievement', 'demand')"


@dataclass(frozen=True)
class Scores:
    """What an operator gave a listing: four criteria, 0 to 5 each.

    The scheme is that of the profiles of the Enterprise Europe Network: a 0 anywhere keeps a listing from the public.
    """

    truth: int
    completeness: int
    feasibility: int
    wording: int

    @property
    def total(self) -> int:
        """The sum, 0 to 20."""
        return sum(astuple(self))

    def __str__(self) -> str:
        names = [name for name, _ in CRITERIA.values()]
        pairs = zip(names, astuple(self), strict=True)
        parts = " · ".join(f"{name} {value}" for name, value in pairs)
        return f"评分 {self.total} / 20：{parts}"


class ReviewDecision(Model):
    """One decision of a desk or an operator: what was decided, why, on which fields, with which score."""

    __tablename__ = "review_decision"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint("station in ('desk', 'operator')", name="station"),
        CheckConstraint("decision in ('pass', 'return', 'reject')", name="decision"),
        CheckConstraint(
            "(truth is null or truth between 0 and 5)"
            " and (completeness is null or completeness between 0 and 5)"
            " and (feasibility is null or feasibility between 0 and 5)"
            " and (wording is null or wording between 0 and 5)",
            name="scores",
        ),
        # A person who publishes has scored; only lists that operators bring in pass as a whole.
        CheckConstraint(
            "decision <> 'pass' or station <> 'operator' or by_id is null"
            " or (truth > 0 and completeness > 0 and feasibility > 0 and wording > 0"
            " and (truth + completeness + feasibility + wording >= 10 or note <> ''))",
            name="passed",
        ),
        Index("ix_review_decision_listing", "kind", "listing_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    station: Mapped[str] = mapped_column(String(10))
    decision: Mapped[str] = mapped_column(String(10))
    truth: Mapped[int | None]
    completeness: Mapped[int | None]
    feasibility: Mapped[int | None]
    wording: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    # Field → what is to be done there.
    todos: Mapped[dict[str, str]] = mapped_column(db.JSON, default=dict)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    @property
    def scores(self) -> Scores | None:
        """What was given; None where nothing was scored."""
        values = [getattr(self, code) for code in CRITERIA]
        return None if None in values else Scores(*values)


class ListingVersion(Model):
    """What a listing said when it was approved. Written once, never changed."""

    __tablename__ = "listing_version"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind"),
        Index("uq_listing_version", "kind", "listing_id", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    number: Mapped[int]  # from 1
    # Field → value, as `snapshots.py` writes them; rows of a field as a list.
    content: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    # None: the site itself, as in a list that was brought in as a whole.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Who wrote last in what was approved, and whose words its owner took over; empty where nobody did.
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    rewritten_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)


_IS_OPEN = text("state in ('at_desk', 'submitted', 'returned')")


class ListingChange(Model):
    """What somebody wants to change of a published listing: it waits for review while the old version stays public."""

    __tablename__ = "listing_change"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint(
            "state in ('at_desk', 'submitted', 'returned', 'approved', 'rejected', 'withdrawn')",
            name="state",
        ),
        # Whoever has to mend it needs to know why.
        CheckConstraint(
            "state not in ('returned', 'rejected') or reason <> ''", name="reason"
        ),
        # Two people of one firm change one listing: the later one continues what the first handed in.
        Index(
            "uq_listing_change_open",
            "kind",
            "listing_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_listing_change_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    # Only what changes: field → value, as `snapshots.py` writes them.
    content: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return CHANGE_NAMES[self.state]


_IS_PROPOSED = text("state = 'proposed'")


class ListingRewriting(Model):
    """What somebody else wrote into a listing for its owner: it waits for them, and the listing stays as it is."""

    __tablename__ = "listing_rewriting"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint(
            "state in ('proposed', 'accepted', 'declined', 'withdrawn')", name="state"
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_at is null)", name="decided_at"
        ),
        # Who wrote it learns why it was not taken.
        CheckConstraint("state <> 'declined' or remark <> ''", name="remark"),
        # Nobody accepts their own words for somebody else.
        CheckConstraint(
            "state <> 'accepted' or decided_by_id is null or decided_by_id <> by_id",
            name="eyes",
        ),
        # A second edit continues the first one.
        Index(
            "uq_listing_rewriting_open",
            "kind",
            "listing_id",
            unique=True,
            sqlite_where=_IS_PROPOSED,
            postgresql_where=_IS_PROPOSED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    # Field → proposed value, as `snapshots.py` writes them; only what changes.
    content: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    # Field → what the listing said when that was written: what its owner changed since is not overwritten unseen.
    base: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    # Why it was not taken, in the words of the owner.
    remark: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    @property
    def is_open(self) -> bool:
        """Whether it waits for the owner."""
        return self.state == "proposed"

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return REWRITING_NAMES[self.state]


class ReviewClaim(Model):
    """Who has a listing open for review, until when: a hint for the others, no lock."""

    __tablename__ = "review_claim"
    __table_args__ = (
        # Rooms above borrow it for what their operators have open.
        CheckConstraint("kind in ('achievement', 'demand', 'complaint')", name="kind"),
        # One row each of a person and a listing, however often they look.
        Index("uq_review_claim", "kind", "listing_id", "person_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    until: Mapped[datetime]


class ReviewBatch(Model):
    """One decision on several listings: what became of each. The form it came from decides once."""

    __tablename__ = "review_batch"
    __table_args__ = (
        CheckConstraint("station in ('desk', 'operator')", name="station"),
        CheckConstraint("decision in ('pass', 'return', 'reject')", name="decision"),
        # Of two presses of one button the second finds what the first has begun.
        Index("uq_review_batch_form", "by_id", "form", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Drawn when the confirmation was shown.
    form: Mapped[str] = mapped_column(String(40))
    station: Mapped[str] = mapped_column(String(10))
    decision: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    # kind, id, title, outcome (`waiting`, `done`, `refused`) and reason of each listing, in the order of the queue.
    rows: Mapped[list[dict[str, Any]]] = mapped_column(db.JSON)
