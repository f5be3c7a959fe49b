"""What the registered contracts of a year come to: sums, and the city's subsidy with its cap once a holder and year.

Whole 分 and Decimal, no web and no database. The rate, the cap and the readings are dated values of the room `rules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from marketplace.parsing.exact_sums import FEN_OF_WAN

HUNDRED = Decimal(100)
FEN = Decimal(FEN_OF_WAN)  # 分 of 1 万元
# Whom the clause names, and who is not settled (reference §8.1).
NAMED_KINDS = ("firm", "institute")
DOUBTFUL_KINDS = ("university",)


@dataclass(frozen=True)
class Line:
    """One entry of the ledger: a registration, or what was added to it or taken from it later.

    Attributes:
        contract: what it is about.
        seller, buyer: who they are: a number of an organisation, or a name.
        registered_on, signed_on: of the contract, also where the entry came later.
        total, tech, exempt: 分; negative where something is taken back. The exempt one is the base of the subsidy.
        counts: 1 for a registration, -1 for its cancellation, 0 for what corrects sums.
    """

    contract: int
    seller: str
    buyer: str
    registered_on: date
    signed_on: date | None
    total: int
    tech: int
    exempt: int
    counts: int = 1


@dataclass(frozen=True)
class Reading:
    """How the clause is read, each part as the room `rules` has it.

    Attributes:
        rate: percent of the exempt amount.
        cap: 分.
        year_by: `registration` or `signing`.
        payee: `seller` or `buyer`.
        cap_holder: `organisation_year`: once an organisation and year; `contract`: of each contract.
    """

    rate: Decimal
    cap: int
    year_by: str = "registration"
    payee: str = "seller"
    cap_holder: str = "organisation_year"


@dataclass(frozen=True)
class YearSum:
    """What one holder's contracts of one year come to, in 分.

    Attributes:
        count: contracts that stand.
        total, tech, exempt: sums.
        uncapped: the subsidy by the rate alone, rounded down to the cent.
        subsidy: the same with the cap: an upper bound, for the authority decides.
    """

    count: int = 0
    total: int = 0
    tech: int = 0
    exempt: int = 0
    uncapped: int = 0
    subsidy: int = 0

    @property
    def is_capped(self) -> bool:
        """Whether the cap took anything."""
        return self.subsidy < self.uncapped


def year_of(line: Line, reading: Reading) -> int:
    """The year an entry belongs to: that of its contract, so that a correction moves the year it corrects."""
    # Not every row of the register says when it was signed.
    if reading.year_by == "signing" and line.signed_on is not None:
        return line.signed_on.year
    return line.registered_on.year


def holder_of(line: Line, reading: Reading) -> str:
    """Who is paid."""
    return line.buyer if reading.payee == "buyer" else line.seller


def yearly_sums(
    lines: Iterable[Line], reading: Reading
) -> dict[tuple[str, int], YearSum]:
    """(holder, year) → what their contracts come to.

    Source: 聊政字〔2023〕11号 art. 19; what it leaves open is in the reading (reference §8.1).
    """
    grouped: defaultdict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[holder_of(line, reading), year_of(line, reading)].append(line)
    return {key: _sum_of(group, reading) for key, group in grouped.items()}


def total_of(lines: Iterable[Line]) -> YearSum:
    """Sums of any entries, without a subsidy: a cap has no meaning across holders."""
    count = total = tech = exempt = 0
    for line in lines:
        count += line.counts
        total += line.total
        tech += line.tech
        exempt += line.exempt
    return YearSum(count, total, tech, exempt)


def _sum_of(lines: list[Line], reading: Reading) -> YearSum:
    found = total_of(lines)
    uncapped = _by_rate(found.exempt, reading)
    subsidy = min(uncapped, reading.cap)
    if reading.cap_holder == "contract":
        # Entries of one contract add up before the cap: cut one by one they would come to something else.
        of_contract: defaultdict[int, int] = defaultdict(int)
        for line in lines:
            of_contract[line.contract] += line.exempt
        subsidy = sum(
            min(_by_rate(amount, reading), reading.cap)
            for amount in of_contract.values()
        )
    return replace(found, uncapped=uncapped, subsidy=subsidy)


def _by_rate(exempt: int, reading: Reading) -> int:
    """Rounded down: nobody is promised a cent that may not come."""
    exact = Decimal(max(0, exempt)) * reading.rate / HUNDRED
    return int(exact.to_integral_value(rounding=ROUND_FLOOR))
