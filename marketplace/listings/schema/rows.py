"""The fields that have rows of their own: figures, completing organisations and people, rights, judged values.

Rows come as mappings column → value from forms and lists, and as rows of their tables from the database; how they are
written and said is the same. The tables are made in `marketplace.listings.models`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import MappedColumn
from sqlalchemy.types import TypeEngine

from marketplace.listings.schema import terms
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field, Report, Rule
from marketplace.listings.schema.kinds import Text
from marketplace.parsing import ParseError
from marketplace.parsing.figures import read_metrics
from marketplace.parsing.name_lists import Remarked
from marketplace.parsing.people import read_people, write_people
from marketplace.parsing.text import MAX_TEXT
from marketplace.wording import amount

MAX_EXCERPT = 30  # characters of a text that a remark repeats


def part_of(row: Any, name: str) -> Any:
    """A value of a row, whether it is a mapping or a row of a table; None where it is not there."""
    if isinstance(row, Mapping):
        return row.get(name)
    return getattr(row, name)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows(Field):
    """A field with rows of its own.

    Attributes:
        row: the fields of one row.
        rules: what holds between the fields of one row.
        always: fields of a row that always have a value and so do not make a row.
        blank_rows: rows that an empty form offers.
        same: fields that show whether two rows are about the same thing.
    """

    is_column: ClassVar[bool] = False
    empty: ClassVar[Any] = []

    row: tuple[Field, ...] = ()
    rules: tuple[Rule, ...] = ()
    always: frozenset[str] = frozenset()
    blank_rows: int = 1
    same: tuple[str, ...] = ("name",)

    def __getitem__(self, name: str) -> Field:
        for field in self.row:
            if field.name == name:
                return field
        raise KeyError(name)

    def sql_type(self) -> TypeEngine[Any]:
        raise TypeError(f"{self.name} is a table of its own")

    def column(self) -> MappedColumn[Any]:
        raise TypeError(f"{self.name} is a table of its own")

    def row_constraints(self) -> list[CheckConstraint]:
        """What the database checks of each row."""
        constraints = []
        for field in self.row:
            constraints += field.constraints()
        for rule in self.rules:
            constraints += rule.constraints()
        return constraints

    def words(self, value: Any) -> str:
        return "；".join(self.words_of_row(row) for row in value)

    def words_of_row(self, row: Any) -> str:
        """One row in words."""
        raise NotImplementedError

    def own_words(self, row: Any) -> str:
        texts = []
        for one in getattr(row, self.name):
            texts += [field.own_words(one) for field in self.row]
        return " ".join(texts)

    def search_text(self, row: Any) -> str:
        return "；".join(self.words_of_row(one) for one in getattr(row, self.name))


def metric_words(row: Any) -> str:
    """A figure as it is written: 硬度 58～62 HRC."""
    name = part_of(row, "name")
    unit = part_of(row, "unit")
    # A row that is not stored yet may lack its default operator, and hold whole numbers.
    operator = part_of(row, "operator") or "eq"
    high = part_of(row, "value_max")
    sign = terms.METRIC_OPERATORS[operator]
    low = amount(Decimal(part_of(row, "value")))
    figure = f"{sign}{low}"
    if operator in ("range", "pm") and high is not None:
        figure = f"{low}{sign}{amount(Decimal(high))}"
    # A sign parts the name from the number by itself; two numbers do not.
    before = " " if figure[0].isdigit() else ""
    after = " " if unit else ""
    return f"{name}{before}{figure}{after}{unit or ''}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics(Rows):
    """Technical figures. What a list writes there without a number joins a text next to them.

    Attributes:
        rest_to: the text that takes it.
    """

    rest_to: Text

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_metrics(raw)[0] or None

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return self.words(value)

    def words_of_row(self, row: Any) -> str:
        return metric_words(row)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        figures, rest = read_metrics(raw)
        if not figures and not rest:
            return None
        return figures, rest

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        figures = cells[self.name][0]
        if figures:
            values[self.name] = figures

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        rest = cells[self.name][1]
        if not rest:
            return
        taker = self.rest_to
        before = [values[taker.name]] if taker.name in values else []
        joined = "；".join([*before, *rest])
        values[taker.name] = joined
        shown = rest[0]
        if len(shown) > MAX_EXCERPT:
            shown = f"{shown[:MAX_EXCERPT]}…"
        count = f"等 {len(rest)} 处" if len(rest) > 1 else ""
        report.report_notice(
            self.name, f"「{shown}」{count}没有可比较的数字，并入了「{taker.label}」。"
        )
        most = taker.most or MAX_TEXT
        if len(joined) > most:
            allowed = f"「{taker.label}」连同指标里的文字最多 {most} 字；请把数字写成「名称 比较符 数值 单位」。"
            report.report_error(
                self.name, ParseError("没有数字的内容太长，放不进去。", allowed)
            )


class People(Rows):
    """The completing people, by contribution."""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_people(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return write_people(map(self._places_of, value))

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        people = cells[self.name]
        values[self.name] = list(people)
        remarks = people.remarks if isinstance(people, Remarked) else []
        for remark in remarks:
            report.report_notice(self.name, remark)

    def words_of_row(self, row: Any) -> str:
        parts = [part_of(row, name) for name in ("name", "title", "role")]
        return " ".join(part for part in parts if part)

    def _places_of(self, row: Any) -> tuple[str, str, str, Decimal | None]:
        return (
            part_of(row, "name"),
            part_of(row, "title") or "",
            part_of(row, "role") or "",
            part_of(row, "share"),
        )


class CoOwners(Rows):
    """The completing organisations in order; a list writes them in the column of organisations."""

    def words_of_row(self, row: Any) -> str:
        return str(part_of(row, "name"))


class Scores(Rows):
    """The five-value evaluation, written by evaluators and not by the form."""

    def words_of_row(self, row: Any) -> str:
        axis = terms.VALUE_AXES[part_of(row, "axis")]
        return f"{axis} {part_of(row, 'score')}（{part_of(row, 'evaluator')}）"


def add_up_shares(people: Iterable[Any]) -> Decimal:
    """The sum of the shares of people, in percent."""
    total = Decimal(0)
    for person in people:
        total += part_of(person, "share") or 0
    return total
