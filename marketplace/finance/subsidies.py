"""What the city pays for filed loans: interest that the province subsidised, and its part of a lost principal.

Whole 分 and Decimal, no web and no database. Rates and the split are dated values of the room `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

from marketplace.rules.content import Value
from marketplace.rules.toml_lines import Table, read_tables

CASES = Path(__file__).parent / "seed" / "loan_cases.toml"
HUNDRED = Decimal(100)
FEN = Decimal(100)  # of 1 元
# In the order in which `rules_of` takes them apart.
KEYS = ("loan.interest_share", "loan.loss_share", "loan.city_part", "loan.first_filing")


@dataclass(frozen=True)
class LoanRules:
    """How the clause is computed.

    Attributes:
        interest: per cent of the province's interest subsidy that the city adds.
        loss: per cent of the lost principal that city and county bear together.
        city: per cent of that which the city bears.
        first_by: `borrower` or `loan`: whose first filing it is.
    """

    interest: Decimal
    loss: Decimal
    city: Decimal
    first_by: str


@dataclass(frozen=True)
class LossShare:
    """What is borne of a lost principal, in 分; city and county add up to the whole exactly."""

    shared: int
    city: int
    county: int


@dataclass(frozen=True)
class WorkedCase:
    """One example worked by hand, sums in 分.

    Attributes:
        says: it in words.
        given: what is put in: `province` or `lost`.
        amount: that sum.
        city_part: per cent, where it is not that of the rules.
        expected: name → sum.
    """

    says: str
    given: str
    amount: int
    city_part: Decimal | None
    expected: Mapping[str, int]


def rules_of(values: Mapping[str, Value]) -> LoanRules:
    """The rules of dated values, of today or as a loan has stored them. Raises KeyError, ValueError: one is missing."""
    interest, loss, city, first = (values[key] for key in KEYS)
    return LoanRules(interest.number, loss.number, city.number, first.value)


def interest_subsidy(province_fen: int, rules: LoanRules) -> int:
    """What the city adds to the province's interest subsidy, in 分, rounded down: nobody is promised more.

    Source: 聊政字〔2023〕11号 art. 22.
    """
    return _part(province_fen, rules.interest)


def loss_share(lost_fen: int, rules: LoanRules) -> LossShare:
    """What city and county bear of a lost principal, in 分, rounded down; what the split leaves over is the county's.

    Source: 聊政字〔2023〕11号 art. 22; how city and county split it, the text does not say.
    """
    shared = _part(lost_fen, rules.loss)
    city = _part(shared, rules.city)
    # By subtraction, not by a second rounding: both parts add up to the whole to the 分.
    return LossShare(shared, city, shared - city)


def read_cases(path: Path = CASES) -> list[WorkedCase]:
    """The worked examples. Raises FaultyFileError: one is not written as it must be."""
    return [_case(table) for table in read_tables(path, "case", ())]


def case_results(case: WorkedCase, rules: LoanRules) -> dict[str, int]:
    """What the rules give for a worked example: name → sum in 分."""
    if case.given == "province":
        return {"interest": interest_subsidy(case.amount, rules)}
    # A case may split otherwise than the setting, to show that the remainder goes to the county.
    city = case.city_part if case.city_part is not None else rules.city
    share = loss_share(
        case.amount, LoanRules(rules.interest, rules.loss, city, rules.first_by)
    )
    return {"shared": share.shared, "city": share.city, "county": share.county}


def _case(table: Table) -> WorkedCase:
    needed: tuple[str, ...] = ("province", "interest")
    if "lost" in table.values:
        needed = ("lost", "shared", "city", "county")
    given = needed[0]
    table.require_keys({*needed, "says"}, {"city_part"})
    sums = {}
    for name in needed:
        fen = Decimal(table.values[name]) * FEN
        if fen != fen.to_integral_value():
            # A case below one 分 would check what nobody is ever paid.
            raise table.fault(f"{name} 要写到分", name)
        sums[name] = int(fen)
    amount = sums.pop(given)
    part = table.values.get("city_part")
    city_part = Decimal(part) if part is not None else None
    return WorkedCase(table.values["says"], given, amount, city_part, sums)


def _part(fen: int, percent: Decimal) -> int:
    exact = Decimal(fen) * percent / HUNDRED
    return int(exact.to_integral_value(rounding=ROUND_FLOOR))
