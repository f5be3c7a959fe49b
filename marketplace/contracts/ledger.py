"""The ledger of registered contracts: entries by year, organisation, type, field, district, and their sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import selectinload

from marketplace.clock import today
from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.contracts.rollup import (
    DOUBTFUL_KINDS,
    NAMED_KINDS,
    Line,
    Reading,
    YearSum,
    total_of,
    yearly_sums,
)
from marketplace.contracts.vocabulary import TECH_FIELDS
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.dictionaries.models import District
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.rules.queries import find_value

# Keys of the room `rules`: 聊政字〔2023〕11号 art. 19, and how what it leaves open is read.
RATE = "tech_contract.rate"
CAP = "tech_contract.cap"
READINGS = ("tech_contract.cap_holder", "tech_contract.year_by", "tech_contract.payee")


@dataclass(frozen=True)
class Filters:
    """What the ledger is narrowed to; empty: to nothing."""

    year: str = ""
    organisation: str = ""
    type: str = ""
    field: str = ""
    district: str = ""

    @property
    def address(self) -> dict[str, str]:
        """As parts of an address, without those that are empty."""
        found = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value:
                found[one.name] = value
        return found

    def narrowed(self, name: str, value: str) -> dict[str, str]:
        """The address with one more filter."""
        return {**self.address, name: value}


@dataclass(frozen=True)
class Row:
    """One entry with what is known of its contract."""

    line: Line
    kind: str
    contract_type: str
    field: str
    district: str
    title: str
    registry_no: str
    seller_name: str
    buyer_name: str
    seller_kind: str

    def code_of(self, name: str) -> str:
        """The code by which a filter of that name finds it."""
        return {
            "year": str(self.line.registered_on.year),
            "organisation": self.line.seller,
            "type": self.contract_type,
            "field": self.field,
            "district": self.district,
        }[name]


@dataclass(frozen=True)
class Group:
    """The entries of one value of a filter."""

    code: str
    name: str
    sums: YearSum
    address: Mapping[str, str]


@dataclass(frozen=True)
class Subsidy:
    """What one holder may get for one year, at most."""

    holder: str
    name: str
    year: int
    sums: YearSum
    doubt: str
    address: Mapping[str, str]


@dataclass(frozen=True)
class RegisteredContract:
    """What the policies ask of a contract of an organisation (`policies/content.py`).

    Attributes:
        number: of the register.
        title: what it is about.
        is_paid: whether the organisation is the one to whom the subsidy is paid, by the reading.
        tax_free_amount: 免税技术交易额 in 万元, with all corrections.
    """

    number: str
    title: str
    is_paid: bool
    tax_free_amount: Decimal


def registered_contracts(
    organisation_id: int, year: int
) -> Iterator[RegisteredContract]:
    """The registered contracts of an organisation that belong to a year, by the reading of today.

    Args:
        organisation_id: one of the two parties.
        year: of the registration or of the signing, as `tech_contract.year_by` says.
    """
    reading, _ = reading_on(today())
    # Where no clause is in force, a year of the ledger is that of the registration.
    year_by = reading.year_by if reading is not None else "registration"
    payee = reading.payee if reading is not None else "seller"
    day: ColumnElement[Any] = TechContract.registered_on.expression
    if year_by == "signing":
        # As `rollup.year_of`: a contract without a day of signing counts by its registration.
        day = func.coalesce(TechContract.signed_on, day)
    query = (
        db.select(TechContract)
        .where(
            # A contract whose registration was cancelled counts in no year.
            TechContract.state == "registered",
            day >= date(year, 1, 1),
            day <= date(year, 12, 31),
            db.or_(
                TechContract.seller_id == organisation_id,
                TechContract.buyer_id == organisation_id,
            ),
        )
        .options(selectinload(TechContract.entries))
    )
    for contract in db.session.scalars(query.order_by(TechContract.id)):
        paid_id = contract.buyer_id if payee == "buyer" else contract.seller_id
        yield RegisteredContract(
            contract.registry_no or "",
            contract.title or "",
            paid_id == organisation_id,
            Decimal(contract.registered_sums["exempt_fen"]) / FEN_OF_WAN,
        )


def all_rows() -> list[Row]:
    """Every entry, oldest registration first."""
    # Outer: the seller of a contract from the register may not be on the platform.
    query = (
        db.select(ContractEntry, TechContract, Organisation)
        .join(TechContract, TechContract.id == ContractEntry.contract_id)
        .outerjoin(Organisation, Organisation.id == TechContract.seller_id)
        .order_by(TechContract.registered_on, ContractEntry.id)
    )
    rows = []
    for entry, contract, seller in db.session.execute(query).tuples():
        rows.append(_row_of(entry, contract, seller))
    return rows


def matching(rows: Iterable[Row], filters: Filters) -> list[Row]:
    """The entries that a filter leaves."""
    wanted = filters.address
    found = []
    for row in rows:
        if all(row.code_of(name) == value for name, value in wanted.items()):
            found.append(row)
    return found


def grouped(rows: list[Row], name: str, filters: Filters) -> list[Group]:
    """Entries by the values of one filter, the largest sum first; years the newest first."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.code_of(name)].append(row)
    words = _words_of(name)
    found = []
    for code, group in groups.items():
        sums = total_of(row.line for row in group)
        # The newest one: names may have changed between two entries.
        title = group[-1].seller_name if name == "organisation" else words(code)
        found.append(Group(code, title, sums, filters.narrowed(name, code)))
    if name == "year":
        return sorted(found, key=lambda group: group.code, reverse=True)
    # Equal sums by their code, so that the order is the same with each look.
    return sorted(found, key=lambda group: (-group.sums.total, group.code))


def reading_on(day: date) -> tuple[Reading | None, list[str]]:
    """How the clause of the subsidy is read on a day, and the lines that say so; None where it is not in force."""
    rate, cap = find_value(RATE, day), find_value(CAP, day)
    readings = [find_value(key, day) for key in READINGS]
    # A value that has lapsed switches the subsidy off; none is ever taken for 0 (110).
    if rate is None or cap is None or None in readings:
        return None, []
    holder, year_by, payee = (one.value for one in readings if one is not None)
    reading = Reading(
        rate=rate.number,
        # The rule is in 万元.
        cap=int(cap.number * FEN_OF_WAN),
        year_by=year_by,
        payee=payee,
        cap_holder=holder,
    )
    lines = []
    for one in (rate, cap, *readings):
        if one is not None:
            # With its source, for a reading is ours and not the clause's (reference §8.1).
            lines.append(f"{one.says}{one.source}。")
    return reading, lines


def subsidies(rows: list[Row], reading: Reading, filters: Filters) -> list[Subsidy]:
    """What each holder may get for each year at most, the newest year and the largest sum first."""
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for row in rows:
        names[row.line.seller] = row.seller_name
        kinds[row.line.seller] = row.seller_kind
        names.setdefault(row.line.buyer, row.buyer_name)
    found = []
    for (holder, year), sums in yearly_sums(
        [row.line for row in rows], reading
    ).items():
        address = {**filters.address, "year": str(year)}
        # The filter of the ledger goes by sellers; for a buyer there is none.
        if reading.payee == "seller":
            address["organisation"] = holder
        # The kind is known of sellers; of anybody else it is left open.
        doubt = doubt_of(kinds.get(holder, ""))
        name = names.get(holder, holder)
        found.append(Subsidy(holder, name, year, sums, doubt, address))
    return sorted(found, key=lambda one: (-one.year, -one.sums.exempt, one.holder))


def doubt_of(kind: str) -> str:
    """What is not settled of a holder's claim; empty for whom the clause names."""
    if kind in NAMED_KINDS:
        return ""
    if kind in DOUBTFUL_KINDS:
        return "高校是否适用待核实"
    return "单位类型待核实"


def sentence(rows: list[Row], year: int) -> str:
    """The sums of a year in one sentence, which names nobody."""
    # By the registration, whatever the subsidy goes by.
    sums = total_of(row.line for row in rows if row.line.registered_on.year == year)
    return (
        f"{year} 年登记技术合同 {sums.count} 份，成交 {wan(sums.total)} 万元，"
        f"技术交易额 {wan(sums.tech)} 万元。"
    )


def wan(fen: int) -> str:
    """分 in 万元 for reading, to four places at most: a way of showing it, never of computing."""
    # The sign apart: `divmod` rounds a negative number downwards.
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_OF_WAN)
    # 1 万元 has a million 分.
    places = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole:,}.{places}" if places else f"{sign}{whole:,}"


def _row_of(
    entry: ContractEntry, contract: TechContract, seller: Organisation | None
) -> Row:
    assert contract.registered_on is not None  # noqa: S101  every entry has a registration
    line = Line(
        contract=contract.id,
        seller=_key_of(contract.seller_id, contract.seller_name),
        buyer=_key_of(contract.buyer_id, contract.buyer_name),
        registered_on=contract.registered_on,
        signed_on=contract.signed_on,
        total=entry.total_fen,
        tech=entry.tech_fen,
        exempt=entry.exempt_fen,
        counts=entry.counts,
    )
    return Row(
        line=line,
        kind=entry.kind,
        contract_type=contract.contract_type,
        field=contract.tech_field or "",
        district=contract.seller_district or "",
        title=contract.title or "",
        registry_no=contract.registry_no or "",
        seller_name=contract.seller_name or "",
        buyer_name=contract.buyer_name or "",
        seller_kind=seller.kind if seller is not None else "",
    )


def _key_of(number: int | None, name: str | None) -> str:
    # With the mark no name can be taken for the number of an organisation.
    return str(number) if number is not None else f"~{name}"


def _words_of(name: str) -> Callable[[str], str]:
    known: dict[str, str] = {}
    if name == "type":
        known = CONTRACT_TYPES
    elif name == "field":
        known = TECH_FIELDS
    elif name == "district":
        query = db.select(District.code, District.name)
        known = dict(db.session.execute(query).tuples().all())

    def words(code: str) -> str:
        return known.get(code, code) or "没有写"

    return words
