"""Lists of patents and of papers as the usual databases export them: which of their columns is which of ours.

Headers are those of the exports of 国家知识产权局 and of the databases of papers as their users get them; the columns
themselves are in `listings.schema`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache
from typing import Any

from marketplace.exchange.headers import HasColumns, Headers
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.rights import RightPart

LIST = "list"
PATENTS = "patents"
PAPERS = "papers"
# What a list is, as its uploader says it.
SOURCES = {
    LIST: "平台的清单",
    PATENTS: "专利列表（国知局、知网、万方等导出）",
    PAPERS: "论文列表（知网、万方等导出）",
}
# Kind and source → what such a list is called.
FORMATS = {
    ("achievement", LIST): "成果清单",
    ("demand", LIST): "需求清单",
    ("achievement", PATENTS): "专利列表",
    ("achievement", PAPERS): "论文列表",
}

# Column of ours → headers of the others that mean it. A column that is not named is not read: an applicant is not
# who fills in an achievement, and an address is not a contact.
_PATENT_HEADERS: Mapping[str, tuple[str, ...]] = {
    "title": (
        *("发明名称", "专利名称", "名称", "标题", "题名", "专利题名", "产品名称"),
        *("发明创造名称", "实用新型名称", "外观设计名称", "Title-题名", "Title"),
    ),
    "contributors": (
        *("发明人", "设计人", "发明人/设计人", "发明（设计）人", "发明(设计)人"),
        *("发明设计人", "Author-作者", "发明者", "Inventor", "作者"),
    ),
    "summary": ("摘要", "专利摘要", "文摘", "Summary-摘要", "Abstract", "简要说明"),
    "ips.number": (
        *("申请号", "专利号", "申请（专利）号", "申请(专利)号", "专利申请号"),
        *("专利号/申请号", "申请号/专利号", "Application Number"),
    ),
    "ips.ip_type": ("专利类型", "类型", "专利种类", "专利类别"),
    "ips.owners": (
        *("申请（专利权）人", "申请(专利权)人", "申请人", "专利权人", "权利人"),
        *("申请人/专利权人", "当前权利人", "专利申请人", "Applicant"),
    ),
    "ips.applied_on": ("申请日", "申请日期", "专利申请日", "Application Date"),
    "ips.granted_on": ("授权日", "授权公告日", "授权日期", "授权公告日期"),
    "ips.legal_status": (
        "法律状态",
        "专利状态",
        "有效性",
        "当前法律状态",
        "专利有效性",
    ),
    "keywords": ("关键词", "主题词", "Keyword-关键词"),
    "organisations": (),  # given with the upload
    "note": ("备注",),
}
_PAPER_HEADERS: Mapping[str, tuple[str, ...]] = {
    "title": (
        *("题名", "标题", "篇名", "论文题名", "论文题目", "论文标题", "论文名称"),
        *("Title-题名", "Title", "Article Title", "TI", "文献标题", "中文题名"),
    ),
    "contributors": (
        *("作者", "Author-作者", "Author", "Authors", "AU", "全部作者", "论文作者"),
        *("Author Full Names", "作者姓名"),
    ),
    "summary": ("摘要", "Summary-摘要", "Abstract", "AB", "中文摘要", "文摘"),
    "keywords": (
        *("关键词", "Keyword-关键词", "Author Keywords", "Keywords", "DE"),
        "中文关键词",
    ),
    # Longer than a number of a right may be.
    "ips.name": ("DOI", "DOI-DOI", "DI", "DOI号", "doi码"),
    "ips.ip_type": (),
    "organisations": (),
    "note": ("备注",),
}
_OWN_HEADERS = {PATENTS: _PATENT_HEADERS, PAPERS: _PAPER_HEADERS}
# Header of ours → what its empty cells say. A paper is none of the other rights; its DOI says which paper it is.
FILLED: Mapping[str, Mapping[str, str]] = {
    LIST: {},
    PATENTS: {},
    PAPERS: {"知识产权类型": "其他"},
}


@dataclass(frozen=True, kw_only=True, eq=False)
class OneRight(RightPart):
    """A field of the one right that a row of a database is about: several owners are those of that one."""

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        items = super().read_cell(raw, dictionaries, unit)
        # Between 、 in a list of ours stand rights, in theirs the owners of the one right of the row.
        if items is None or len(items) < 2:
            return items
        return ["、".join(items)]


class SourceColumns:
    """The columns of an achievement under the headers of a database.

    Args:
        source: `PATENTS` or `PAPERS`.
    """

    def __init__(self, source: str) -> None:
        columns = []
        for column in SCHEMAS["achievement"].list_columns:
            aliases = _OWN_HEADERS[source].get(column.name)
            if aliases is None:
                continue
            # Only their words for it: 类型 is the kind of a patent here.
            own = replace(column, aliases=aliases)
            if isinstance(own, RightPart):
                values = {one.name: getattr(own, one.name) for one in fields(own)}
                own = OneRight(**values)
            columns.append(own)
        self.columns = tuple(columns)

    @property
    def list_columns(self) -> Sequence[ListColumn]:
        """The columns, in the order of our own lists."""
        return self.columns


def headers_of(kind: str, source: str) -> Headers:
    """The headers by which a list is read.

    Args:
        kind: `achievement` or `demand`; what others export are achievements.
        source: a key of `SOURCES`.
    """
    return Headers(_schema_of(kind, source))


def formats_beside(kind: str, source: str) -> dict[str, Headers]:
    """The name of every other form of a list → its headers; arguments as of `headers_of`."""
    others = {}
    for form, name in FORMATS.items():
        if form != (kind, source):
            others[name] = headers_of(*form)
    return others


def columns_of(kind: str, source: str) -> Sequence[ListColumn]:
    """The columns by which the rows of a list are read; arguments as of `headers_of`."""
    return _schema_of(kind, source).list_columns


def _schema_of(kind: str, source: str) -> HasColumns:
    return SCHEMAS[kind] if source == LIST else _source_columns(source)


@cache
def _source_columns(source: str) -> SourceColumns:
    return SourceColumns(source)
