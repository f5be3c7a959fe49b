"""What is compared beside the text: field, chain, stage, way of cooperation, money, time; agreeing, differing, unknown.
Not here: the text's score (ranking), figures (figures). Facts never enter the score; unknown is never counted as half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import (
    Literal,
    TypeAlias,
)

from matching.documents import Document
from matching.explaining.figures import Figure, FigureVerdict
from matching.explaining.units import from_base, read_unit

Name = Literal["field", "chain", "stage", "mode", "money", "due"]
Verdict = Literal["agree", "differ", "unknown"]
# (min, max) 万元; one of both may be unknown.
Money: TypeAlias = tuple[Decimal | None, Decimal | None]
Value: TypeAlias = str | frozenset[str] | Money | date | None

# Least mature first.
STAGES = ("rnd", "lab_scale", "pilot", "small_batch", "industrialised")
# Open to ways that are not named yet.
NEGOTIABLE = "other"
# What talk or time can mend.
GATES: tuple[Name, ...] = ("stage", "mode", "money", "due")


@dataclass(frozen=True, slots=True)
class Fact:
    """One comparison; the values are as in the documents, None or empty is unknown."""

    name: Name
    verdict: Verdict
    demand_value: Value
    achievement_value: Value


def compare_facts(
    demand: Document,
    achievement: Document,
) -> list[Fact]:
    """All six facts of a pair, in the order of Name.

    The stage agrees when the achievement is at least as mature as wished; the mode when one way suits both (unknown
    where none does but one side is open to others); money when the lowest price is within the budget; due when
    it is offered by the day it is wanted.
    """
    field = _same(demand.field, achievement.field)
    chain = _same(demand.chain, achievement.chain)
    stage = _is_mature(demand.stage, achievement.stage)
    mode = _has_common(demand.modes, achievement.modes)
    # A demand's budget is in both prices, an achievement's asking price may be a range.
    budget = _money(demand)
    price = _money(achievement)
    money = _is_affordable(budget, price)
    due = _is_in_time(demand.due, achievement.due)
    return [
        Fact("field", field, demand.field, achievement.field),
        Fact("chain", chain, demand.chain, achievement.chain),
        Fact("stage", stage, demand.stage, achievement.stage),
        Fact("mode", mode, demand.modes, achievement.modes),
        Fact("money", money, budget, price),
        Fact("due", due, demand.due, achievement.due),
    ]


def near_miss(
    facts: Sequence[Fact],
    figures: Sequence[FigureVerdict] = (),
) -> Fact | FigureVerdict | None:
    """The one gate or figure that failed, where nothing else differs and something agrees: mend it and the pair fits.

    Args:
        facts: of `compare_facts`.
        figures: of `figures.compare_figures`, where figures are compared too.
    """
    differing = [fact for fact in facts if fact.verdict == "differ"]
    unmet = [figure for figure in figures if figure.outcome == "unmet"]
    agreeing = [fact for fact in facts if fact.verdict == "agree"]
    met = [figure for figure in figures if figure.outcome == "met"]
    # Where everything else is unknown, nobody knows whether it is near.
    if not agreeing and not met:
        return None
    if len(differing) + len(unmet) != 1:
        return None
    if unmet:
        return unmet[0]
    return differing[0] if differing[0].name in GATES else None


def is_close(miss: Fact | FigureVerdict) -> bool:
    """Whether little is missing: a fifth of the budget, one stage, a tenth of a figure, or what can be talked over.

    Of a share that has to be reached it is a tenth of the rest where that is smaller: next to a purity of 99.9 %, one
    of 99.5 % has five times the impurities.
    """
    if isinstance(miss, FigureVerdict):
        return miss.short_by is not None and miss.short_by * 10 <= _measure(miss.wanted)
    if miss.name == "money":
        excess, budget = excess_of_price(miss)
        return excess * 5 <= budget
    if miss.name == "stage":
        return missing_stages(miss) == 1
    return miss.name == "mode"


def _measure(wanted: Figure) -> Decimal:
    """What a tenth is taken of: the value, or what it leaves of the whole."""
    value = abs(wanted.value)
    unit = read_unit(wanted.unit)
    # Ratios have no dimension; a mass per mass (mg/kg) is a content and no share of success.
    is_share = not unit.dimension and not unit.basis
    if wanted.operator not in ("ge", "gt") or not is_share:
        return value
    rest = from_base(Fraction(1), unit) - value
    return min(value, rest) if rest > 0 else value


def excess_of_price(fact: Fact) -> tuple[Decimal, Decimal]:
    """By how much the lowest price is above the budget, and the budget; both in 万元, of a money that differs."""
    budget = max(_amounts(fact.demand_value))
    return min(_amounts(fact.achievement_value)) - budget, budget


def missing_stages(fact: Fact) -> int:
    """How many stages an achievement is behind the wish, of a stage that differs."""
    wanted = STAGES.index(str(fact.demand_value))
    return wanted - STAGES.index(str(fact.achievement_value))


def _amounts(money: Value) -> list[Decimal]:
    if not isinstance(money, tuple):
        return []
    return [amount for amount in money if amount is not None]


def _verdict(agrees: bool) -> Verdict:
    return "agree" if agrees else "differ"


def _same(
    wanted: str | None,
    offered: str | None,
) -> Verdict:
    # Unknown on one side is unknown, never a difference.
    if not wanted or not offered:
        return "unknown"
    return _verdict(wanted == offered)


def _is_mature(
    wanted: str | None,
    offered: str | None,
) -> Verdict:
    if wanted not in STAGES or offered not in STAGES:
        return "unknown"
    return _verdict(STAGES.index(offered) >= STAGES.index(wanted))


def _has_common(
    wanted: frozenset[str],
    offered: frozenset[str],
) -> Verdict:
    if not wanted or not offered:
        return "unknown"
    # Who is open to other ways, on either side, has not refused this one.
    if not wanted & offered and NEGOTIABLE in wanted | offered:
        return "unknown"
    return _verdict(bool(wanted & offered))


def _money(document: Document) -> Money | None:
    if document.price_min is None and document.price_max is None:
        return None
    return document.price_min, document.price_max


def _is_affordable(
    budget: Money | None,
    price: Money | None,
) -> Verdict:
    if budget is None or price is None:
        return "unknown"
    # An open end is no limit: the known end decides.
    most = max(amount for amount in budget if amount is not None)
    least = min(amount for amount in price if amount is not None)
    return _verdict(least <= most)


def _is_in_time(
    wanted: date | None,
    offered: date | None,
) -> Verdict:
    if not wanted or not offered:
        return "unknown"
    return _verdict(offered <= wanted)
