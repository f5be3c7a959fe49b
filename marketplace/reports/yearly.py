"""The yearly report of an institution: contracts, money received, how it was shared; every sum with the rows behind it.

Whole 分 only. The rows are those of the ledger, the receipts and the distributions; nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy.orm import contains_eager, selectinload
from sqlalchemy.sql.base import ExecutableOption

from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.deals.life import CONVERSION_MODES
from marketplace.deals.models import Deal
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.proceeds.models import Distribution, Receipt
from marketplace.rules.content import Value
from marketplace.rules.queries import find_value
from marketplace.wording import yuan

DUE = "reports.institution_due"
# Of a deal its holder, also before the contract names a seller; of the register the seller.
_seller: ColumnElement[int | None] = func.coalesce(
    TechContract.seller_id, Deal.holder_organisation_id
)
Row = TypeVar("Row")
# Confirmed by both sides: whatever became of the registration.
# Signed counts whether or not the office registered it: the report is of what was agreed.
SIGNED = (
    "signed",
    "filed",
    "accepted",
    "registered",
    "not_registered",
    "cancelled",
)


@dataclass
class ModeSums:
    """What one way of conversion came to.

    Attributes:
        name: of the way, in Chinese.
        count, total_fen: contracts signed in the year.
        received_fen: received in the year, less what was taken back, of whatever year the contract is.
        net_fen, inventors_fen, institution_fen, office_fen: shared by what was settled in the year.
    """

    name: str
    count: int = 0
    total_fen: int = 0
    received_fen: int = 0
    net_fen: int = 0
    inventors_fen: int = 0
    institution_fen: int = 0
    office_fen: int = 0

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table, as pages and workbooks show it: sums in 元."""
        # Only here 分 become 元: everything before is added up in whole numbers.
        sums = [yuan(getattr(self, name)) for name in SUMS if name != "count"]
        return (self.name, str(self.count), *sums)

    def add(self, other: ModeSums) -> None:
        """Add the sums of another way."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


SUMS = (
    "count",
    "total_fen",
    "received_fen",
    "net_fen",
    "inventors_fen",
    "institution_fen",
    "office_fen",
)


@dataclass
class YearReport:
    """The report of an institution for one year.

    Attributes:
        organisation, year: whose, and for which.
        day: what is known on this day.
        signed: contracts signed in the year, by day.
        entries: entries of the ledger of contracts registered in the year, by day of registration.
        receipts: what came in or was taken back in the year.
        distributions: what was settled in the year.
        modes: the sums by way of conversion; `total` of all of them.
        due: until when the institution hands it in; None where no rule says so.
    """

    organisation: Organisation
    year: int
    day: date
    signed: list[TechContract] = field(default_factory=list)
    entries: list[ContractEntry] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    distributions: list[Distribution] = field(default_factory=list)
    modes: list[ModeSums] = field(default_factory=list)
    total: ModeSums = field(default_factory=lambda: ModeSums("合计"))
    due: Value | None = None

    @property
    def registered(self) -> dict[str, int]:
        """Count, total, technology and exempt amount of the contracts registered in the year, with all corrections."""
        return {
            "count": sum(one.counts for one in self.entries),
            "total_fen": sum(one.total_fen for one in self.entries),
            "tech_fen": sum(one.tech_fen for one in self.entries),
            "exempt_fen": sum(one.exempt_fen for one in self.entries),
        }

    @property
    def people(self) -> int:
        """How many shares of people were settled in the year; one who has two counts twice."""
        return sum(len(one.shares) for one in self.distributions)

    @property
    def has_leader(self) -> bool:
        """Whether somebody who holds a leading post was rewarded, which must have been public."""
        # Rewards of leaders have to be public, so the report says that there were some.
        return any(one.has_leader for one in self.distributions)


def report_of(organisation: Organisation, year: int, day: date) -> YearReport:
    """The report of an institution as the seller of technology.

    Args:
        organisation: whose.
        year: a year in China.
        day: today.
    """
    # The day of handing in by the rule of today, 待核实: the authority may set another one (decision 127).
    report = YearReport(organisation, year, day, due=find_value(DUE, day))
    # As in the ledger: a contract from the register without a day of signing counts by its registration.
    signed_on = func.coalesce(TechContract.signed_on, TechContract.registered_on)
    report.signed = _of_year(
        db.select(TechContract)
        .options(contains_eager(TechContract.deal))
        .where(TechContract.state.in_(SIGNED)),
        organisation,
        year,
        (signed_on, TechContract.id),
    )
    report.entries = _of_year(
        db.select(ContractEntry)
        .join(TechContract)
        .options(_with_contract(ContractEntry)),
        organisation,
        year,
        # By the registration and not by the entry: a correction counts for the year it corrects.
        (TechContract.registered_on, ContractEntry.id),
    )
    report.receipts = _of_year(
        db.select(Receipt).join(TechContract).options(_with_contract(Receipt)),
        organisation,
        year,
        (Receipt.received_on, Receipt.id),
    )
    report.distributions = _of_year(
        db.select(Distribution)
        .join(TechContract)
        .options(_with_contract(Distribution), selectinload(Distribution.shares))
        # What is planned may still change, or be objected to in its publicity.
        .where(Distribution.state == "settled"),
        organisation,
        year,
        (Distribution.settled_on, Distribution.id),
    )
    _add_up(report)
    return report


def _of_year(
    query: Select[tuple[Row]],
    organisation: Organisation,
    year: int,
    order: tuple[Any, Any],
) -> list[Row]:
    """The rows of a statement about contracts that an organisation sold, whose day is in a year.

    Args:
        query: has the contracts among its tables; their deals are joined here.
        organisation: the seller.
        year: a year in China.
        order: columns of the day and of the number.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = (
        query.outerjoin(Deal, Deal.id == TechContract.deal_id)
        # Days and not moments: the year is one of China without any zone.
        .where(_seller == organisation.id, order[0].between(first, last))
        .order_by(*order)
    )
    return list(db.session.scalars(rows))


def _with_contract(table: Any) -> ExecutableOption:
    """The contract of each row and its deal, from the statement itself."""
    return contains_eager(table.contract).contains_eager(TechContract.deal)


def years_of(organisation: Organisation, day: date) -> list[int]:
    """The years of which something may be reported, newest first: from the first contract to this year."""
    return years_by_seller([organisation.id], day)[organisation.id]


def years_by_seller(numbers: Sequence[int], day: date) -> dict[int, list[int]]:
    """The same of several organisations, by their number."""
    query = (
        db.select(
            _seller,
            func.min(TechContract.signed_on),
            func.min(TechContract.registered_on),
        )
        .outerjoin(Deal, Deal.id == TechContract.deal_id)
        .where(_seller.in_(numbers))
        .group_by(_seller)
    )
    begin = dict.fromkeys(numbers, day.year)
    for number, *days in db.session.execute(query):
        # Never later than today: who has sold nothing yet has one empty year and no page that fails.
        begin[number] = min([day, *filter(None, days)]).year
    return {number: list(range(day.year, begin[number] - 1, -1)) for number in numbers}


def mode_name(contract: TechContract) -> str:
    """How what a contract sells is converted; of one from the register nobody has said so."""
    if contract.deal is None:
        return "登记簿导入，方式没有填写"
    return CONVERSION_MODES[contract.deal.conversion_mode]


def _add_up(report: YearReport) -> None:
    sums: dict[str, ModeSums] = {}

    def of(contract: TechContract) -> ModeSums:
        name = mode_name(contract)
        return sums.setdefault(name, ModeSums(name))

    for contract in report.signed:
        of(contract).count += 1
        # Of a contract without a sum only the number is known.
        of(contract).total_fen += contract.total_fen or 0
    for receipt in report.receipts:
        of(receipt.contract).received_fen += receipt.amount_fen
    for one in report.distributions:
        row = of(one.contract)
        # Distributions of a contract go on from each other: each counts what it adds.
        row.net_fen += one.net_after_fen - one.net_before_fen
        row.inventors_fen += one.inventors_fen
        row.institution_fen += one.institution_fen
        row.office_fen += one.office_fen
    # In the order of the law; what the register leaves open comes last.
    places = {name: place for place, name in enumerate(CONVERSION_MODES.values())}
    report.modes = sorted(
        sums.values(), key=lambda one: places.get(one.name, len(places))
    )
    for one_mode in report.modes:
        report.total.add(one_mode)


def institutions(rows: Iterable[Organisation]) -> list[Organisation]:
    """Universities and institutes first, then the others, by name."""
    first = ("university", "institute")
    return sorted(rows, key=lambda one: (one.kind not in first, one.name))


def sellers() -> list[Organisation]:
    """The organisations of the site that have sold technology."""
    by_contract = db.select(TechContract.seller_id).where(
        TechContract.seller_id.is_not(None)
    )
    # Before it is signed a contract may not name its seller yet; its deal does.
    by_deal = db.select(Deal.holder_organisation_id).join(
        TechContract, TechContract.deal_id == Deal.id
    )
    query = db.select(Organisation).where(
        or_(Organisation.id.in_(by_contract), Organisation.id.in_(by_deal))
    )
    return institutions(db.session.scalars(query))
