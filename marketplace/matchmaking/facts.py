"""The conditions and figures of a demand compared with those of an achievement, in words, for one reader.

How codes and figures are compared lives in `matching`; facts never enter a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.dictionaries import models as dictionaries
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import Knowledge, View, view_of
from marketplace.listings.index import conditions_document
from marketplace.listings.models import Demand, Row
from marketplace.listings.schema import terms
from marketplace.matchmaking import figure_facts
from marketplace.permissions import Reader, member
from marketplace.wording import amount, money
from matching.explaining import facts
from matching.explaining.figures import FigureVerdict
from matching.explaining.figures_in_text import figures_in

FACTS_ON_A_ROW = 3  # conditions of a row of a list, and as many figures; the page of a pair has all of them
# What is compared next to the text, the deciding ones first. No time: no achievement says by when it can be had.
FACT_NAMES = {
    "stage": "阶段",
    "mode": "合作方式",
    "money": "价格",
    "field": "领域",
    "chain": "产业链",
}
VERDICT_OF = {"met": "agree", "unmet": "differ", "unsaid": "unknown"}


@dataclass(frozen=True)
class Fact:
    """One comparison of a demand's wish with an achievement's statement, in words.

    Attributes:
        name: what is compared, in Chinese.
        verdict: `agree`, `differ` or `unknown`.
        wished: what the demand says, in Chinese; empty where it is unknown.
        offered: what the achievement says, likewise; of ways of cooperation only those that suit, where any does.
        note: why it is unknown, or by how much a figure is missed, as this reader sees it.
        kind: `condition`, `figure`, or `near`: the one thing that is missing, with what would mend it in `note`.
    """

    name: str
    verdict: str
    wished: str
    offered: str
    note: str = ""
    kind: str = "condition"


class Comparison:
    """Compares one listing with others. It is made once for a page, which projects the listing once.

    Args:
        row: the listing whose page it is.
        reader: what they may not know counts as unknown; None is the site itself.
    """

    def __init__(self, row: Row, reader: Reader | None) -> None:
        self._row = row
        self._reader = reader
        self._view = view_of(row, reader)
        self._document = conditions_document(self._view)
        self._figures = figure_facts.figures_of(self._view)
        facets = dictionaries.read_facet_names()
        self._names: Mapping[str, Mapping[str, str]] = {
            "field": facets["field"],
            "chain": facets["chain"],
            "stage": terms.STAGES,
        }

    def prepare_rows(self, others: Iterable[Row]) -> None:
        """Load what `facts_with` reads of many listings, in one query; without it, it is read one by one."""
        # What a demand does not ask for is not looked for in achievements.
        if self._row.kind == "achievement" or self._figures:
            listing_queries.load_figures(self._row.counterpart, others)

    def facts_with(self, other: Row) -> tuple[Fact, ...]:
        """Every fact of a pair: conditions in the order of FACT_NAMES, the demand's figures, what alone is missing."""
        # One view a row: what a reader may know is decided by the table, which is slower than comparing.
        view = view_of(other, self._reader)
        theirs = conditions_document(view)
        # By the object and not by its number: a demand and an achievement may have the same one.
        knows = {id(self._row): self._view.knows, id(other): view.knows}
        # The wish is always the demand's, whichever of the two has its page open.
        if isinstance(self._row, Demand):
            demand: Row = self._row
            achievement = other
            compared = facts.compare_facts(self._document, theirs)
        else:
            demand = other
            achievement = self._row
            compared = facts.compare_facts(theirs, self._document)
        by_name = {fact.name: fact for fact in compared}
        worded = []
        for code, name in FACT_NAMES.items():
            fact = by_name[code]  # type: ignore[index]  # codes of FACT_NAMES are names of facts
            wished = self._wish_in_words(fact, demand)
            offered = self._in_words(code, _suitable(fact))
            note = ""
            if fact.verdict == "unknown":
                note = self._why_unknown(fact, demand, achievement, knows)
            worded.append(Fact(name, fact.verdict, wished, offered, note))
        figures = self._figures_with(view)
        worded += self._figure_facts(figures, demand, achievement, knows)
        missing = facts.near_miss(compared, figures)
        if missing is not None:
            worded.append(self._near_fact(missing, demand))
        return tuple(worded)

    def _figures_with(self, view: View) -> list[FigureVerdict]:
        if isinstance(self._row, Demand):
            # Nothing is looked for where nothing is asked for: most rows of a list.
            if not self._figures:
                return []
            return figure_facts.compared_figures(
                self._view,
                self._figures,
                view,
                figure_facts.figures_of(view, among=self._figures),
            )
        # All that a demand asks for, whether this achievement states it or not.
        return figure_facts.compared_figures(
            view,
            figure_facts.figures_of(view),
            self._view,
            self._figures,
        )

    def _figure_facts(
        self,
        verdicts: list[FigureVerdict],
        demand: Row,
        achievement: Row,
        knows: Mapping[int, Knowledge],
    ) -> list[Fact]:
        """Figures in words; where a demand asks for none, that it does not."""
        if not verdicts:
            called = self._called(demand, achievement)
            hidden = not knows[id(demand)].full
            note = f"{called}{'没有公开' if hidden else '没有写'}技术指标"
            return [Fact("技术指标", "unknown", "", "", note, "figure")]
        called = self._called(achievement, demand)
        hidden = not knows[id(achievement)].full
        return [_figure_fact(verdict, called, hidden) for verdict in verdicts]

    def _near_fact(self, missing: facts.Fact | FigureVerdict, demand: Row) -> Fact:
        """The one thing that is missing, and what would mend it."""
        name = "差一点" if facts.is_close(missing) else "只差一项"
        return Fact(name, "differ", "", "", self._mending(missing, demand), "near")

    def _mending(self, missing: facts.Fact | FigureVerdict, demand: Row) -> str:
        if isinstance(missing, FigureVerdict):
            short = figure_facts.shortfall_words(missing)
            wished = figure_facts.wished_words(missing)
            by_how_much = f"还差 {short}，" if short else "未达到，"
            return f"{missing.wanted.name}{by_how_much}需要 {wished}"
        if missing.name == "money":
            excess, budget = facts.excess_of_price(missing)
            return f"价格超出预算 {amount(excess)} 万元（预算 {amount(budget)} 万元）"
        wished = self._wish_in_words(missing, demand)
        offered = self._in_words(missing.name, missing.achievement_value)
        if missing.name == "stage":
            stages = facts.missing_stages(missing)
            return f"成果在{offered}阶段，到{wished}还差 {stages} 级"
        return f"合作方式谈妥即可：需求要{wished}，成果可{offered}"

    def _why_unknown(
        self,
        fact: facts.Fact,
        demand: Row,
        achievement: Row,
        knows: Mapping[int, Knowledge],
    ) -> str:
        """Who has not said what is compared, or has not said it to everybody."""
        name = FACT_NAMES[fact.name]
        silent = []
        other_of = {id(demand): achievement, id(achievement): demand}
        # Nothing is 0: money is a pair, and a code is never empty.
        if not fact.demand_value:
            silent.append(demand)
        if not fact.achievement_value:
            silent.append(achievement)
        if not silent:
            return f"{name}：{_who_is_open(fact)}"
        hidden = [row for row in silent if not knows[id(row)].full]
        if hidden:
            called = self._called(hidden[0], other_of[id(hidden[0])])
            return f"{called}没有公开{name}"
        if len(silent) == 2:
            return f"双方都没有写{name}"
        called = self._called(silent[0], other_of[id(silent[0])])
        return f"{called}没有写{name}"

    def _called(self, row: Row, other: Row) -> str:
        """What a reader calls the first of the two: 您 their own, 对方 the one next to it, else by its kind."""
        if self._reader is None:
            return row.kind_name
        own = member(self._reader, row)
        # Both are theirs, or neither is: then 您 and 对方 would not tell them apart.
        if own == member(self._reader, other):
            return row.kind_name
        return "您" if own else "对方"

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


def _who_is_open(fact: facts.Fact) -> str:
    """Of ways of cooperation that do not agree, which side is open to others."""
    if facts.NEGOTIABLE in fact.achievement_value:  # type: ignore[operator]  # a set of codes
        return "成果可另行协商"
    return "需求不限方式，成果打算自行实施"


class TextComparison:
    """Compares the figures of a pasted text with those of listings; its other conditions are not read.

    Args:
        text: as pasted.
        kind: what it is, `demand` or `achievement`.
        reader: what they may not know counts as unsaid; None is the site itself.
    """

    def __init__(self, text: str, kind: str, reader: Reader | None) -> None:
        self._text = text
        self._is_demand = kind == "demand"
        self._reader = reader
        self._figures = figures_in(text, wished=self._is_demand)

    def prepare_rows(self, others: Iterable[Row]) -> None:
        """Load the figures of many listings in one query."""
        if self._figures:
            sought = "achievement" if self._is_demand else "demand"
            listing_queries.load_figures(sought, others)

    def facts_with(self, other: Row) -> tuple[Fact, ...]:
        """Each figure that the demand asks for; none where the text has no figure, which is nothing to compare."""
        if not self._figures:
            return ()
        view = view_of(other, self._reader)
        verdicts = figure_facts.figures_of_text(
            self._text, self._figures, view, is_demand=self._is_demand
        )
        if not self._is_demand:
            # What the text of an achievement does not state is not asked for in so many words.
            verdicts = [one for one in verdicts if one.outcome != "unsaid"]
        hidden = not view.knows.full
        return tuple(_figure_fact(verdict, "成果", hidden) for verdict in verdicts)


def _figure_fact(verdict: FigureVerdict, called: str, hidden: bool) -> Fact:
    """A figure in words.

    Args:
        verdict: of it.
        called: what the reader calls the achievement's side.
        hidden: the reader may not know its whole text.
    """
    note = ""
    if verdict.outcome == "unsaid":
        note = figure_facts.silence_words(verdict, called, hidden)
    elif verdict.outcome == "unmet":
        short = figure_facts.shortfall_words(verdict)
        note = f"差 {short}" if short else ""
    return Fact(
        verdict.wanted.name,
        VERDICT_OF[verdict.outcome],
        figure_facts.wished_words(verdict),
        figure_facts.offered_words(verdict),
        note,
        "figure",
    )


def _suitable(fact: facts.Fact) -> Any:
    """What an achievement offers; where ways of cooperation agree, those in which they do."""
    if fact.name == "mode" and fact.verdict == "agree":
        return fact.demand_value & fact.achievement_value  # type: ignore[operator]  # both are sets of codes
    return fact.achievement_value


def most_telling(compared: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The few facts for a row of a list: known conditions first, then known figures, then how much is not said."""
    conditions = [fact for fact in compared if fact.kind == "condition"]
    figures = [fact for fact in compared if fact.kind == "figure"]
    # Sorting is stable, so each group stays in its order.
    conditions.sort(key=lambda fact: fact.verdict == "unknown")
    known = [fact for fact in figures if fact.verdict != "unknown"]
    # What is missed is what a reader must know before they ring up.
    known.sort(key=lambda fact: fact.verdict == "agree")
    telling = conditions[:FACTS_ON_A_ROW] + known[:FACTS_ON_A_ROW]
    silent = [fact for fact in figures if fact.wished and fact.verdict == "unknown"]
    if silent:
        telling.append(_all_silent(silent))
    return (*telling, *(fact for fact in compared if fact.kind == "near"))


def _all_silent(silent: list[Fact]) -> Fact:
    """Several figures nothing can be said of, in one."""
    if len(silent) == 1:
        return silent[0]
    first = silent[0]
    several = f"{first.name}等 {len(silent)} 项指标"
    # Whose silence it is, where it is one side's in all of them.
    notes = {fact.note.replace(fact.name, several, 1) for fact in silent}
    note = f"{several}未说明" if len(notes) > 1 else notes.pop()
    return Fact("技术指标", "unknown", first.wished, "", note, "figure")
