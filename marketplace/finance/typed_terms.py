"""The rule of a product as its institution types it: texts, an amount, and one requirement for each question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from marketplace.errors import Invalid
from marketplace.finance.content import (
    AMOUNT_FORMS,
    BASES,
    STATUS_FIELDS,
    ProductTerms,
    condition_on,
    product_questions,
)
from marketplace.parsing import ParseError
from marketplace.parsing.single_sums import read_single_sum
from marketplace.policies.content import Amount, Condition, Question
from marketplace.typed_texts import checked_text

MOST = Decimal(10_000_000)  # 万元
MOST_COUNT = Decimal(100_000)
MAX_PAPERS = 20
TEXTS = {"summary": 500, "price": 200, "term": 100, "document": 200}
NEEDED = {
    "summary": "用几句话写产品是什么、给谁用。",
    "price": "写利率、费率或收益要求，如「年利率 3.45% 起」。",
    "term": "写期限，如「最长 3 年」。",
    "document": "写依据，如产品管理办法的名称和文号。",
}


@dataclass
class Reading:
    """What was typed: the terms, where all of it could be read, and what is wrong with the rest, by field."""

    terms: ProductTerms | None = None
    problems: dict[str, list[str]] = field(default_factory=dict)


def read_terms(typed: MultiDict[str, str]) -> Reading:
    """The terms of a form.

    Args:
        typed: `summary`, `price`, `term`, `document`, `papers` (one a line), `form`, `value`, `percent`, `base`, `cap`;
            for each question `FIELD` (yes, no, codes) or `FIELD-low` and `FIELD-high`; `any_of`.
    """
    reading = Reading()
    # All of it is read before anything is refused, so that every wrong box is marked at once.
    texts = dict(_texts(typed, reading))
    papers = _papers(typed, reading)
    amount = _amount(typed, reading)
    conditions = tuple(_conditions(typed, reading))
    if not reading.problems and amount is not None:
        reading.terms = ProductTerms(
            papers=papers, amount=amount, conditions=conditions, **texts
        )
    return reading


def typed_terms(terms: ProductTerms) -> dict[str, Any]:
    """Terms as the form shows them again: field → text, or a list of texts of several boxes."""
    amount = terms.amount
    shown: dict[str, Any] = {
        "summary": terms.summary,
        "price": terms.price,
        "term": terms.term,
        "document": terms.document,
        "papers": "\n".join(terms.papers),
        "form": amount.form,
        "value": _shown(amount.value),
        "percent": _shown(amount.rate),
        "base": "".join(amount.bases),
        "cap": _shown(amount.cap),
        "any_of": [],
    }
    ends = {"at_least": "low", "at_most": "high"}
    for one in terms.conditions:
        if one.path:
            shown["any_of"].append(one.field)
        elif isinstance(one.value, bool):
            shown[one.field] = "yes" if one.value else "no"
        elif isinstance(one.value, tuple):
            shown[one.field] = list(one.value)
        else:
            shown[f"{one.field}-{ends[one.operator]}"] = _shown(Decimal(one.value))
    return shown


def _texts(typed: MultiDict[str, str], reading: Reading) -> Iterator[tuple[str, str]]:
    for name, most in TEXTS.items():
        try:
            yield name, checked_text(name, typed.get(name, ""), most, missing=NEEDED[name])  # fmt: skip
        except Invalid as error:
            reading.problems.update(error.problems)


def _papers(typed: MultiDict[str, str], reading: Reading) -> tuple[str, ...]:
    try:
        text = checked_text("papers", typed.get("papers", ""), 1000)
    except Invalid as error:
        reading.problems.update(error.problems)
        return ()
    lines = [line.strip() for line in text.splitlines()]
    papers = tuple(line for line in lines if line)
    if not 1 <= len(papers) <= MAX_PAPERS:
        reading.problems["papers"] = [f"一行写一份材料，1–{MAX_PAPERS} 份。"]
    return papers


def _amount(typed: MultiDict[str, str], reading: Reading) -> Amount | None:
    form = typed.get("form", "")
    if form not in AMOUNT_FORMS:
        reading.problems["form"] = ["选一种金额的算法。"]
        return None
    # What was typed into the boxes of the other forms is let go.
    if form == "open":
        return Amount("open")
    if form == "up_to":
        value = _positive(typed, "value", reading, "写最高多少万元。")
        return Amount("up_to", value=value)
    rate = _positive(typed, "percent", reading, "写百分之几，如 60。")
    if rate is not None and rate > 100:
        reading.problems["percent"] = ["比例不超过 100。"]
    base = typed.get("base", "")
    if base not in BASES:
        reading.problems["base"] = ["选按哪一项数计算。"]
    cap = None
    if typed.get("cap", "").strip():
        cap = _positive(typed, "cap", reading, "写封顶多少万元，或空着。")
    return Amount(
        "rate",
        rate=rate,
        bases=(base,),
        cap=cap,
        cap_period="holder" if cap is not None else "",
    )


def _conditions(typed: MultiDict[str, str], reading: Reading) -> Iterator[Condition]:
    questions = product_questions()
    any_of = [name for name in STATUS_FIELDS if name in typed.getlist("any_of")]
    # One of one is a requirement like every other, and is written as such.
    if len(any_of) == 1:
        reading.problems["any_of"] = ["至少选两项；只要求一项的，在下面选「要求是」。"]
    for name in any_of:
        yield condition_on(name, "is", True, any_of=True)
    for name, question in questions.items():
        if question.kind == "yes":
            given = typed.get(name, "")
            # Required by itself, one of several that would do is no alternative any more.
            if given in ("yes", "no") and name in any_of:
                reading.problems[name] = [
                    "上面已经要求「满足一项即可」，这里不再单独要求。"
                ]
            elif given in ("yes", "no"):
                yield condition_on(name, "is", given == "yes")
        elif question.kind == "choice":
            codes = typed.getlist(name)
            if set(codes) - question.choices.keys():
                reading.problems[name] = ["没有这一项，请从列出的里面选。"]
            elif codes:
                yield condition_on(name, "in", tuple(codes))
        else:
            yield from _limits(typed, question, reading)


def _limits(
    typed: MultiDict[str, str], question: Question, reading: Reading
) -> Iterator[Condition]:
    """A lowest and a highest value, either or both."""
    limits = {}
    for end in ("low", "high"):
        key = f"{question.field}-{end}"
        if typed.get(key, "").strip():
            # An empty box is no limit; what cannot be read is a problem, and the version is not saved.
            limits[end] = _number(typed, key, question, reading)
    low, high = limits.get("low"), limits.get("high")
    if low is not None and high is not None and low > high:
        reading.problems[f"{question.field}-high"] = ["上限不能小于下限。"]
        return
    if low is not None:
        yield condition_on(question.field, "at_least", low)
    if high is not None:
        yield condition_on(question.field, "at_most", high)


def _number(
    typed: MultiDict[str, str], key: str, question: Question, reading: Reading
) -> Decimal | None:
    text = typed.get(key, "").strip()
    if question.kind == "count":
        # `isdigit` alone takes ² and digits of other scripts.
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            reading.problems[key] = ["写整数，只用阿拉伯数字。"]
            return None
        number = Decimal(text)
        if number > MOST_COUNT:
            reading.problems[key] = [f"最多 {MOST_COUNT}。"]
        return number
    return _positive(typed, key, reading, "写数字，单位万元，如 500。")


def _positive(
    typed: MultiDict[str, str], name: str, reading: Reading, missing: str
) -> Decimal | None:
    return read_positive(name, typed.get(name, ""), reading.problems, missing)


def read_positive(
    name: str, raw: str, problems: dict[str, list[str]], missing: str
) -> Decimal | None:
    """A number above 0, mostly of 万元; None where there is none, with why in `problems`.

    Args:
        name: of the box.
        raw: as typed.
        problems: field → messages, which is added to.
        missing: the message where nothing was typed, or the number is out of bounds.
    """
    text = raw.strip()
    try:
        number = read_single_sum(text) if text else None
    except ParseError as error:
        problems[name] = [error.sentence]
        return None
    if number is None or not 0 < number <= MOST:
        problems[name] = [missing]
        return None
    return number


def _shown(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"
