"""The fields that have rows of their own: figures, completing organisations and people, rights, judged values.

Rows come as mappings column → value from forms and lists, and as rows of their tables from the database; how they are
written and said is the same. The tables are made in `marketplace.listings.models`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import MappedColumn
from sqlalchemy.types import TypeEngine

from marketplace.listings.schema import terms
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field, Report, Rule
from marketplace.listings.schema.kinds import Line, Text
from marketplace.parsing import ParseError
from marketplace.parsing.figures import read_metrics
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.people import read_people, write_person
from marketplace.parsing.text import TEXT_MOST
from marketplace.wording import amount, day

SHOWN_MOST = 30  # characters of a text that a remark repeats


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
        found = []
        for field in self.row:
            found += field.constraints()
        for rule in self.rules:
            found += rule.constraints()
        return found

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
    """Technical figures. What a list writes there without a number joins a text beside them.

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
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal = Decimal(1)
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
        if len(shown) > SHOWN_MOST:
            shown = f"{shown[:SHOWN_MOST]}…"
        count = f"等 {len(rest)} 处" if len(rest) > 1 else ""
        report.remark(
            self.name, f"「{shown}」{count}没有可比较的数字，并入了「{taker.label}」。"
        )
        most = taker.most or TEXT_MOST
        if len(joined) > most:
            allowed = f"「{taker.label}」连同指标里的文字最多 {most} 字；请把数字写成「名称 比较符 数值 单位」。"
            report.complain(
                self.name, ParseError("没有数字的内容太长，放不进去。", allowed)
            )


class People(Rows):
    """The completing people, by contribution."""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_people(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return "、".join(self._written(row) for row in value)

    def words_of_row(self, row: Any) -> str:
        parts = [part_of(row, name) for name in ("name", "title", "role")]
        return " ".join(part for part in parts if part)

    def _written(self, row: Any) -> str:
        return write_person(
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """How a list holds one field of a right: a column whose items follow the order of the other columns.

    Attributes:
        aliases, advice, example, place: as of `ListColumn`.
        prefixed: the header needs the name of the rows before the field's own (知识产权名称).
        shared: a single item counts for all rights.
        loose: 、and ，part items as well.
    """

    place: int
    aliases: tuple[str, ...] = ()
    advice: str = ""
    example: str = ""
    prefixed: bool = False
    shared: bool = False
    loose: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Rights(Rows):
    """Patents and other rights; a list has a column for each of their fields.

    Attributes:
        parts: field of a right → how a list holds it.
    """

    parts: Mapping[str, Part]

    def words_of_row(self, row: Any) -> str:
        checked = part_of(row, "checked_on")
        words = [
            terms.IP_TYPES[part_of(row, "ip_type")],
            part_of(row, "number"),
            part_of(row, "name"),
            terms.LEGAL_STATUSES.get(part_of(row, "legal_status") or ""),
            f"{day(checked)} 核对" if checked else "",
        ]
        return " ".join(word for word in words if word)

    def search_text(self, row: Any) -> str:
        return "；".join(one.name for one in getattr(row, self.name) if one.name)

    def key_of_part(self, name: str) -> str:
        """The key of the column of a part."""
        return f"{self.name}.{name}"

    def header_of_part(self, name: str) -> str:
        """The header of the column of a part."""
        label = self[name].label
        if self.parts[name].prefixed:
            return f"{self.label}{label}"
        return label


def join_rights(
    rights: Rights, cells: Mapping[str, Any], report: Report
) -> list[dict[str, Any]] | None:
    """The rights of a row from columns whose items follow the same order.

    Args:
        rights: the field.
        cells: column → items, of all columns of the row.
        report: takes what does not fit together.

    Returns:
        the values of each right; None where the row has no such column.
    """
    given = {}
    for name in rights.parts:
        key = rights.key_of_part(name)
        if key in cells:
            given[name] = cells[key]
    if not given:
        return None
    count = max(len(items) for items in given.values())
    if not _same_counts(rights, given, count, report):
        return []
    found = []
    for place in range(count):
        items = _items_at(given, place, count)
        right = _read_right(rights, items, report)
        _check_right(rights, right, given, place, report)
        if right:
            found.append(right)
    return found


def _same_counts(
    rights: Rights, given: Mapping[str, Sequence[str]], count: int, report: Report
) -> bool:
    """Whether the columns have as many items as each other, a shared one aside."""
    for name, items in given.items():
        if len(items) == count or (len(items) == 1 and rights.parts[name].shared):
            continue
        longest = max(given, key=lambda other: len(given[other]))
        message = (
            f"{rights.header_of_part(name)}有 {len(items)} 项，"
            f"{rights.header_of_part(longest)}有 {count} 项，对不上。"
        )
        allowed = "几列的项数和顺序要一致，用「；」分开；没有的一项写「—」。"
        report.complain(rights.key_of_part(name), ParseError(message, allowed))
        return False
    return True


def _items_at(
    given: Mapping[str, Sequence[str]], place: int, count: int
) -> dict[str, str]:
    found = {}
    for name, items in given.items():
        item = items[place] if len(items) == count else items[0]
        if item:
            found[name] = item
    return found


def _read_right(
    rights: Rights, items: Mapping[str, str], report: Report
) -> dict[str, Any]:
    right: dict[str, Any] = {}
    for name, item in items.items():
        try:
            right[name] = _read_part(rights[name], item)
        except ParseError as error:
            report.complain(rights.key_of_part(name), error)
    return right


def _read_part(field: Field, item: str) -> Any:
    """One item of a column of rights; too long a text is said otherwise than in a cell of its own."""
    if not isinstance(field, Line):
        return field.read(item)
    if len(item) > field.most:
        raise ParseError(
            f"「{item[:20]}…」太长。",
            f"最多 {field.most} 字；几项之间用「；」分开。",
        )
    return item


def _check_right(
    rights: Rights,
    right: dict[str, Any],
    given: Mapping[str, Sequence[str]],
    place: int,
    report: Report,
) -> None:
    """Complete a right by its number, and complain of what does not fit within it."""
    _number_right(rights, right, report)
    for rule in rights.rules:
        if rule.cell is not None and rule.broken(right):
            report.complain(rights.key_of_part(rule.column), rule.cell)
    if right and "ip_type" not in right:
        message = f"第 {place + 1} 项{rights.label}没有写类型。"
        marked = "ip_type" if "ip_type" in given else next(iter(given))
        report.complain(
            rights.key_of_part(marked),
            ParseError(message, terms.IP_TYPES.describe_allowed()),
        )


def _number_right(rights: Rights, right: dict[str, Any], report: Report) -> None:
    """Check the number of a right, and take its type from it where that is not written."""
    if "number" not in right:
        return
    key = rights.key_of_part("number")
    try:
        right["number"], meant = read_ip_number(right["number"], right.get("ip_type"))
    except ParseError as error:
        report.complain(key, error)
        return
    if meant is None:
        return
    written = right.setdefault("ip_type", meant)
    if written != meant:
        message = (
            f"「{right['number']}」是{terms.IP_TYPES[meant]}的号，"
            f"类型写的是{terms.IP_TYPES[written]}。"
        )
        report.complain(key, ParseError(message, "核对类型和编号的顺序。"))


def add_up_shares(people: Iterable[Any]) -> Decimal:
    """The sum of the shares of people, in percent."""
    total = Decimal(0)
    for person in people:
        total += part_of(person, "share") or 0
    return total
