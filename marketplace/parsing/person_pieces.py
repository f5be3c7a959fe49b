"""One piece of a cell of people: somebody with title, role and share, or words about the one before.

Cells with several are taken apart in `people.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing import person_names as names
from marketplace.parsing.lists import split_places
from marketplace.parsing.name_lists import split_numbered
from marketplace.parsing.text import EMPTY, half_width
from marketplace.parsing.unnamed import is_unnamed_person
from matching.folding import fold_label

MAX_PERSON = {"name": 60, "title": 40, "role": 60}  # characters, as the columns do
HOW = "几位之间用「、」分开，职称写在括号里，如 张三（教授）。"
_OPEN_BRACKET = re.compile(r"[（(\[【〔]([^（()）\[\]【】〔〕]*)$")
_AND_OTHERS = re.compile(
    r"\s*(?:等\s*(?:共|多)?\s*(?:\d+|[一二三四五六七八九十几多数两]+)?\s*(?:余|多)?\s*(?:人|位|名|同志|专家|老师)?$|…+$|\.{3,}$|。{3,}$)"
)
_TEAM_AT_END = re.compile(r"(?:教授|博士|老师)?(?:课题组|团队|研究组|项目组|小组)$")
_LATIN_TITLE = re.compile(
    r"^(?P<title>Prof(?:essor)?|Dr|Mr|Mrs|Ms)\b\.?\s+(?=\S)", re.I
)


@dataclass
class Reading:
    """What has been read of a cell.

    Attributes:
        rows: the people.
        remarks: what was not taken as it stood.
        waiting: a title or role that stands before the name it belongs to.
        common: what a label says of all who follow it.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    common: dict[str, str] = field(default_factory=dict)

    def add_person(self, row: dict[str, Any]) -> None:
        """Add somebody, with what was said before their name; who was named before gets what is new."""
        row = self.common | self.waiting | row
        self.waiting = {}
        # One who is named twice, as head and in the row of all, is one person with both.
        for known in self.rows:
            if known["name"] == row["name"]:
                for key, value in row.items():
                    known.setdefault(key, value)
                return
        self.rows.append(row)

    def leave_out(self, text: str) -> None:
        """Say that a text is not recorded."""
        self.remarks.append(f"「{text[:30]}」没有记录。")


def read_piece(text: str, reading: Reading) -> None:
    """One piece of a cell: somebody with what is said of them, or a word about the one before."""
    text = (
        text.strip(" \t。.；;、，,：:·*★●")
        if _is_decorated(text)
        else text.strip(" 。")
    )
    (text,) = split_numbered(text) or [""]
    if text.casefold() in EMPTY:
        return
    # 等 5 人 names nobody; how many more there are no column holds.
    others = _AND_OTHERS.search(text)
    if others:
        reading.leave_out(text[others.start() :].strip())
        text = text[: others.start()].strip()
        if not text:
            return
    if _read_word(text, reading):
        return
    row: dict[str, Any] = {}
    text = names.BRACKETS.sub(
        lambda match: _take_brackets(match[1], row, reading), text
    )
    text = _OPEN_BRACKET.sub(lambda match: _take_brackets(match[1], row, reading), text)
    text = " ".join(text.split())
    if not text:
        # （教授） by itself is said of the one before.
        _say_of_last(row, reading)
        return
    for person in _people_of_words(text, reading):
        reading.add_person(person | row)


def _is_decorated(text: str) -> bool:
    """Whether signs at the ends of a text are ornament; stars next to a name hide the rest of it."""
    return "*" not in text and "·" not in text


def _say_of_last(row: dict[str, Any], reading: Reading) -> None:
    if reading.rows:
        for key, value in row.items():
            reading.rows[-1].setdefault(key, value)


def _read_word(text: str, reading: Reading) -> bool:
    """Whether a piece is a word about somebody: it is given to the one before, or waits for the one after."""
    plain = fold_label(text)
    kind = names.kind_of(text)
    if kind and not (names.is_full_name(plain) and not names.is_title(plain)):
        # 教授 before any name belongs to the first one; 张三，教授 to the one before.
        if reading.rows and not reading.common.get(kind):
            _add_word(reading.rows[-1], kind, text)
        else:
            reading.waiting[kind] = text
        return True
    if names.is_personal(plain) or names.SEAL.fullmatch(plain):
        reading.leave_out(text)
        return True
    if share := names.SHARE.fullmatch(plain):
        if not reading.rows:
            raise ParseError(f"「{text[:20]}」前面没有姓名。", HOW)
        reading.rows[-1].setdefault("share", Decimal(share[1]))
        return True
    is_affiliation = names.is_organisation(plain) and bool(reading.rows)
    if is_affiliation or names.NUMBER.fullmatch(text):
        reading.leave_out(text)
        return True
    return False


def _take_brackets(content: str, row: dict[str, Any], reading: Reading) -> str:
    """What brackets behind a name say of them."""
    if order := re.fullmatch(r"(?:排名)?第?(\d{1,2})位?", fold_label(content)):
        row["order"] = int(order[1])
        return " "
    if names.is_latin_name(content) and not names.is_title(content):
        reading.leave_out(content)
        return " "
    places = split_places(content, "；;，,、/ ")
    # Two places with ；between them are those that we write: title, then role.
    if re.search("[；;]", content):
        places = split_places(content, "；;")
        _take_places(places, row, reading)
        return " "
    for word in places:
        _take_word(word, row, reading)
    return " "


def _take_places(places: list[str], row: dict[str, Any], reading: Reading) -> None:
    """The places of brackets that we write: title, role and share, the first two also empty."""
    words = []
    for word in places:
        if share := names.SHARE.fullmatch(half_width(word)):
            row["share"] = Decimal(share[1])
        elif names.is_personal(word):
            reading.leave_out(word)
        else:
            words.append(word)
    is_swapped = (
        len(words) == 2 and names.is_role(words[0]) and names.is_title(words[1])
    )
    if is_swapped and not names.is_role(words[1]):
        words.reverse()
    for key, word in zip(("title", "role"), words, strict=False):
        if word:
            row.setdefault(key, word)
    for word in words[2:]:
        reading.leave_out(word)


def _take_word(word: str, row: dict[str, Any], reading: Reading) -> None:
    plain = fold_label(word)
    if not plain or names.SEAL.fullmatch(plain):
        return
    kind = names.kind_of(word)
    label, colon, value = word.replace("：", ":").partition(":")
    if share := names.SHARE.fullmatch(plain):
        row["share"] = Decimal(share[1])
    elif colon and names.TITLE_FOLLOWS.fullmatch(fold_label(label)):
        row.setdefault("title", value.strip())
    elif kind:
        _add_word(row, kind, word)
    elif _is_left_out(word, plain) or (colon and names.is_label(label)):
        reading.leave_out(word)
    elif "title" not in row:
        row["title"] = word
    elif "role" not in row:
        row["role"] = word
    else:
        reading.leave_out(word)


def _add_word(row: dict[str, Any], kind: str, word: str) -> None:
    """Add a title or role: 副教授、博士生导师 is both."""
    row[kind] = f"{row[kind]}、{word}" if row.get(kind) else word


def _is_left_out(word: str, plain: str) -> bool:
    """Whether a word in brackets says what no column holds: sex, number, organisation, the name in another script."""
    return (
        names.is_personal(plain)
        or names.is_organisation(plain)
        or bool(
            re.fullmatch(
                r"排[名序].*|按.*排[名序序].*|以.*为序|第?[一二三四五六七八九十]{1,2}位?",
                plain,
            )
        )
        or bool(names.NUMBER.fullmatch(word))
    )


# --- one piece without brackets ---


def _people_of_words(text: str, reading: Reading) -> list[dict[str, Any]]:
    """Those whom the words of a piece name, blanks between them: 张三 教授, 张三 李四, 欧阳 娜娜."""
    if names.is_latin_name(text):
        match = _LATIN_TITLE.match(text)
        if not match:
            return [{"name": text}]
        row = {"name": text[match.end() :]}
        if match["title"].casefold() not in ("mr", "mrs", "ms"):
            row["title"] = match["title"]
        return [row]
    people: list[dict[str, Any]] = []
    waiting = ""  # a surname whose given name follows
    words = _joined_singles(text)
    for place, word in enumerate(words):
        if not waiting and _say_of(word, people, reading):
            continue
        if waiting:
            if not names.is_han(word) or len(word) > 2:
                raise unclear(text)
            people.append({"name": waiting + word})
            waiting = ""
        elif place and len(word) == 1:
            raise unclear(text)
        elif len(words) > place + 1 and _is_surname(word, words[place + 1]):
            waiting = word
        else:
            people.append(_person_of(word, reading))
    return people


def _joined_singles(text: str) -> list[str]:
    """The words of a text; one whose characters all stand apart (张 三 丰, 欧 阳 娜 娜) is one word."""
    words = text.split()
    if len(words) < 2 or any(len(word) > 1 for word in words):
        return words
    joined = "".join(words)
    if len(joined) <= 3 or (len(joined) == 4 and joined[:2] in names.COMPOUND):
        return [joined]
    raise unclear(text)


def unclear(text: str) -> ParseError:
    return ParseError(f"看不出「{text[:40]}」是一位还是几位。", HOW)


def _say_of(word: str, people: list[dict[str, Any]], reading: Reading) -> bool:
    """Whether a word is about somebody: the one before it in this piece, or the one after it."""
    kind = names.kind_of(word)
    share = names.SHARE.fullmatch(fold_label(word))
    if kind and people:
        _add_word(people[-1], kind, word)
    elif kind:
        reading.waiting[kind] = word
    elif share and people:
        people[-1]["share"] = Decimal(share[1])
    elif (
        names.is_personal(word)
        or names.NUMBER.fullmatch(word)
        or (people and names.is_latin_name(word))
        or (people and names.is_organisation(word))
    ):
        reading.leave_out(word)
    else:
        return False
    return True


def _is_surname(word: str, following: str) -> bool:
    """Whether a word is a surname by itself, and the next one the given name."""
    if names.kind_of(following) or not names.is_han(following):
        return False
    return len(word) == 1 or (word in names.COMPOUND and len(following) <= 2)


def _person_of(word: str, reading: Reading) -> dict[str, Any]:
    """Somebody named in one word, perhaps with a title or role directly next to the name: 张三教授, 负责人张三."""
    row: dict[str, Any] = {}
    # Marks of footnotes; a star may hide the rest of a name.
    word = re.sub(
        r"(?<=..)[\u00b9\u00b2\u00b3\u2070-\u209c\u2460-\u2473†‡§#^]+$", "", word
    )
    if share := re.search(r"(\d{1,3}(?:\.\d{1,2})?)[%％]$", word):
        row["share"] = Decimal(share[1])
        word = word[: share.start()].strip("-—:： ")
    team = _TEAM_AT_END.search(word)
    if team and names.is_full_name(word[: team.start()]):
        reading.leave_out(team[0])
        word = word[: team.start()]
    if not names.is_full_name(word):
        for cut in (*range(2, min(5, len(word))), *range(len(word) - 2, 1, -1)):
            name, rest = word[:cut].rstrip("-—:："), word[cut:].lstrip("-—:：")
            if names.is_full_name(name) and names.kind_of(rest):
                return row | {"name": name, names.kind_of(rest): rest}
            before, name = word[:cut].rstrip("-—:："), word[cut:].lstrip("-—:：")
            if names.is_full_name(name) and names.kind_of(before):
                return row | {"name": name, names.kind_of(before): before}
    return row | {"name": word}


def check_row(row: dict[str, Any]) -> None:
    """Refuse who is no full name of a person, and values that no column holds."""
    name = row["name"]
    if is_unnamed_person(name):
        raise ParseError(f"「{name[:30]}」没有写出姓名。", "写完成人的姓名，或留空。")
    # So long a name is a sentence, or several people without separators.
    for key, most in MAX_PERSON.items():
        if len(row.get(key, "")) > most:
            raise ParseError(f"「{row[key][:30]}…」不像一位完成人。", HOW)
    if names.names_nobody(name) or names.is_organisation(name):
        raise ParseError(f"「{name[:30]}」不是人的姓名。", HOW)
    if re.search(r"[\d@:：]", half_width(name)):
        raise ParseError(f"「{name[:30]}」不是完整的姓名。", HOW)
    is_half = len(name) == 1 or (len(name) < 4 and _is_called(name))
    if is_half and names.is_han(name):
        raise ParseError(f"「{name}」不是完整的姓名。", "写全姓名，职称写在括号里。")
    # Two people taken for one would be a name that nobody bears.
    if names.is_run_together(name) or _has_foreign_sign(name):
        raise unclear(name)
    if not 0 < row.get("share", 1) <= 100:
        raise ParseError(
            f"「{name[:40]}」的贡献比例不对。", "填大于 0、不超过 100 的百分比。"
        )


def _has_foreign_sign(name: str) -> bool:
    """Whether a Chinese name holds a sign that parts two: 张三-李四, 张三·李四, though not 阿卜杜拉·买买提."""
    if not re.search(f"[{names.HAN}]", name):
        return False
    parts = name.split("·")
    if len(parts) == 2 and all(names.is_full_name(part) for part in parts):
        return all(part[0] in names.COMMON for part in parts)
    return re.search(r"[^\w·\s]", name) is not None


@lru_cache(20_000)
def is_plain_name(word: str) -> bool:
    """Whether a word is the full name of a person and can be nothing else."""
    others = (names.kind_of, names.is_personal, names.names_nobody, _is_called)
    return (
        names.is_full_name(word)
        and not any(is_other(word) for is_other in others)
        and not is_unnamed_person(word)
        and not names.is_organisation(word)
    )


def _is_called(name: str) -> bool:
    """Whether a name is a surname with how people are called: 王教授, 李工."""
    rest = name[len(names.surname_of(name)) :]
    return rest in ("工", "总") or (rest != name and names.kind_of(rest) != "")
