"""The columns of published lists, in the order of the lists the cities publish, and how they stand together on paper.

What a reader may know of a field is decided in `listings.disclosure`, how its cell is written in `listings.schema`;
which listings stand in a list in `choosing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from marketplace.listings.disclosure import View
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.parsing.text import clean_text
from marketplace.wording import amount

LONG = 300  # characters of a long text; the page of the listing has all of it
SHORT = 200


@dataclass(frozen=True)
class IssueColumn:
    """A column of a published list.

    Attributes:
        header: what stands over it.
        source: name of the column of `listings.schema` it is taken from; empty for those this room fills itself.
        most: characters of a cell; a longer one is cut and ends with an ellipsis.
        group: number of the column on paper in which it stands; what shares one stands under one another.
        width: of the column on paper in mm, said by the first one of a group; 0: what remains is shared.
    """

    header: str
    source: str = ""
    most: int = SHORT
    group: int = 0
    width: int = 0


# Domain reference §9, proposed column set: without 备注; who is reached stands over the list, and is no person.
COLUMNS: dict[str, tuple[IssueColumn, ...]] = {
    "achievement": (
        IssueColumn("成果名称", "title", group=0, width=44),
        IssueColumn("完成单位", "organisations", group=1, width=38),
        IssueColumn("完成人", "contributors", group=1),
        IssueColumn("技术领域", "field_codes", group=2, width=34),
        IssueColumn("应用行业", "industry_codes", group=2),
        IssueColumn("产业链", "chain_code", group=2),
        IssueColumn("成果简介", "summary", LONG, group=3),
        IssueColumn("创新点", "innovation", group=3),
        IssueColumn("主要技术指标", "metrics", LONG, group=3),
        IssueColumn("知识产权类型", "ips.ip_type", group=4, width=30),
        IssueColumn("专利号/登记号", "ips.number", group=4),
        IssueColumn("所处阶段", "stage", group=5, width=28),
        IssueColumn("成果水平", "level", group=5),
        IssueColumn("转化方式", "conversion_modes", group=5),
        IssueColumn("预期价格（万元）", "price", group=5),
        IssueColumn("关键词", "keywords", group=0),
        IssueColumn("平台编号", group=0),
    ),
    "demand": (
        IssueColumn("需求名称", "title", group=0, width=44),
        IssueColumn("企业名称", "organisations", group=1, width=38),
        IssueColumn("统一社会信用代码", "uscc", group=1),
        IssueColumn("所属县市区", "district", group=1),
        IssueColumn("所属行业", "industry_codes", group=2, width=34),
        IssueColumn("产业链", "chain_code", group=2),
        IssueColumn("技术领域", "field_codes", group=2),
        IssueColumn("需求类别", "need", group=2),
        IssueColumn("需求类型", "demand_type", group=2),
        IssueColumn("主要问题", "problem", LONG, group=3),
        IssueColumn("技术指标要求", "metrics", LONG, group=3),
        IssueColumn("现有基础", "foundation", group=3),
        IssueColumn("拟投入资金（万元）", "budget", group=4, width=30),
        IssueColumn("合作方式", "cooperation_modes", group=4),
        IssueColumn("完成期限", "deadline", group=4),
        IssueColumn("是否揭榜", "bounty", group=4),
        IssueColumn("公开程度", "visibility", group=4),
        IssueColumn("关键词", "keywords", group=0),
        IssueColumn("平台编号", group=0),
    ),
}


def headers_of(kind: str) -> tuple[str, ...]:
    """The headers of a kind of list."""
    return tuple(column.header for column in COLUMNS[kind])


@cache
def place_of(kind: str, source: str) -> int:
    """On which place of a line the column stands that is taken from this one of `listings.schema`."""
    return [column.source for column in COLUMNS[kind]].index(source)


def labelled(kind: str, cells: Sequence[str]) -> list[tuple[str, str]]:
    """(header, text) of each cell of a line that says something, but for the first, which names the line."""
    pairs = list(zip(headers_of(kind), cells, strict=False))
    return [(header, text) for header, text in pairs[1:] if text]


def _schema_columns(kind: str) -> dict[str, ListColumn]:
    return {column.name: column for column in SCHEMAS[kind].list_columns}


class LineWriter:
    """Writes the line of a listing.

    Args:
        kind: of the list.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._columns = _schema_columns(kind)
        self._dictionaries = Dictionaries()

    def cells_of(self, view: View) -> tuple[str, ...]:
        """The cells of a listing, no more than this view of it shows."""
        return tuple(self._cells(view))

    def _cells(self, view: View) -> Iterator[str]:
        for column in COLUMNS[self._kind]:
            # The number of the page, by which a reader of the paper finds the listing.
            text = f"{KIND_NAMES[self._kind]}{view.id}"
            if column.source:
                text = self._cell(column.source, view)
            # Cleaned before it is cut, so that unseen characters take none of its length.
            yield _shortened(clean_text(text), column.most)

    def _cell(self, name: str, view: View) -> str:
        return _plain_text(view.cell_of(self._columns[name], self._dictionaries))


def _plain_text(value: Any) -> str:
    """A cell as text: all of them are, for a number has many spellings and a hash knows one."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rstrip()}…"
