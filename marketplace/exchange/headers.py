"""Header rows: which cell of them names which column of the schema, and in which unit its sums are.

The headers themselves and their other names are in `listings.schema`, spellings of one in `header_keys.py`; finding the
header row of a file is in `rows.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from marketplace.exchange.contact_columns import (
    PLAIN_CONTACT,
    Label,
    Owner,
    Reached,
    owners_of,
    person_of,
)
from marketplace.exchange.header_groups import (
    ATTRIBUTES,
    NAMES,
    NEUTRAL_GROUP,
    GroupedHeader,
    join_rows,
    person_over,
)
from marketplace.exchange.header_keys import (
    MAX_HEADER,
    header_key,
    names_in,
    shorter_keys,
)
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.headings import UNCLEAR
from marketplace.parsing.currencies import unit_of_label
from marketplace.parsing.days import day_from_1904

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
MAX_KEYS = 20_000  # texts remembered; a long list has as many cells that are no headers
# The fields by which a person is reached.
REACHING = frozenset({"contact_phone", "contact_email"})
CONTACT_NAME = "contact_name"


@dataclass(frozen=True)
class PlacedColumn:
    """A column of the schema found in a sheet.

    Attributes:
        index: index of its cells; -1 where the sheet has none and the cells come from a default.
        header: the header as it is in the sheet.
        column: the column of the schema.
        unit: 万元 of one, where the header names a unit of money; `NOT_YUAN` where it names another currency or a rate.
        is_from_1904: numbers in it are days since 1904.
    """

    index: int
    header: str
    column: ListColumn
    unit: Decimal | None = None
    is_from_1904: bool = False

    def cell_of(self, cells: Sequence[Any]) -> Any:
        """The own cell of a row; None where the row ends before it."""
        if self.index >= len(cells):
            return None
        cell = cells[self.index]
        return day_from_1904(cell) if self.is_from_1904 else cell

    def read_cell(self, raw: Any, dictionaries: Dictionaries) -> Any:
        """What a cell says, None where it is empty. Raises ParseError where it cannot be understood."""
        return self.column.read_cell(raw, dictionaries, self.unit)


@dataclass(frozen=True)
class ReadHeader:
    """A header row as it is understood.

    Attributes:
        placed: the columns, in the order of the sheet.
        unknown: index and text of the headers that mean nothing to us.
        doubled: index and text of a header, and the header that has its column already.
        unsure: index and text of telephones and mailboxes that are not surely the contact's, and whose they seem.
        unclear: index and text of headers that may mean several columns, and the labels of these.
    """

    placed: list[PlacedColumn]
    unknown: list[tuple[int, str]]
    doubled: list[tuple[int, str, str]]
    unsure: list[tuple[int, str, str]]
    unclear: list[tuple[int, str, list[str]]]


class HasColumns(Protocol):
    """What knows the columns of a kind of list: the schema of a kind of listings, or that of organisations."""

    @property
    def list_columns(self) -> Sequence[ListColumn]:
        """The columns, in the order of the list."""


class Headers:
    """The headers of a kind of list, each with the columns that it may mean.

    Args:
        schema: the schema of the kind.
    """

    def __init__(self, schema: HasColumns) -> None:
        self.columns = schema.list_columns
        self.meanings: dict[str, list[ListColumn]] = {}
        for column in self.columns:
            # Aliases that several columns share may repeat a column's own header: it is one meaning all the same.
            keys = {header_key(name) for name in (column.header, *column.aliases)}
            for key in keys:
                self.meanings.setdefault(key, []).append(column)
        # Next to 拟投入资金 a column 预算 may be something else: our own header is surely what it says.
        self.own_keys = {header_key(column.header) for column in self.columns}
        # Keys of texts that are no header word for word, filled as they are met.
        self._keys: dict[str, str] = {}

    def key_of(self, cell: Any) -> str:
        """The key of a header; where it is not known word for word, that of the column it surely names."""
        key = header_key(cell)
        # Contents are longer than headers, and there are a hundred thousand of them.
        if not key or key in self.meanings or len(key) > MAX_HEADER:
            return key
        if key not in self._keys:
            if len(self._keys) >= MAX_KEYS:
                self._keys.clear()
            self._keys[key] = self._nearest_key(key)
        return self._keys[key]

    def _nearest_key(self, key: str) -> str:
        for shorter in shorter_keys(key):
            if shorter in self.meanings:
                return shorter
        parts = names_in(key)
        if len(parts) < 2:
            return key
        # 电话/手机: both name one column. 电话/邮箱 name two, and nothing is guessed.
        names = {self._first_meaning(part) for part in parts}
        if len(names) == 1 and "" not in names:
            return parts[0]
        return key

    def _first_meaning(self, key: str) -> str:
        for column in self.meanings.get(key, ()):
            return column.name
        return ""

    def is_known(self, cell: Any) -> bool:
        """Whether a cell may be a header that means something to us."""
        if isinstance(cell, GroupedHeader):
            return self._key_in_groups(cell) in self.meanings
        if not isinstance(cell, str) or len(cell) > MAX_HEADER:
            return False
        return self.key_of(cell) in self.meanings

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
        return join_rows(upper, lower, self.is_known)

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it cannot be a header: no title, or nothing but the title."""
        placed, _ = self.place_columns(row)
        names = {one.column.name for one in placed}
        # Without a title no row is a listing, and with the title alone any sentence with that word would be a header.
        if TITLE not in names or len(names) < 2:
            return 0
        return len(names)

    def place_columns(
        self, row: Sequence[Any]
    ) -> tuple[list[PlacedColumn], list[tuple[int, str]]]:
        """Which cell of a header row names which column.

        Args:
            row: the cells of the row.

        Returns:
            the columns found, and index and text of the headers whose cells are not read (`read_header` says why).
        """
        read = self.read_header(row)
        with_reasons = (*read.doubled, *read.unsure, *read.unclear)
        left_out = [(index, text) for index, text, _ in with_reasons]
        return read.placed, sorted([*read.unknown, *left_out])

    def read_header(self, row: Sequence[Any]) -> ReadHeader:
        """Understand a header row.

        A header with several meanings (负责人, 专利名称) takes the first that no other header of the row has. A
        telephone is placed where it is the contact's (`contact_columns`).

        Args:
            row: the cells of the row.
        """
        keys = {index: self._key_in_groups(cell) for index, cell in enumerate(row)}
        reached = self._owners_in(row, keys)
        placed: dict[str, PlacedColumn] = {}
        read = ReadHeader([], [], [], [], [])
        for index in self._by_certainty(keys, reached):
            text = str(row[index]).strip()
            key = keys[index]
            whose = reached.get(index)
            # A number of somebody else that is published as the contact's cannot be taken back.
            if whose and whose.owner in (Owner.OTHER, Owner.UNSURE):
                read.unsure.append((index, text, whose.neighbour))
                continue
            column = self._first_free_meaning(key, placed)
            if column is not None:
                unit = unit_of_label(text) if column.unit else None
                placed[column.name] = PlacedColumn(index, text, column, unit)
            elif key in self.meanings:
                # Its only meaning another cell of the row has: its cells are not read.
                holder = placed[self.meanings[key][0].name]
                read.doubled.append((index, text, holder.header))
            elif labels := self._labels_meant(key):
                read.unclear.append((index, text, labels))
            elif key not in IGNORED_HEADERS:
                read.unknown.append((index, text))
        read.placed.extend(sorted(placed.values(), key=lambda one: one.index))
        for left_out in (read.unknown, read.doubled, read.unsure, read.unclear):
            left_out.sort()
        return read

    def _labels_meant(self, key: str) -> list[str]:
        """The labels of the columns that a header may mean of which none can take it."""
        ours = {column.label for column in self.columns}
        labels = [label for label in UNCLEAR.get(key, ()) if label in ours]
        if labels:
            return labels
        # 电话/邮箱 names two columns.
        columns = [self.meanings.get(part, []) for part in names_in(key)]
        if len(columns) < 2 or not all(columns):
            return []
        return list(dict.fromkeys(meant[0].label for meant in columns))

    def find_column(self, header: str) -> ListColumn | None:
        """The column that a single header means first of all, or None."""
        for column in self.meanings.get(self.key_of(header), ()):
            return column
        return None

    def _by_certainty(
        self, keys: Mapping[int, str], reached: Mapping[int, Reached]
    ) -> list[int]:
        """The indices of the filled headers: those of one meaning before those that may give way, the contact's own
        telephone before one of which nobody says whose it is, our own header before another word for the column."""

        contact = self._contact_in(keys)

        def uncertainty(index: int) -> tuple[int, int, bool]:
            meanings = len(self.meanings.get(keys[index], ()))
            is_other_word = keys[index] not in self.own_keys
            whose = reached.get(index)
            if whose is None:
                # Of several contacts the one whose telephone is taken.
                is_other = self._means(keys[index], CONTACT_NAME) and index != contact
                return meanings, int(is_other), is_other_word
            rank = whose.rank + (whose.owner is Owner.NOBODY)
            return meanings, rank, is_other_word

        return sorted((index for index, key in keys.items() if key), key=uncertainty)

    def _owners_in(
        self, row: Sequence[Any], keys: Mapping[int, str]
    ) -> dict[int, Reached]:
        """Whose each telephone and mailbox of a header row is."""
        contact = self._contact_in(keys)
        return owners_of(
            [self._label_of(cell, keys, i, contact) for i, cell in enumerate(row)]
        )

    def _contact_in(self, keys: Mapping[int, str]) -> int | None:
        """The index of the contact's name: of several contacts the one called that and nothing else, or the first."""
        named = [index for index, key in keys.items() if self._means(key, CONTACT_NAME)]
        plain = [index for index in named if PLAIN_CONTACT.match(keys[index])]
        for index in (*plain, *named):
            return index
        return None

    def _means(self, key: str, name: str) -> bool:
        return any(column.name == name for column in self.meanings.get(key, ()))

    def _label_of(
        self, cell: Any, keys: Mapping[int, str], index: int, contact: int | None
    ) -> Label | None:
        key = keys[index]
        if not key:
            return None
        text = cell.strip()
        reaches = self._reaches(key)
        label = key
        whose = person_of(key)
        if isinstance(cell, GroupedHeader):
            label = self.key_of(cell.label)
            whose = person_of(label) or person_over(cell)
            reaches = reaches or self._reaches(label)
        if self._means(key, CONTACT_NAME):
            whose = Owner.CONTACT if index == contact else Owner.OTHER
        # 技术联系人电话 next to 联系人, or a contact that no column of ours names.
        elif whose is Owner.CONTACT and not self._is_of(key, keys, contact):
            whose = Owner.OTHER
        return Label(label, text, reaches, whose)

    def _is_of(self, key: str, keys: Mapping[int, str], contact: int | None) -> bool:
        """Whether a header that names a contact means the contact of the listing."""
        if PLAIN_CONTACT.match(key):
            return True
        if contact is not None:
            return key.startswith(keys[contact])
        return self._reaches(key)

    def _reaches(self, key: str) -> bool:
        """Whether a header is that of a telephone or a mailbox, whosever."""
        return any(column.name in REACHING for column in self.meanings.get(key, ()))

    def _key_in_groups(self, cell: Any) -> str:
        """The key of a header; of one with groups over it the key that both make, or one that means nothing."""
        if not isinstance(cell, GroupedHeader):
            return self.key_of(cell)
        label = self.key_of(cell.label)
        for group in reversed(cell.groups):
            over = header_key(group)
            bare = NEUTRAL_GROUP.sub("", over)
            # 需求信息 over 类型 is 需求类型, 完成人 over 姓名 is 完成人.
            for key in (f"{over}{label}", f"{bare}{label}"):
                if key in self.meanings:
                    return key
            if label in NAMES and bare in self.meanings:
                return bare
        if not ATTRIBUTES.match(label):
            return label
        whose = person_over(cell)
        # 联系人 over 姓名, 对接人信息 over 电话: the contact of the list.
        if whose is Owner.CONTACT:
            return f"联系人{label}" if f"联系人{label}" in self.meanings else label
        nearest = header_key(cell.groups[-1])
        is_neutral = whose is None and NEUTRAL_GROUP.search(nearest)
        return label if is_neutral else f"{nearest}{label}"

    def _first_free_meaning(
        self, key: str, placed: dict[str, PlacedColumn]
    ) -> ListColumn | None:
        for column in self.meanings.get(key, ()):
            if column.name not in placed:
                return column
        return None


def find_number_index(row: Sequence[Any]) -> int | None:
    """Index of the running number; the blank form marks its example row there."""
    for index, cell in enumerate(row):
        if header_key(cell) in NUMBER_HEADERS:
            return index
    return None
