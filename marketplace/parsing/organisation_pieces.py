"""One organisation taken out of a text: its name, and what is said about it there.

Cells with several are taken apart in `organisation_lists.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from marketplace.parsing import ParseError
from marketplace.parsing.name_lists import split_numbered
from marketplace.parsing.organisation_marks import (
    BRACKETS,
    DATE,
    LEAD,
    NEUTRAL,
    ORDER,
    PARTNER,
    QUOTED,
    ends_like_name,
    is_remark,
    role_of,
)
from marketplace.parsing.text import EMPTY
from matching.folding import fold_label

_SEAL_AT_END = re.compile(
    r"\s*(?:[(（]?\s*(?:请|需|须)?(?:单位|企业)?(?:加?盖\s*公?\s*章|公\s*章|签\s*章)\s*处?\s*[)）]?)$"
)
_LEAD_AT_END = re.compile(r"(?:作为)?(?:牵头|主持|主导)(?:承担|完成|申报|研发|实施)?$")
_PARTNER_AT_END = re.compile(
    r"(?:作为)?(?:参与|参加|协作|配合|参研|合作|协助)(?:承担|完成|申报|研发|实施)?$"
)
_JOINTLY_AT_END = re.compile(
    r"(?:等)?(?:联合|共同|合作)(?:承担|完成|申报|研发|研制|攻关|开发|实施)$"
)
_AND_OTHERS = re.compile(
    r"\s*等\s*(?:共|多)?\s*(?:\d+|[一二三四五六七八九十几多数两]+)?\s*(?:余|多)?\s*(?:家|个|所)?\s*(?:单位|企业|高校|院校|公司|机构)?$"
)
# What is said about a name and is no part of it.
_ABOUT_NAME = re.compile(
    r"(?:原|曾用)名?.*(?:公司|厂|院|所|大学|学院|局|中心|集团)|(?:原名|曾用名|更名|又名|别名|以下简称|下称|下同|简称|以下称|英文名?|英文名称|缩写|注册名).*"
    r"|(?:法定代表人?|法人代表|(?:项目)?负责人|联系人|对接人|经办人|填报人|联络人).{2,12}"
)
_NUMBERED_CODE = re.compile(r".*[0-9A-Z]{15,18}.*|.*\d{7,}.*|.*\d{3,4}-\d{7,8}.*")
_OPEN_BRACKET = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]*)$")
_HAN_BLANKS = re.compile(r"(?<=[\u3400-\u9fff）)])\s+(?=[\u3400-\u9fff（(])")


@dataclass
class Piece:
    """One organisation as it is taken out of a cell.

    Attributes:
        name: its name.
        role: LEAD, PARTNER or "" where nothing is said.
        order: its number among the others, where one stands in brackets behind it; else 0.
        remarks: what was left out.
    """

    name: str
    role: str = ""
    order: int = 0
    remarks: list[str] = field(default_factory=list)


def read_piece(text: str, *, sure: bool = True) -> Piece | None:
    """One organisation of a text; None where it holds nothing of the kind (a date, a seal).

    Args:
        text: the name with what is said about it.
        sure: refuse what cannot be understood.
    """
    text = text.strip(" \t\n\u3000；;、，,。")
    # A seal is often dated, and a date alone names nobody.
    if text.casefold() in EMPTY or DATE.fullmatch(text):
        return None
    quoted = QUOTED.fullmatch(text)
    if quoted:
        return Piece(quoted["name"].strip())
    piece = Piece("")
    (text,) = split_numbered(text) or [""]
    text = BRACKETS.sub(lambda match: _take_remark(match, piece), text)
    # A bracket that was cut off or forgotten is about the name as well.
    text = _OPEN_BRACKET.sub(lambda match: _take_remark(match, piece), text)
    text = _SEAL_AT_END.sub("", text).strip(" \t\n\u3000；;、，,。:：")
    text = _take_words_at_end(text, piece)
    date = re.search(rf"\s+(?:{DATE.pattern})$", text)
    if date:
        text = text[: date.start()].strip()
    quoted = QUOTED.fullmatch(text)
    if quoted:
        text = quoted["name"]
    piece.name = _HAN_BLANKS.sub("", text).strip()
    # 单位名称 without a name behind it is a label that somebody left standing.
    if not piece.name or role_of(piece.name) == NEUTRAL:
        return None
    if sure and re.search("[:：]", piece.name):
        word = re.split("[:：]", piece.name)[0]
        raise ParseError(f"看不懂「{word[-20:]}：」。", "这一格只填单位的全称。")
    return piece


def _take_remark(match: re.Match[str], piece: Piece) -> str:
    """Brackets taken off a name where they are about it; else as they are."""
    plain = fold_label(match[1])
    if not plain:
        return ""
    if order := ORDER.fullmatch(plain):
        piece.order = "一二三四五六七八九十".find(order[1]) + 1 or int(order[1])
        return ""
    if is_remark(match[1]):
        for word in re.split(r"[,;、/|.]", plain):
            role = role_of(word)
            if role in (LEAD, PARTNER):
                piece.role = role
        return ""
    label, colon, _ = plain.partition(":")
    is_about = _ABOUT_NAME.fullmatch(plain) or _NUMBERED_CODE.fullmatch(plain.upper())
    # 法定代表人 or a code in brackets is left out with a remark; 分公司 in brackets belongs to the name.
    if is_about or (colon and role_of(label)):
        piece.remarks.append(f"「（{match[1][:30]}）」没有记入单位名称。")
        return ""
    return match[0]


def _take_words_at_end(text: str, piece: Piece) -> str:
    """A name without 牵头, 参与, 等 3 家单位 and 联合申报 at its end, where a whole name is left."""
    text = (
        re.sub(r"^由(?=.{4})", "", text)
        if text.endswith(("牵头", "参与", "参加", "主持"))
        else text
    )
    with_others = re.match(r"(?:并|联合|会同|携手|协同|与|和|及)(?=.{4})", text)
    if with_others and ends_like_name(text):
        piece.role = piece.role or PARTNER
        text = text[with_others.end() :].strip()
    for pattern, role in ((_LEAD_AT_END, LEAD), (_PARTNER_AT_END, PARTNER)):
        bare = pattern.sub("", text).strip()
        if bare != text and ends_like_name(bare):
            piece.role = piece.role or role
            text = bare
    bare = _JOINTLY_AT_END.sub("", text).strip()
    if bare != text and ends_like_name(bare):
        text = bare
    bare = _AND_OTHERS.sub("", text)
    if bare != text and (ends_like_name(bare) or text.endswith("等")):
        piece.remarks.append(f"「{text[len(bare) :].strip()}」没有写出单位，没有记录。")
        text = bare
    return text


def bare_name(text: str) -> str:
    """A name without what is said about it, as far as that can be taken off without being sure."""
    piece = read_piece(text, sure=False)
    return piece.name if piece is not None else ""
