"""How money that was received is shared: net income, floors, brackets, and the people who earned it to the cent.

Whole 分 and Decimal, no float, no web and no database. Which values the law sets is in the room `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

HUNDRED = Decimal(100)
# What money comes from, as the floors of the law tell it apart.
SOURCES = {
    "transfer": "转让或许可",
    "equity": "作价投资",
    "profit": "自行或合作实施",
}
# Whom the floors of institutions bind.
INSTITUTIONS = ("government_university", "government_institute")


@dataclass(frozen=True)
class Bracket:
    """How a part of the net income is shared.

    Attributes:
        low: 分 of net income where it begins.
        high: 分 where the next one begins; None: it goes on for ever.
        inventors, institution, office: shares in percent; the office is the 技术转移机构.
    """

    low: int
    high: int | None
    inventors: Decimal
    institution: Decimal
    office: Decimal = Decimal(0)


@dataclass(frozen=True)
class Pools:
    """Net income as it is shared, in 分; the three add up to it."""

    inventors: int
    institution: int
    office: int


@dataclass(frozen=True)
class Floor:
    """The least share of those who made an achievement.

    Attributes:
        percent: of the net income.
        basis: key of the value it comes from, or `agreed` or `institution`.
    """

    percent: Decimal
    basis: str


def floor_keys(owner_type: str, source: str) -> tuple[str, ...]:
    """Keys of the room `rules` that a floor is made from.

    Args:
        owner_type: of the holder of the achievement, as deals name it.
        source: a key of `SOURCES`.
    """
    if owner_type in INSTITUTIONS:
        # Both, for the higher one binds (reference §0.2).
        return (
            f"reward.institution.national.{source}",
            f"reward.institution.provincial.{source}",
        )
    return (f"reward.firm.default.{source}",)


def floor_of(
    owner_type: str,
    source: str,
    law: Mapping[str, Decimal],
    *,
    institution: Decimal | None = None,
    agreed: Decimal | None = None,
) -> Floor:
    """The least share of those who made it.

    Source: 促进科技成果转化法 art. 44, 45; 山东省促进科技成果转化条例 for institutions and universities that the
    government set up. Of those the highest of law, own rule and agreement holds; of firms the agreement stands,
    however low, else their own rule, and the law only where there is neither.

    Args:
        owner_type: of the holder, as deals name it.
        source: a key of `SOURCES`.
        law: key of the room `rules` → percent, at least those of `floor_keys`.
        institution: percent by the holder's own rule; None: it has none.
        agreed: percent that was agreed with them; None: nothing was.
    """
    found = [Floor(law[key], key) for key in floor_keys(owner_type, source)]
    own = Floor(institution, "institution") if institution is not None else None
    agreement = Floor(agreed, "agreed") if agreed is not None else None
    if owner_type in INSTITUTIONS:
        # The first of the highest: of two that are equal the law is named.
        found += [one for one in (own, agreement) if one is not None]
        return max(found, key=lambda floor: floor.percent)
    return agreement or own or found[0]


def bracket_problems(brackets: Sequence[Bracket]) -> list[str]:
    """What is wrong with brackets, in Chinese; empty where they hold every sum exactly once.

    Args:
        brackets: in the order in which they follow each other.
    """
    if not brackets:
        return ["至少要有一档。"]
    problems = []
    edge: int | None = 0
    for number, one in enumerate(brackets, 1):
        problems += _edge_problems(number, one, edge)
        shares = (one.inventors, one.institution, one.office)
        if min(shares) < 0:
            problems.append(f"第 {number} 档有负的比例。")
        if sum(shares) != HUNDRED:
            problems.append(f"第 {number} 档加起来是 {sum(shares)}%，要正好 100%。")
        edge = one.high
    if edge is not None:
        problems.append("最后一档不能封顶：超过的部分没有人分。")
    return problems


def _edge_problems(number: int, one: Bracket, edge: int | None) -> list[str]:
    problems = []
    if edge is None:
        problems.append(f"第 {number} 档和上一档重叠：上一档没有封顶。")
    elif one.low > edge:
        problems.append(f"第 {number} 档和上一档之间有空档。")
    elif one.low < edge:
        problems.append(f"第 {number} 档和上一档重叠。")
    if one.high is not None and one.high <= one.low:
        problems.append(f"第 {number} 档的上限要大于下限。")
    return problems


def net_income(income: int, costs: Sequence[int]) -> int:
    """Income less its direct costs (taxes, intermediaries, evaluation), in 分; below 0 where they were higher.

    What counts as a direct cost is set by each institution (reference §4.4).

    Raises:
        ValueError: a cost is negative.
    """
    if any(cost < 0 for cost in costs):
        raise ValueError("a cost is negative")
    return income - sum(costs)


def share_out(net: int, brackets: Sequence[Bracket], floor: Decimal) -> Pools:
    """Share net income between those who made it, the institution and its transfer office.

    The inventors' part is rounded up to the cent, 「不低于」, and never below the floor; what the floor adds is taken
    from the institution, then from its office.

    Args:
        net: all the net income so far, in 分; nothing is shared below 0.
        brackets: without a problem.
        floor: percent.

    Raises:
        ValueError: the brackets have a problem, or the floor is no percentage.
    """
    if bracket_problems(brackets):
        raise ValueError("faulty brackets")
    if not 0 <= floor <= HUNDRED:
        raise ValueError("faulty floor")
    net = max(0, net)
    # Exact up to the end: rounded in each bracket, cents would be won or lost.
    inventors = office = Decimal(0)
    for one in brackets:
        portion = _portion(net, one)
        inventors += portion * one.inventors / HUNDRED
        office += portion * one.office / HUNDRED
    least = Decimal(net) * floor / HUNDRED
    first = min(net, _rounded(max(inventors, least), up=True))
    # The office rounded down and never beyond what is left; the institution gets the rest with its cents.
    third = min(net - first, _rounded(office, up=False))
    return Pools(first, net - first - third, third)


def share_more(
    before: int, after: int, brackets: Sequence[Bracket], floor: Decimal
) -> Pools:
    """What is shared now, where part of the net income was shared before: brackets and rounding go over the whole.

    Args:
        before, after: all the net income shared before, and now, in 分; `after` is not less.
        brackets, floor: as for `share_out`.

    Raises:
        ValueError: as `share_out`, or income has gone back.
    """
    if after < before:
        raise ValueError("income has gone back")
    old, new = share_out(before, brackets, floor), share_out(after, brackets, floor)
    # Differences of wholes, so that rounding goes over all income once and not with every payment.
    return Pools(
        new.inventors - old.inventors,
        new.institution - old.institution,
        new.office - old.office,
    )


def split_exactly(total: int, weights: Sequence[Decimal]) -> list[int]:
    """Split a sum by weights to the cent: whole parts first, the cents left over to the largest remainders.

    Source: method of the largest remainder (Hamilton). Of equal remainders the first ones get the cents.

    Args:
        total: 分, not negative.
        weights: none negative, one at least above 0.

    Returns:
        as many 分 as weights, which add up to the total.

    Raises:
        ValueError: there is nothing to go by.
    """
    whole = sum(weights, Decimal(0))
    if total < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError("nothing to go by")
    # As integers: the remainders are compared exactly, whatever precision Decimal has.
    scale = Decimal(10) ** max(_places(weight) for weight in weights)
    parts = [int(weight * scale) for weight in weights]
    divisor = sum(parts)
    shares, remainders = [], []
    for part in parts:
        share, remainder = divmod(total * part, divisor)
        shares.append(share)
        remainders.append(remainder)
    # `sorted` is stable, so that of equal remainders the first ones come first.
    order = sorted(range(len(parts)), key=lambda number: -remainders[number])
    for number in order[: total - sum(shares)]:
        shares[number] += 1
    return shares


def _portion(net: int, one: Bracket) -> Decimal:
    top = net if one.high is None else min(net, one.high)
    return Decimal(max(0, top - one.low))


def _rounded(amount: Decimal, *, up: bool) -> int:
    mode = ROUND_CEILING if up else ROUND_FLOOR
    return int(amount.to_integral_value(rounding=mode))


def _places(weight: Decimal) -> int:
    # The exponent of NaN or infinity is a letter.
    exponent = weight.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
