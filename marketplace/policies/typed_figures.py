"""Figures as people type them and as a form sends them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from marketplace.errors import Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.single_sums import read_single_sum
from marketplace.parsing.text import compact_text
from marketplace.policies.content import Figure, Question, plain

MOST = Decimal(10_000_000)  # 万元: a thousand 亿, more than any figure asked here
MOST_COUNT = 100_000


@dataclass
class TypedFigures:
    """What somebody typed: figures that could be read, and what is wrong with the others, by field."""

    figures: dict[str, Figure] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


def read_figures(
    raw: Mapping[str, str], questions: Mapping[str, Question]
) -> TypedFigures:
    """The figures of a form; empty boxes are not known.

    Args:
        raw: field → text as typed; others are passed over.
        questions: field → question.
    """
    read = TypedFigures()
    for name, question in questions.items():
        text = raw.get(name, "").strip()
        if not compact_text(text):
            continue
        try:
            read.figures[name] = _read_figure(question, text)
        except ParseError as error:
            read.problems[name] = [error.sentence]
    return read


def _read_figure(question: Question, text: str) -> Figure:
    if question.kind == "choice":
        if text not in question.choices:
            raise ParseError("没有这一项。", "请从列出的里面选。")
        return text
    if question.kind == "yes":
        if text not in ("yes", "no"):
            raise ParseError("没有这一项。", "请选「是」或「否」。")
        return text == "yes"
    if question.kind == "count":
        digits = compact_text(text).removesuffix(question.unit)
        is_whole = digits.isascii() and digits.isdigit() and len(digits) < 10
        if not is_whole or int(digits) > MOST_COUNT:
            raise ParseError("要写整数。", f"只用阿拉伯数字，最多 {MOST_COUNT}。")
        return Decimal(digits)
    return read_amount(text)


def read_amount(text: str) -> Decimal:
    """A sum in 万元, 0 or more. Raises ParseError."""
    # 0 is an answer here, which a sum of money elsewhere is not.
    number = Decimal(0) if text in ("0", "０") else read_single_sum(text)
    if number is None:
        raise ParseError("没有读出金额。", "写数字，单位万元，如 2000。")
    if not 0 <= number <= MOST:
        raise ParseError("金额不合理。", f"写 0 到 {plain(MOST)} 万元之间的数。")
    return number


def as_typed(value: Figure) -> str:
    """A figure as a form sends it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else plain(value)


def question_labels(questions: Mapping[str, Question]) -> dict[str, str]:
    """What each field is called in a list of what is wrong."""
    return {name: question.label for name, question in questions.items()}


def require_sound(read: TypedFigures) -> None:
    """Refuse figures that could not be read. Raises Invalid."""
    if read.problems:
        raise Invalid("有几处没有看懂，测算没有存下。", problems=read.problems)
