"""Tables of achievements and demands, their life tables, and the one filter that says who sees which.

The fields are declared in `schema/`; deeds are in `deeds.py`, the copy for the search index in `index.py`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    exists,
    or_,
    text,
    true,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.dictionaries.models import Chain
from marketplace.extensions import Model, db
from marketplace.lifecycle import Life
from marketplace.listings.child_models import (
    AchievementMetric,
    AchievementOrganisation,
    Contributor,
    DemandMetric,
    IntellectualProperty,
    SchemaRow,
    ValueScore,
)
from marketplace.listings.life import (
    ACHIEVEMENT_LIFE,
    AT_DESK,
    DEMAND_LIFE,
    ENDED,
    OPEN_STATES,
    OUTCOMES,
    RENEWED_FROM,
    REOPEN_DAYS,
    SOLVED,
    SOLVED_NAME,
    WAITING,
)
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation, key_of
from marketplace.permissions import Reader, audiences

# What stands in the place of the owner of a draft whose writer has no organisation yet.
PERSONAL = "个人草稿（未选单位）"
# What of its place an unnamed demand may show; decided in `places.py`, stored so that all surfaces agree.
PLACES = ("", "district", "chain", "both")


def alias_of(district: str | None, chain: str | None, place: str) -> str:
    """What stands for a firm that is not to be named.

    Args:
        district: name of the district it is seated in.
        chain: name of the chain that the listing names.
        place: which of both may be shown, a value of `PLACES`.
    """
    seat = district if shows_district(place) else None
    trade = chain if shows_chain(place) else None
    return f"{seat or '聊城市'}某{trade or ''}企业"


def shows_district(place: str) -> bool:
    """Whether an unnamed demand of which this place is shown may show its district."""
    return place in ("district", "both")


def shows_chain(place: str) -> bool:
    """Whether it may show its chain."""
    return place in ("chain", "both")


class Listing(SchemaRow):
    """What achievements and demands have in common. Not a table of its own."""

    __abstract__ = True

    kind: ClassVar[str]
    kind_name: ClassVar[str]  # in Chinese
    counterpart: ClassVar[str]  # the kind this one is matched with
    main_text: ClassVar[str]  # the column in which a text pasted as a whole is stored
    life: ClassVar[Life]

    if TYPE_CHECKING:
        title: Mapped[str]
        visibility: Mapped[str]
        keywords: Mapped[list[str]]
        field_codes: Mapped[list[str]]  # the main one first, at most two more
        chain_code: Mapped[str | None]
        contact_name: Mapped[str]
        contact_phone: Mapped[str]
        contact_email: Mapped[str]
        valid_until: Mapped[date | None]

    id: Mapped[int] = mapped_column(primary_key=True)
    # The title without what spelling leaves open: two listings of one owner may not differ by that alone.
    title_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, index=True)
    # Counted up with every change, by SQLAlchemy: it refuses a change of a row that somebody else has changed,
    # and is the version of the row in the index.
    revision: Mapped[int] = mapped_column()
    # What the index has; where it differs from `revision` the index is behind and a job brings it in step.
    indexed_revision: Mapped[int] = mapped_column(default=0)
    # What lists show of the row (`cards.card_of`), written with every change; lists read it without loading the row.
    card: Mapped[dict[str, Any] | None] = mapped_column(
        db.JSON(none_as_null=True), deferred=True
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        schema = SCHEMAS[cls.kind]
        cls._add_columns(
            schema.stored, [*schema.constraints(), *_life_constraints(cls)]
        )
        super().__init_subclass__(**kwargs)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.revision}

    @declared_attr
    # A listing belongs to an organisation, not to a person: people leave, and their listings stay. Only the draft of
    # somebody who has no organisation yet belongs to its writer alone.
    def organisation_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("organisation.id"), index=True)

    # Who began it, and None where that was the site itself, as for a list of the command line.
    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("person.id"), index=True)

    @declared_attr
    # Joined: every page and list names the holder, and one statement for each row would be twenty a page.
    def organisation(cls) -> Mapped[Organisation | None]:
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
    def kind_word(self) -> str:
        """What a list calls the row: 成果, or of a demand the kind of need too."""
        return self.kind_name

    @property
    def holder_name(self) -> str:
        """The name of the owner, or what a draft without one is called."""
        return self.organisation.name if self.organisation else PERSONAL

    @property
    def is_renewable(self) -> bool:
        """Whether it may be renewed now: it is over, or its end is near: so a second press moves nothing."""
        if self.state == "expired":
            return True
        # The last day still counts: what ends today is published all day.
        last_day = self.valid_until
        if self.state != "published" or last_day is None:
            return False
        return last_day <= today() + timedelta(days=RENEWED_FROM)

    @property
    def owner_acts(self) -> bool:
        """Whether its organisation is not suspended; nothing of one that is may become public."""
        return self.organisation is None or self.organisation.is_active

    def in_time(self, deed: str) -> bool:
        """Whether today is a day for a deed that its state allows."""
        return deed != "renew" or self.is_renewable

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
        """The audiences that may find this row by search; empty: none. `findable_by` says the same in SQL."""
        # What is over or closed has a page and is in no search, so its copy leaves the index.
        if self.state != "published":
            return ()
        if self.visibility == "confidential":
            given = [f"broker:{broker_id}" for broker_id in sorted(self.broker_ids)]
            return ("operator", f"org:{self.organisation_id}", *given)
        return ("public",)

    @property
    def broker_ids(self) -> frozenset[int]:
        """Ids of the brokers whom operators have given the row to."""
        query = db.select(Assignment.broker_id)
        return frozenset(db.session.scalars(query.where(*Assignment.of_row(self))))

    @classmethod
    def findable_by(cls, person: Any) -> ColumnElement[bool]:
        """Filter: what `person` may find by search, browse and match: published, valid, open to an audience of theirs.

        Args:
            person: a Person, a guest, or None for the site itself.
        """
        return cls.findable_among(
            None if person is None else audiences(person), today()
        )

    @classmethod
    def findable_among(
        cls, reader: frozenset[str] | None, day: date
    ) -> ColumnElement[bool]:
        """`findable_by` for a reader who belongs to these audiences; None for the site itself."""
        # By the day as well as by the state: the job that moves what is over to 已过期 runs once a night.
        alive = and_(
            cls.state == "published",
            or_(cls.valid_until.is_(None), cls.valid_until >= day),
        )
        return and_(alive, cls._open_to(reader))

    @classmethod
    def visible_to(cls, person: Any) -> ColumnElement[bool]:
        """Filter: the rows whose page `person` may open. THE visibility filter of every surface.

        Public things by anybody (expired ones too, marked as such); confidential ones by operators, by the owner's
        people and by the brokers they were given to; everything else by operators, by its writer and by those who
        handle the listings of its owner.
        """
        # Operators see drafts too: they help firms on the telephone.
        if person is None or "operator" in audiences(person):
            return true()
        # The state alone, not the day: what ran out this morning has a page before the job has moved it.
        filters = [and_(cls.state.in_(OPEN_STATES), cls._open_to(audiences(person)))]
        if person.handled_ids:
            filters.append(cls.organisation_id.in_(person.handled_ids))
        if person.id is not None:
            filters.append(cls.written_by(person))
        return or_(*filters)

    @classmethod
    def written_by(cls, person: Reader) -> ColumnElement[bool]:
        """Filter: what a person began and still may look after; `permissions.writer` says the same of one row."""
        held = or_(
            cls.organisation_id.is_(None), cls.organisation_id.in_(person.active_ids)
        )
        return and_(cls.owner_id == person.id, held)

    @classmethod
    def looked_after_by(cls, person: Reader) -> ColumnElement[bool]:
        """Filter: the rows on somebody's desk: what they handle for an organisation, and what they began."""
        return or_(cls.organisation_id.in_(person.handled_ids), cls.written_by(person))

    @classmethod
    def _open_to(cls, reader: frozenset[str] | None) -> ColumnElement[bool]:
        if reader is None or "operator" in reader:
            return true()
        own = _numbers(reader, "org:")
        given = _numbers(reader, "broker:")
        filters = [cls.visibility != "confidential"]
        if own:
            filters.append(cls.organisation_id.in_(own))
        # Brokers carry confidential listings to those whom they may concern: the ones they were given.
        if given:
            filters.append(
                exists().where(
                    Assignment.kind == cls.kind,
                    Assignment.listing_id == cls.id,
                    Assignment.broker_id.in_(given),
                    Assignment.ended_at.is_(None),
                )
            )
        return or_(*filters)


def _numbers(reader: frozenset[str], prefix: str) -> list[int]:
    """The numbers of the audiences that begin so."""
    return [
        int(name.removeprefix(prefix)) for name in reader if name.startswith(prefix)
    ]


class Assignment(Model):
    """A listing that an operator has given a broker to look after, confidential or not."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("kind in ('achievement', 'demand')", name="kind"),
        Index("ix_assignment_row", "kind", "listing_id"),
        # Two operators at the same moment, or one who presses twice.
        Index(
            "uq_assignment_open",
            "kind",
            "listing_id",
            "broker_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int] = mapped_column()
    broker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    broker: Mapped[Person] = relationship(foreign_keys=[broker_id])

    @classmethod
    def of_row(cls, row: Listing) -> tuple[ColumnElement[bool], ...]:
        """Filter: the assignments of a listing that have not ended."""
        return (cls.kind == row.kind, cls.listing_id == row.id, cls.ended_at.is_(None))


def _life_constraints(table: type[Listing]) -> tuple[SchemaItem, ...]:
    """CHECK and index of both tables: known states, and what a state requires of the columns."""
    # What is over gives its title free: the next year's demand may bear the same name.
    living = text(f"state not in ({', '.join(repr(state) for state in ENDED)})")
    return (
        CheckConstraint(one_of("state", table.life.states), name="state"),
        CheckConstraint(
            "state not in ('published', 'suspended', 'expired')"
            " or (published_at is not null and valid_until is not null)",
            name="published",
        ),
        CheckConstraint(
            f"not ({one_of('state', (*AT_DESK, *WAITING))}) or submitted_at is not null",
            name="submitted",
        ),
        CheckConstraint(
            "organisation_id is not null or (state in ('draft', 'withdrawn', 'archived')"
            " and owner_id is not null)",
            name="owned",
        ),
        # In the database, for two people can save one title at the same moment.
        Index(
            f"uq_{table.kind}_owner_title",
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
    main_text = SCHEMAS["achievement"].main_text
    life = ACHIEVEMENT_LIFE

    if TYPE_CHECKING:
        summary: Mapped[str]
        stage: Mapped[str | None]
        stage_evidence: Mapped[str]
        trl: Mapped[int | None]
        application_status: Mapped[str | None]
        secrecy: Mapped[str | None]
        ownership: Mapped[str | None]
        conversion_note: Mapped[str]
        note: Mapped[str]
        conversion_modes: Mapped[list[str]]
        license_type: Mapped[str | None]
        price_mode: Mapped[str | None]
        price_min: Mapped[Decimal | None]
        price_max: Mapped[Decimal | None]

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


class Demand(Listing):
    """技术需求: what a firm needs solved, or the talent or capital it seeks."""

    __tablename__ = "demand"
    kind = "demand"
    kind_name = "需求"
    counterpart = "achievement"
    main_text = SCHEMAS["demand"].main_text
    life = DEMAND_LIFE

    if TYPE_CHECKING:
        need: Mapped[str]
        demand_type: Mapped[str | None]
        problem: Mapped[str]
        foundation: Mapped[str]
        cooperation_modes: Mapped[list[str]]
        stage_wished: Mapped[str | None]
        budget: Mapped[Decimal | None]
        budget_negotiable: Mapped[bool]
        deadline: Mapped[date | None]
        anonymous: Mapped[bool]

    # A new row shows nothing of its place until `places.settle_places` has counted who shares it.
    place_shown: Mapped[str] = mapped_column(String(10), default="", server_default="")
    # How it ended, a key of OUTCOMES; None while it has not, and where it ended before anybody was asked.
    outcome: Mapped[str | None] = mapped_column(String(12))
    closed_at: Mapped[datetime | None]

    metrics: Mapped[list[DemandMetric]] = relationship(
        order_by="DemandMetric.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def kind_word(self) -> str:
        return terms.NEEDS[self.need or terms.DEFAULT_NEED] + self.kind_name

    @property
    def is_solved(self) -> bool:
        """Whether it is closed because it was met."""
        return self.state == "closed" and self.outcome in SOLVED

    @property
    def state_name(self) -> str:
        """The state in Chinese; what was met says so."""
        return SOLVED_NAME if self.is_solved else super().state_name

    @property
    def outcome_name(self) -> str:
        """How it ended, in Chinese; empty where nobody has said so."""
        return OUTCOMES.get(self.outcome or "", "")

    @property
    def is_reopenable(self) -> bool:
        """Whether its owner may still reopen it; the day counts in UTC, as it was closed."""
        if self.state != "closed" or self.closed_at is None:
            return False
        return now() <= self.closed_at + timedelta(days=REOPEN_DAYS)

    def in_time(self, deed: str) -> bool:
        """As of every listing; and whether it may still be reopened."""
        if deed == "reopen":
            return self.is_reopenable
        return super().in_time(deed)

    @property
    def stage(self) -> str | None:
        """The stage an achievement should have reached: the wish, where an achievement says what is."""
        return self.stage_wished

    @property
    def is_matchable(self) -> bool:
        """A technology is what achievements can offer; talent and capital are not.

        What a partly public demand seeks is not public, so that its place in matching must not tell it either.
        """
        return self.need == "technology" or self.visibility == "partial"

    @classmethod
    def matchable(cls) -> ColumnElement[bool]:
        """Filter: demands for technology, and those of which nobody else may know what they seek."""
        return or_(cls.need == "technology", cls.visibility == "partial")

    @property
    def alias(self) -> str:
        """What stands for the firm where it is not to be named: district and chain at most."""
        owner = self.organisation
        district = None if owner is None else owner.district
        return alias_of(
            district.name if district else None,
            self.chain.name if self.chain else None,
            self.place_shown or "",  # a row that is not stored yet has none
        )


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
