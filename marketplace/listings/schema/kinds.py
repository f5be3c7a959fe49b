"""The plain kinds of fields: lines and texts, days and months, numbers, yes or no, key words.

What is chosen from a closed list is in `choices.py`, what has rows of its own in `rows.py`, sums in `price.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    Dialect,
    Integer,
    Numeric,
    String,
    TypeDecorator,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from marketplace.clock import today
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field, Report
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day, read_month, read_period
from marketplace.parsing.figures import read_decimal, read_whole
from marketplace.parsing.levels import read_level
from marketplace.parsing.lists import join_items, read_keywords
from marketplace.parsing.numbers import read_registration
from marketplace.parsing.text import (
    cell_text,
    check_length,
    read_flag,
    read_line,
    read_prose,
    says_nothing,
)
from marketplace.wording import amount, day

TEXT_LIMIT = 3000  # characters of one public text; the official forms ask for 500 or 1,000, older lists hold more
MIN_TEXT = 20  # characters below which nobody could judge what is offered or asked
LENGTH_HINT = f"最多 {TEXT_LIMIT} 字。"


class Exact(TypeDecorator[Decimal]):
    """A decimal number, exact on every database: SQLite has no decimals, so it stores a float of at most 15 digits.

    Args:
        digits: significant digits, at most 15.
        places: digits after the point.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        super().__init__(digits, places)
        self.digits = digits
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            # SQLAlchemy would warn at each number: SQLite has no decimals, and 15 digits survive a float.
            return Numeric(self.digits, self.places, asdecimal=False)
        return Numeric(self.digits, self.places, asdecimal=True)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is not None and dialect.name == "sqlite":
            return float(value)
        return value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        # By way of its shortest text: 0.1 comes back as 0.1.
        return Decimal(str(round(value, self.places)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(Field):
    """A text on one line.

    Attributes:
        most: characters the column holds.
    """

    most: int

    def sql_type(self) -> TypeEngine[Any]:
        return String(self.most)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        text = read_line(raw, self.most)
        # What everybody needs is not there where the cell says so: N/A, （空）, 无.
        if self.starred and text and says_nothing(text):
            return None
        return text

    def own_words(self, row: Any) -> str:
        return getattr(row, self.name) or ""


class Name(Line):
    """A line without which a row makes no sense, so that the database asks for it."""

    def column(self) -> MappedColumn[Any]:
        # Other lines may be empty in a draft; a row without its name says nothing at all.
        return mapped_column(self.sql_type(), nullable=False)


class Title(Name):
    """The name of a listing: never empty."""

    def constraints(self) -> list[CheckConstraint]:
        return [CheckConstraint(f"length({self.name}) >= 1", name=self.name)]


class Registration(Line):
    """A 批准登记号."""

    empty: ClassVar[Any] = None

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_registration(raw)


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Field):
    """A text of several lines.

    Attributes:
        most: characters the column holds; None for as many as a cell of a spreadsheet.
        public: the public page shows it whole, so review lets at most `TEXT_LIMIT` characters pass.
        main: it is what a listing is judged by, so review asks for at least `MIN_TEXT` characters.
        rows: lines of its control.
    """

    most: int | None = None
    public: bool = False
    main: bool = False
    rows: int = 4

    def sql_type(self) -> TypeEngine[Any]:
        if self.most is None:
            return SqlText()
        return String(self.most)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        if self.most is None:
            try:
                return read_prose(raw)
            except ParseError:
                # A draft holds more than the page shows; beyond that the bound of the box is said.
                if self.public:
                    check_length(cell_text(raw), TEXT_LIMIT)
                raise
        # Cut nowhere: too long a text is refused with its length, for half a sentence is worse than none.
        return read_prose(raw, self.most)

    def own_words(self, row: Any) -> str:
        return getattr(row, self.name) or ""


class Flag(Field):
    """是 or 否."""

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = False

    def sql_type(self) -> TypeEngine[Any]:
        return Boolean()

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_flag(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return self.words(value)

    def say(self, value: Any) -> str:
        return self.words(value)

    def words(self, value: Any) -> str:
        return "是" if value else "否"


@dataclass(frozen=True, kw_only=True, eq=False)
class Day(Field):
    """A day.

    Attributes:
        is_ahead: it lies ahead when it is written down.
        years_ahead: years beyond which it is more likely a slip of the hand; 0 for any.
    """

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = None

    is_ahead: bool = False
    years_ahead: int = 0

    @property
    def dated(self) -> bool:
        return True

    def sql_type(self) -> TypeEngine[Any]:
        return Date()

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_day(raw)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_period(raw)

    def remark_on(self, raw: Any) -> str:
        period = read_period(raw)
        return period.remark if period else ""

    def doubt_about(self, value: date | None) -> str:
        """What is said of a day that is over already, or too far away; empty for others."""
        if value is None:
            return ""
        if self.is_ahead and value < today():
            return f"{self.label} {day(value)} 已经过了，请核对年份。"
        if self.years_ahead and value.year - today().year > self.years_ahead:
            return f"{self.label} {day(value)} 太远了，请核对年份；最多写到 {self.years_ahead} 年以后。"
        return ""

    def words(self, value: Any) -> str:
        return day(value)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        period = cells[self.name]
        values[self.name] = period.last
        for message in (period.remark, self.doubt_about(period.last)):
            if message:
                report.report_notice(self.name, message)


class Month(Field):
    """A month, stored as YYYY-MM."""

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = None

    @property
    def dated(self) -> bool:
        return True

    def sql_type(self) -> TypeEngine[Any]:
        # As text, for no database has a type of months, and YYYY-MM sorts as it should.
        return String(7)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_month(raw)


@dataclass(frozen=True, kw_only=True, eq=False)
class Whole(Field):
    """A whole number from `low` to `high`."""

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = None

    low: int
    high: int

    def sql_type(self) -> TypeEngine[Any]:
        return Integer()

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_whole(raw, self.low, self.high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Level(Whole):
    """A level of a scale.

    Attributes:
        names: level → what it means.
    """

    names: Mapping[int, str]

    def constraints(self) -> list[CheckConstraint]:
        condition = (
            f"{self.name} is null or {self.name} between {self.low} and {self.high}"
        )
        return [CheckConstraint(condition, name=self.name)]

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_level(raw, self.low, self.high, self.names)

    def words(self, value: Any) -> str:
        return f"{value} 级 {self.names[value]}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Field):
    """A decimal number.

    Attributes:
        digits: significant digits the column holds; `places`: those after the point.
        below: the absolute value stays below.
        suffix: signs that may follow the number, such as %.
        required: NOT NULL.
    """

    empty: ClassVar[Any] = None

    digits: int
    places: int
    below: int
    suffix: str = ""
    required: bool = False

    def sql_type(self) -> TypeEngine[Any]:
        return Exact(self.digits, self.places)

    def column(self) -> MappedColumn[Any]:
        # The database itself refuses a figure without value, whichever way a row comes in.
        return mapped_column(self.sql_type(), nullable=not self.required)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        # The unit is in the label; many type it all the same.
        if isinstance(raw, str):
            raw = raw.rstrip(self.suffix)
        return read_decimal(raw, below=self.below, places=self.places)

    def words(self, value: Any) -> str:
        return amount(value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Words(Field):
    """Key words, stored as a list.

    Attributes:
        most: how many a public listing may have; a list that has more is cut off.
    """

    empty: ClassVar[Any] = []

    most: int

    def sql_type(self) -> TypeEngine[Any]:
        return JSON()

    def sql_default(self) -> Any:
        return list

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_keywords(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        # Written so that reading gives the same words again: one may hold the sign that parts them.
        return join_items(value, read_keywords)

    def words(self, value: Any) -> str:
        return "；".join(value)

    def own_words(self, row: Any) -> str:
        return " ".join(getattr(row, self.name) or ())

    def search_text(self, row: Any) -> str:
        return "；".join(getattr(row, self.name) or ())

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        words = cells[self.name]
        # More key words blur a search; the first ones are the writer's own choice.
        if len(words) > self.most:
            report.report_notice(
                self.name, f"有 {len(words)} 个{self.label}，取了前 {self.most} 个。"
            )
        values[self.name] = words[: self.most]
