"""The columns of lists that are no fields of their own: a period, years, the owner.

Each reads into several fields, or says who owns the listing. The price is in `price.py`, the rights in `rights.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.listings.schema.dictionaries import Dictionaries, Dictionary
from marketplace.listings.schema.field import ListColumn, Report
from marketplace.listings.schema.terms import ORGANISATION_TERMS
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.organisations.models import key_of
from marketplace.parsing.days import read_months, read_years
from marketplace.parsing.name_lists import Remarked
from marketplace.parsing.numbers import read_uscc
from marketplace.parsing.organisation_lists import (
    read_organisations,
    write_organisations,
)
from marketplace.parsing.text import cell_text
from marketplace.parsing.unnamed import is_unnamed_organisation


@dataclass(frozen=True, kw_only=True, eq=False)
class Span(ListColumn):
    """Two fields in one cell: the first and the last month or year of a period.

    Attributes:
        first, last: names of the two fields.
    """

    first: str
    last: str


class Period(Span):
    """研究起止: two months."""

    @property
    def dated(self) -> bool:
        return True

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_months(raw)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        start = getattr(row, self.first)
        end = getattr(row, self.last)
        # A last month alone could not be read back.
        if start is None:
            return None
        months = [month.replace("-", ".") for month in (start, end) if month]
        return "-".join(months)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        start, end = cells[self.name]
        values[self.first] = start
        if end:
            values[self.last] = end


class Years(Span):
    """需求时限: two years."""

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_years(raw)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        years = [getattr(row, self.first), getattr(row, self.last)]
        known = [str(year) for year in years if year]
        return "-".join(dict.fromkeys(known)) or None

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        values[self.first], values[self.last] = cells[self.name]


# --- the owner -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnerColumn(ListColumn):
    """A column about the organisation that owns the listing; the importer finds or adds the organisation by it.

    Attributes:
        read_raw: cell → value.
        take: organisation → cell.
    """

    read_raw: Callable[[Any], Any]
    take: Callable[[Any], Any]

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return self.read_raw(raw)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        # The draft of somebody without an organisation has no such cells.
        return self.take(row.organisation) if row.organisation else None


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnerDistrict(ListColumn):
    """The division in which the owner is seated today."""

    dictionary: Dictionary

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return self.dictionary.of(dictionaries)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return self.dictionary.of(dictionaries).read_one(raw)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        code = row.organisation.district_code if row.organisation else None
        return self.dictionary.of(dictionaries).get(code or "")


class OwnerKind(OwnerColumn):
    """The kind of the owner where the word is known; lists say all sorts of things here (股份制, 其他)."""

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        return ORGANISATION_TERMS


def read_owner_kind(raw: Any) -> str | None:
    """The kind of an organisation, None for a word that is none of ours."""
    return ORGANISATION_TERMS.find_code(cell_text(raw))


def read_owner_uscc(raw: Any) -> str | None:
    """The code of an organisation."""
    return read_uscc(raw)


def first_name(cell: Any) -> str:
    """The first name of a cell of organisations, whether it holds several or one; "" for none."""
    if isinstance(cell, list):
        return str(cell[0]) if cell else ""
    return str(cell)


class NamedOwners(ListColumn):
    """A column that names the owner, perhaps with others next to it."""

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_organisations(raw)

    def report_remarks(self, names: Any, report: Report) -> None:
        """Say what of the cell was not taken as it stood."""
        remarks = names.remarks if isinstance(names, Remarked) else []
        for remark in remarks:
            report.report_notice(self.name, remark)


class OwnerName(NamedOwners):
    """The organisation that owns the listing; others that the cell names have no place and are only told."""

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        return write_organisations([row.holder_name])

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        names = cells[self.name]
        self.report_remarks(names, report)
        if len(names) > 1:
            others = "、".join(names[1:])
            report.report_notice(
                self.name,
                f"写了 {len(names)} 个单位，按「{names[0]}」记录；{others[:80]}没有记录。",
            )


class Organisations(NamedOwners):
    """完成单位: the owner, and all completing organisations where there are several."""

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        names = [owner.name for owner in row.co_owners] or [row.holder_name]
        return write_organisations(names)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        self.report_remarks(cells[self.name], report)
        names: list[str] = []
        for name in cells[self.name]:
            if is_unnamed_organisation(name):
                report.report_notice(
                    self.name,
                    f"「{name[:40]}」是隐去的名称，没有记为{self.label}。",
                )
                continue
            names.append(name)
        lead = cells.get("lead")
        # The owner may be the second organisation; without a row of their own the order would be lost.
        led_by_another = lead and key_of(first_name(names)) != key_of(first_name(lead))
        if names and (len(names) > 1 or led_by_another):
            values["co_owners"] = [{"name": name} for name in names]


class Lead(OwnerName):
    """第一完成单位: the owner where it is not the first of the completing organisations."""

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        owner = row.holder_name
        first = row.co_owners[0].name if row.co_owners else owner
        if key_of(first) == key_of(owner):
            return None
        return write_organisations([owner])
