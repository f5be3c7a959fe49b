"""Tables of verdicts, the impressions they were given on, grade models and measurements.

Deeds live in `deeds.py`. A pair is judged on one listing's list: `side` is the kind of the listing that was matched.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema.choices import one_of

SIDES = ("demand", "achievement")
SURFACES = ("matches", "evidence")  # a ranked list, or one pair opened by itself
# Why an offer is not suitable. On the list of an achievement the offers are demands, and some reasons are worded
# from the other side.
REASONS = {
    "direction": "方向不对",
    "too_early": "阶段太早",
    "metrics": "指标达不到",
    "price": "价格不合适",
    "mode": "合作方式不合适",
    "solved": "已有方案",
    "in_touch": "已经接触过",
    "other": "其他",
}
DEMAND_REASONS = {
    **REASONS,
    "too_early": "对方要的阶段更成熟",
    "metrics": "指标做不到",
    "solved": "没有力量再接",
}
LEVELS = {4: "很相关", 3: "相关", 2: "沾边", 1: "不相关"}
INTERESTED = 4  # the level of a pair somebody wants to go on with
# Where a condition does not suit, the direction does, so the pair is half relevant (docs/decisions/015).
UNSUITABLE = dict.fromkeys(REASONS, 2) | {"direction": 1, "other": 1}
MIN_NOTE, MAX_NOTE = 2, 500

STATE_NAMES = {
    "open": "未评价",
    "interested": "感兴趣",
    "unsuitable": "不合适",
    "graded": "已评定",
}
DEED_NAMES = {"like": "感兴趣", "decline": "不合适", "grade": "评定", "retract": "收回"}
_GIVEN = {"like": "interested", "decline": "unsuitable", "grade": "graded"}


def _moves() -> dict[tuple[str, str], str]:
    """Any verdict may be given from any state; what was given may be taken back."""
    moves = {(state, "retract"): "open" for state in _GIVEN.values()}
    # From `open` too: what was taken back is given again on the same row.
    for state in STATE_NAMES:
        for deed, after in _GIVEN.items():
            moves[state, deed] = after
    return moves


LIFE = Life(initial="open", moves=_moves(), names=STATE_NAMES, deeds=DEED_NAMES)


class Impression(Model):
    """A ranked list as a reader had it on the page when they judged something on it. Looking alone stores nothing.

    Attributes:
        side, subject_id, revision: the listing whose matches these are, and its state then.
        surface: a key of SURFACES.
        ranker: version of the ranking.
        generation: version of the catalogue that was ranked.
        judged: how many verdicts the order took into account.
        digest: fingerprint of all that, so that ten verdicts on one list store it once.
        to_id: the reader.
        at: when the page was made.
    """

    __tablename__ = (
        "shown"  # table and column names stay as the first migration made them
    )
    __table_args__ = (
        CheckConstraint(one_of("side", SIDES), name="side"),
        CheckConstraint(one_of("surface", SURFACES), name="surface"),
        UniqueConstraint("to_id", "digest"),
        Index("ix_shown_subject", "side", "subject_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(String(20))
    # No foreign key: the subject is of either kind.
    subject_id: Mapped[int]
    revision: Mapped[int]
    surface: Mapped[str] = mapped_column(String(20), default="matches")
    ranker: Mapped[str] = mapped_column(String(60))
    # Empty: ranked from the database alone, without an artefact.
    generation: Mapped[str] = mapped_column(String(60), default="")
    judged: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256, in hexadecimal
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    # They live and leave with their list: nothing else points at them.
    items: Mapped[list[ImpressionItem]] = relationship(
        order_by="ImpressionItem.position",
        cascade="all, delete-orphan",
        back_populates="impression",
    )


class ImpressionItem(Model):
    """One row of an impression: its position from 1, the listing, its revision, the score and grade it had."""

    __tablename__ = "shown_place"
    __table_args__ = (CheckConstraint("position >= 1", name="position"),)

    impression_id: Mapped[int] = mapped_column(
        "shown_id", ForeignKey("shown.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offered_id: Mapped[int]
    # Of the text that was read: a later edit does not change what the verdict was about.
    revision: Mapped[int]
    score: Mapped[float] = mapped_column(Float)
    grade: Mapped[str | None] = mapped_column(String(10))

    impression: Mapped[Impression] = relationship(back_populates="items")


class Verdict(Model):
    """What one person thinks of one pair, on one side's list. One row per person and pair; a change is a History row.

    Attributes:
        state: a state of LIFE. `reason` belongs to `unsuitable`, `level` (1–4) to `graded`, which needs a note.
        by_role: in which quality it was given: `owner`, `broker` or `operator`.
        score, grade: what the matcher gave; a verdict is stored along with it and never replaces it.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        CheckConstraint(one_of("side", SIDES), name="side"),
        CheckConstraint(one_of("state", STATE_NAMES), name="state"),
        CheckConstraint(
            one_of("by_role", ("owner", "broker", "operator")), name="by_role"
        ),
        CheckConstraint(
            f"reason is null or {one_of('reason', REASONS)}", name="reason"
        ),
        CheckConstraint(
            "(state = 'unsuitable') = (reason is not null)", name="reasoned"
        ),
        CheckConstraint("(state = 'graded') = (level is not null)", name="levelled"),
        CheckConstraint("level is null or level between 1 and 4", name="level"),
        CheckConstraint(
            f"(state <> 'graded' and (reason is null or reason <> 'other')) or length(note) >= {MIN_NOTE}",
            name="noted",
        ),
        # With the side: a pair may be judged on the lists of both listings, by one person too.
        UniqueConstraint("side", "demand_id", "achievement_id", "by_id"),
    )
    kind: ClassVar[str] = "verdict"
    life: ClassVar[Life] = LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(String(20))
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"), index=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    by_role: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="open")
    reason: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    # As on the list: a later ranking gives the pair another score.
    score: Mapped[float] = mapped_column(Float)
    grade: Mapped[str | None] = mapped_column(String(10))
    impression_id: Mapped[int] = mapped_column(
        "shown_id", ForeignKey("shown.id"), index=True
    )
    at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    revision: Mapped[int] = mapped_column()

    by: Mapped[Person] = relationship()
    demand: Mapped[Demand] = relationship()
    achievement: Mapped[Achievement] = relationship()
    impression: Mapped[Impression] = relationship()

    # Two people with one account: the second to save is told that the row has changed.
    __mapper_args__ = {"version_id_col": revision}

    @property
    def offered_id(self) -> int:
        """The listing that was judged."""
        return self.achievement_id if self.side == "demand" else self.demand_id

    @property
    def relevance_level(self) -> int:
        """How relevant the pair is by this verdict, 1–4; see INTERESTED and UNSUITABLE. Not of an open verdict."""
        if self.level is not None:
            return self.level
        if self.state == "interested":
            return INTERESTED
        return UNSUITABLE[self.reason or "other"]


GRADE_STATES = {
    "candidate": "待决定",
    "active": "起用中",
    "former": "曾经起用",
    "dropped": "没有起用",
}
GRADE_DEEDS = {
    "use": "起用",
    "drop": "不起用",
    "stop": "停用",
}
# Only what an operator has looked at comes into force; what was in force once may be again.
GRADE_LIFE = Life(
    initial="candidate",
    moves={
        ("candidate", "use"): "active",
        ("candidate", "drop"): "dropped",
        ("active", "stop"): "former",
        ("former", "use"): "active",
    },
    names=GRADE_STATES,
    deeds=GRADE_DEEDS,
)


class GradeModel(Model):
    """A calibrated grade model as JSON: a candidate until an operator has it used; at most one is active.

    Attributes:
        state: a state of GRADE_LIFE.
        ranker: version of the ranking whose scores it knows.
        demands, verdicts: how many demand texts and pairs it was fitted on.
        people, organisations: whose verdicts these were.
        parameters: JSON of `matching`'s calibration, with its errors on texts it was not fitted on.
        better: whether its errors there were smaller than those of the fixed cut points.
        effect: what it would have changed on the day it was made, see `effects.measure_effect`.
        at: when the verdicts that it knows were read.
        used_at, used_by: when it was put into force last, and by whom; every move is a History row too.
    """

    __tablename__ = "grade_model"
    __table_args__ = (
        CheckConstraint(one_of("state", GRADE_STATES), name="state"),
        # Consent is a person and a moment (083), and stays on record when the model is out of force.
        CheckConstraint(
            "state not in ('active', 'former') or (used_at is not null and used_by_id is not null)",
            name="consented",
        ),
        # Two operators may press for two models at the same moment.
        Index(
            "uq_grade_model_active",
            "state",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )
    kind: ClassVar[str] = "grade_model"
    life: ClassVar[Life] = GRADE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20), default=GRADE_LIFE.initial)
    ranker: Mapped[str] = mapped_column(String(60), index=True)
    demands: Mapped[int]
    verdicts: Mapped[int]
    # 0 of models from before anybody counted: such a model is never put into force (083).
    people: Mapped[int] = mapped_column(default=0)
    organisations: Mapped[int] = mapped_column(default=0)
    # Thousands of figures that say nothing to a reader of the audit; the History says what was done.
    parameters: Mapped[str] = mapped_column(Text, info={"audit": "technical"})
    better: Mapped[bool]
    effect: Mapped[dict[str, Any]] = mapped_column(
        db.JSON, default=dict, info={"audit": "technical"}
    )
    at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int] = mapped_column()

    used_by: Mapped[Person | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class Measurement(Model):
    """How good matching was on a day: the figures of the operators' page, as `quality.measure_quality` gives them."""

    __tablename__ = "measurement"

    id: Mapped[int] = mapped_column(primary_key=True)
    ranker: Mapped[str] = mapped_column(String(60))
    figures: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
