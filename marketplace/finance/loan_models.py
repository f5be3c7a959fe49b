"""The table of loans that banks file with the authority (备案)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.dictionaries.models import District
from marketplace.extensions import Model
from marketplace.finance.life import LOAN_LIFE, MAX_NOTE
from marketplace.finance.models import FinanceProduct
from marketplace.lifecycle import Life
from marketplace.organisations.models import Organisation

NO_PRODUCT = "没有登记的产品"
# A loan that was withdrawn leaves its contract number to one that is entered correctly.
_COUNTS = text("state <> 'withdrawn'")


class FiledLoan(Model):
    """A loan for turning achievements into products that a bank files with the authority (备案).

    Attributes:
        principal_fen, lost_fen, province_fen: 分: lent, lost of the principal, interest subsidy of the province.
        rate: per cent a year.
        rules: the dated values it is computed with, as they stood on the day of filing.
    """

    __tablename__ = "filed_loan"
    __table_args__ = (
        CheckConstraint(
            "state in ('filed', 'confirmed', 'returned', 'withdrawn', 'repaid', 'lost')",
            name="state",
        ),
        CheckConstraint("principal_fen > 0", name="principal_fen"),
        CheckConstraint("rate > 0 and rate < 100", name="rate"),
        CheckConstraint("end_on > start_on", name="period"),
        # A loan that is sent back for correction loses what it had come to: it is entered again.
        CheckConstraint("(state = 'repaid') = (repaid_on is not null)", name="repaid"),
        CheckConstraint("(state = 'lost') = (lost_fen is not null)", name="lost"),
        CheckConstraint(
            "lost_fen is null or (lost_fen > 0 and lost_fen <= principal_fen)",
            name="lost_fen",
        ),
        CheckConstraint(
            "province_fen is null or (province_fen > 0 and state = 'repaid' and province_document <> '')",
            name="province_fen",
        ),
        CheckConstraint("state <> 'returned' or note <> ''", name="note"),
        # Of two that are confirmed at once for one borrower only one is the first.
        Index(
            "uq_filed_loan_first",
            "borrower_uscc",
            unique=True,
            sqlite_where=text("is_first"),
            postgresql_where=text("is_first"),
        ),
        # The same contract twice, as by two presses of one button.
        Index(
            "uq_filed_loan_contract",
            "institution_id",
            "contract_no",
            unique=True,
            sqlite_where=_COUNTS,
            postgresql_where=_COUNTS,
        ),
    )
    kind: ClassVar[str] = "filed_loan"
    life: ClassVar[Life] = LOAN_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    # Of the institution; None where it is lent outside of what is listed here.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("finance_product.id"))
    # As the contract has it; a name that is not of the code is pointed out to the office.
    borrower_name: Mapped[str] = mapped_column(String(120))
    # Who the borrower is, for 首次备案, too: a borrower need not be on the platform.
    borrower_uscc: Mapped[str] = mapped_column(String(18), index=True)
    # The same as an organisation of the platform, where it is one.
    borrower_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    district_code: Mapped[str] = mapped_column(ForeignKey("district.code"))
    contract_no: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(MAX_NOTE))
    # 32 bits of 分 end at some 21 million 元.
    principal_fen: Mapped[int] = mapped_column(BigInteger)
    rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    start_on: Mapped[date]
    end_on: Mapped[date]
    # The day of the first filing: a correction changes neither it nor the rules.
    filed_on: Mapped[date]
    # Whether no other loan of the borrower was filed before (首次备案; a reading, see the rule).
    is_first: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10), default="filed", index=True)
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="", server_default="")
    decided_at: Mapped[datetime | None]
    repaid_on: Mapped[date | None]
    lost_fen: Mapped[int | None] = mapped_column(BigInteger)
    province_fen: Mapped[int | None] = mapped_column(BigInteger)
    province_document: Mapped[str] = mapped_column(
        String(200), default="", server_default=""
    )
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    institution: Mapped[Organisation] = relationship(
        foreign_keys=[institution_id], lazy="joined"
    )
    district: Mapped[District] = relationship(lazy="joined")
    product: Mapped[FinanceProduct | None] = relationship(lazy="joined")

    @property
    def organisation_id(self) -> int:
        """Whose it is, as the permission table asks: nobody of the bank confirms its own."""
        return self.institution_id

    @property
    def product_name(self) -> str:
        """The name of its product, in words where it has none."""
        return self.product.name if self.product is not None else NO_PRODUCT

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def is_in_time(self) -> bool:
        """Whether it was repaid by its last day."""
        return self.repaid_on is not None and self.repaid_on <= self.end_on
