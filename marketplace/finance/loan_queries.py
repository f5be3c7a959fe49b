"""What is read of filed loans: one, those of a bank, the office's list by its filters, and what each comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace import persistence
from marketplace.counting import as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.finance.disclosure import acting_ids
from marketplace.finance.life import LOAN_LIFE
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.subsidies import (
    KEYS,
    LossShare,
    interest_subsidy,
    loss_share,
    rules_of,
)
from marketplace.organisations.queries import find_organisation
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.parsing.text import folded_name
from marketplace.permissions import Reader, may
from marketplace.persistence import Page
from marketplace.rules.content import Value
from marketplace.rules.queries import find_value, thawed

SIZE = 20
NO_PROVINCE = "等省级贴息额"
MOST_EXPORTED = 10_000
SUMS = ("count", "principal", "interest", "open", "city", "county")


@dataclass(frozen=True)
class Computed:
    """What a loan comes to by the rules of its day.

    Attributes:
        interest_fen: the city's part of the interest subsidy; None where none is owed or the province's is not known.
        loss: what is borne of a lost principal; None where nothing was lost.
        why: why there is no interest subsidy, in words; empty where there is one.
        sources: the values it was computed with.
    """

    interest_fen: int | None
    loss: LossShare | None
    why: str
    sources: tuple[Value, ...]


@dataclass(frozen=True)
class LoanFilters:
    """What the office's list is narrowed to; empty texts leave everything."""

    state: str = ""
    year: str = ""
    district: str = ""

    @property
    def address(self) -> dict[str, str]:
        """The parts of an address that say so."""
        given = {"state": self.state, "year": self.year, "district": self.district}
        return {name: value for name, value in given.items() if value}


def read_filters(given: Mapping[str, str]) -> LoanFilters:
    """Filters of an address; what is none is left out."""
    state, year = given.get("state", ""), given.get("year", "")
    # An address that was saved long ago opens the whole list rather than an error.
    if state not in LOAN_LIFE.names:
        state = ""
    if not (len(year) == 4 and year.isascii() and year.isdigit() and year > "2000"):
        year = ""
    return LoanFilters(state, year, given.get("district", "")[:12])


def get_loan(number: int, *, by: Reader) -> FiledLoan:
    """A loan of one's bank, or for the office. Raises NotFound."""
    row = persistence.find_row(FiledLoan, number)
    # Not found for both: what another bank lends to whom is nobody's business.
    if row is None or not may(by, "finance.read_loan", row):
        raise NotFound("没有找到这笔贷款。", "可以从「贷款备案」进入。")
    return row


def filed_as(
    institution_id: int, contract_no: str, *, other_than: FiledLoan | None = None
) -> FiledLoan | None:
    """The loan that a bank has filed under the number of a contract; None where there is none.

    Args:
        institution_id: the bank.
        contract_no: the number, however its letters are spaced, wide or cased: it is one contract.
        other_than: a loan that is left out.
    """
    own_id = other_than.id if other_than is not None else None
    query = db.select(FiledLoan.contract_no, FiledLoan.id).where(
        FiledLoan.institution_id == institution_id,
        # One that was withdrawn leaves its number to one that is entered correctly.
        FiledLoan.state != "withdrawn",
    )
    wanted = folded_name(contract_no)
    for number, row_id in db.session.execute(query).tuples():
        if row_id != own_id and folded_name(number) == wanted:
            return db.session.get(FiledLoan, row_id)
    return None


def loans_of(person: Reader) -> list[FiledLoan]:
    """The loans that a person's banks have filed, newest first."""
    query = db.select(FiledLoan).where(FiledLoan.institution_id.in_(acting_ids(person)))
    return list(db.session.scalars(query.order_by(FiledLoan.id.desc()).limit(500)))


@as_count()
def filed_count() -> Any:
    """How many wait for the office."""
    return db.select(db.func.count(FiledLoan.id)).where(FiledLoan.state == "filed")


def filed_page(page: int) -> tuple[list[FiledLoan], Page]:
    """A page of those, the oldest first, and the arithmetic of the pages."""
    arithmetic = Page(int(filed_count()), SIZE)
    query = (
        db.select(FiledLoan)
        .where(FiledLoan.state == "filed")
        .order_by(FiledLoan.filed_on, FiledLoan.id)
        .offset(arithmetic.offset(page))
        .limit(SIZE)
    )
    return list(db.session.scalars(query)), arithmetic


def all_loans(filters: LoanFilters) -> list[FiledLoan]:
    """Everything that was filed and not withdrawn, narrowed, the newest first; for the list and its export."""
    query = db.select(FiledLoan)
    if filters.state:
        query = query.where(FiledLoan.state == filters.state)
    else:
        # Withdrawn ones are in no sum; who looks for them chooses their state.
        query = query.where(FiledLoan.state != "withdrawn")
    if filters.year:
        year = int(filters.year)
        query = query.where(
            FiledLoan.filed_on >= date(year, 1, 1),
            FiledLoan.filed_on <= date(year, 12, 31),
        )
    if filters.district:
        query = query.where(FiledLoan.district_code == filters.district)
    ordered = query.order_by(FiledLoan.filed_on.desc(), FiledLoan.id.desc())
    return list(db.session.scalars(ordered.limit(MOST_EXPORTED)))


def computed(loan: FiledLoan) -> Computed:
    """What a loan comes to by the rules that it has stored."""
    values = thawed(loan.rules)
    rules = rules_of(values)
    why = ""
    # The first reason that holds: waiting for the province comes last, where nothing else is in the way.
    if loan.state == "lost":
        why = "本金有损失，不补贴利息"
    elif loan.state != "repaid":
        why = "按时还本付息以后才有"
    elif not loan.is_in_time:
        why = "没有按时还清"
    elif rules.first_by == "borrower" and not loan.is_first:
        why = "不是这家企业首次备案的贷款"
    elif loan.province_fen is None:
        why = NO_PROVINCE
    interest = None
    if not why and loan.province_fen is not None:
        interest = interest_subsidy(loan.province_fen, rules)
    loss = None
    if loan.lost_fen is not None:
        loss = loss_share(loan.lost_fen, rules)
    return Computed(interest, loss, why, tuple(values[key] for key in KEYS))


def sums_of(loans: Iterable[FiledLoan]) -> dict[str, int]:
    """Sums of a list in 分: principal, interest subsidy of the city, and what is borne of losses.

    `open` counts those whose interest subsidy is not in the sum, for what the province pays is not known.
    """
    sums = dict.fromkeys(SUMS, 0)
    for loan in loans:
        result = computed(loan)
        sums["count"] += 1
        sums["principal"] += loan.principal_fen
        sums["interest"] += result.interest_fen or 0
        sums["open"] += result.why == NO_PROVINCE
        if result.loss is not None:
            sums["city"] += result.loss.city
            sums["county"] += result.loss.county
    return sums


def sums_by_product(loans: Iterable[FiledLoan]) -> list[tuple[str, dict[str, int]]]:
    """(institution and product, sums as `sums_of`) of a list, the largest principal first."""
    groups: dict[str, list[FiledLoan]] = {}
    for loan in loans:
        # Of loans outside of any product one group for each institution.
        name = f"{loan.institution.name}：{loan.product_name}"
        groups.setdefault(name, []).append(loan)
    sums = [(name, sums_of(rows)) for name, rows in groups.items()]
    return sorted(sums, key=lambda one: (-one[1]["principal"], one[0]))


def total_of(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """What several results of `sums_of` come to."""
    total = dict.fromkeys(SUMS, 0)
    for part in parts:
        for name, value in part.items():
            total[name] += value
    return total


def loans_of_product(product_id: int) -> dict[str, int]:
    """`count` and `principal` in 分 of the loans that were filed under a product and not withdrawn."""
    # By the database: the page needs two numbers and none of the rows.
    query = db.select(
        db.func.count(FiledLoan.id),
        db.func.coalesce(db.func.sum(FiledLoan.principal_fen), 0),
    ).where(FiledLoan.product_id == product_id, FiledLoan.state != "withdrawn")
    count, principal = db.session.execute(query).one()
    return {"count": count, "principal": int(principal)}


def figures_of_borrower(
    organisation_id: int, day: date
) -> Iterator[tuple[str, bool | Decimal]]:
    """(question of clauses, its answer) by the loans that the office has confirmed for a borrower.

    Only what is certain: nothing is answered by a loan that still runs, nor where what the province pays is not known.

    Args:
        organisation_id: the borrower.
        day: on which it is asked; of its year are the loans that were paid back.
    """
    query = db.select(FiledLoan).where(
        # Filed for an organisation of the platform; by its code it was recognised when it was filed.
        FiledLoan.borrower_id == organisation_id,
        # What a bank has only filed is its word; the office's makes it a fact.
        FiledLoan.state.in_(("confirmed", "repaid", "lost")),
    )
    counted = []
    for loan in db.session.scalars(query.order_by(FiledLoan.id)):
        is_of_year = loan.repaid_on is None or loan.repaid_on.year == day.year
        # By the reading of the day on which it was filed, as its own page computes it.
        any_counts = rules_of(thawed(loan.rules)).first_by == "loan"
        if is_of_year and (loan.is_first or any_counts):
            counted.append(loan)
    if not counted:
        return
    yield "loan_filed", True
    in_time = [loan for loan in counted if loan.is_in_time]
    if in_time:
        yield "loan_repaid", True
    # While one of them still runs, a no would be a guess.
    elif all(loan.state != "confirmed" for loan in counted):
        yield "loan_repaid", False
    known = [loan.province_fen for loan in in_time if loan.province_fen is not None]
    # A sum with a gap in it would be too small, and nobody would notice.
    if in_time and len(known) == len(in_time):
        # 万元, as clauses compute; whole 分, so that nothing is rounded.
        yield "interest_subsidy", Decimal(sum(known)) / FEN_OF_WAN


def differing_name(loan: FiledLoan) -> str:
    """The name of the borrower's code on the platform, where the name that was filed is none of theirs; else empty.

    A code belongs to one body for good: the office confirms no loan of one firm under the code of another.

    Args:
        loan: as it was filed. One that is decided on is not looked at again.
    """
    if loan.state != "filed":
        return ""
    borrower = find_organisation("", loan.borrower_uscc)
    if borrower is None:
        return ""
    # A former name of the same organisation is theirs, too.
    named = find_organisation(loan.borrower_name)
    return "" if named is not None and named.id == borrower.id else borrower.name


def present_values(day: date) -> list[Value]:
    """The rules by which a loan would be filed today, for the page that explains them."""
    values = [find_value(key, day) for key in KEYS]
    return [value for value in values if value is not None]
