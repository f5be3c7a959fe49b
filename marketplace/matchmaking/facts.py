"""The conditions of a demand compared with those of an achievement, in words, for one reader.

How codes are compared lives in `matching`; facts never enter a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.dictionaries import models as dictionaries
from marketplace.listings.models import Demand, Row
from marketplace.listings.schema import terms
from marketplace.permissions import Reader
from marketplace.verdicts.projections import conditions_for
from marketplace.wording import money
from matching.explaining import facts

FACTS_ON_A_ROW = 3  # facts of a row of a list; the page of a pair has all of them
# What is compared beside the text, the deciding ones first. No time: no achievement says by when it can be had.
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
        offered: what the achievement says, likewise.
    """

    name: str
    verdict: str
    wished: str
    offered: str


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
        found = []
        for code, name in FACT_NAMES.items():
            fact = by_name[code]  # type: ignore[index]  # codes of FACT_NAMES are names of facts
            wished = self._wish_in_words(fact, demand)
            offered = self._in_words(code, fact.achievement_value)
            found.append(Fact(name, fact.verdict, wished, offered))
        return tuple(found)

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


def most_telling(compared: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The few facts for a row of a list: known ones first, each group in the order of FACT_NAMES."""
    # Sorting is stable, so each group stays in the order of FACT_NAMES.
    known_first = sorted(compared, key=lambda fact: fact.verdict == "unknown")
    return tuple(known_first[:FACTS_ON_A_ROW])
