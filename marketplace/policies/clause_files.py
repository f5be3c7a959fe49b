"""Clauses and questions as TOML, read strictly: what is wrong is refused with file and line, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from marketplace.policies.content import (
    FORMS,
    OPERATORS,
    PERIODS,
    QUESTION_KINDS,
    Amount,
    Case,
    Clause,
    Condition,
    Figure,
    Question,
)
from marketplace.policies.evaluating import STATES
from marketplace.rules.content import CHECKED, IN_FORCE
from marketplace.rules.toml_lines import FaultyFileError, Table, parse_tables

SEED = Path(__file__).parent / "seed"
LEAST_CASES = 3
INNER = ("condition", "amount", "reading", "case")
TEXTS = {
    "code", "title", "document", "number", "clause", "says", "in_force", "checked", "office", "payee",
}  # fmt: skip
NEEDED = TEXTS | {"valid_from", "entitled", "payee_is_applicant", "papers"}
MAY_HAVE = {"valid_to", "unnamed", "note", "beside"}
BESIDE = {"achievement", "demand"}
# Form → what it needs.
PARTS = {
    "fixed": {"value"},
    "up_to": {"value"},
    "rate": {"rate", "bases"},
    "count": {"value", "bases"},
    "levels": {"levels", "bases"},
    "brackets": {"brackets", "bases"},
    "equal": {"bases"},
    "open": set(),
    "budget": set(),
}


def read_questions(folder: Path = SEED) -> dict[str, Question]:
    """Field → question, in the order of the file. Raises FaultyFileError."""
    path = folder / "questions.toml"
    text = path.read_text(encoding="utf-8")
    questions = {}
    for table in parse_tables(text, path.name, "question", ()):
        table.require_keys({"field", "kind", "label"}, {"help", "unit", "choices"})
        given = table.values
        if given["kind"] not in QUESTION_KINDS:
            raise table.fault(f"不认识的 kind {given['kind']!r}", "kind")
        if (given["kind"] == "choice") != ("choices" in given):
            raise table.fault("choices 只给 choice，并且必须给")
        if given["kind"] == "count" and "unit" not in given:
            raise table.fault("缺少 unit")
        unit = "万元" if given["kind"] == "money" else given.get("unit", "")
        if given["field"] in questions:
            raise table.fault(f"{given['field']} 写了两次", "field")
        questions[given["field"]] = Question(
            field=given["field"],
            kind=given["kind"],
            label=given["label"],
            help=given.get("help", ""),
            unit=unit,
            choices=given.get("choices", {}),
        )
    return questions


def read_seed(
    questions: Mapping[str, Question], folder: Path = SEED
) -> dict[str, list[tuple[Clause, str]]]:
    """Code → the versions that come with the platform, each with the text it was read from, the earliest first.

    Raises:
        FaultyFileError: anything is wrong, dates of versions overlap or leave a gap.
    """
    found: dict[str, list[tuple[Clause, str]]] = {}
    for path in sorted((folder / "clauses").glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        pieces = _pieces(text)
        for clause, piece in zip(
            parse_clauses(text, path.name, questions), pieces, strict=True
        ):
            found.setdefault(clause.code, []).append((clause, piece))
    for code, versions in found.items():
        check_dates(code, [clause for clause, _ in versions])
    return found


def _pieces(text: str) -> list[str]:
    """The text of each clause of a file."""
    head = "[[clause]]"
    return [f"{head}{piece.rstrip()}\n" for piece in text.split(head)[1:]]


def check_dates(code: str, versions: list[Clause]) -> None:
    """Refuse versions of a clause with a gap or an overlap of dates. Raises FaultyFileError."""
    for before, after in zip(versions, versions[1:], strict=False):
        if before.valid_to is None or before.valid_to >= after.valid_from:
            raise FaultyFileError(f"{code}: {after.valid_from} 起的版本与前一版重叠")
        if before.valid_to + timedelta(days=1) != after.valid_from:
            raise FaultyFileError(f"{code}: {before.valid_to} 之后有空档")


def parse_clauses(
    text: str, file: str, questions: Mapping[str, Question]
) -> list[Clause]:
    """The clauses of a text.

    Args:
        text: TOML, `[[clause]]` with its conditions, amount, readings and cases.
        file: what the text is called in messages.
        questions: field → question.

    Raises:
        FaultyFileError: anything is wrong; the text names file and line.
    """
    clauses = []
    for table in parse_tables(text, file, "clause", INNER):
        try:
            clauses.append(_Reading(table, questions).clause())
        except FaultyFileError:
            raise
        except (TypeError, ValueError, AttributeError):
            # A list in the place of a text, and what else the checks did not foresee.
            raise table.fault("有一项的写法不对，请对照别的条款") from None
    return clauses


class _Reading:
    """One clause while it is read."""

    def __init__(self, table: Table, questions: Mapping[str, Question]) -> None:
        self.table = table
        self.questions = questions

    def clause(self) -> Clause:
        """The clause. Raises FaultyFileError."""
        table, given = self.table, self.table.values
        table.require_keys(NEEDED, MAY_HAVE)
        self._check_shapes()
        readings = dict(self._readings())
        amount = self._amount()
        conditions = tuple(
            self._condition(one, readings) for one in table.inner["condition"]
        )
        clause = Clause(
            **{name: given[name] for name in TEXTS},
            valid_from=given["valid_from"],
            valid_to=given.get("valid_to"),
            payee_is_applicant=given["payee_is_applicant"],
            entitled=tuple(given["entitled"]),
            unnamed=tuple(given.get("unnamed", ())),
            conditions=conditions,
            amount=amount,
            papers=tuple(given["papers"]),
            readings=readings,
            cases=tuple(self._case(one) for one in table.inner["case"]),
            note=given.get("note", ""),
            beside=tuple(given.get("beside", ())),
        )
        self._check_cases(clause)
        return clause

    def _check_shapes(self) -> None:
        table, given = self.table, self.table.values
        for name in TEXTS | ({"note"} & set(given)):
            if not isinstance(given[name], str) or len(given[name]) > 500:
                raise table.fault(f"{name} 要写成引号里的文字，最多 500 字", name)
        for name, known in (("in_force", IN_FORCE), ("checked", CHECKED)):
            if given[name] not in known:
                raise table.fault(f"{name} 只能是 {'、'.join(known)}", name)
        for name in ("valid_from", "valid_to"):
            if name in given and type(given[name]) is not date:
                raise table.fault(f"{name} 要写成日期，如 2026-01-01", name)
        if "valid_to" in given and given["valid_to"] < given["valid_from"]:
            raise table.fault("valid_to 早于 valid_from", "valid_to")
        if not isinstance(given["payee_is_applicant"], bool):
            raise table.fault("payee_is_applicant 只能是 true 或 false", "payee_is_applicant")  # fmt: skip
        for name in ("entitled", "unnamed", "papers"):
            self._check_list(name)
        if not set(given.get("beside", [])) <= BESIDE:
            raise table.fault("beside 只能是 achievement、demand", "beside")
        if not given["papers"]:
            raise table.fault("papers 至少写一份材料", "papers")

    def _check_list(self, name: str) -> None:
        values = self.table.values.get(name, [])
        kinds = self.questions["kind"].choices
        for one in values if isinstance(values, list) else [None]:
            if not isinstance(one, str):
                raise self.table.fault(f"{name} 要写成文字的列表", name)
            if name != "papers" and one not in kinds:
                raise self.table.fault(f"{name}：没有 {one!r} 这一类单位", name)

    def _readings(self) -> Iterator[tuple[str, str]]:
        for one in self.table.inner["reading"]:
            one.require_keys({"code", "label"}, set())
            yield one.values["code"], one.values["label"]

    def _condition(self, one: Table, readings: Mapping[str, str]) -> Condition:
        one.require_keys(
            {"field", "operator", "value", "says"}, {"path", "reading", "unnamed"}
        )
        given = one.values
        question = self._question(one, given["field"], "field")
        if given["operator"] not in OPERATORS:
            raise one.fault(f"不认识的 operator {given['operator']!r}", "operator")
        if given.get("reading", "") not in {"", *readings}:
            raise one.fault(f"没有读法 {given['reading']!r}", "reading")
        is_ordered = given["operator"] in ("at_least", "at_most")
        if is_ordered != (question.kind in ("money", "count")):
            raise one.fault("数字用 at_least、at_most，其他用 is、in", "operator")
        value: Figure | tuple[str, ...]
        if given["operator"] == "in":
            value = tuple(self._codes(one, question, given["value"], "value"))
        else:
            value = self._figure(one, question, given["value"], "value")
        return Condition(
            field=question.field,
            operator=given["operator"],
            value=value,
            says=given["says"],
            path=given.get("path", ""),
            reading=given.get("reading", ""),
            unnamed=tuple(
                self._codes(one, question, given.get("unnamed", []), "unnamed")
            ),
        )

    def _amount(self) -> Amount:
        tables = self.table.inner["amount"]
        if len(tables) != 1:
            raise self.table.fault("要写一个、只写一个 [[clause.amount]]")
        one = tables[0]
        form = one.values.get("form")
        if form not in FORMS:
            raise one.fault(f"不认识的 form {form!r}", "form")
        one.require_keys({"form", *PARTS[form]}, {"cap", "cap_period", "used"})
        given = one.values
        bases = [self._question(one, name, "bases") for name in given.get("bases", [])]
        if "bases" in PARTS[form] and not bases:
            raise one.fault("bases 是空的", "bases")
        wanted = {"choice"} if form == "levels" else {"money", "count"}
        if any(question.kind not in wanted for question in bases):
            raise one.fault("bases 里的问题不是这种 form 用的", "bases")
        if ("cap" in given) != ("cap_period" in given):
            raise one.fault("cap 和 cap_period 要一起写", "cap")
        if given.get("cap_period", "year") not in PERIODS:
            raise one.fault(f"cap_period 只能是 {'、'.join(PERIODS)}", "cap_period")
        if "used" in given:
            self._question(one, given["used"], "used")
        levels = {}
        if form == "levels":
            for code in self._codes(one, bases[0], list(given["levels"]), "levels"):
                levels[code] = self._number(one, given["levels"][code], "levels")
        brackets = tuple(
            (self._number(one, start, "brackets"), self._number(one, rate, "brackets"))
            for start, rate in given.get("brackets", [])
        )
        if list(brackets) != sorted(brackets):
            raise one.fault("brackets 要从小到大", "brackets")
        return Amount(
            form=form,
            value=self._number_or_none(one, "value"),
            rate=self._number_or_none(one, "rate"),
            bases=tuple(question.field for question in bases),
            levels=levels,
            brackets=brackets,
            cap=self._number_or_none(one, "cap"),
            cap_period=given.get("cap_period", ""),
            used=given.get("used", ""),
        )

    def _case(self, one: Table) -> Case:
        one.require_keys({"day", "expected"}, {"figures"})
        given = one.values
        if type(given["day"]) is not date:
            raise one.fault("day 要写成日期，如 2026-01-01", "day")
        figures = {}
        for name, value in given.get("figures", {}).items():
            question = self._question(one, name, "figures")
            figures[name] = self._figure(one, question, value, "figures")
        expected = given["expected"]
        if expected not in STATES or expected == "amount":
            self._number(one, expected, "expected")
        return Case(given["day"], figures, expected)

    def _check_cases(self, clause: Clause) -> None:
        if len(clause.cases) < LEAST_CASES:
            raise self.table.fault(f"至少写 {LEAST_CASES} 个算例 [[clause.case]]")
        days = {case.day for case in clause.cases}
        first = clause.valid_from
        if not {first, first - timedelta(days=1)} < days or max(days) <= first:
            raise self.table.fault("算例里要有生效当天、前一天和以后的一天")

    def _question(self, one: Table, name: Any, key: str) -> Question:
        question = self.questions.get(name)
        if question is None:
            raise one.fault(f"没有问题 {name!r}", key)
        return question

    def _codes(
        self, one: Table, question: Question, codes: Any, key: str
    ) -> Iterator[str]:
        if not isinstance(codes, list):
            raise one.fault(f"{key} 要写成列表", key)
        for code in codes:
            if code not in question.choices:
                raise one.fault(f"{question.field} 没有 {code!r} 这一项", key)
            yield code

    def _figure(self, one: Table, question: Question, value: Any, key: str) -> Figure:
        if question.kind == "yes":
            if not isinstance(value, bool):
                raise one.fault(f"{question.field} 只能是 true 或 false", key)
            return value
        if question.kind == "choice":
            return next(self._codes(one, question, [value], key))
        return self._number(one, value, key)

    def _number_or_none(self, one: Table, key: str) -> Decimal | None:
        if key not in one.values:
            return None
        return self._number(one, one.values[key], key)

    def _number(self, one: Table, value: Any, key: str) -> Decimal:
        # In quotation marks: TOML would read 1.5 as a binary fraction.
        try:
            number = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not 0 <= number < 10**9:
            raise one.fault(f'{key}：{value!r} 要写成引号里的数字，如 "1.5"', key)
        return number
