"""Patents and other rights: a field with rows of its own that a list holds in a column for each field of a right.

The items of one right have the same place in all these columns. How a number of a right is checked is in
`marketplace.parsing.numbers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from marketplace.listings.schema import terms
from marketplace.listings.schema.choices import Term
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field, ListColumn, Report
from marketplace.listings.schema.kinds import Day, Line
from marketplace.listings.schema.rows import Rows, part_of
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.parsing import ParseError
from marketplace.parsing.lists import read_aligned
from marketplace.parsing.numbers import read_ip_number
from marketplace.wording import day

EMPTY_PLACE = (
    "—"  # an empty place among items that follow the order of their neighbours
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """How a list holds one field of a right: a column whose items follow the order of the other columns.

    Attributes:
        aliases, advice, example, place, verbatim: as of `ListColumn`.
        prefixed: the header needs the name of the rows before the field's own (知识产权名称).
        shared: a single item counts for all rights.
        loose: 、and ，part items as well.
    """

    place: int
    aliases: tuple[str, ...] = ()
    advice: str = ""
    example: str = ""
    verbatim: bool = False
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


@dataclass(frozen=True, kw_only=True, eq=False)
class RightPart(ListColumn):
    """One field of all rights of a listing, its items in the order of the other columns of rights.

    Attributes:
        rights: the field whose rows they are; `part`: name of the field of a row.
    """

    several: ClassVar[bool] = True

    rights: Rights
    part: str

    @property
    def dated(self) -> bool:
        return isinstance(self.rights[self.part], Day)

    def options(self, dictionaries: Dictionaries) -> Vocabulary | None:
        field = self.rights[self.part]
        return field.vocabulary if isinstance(field, Term) else None

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_aligned(raw, loose=self.rights.parts[self.part].loose)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        field = self.rights[self.part]
        values = [getattr(right, self.part) for right in getattr(row, self.rights.name)]
        if not any(values):
            return ""
        # Every right has its place in each of the seven columns, so an empty one is written too.
        items = []
        for value in values:
            items.append(field.words(value) if value else EMPTY_PLACE)
        return "；".join(items)


def columns_of_rights(rights: Rights) -> list[RightPart]:
    """The columns of a list that hold the rights."""
    parts = []
    for name, part in rights.parts.items():
        column = RightPart(
            name=rights.key_of_part(name),
            label=rights.header_of_part(name),
            aliases=part.aliases,
            advice=part.advice,
            example=part.example,
            list_place=part.place,
            verbatim=part.verbatim,
            rights=rights,
            part=name,
        )
        parts.append(column)
    return parts


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
    # An empty list, not None: the row did speak of rights, and is refused already.
    if not _same_counts(rights, given, count, report):
        return []
    joined = []
    for place in range(count):
        items = _items_at(given, place, count)
        right = _read_right(rights, items, report)
        _check_right(rights, right, given, place, report)
        if right:
            joined.append(right)
    return joined


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
        report.report_error(rights.key_of_part(name), ParseError(message, allowed))
        return False
    return True


def _items_at(
    given: Mapping[str, Sequence[str]], place: int, count: int
) -> dict[str, str]:
    by_number = {}
    for name, items in given.items():
        # One owner or state for all is written once.
        item = items[place] if len(items) == count else items[0]
        if item:
            by_number[name] = item
    return by_number


def _read_right(
    rights: Rights, items: Mapping[str, str], report: Report
) -> dict[str, Any]:
    right: dict[str, Any] = {}
    for name, item in items.items():
        try:
            right[name] = _read_part(rights[name], item)
        except ParseError as error:
            report.report_error(rights.key_of_part(name), error)
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
    is_numbered = _number_right(rights, right, report)
    for rule in rights.rules:
        if rule.cell is not None and rule.broken(right):
            report.report_error(rights.key_of_part(rule.column), rule.cell)
    # A number that is wrong is what has to be mended: the right one says the type.
    if right and is_numbered and "ip_type" not in right:
        message = (
            f"第 {place + 1} 项{rights.label}没有写类型，也没有写看得出类型的编号。"
        )
        marked = "ip_type" if "ip_type" in given else next(iter(given))
        report.report_error(
            rights.key_of_part(marked),
            ParseError(message, terms.IP_TYPES.describe_allowed()),
        )


def _number_right(rights: Rights, right: dict[str, Any], report: Report) -> bool:
    """Check the number of a right, and take its type from it where that is not written; whether it can be read."""
    if "number" not in right:
        return True
    key = rights.key_of_part("number")
    try:
        right["number"], meant = read_ip_number(right["number"], right.get("ip_type"))
    except ParseError as error:
        report.report_error(key, error)
        return False
    if meant is None:
        return True
    written = right.setdefault("ip_type", meant)
    if written != meant:
        message = (
            f"「{right['number']}」是{terms.IP_TYPES[meant]}的号，"
            f"类型写的是{terms.IP_TYPES[written]}。"
        )
        report.report_error(key, ParseError(message, "核对类型和编号的顺序。"))
    return True
