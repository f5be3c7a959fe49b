"""The people that a cell of a list names, in their order, with title, role and share.

What can be a name stands in `person_names.py`, one piece of a cell in `person_pieces.py`. Who they are in the database
is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing import person_names as names
from marketplace.parsing.lists import list_text, split_pieces
from marketplace.parsing.name_lists import Remarked, split_labels, split_numbered
from marketplace.parsing.organisation_lists import (
    MAX_ORGANISATION as MAX_ORGANISATION,
)
from marketplace.parsing.organisation_lists import (
    read_organisations as read_organisations,
)
from marketplace.parsing.person_pieces import (
    HOW,
    Reading,
    check_row,
    is_plain_name,
    read_piece,
    unclear,
)
from matching.folding import drop_unseen, fold_label

_STRONG = "；;、|\n\t/／"
_WEAK = "，,+＋＆&"
_PLAIN_LIST = re.compile(rf"[{names.HAN}]{{2,3}}(?:[、；;，,][{names.HAN}]{{2,3}})*")
_CONJUNCTION = re.compile(r"以及|[和与及]")
_ENCIRCLED = re.compile("[\u2460-\u2487]")  # ① to ⑳, ⑴ to ⒇


def read_people(raw: Any) -> Remarked[dict[str, Any]] | None:
    """The people that a cell names in order: 张三、李四（教授；负责人；40%） → rows of {name, title, role, share}.

    Args:
        raw: names parted by ；、，/ line ends, numbers or labels; title, role and share in brackets, behind a comma or
            directly behind the name.

    Returns:
        what is known of each, and what was not taken as it stood; None where nothing is filled in.

    Raises:
        ParseError: it cannot be known who is meant: a hidden name, an organisation, several names run together.
    """
    plain = names.fold_dots(drop_unseen(list_text(raw))).strip()
    if not plain:
        return None
    # Most cells are nothing else, and a long list has 50,000 of them.
    if _PLAIN_LIST.fullmatch(plain):
        words = dict.fromkeys(re.split("[、；;，,]", plain))
        # 李四等 has the shape of a name; what 等 says is told below.
        if all(map(is_plain_name, words)) and not plain.endswith("等"):
            return Remarked({"name": word} for word in words)
    if not _ENCIRCLED.match(plain):
        # 张三①李四②: numbers behind the names. Before them they begin the items of a list.
        plain = _ENCIRCLED.sub(_bracketed_number, plain)
    reading = Reading()
    for label, content in split_labels(plain, names.is_label, names.may_end):
        if _read_label(label, content, reading):
            continue
        for piece in _split_people(content):
            read_piece(piece, reading)
    if reading.waiting:
        raise ParseError(
            f"「{'、'.join(reading.waiting.values())}」后面没有姓名。", HOW
        )
    if not reading.rows and reading.remarks:
        raise ParseError(f"「{plain[:40]}」里没有姓名。", HOW)
    rows = _in_order(reading.rows)
    for row in rows:
        check_row(row)
    return Remarked(rows, reading.remarks) if rows else None


def _bracketed_number(match: re.Match[str]) -> str:
    return f"（{(ord(match[0]) - 0x2460) % 20 + 1}）"


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The people by the numbers behind their names, where all have one: 李四（2）、张三（1）."""
    numbers = [row.pop("order", 0) for row in rows]
    if sorted(numbers) != list(range(1, len(rows) + 1)):
        return rows
    return [
        row
        for _, row in sorted(zip(numbers, rows, strict=True), key=lambda one: one[0])
    ]


def write_people(rows: Iterable[tuple[str, str, str, Decimal | None]]) -> str:
    """People (name, title, role, share) as one cell that `read_people` reads as the same people."""
    written = [write_person(*row) for row in rows]
    joined = "、".join(written)
    # Smith, John alone would be two people; a stronger sign behind it says that the comma is a part of it.
    if len(written) == 1 and "," in joined:
        return f"{joined}；"
    return joined


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
    # One word alone is put where it belongs; two places say which it is.
    if more == [title] and names.kind_of(title) != "title":
        more.append("")
    return f"{name}（{'；'.join(more)}）"


# --- labels ---


def _read_label(label: str, content: str, reading: Reading) -> bool:
    """Take what a label says; whether its content holds no names."""
    plain = fold_label(label).strip("*")
    reading.common = {}
    if not plain:
        return False
    kind = names.kind_of(plain)
    if names.TITLE_FOLLOWS.fullmatch(plain):
        _take_title(content, reading)
        return True
    if names.FOREIGN.fullmatch(plain):
        if content:
            reading.leave_out(f"{label}：{content}")
        return True
    is_general = names.NAMES_FOLLOW.fullmatch(plain) and not plain.endswith(
        ("成员", "骨干")
    )
    if kind and not is_general:
        reading.common = {kind: label}
    return False


def _take_title(content: str, reading: Reading) -> None:
    """A title behind 职称：, of the one named before it."""
    title = content.strip(" ；;、，,")
    if reading.rows and title and not re.search(f"[{_STRONG}{_WEAK}]", title):
        reading.rows[-1].setdefault("title", title)
    elif title:
        reading.leave_out(title)


# --- pieces ---


def _split_people(content: str) -> list[str]:
    """The pieces of a text without labels: names, and words about the one before."""
    pieces = []
    for item in split_numbered(content):
        strong = split_pieces(_parted_at_brackets(item), _STRONG)
        is_closed = len(strong) > 1 or item.rstrip().endswith(tuple(_STRONG))
        for part in strong:
            # Its remark may be in Chinese all the same: John Smith（教授）.
            if re.search(f"[{names.HAN}]", names.BRACKETS.sub("", part)):
                pieces += _split_han(part)
            elif is_closed:
                # Smith, John；Doe, Jane: the comma is a part of the name.
                pieces.append(part)
            else:
                pieces += _split_latin(part)
    return pieces


def _split_han(text: str) -> list[str]:
    """Pieces between commas and 和; refused where two in another script may be one name."""
    pieces = []
    parts = split_pieces(text, _WEAK)
    latin = [names.is_latin_name(part) and " " not in part for part in parts]
    if any(one and other for one, other in pairwise(latin)):
        raise unclear(text)
    for part in parts:
        pieces += _split_at_conjunction(part)
    return pieces


def _parted_at_brackets(text: str) -> str:
    """A text with ；behind brackets that another name follows: 张三（教授）李四（讲师）."""
    return re.sub(rf"([)）\]】])\s*(?=[{names.HAN}])", r"\1；", text)


def _split_latin(text: str) -> list[str]:
    """Names of another script between commas: full ones, for Smith, John may be one or two."""
    parts = split_pieces(text, _WEAK)
    if len(parts) > 1 and not all(" " in part for part in parts):
        raise unclear(text)
    return parts


def _split_at_conjunction(text: str) -> list[str]:
    """张三和李四 in two; 和 in a name (李和平) parts nothing."""
    for match in _CONJUNCTION.finditer(text):
        left, right = text[: match.start()].strip(), text[match.end() :].strip()
        # Looked at before the rest: with every 和 tried on every rest a long text takes forever.
        if not names.is_full_name(names.BRACKETS.sub("", left).strip()):
            continue
        rest = _split_at_conjunction(right)
        last = names.BRACKETS.sub("", right).strip()
        if len(rest) > 1 or names.is_full_name(last):
            return [left, *rest]
    return [text]
