"""People and organisations as a list names them, in their order. Who they are in the database is not known here."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.lists import list_text, split_pieces, split_places
from marketplace.parsing.text import half_width

ORGANISATION_MOST = 120  # characters of a name, as the columns hold it
PERSON_MOST = {"name": 60, "title": 40, "role": 60}  # characters, as the columns do

# How names of organisations end; only where every part ends so does a weak separator part two names.
_ORGANISATION_END = re.compile(
    r"(大学|学院|公司|集团|研究院|研究所|[院所厂局站校社会部队]|中心|实验室|医院|合作社)(\s*[（(].*[)）])?$"
)
_CHINESE_NAMES = re.compile(r"[\u4e00-\u9fff·\s]+")
_PERSON = re.compile(r"(?P<name>[^（()）]+?)\s*[（(](?P<more>[^（()）]*)[)）]\s*")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%", re.ASCII)


def read_organisations(raw: Any) -> list[str] | None:
    """Names of organisations in order.

    They are parted by ；or line ends; where there is none of these, by 、and ，if each part ends like a name.
    """
    plain = list_text(raw)
    if not plain:
        return None
    names = split_pieces(plain, "；;\n|")
    if names == [plain]:
        parts = split_pieces(plain, "、，,")
        if all(_ORGANISATION_END.search(part) for part in parts):
            names = parts
    for name in names:
        if len(name) > ORGANISATION_MOST:
            raise ParseError(
                f"单位名称「{name[:20]}…」太长。",
                f"最多 {ORGANISATION_MOST} 字；几个单位用「；」分开。",
            )
    return list(dict.fromkeys(names))


def read_people(raw: Any) -> list[dict[str, Any]] | None:
    """People in order: 张三、李四（教授；负责人；40%） → rows of {name, title, role, share}."""
    plain = list_text(raw)
    if not plain:
        return None
    items = split_pieces(plain, "；;、，,|\n")
    # John Smith is one person, 张三 李四 are two.
    if len(items) == 1 and _CHINESE_NAMES.fullmatch(plain):
        items = _names_by_blanks(plain)
    return [_read_person(item) for item in items]


def write_person(name: str, title: str, role: str, share: Decimal | None) -> str:
    """One person as `read_people` reads them."""
    more = []
    # An empty place before the role keeps it from being read as the title.
    if title or role:
        more.append(title)
    if role:
        more.append(role)
    if share is not None:
        more.append(f"{share.normalize():f}%")
    if not more:
        return name
    return f"{name}（{'；'.join(more)}）"


def _names_by_blanks(plain: str) -> list[str]:
    """Chinese names between blanks; 张 三 is one name, for no name has a single character."""
    parts = plain.split()
    if any(len(part) < 2 for part in parts):
        return [plain.replace(" ", "").replace("\u3000", "")]
    return parts


def _read_person(item: str) -> dict[str, Any]:
    found = _PERSON.fullmatch(item)
    name = found["name"] if found else item
    row: dict[str, Any] = {"name": name.strip()}
    words = []
    for word in split_places(found["more"], "；;，,、") if found else []:
        if share := _SHARE.fullmatch(half_width(word)):
            row["share"] = Decimal(share[1])
        else:
            words.append(word)
    # A third word has no column and is left out.
    for key, word in zip(("title", "role"), words, strict=False):
        if word:
            row[key] = word
    if not 0 < row.get("share", 1) <= 100:
        raise ParseError(
            f"「{item[:40]}」的贡献比例不对。", "填大于 0、不超过 100 的百分比。"
        )
    # So long a name is a sentence, or several people without separators.
    for key, most in PERSON_MOST.items():
        if len(row.get(key, "")) > most:
            raise ParseError(
                f"「{item[:30]}…」不像一位完成人。",
                "几位之间用「、」分开，职称写在括号里，如 张三（教授）。",
            )
    return row
