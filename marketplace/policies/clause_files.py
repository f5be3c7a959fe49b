"""Clauses and questions as TOML, read strictly: what is wrong is refused with file and line, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
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
# The day before, the first day, and a later one (111).
LEAST_CASES = 3
INNER = ("condition", "amount", "reading", "case")
TEXTS = {
    "code", "title", "document", "number", "clause", "says", "in_force", "checked", "office", "payee",
}  # fmt: skip
NEEDED = TEXTS | {"valid_from", "entitled", "payee_is_applicant", "papers"}
MAY_HAVE = {"valid_to", "unnamed", "note", "beside"}
BESIDE = {"achievement", "demand"}
# A capital first: no page of policies has such an address.
CODE = re.compile(r"[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)*", re.ASCII)
# Plainly written, six decimals of 万元, which is one 分; no sign, no exponent, no digits of other scripts.
NUMBER = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
MOST_TEXT = 500
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
    places: dict[str, list[str]] = {}
    # By name, so that every machine adds versions in the same order.
    for path in sorted((folder / "clauses").glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        parsed = _parse(text, path.name, questions)
        for (table, clause), piece in zip(parsed, _pieces(text), strict=True):
            found.setdefault(clause.code, []).append((clause, piece))
            place = f"{table.file}:{table.lines['valid_from']}"
            places.setdefault(clause.code, []).append(place)
    for code, versions in found.items():
        check_dates([clause for clause, _ in versions], places[code])
    return found


def _pieces(text: str) -> list[str]:
    """The text of each clause of a file."""
    # Each version is stored as the text it was read from: what operators edit is what the platform came with.
    head = "[[clause]]"
    return [f"{head}{piece.rstrip()}\n" for piece in text.split(head)[1:]]


def check_dates(versions: Sequence[Clause], places: Sequence[str]) -> None:
    """Refuse versions of a clause with a gap or an overlap of dates.

    Args:
        versions: of one clause, the earliest first.
        places: file and line of the first day of each.

    Raises:
        FaultyFileError: the text names file and line of the version that does not follow.
    """
    following = zip(versions[1:], places[1:], strict=True)
    for before, (after, place) in zip(versions, following, strict=False):
        if before.valid_to is None or before.valid_to >= after.valid_from:
            raise FaultyFileError(f"{place}: {after.code} {after.valid_from} 起的版本与前一版重叠")  # fmt: skip
        if before.valid_to + timedelta(days=1) != after.valid_from:
            raise FaultyFileError(f"{place}: {after.code} 在 {before.valid_to} 之后有空档")  # fmt: skip


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
    return [clause for _, clause in _parse(text, file, questions)]


def _parse(
    text: str, file: str, questions: Mapping[str, Question]
) -> list[tuple[Table, Clause]]:
    """Each clause with the table it was read from."""
    clauses = []
    for table in parse_tables(text, file, "clause", INNER):
        try:
            clauses.append((table, _Reading(table, questions).clause()))
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
        # Shapes first: what follows relies on texts being texts and days being days.
        self._check_shapes()
        readings = self._readings()
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
        for name in TEXTS:
            _check_text(table, name)
        if given.get("note"):
            _check_text(table, "note")
        if not CODE.fullmatch(given["code"]):
            raise table.fault("code 用大写字母开头，只写字母、数字和连字符，如 P-19b", "code")  # fmt: skip
        for name, known in (("in_force", IN_FORCE), ("checked", CHECKED)):
            if given[name] not in known:
                raise table.fault(f"{name} 只能是 {'、'.join(known)}", name)
        for name in ("valid_from", "valid_to"):
            # By type: a moment of TOML is a date for `isinstance`, too.
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
            if not isinstance(one, str) or not _is_text(one):
                raise self.table.fault(f"{name} 要写成文字的列表，不留空", name)
            if name != "papers" and one not in kinds:
                raise self.table.fault(f"{name}：没有 {one!r} 这一类单位", name)

    def _readings(self) -> Mapping[str, str]:
        readings: dict[str, str] = {}
        for one in self.table.inner["reading"]:
            one.require_keys({"code", "label"}, set())
            _check_text(one, "code")
            _check_text(one, "label")
            if one.values["code"] in readings:
                raise one.fault(f"读法 {one.values['code']!r} 写了两次", "code")
            readings[one.values["code"]] = one.values["label"]
        # One reading would never differ from itself, and its conditions would quietly count for everybody.
        if len(readings) == 1:
            raise self.table.fault("读法至少写两种，只有一种读法的不写 [[clause.reading]]")  # fmt: skip
        return readings

    def _condition(self, one: Table, readings: Mapping[str, str]) -> Condition:
        one.require_keys(
            {"field", "operator", "value", "says"}, {"path", "reading", "unnamed"}
        )
        given = one.values
        for name in ("operator", "says", *({"path", "reading"} & set(given))):
            _check_text(one, name)
        question = self._question(one, given["field"], "field")
        if given["operator"] not in OPERATORS:
            raise one.fault(f"不认识的 operator {given['operator']!r}", "operator")
        if given.get("reading", "") not in {"", *readings}:
            raise one.fault(f"没有读法 {given['reading']!r}", "reading")
        # More or less of a choice means nothing, and a number compared for being equal is a slip.
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
        if not isinstance(form, str) or form not in FORMS:
            raise one.fault(f"不认识的 form {form!r}", "form")
        one.require_keys({"form", *PARTS[form]}, {"cap", "cap_period", "used"})
        given = one.values
        bases = self._bases(one, form)
        self._check_cap(one)
        levels = {}
        if form == "levels":
            if not isinstance(given["levels"], dict) or not given["levels"]:
                raise one.fault('levels 要写成 { 级别 = "金额" }，至少一级', "levels")
            for code in self._codes(one, bases[0], list(given["levels"]), "levels"):
                levels[code] = self._number(one, given["levels"][code], "levels")
        brackets = tuple(self._brackets(one)) if form == "brackets" else ()
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

    def _bases(self, one: Table, form: str) -> list[Question]:
        """What the amount is computed from; a clause of another form has none."""
        names = one.values.get("bases", [])
        if not isinstance(names, list):
            raise one.fault("bases 要写成列表", "bases")
        bases = [self._question(one, name, "bases") for name in names]
        if "bases" in PARTS[form] and not bases:
            raise one.fault("bases 是空的", "bases")
        wanted = {"choice"} if form == "levels" else {"money", "count"}
        if any(question.kind not in wanted for question in bases):
            raise one.fault("bases 里的问题不是这种 form 用的", "bases")
        if form == "levels" and len(bases) != 1:
            raise one.fault("按级别的只看一个问题", "bases")
        return bases

    def _check_cap(self, one: Table) -> None:
        given = one.values
        # A cap without a period can be read in several ways: whoever writes the clause decides, aloud.
        if ("cap" in given) != ("cap_period" in given):
            raise one.fault("cap 和 cap_period 要一起写", "cap")
        if given.get("cap_period", "year") not in PERIODS:
            raise one.fault(f"cap_period 只能是 {'、'.join(PERIODS)}", "cap_period")
        if "used" not in given:
            return
        if "cap" not in given:
            raise one.fault("used 说的是封顶额里已经付过的，要和 cap 一起写", "used")
        if self._question(one, given["used"], "used").kind != "money":
            raise one.fault("used 要用问金额的问题", "used")

    def _brackets(self, one: Table) -> Iterator[tuple[Decimal, Decimal]]:
        rows = one.values["brackets"]
        if not isinstance(rows, list) or not rows:
            raise one.fault('brackets 要写成 [["0", "10"], …]，至少一段', "brackets")
        before: Decimal | None = None
        for row in rows:
            if not isinstance(row, list) or len(row) != 2:
                raise one.fault("brackets 每一段写起点和百分比两个数", "brackets")
            start = self._number(one, row[0], "brackets")
            # What lies below the first bracket would be paid by no rule at all.
            if before is None and start != 0:
                raise one.fault("brackets 第一段从 0 开始", "brackets")
            if before is not None and start <= before:
                raise one.fault("brackets 要从小到大，起点不重复", "brackets")
            yield start, self._number(one, row[1], "brackets")
            before = start

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
        # `amount` alone would be right for any sum.
        if expected not in STATES or expected == "amount":
            self._number(one, expected, "expected")
        return Case(given["day"], figures, expected)

    def _check_cases(self, clause: Clause) -> None:
        if len(clause.cases) < LEAST_CASES:
            raise self.table.fault(f"至少写 {LEAST_CASES} 个算例 [[clause.case]]")
        days = {case.day for case in clause.cases}
        first = clause.valid_from
        # The day before shows that it does not act too early; without a later one a rule of one day would pass.
        if not {first, first - timedelta(days=1)} < days or max(days) <= first:
            raise self.table.fault("算例里要有生效当天、前一天和以后的一天")

    def _question(self, one: Table, name: Any, key: str) -> Question:
        question = self.questions.get(name) if isinstance(name, str) else None
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
        if not isinstance(value, str) or not NUMBER.fullmatch(value):
            raise one.fault(f'{key}：{value!r} 要写成引号里的数字，如 "1.5"，最多六位小数', key)  # fmt: skip
        return Decimal(value)


def _check_text(table: Table, name: str) -> None:
    """Refuse what is no text that somebody can read. Raises FaultyFileError."""
    value = table.values[name]
    if not isinstance(value, str) or not _is_text(value) or len(value) > MOST_TEXT:
        raise table.fault(f"{name} 要写成引号里的文字，不留空，最多 {MOST_TEXT} 字", name)  # fmt: skip


def _is_text(value: str) -> bool:
    """Whether something can be read in it, and nothing is a control character, which no database of ours stores."""
    return bool(value.strip()) and value.replace("\n", "").isprintable()
