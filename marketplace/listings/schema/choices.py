"""The kinds of fields that are chosen from a closed list: of the trade, or of a dictionary in the database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from marketplace.listings.schema import terms
from marketplace.listings.schema.dictionaries import Dictionaries, Dictionary
from marketplace.listings.schema.field import Field, Report
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.parsing import ParseError
from marketplace.parsing.levels import find_level
from marketplace.parsing.text import cell_text, compact_text

SECRET_WORDS = {"国家秘密", "秘密", "机密", "绝密", "国家机密", "涉密", "国家级秘密"}
SECRET = ParseError(
    "国家秘密不能在互联网上传输，也不能在这里登记；这一行没有读取。",
    "请立即停止传送这份文件，并联系本单位保密部门。公开的成果填 非密、内部 或 商业秘密。",
)
_PARTS = re.compile(r"[()（）【】\[\]/／、，,;；\s]+")


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition of a CHECK: the column holds one of these values."""
    # Codes are our own plain words, so nothing needs escaping.
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Term(Field):
    """One term of a closed list of the trade, stored as its code.

    Attributes:
        vocabulary: the list.
        length: characters the column holds.
        default: what a new row holds; empty where nothing is chosen yet.
        first: what an empty row of a form offers, where that is not the default.
        checked: the database knows the list too.
        required: NOT NULL without a default: a row of this kind cannot be without it.
    """

    is_short: ClassVar[bool] = True

    vocabulary: Vocabulary
    length: int = 20
    default: str = ""
    first: str = ""
    checked: bool = True
    required: bool = False

    @property
    def nullable(self) -> bool:
        return not self.default and not self.required

    def sql_type(self) -> TypeEngine[Any]:
        return String(self.length)

    def column(self) -> MappedColumn[Any]:
        if self.default:
            return mapped_column(self.sql_type(), nullable=False, default=self.default)
        return mapped_column(self.sql_type(), nullable=self.nullable)

    def constraints(self) -> list[CheckConstraint]:
        if not self.checked:
            return []
        condition = one_of(self.name, self.vocabulary)
        if self.nullable:
            # Said aloud, though a CHECK passes NULL anyway: the condition is read by people too.
            condition = f"{self.name} is null or {condition}"
        return [CheckConstraint(condition, name=self.name)]

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return self.vocabulary

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return self.vocabulary.read_one(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return self.vocabulary.get(value or "")

    def words(self, value: Any) -> str:
        return str(self.vocabulary.get(value, value))


class Secrecy(Term):
    """The degree of secrecy; state secrets are refused with what to do at once."""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        # 保守国家秘密法: a state secret may not be sent over the internet at all, so the row is not read any further.
        if compact_text(raw) in SECRET_WORDS:
            raise SECRET
        return super().read(raw, dictionaries)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage(Term):
    """A stage by its word, or in a list by a TRL level from which it follows.

    Attributes:
        level: the field that takes the level.
    """

    level: str

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        code = self._read_both(raw)
        return code[0] if code else None

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return self._read_both(raw)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        values[self.name] = cells[self.name][0]

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        level = cells[self.name][1]
        if level is not None:
            values.setdefault(self.level, level)

    def _read_both(self, raw: Any) -> tuple[str, int | None] | None:
        """The stage, and the level where the cell names a level."""
        plain = cell_text(raw)
        # A term wins over a level: a future stage might be named by a digit.
        term = self.vocabulary.find_code(plain)
        if term is not None:
            return term, None
        level = self._level_of(plain)
        if level is not None:
            return terms.TRL_STAGES[level], level
        # 中试（TRL6）, TRL6/中试
        parts = [part for part in _PARTS.split(plain) if part.strip()]
        codes = list(filter(None, map(self.vocabulary.find_code, parts)))
        levels = list(filter(None, map(self._level_of, parts)))
        if len(parts) == 2 and codes and levels:
            return codes[0], levels[0]
        code = self.vocabulary.read_one(raw)
        if code is None:
            return None
        return code, None

    def _level_of(self, plain: str) -> int | None:
        level = find_level(plain)
        return level if level in terms.TRL_STAGES else None


class DemandType(Term):
    """The type of a demand; a list without the column of needs has the need that the type implies."""

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        # Only where the list names no need itself: what somebody wrote is not overruled.
        need = terms.NEED_OF_TYPE.get(values[self.name], "technology")
        values.setdefault("need", need)


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms(Field):
    """Several terms of a closed list of the trade, stored as a list of codes."""

    several: ClassVar[bool] = True
    empty: ClassVar[Any] = []

    vocabulary: Vocabulary

    def sql_type(self) -> TypeEngine[Any]:
        return JSON()

    def sql_default(self) -> Any:
        return list

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return self.vocabulary

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return self.vocabulary.read_many(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        return "；".join(self.vocabulary.get(code, code) for code in value)

    def words(self, value: Any) -> str:
        return "、".join(self.vocabulary.get(code, code) for code in value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Code(Field):
    """One entry of a dictionary, stored as its code.

    Attributes:
        dictionary: which one.
        key: the column of the dictionary that the code refers to.
    """

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = None

    dictionary: Dictionary
    key: str

    def sql_type(self) -> TypeEngine[Any]:
        raise TypeError("a foreign key has the type of what it refers to")

    def column(self) -> MappedColumn[Any]:
        return mapped_column(ForeignKey(self.key), index=True, nullable=True)

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return self.dictionary.of(dictionaries)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        known = dictionaries or Dictionaries()
        return self.dictionary.of(known).read_one(raw)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        # An entry that is no longer in use (an industry chain) is left out: the importer would not know it.
        known = dictionaries or Dictionaries()
        return self.dictionary.of(known).get(value or "")

    def words(self, value: Any) -> str:
        return str(self.dictionary.names_of([value]).get(value, value))


@dataclass(frozen=True, kw_only=True, eq=False)
class Codes(Field):
    """Several entries of a dictionary, the main one first, stored as a list of codes.

    Attributes:
        dictionary: which one.
        most: largest number of entries.
        entry_labels: what the form calls the first entry, the second and so on.
        most_note: what is said after the largest number where a listing has more.
    """

    several: ClassVar[bool] = True
    empty: ClassVar[Any] = []

    dictionary: Dictionary
    most: int
    entry_labels: tuple[str, ...]
    most_note: str = ""

    def sql_type(self) -> TypeEngine[Any]:
        return JSON()

    def sql_default(self) -> Any:
        return list

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return self.dictionary.of(dictionaries)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        known = dictionaries or Dictionaries()
        return self.dictionary.of(known).read_many(raw, self.most)

    def write(self, value: Any, dictionaries: Dictionaries | None = None) -> Any:
        known = self.dictionary.of(dictionaries or Dictionaries())
        return "；".join(known.get(code, code) for code in value)

    def words(self, value: Any) -> str:
        known = self.dictionary.names_of(value)
        return "、".join(known.get(code, code) for code in value)
