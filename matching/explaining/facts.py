"""What is compared beside the text: field, chain, stage, way of cooperation, money, time; agreeing, differing, unknown.
Not here: the text's score (ranking). Facts never enter it; unknown is never counted as half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import (
    Literal,
    TypeAlias,
)

from matching.documents import Document

Name = Literal["field", "chain", "stage", "mode", "money", "due"]
Verdict = Literal["agree", "differ", "unknown"]
# (min, max) 万元; one of both may be unknown.
Money: TypeAlias = tuple[Decimal | None, Decimal | None]
Value: TypeAlias = str | frozenset[str] | Money | date | None

# Least mature first.
STAGES = ("rnd", "lab_scale", "pilot", "small_batch", "industrialised")
# An achievement that may be had in ways not named yet.
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
    where none does but the achievement is open to others); money when the lowest price is within the budget; due when
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


def near_miss(facts: Sequence[Fact]) -> Fact | None:
    """The one gate that failed, where nothing else differs: mend it and the pair fits. Else None."""
    differing = [fact for fact in facts if fact.verdict == "differ"]
    if len(differing) == 1 and differing[0].name in GATES:
        return differing[0]
    return None


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
    # Who is open to other ways has not refused this one.
    if not wanted & offered and NEGOTIABLE in offered:
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
