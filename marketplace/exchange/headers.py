"""Header rows: which cell of them names which column of the schema, and in which unit its sums are.

The headers themselves and their other names are in `listings.schema`; finding the header row of a file is in `rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from marketplace.listings.schema import ListingSchema
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.vocabulary import word_key
from marketplace.parsing.currencies import (
    UNIT_BEHIND,
    UNITS,
    unit_of_label,
    unit_of_note,
)
from marketplace.parsing.text import half_width
from matching.folding import fold_label

# What names a listing: a list without it is none, and with the owner it says which listing a row is about.
TITLE = "title"
EXAMPLE_MARK = "示例"  # instead of the running number of a row that is not read
NUMBER_HEADERS = frozenset({"序号", "编号", "id", "no", "no."})
# Of no use to a listing: left out silently. Every other header that means nothing to us is reported.
IGNORED_HEADERS = NUMBER_HEADERS | {
    "更新时间",
    "成果封面",
    "成果附件",
    "封面",
    "附件",
    "成果年份",
    "年份",
    "label_id",
    "label_source",
}
# Stars of required columns, and what people put before and after a header.
_DECORATION = "*:#★☆※●▲√-_/.、,;→↓"
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|〔[^〔〕]*〕|<[^<>]*>|\{[^{}]*\}")
# 1.需求名称, 一、需求名称, (1)需求名称, ①需求名称, 第一项:需求名称
_NUMBERING = re.compile(
    r"^(?:\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})\)|(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-z])[.、,:])+(?=\D)"
)
_CIRCLED = re.compile("^[\u2460-\u2473\u2776-\u277f\u3220-\u3229\u24ea]+")
_MONEY_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
HEADER_MOST = 40  # characters; longer texts are contents
GROUP_MOST = 14  # characters of a label over several columns
# What is asked of a person or an organisation: which one, only the group above it says.
_ATTRIBUTES = re.compile(
    r"^(姓名|名字|名称|全称|职务|职称|电话|手机|联系电话|手机号码?|电话号码|联系方式|固定电话|固话|座机|办公电话|邮箱|电子邮箱|"
    r"电子邮件|e-?mail|邮箱地址|phone|tel|微信|qq|传真|部门|地址|性质|统一社会信用代码|信用代码|身份证号码?)$"
)
_CONTACT_GROUP = re.compile(r"联系|对接|联络|contact")
# Groups of these words name what the columns are about and nobody in particular.
_NEUTRAL_GROUP = re.compile(r"(信息|情况|内容|资料|要求|概况|栏|数据|部分)$")
_PERSON_GROUP = re.compile(
    r"法人|法定|代表人|负责人|经办|填[表报]|审[核批]|推荐|主管|领导|专家|财务|完成人|发明人|权利人|经理|董事|院长|校长|团队"
)


@dataclass(frozen=True)
class PlacedColumn:
    """A column of the schema found in a sheet.

    Attributes:
        index: index of its cells; -1 where the sheet has none and the cells come from a default.
        header: the header as it is in the sheet.
        column: the column of the schema.
        unit: 万元 of one, where the header names a unit of money; `NOT_YUAN` where it names another currency or a rate.
    """

    index: int
    header: str
    column: ListColumn
    unit: Decimal | None = None

    def cell_of(self, cells: Sequence[Any]) -> Any:
        """The own cell of a row; None where the row ends before it."""
        if self.index < len(cells):
            return cells[self.index]
        return None

    def read_cell(self, raw: Any, dictionaries: Dictionaries) -> Any:
        """What a cell says, None where it is empty. Raises ParseError where it cannot be understood."""
        return self.column.read_cell(raw, dictionaries, self.unit)


class GroupedHeader(str):
    """A header of two levels: a label, and the group over it that says whose it is.

    Args:
        group: the label of the upper row.
        label: that of the lower row.
    """

    group: str
    label: str

    def __new__(cls, group: str, label: str) -> GroupedHeader:
        text = super().__new__(cls, f"{group}/{label}")
        text.group = group
        text.label = label
        return text


@lru_cache(maxsize=4096)
def _key_of_text(text: str) -> str:
    plain = word_key(fold_label(text).replace("【", "[").replace("】", "]"))
    bare = _NUMBERING.sub("", _CIRCLED.sub("", plain.strip(_DECORATION)))
    # 【需求名称】 is a header in brackets, and 名称【必填】 one with a remark.
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    bare = _NUMBERING.sub("", bare.strip(_DECORATION))
    without_remarks = _REMARK.sub("", bare).strip(_DECORATION)
    without_unit = re.sub(
        rf"(?:[:/,]|单位[::]?)(?:人民币|rmb|cny)?(?:{_MONEY_UNIT})(?:人民币)?$",
        "",
        without_remarks,
    )
    without_unit = UNIT_BEHIND.sub("", without_unit)
    return without_unit.strip(_DECORATION) or without_remarks or plain


def header_key(cell: Any) -> str:
    """What spellings of one header share: folded, without blanks, numbering, stars or remarks in brackets."""
    if not isinstance(cell, str) or len(cell) > 4 * HEADER_MOST:
        return ""
    # Circled numbers fold to digits, which would join the header.
    return _key_of_text(_CIRCLED.sub("", cell.strip()))


class Headers:
    """The headers of a kind of list, each with the columns that it may mean.

    Args:
        schema: the schema of the kind.
    """

    def __init__(self, schema: ListingSchema) -> None:
        self.columns = schema.list_columns
        self.meanings: dict[str, list[ListColumn]] = {}
        for column in self.columns:
            # Aliases that several columns share may repeat a column's own header: it is one meaning all the same.
            keys = {header_key(name) for name in (column.header, *column.aliases)}
            for key in keys:
                self.meanings.setdefault(key, []).append(column)

    def is_known(self, cell: Any) -> bool:
        """Whether a cell may be a header that means something to us."""
        if not isinstance(cell, str) or len(cell) > HEADER_MOST:
            return False
        return header_key(cell) in self.meanings

    def is_header_row(self, row: Sequence[Any]) -> bool:
        """Whether a row among those of a list is a header once more: half of its cells are headers, the title too.

        Args:
            row: the cells of the row.
        """
        # Nearly every row fails here, and a long list has 50,000 of them.
        filled = [cell for cell in row if cell not in (None, "")]
        known = sum(1 for cell in filled if self.is_known(cell))
        if known < 2 or known * 2 < len(filled):
            return False
        return self.count_known(row) >= 2

    def combine_rows(
        self, upper: Sequence[Any], lower: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """The header that a row of groups makes with the row of labels below it; None where they are none.

        A label of the lower row belongs to the last label of the upper row at or left of its column; where the two are
        equal (cells merged downwards) or one of them is empty there is one level only.

        Args:
            upper, lower: the cells of two rows one below the other.
        """
        width = max(len(upper), len(lower))
        above = [_label_at(upper, index) for index in range(width)]
        below = [_label_at(lower, index) for index in range(width)]
        if not _may_be_groups(above, below, self):
            return None
        combined: list[Any] = []
        group = ""
        grouped = 0
        for over, label in zip(above, below, strict=True):
            group = over or group
            if not label or label == over:
                combined.append(over or None)
                # A header of its own ends the group beside it.
                group = "" if label == over else group
            elif group and (over or _ATTRIBUTES.match(header_key(label))):
                combined.append(GroupedHeader(group, label))
                grouped += 1
            else:
                combined.append(label)
        if not grouped or not self.count_known(combined):
            return None
        return tuple(combined)

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it cannot be a header: no title, or nothing but the title."""
        placed, _ = self.place_columns(row)
        names = {one.column.name for one in placed}
        if TITLE not in names or len(names) < 2:
            return 0
        return len(names)

    def place_columns(
        self, row: Sequence[Any]
    ) -> tuple[list[PlacedColumn], list[tuple[int, str]]]:
        """Which cell of a header row names which column.

        A header with several meanings (负责人, 专利名称) takes the first that no other header of the row has.

        Args:
            row: the cells of the row.

        Returns:
            the columns found, and index and text of the headers that mean nothing to us.
        """
        placed: dict[str, PlacedColumn] = {}
        unknown = []
        for index in self._by_number_of_meanings(row):
            text = str(row[index]).strip()
            key = self._key_in_groups(row[index])
            column = self._first_free_meaning(key, placed)
            if column is not None:
                unit = _unit_of(column, text)
                placed[column.name] = PlacedColumn(index, text, column, unit)
            # Also a header whose only meaning another cell of the row has: its cells are not read.
            elif key not in IGNORED_HEADERS:
                unknown.append((index, text))
        in_order = sorted(placed.values(), key=lambda one: one.index)
        return in_order, sorted(unknown)

    def find_column(self, header: str) -> ListColumn | None:
        """The column that a single header means first of all, or None."""
        for column in self.meanings.get(header_key(header), ()):
            return column
        return None

    def _by_number_of_meanings(self, row: Sequence[Any]) -> list[int]:
        """The indices of the filled headers, those of one meaning before those that may give way."""
        keys = {index: self._key_in_groups(cell) for index, cell in enumerate(row)}
        filled = [index for index, key in keys.items() if key]
        return sorted(filled, key=lambda index: len(self.meanings.get(keys[index], ())))

    def _key_in_groups(self, cell: Any) -> str:
        """The key of a header; of one with a group over it the key that both make, or one that means nothing."""
        if not isinstance(cell, GroupedHeader):
            return header_key(cell)
        group = header_key(cell.group)
        label = header_key(cell.label)
        both = f"{group}{label}"
        if both in self.meanings:
            return both
        if not _ATTRIBUTES.match(label) or _is_neutral(group):
            return label
        # 联系人 over 姓名, 对接人信息 over 电话: the contact of the list.
        if _CONTACT_GROUP.search(group) and not _PERSON_GROUP.search(group):
            return f"联系人{label}" if f"联系人{label}" in self.meanings else label
        return both

    def _first_free_meaning(
        self, key: str, placed: dict[str, PlacedColumn]
    ) -> ListColumn | None:
        for column in self.meanings.get(key, ()):
            if column.name not in placed:
                return column
        return None


def _label_at(row: Sequence[Any], index: int) -> str:
    """The text of a cell of a header row; empty where it has none."""
    if index >= len(row) or not isinstance(row[index], str):
        return ""
    return str(row[index]).strip()


def _may_be_groups(
    above: Sequence[str], below: Sequence[str], headers: Headers
) -> bool:
    """Whether two rows have the form of groups and labels: short texts, and below only what can be a header."""
    differing = [
        (over, label)
        for over, label in zip(above, below, strict=True)
        if label and label != over
    ]
    filled = [text for text in above if text]
    # One text alone at the left is the title of the sheet.
    if not differing or not filled or (len(set(filled)) == 1 and above[0]):
        return False
    if any(len(text) > GROUP_MOST or ":" in half_width(text) for text in filled):
        return False
    # A column without a meaning may stand among the labels; a row of contents has none of ours.
    known = sum(1 for _, label in differing if _may_be_label(label, headers))
    return known * 2 > len(differing)


def _may_be_label(text: str, headers: Headers) -> bool:
    return headers.is_known(text) or bool(_ATTRIBUTES.match(header_key(text)))


def _is_neutral(group: str) -> bool:
    """Whether a group says of nobody in particular whose the columns under it are."""
    return bool(_NEUTRAL_GROUP.search(group)) and not _PERSON_GROUP.search(group)


def _unit_of(column: ListColumn, header: str) -> Decimal | None:
    """万元 of one in a column: 预期价格(元) sets another unit than the column's own; None where none is named."""
    if not column.unit:
        return None
    return unit_of_label(header)


def unit_of_sheet(rows: Iterable[Sequence[Any]]) -> Decimal | None:
    """万元 of one in the unit that stands above the table (单位：元); None where none does.

    Args:
        rows: the cells of the rows before the header.
    """
    for row in rows:
        for cell in row:
            unit = unit_of_note(cell) if isinstance(cell, str) else None
            if unit is not None:
                return unit
    return None


def find_number_index(row: Sequence[Any]) -> int | None:
    """Index of the running number; the blank form marks its example row there."""
    for index, cell in enumerate(row):
        if header_key(cell) in NUMBER_HEADERS:
            return index
    return None
