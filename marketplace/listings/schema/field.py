"""What a field of a listing is: its name, its place on every surface, and how it is read, written and put in words.

The kinds of fields are in `kinds.py`, `choices.py` and `rows.py`; which fields there are in `achievement.py` and
`demand.py`. No table, form, page or file is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.parsing import ParseError
from marketplace.wording import UNKNOWN


class SeenBy(StrEnum):
    """Who sees a field of a listing that they may open: each value is the deed of `permissions` that is asked."""

    OPEN = ""  # everybody, on a partly public listing too
    FULL = "listing.read_full"
    FIRM = "demand.read_firm"  # those to whom the owner is named
    CONTACT = "listing.read_contact"
    OWN = "listing.edit"  # between the owner and the operator


class Report(Protocol):
    """What is written down while the cells of one row become values."""

    def report_error(self, key: str, error: ParseError) -> None:
        """A column does not fit the others: the row is refused."""

    def report_notice(self, key: str, message: str) -> None:
        """Something was done with a cell that a reader would not expect; the row is taken all the same."""


class Rule:
    """A rule over several fields, with what a form and what a list say of it.

    Args:
        broken: whether values (field → value, absent where unknown) break it.
        field: the field a form marks.
        message: what the form says.
        column: key of the column a list marks; empty where a list cannot break the rule.
        cell: what the list says.
        sql: name and condition of the CHECK constraint that guards the same.
    """

    def __init__(
        self,
        broken: Callable[[Mapping[str, Any]], bool],
        field: str,
        message: str,
        *,
        column: str = "",
        cell: ParseError | None = None,
        sql: tuple[str, str] | None = None,
    ) -> None:
        self.broken = broken
        self.field = field
        self.message = message
        self.column = column
        self.cell = cell
        self.sql = sql

    def constraints(self) -> list[CheckConstraint]:
        """The CHECK constraint of the rule, where it has one."""
        if self.sql is None:
            return []
        name, condition = self.sql
        return [CheckConstraint(condition, name=name)]


@dataclass(frozen=True, kw_only=True, eq=False)
class ListColumn:
    """A column of the lists that are imported and exported.

    Attributes:
        name: its key: the field it fills, or a name of its own where it fills several.
        label: THE Chinese name: header of the column and, for a field, label of its control, in review and history.
        aliases: other headers that mean it.
        advice: what to fill in, in Chinese.
        example: what the example row of the blank form says.
        starred: marked as required in the blank form; None where it follows from the field.
        seen_by: who sees it.
        naming: it may tell whose an unnamed listing is.
        holder: it says who stands behind the listing, in public perhaps by another name.
        list_place: its place among the columns, with gaps; 0 where lists do not have it.
        unit: unit of its numbers, named in the header and at the control; empty where it has none.
        width: width of the column in a written file, in characters.
        verbatim: it holds codes: as numbers they would lose their leading zeros and all figures after the fifteenth.
    """

    several: ClassVar[bool] = False  # takes several terms of its vocabulary

    name: str
    label: str
    aliases: tuple[str, ...] = ()
    advice: str = ""
    example: str = ""
    starred: bool | None = None
    seen_by: SeenBy = SeenBy.FULL
    naming: bool = False
    holder: bool = False
    list_place: int = 0
    unit: str = ""
    width: int = 16
    verbatim: bool = False

    @property
    def header(self) -> str:
        """The header we write, without unit and star."""
        return self.label

    @property
    def is_starred(self) -> bool:
        """Whether the blank form marks the column as required."""
        return bool(self.starred)

    @property
    def dated(self) -> bool:
        """Whether its cells hold days or months."""
        return False

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        """The closed list a cell is chosen from, or None."""
        return None

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        """What a cell says, None where it is empty.

        Args:
            raw: what a spreadsheet holds.
            dictionaries: the dictionaries of this import.
            unit: 万元 of one where the header names another unit of money.

        Raises:
            ParseError: it cannot be understood.
        """
        raise NotImplementedError

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        """The cell of a listing: text, Decimal, int, day or None. Reading it gives the same values again."""
        raise NotImplementedError

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        """Put what the own cell says into the values of the row.

        Args:
            values: field → value so far.
            cells: column → what its cell says, without the empty ones; the own one is among them.
            report: takes what does not fit.
        """

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        """Put what follows from the own cell for other fields, after every column has filled its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field(ListColumn):
    """A field of a listing.

    Attributes:
        step: anchor of the step of the form that asks for it; empty where the form does not.
        help: what the form says under the control.
        needed: what is said where it is missing for the public; empty where it may be missing.
        needed_if: whether this listing needs it; None where every one does.
        reviewed: a reviewer reads it in the list of contents.
        fact_place: its place in the table of facts of the public page, with gaps; 0 where it is not in it.
        text_place: its place among the texts that are searched and compared, with gaps; 0 where it is not.
        unread: what the form says instead of the reader's own words where the text cannot be read.
        half: its control takes half the width of the form; None where that follows from its kind.
        asked_of: the needs of which the form asks it, for a field of demands; empty where every listing is asked.
    """

    is_column: ClassVar[bool] = True  # stored in the listing's own table
    is_short: ClassVar[bool] = False  # its control needs little room
    empty: ClassVar[Any] = ""  # the value of a field in which nothing is filled in

    step: str = ""
    help: str = ""
    needed: str = ""
    needed_if: Callable[[Any], bool] | None = None
    reviewed: bool = True
    fact_place: int = 0
    text_place: int = 0
    unread: str = ""
    half: bool | None = None
    asked_of: frozenset[str] = frozenset()

    @property
    def is_starred(self) -> bool:
        if self.starred is None:
            return bool(self.needed) and self.needed_if is None
        return self.starred

    @property
    def takes_half(self) -> bool:
        """Whether the control takes half the width of the form."""
        if self.half is None:
            return self.is_short
        return self.half

    @property
    def form_label(self) -> str:
        """The label of the control, with the unit where there is one."""
        if self.unit:
            return f"{self.label}（{self.unit}）"
        return self.label

    @property
    def nullable(self) -> bool:
        """Whether nothing is stored as NULL; texts and lists store an empty value instead."""
        return self.empty is None

    def is_asked(self, need: str) -> bool:
        """Whether the form asks it of a listing of this need; an achievement has none."""
        return not self.asked_of or need in self.asked_of

    def sql_type(self) -> TypeEngine[Any]:
        """The SQL type of the column."""
        raise NotImplementedError

    def sql_default(self) -> Any:
        """What a new row holds: a value, or a function that makes one."""
        return self.empty

    def column(self) -> MappedColumn[Any]:
        """The column of the table."""
        if self.nullable:
            return mapped_column(self.sql_type(), nullable=True)
        return mapped_column(
            self.sql_type(), nullable=False, default=self.sql_default()
        )

    def constraints(self) -> list[CheckConstraint]:
        """What the database checks of the column alone."""
        return []

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        """A cell or a typed text as a value; None where nothing is filled in.

        Args:
            raw: text, number, date, truth value or None.
            dictionaries: those of this import; None reads them from the database where they are needed.

        Raises:
            ParseError: it cannot be understood.
        """
        raise NotImplementedError

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        """A value as a cell: text, Decimal, int, day or None. Reading it gives the same value again."""
        return value

    def say(self, value: Any) -> str:
        """A value in words, for review, history and the public page; 「未填写」 where there is none."""
        if value in (None, "", []):
            return UNKNOWN
        return self.words(value)

    def words(self, value: Any) -> str:
        """A value that is there, in words."""
        return str(value)

    def typed(self, value: Any) -> str:
        """A value as its control shows it; reading it gives the same value again."""
        return self.words(value)

    def read_typed(self, raw: Any) -> Any:
        """A text that a person typed as a value, where a form asks for more than a list; else as `read`."""
        return self.read(raw)

    def remark_on(self, raw: Any) -> str:
        """What a form says of a text that was taken for something else than it says (约50万 for 50); mostly nothing.

        Raises:
            ParseError: it cannot be understood.
        """
        return ""

    def describe(self, row: Any) -> str:
        """The field of a listing in words."""
        return self.say(getattr(row, self.name))

    def is_filled(self, row: Any) -> bool:
        """Whether the listing says anything here. A flag always does."""
        return getattr(row, self.name) not in (None, "", [])

    def is_lacking(self, row: Any) -> bool:
        """Whether the listing needs this for the public and does not say it."""
        if not self.needed:
            return False
        # Asked before the value: a condition costs nothing, a value may be loaded.
        if self.needed_if is not None and not self.needed_if(row):
            return False
        value = getattr(row, self.name)
        if isinstance(value, str):
            value = value.strip()
        return value in (None, "", [])

    def own_words(self, row: Any) -> str:
        """What the owner wrote here in words of their own, as opposed to what they chose; a name may hide in it."""
        return ""

    def search_text(self, row: Any) -> str:
        """What of the field is searched and compared, as its public page says it."""
        return str(getattr(row, self.name) or "")

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return self.read(raw, dictionaries)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        return self.write(getattr(row, self.name), dictionaries)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        values[self.name] = cells[self.name]
