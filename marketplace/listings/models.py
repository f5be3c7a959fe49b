"""Tables of achievements and demands, their life tables, and the one filter that says who sees which.

Deeds stand in `rules.py`, the copy in the search index in `indexing.py`, the enumerations in `terms.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    TypeDecorator,
    and_,
    false,
    or_,
    text,
    true,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.types import TypeEngine

from marketplace.accounts.models import Organisation, Person, key_of
from marketplace.clock import now, today
from marketplace.dictionaries.models import Chain
from marketplace.extensions import db
from marketplace.lifecycle import Life
from marketplace.listings import terms
from marketplace.permissions import audiences


class Exact(TypeDecorator[Decimal]):
    """A decimal number, exact on every database: SQLite has no decimals, so it keeps a float of at most 15 digits.

    Args:
        digits: significant digits, at most 15.
        places: digits after the point.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        super().__init__(digits, places)
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kept = self.impl_instance
        return Numeric(kept.precision, kept.scale, asdecimal=dialect.name != "sqlite")

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return float(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(str(round(value, self.places)))


Money = Exact(14, 4)  # 万元
Figure = Exact(15, 6)

STATE_NAMES = {
    "draft": "草稿",
    "submitted": "已送审",
    "in_review": "审核中",
    "returned": "已退回",
    "rejected": "未通过",
    "published": "已发布",
    "suspended": "已暂停",
    "expired": "已过期",
    "withdrawn": "已撤回",
    "archived": "已归档",
}
DEED_NAMES = {
    "create": "新建",
    "edit": "修改",
    "submit": "送审",
    "recall": "撤回送审",
    "take": "受理",
    "return": "退回",
    "reject": "不予通过",
    "approve": "通过并发布",
    "suspend": "暂停",
    "resume": "恢复",
    "expire": "到期",
    "renew": "续期",
    "withdraw": "撤回",
    "archive": "归档",
}
_LISTING_MOVES = {
    ("draft", "edit"): "draft",
    ("returned", "edit"): "returned",
    ("published", "edit"): "published",
    ("draft", "submit"): "submitted",
    ("returned", "submit"): "submitted",
    ("submitted", "recall"): "draft",
    ("submitted", "take"): "in_review",
    ("in_review", "return"): "returned",
    ("in_review", "reject"): "rejected",
    ("in_review", "approve"): "published",
    ("published", "suspend"): "suspended",
    ("suspended", "resume"): "published",
    ("published", "expire"): "expired",
    ("expired", "renew"): "published",
    ("draft", "withdraw"): "withdrawn",
    ("returned", "withdraw"): "withdrawn",
    ("published", "withdraw"): "withdrawn",
    ("suspended", "withdraw"): "withdrawn",
    ("expired", "archive"): "archived",
    ("withdrawn", "archive"): "archived",
    ("rejected", "archive"): "archived",
}
ACHIEVEMENT_LIFE = Life(
    initial="draft", moves=_LISTING_MOVES, names=STATE_NAMES, deeds=DEED_NAMES
)
# A demand lives the same listing life; what comes after publication (matched, negotiating, contracted …) belongs to
# the deal, and ends here with a close.
DEMAND_LIFE = Life(
    initial="draft",
    moves={
        **_LISTING_MOVES,
        ("published", "close"): "closed",
        ("expired", "close"): "closed",
    },
    names={**STATE_NAMES, "closed": "已关闭"},
    deeds={**DEED_NAMES, "close": "关闭"},
)
# States in which a twin (same owner, same title) may be written anew.
ENDED = ("rejected", "withdrawn", "archived", "closed")
# Once public, still to be found by its address, marked with its state.
OPEN_STATES = ("published", "expired")


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


def _or_none(column: str, values: Iterable[str]) -> str:
    return f"{column} is null or {_one_of(column, values)}"


class Listing(db.Model):
    """What achievements and demands have in common. Not a table of its own."""

    __abstract__ = True

    kind: ClassVar[str]
    kind_name: ClassVar[str]  # in Chinese
    counterpart: ClassVar[str]  # the kind this one is matched with
    main_text: ClassVar[str]  # the column in which a text pasted as a whole is stored
    life: ClassVar[Life]

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    title_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    visibility: Mapped[str] = mapped_column(String(20), default="public")
    keywords: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    field_codes: Mapped[list[str]] = mapped_column(
        db.JSON, default=list
    )  # the main one first, at most two more
    industry_codes: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    valid_until: Mapped[date | None]
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, index=True)
    revision: Mapped[int] = mapped_column()
    indexed_revision: Mapped[int] = mapped_column(default=0)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.revision}

    @declared_attr
    def organisation_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("organisation.id"), index=True)

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("person.id"), index=True)

    @declared_attr
    def chain_code(cls) -> Mapped[str | None]:
        return mapped_column(ForeignKey("chain.code"), index=True)

    @declared_attr
    def organisation(cls) -> Mapped[Organisation]:
        return relationship(Organisation, lazy="joined")

    @declared_attr
    def owner(cls) -> Mapped[Person | None]:
        return relationship(Person)

    @declared_attr
    def chain(cls) -> Mapped[Chain | None]:
        return relationship(Chain, lazy="joined")

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def in_matching(self) -> bool:
        """Whether the row is published and valid today, so that others may find it by matching."""
        return self.state == "published" and (
            self.valid_until is None or self.valid_until >= today()
        )

    @property
    def is_matchable(self) -> bool:
        """Whether the row is of a kind of need that matching can meet. `matchable` says the same in SQL."""
        return True

    @classmethod
    def matchable(cls) -> ColumnElement[bool]:
        """Filter: the rows that are matched while they are published."""
        return true()

    @property
    def audience(self) -> tuple[str, ...]:
        """The audiences that may find this row by search; empty where nobody may. `found_by` says the same in SQL."""
        if self.state != "published":
            return ()
        if self.visibility == "confidential":
            return ("broker", "operator", f"org:{self.organisation_id}")
        return ("public",)

    @classmethod
    def found_by(cls, person: Any) -> ColumnElement[bool]:
        """Filter: what `person` may find by search, browse and match: published, valid, and open to an audience of his.

        Args:
            person: a Person, a guest, or None for the site itself.
        """
        return cls.found_among(None if person is None else audiences(person), today())

    @classmethod
    def found_among(
        cls, reader: frozenset[str] | None, day: date
    ) -> ColumnElement[bool]:
        """`found_by` for whoever belongs to these audiences; None for the site itself."""
        alive = and_(
            cls.state == "published",
            or_(cls.valid_until.is_(None), cls.valid_until >= day),
        )
        return and_(alive, cls._open_to(reader))

    @classmethod
    def visible_to(cls, person: Any) -> ColumnElement[bool]:
        """Filter: the rows whose page `person` may open. THE visibility filter of every surface.

        Public things by anybody (expired ones too, marked as such), confidential ones by brokers, operators and the
        owner's people, everything else only by the owner's people and operators.
        """
        reader = audiences(person)
        if person is None or "operator" in reader:
            return true()
        return or_(
            and_(cls.state.in_(OPEN_STATES), cls._open_to(reader)),
            cls._owned_by(reader),
        )

    @classmethod
    def _owned_by(cls, reader: frozenset[str]) -> ColumnElement[bool]:
        own = [
            int(name.removeprefix("org:")) for name in reader if name.startswith("org:")
        ]
        return cls.organisation_id.in_(own) if own else false()

    @classmethod
    def _open_to(cls, reader: frozenset[str] | None) -> ColumnElement[bool]:
        if reader is None or reader & {"broker", "operator"}:
            return true()
        return or_(cls.visibility != "confidential", cls._owned_by(reader))


def _listing_constraints(kind: str, life: Life) -> tuple[Any, ...]:
    """CHECK and index of both tables: known states, and what a state requires of the columns."""
    living = text(f"state not in ({', '.join(repr(s) for s in ENDED)})")
    return (
        CheckConstraint(_one_of("state", life.states), name="state"),
        CheckConstraint(_one_of("visibility", terms.VISIBILITIES), name="visibility"),
        CheckConstraint("length(title) >= 1", name="title"),
        CheckConstraint(
            "state not in ('published', 'suspended', 'expired')"
            " or (published_at is not null and valid_until is not null)",
            name="published",
        ),
        CheckConstraint(
            "state not in ('submitted', 'in_review') or submitted_at is not null",
            name="submitted",
        ),
        Index(
            f"uq_{kind}_owner_title",
            "organisation_id",
            "title_key",
            unique=True,
            sqlite_where=living,
            postgresql_where=living,
        ),
    )


class Achievement(Listing):
    """科技成果: what a university, institute or firm has developed and offers for conversion."""

    __tablename__ = "achievement"
    kind = "achievement"
    kind_name = "成果"
    counterpart = "demand"
    main_text = "summary"
    life = ACHIEVEMENT_LIFE

    registration_no: Mapped[str | None] = mapped_column(String(12))
    registered_by: Mapped[str] = mapped_column(String(120), default="")
    registered_on: Mapped[date | None]
    recommended_by: Mapped[str] = mapped_column(String(120), default="")
    rd_start: Mapped[str | None] = mapped_column(String(7))  # YYYY-MM
    rd_end: Mapped[str | None] = mapped_column(String(7))
    secrecy: Mapped[str] = mapped_column(String(20), default="open")
    achievement_type: Mapped[str | None] = mapped_column(String(30))
    forms: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    attribute: Mapped[str | None] = mapped_column(String(30))
    funding_source: Mapped[str | None] = mapped_column(String(30))
    fiscal_funded: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str | None] = mapped_column(String(30))
    evaluation_method: Mapped[str | None] = mapped_column(String(30))
    evaluation_by: Mapped[str] = mapped_column(String(120), default="")
    evaluated_on: Mapped[date | None]
    evaluation_report: Mapped[str] = mapped_column(String(200), default="")
    stage: Mapped[str | None] = mapped_column(String(20))
    trl: Mapped[int | None]
    readiness_13: Mapped[int | None]
    stage_evidence: Mapped[str] = mapped_column(String(300), default="")
    application_status: Mapped[str | None] = mapped_column(String(20))
    sei_code: Mapped[str | None] = mapped_column(String(4))
    summary: Mapped[str] = mapped_column(Text, default="")
    innovation: Mapped[str] = mapped_column(Text, default="")
    baseline: Mapped[str] = mapped_column(
        String(500), default=""
    )  # how much better than the usual
    prospects: Mapped[str] = mapped_column(Text, default="")
    benefits: Mapped[str] = mapped_column(Text, default="")
    cases: Mapped[str] = mapped_column(Text, default="")
    ownership: Mapped[str | None] = mapped_column(String(20))
    conversion_modes: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    license_type: Mapped[str | None] = mapped_column(String(20))
    price_mode: Mapped[str | None] = mapped_column(String(20))
    price_min: Mapped[Decimal | None] = mapped_column(Money)
    price_max: Mapped[Decimal | None] = mapped_column(Money)
    conversion_note: Mapped[str] = mapped_column(String(500), default="")

    co_owners: Mapped[list[AchievementOrganisation]] = relationship(
        order_by="AchievementOrganisation.position",
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    contributors: Mapped[list[Contributor]] = relationship(
        order_by="Contributor.position", cascade="all, delete-orphan", lazy="selectin"
    )
    metrics: Mapped[list[AchievementMetric]] = relationship(
        order_by="AchievementMetric.position",
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    ips: Mapped[list[IntellectualProperty]] = relationship(
        order_by="IntellectualProperty.position",
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    value_scores: Mapped[list[ValueScore]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        *_listing_constraints("achievement", ACHIEVEMENT_LIFE),
        CheckConstraint(_one_of("secrecy", terms.SECRECIES), name="secrecy"),
        CheckConstraint(
            _or_none("achievement_type", terms.ACHIEVEMENT_TYPES),
            name="achievement_type",
        ),
        CheckConstraint(_or_none("attribute", terms.ATTRIBUTES), name="attribute"),
        CheckConstraint(
            _or_none("funding_source", terms.FUNDING_SOURCES), name="funding_source"
        ),
        CheckConstraint(_or_none("level", terms.LEVELS), name="level"),
        CheckConstraint(
            _or_none("evaluation_method", terms.EVALUATION_METHODS),
            name="evaluation_method",
        ),
        CheckConstraint(_or_none("stage", terms.STAGES), name="stage"),
        CheckConstraint(
            _or_none("application_status", terms.APPLICATION_STATUSES),
            name="application_status",
        ),
        CheckConstraint(_or_none("ownership", terms.OWNERSHIPS), name="ownership"),
        CheckConstraint(
            _or_none("license_type", terms.LICENSE_TYPES), name="license_type"
        ),
        CheckConstraint(_or_none("price_mode", terms.PRICE_MODES), name="price_mode"),
        CheckConstraint("trl is null or trl between 1 and 9", name="trl"),
        CheckConstraint(
            "readiness_13 is null or readiness_13 between 1 and 13", name="readiness_13"
        ),
        CheckConstraint(
            "rd_start is null or rd_end is null or rd_end >= rd_start", name="rd_period"
        ),
        CheckConstraint(
            "(price_mode is not null and price_mode <> 'negotiable') or (price_min is null and price_max is null)",
            name="negotiable",
        ),
        CheckConstraint(
            "price_min is null or (price_min >= 0 and (price_max is null or price_max >= price_min))",
            name="price",
        ),
    )


class AchievementOrganisation(db.Model):
    """One of the completing organisations, in order; the first is the lead."""

    __tablename__ = "achievement_organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(120))


class Contributor(db.Model):
    """One of the completing people, by contribution."""

    __tablename__ = "contributor"
    __table_args__ = (
        CheckConstraint("share is null or (share > 0 and share <= 100)", name="share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(40), default="")
    role: Mapped[str] = mapped_column(String(60), default="")
    share: Mapped[Decimal | None] = mapped_column(Exact(5, 2))


class Metric(db.Model):
    """A technical figure: name, operator, value(s), unit. Not a table of its own."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    operator: Mapped[str] = mapped_column(String(10), default="eq")
    value: Mapped[Decimal] = mapped_column(Figure)
    value_max: Mapped[Decimal | None] = mapped_column(
        Figure
    )  # upper end of a range, or the ± of a value
    unit: Mapped[str] = mapped_column(String(30), default="")

    def __str__(self) -> str:
        low, high = (
            None if v is None else f"{v.normalize():f}"
            for v in (self.value, self.value_max)
        )
        sign = terms.METRIC_OPERATORS[self.operator]
        figure = (
            f"{low}{sign}{high}"
            if self.operator in ("range", "pm") and high
            else f"{sign}{low}"
        )
        return f"{self.name}{' ' if figure[0].isdigit() else ''}{figure}{' ' if self.unit else ''}{self.unit}"


def _metric_constraints() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint(_one_of("operator", terms.METRIC_OPERATORS), name="operator"),
        CheckConstraint(
            "operator <> 'range' or (value_max is not null and value_max >= value)",
            name="range",
        ),
    )


class AchievementMetric(Metric):
    """A figure an achievement has reached."""

    __tablename__ = "achievement_metric"
    __table_args__ = _metric_constraints()

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )


class IntellectualProperty(db.Model):
    """A patent or other right an achievement rests on."""

    __tablename__ = "intellectual_property"
    __table_args__ = (
        CheckConstraint(_one_of("ip_type", terms.IP_TYPES), name="ip_type"),
        CheckConstraint(
            _or_none("legal_status", terms.LEGAL_STATUSES), name="legal_status"
        ),
        CheckConstraint(
            "granted_on is null or applied_on is null or granted_on >= applied_on",
            name="dates",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    ip_type: Mapped[str] = mapped_column(String(30))
    number: Mapped[str] = mapped_column(String(30), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    owners: Mapped[str] = mapped_column(String(300), default="")
    applicant: Mapped[str] = mapped_column(String(200), default="")
    applied_on: Mapped[date | None]
    granted_on: Mapped[date | None]
    legal_status: Mapped[str | None] = mapped_column(String(20))
    pledged: Mapped[bool] = mapped_column(default=False)
    licensed: Mapped[bool] = mapped_column(default=False)
    fee_paid_until: Mapped[date | None]
    checked_on: Mapped[date | None]

    @property
    def expires_on(self) -> date | None:
        """The last day of protection by 专利法 art. 42 (20, 10 or 15 years from application), if it can be known."""
        years = terms.PATENT_YEARS.get(self.ip_type)
        if years is None or self.applied_on is None:
            return None
        try:
            return self.applied_on.replace(year=self.applied_on.year + years)
        except ValueError:  # 29 February
            return self.applied_on.replace(year=self.applied_on.year + years, day=28)


class ValueScore(db.Model):
    """One axis of the five-value evaluation, 0–100, with who judged and on what evidence."""

    __tablename__ = "value_score"
    __table_args__ = (
        CheckConstraint(_one_of("axis", terms.VALUE_AXES), name="axis"),
        CheckConstraint("score between 0 and 100", name="score"),
    )

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), primary_key=True
    )
    axis: Mapped[str] = mapped_column(String(20), primary_key=True)
    score: Mapped[int]
    evaluator: Mapped[str] = mapped_column(String(120))
    evidence: Mapped[str] = mapped_column(String(300), default="")


class Demand(Listing):
    """技术需求: what a firm needs solved, or the talent or capital it seeks."""

    __tablename__ = "demand"
    kind = "demand"
    kind_name = "需求"
    counterpart = "achievement"
    main_text = "problem"
    life = DEMAND_LIFE

    need: Mapped[str] = mapped_column(String(20), default="technology")
    demand_type: Mapped[str | None] = mapped_column(String(30))
    problem: Mapped[str] = mapped_column(Text, default="")
    key_technology: Mapped[str] = mapped_column(Text, default="")
    expected_goal: Mapped[str] = mapped_column(Text, default="")
    foundation: Mapped[str] = mapped_column(Text, default="")
    start_year: Mapped[int | None]
    end_year: Mapped[int | None]
    deadline: Mapped[date | None]
    budget: Mapped[Decimal | None] = mapped_column(Money)
    budget_negotiable: Mapped[bool] = mapped_column(default=False)
    solution_mode: Mapped[str | None] = mapped_column(String(20))
    intended_partner: Mapped[str] = mapped_column(String(200), default="")
    activity_type: Mapped[str | None] = mapped_column(String(30))
    discipline: Mapped[str] = mapped_column(
        String(60), default=""
    )  # instead of field and industry for basic research
    cooperation_modes: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    stage_wished: Mapped[str | None] = mapped_column(String(20))
    anonymous: Mapped[bool] = mapped_column(default=False)
    bounty: Mapped[bool] = mapped_column(default=False)  # 揭榜挂帅
    solver_requirements: Mapped[str] = mapped_column(Text, default="")
    ip_terms: Mapped[str] = mapped_column(Text, default="")
    benefit_terms: Mapped[str] = mapped_column(Text, default="")

    metrics: Mapped[list[DemandMetric]] = relationship(
        order_by="DemandMetric.position", cascade="all, delete-orphan", lazy="selectin"
    )

    __table_args__ = (
        *_listing_constraints("demand", DEMAND_LIFE),
        CheckConstraint(_one_of("need", terms.NEEDS), name="need"),
        CheckConstraint(
            _or_none("demand_type", terms.DEMAND_TYPES), name="demand_type"
        ),
        CheckConstraint(
            _or_none("solution_mode", terms.SOLUTION_MODES), name="solution_mode"
        ),
        CheckConstraint(
            _or_none("activity_type", terms.ACTIVITY_TYPES), name="activity_type"
        ),
        CheckConstraint(_or_none("stage_wished", terms.STAGES), name="stage_wished"),
        CheckConstraint(
            "end_year is null or start_year is null or end_year >= start_year",
            name="years",
        ),
        CheckConstraint("budget is null or budget >= 0", name="budget"),
        CheckConstraint(
            "not budget_negotiable or budget is null", name="budget_negotiable"
        ),
    )

    @property
    def stage(self) -> str | None:
        """The stage an achievement should have reached: the wish, where an achievement says what is."""
        return self.stage_wished

    @property
    def is_matchable(self) -> bool:
        """A technology is what achievements can offer; talent and capital are not."""
        return self.need == "technology"

    @classmethod
    def matchable(cls) -> ColumnElement[bool]:
        """Filter: demands for technology."""
        return cls.need == "technology"

    @property
    def alias(self) -> str:
        """What stands for the firm where it is not to be named: district and chain only."""
        place = (
            self.organisation.district.name if self.organisation.district else "聊城市"
        )
        return f"{place}某{self.chain.name if self.chain else ''}企业"


class DemandMetric(Metric):
    """A figure a demand asks for; `current` is where the firm stands today."""

    __tablename__ = "demand_metric"
    __table_args__ = _metric_constraints()

    demand_id: Mapped[int] = mapped_column(
        ForeignKey("demand.id", ondelete="CASCADE"), index=True
    )
    current: Mapped[str] = mapped_column(String(60), default="")
    test_method: Mapped[str] = mapped_column(String(120), default="")


LISTINGS: dict[str, type[Achievement] | type[Demand]] = {
    "achievement": Achievement,
    "demand": Demand,
}
# Child rows that are given as lists of values and replaced as a whole.
CHILDREN: dict[str, dict[str, type]] = {
    "achievement": {
        "co_owners": AchievementOrganisation,
        "contributors": Contributor,
        "metrics": AchievementMetric,
        "ips": IntellectualProperty,
    },
    "demand": {"metrics": DemandMetric},
}
KIND_NAMES = {kind: table.kind_name for kind, table in LISTINGS.items()}
Row = Achievement | Demand

__all__ = [
    "CHILDREN",
    "Achievement",
    "Demand",
    "KIND_NAMES",
    "LISTINGS",
    "Listing",
    "Row",
    "key_of",
]
