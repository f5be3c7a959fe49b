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
    ProductCase,
    amount_words,
    product_questions,
)
from marketplace.finance.models import ProductVersion
from marketplace.policies.content import Clause, Condition, Figures, Question, plain
from marketplace.policies.evaluating import (
    STATES,
    Verdict,
    check_condition,
    evaluate_clause,
)

# Group → its name, and the states of verdicts in it, in the order of pages.
NOTHING = "nothing"
GROUPS = {
    "fits": ("条件对得上", ("amount", "open")),
    "near": ("还缺资料", ("missing", "unverified")),
    # A sum of 0 is none that anybody is lent, though every requirement is met.
    NOTHING: ("没有可贷的金额", ()),
    "not_met": ("有条件不符合", ("not_met",)),
}
# What a worked example may expect, in the order of its form.
EXPECTED = {
    "amount": "对得上，最高多少万元",
    "open": "对得上，金额由机构逐户商定",
    "missing": "还缺资料",
    "not_met": "有条件不符合",
}
# As many as a clause of a policy needs (111, 142).
LEAST_CASES = 3
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


@dataclass(frozen=True)
class Worked:
    """A worked example and what the rule gives for it.

    Attributes:
        case: the example.
        figures: its figures in words.
        expected, given: what it should give and what it does, in words.
    """

    case: ProductCase
    figures: tuple[str, ...]
    expected: str
    given: str

    @property
    def is_right(self) -> bool:
        """Whether both are the same."""
        return self.expected == self.given


def worked_cases(version: ProductVersion) -> list[Worked]:
    """The worked examples of a version, each with what its rule gives on its first day."""
    questions, clause = product_questions(), _clause_of(version)
    found = []
    for case in version.cases:
        # On the first day, whatever today is: days are not what examples are about (142).
        verdict = evaluate_clause(clause, case.figures, version.valid_from)
        words = [
            f"{questions[name].label}：{questions[name].shown(value)}"
            for name, value in case.figures.items()
        ]
        expected, given = _case_words(case.expected), _case_words(verdict.short)
        found.append(Worked(case, tuple(words), expected, given))
    return found


def case_problems(version: ProductVersion) -> list[str]:
    """Why the worked examples of a version do not let it act, each in a sentence; empty where they do.

    A rule that looks at nothing needs none; any other needs three that come out, one that fits among them, and where
    it requires anything one that does not.
    """
    # There is nothing to put in: it gives every firm the same.
    if not version.terms.fields:
        return []
    worked, problems = worked_cases(version), []
    if len(worked) < LEAST_CASES:
        problems.append(f"至少写 {LEAST_CASES} 个算例，现在 {len(worked)} 个。")
    states = {one.case.expected for one in worked}
    # What fits expects a sum, which is its own text, or `open`.
    if not states - {"missing", "not_met"}:
        problems.append("至少有一个算例条件都对得上。")
    if version.terms.conditions and "not_met" not in states:
        problems.append("至少有一个算例有条件不符合。")
    for number, one in enumerate(worked, 1):
        if not one.is_right:
            problems.append(f"第 {number} 个算例应为「{one.expected}」，算出「{one.given}」。")  # fmt: skip
    return problems


def _case_words(outcome: str) -> str:
    if outcome in STATES:
        return EXPECTED.get(outcome, STATES[outcome])
    return f"最高 {outcome} 万元"


def _clause_of(version: ProductVersion) -> Clause:
    product = version.product
    return version.terms.clause(
        product.name, product.organisation.name, version.valid_from, version.valid_to
    )


def fit_of(version: ProductVersion, figures: Figures, day: date) -> Fit | None:
    """How a product fits somebody with these figures; None where its version does not act on that day.

    Args:
        version: a published one.
        figures: field → value; what is not known is left out.
        day: on which it is compared.
    """
    verdict = evaluate_clause(_clause_of(version), figures, day)
    group = _group_of(verdict)
    if group is None:
        return None
    questions = product_questions()
    return Fit(
        version=version,
        group=group,
        verdict=verdict,
        outcome=_outcome(version, group, verdict),
        checks=tuple(_checks(version.terms.conditions, figures)),
        asks=tuple(questions[name] for name in verdict.asks),
    )


def _group_of(verdict: Verdict) -> str | None:
    """A key of `GROUPS`; None for states of days, as of a version that has not begun."""
    if verdict.amount == 0:
        return NOTHING
    for group, (_, states) in GROUPS.items():
        if verdict.state in states:
            return group
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
    name = GROUPS[group][0]
    return f"{name}：{verdict.reason}" if group == NOTHING else name


def _checks(conditions: Iterable[Condition], figures: Figures) -> Iterable[Check]:
    """Requirement by requirement; those of which one is enough as one."""
    # Only statuses have a path of their own, and a product has one such list at most.
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
    # A 小巨人 is chosen among the 专精特新: it meets what these meet.
    if "little_giant" in known:
        known.add("specialised")
    return {name: True for name in STATUS_FIELDS if name in known}
