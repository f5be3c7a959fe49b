"""What stands beside the text: field, chain, stage, way of cooperation, money, time. Agreeing, differing or unknown.
Not here: the text's score (matcher). Facts never enter it; unknown is never counted as half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from matching.documents import Document

Name = Literal["field", "chain", "stage", "mode", "money", "due"]
Verdict = Literal["agree", "differ", "unknown"]
Value = str | frozenset[str] | tuple[Decimal | None, Decimal | None] | date | None

STAGES = (
    "rnd",
    "lab_scale",
    "pilot",
    "small_batch",
    "industrialised",
)  # least ripe first
GATES: tuple[Name, ...] = (
    "stage",
    "mode",
    "money",
    "due",
)  # what talk or time can mend


@dataclass(frozen=True, slots=True)
class Fact:
    """One comparison. The values are as in the documents, money as (min, max) 万元; None or empty is unknown."""

    name: Name
    verdict: Verdict
    demand_value: Value
    achievement_value: Value


def compare(demand: Document, achievement: Document) -> list[Fact]:
    """All six facts of a pair, in the order of Name.

    stage agrees when the achievement is at least as ripe as wished; mode when one way suits both; money when the
    lowest price is within the budget; due when it is offered by the day it is wanted.
    """
    money = (_money(demand), _money(achievement))
    return [
        Fact(
            "field",
            _same(demand.field, achievement.field),
            demand.field,
            achievement.field,
        ),
        Fact(
            "chain",
            _same(demand.chain, achievement.chain),
            demand.chain,
            achievement.chain,
        ),
        Fact(
            "stage",
            _ripe(demand.stage, achievement.stage),
            demand.stage,
            achievement.stage,
        ),
        Fact(
            "mode",
            _common(demand.modes, achievement.modes),
            demand.modes,
            achievement.modes,
        ),
        Fact("money", _affordable(*money), *money),
        Fact("due", _by(demand.due, achievement.due), demand.due, achievement.due),
    ]


def near_miss(facts: Sequence[Fact]) -> Fact | None:
    """The one gate that failed, where just one did and nothing else differs: mend it and the pair fits. Else None."""
    differing = [fact for fact in facts if fact.verdict == "differ"]
    return differing[0] if len(differing) == 1 and differing[0].name in GATES else None


def _verdict(agrees: bool) -> Verdict:
    return "agree" if agrees else "differ"


def _same(wanted: str | None, offered: str | None) -> Verdict:
    return _verdict(wanted == offered) if wanted and offered else "unknown"


def _ripe(wanted: str | None, offered: str | None) -> Verdict:
    if wanted not in STAGES or offered not in STAGES:
        return "unknown"
    return _verdict(STAGES.index(offered) >= STAGES.index(wanted))


def _common(wanted: frozenset[str], offered: frozenset[str]) -> Verdict:
    return _verdict(bool(wanted & offered)) if wanted and offered else "unknown"


def _money(document: Document) -> tuple[Decimal | None, Decimal | None] | None:
    known = document.price_min is not None or document.price_max is not None
    return (document.price_min, document.price_max) if known else None


def _affordable(
    budget: tuple[Decimal | None, Decimal | None] | None,
    price: tuple[Decimal | None, ...] | None,
) -> Verdict:
    if budget is None or price is None:
        return "unknown"
    most = max(amount for amount in budget if amount is not None)
    least = min(amount for amount in price if amount is not None)
    return _verdict(least <= most)


def _by(wanted: date | None, offered: date | None) -> Verdict:
    return _verdict(offered <= wanted) if wanted and offered else "unknown"
