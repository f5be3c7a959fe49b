"""Rows of a list that hold no listing: notes on how to fill in, footers, sums, names of counties, a second header.
Not here: which columns there are (headers), what a cell means (marketplace.parsing).

Each kind is known by its form, never by one word in the middle of a text: a row that is not surely one of these is read
as a listing, and refused with a reason where it is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from marketplace.exchange.headers import Headers
from marketplace.parsing.text import half_width

NEAR_HEADER = 3  # rows below a header among which notes on how to fill in stand
BLANK = "只有序号"
EXAMPLE = "示例"
FOOTER = "填表人等落款"
TOTAL = "合计"
NOTE = "注释"
SECTION = "分组标题"
HEADER = "重复的表头"
GUIDE = "填写说明"

_EXAMPLE = re.compile(
    r"(?:填写|填报|填表)?(?:示例|样例|范例|举例|例)(?:行|\d*|[::].*)", re.DOTALL
)
_SIGNED = re.compile(
    r"^(?:填\s*[表报写]\s*(?:人|单位|日期|时间)|审\s*[核批]\s*(?:人|单位|日期|意见)?|制\s*表(?:人|日期|单位)?|复核人?|"
    r"经\s*办\s*人?|负责人(?:签[字章名])?|单位负责人|主管领导|签[字章名](?:盖章)?|(?:单位|部门)?(?:公章|盖章)|日\s*期|时\s*间|"
    r"填表|报送(?:单位|日期|人)|上报(?:单位|日期)|联系人|联系电话|电话|手机|汇总(?:人|单位|日期))"
    r"(?:\([^()]*\))?\s*[::]"
)
_DATE_LINE = re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?")
_TOTAL = re.compile(
    r"(?:合|小|总|共|累|本页小|本页合|本页)\s*计(?:\s*[::\d(共].*)?|共\s*\d+\s*[项条个家].*",
    re.DOTALL,
)
_END = re.compile(
    r"\(?(?:以下空白|以下无正文|此行以下空白|本页完|完|全文完|续表|接上页|转下页|\.{3,}|…+)\)?"
)
_NOTE = re.compile(
    r"(?:[*※★#]\s*)?(?:备?注|说明|附注|填[表写报]说明|填表须知|填报要求|注意(?:事项)?|温馨提示|提示|要求)\s*\d*\s*[::.、]",
)
_SECTION_NUMBER = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}\s*[、.,]|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十\d]{1,3}[部类章节]分?)"
)
_SECTION_END = re.compile(
    r"(?:[县区市镇乡]|街道|开发区|高新区|园区|度假区|产业|产业链|领域|行业|部分|类|组|批|学院|大学|公司|局)(?:\(?\s*(?:共\s*)?\d+\s*[项条个家]?\s*\)?)?$"
)
_SECTION_MOST = 24  # characters
_CHINESE_NUMBER = re.compile(r"\(?[一二三四五六七八九十]{1,3}\)?[、.]?")
_GUIDE = re.compile(
    r"\d+\s*[-~—–至到]\s*\d+\s*[字个项条]|(?:至少|不少于|不超过|最多|限|控制在)\s*\d+\s*[字个项条]|\d+\s*字(?:以内|以上|左右)|"
    r"必填|选填|可不填|可为空|必选|单选|多选|可多选|下拉|请?(?:填写|选择|输入|按|从).{0,20}(?:填写?|选择?|列表|下拉)|"
    r"^请|^如[::,]|例如|^如.{2,}|格式[::为]|与.{1,12}一致|不要写|不得|精确到|单位[::为]|用.{1,4}(?:分开|隔开|分隔)|"
    r"^\d{4}[-./]\d{1,2}[-./]\d{1,2}格式|18位|11位|文本|数字|没有可?留空|留空"
)
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _.()/*-]{0,39}")
_COLUMN_NUMBER = re.compile(r"\(?(?:\d{1,2}|[A-Z]{1,2})\)?")
_UNIT_WORD = re.compile(
    r"\(?(?:单位[::])?(?:[亿万千百]?元|字|年|月|日|个|项|人|家|级|%|件|份|天|文本|数字|日期|yyyy-mm-dd|/)\)?",
    re.I,
)


class RowKinds:
    """Says of each row of a list what it is, if it is no listing.

    Args:
        headers: those of the kind of list.
    """

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        # People copy what the blank form says of its columns into their lists.
        self.advice = {
            _plain(column.advice) for column in headers.columns if column.advice
        }

    def kind_of(
        self,
        cells: Sequence[Any],
        placed: Sequence[int],
        *,
        number: int | None,
        title: int | None,
        below_header: int,
    ) -> str:
        """What a row is; empty where it is a listing.

        Args:
            cells: all its cells.
            placed: indices of the columns that mean something.
            number: index of the running number; None where there is none.
            title: index of the title; None where the sheet has none.
            below_header: rows between it and the header, 1 for the next one.
        """
        texts = {index: _plain(cell) for index, cell in enumerate(cells)}
        texts = {index: text for index, text in texts.items() if text}
        first = next(iter(texts.values()), "")
        running = texts.get(number, "") if number is not None else ""
        if running.startswith(EXAMPLE) or _EXAMPLE.fullmatch(first):
            return EXAMPLE
        if _is_footer(texts):
            return FOOTER
        if _is_total(texts):
            return TOTAL
        if not any(index in texts for index in placed):
            return BLANK
        if self.headers.is_header_row(cells):
            return HEADER
        bare = {index: text for index, text in texts.items() if index != number}
        if len(set(bare.values())) == 1:
            return _kind_of_single(next(iter(bare.values())), running, len(bare))
        if below_header <= NEAR_HEADER and self._is_guide(bare, title):
            return GUIDE
        return ""

    def _is_guide(self, texts: dict[int, str], title: int | None) -> bool:
        """Whether a row says how to fill in: notes, units, field names or numbers of columns."""
        values = list(texts.values())
        for pattern in (_FIELD_NAME, _COLUMN_NUMBER):
            if len(values) > 2 and all(pattern.fullmatch(text) for text in values):
                return True
        if title not in texts:
            return all(
                _UNIT_WORD.fullmatch(text) or self._is_advice(text) for text in values
            )
        advised = sum(1 for text in values if self._is_advice(text))
        # The title itself must be a note: a listing may well mention 18 位 in another cell.
        return self._is_advice(texts[title]) and advised * 2 >= len(values)

    def _is_advice(self, text: str) -> bool:
        return text in self.advice or _GUIDE.search(text) is not None


def _plain(cell: Any) -> str:
    """A cell on one line, half-width."""
    if cell is None:
        return ""
    return " ".join(half_width(str(cell)).split())


def _is_footer(texts: dict[int, str]) -> bool:
    """Whether a row is signed or dated: its first text is one of the usual labels, and so are most of the others."""
    values = list(texts.values())
    if not values or not _SIGNED.match(values[0]):
        return False
    signed = sum(
        1 for text in values if _SIGNED.match(text) or _DATE_LINE.fullmatch(text)
    )
    # 填表人： 张三 in two cells: label and answer take turns.
    return signed * 2 >= len(values)


def _is_total(texts: dict[int, str]) -> bool:
    values = list(texts.values())[:2]
    return any(_TOTAL.fullmatch(text) or _END.fullmatch(text) for text in values)


def _kind_of_single(text: str, running: str, times: int) -> str:
    """What a row is whose cells all say the same: in one cell, merged over all or written into each."""
    if _NOTE.match(text):
        return NOTE
    if _SIGNED.match(text) or _DATE_LINE.fullmatch(text):
        return FOOTER
    is_short = len(text) <= _SECTION_MOST
    if is_short and _SECTION_NUMBER.match(text):
        return SECTION
    if is_short and (times > 2 or _CHINESE_NUMBER.fullmatch(running)):
        return SECTION
    # With a running number it is a listing that has nothing but its title.
    if is_short and not running and _SECTION_END.search(text):
        return SECTION
    if _GUIDE.search(text) and not running and len(text) > _SECTION_MOST:
        return NOTE
    return ""
