"""Tables of the rows that belong to a listing: its institutions, people, figures, rights and scores.

The listings themselves are in `models.py`; the fields of both are declared in `schema/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from marketplace.clock import today
from marketplace.extensions import Model
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.listings.schema.choices import one_of
from marketplace.listings.schema.field import Field
from marketplace.listings.schema.rows import metric_words

CHECK_DAYS = 180  # days after which the legal status of a patent counts as stale


class SchemaRow(Model):
    """A table whose columns come from the schema of listings. Not a table of its own.

    Only what code asks for by name is declared in these classes for the type checker; a field that is read through the
    schema alone is an entry there and a migration, and nothing here.
    """

    __abstract__ = True

    @classmethod
    def _add_columns(
        cls, fields: Iterable[Field], constraints: Iterable[SchemaItem]
    ) -> None:
        """Give the class a column for each field and its constraints, before SQLAlchemy maps it."""
        for field in fields:
            setattr(cls, field.name, field.column())
        cls.__table_args__ = tuple(constraints)


class ListingRow(SchemaRow):
    """A row of a field that has rows of its own, in their order. Not a table of its own."""

    __abstract__ = True

    listing_kind: ClassVar[str]
    field_name: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Metric is the common part of two such tables and belongs to no field itself.
        if not cls.__dict__.get("__abstract__"):
            rows = SCHEMAS[cls.listing_kind].rows[cls.field_name]
            cls._add_columns(rows.row, rows.row_constraints())
        super().__init_subclass__(**kwargs)


class AchievementOrganisation(ListingRow):
    """One of the completing organisations, in order; the first is the lead."""

    __tablename__ = "achievement_organisation"
    listing_kind = "achievement"
    field_name = "co_owners"

    if TYPE_CHECKING:
        name: Mapped[str]

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )


class Contributor(ListingRow):
    """One of the completing people, by contribution."""

    __tablename__ = "contributor"
    listing_kind = "achievement"
    field_name = "contributors"

    if TYPE_CHECKING:
        name: Mapped[str]

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )


class Metric(ListingRow):
    """A technical figure: name, operator, value(s), unit. Not a table of its own."""

    __abstract__ = True

    field_name = "metrics"

    if TYPE_CHECKING:
        name: Mapped[str]
        operator: Mapped[str]
        value: Mapped[Decimal]
        # upper end of a range, or the ± of a value
        value_max: Mapped[Decimal | None]
        unit: Mapped[str]

    def __str__(self) -> str:
        return metric_words(self)


class AchievementMetric(Metric):
    """A figure an achievement has reached."""

    __tablename__ = "achievement_metric"
    listing_kind = "achievement"

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )


class IntellectualProperty(ListingRow):
    """A patent or other right an achievement rests on."""

    __tablename__ = "intellectual_property"
    listing_kind = "achievement"
    field_name = "ips"

    if TYPE_CHECKING:
        ip_type: Mapped[str]
        name: Mapped[str]
        number: Mapped[str]
        owners: Mapped[str]
        pledged: Mapped[bool]
        licensed: Mapped[bool]
        legal_status: Mapped[str | None]
        applied_on: Mapped[date | None]
        fee_paid_until: Mapped[date | None]
        checked_on: Mapped[date | None]

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), index=True
    )

    @property
    def expires_on(self) -> date | None:
        """The last day of protection by 专利法 art. 42 (20, 10 or 15 years from application), if it can be known."""
        years = terms.PATENT_YEARS.get(self.ip_type)
        if years is None or self.applied_on is None:
            return None
        try:
            # 专利法 art. 42 counts by the calendar, so the day of the month is that of the application.
            return self.applied_on.replace(year=self.applied_on.year + years)
        except ValueError:  # 29 February
            return self.applied_on.replace(year=self.applied_on.year + years, day=28)

    @property
    def standing(self) -> str | None:
        """How a patent stands today: `lapsed`, `fee_due`, empty where it is in force or on its way; None for others."""
        if self.ip_type not in terms.PATENT_YEARS:
            return None
        # What the owner says ended has ended, whatever its days would allow.
        if self.legal_status in terms.ENDED_RIGHTS:
            return "lapsed"
        if self.expires_on is not None and self.expires_on < today():
            return "lapsed"
        # Unknown is no fault: lists have no column for the fee.
        if self.fee_paid_until is None or self.fee_paid_until >= today():
            return ""
        # 专利法实施细则: a fee may be paid late within six months, and the right lives on until then.
        in_grace = today() - self.fee_paid_until <= timedelta(terms.FEE_GRACE_DAYS)
        return "fee_due" if in_grace else "lapsed"


def standing_of_patents(rights: Iterable[IntellectualProperty]) -> str:
    """`lapsed` or `fee_due` where no patent of a listing is in force any more; empty where one is, or it has none."""
    standings = [right.standing for right in rights if right.standing is not None]
    # One that is in force is enough for a licence.
    if not standings or "" in standings:
        return ""
    # A fee that can still be paid is better news than a right that is gone.
    return "fee_due" if "fee_due" in standings else "lapsed"


class ValueScore(Model):
    """One axis of the five-value evaluation, 0–100, with who judged and on what evidence."""

    __tablename__ = "value_score"
    __table_args__ = (
        CheckConstraint(one_of("axis", terms.VALUE_AXES), name="axis"),
        CheckConstraint("score between 0 and 100", name="score"),
    )

    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id", ondelete="CASCADE"), primary_key=True
    )
    axis: Mapped[str] = mapped_column(String(20), primary_key=True)
    score: Mapped[int]
    evaluator: Mapped[str] = mapped_column(String(120))
    evidence: Mapped[str] = mapped_column(String(300), default="")


class DemandMetric(Metric):
    """A figure a demand asks for; `current` is where the firm stands today."""

    __tablename__ = "demand_metric"
    listing_kind = "demand"

    if TYPE_CHECKING:
        current: Mapped[str]
        test_method: Mapped[str]

    demand_id: Mapped[int] = mapped_column(
        ForeignKey("demand.id", ondelete="CASCADE"), index=True
    )
