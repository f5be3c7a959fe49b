"""What the rule of a financial product is made of, and the clause it becomes: plain data, no web and no database.

A product is evaluated as a clause of a policy is (`policies/evaluating.py`), with questions of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from marketplace.policies.clause_files import read_questions
from marketplace.policies.content import (
    Amount,
    Clause,
    Condition,
    Figure,
    Figures,
    Question,
)
from marketplace.policies.typed_figures import as_typed, read_figures

SEED = Path(__file__).parent / "seed"
# How a product says how much: a subset of the forms of clauses.
AMOUNT_FORMS = {
    "up_to": "最高多少万元",
    "rate": "按一项数的百分之几，可以封顶",
    "open": "金额由机构逐户商定",
}
# What a rate may be taken of.
# Sums that a firm knows of itself; a rate of a count would be no money.
BASES = ("patent_value", "revenue", "capital_sought")
# Of these a product may require that one is met, whichever.
STATUS_FIELDS = ("tech_sme", "high_tech", "specialised")
WORDS = {"at_least": "不少于", "at_most": "不超过"}
NO_APPROVAL = "不代表审批"


@dataclass(frozen=True)
class ProductTerms:
    """One version of what a product offers and requires.

    Attributes:
        summary: what it is, in a few sentences.
        price: rate or fee in words, as its institution announces it.
        term: for how long, in words.
        document: where the institution has written it down.
        papers: what is handed in.
        amount: how much, as a clause has it.
        conditions: what is required.
    """

    summary: str
    price: str
    term: str
    document: str
    papers: tuple[str, ...]
    amount: Amount
    conditions: tuple[Condition, ...]

    @property
    def fields(self) -> list[str]:
        """The questions it looks at, in the order of pages."""
        looked_at = {one.field for one in self.conditions} | {*self.amount.bases}
        return [name for name in product_questions() if name in looked_at]

    def clause(
        self, name: str, institution: str, valid_from: date, valid_to: date | None
    ) -> Clause:
        """The clause that the evaluator takes; its cap is the institution's, and an operator has read it."""
        return Clause(
            code="product",
            title=name,
            document=self.document,
            number="",
            clause="",
            says=self.summary,
            valid_from=valid_from,
            valid_to=valid_to,
            # It acts by the days of its version, and only after an operator has read it.
            in_force="active",
            checked="verified",
            office=institution,
            payee="",
            payee_is_applicant=True,
            entitled=(),
            unnamed=(),
            conditions=self.conditions,
            amount=self.amount,
            papers=self.papers,
            readings={},
            cases=(),
        )


@dataclass(frozen=True)
class ProductCase:
    """A worked example: what the rule must give for these figures on the first day of its version.

    Attributes:
        figures: field → value; what is left out is not known.
        expected: the sum in 万元, or a state of `policies.evaluating.STATES`.
    """

    figures: Figures
    expected: str


@cache
def product_questions() -> Mapping[str, Question]:
    """Field → question of products: they come with the platform and do not change while it runs."""
    return read_questions(SEED)


def condition_on(
    field: str, operator: str, value: Figure | tuple[str, ...], *, any_of: bool = False
) -> Condition:
    """A requirement with its words.

    Args:
        field: of `product_questions`.
        operator: `is`, `in`, `at_least` or `at_most`.
        value: what it compares with.
        any_of: one of several of these is enough.
    """
    question = product_questions()[field]
    if isinstance(value, tuple):
        names = "、".join(question.choices[code] for code in value)
        says = f"{question.label}：{names}"
    elif isinstance(value, bool):
        says = question.label if value else f"不是：{question.label}"
        if field == "has_overdue" and not value:
            # 「不是：有没有结清的逾期贷款」 reads as its opposite.
            says = "没有未结清的逾期贷款"
    else:
        says = f"{question.label}{WORDS[operator]} {question.shown(value)}"
    # Each is a path of its own, so that one of them is enough.
    path = field if any_of else ""
    return Condition(field, operator, value, says, path=path)


def stored_terms(terms: ProductTerms) -> dict[str, Any]:
    """A version as JSON, with numbers as texts: nothing is rounded."""
    amount = terms.amount
    conditions = []
    for one in terms.conditions:
        value: Any = one.value
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, Decimal):
            # As text: a number of JSON is read as a binary float, which 3.45 is not.
            value = str(value)
        conditions.append([one.field, one.operator, value, bool(one.path)])
    return {
        "summary": terms.summary,
        "price": terms.price,
        "term": terms.term,
        "document": terms.document,
        "papers": list(terms.papers),
        "form": amount.form,
        "value": _text(amount.value),
        "rate": _text(amount.rate),
        "base": "".join(amount.bases),
        "cap": _text(amount.cap),
        "conditions": conditions,
    }


def terms_of(content: Mapping[str, Any]) -> ProductTerms:
    """The version that `stored_terms` stored."""
    cap = _number(content["cap"])
    amount = Amount(
        form=content["form"],
        value=_number(content["value"]),
        rate=_number(content["rate"]),
        bases=(content["base"],) if content["base"] else (),
        cap=cap,
        # The evaluator names what each cap is counted for: of a product, for each firm.
        cap_period="holder" if cap is not None else "",
    )
    return ProductTerms(
        summary=content["summary"],
        price=content["price"],
        term=content["term"],
        document=content["document"],
        papers=tuple(content["papers"]),
        amount=amount,
        conditions=tuple(_conditions(content["conditions"])),
    )


def stored_cases(cases: Iterable[ProductCase]) -> list[dict[str, Any]]:
    """Worked examples as JSON, figures as a form sends them."""
    stored = []
    for case in cases:
        typed = {name: as_typed(value) for name, value in case.figures.items()}
        stored.append({"figures": typed, "expected": case.expected})
    return stored


def cases_of(content: Mapping[str, Any]) -> list[ProductCase]:
    """The examples that `stored_cases` stored; versions from before there were any have none."""
    questions = product_questions()
    cases = []
    for one in content.get("cases", ()):
        # By the reader of forms, as they were stored: a question that is gone since is passed over.
        figures = read_figures(one["figures"], questions).figures
        cases.append(ProductCase(figures, one["expected"]))
    return cases


def _conditions(stored: Iterable[list[Any]]) -> Iterable[Condition]:
    questions = product_questions()
    for field, operator, value, any_of in stored:
        read: Figure | tuple[str, ...] = value
        if operator == "in":
            read = tuple(value)
        elif questions[field].kind in ("money", "count"):
            read = Decimal(value)
        yield condition_on(field, operator, read, any_of=any_of)


def amount_words(amount: Amount) -> str:
    """How much a product gives at most, in words; never that anybody gets it."""
    if amount.form == "open":
        return "由机构逐户商定"
    if amount.form == "up_to" and amount.value is not None:
        # Without `f` a normalised 500 reads 5E+2.
        return f"最高 {amount.value.normalize():f} 万元"
    questions = product_questions()
    base = "、".join(questions[field].label for field in amount.bases)
    rate = amount.rate or Decimal(0)
    words = f"{base}的 {rate.normalize():f}%"
    if amount.cap is not None:
        words += f"，最高 {amount.cap.normalize():f} 万元"
    return words


def _text(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
