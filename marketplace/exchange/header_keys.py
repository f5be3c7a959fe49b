"""Spellings of one header: numbered, starred, in brackets, with remarks, units and words of forms, folded to one key.
Not here: which columns the keys mean (headers), the other words for a column (listings.schema.headings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from marketplace.listings.schema.vocabulary import word_key
from marketplace.parsing.currencies import UNIT_BEHIND, UNITS
from matching.folding import fold_label

MAX_HEADER = 40  # characters; longer texts are contents
MONEY_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_UNIT_AT_END = re.compile(
    rf"(?:[:/,]|单位[::]?)(?:人民币|rmb|cny)?(?:{MONEY_UNIT})(?:人民币)?$"
)
# Stars of required columns, and what people put before and after a header.
_DECORATION = "*:#★☆※●◆■▲△√✓-_/.、,;→↓?!~|=^"
# Brackets and quotes in pairs: 《需求名称》 is a header in brackets, 名称【必填】 one with a remark.
_BRACKETS = dict(
    zip("([【〔〖<《〈{「『“‘\"'`", ")]】〕〗>》〉}」』”’\"'`", strict=True)
)
_REMARK = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|〖[^〖〗]*〗|<[^<>]*>|《[^《》]*》|\{[^{}]*\}"
)
_HAS_WORDS = re.compile(r"[^\W\d_]")
# A bracket that is never closed: 需求名称(必填
_OPEN_REMARK = re.compile(r"(?<=.)[(\[【〔<《{].*$")
_FIGURE = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
# 1.需求名称, 一、需求名称, (1)需求名称, 1)需求名称, 1-需求名称, 1.1需求名称, i.需求名称, 第一项:需求名称
_NUMBERING = re.compile(
    rf"^(?:\(?(?:{_FIGURE})\)|第(?:{_FIGURE})[项栏列][.、,:]?|(?:\d{{1,2}}(?:\.\d{{1,2}})+)[.、,:]?|"
    rf"(?:{_FIGURE})[.、,:)_-]|(?:[ivx]{{1,4}}|[a-z])[.、,:)]|\[(?:{_FIGURE})\]|【(?:{_FIGURE})】|no\.?\d{{1,2}}[.、,:]?|"
    rf"(?:{_FIGURE})(?=[【《〈「『“\[]))+(?=\D)"
)
# With a blank after it a number needs no sign: 1 需求名称.
_SPACED_NUMBER = re.compile(
    rf"^\s*[(（]?(?:{_FIGURE}|[A-Za-z]|[\u2160-\u217f])[)）]?[.、．]?\s+(?=\S\D)"
)
_CIRCLED = re.compile(
    "[\u2460-\u249b\u2776-\u2793\u3220-\u3229\u3280-\u3289\u24ea\u24eb-\u24ff]"
)
_FOOTNOTE = re.compile("[\u00b9\u00b2\u00b3\u2070-\u2079]+$")
# What forms say of a column next to its name.
_FORM_WORDS = re.compile(
    r"^(?:必填项?|选填|请(?:填写|输入|选择|注明)|填写|您的|贵单位的?|贵公司的?|贵企业的?)(?=..)|"
    r"(?:必填项?|选填|可选|非必填|多选|单选|下拉选择)$"
)
_LATIN_END = re.compile(r"(?<=[\u4e00-\u9fff])[a-z][a-z .&/_-]*$")
_NUMBER_AT_START = re.compile(r"^\d{1,2}(?=[\u4e00-\u9fff])")
_NUMBER_AT_END = re.compile(r"(?<=[\u4e00-\u9fff])(?:\d|[一二三])$")
# Signs between two names of one column: 电话/手机, 需求或难题名称.
_BETWEEN_NAMES = re.compile(r"[/、,|;]|或者?|及|和|与")


@lru_cache(maxsize=4096)
def _key_of_text(text: str) -> str:
    plain = word_key(fold_label(text))
    bare = _without_numbering(plain)
    without_remarks = _without_numbering(_without_remarks(bare))
    closed = _OPEN_REMARK.sub("", without_remarks).strip(_DECORATION)
    without_unit = UNIT_BEHIND.sub("", _UNIT_AT_END.sub("", closed))
    return without_unit.strip(_DECORATION) or without_remarks or bare or plain


def _without_remarks(bare: str) -> str:
    """A header without what stands in brackets in it; of a header in brackets the brackets are no remark."""
    text = bare
    # From the innermost brackets outwards: 名称(填写(必填)).
    while remarks := list(_REMARK.finditer(text)):
        last = remarks[-1]
        shorter = text[: last.start()] + text[last.end() :]
        if not _HAS_WORDS.search(shorter):
            break
        text = shorter
    return text


def _without_numbering(plain: str) -> str:
    """A header without its number, its decoration and the brackets around all of it."""
    before = ""
    bare = plain
    # 【1.需求名称】, 1.【需求名称】: brackets and numbers in any order.
    while bare != before:
        before = bare
        bare = _without_brackets(_NUMBERING.sub("", bare.strip(_DECORATION)))
    return bare


def _without_brackets(bare: str) -> str:
    closing = _BRACKETS.get(bare[:1])
    if closing is None or len(bare) < 3 or not bare.endswith(closing):
        return bare
    inner = bare[1:-1]
    # (1)需求名称(必填) is not in brackets.
    if closing in inner:
        return bare
    return inner


def shorter_keys(key: str) -> Iterator[str]:
    """What is left of a key without the words of a form, an English name, a number at its start or end.

    Args:
        key: a key that is not known as it is.
    """
    for pattern in (_FORM_WORDS, _LATIN_END, _NUMBER_AT_START, _NUMBER_AT_END):
        shorter = pattern.sub("", key, count=1).strip(_DECORATION)
        if shorter != key:
            yield shorter


def names_in(key: str) -> list[str]:
    """The names of a header that gives several: 电话/手机, 需求或难题名称."""
    return [part for part in _BETWEEN_NAMES.split(key) if part]


def header_key(cell: Any) -> str:
    """What spellings of one header share: folded, without blanks, numbering, stars or remarks in brackets."""
    if not isinstance(cell, str) or len(cell) > 4 * MAX_HEADER:
        return ""
    # Circled numbers and footnotes fold to digits, which would join the header.
    text = _FOOTNOTE.sub("", _CIRCLED.sub("", cell.strip()).strip())
    return _key_of_text(_SPACED_NUMBER.sub("", text))
