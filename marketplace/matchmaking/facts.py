"""The conditions of a demand compared with those of an achievement, in words, for one reader.

How codes are compared lives in `matching`; facts never enter a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.dictionaries import models as dictionaries
from marketplace.listings.disclosure import knowledge_of
from marketplace.listings.models import Demand, Row
from marketplace.listings.schema import terms
from marketplace.permissions import Reader, member
from marketplace.verdicts.projections import conditions_for
from marketplace.wording import money
from matching.explaining import facts

FACTS_ON_A_ROW = 3  # facts of a row of a list; the page of a pair has all of them
# What is compared next to the text, the deciding ones first. No time: no achievement says by when it can be had.
FACT_NAMES = {
    "stage": "阶段",
    "mode": "合作方式",
    "money": "价格",
    "field": "领域",
    "chain": "产业链",
}


@dataclass(frozen=True)
class Fact:
    """One comparison of a demand's wish with an achievement's statement, in words.

    Attributes:
        name: what is compared, in Chinese.
        verdict: `agree`, `differ` or `unknown`.
        wished: what the demand says, in Chinese; empty where it is unknown.
        offered: what the achievement says, likewise; of ways of cooperation only those that suit, where any does.
        note: why it is unknown, as this reader sees it; empty for the others.
    """

    name: str
    verdict: str
    wished: str
    offered: str
    note: str = ""


class Comparison:
    """Compares one listing with others. It is made once for a page, which projects the listing once.

    Args:
        row: the listing whose page it is.
        reader: what they may not know counts as unknown; None is the site itself.
    """

    def __init__(self, row: Row, reader: Reader | None) -> None:
        self._row = row
        self._reader = reader
        self._document = conditions_for(row, reader)
        self._names: Mapping[str, Mapping[str, str]] = {
            "field": dictionaries.fields_of_level(1),
            "chain": dictionaries.names_by_code(dictionaries.Chain),
            "stage": terms.STAGES,
        }

    def facts_with(self, other: Row) -> tuple[Fact, ...]:
        """Every fact of the pair, in the order of FACT_NAMES."""
        theirs = conditions_for(other, self._reader)
        # The wish is always the demand's, whichever of the two has its page open.
        if isinstance(self._row, Demand):
            demand: Row = self._row
            compared = facts.compare_facts(self._document, theirs)
        else:
            demand = other
            compared = facts.compare_facts(theirs, self._document)
        by_name = {fact.name: fact for fact in compared}
        items = []
        for code, name in FACT_NAMES.items():
            fact = by_name[code]  # type: ignore[index]  # codes of FACT_NAMES are names of facts
            wished = self._wish_in_words(fact, demand)
            offered = self._in_words(code, _suitable(fact))
            note = ""
            if fact.verdict == "unknown":
                achievement = other if demand is self._row else self._row
                note = self._why_unknown(fact, demand, achievement)
            items.append(Fact(name, fact.verdict, wished, offered, note))
        return tuple(items)

    def _why_unknown(self, fact: facts.Fact, demand: Row, achievement: Row) -> str:
        """Who has not said what is compared, or has not said it to everybody."""
        silent = []
        # Nothing is 0: money is a pair, and a code is never empty.
        if not fact.demand_value:
            silent.append(demand)
        if not fact.achievement_value:
            silent.append(achievement)
        if not silent:
            return "成果可另行协商"
        hidden = [row for row in silent if not knowledge_of(row, self._reader).full]
        if hidden:
            return f"{self._called(hidden[0])}没有公开"
        if len(silent) == 2:
            return "双方都没有写"
        return f"{self._called(silent[0])}没有写"

    def _called(self, row: Row) -> str:
        """What a reader calls one of the two: 您 their own, 对方 the other one then, else by its kind."""
        own = self._reader is not None and member(self._reader, self._row)
        if not own:
            return row.kind_name
        return "您" if row is self._row else "对方"

    def _wish_in_words(self, fact: facts.Fact, demand: Row) -> str:
        """What the demand wishes. Ways of cooperation in the firm's own terms, not in those they are compared by."""
        if fact.name == "mode" and fact.demand_value and isinstance(demand, Demand):
            names = [terms.COOPERATION_MODES[code] for code in demand.cooperation_modes]
            return "、".join(names)
        return self._in_words(fact.name, fact.demand_value)

    def _in_words(self, code: str, value: Any) -> str:
        """A value of a fact in Chinese; nothing where it is unknown."""
        # Unknown is said by an empty text and never guessed; money that is 0 is a tuple, so it is no unknown.
        if not value:
            return ""
        if code == "money":
            return money(*value)
        if code == "mode":
            modes = terms.CONVERSION_MODES
            return "、".join(name for mode, name in modes.items() if mode in value)
        # A code that left its dictionary is shown as it is rather than not at all.
        return self._names[code].get(value, value)


def _suitable(fact: facts.Fact) -> Any:
    """What an achievement offers; where ways of cooperation agree, those in which they do."""
    if fact.name == "mode" and fact.verdict == "agree":
        return fact.demand_value & fact.achievement_value  # type: ignore[operator]  # both are sets of codes
    return fact.achievement_value


def most_telling(compared: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The few facts for a row of a list: known ones first, each group in the order of FACT_NAMES."""
    # Sorting is stable, so each group stays in the order of FACT_NAMES.
    known_first = sorted(compared, key=lambda fact: fact.verdict == "unknown")
    return tuple(known_first[:FACTS_ON_A_ROW])
