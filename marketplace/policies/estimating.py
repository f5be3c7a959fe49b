"""「我能拿多少」: verdicts of all clauses for one's own figures, in groups, with questions, a total and comparisons.

What one clause gives stands in `evaluating.py`. Nothing is stored here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.policies.content import (
    Clause,
    Figures,
    Question,
    plain,
)
from marketplace.policies.evaluating import (
    STATES,
    Verdict,
    evaluate_pieces,
)
from marketplace.policies.typed_figures import as_typed

# Group → the states it shows, in the order of the page. What has not begun or is over is in the library only. Sums of 0
# are in a group of their own: 「符合」 promises something.
NOTHING = "nothing"
GROUPS = {
    "amount": ("符合", ("amount",)),
    "near": ("差一点", ("missing", "unverified")),
    "open": ("金额未定", ("open",)),
    NOTHING: ("没有可领的金额", ()),
    "not_met": ("不符合", ("not_met",)),
    "draft": ("草案", ("draft",)),
}
CONTRACTS = "tax_free_amount"
# Standing at the head of the page, whether answered or not.
FIRST_QUESTIONS = ("kind", CONTRACTS)


@dataclass(frozen=True)
class Line:
    """One clause on the page.

    Attributes:
        clause, verdict: what it gives, and why.
        asks: the missing answers, the one with most effect first.
        shows_box: whether the box of the first question stands in this line; of several lines the first has it.
        own: the value the verdict hangs on, in words.
        inputs: the figures that it looked at, in words.
        trace: how the sum was computed, in words.
        more: what one more contract would bring; empty where that was not asked.
        readings: (label, outcome in words) where readings differ.
        literal: the official text, where it was loaded.
    """

    clause: Clause
    verdict: Verdict
    asks: tuple[Question, ...] = ()
    shows_box: bool = False
    own: str = ""
    inputs: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    more: str = ""
    readings: tuple[tuple[str, str], ...] = ()
    literal: str = ""

    @property
    def outcome(self) -> str:
        """The verdict in words."""
        return outcome_of(self.verdict)


@dataclass(frozen=True)
class Later:
    """Another day to compare with.

    Attributes:
        day: the other day.
        clauses: the versions of that day.
        pieces: field → the parts its figure is the sum of, where each of them has its own cap on that day.
    """

    day: date
    clauses: Iterable[Clause]
    pieces: Mapping[str, list[Decimal]] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """The whole page.

    Attributes:
        day: on which it is asked.
        groups: (code, name, lines) in the order of the page; empty groups are left out.
        total: the sums that who asks would be paid, in 万元; None where there is none.
        others: (payee, sum) of what others would be paid for the same figures.
        changes: (clause, outcome on the day, outcome on the other day), where they differ.
        answered: (question, value as it is sent again) of what was told.
    """

    day: date
    groups: tuple[tuple[str, str, tuple[Line, ...]], ...]
    total: Decimal | None
    others: tuple[tuple[str, Decimal], ...] = ()
    other_day: date | None = None
    changes: tuple[tuple[Clause, str, str], ...] = ()
    answered: tuple[tuple[Question, str], ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether everything that could be computed for who asks comes to 0."""
        return self.total is None and any(code == NOTHING for code, _, _ in self.groups)


def estimate(
    clauses: Iterable[Clause],
    figures: Figures,
    day: date,
    *,
    questions: Mapping[str, Question],
    more: Decimal | None = None,
    later: Later | None = None,
    literal: Mapping[tuple[str, str], str] | None = None,
    pieces: Mapping[str, list[Decimal]] | None = None,
) -> Estimate:
    """What somebody with these figures could get on a day.

    Args:
        clauses: the versions of that day.
        figures: what is known.
        day: on which it is asked.
        questions: field → question.
        more: one more contract of so many 万元.
        later: another day to compare with.
        literal: (document, clause) → official text.
        pieces: field → the parts its figure is the sum of, where each of them has its own cap.
    """
    pieces = pieces or {}
    verdicts = [(one, evaluate_pieces(one, figures, day, pieces)) for one in clauses]
    effect = _effects(verdicts)
    # One question in each line, and each question once on the page (112).
    shown: set[str] = {*FIRST_QUESTIONS, *figures}
    lines: dict[str, list[Line]] = {code: [] for code in GROUPS}
    for clause, verdict in sorted(verdicts, key=_weight):
        code = _group_of(verdict)
        if code is None:
            continue
        ordered = sorted(verdict.asks, key=lambda name: -effect[name])
        asks = tuple(questions[name] for name in ordered)
        is_first = bool(asks) and asks[0].field not in shown
        shown.update(one.field for one in asks[:1])
        lines[code].append(
            Line(
                clause=clause,
                verdict=verdict,
                asks=asks,
                shows_box=is_first,
                own=_own_words(verdict, questions),
                inputs=tuple(_input_words(clause, figures, questions)),
                trace=tuple(trace_words(verdict)),
                more=_more_words(clause, verdict, figures, day, pieces, more),
                readings=tuple(
                    (label, outcome_of(one)) for label, one in verdict.readings
                ),
                literal=(literal or {}).get((clause.number, clause.clause), ""),
            )
        )
    groups = []
    for code, (name, _) in GROUPS.items():
        if lines[code]:
            groups.append((code, name, tuple(lines[code])))
    total, others = _totals(lines["amount"])
    return Estimate(
        day=day,
        groups=tuple(groups),
        total=total,
        others=others,
        other_day=later.day if later else None,
        changes=tuple(_changes(verdicts, figures, later)),
        answered=tuple(_answers(figures, questions)),
    )


def _effects(verdicts: Iterable[tuple[Clause, Verdict]]) -> Counter[str]:
    """Question → how many 万元 hang on it, at most."""
    effect: Counter[str] = Counter()
    for clause, verdict in verdicts:
        for name in verdict.asks:
            # A counter of Decimals; a clause without a ceiling still counts a little.
            effect[name] += int(clause.amount.ceiling) + 1
    return effect


def _weight(pair: tuple[Clause, Verdict]) -> tuple[Decimal, str]:
    clause, verdict = pair
    most = verdict.amount if verdict.amount is not None else clause.amount.ceiling
    # The largest first; the code decides among equals, so that the page does not change from one look to the next.
    return -most, clause.code


def _group_of(verdict: Verdict) -> str | None:
    if verdict.amount == 0:
        return NOTHING
    for code, (_, states) in GROUPS.items():
        if verdict.state in states:
            return code
    return None


def _totals(
    lines: Iterable[Line],
) -> tuple[Decimal | None, tuple[tuple[str, Decimal], ...]]:
    """What who asks is paid, and what others are: two payees are never one sum."""
    own: list[Decimal] = []
    others: dict[str, Decimal] = {}
    for line in lines:
        amount = line.verdict.amount or Decimal(0)
        # The firm, its talent, an intermediary: who asks is paid only what is paid to them (112).
        if line.clause.payee_is_applicant:
            own.append(amount)
        else:
            payee = line.clause.payee
            others[payee] = others.get(payee, Decimal(0)) + amount
    # None rather than 0: nothing was computed.
    total = sum(own, Decimal(0)) if own else None
    return total, tuple(others.items())


def _changes(
    verdicts: Iterable[tuple[Clause, Verdict]],
    figures: Figures,
    later: Later | None,
) -> Iterable[tuple[Clause, str, str]]:
    if later is None:
        return
    before = {clause.code: verdict for clause, verdict in verdicts}
    for clause in later.clauses:
        former = before.get(clause.code, Verdict("not_yet"))
        verdict = evaluate_pieces(clause, figures, later.day, later.pieces)
        # Where neither day decides anything for them, a table of 40 lines would hide what does change.
        decides = {former.state, verdict.state} & {"amount", "open", "unverified"}
        if decides and outcome_of(verdict) != outcome_of(former):
            yield clause, outcome_of(former), outcome_of(verdict)


def _more_words(
    clause: Clause,
    verdict: Verdict,
    figures: Figures,
    day: date,
    pieces: Mapping[str, list[Decimal]],
    more: Decimal | None,
) -> str:
    """One more contract of x 万 brings y."""
    if more is None or verdict.amount is None or CONTRACTS not in clause.amount.bases:
        return ""
    raised = {**figures, CONTRACTS: Decimal(figures[CONTRACTS]) + more}
    if CONTRACTS in pieces:
        # Where each contract has its own cap, the new one brings its own: under one cap it would take some away.
        pieces = {**pieces, CONTRACTS: [*pieces[CONTRACTS], more]}
    amount = evaluate_pieces(clause, raised, day, pieces).amount
    if amount is None:
        return ""
    brings = amount - verdict.amount
    contract = f"再多一份免税技术交易额 {plain(more)} 万元的合同"
    return f"{contract}，多 {plain(brings)} 万元" if brings else f"{contract}，不会多拿"


def outcome_of(verdict: Verdict) -> str:
    """A verdict in words: 「预估上限 30 万元」 or its state; of a sum of 0 that nothing comes of it."""
    if verdict.amount == 0:
        return "没有可领的金额"
    if verdict.amount is not None:
        return f"预估上限 {plain(verdict.amount)} 万元"
    return STATES[verdict.state]


def _own_words(verdict: Verdict, questions: Mapping[str, Question]) -> str:
    if verdict.own is None:
        return ""
    name, value = verdict.own
    return f"{questions[name].label}：{questions[name].shown(value)}"


def _input_words(
    clause: Clause, figures: Figures, questions: Mapping[str, Question]
) -> Iterable[str]:
    """The answers that a clause looks at, each with its question."""
    for name in clause.fields:
        if name in figures:
            yield f"{questions[name].label}：{questions[name].shown(figures[name])}"


def trace_words(verdict: Verdict) -> Iterable[str]:
    """The steps of a computation, each with its result."""
    signs = {"percent": "× {}%", "times": "× {}", "plus": "加 {}", "cap": "不超过 {}"}
    for step in verdict.steps:
        how = signs.get(step.operation, "").format(plain(step.right))
        yield f"{step.what} {how}".strip() + f" → {plain(step.result)}"


def _answers(
    figures: Figures, questions: Mapping[str, Question]
) -> Iterable[tuple[Question, str]]:
    for name, value in figures.items():
        if name not in FIRST_QUESTIONS:
            yield questions[name], as_typed(value)


def kept_content(
    result: Estimate, figures: Figures, questions: Mapping[str, Question]
) -> dict[str, Any]:
    """An estimate in words, as it is stored: readable whatever becomes of the clauses."""
    groups = []
    for _, name, lines in result.groups:
        groups.append({"name": name, "rows": [_kept_line(line) for line in lines]})
    told = []
    for field_name, value in figures.items():
        question = questions[field_name]
        told.append([question.label, question.shown(value)])
    total = None if result.total is None else plain(result.total)
    typed = {name: as_typed(value) for name, value in figures.items()}
    return {"told": told, "total": total, "groups": groups, "figures": typed}


def _kept_line(line: Line) -> dict[str, Any]:
    return {
        "code": line.clause.code,
        "title": line.clause.title,
        "outcome": line.outcome,
        "inputs": list(line.inputs),
        "trace": list(line.trace),
        "readings": [list(one) for one in line.readings],
        "asks": [one.label for one in line.asks],
        "reason": line.verdict.reason,
        "own": line.own,
        "says": line.clause.says,
        "source": line.clause.source,
        "payee": line.clause.payee,
        "office": line.clause.office,
        "note": line.clause.note,
        "papers": list(line.clause.papers),
    }
