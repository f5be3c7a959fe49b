"""Tables of products of institutions, with their versions, and of packs of firms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.extensions import Model
from marketplace.finance.content import ProductCase, ProductTerms, cases_of, terms_of
from marketplace.finance.life import (
    MAX_NOTE,
    PACK_LIFE,
    PRODUCT_KINDS,
    PRODUCT_LIFE,
    VERSION_LIFE,
)
from marketplace.lifecycle import Life
from marketplace.organisations.models import Organisation

MAX_NAME = 80
# The phase `open` of the life, and below what acts, written as SQL: a partial index knows no Python.
_IS_OPEN = text("state in ('draft', 'submitted', 'returned')")
# A version that was replaced leaves its first day to another one.
_STANDS = text("state = 'approved' and replaced_at is null")
_IS_GRANTED = text("state = 'granted'")


class FinanceProduct(Model):
    """A product of a financial institution; what it offers and requires is in its versions."""

    __tablename__ = "finance_product"
    __table_args__ = (
        CheckConstraint(
            "kind in ('loan', 'guarantee', 'insurance', 'ip_pledge', 'fund')",
            name="kind",
        ),
        CheckConstraint("state in ('preparing', 'listed', 'ended')", name="state"),
        # Whatever their state: sums of loans are grouped by the names of institution and product.
        UniqueConstraint("organisation_id", "name", name="uq_finance_product_name"),
    )
    life: ClassVar[Life] = PRODUCT_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    product_kind: Mapped[str] = mapped_column("kind", String(12))
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    state: Mapped[str] = mapped_column(String(10), default="preparing", index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    versions: Mapped[list[ProductVersion]] = relationship(
        order_by="ProductVersion.number.desc()", back_populates="product"
    )

    @property
    def kind(self) -> str:
        """What History calls it."""
        return "finance_product"

    @property
    def kind_name(self) -> str:
        """Its kind in Chinese."""
        return PRODUCT_KINDS[self.product_kind]

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def open_version(self) -> ProductVersion | None:
        """The version that is written or reviewed; None where none is."""
        for version in self.versions:
            if version.is_open:
                return version
        return None

    @property
    def written_version(self) -> ProductVersion | None:
        """The newest version that was not given up, from which a new one begins; None where there is none."""
        for version in self.versions:
            if version.state != "dropped":
                return version
        return None


class ProductVersion(Model):
    """One version of a product: written by its institution, read by an operator, acting from its first day."""

    __tablename__ = "finance_product_version"
    __table_args__ = (
        CheckConstraint(
            "state in ('draft', 'submitted', 'approved', 'returned', 'dropped')",
            name="state",
        ),
        # What would end before it begins is replaced as a whole (`deeds._make_way`).
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="period"),
        # Nothing is sent back without a word on what to change.
        CheckConstraint("state <> 'returned' or note <> ''", name="note"),
        Index("uq_finance_product_version_number", "product_id", "number", unique=True),
        # Two people of a bank who begin at once begin one.
        Index(
            "uq_finance_product_version_open",
            "product_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "uq_finance_product_version_first_day",
            "product_id",
            "valid_from",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )
    kind: ClassVar[str] = "finance_product_version"
    life: ClassVar[Life] = VERSION_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("finance_product.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="draft", index=True)
    # Terms and worked examples in one value: they are reviewed together and frozen together (142).
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    valid_from: Mapped[date]
    # The day before the version that follows it; none before there is one.
    valid_to: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="", server_default="")
    # Who wrote or handed it in last: the permission table keeps them from approving it.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Set where a later version begins on the same day or before, and takes its place altogether.
    replaced_at: Mapped[datetime | None]
    # The bank that recalls while an operator approves: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    product: Mapped[FinanceProduct] = relationship(
        lazy="joined", back_populates="versions"
    )

    @property
    def organisation_id(self) -> int:
        """Whose it is, as the permission table asks: nobody of the bank lets its own versions through."""
        return self.product.organisation_id

    @property
    def terms(self) -> ProductTerms:
        """What it offers and requires."""
        return terms_of(self.content)

    @property
    def cases(self) -> list[ProductCase]:
        """Its worked examples."""
        return cases_of(self.content)

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_open(self) -> bool:
        """Whether it is written or reviewed."""
        return self.state in self.life.phases["open"]

    @property
    def period(self) -> str:
        """From when until when it acts."""
        if self.valid_to is None:
            return f"{self.valid_from} 起"
        return f"{self.valid_from} 至 {self.valid_to}"


class FirmPack(Model):
    """What a firm lets one institution see until a day: there is no row without its consent.

    Attributes:
        content: what was ticked, as it was at that moment; never changed.
        sha256: of the canonical text of `content`, in hexadecimal.
        consent: the text that was agreed to.
    """

    __tablename__ = "firm_pack"
    __table_args__ = (
        CheckConstraint("state in ('granted', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("consent <> ''", name="consent"),
        # Retention counts from `ended_at`: an ended pack without it would never be removed.
        CheckConstraint("(state = 'granted') = (ended_at is null)", name="ended"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        # A merger of a firm with its bank would make a pack of one to itself; such packs end there.
        CheckConstraint("organisation_id <> institution_id", name="parties"),
        # Two presses of one button are one pack; a new one begins with ending the old one.
        Index(
            "uq_firm_pack_granted",
            "organisation_id",
            "institution_id",
            unique=True,
            sqlite_where=_IS_GRANTED,
            postgresql_where=_IS_GRANTED,
        ),
    )
    kind: ClassVar[str] = "firm_pack"
    life: ClassVar[Life] = PACK_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    institution_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    product_id: Mapped[int | None] = mapped_column(ForeignKey("finance_product.id"))
    purpose: Mapped[str] = mapped_column(String(MAX_NOTE))
    # The last day on which it may be seen, to its end in China.
    until: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    # The words themselves: the text in the code may change while the pack goes on.
    consent: Mapped[str] = mapped_column(String(MAX_NOTE))
    consented_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(10), default="granted", index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    institution: Mapped[Organisation] = relationship(foreign_keys=[institution_id])
    product: Mapped[FinanceProduct | None] = relationship()
    consented_by: Mapped[Person | None] = relationship(foreign_keys=[consented_by_id])

    @property
    def is_open(self) -> bool:
        """Whether the institution may see it today, whether or not the job has run."""
        return self.state == "granted" and self.until >= today()

    @property
    def state_name(self) -> str:
        """The state in Chinese; what has run out today is over before the job has said so."""
        if self.state == "granted" and not self.is_open:
            return self.life.names["expired"]
        return self.life.names[self.state]
