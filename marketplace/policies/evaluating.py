"""What a clause gives somebody: one verdict with its trace. Decimal only; no text is ever run as a program.

Nothing here knows a particular clause: they are data (`clause_files.py`).
What a page makes of verdicts: `estimating.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from marketplace.policies.content import (
    Amount,
    Clause,
    Condition,
    Figure,
    Figures,
    plain,
)

STATES = {
    "amount": "符合",
    "missing": "缺资料",
    "unverified": "待核实",
    "not_met": "不符合",
    "open": "金额未定",
    "draft": "草案",
    "not_yet": "还没有生效",
    "lapsed": "已经失效",
    "budget": "预算，不能申领",
}
FEN = Decimal("0.000001")  # 万元: one 分
HUNDRED = Decimal(100)
CAP_LEFT = "封顶额还剩"
ZERO = "按填的数算出来是 0"


@dataclass(frozen=True)
class Step:
    """One step of a computation.

    Attributes:
        what: in words, 基数.
        operation: take, times, percent, larger, plus, cap, minus or round: what was done with both numbers.
        left, right: what it was done with; the one of `take` is its result.
        result: in 万元.
    """

    what: str
    operation: str
    left: Decimal
    right: Decimal
    result: Decimal


@dataclass(frozen=True)
class Verdict:
    """What one clause gives, and why.

    Attributes:
        state: a key of `STATES`.
        amount: in 万元, of the state `amount` only; never 0 for what cannot be computed.
        steps: how it was computed.
        failed: the condition that is not met, or that nobody can say; None where it is the kind of body, too.
        reason: that in words; of a sum of 0, why it comes to nothing.
        own: the value of who asks, that the condition was compared with.
        asks: questions whose answer is missing.
        readings: (label, verdict) of each reading, where they differ.
    """

    state: str
    amount: Decimal | None = None
    steps: tuple[Step, ...] = ()
    reason: str = ""
    own: tuple[str, Figure] | None = None
    asks: tuple[str, ...] = ()
    readings: tuple[tuple[str, Verdict], ...] = ()

    @property
    def short(self) -> str:
        """The sum as a text, or the state: what a worked case expects."""
        return self.state if self.amount is None else plain(self.amount)


def evaluate_clause(clause: Clause, figures: Figures, day: date) -> Verdict:
    """What a clause gives on a day to somebody with these figures.

    Args:
        clause: one version of it.
        figures: field → value; what is not known is left out.
        day: on which it is asked.
    """
    # First, before any condition: a draft must never come to a sum, whatever somebody fills in (reference §0.7).
    if clause.in_force == "draft":
        return Verdict("draft")
    if day < clause.valid_from:
        return Verdict("not_yet", reason=f"从 {clause.valid_from} 起")
    is_over = clause.valid_to is not None and day > clause.valid_to
    # Two ways to be over: its last day, or a document that no longer counts though it names no last day.
    if is_over or clause.in_force == "lapsed":
        return Verdict("lapsed")
    if clause.amount.form == "budget":
        return Verdict("budget")
    if not clause.readings:
        return _read(clause, figures, "")
    verdicts = []
    for code, label in clause.readings.items():
        verdicts.append((label, _read(clause, figures, code)))
    # Readings that come to the same for this reader leave nothing open.
    outcomes = {verdict.short for _, verdict in verdicts}
    if len(outcomes) == 1:
        return verdicts[0][1]
    reason = "条文可以有几种读法，结果不同"
    return Verdict("unverified", reason=reason, readings=tuple(verdicts))


def evaluate_pieces(
    clause: Clause, figures: Figures, day: date, pieces: Mapping[str, list[Decimal]]
) -> Verdict:
    """The same where the only base is a sum whose parts are capped one by one.

    Args:
        clause, figures, day: as `evaluate_clause`.
        pieces: field → the parts its figure is the sum of; empty: the cap counts for the whole.
    """
    whole = evaluate_clause(clause, figures, day)
    bases = clause.amount.bases
    # The whole first: without a sum there is nothing to take apart, and the reason is that of the whole.
    if whole.amount is None or len(bases) != 1 or bases[0] not in pieces:
        return whole
    steps: list[Step] = []
    _take(steps, "起始", Decimal(0))
    for number, piece in enumerate(pieces[bases[0]], 1):
        part = evaluate_clause(clause, {**figures, bases[0]: piece}, day).amount
        what = f"第 {number} 份 {plain(piece)}"
        total = steps[-1].result + (part or Decimal(0))
        _next(steps, what, "plus", part or Decimal(0), total)
    amount = steps[-1].result
    reason = whole.reason or ZERO if amount == 0 else ""
    return Verdict("amount", amount=amount, steps=tuple(steps), reason=reason)


def _read(clause: Clause, figures: Figures, reading: str) -> Verdict:
    """The verdict in one reading: who may, what is required, how much."""
    verdicts = []
    if clause.entitled:
        says = "条文写明的单位类型"
        kinds = Condition("kind", "in", clause.entitled, says, unnamed=clause.unnamed)
        verdicts.append(check_condition(kinds, figures))
    paths: dict[str, list[Verdict]] = {}
    for condition in clause.conditions:
        if condition.reading not in ("", reading):
            continue
        verdict = check_condition(condition, figures)
        if condition.path:
            paths.setdefault(condition.path, []).append(verdict)
        else:
            verdicts.append(verdict)
    if paths:
        verdicts.append(_best_path([_all_of(one) for one in paths.values()]))
    whole = _all_of(verdicts)
    if whole.state != "amount":
        return whole
    if clause.amount.form == "open":
        return Verdict("open")
    return _compute(clause.amount, figures)


def check_condition(condition: Condition, figures: Figures) -> Verdict:
    """Whether one condition is met; `amount` says that it is."""
    own = figures.get(condition.field)
    # Not known is never no: it is a question, not a refusal.
    if own is None:
        return Verdict("missing", asks=(condition.field,))
    told = (condition.field, own)
    # Before it is compared: 等创新平台 neither names the kind nor rules it out (reference §8.1).
    if own in condition.unnamed:
        reason = f"{condition.says}：条文没有点名这一类"
        return Verdict("unverified", reason=reason, own=told)
    if _is_met(condition, own):
        return Verdict("amount")
    return Verdict("not_met", reason=condition.says, own=told)


def _is_met(condition: Condition, own: Figure) -> bool:
    value = condition.value
    if isinstance(value, tuple):
        return own in value
    if condition.operator == "is" or isinstance(own, (bool, str)):
        return own == value
    limit = Decimal(value)
    # 以上 and 以下 include the number itself (民法典 art. 1259).
    return own >= limit if condition.operator == "at_least" else own <= limit


def _all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Of things that are all required: what is not met decides, then what is missing, then what nobody can say."""
    asks: list[str] = []
    unverified = None
    for verdict in verdicts:
        # At once: what is missing changes nothing any more, and nobody is sent to look it up.
        if verdict.state == "not_met":
            return verdict
        if verdict.state == "unverified":
            unverified = unverified or verdict
        asks.extend(verdict.asks)
    if asks:
        return Verdict("missing", asks=tuple(dict.fromkeys(asks)))
    return unverified or Verdict("amount")


def _best_path(paths: list[Verdict]) -> Verdict:
    """Of paths one of which is enough: the one that leads furthest."""
    for path in paths:
        if path.state == "amount":
            return path
    asks: list[str] = []
    for path in paths:
        asks.extend(path.asks)
    if asks:
        return Verdict("missing", asks=tuple(dict.fromkeys(asks)))
    for path in paths:
        if path.state == "unverified":
            return path
    # All fail: the first path is the one the clause names first.
    return paths[0]


def _compute(amount: Amount, figures: Figures) -> Verdict:
    """How much, for whom all conditions are met."""
    # What was paid under the cap is needed, too: without it the cap would be promised twice.
    wanted = [*amount.bases, amount.used] if amount.used else [*amount.bases]
    asks = tuple(field for field in wanted if field not in figures)
    if asks:
        return Verdict("missing", asks=asks)
    steps: list[Step] = []
    if amount.form == "levels":
        level = str(figures[amount.bases[0]])
        # A level the clause does not name gets nothing, as 三等 of a prize: no, not 0.
        if level not in amount.levels:
            own = (amount.bases[0], figures[amount.bases[0]])
            return Verdict("not_met", reason="条文写明的级别", own=own)
        _take(steps, "该级别的金额", amount.levels[level])
    elif amount.form in ("fixed", "up_to"):
        _take(steps, "条文写明的金额", amount.value or Decimal(0))
    else:
        _from_base(steps, amount, figures)
    _limit(steps, amount, figures)
    result = steps[-1].result
    reason = _zero_words(steps, amount, figures) if result == 0 else ""
    return Verdict("amount", amount=result, steps=tuple(steps), reason=reason)


def _zero_words(steps: list[Step], amount: Amount, figures: Figures) -> str:
    """Why a computation comes to 0: who meets every condition and gets nothing wants to know."""
    # There was something before the rest of the cap took it away.
    if any(step.what == CAP_LEFT and step.left > 0 for step in steps):
        return "封顶额已经用完"
    # Of levels and fixed sums the base is no number, or there is none.
    bases = [figures[name] for name in amount.bases]
    if bases and not any(bases):
        return "计算的基数是 0"
    return ZERO


def _from_base(steps: list[Step], amount: Amount, figures: Figures) -> None:
    """Rate × base, count × unit, brackets, or the base itself."""
    numbers = [Decimal(figures[field]) for field in amount.bases]
    _take(steps, "您填的数", numbers[0])
    for number in numbers[1:]:
        # Of two grants the larger, never both together (P-10a: 就高).
        _next(steps, "就高", "larger", number, max(steps[-1].result, number))
    base = steps[-1].result
    if amount.form == "rate" and amount.rate is not None:
        _next(steps, "按比例", "percent", amount.rate, base * amount.rate / HUNDRED)
    elif amount.form == "count" and amount.value is not None:
        _next(steps, "每一个的金额", "times", amount.value, base * amount.value)
    elif amount.form == "brackets":
        steps.clear()
        _take(steps, "起始", Decimal(0))
        ends = [start for start, _ in amount.brackets[1:]]
        for (start, rate), end in zip(amount.brackets, [*ends, None], strict=True):
            top = base if end is None else min(base, end)
            # What lies below the bracket would be negative, and take from the ones before.
            part = max(top - start, Decimal(0)) * rate / HUNDRED
            what = f"超过 {plain(start)} 的部分按 {plain(rate)}%"
            _next(steps, what, "plus", part, steps[-1].result + part)


def _limit(steps: list[Step], amount: Amount, figures: Figures) -> None:
    """The cap, once, less what was paid under it, and rounding to one 分."""
    if amount.cap is not None:
        result = min(steps[-1].result, amount.cap)
        _next(steps, amount.cap_words, "cap", amount.cap, result)
        if amount.used:
            # More may have been paid than the cap allows: then nothing is left, not less than nothing.
            left = max(amount.cap - Decimal(figures[amount.used]), Decimal(0))
            result = min(steps[-1].result, left)
            _next(steps, CAP_LEFT, "cap", left, result)
    # Once, at the end: a rounding in between would show in the sum.
    rounded = steps[-1].result.quantize(FEN, ROUND_HALF_UP)
    if rounded != steps[-1].result:
        _next(steps, "四舍五入到分", "round", FEN, rounded)


def _take(steps: list[Step], what: str, value: Decimal) -> None:
    steps.append(Step(what, "take", value, value, value))


def _next(
    steps: list[Step], what: str, operation: str, right: Decimal, result: Decimal
) -> None:
    steps.append(Step(what, operation, steps[-1].result, right, result))


def failed_cases(clause: Clause) -> list[str]:
    """The worked cases that the clause does not give, each in words; empty where all are right."""
    wrong = []
    for number, case in enumerate(clause.cases, 1):
        given = evaluate_clause(clause, case.figures, case.day).short
        if given != case.expected:
            wrong.append(f"第 {number} 个算例（{case.day}）应为 {case.expected}，算出 {given}。")  # fmt: skip
    return wrong
