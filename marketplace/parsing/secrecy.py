"""The marks of 国家秘密 in a text: one rule for lists, forms, trials and notes.

A state secret may not be sent over the internet at all (保守国家秘密法): a text that bears its mark is not stored.
"""

from __future__ import annotations

import re

from matching.text import normalise

# What is said where a text with the mark was typed; lists have their own sentence (`schema.choices.SECRET`).
REFUSAL = (
    "这里带有国家秘密的标志，没有保存。国家秘密不能在互联网上传输，也不能在这里登记："
    "请立即删去，并联系本单位保密部门。"
)
_DEGREE = r"(?:绝\s*密|机\s*密|秘\s*密)"
_STAR = r"[★☆⭐✭✮✩⋆*✱＊]"
_YEARS = r"(?:\s*(?:[0-9一二三四五六七八九十]+\s*[年月日]|长\s*期))?"
# How it is marked on paper (保守国家秘密法实施条例): the degree, a star, the years; in brackets; as 密级; or alone on
# a line, as a stamp is. 商业秘密 is no state secret, and neither is 机密性 or 秘密共享 in running text.
_MARKS = (
    re.compile(rf"(?<!商业){_DEGREE}\s*级?\s*{_STAR}"),
    re.compile(rf"{_STAR}\s*{_DEGREE}(?!\w)"),
    re.compile(
        rf"[(\[【〔〖<《「『{{]\s*{_DEGREE}\s*级?{_YEARS}\s*[)\]】〕〗>》」』}}]"
    ),
    re.compile(rf"密\s*级\s*(?:为|是|[:/=])?\s*{_DEGREE}"),
    re.compile(
        rf"^\s*{_DEGREE}\s*(?:级|件|文件|资料|材料)?{_YEARS}\s*[!。]?\s*$", re.MULTILINE
    ),
    re.compile(rf"{_DEGREE}\s*级\s*(?:国家秘密|文件|资料|材料|项目|成果)"),
)


def secret_mark(text: str) -> str:
    """The mark of 国家秘密 that a text bears, as it is compared; empty where it bears none.

    Args:
        text: as typed or as a cell holds it: in full width, with blanks between the characters, in traditional ones.
    """
    # Nearly no text has this character, which is the same in every spelling of the marks.
    if "密" not in text:
        return ""
    folded = normalise(text)
    for mark in _MARKS:
        match = mark.search(folded)
        if match:
            return "".join(match.group().split())
    return ""
