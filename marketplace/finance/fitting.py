"""Why a product fits somebody, and what is missing: every requirement by itself, and the verdict of the whole.

Never an approval. Nothing is read from the database here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marketplace.finance.content import (
    NO_APPROVAL,
    STATUS_FIELDS,
    amount_words,
    product_questions,
)
from marketplace.finance.models import ProductVersion
from marketplace.policies.content import Condition, Figures, Question, plain
from marketplace.policies.evaluating import Verdict, check_condition, evaluate_clause

# Group → its name, and the states of verdicts in it, in the order of pages.
GROUPS = {
    "fits": ("条件对得上", ("amount", "open")),
    "near": ("还缺资料", ("missing", "unverified")),
    "not_met": ("有条件不符合", ("not_met",)),
}
# In the order in which they decide where one of several requirements is enough.
MARKS = {"amount": "符合", "missing": "还不知道", "not_met": "不符合"}


@dataclass(frozen=True)
class Check:
    """One requirement and what is known of it.

    Attributes:
        state: `amount` (it is met), `missing` or `not_met`.
        says: the requirement.
        own: the value it was compared with, in words; empty where none is known.
    """

    state: str
    says: str
    own: str = ""

    @property
    def mark(self) -> str:
        """The state in words."""
        return MARKS[self.state]


@dataclass(frozen=True)
class Fit:
    """One product for one firm.

    Attributes:
        version: the version of the day.
        group: a key of `GROUPS`.
        verdict: of the rule as a whole.
        outcome: that in words, never an approval.
        checks: requirement by requirement.
        asks: what is not known yet.
    """

    version: ProductVersion
    group: str
    verdict: Verdict
    outcome: str
    checks: tuple[Check, ...]
    asks: tuple[Question, ...]


def fit_of(version: ProductVersion, figures: Figures, day: date) -> Fit | None:
    """How a product fits somebody with these figures; None where its version does not act on that day.

    Args:
        version: a published one.
        figures: field → value; what is not known is left out.
        day: on which it is compared.
    """
    terms, product = version.terms, version.product
    clause = terms.clause(
        product.name, product.organisation.name, version.valid_from, version.valid_to
    )
    verdict = evaluate_clause(clause, figures, day)
    for group, (_, states) in GROUPS.items():
        if verdict.state in states:
            questions = product_questions()
            return Fit(
                version=version,
                group=group,
                verdict=verdict,
                outcome=_outcome(version, group, verdict),
                checks=tuple(_checks(terms.conditions, figures)),
                asks=tuple(questions[name] for name in verdict.asks),
            )
    return None


def fits_of(
    versions: Iterable[ProductVersion], figures: Figures, day: date
) -> list[tuple[str, str, list[Fit]]]:
    """(group, its name, products of it), in the order of pages; empty groups are left out. Arguments as `fit_of`."""
    groups: dict[str, list[Fit]] = {code: [] for code in GROUPS}
    for version in versions:
        fit = fit_of(version, figures, day)
        if fit is not None:
            groups[fit.group].append(fit)
    found = []
    for code, (name, _) in GROUPS.items():
        if groups[code]:
            found.append((code, name, groups[code]))
    return found


def _outcome(version: ProductVersion, group: str, verdict: Verdict) -> str:
    if group == "fits" and verdict.amount is not None:
        return f"条件对得上，最高 {plain(verdict.amount)} 万元，{NO_APPROVAL}"
    if group == "fits":
        words = amount_words(version.terms.amount)
        return f"条件对得上，金额{words}，{NO_APPROVAL}"
    return GROUPS[group][0]


def _checks(conditions: Iterable[Condition], figures: Figures) -> Iterable[Check]:
    """Requirement by requirement; those of which one is enough as one."""
    alternatives = [one for one in conditions if one.path]
    if alternatives:
        yield _check_alternatives(alternatives, figures)
    for condition in conditions:
        if not condition.path:
            verdict = check_condition(condition, figures)
            yield Check(verdict.state, condition.says, _own_words(condition, figures))


def _check_alternatives(conditions: list[Condition], figures: Figures) -> Check:
    states = {one.says: check_condition(one, figures).state for one in conditions}
    says = "满足一项即可：" + "、".join(states)
    met = [words for words, state in states.items() if state == "amount"]
    # One that is met decides, then one that is not known.
    state = min(states.values(), key=list(MARKS).index)
    return Check(state, says, "、".join(met))


def _own_words(condition: Condition, figures: Figures) -> str:
    value = figures.get(condition.field)
    if value is None:
        return ""
    return product_questions()[condition.field].shown(value)


def status_figures(codes: Iterable[str]) -> dict[str, bool]:
    """What checked statuses of a firm say: a status that nobody has checked is not known, never missing."""
    known = set(codes)
    if "little_giant" in known:
        known.add("specialised")
    return {name: True for name in STATUS_FIELDS if name in known}
