"""Several words in one text, taken apart: key words, terms, items that follow the order of a neighbouring column.

How people and organisations are written is in `people.py`.
"""

from __future__ import annotations

import re
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.text import EMPTY, EMPTY_TEXT, read_prose

MAX_LIST = 2_000  # characters of a list of names or terms
MAX_KEYWORD = 40  # characters of one key word

# Separators in brackets belong to the item: 中心(附属医院、研究所).
_OPENING = "（([【《“‘「"
_CLOSING = "）)]】》”’」"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def list_text(raw: Any) -> str:
    """The text of a cell that holds a list of names or terms; empty where it only says that there is none."""
    plain = read_prose(raw, MAX_LIST) or ""
    if plain.casefold() in EMPTY:
        return ""
    return plain


def split_pieces(plain: str, separators: str) -> list[str]:
    """The parts of a text between separators outside of brackets; empty parts are left out."""
    return [piece for piece in split_places(plain, separators) if piece]


def split_places(plain: str, separators: str) -> list[str]:
    """Like `split_pieces`, with the empty parts. A bracket that is never closed does not count."""
    depth = 0
    start = 0
    places = []
    for place, sign in enumerate(plain):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in separators and not depth:
            places.append(plain[start:place].strip())
            start = place + 1
    # A bracket that was forgotten would swallow the rest of the cell: split as if there were no brackets.
    if depth and any(sign in separators for sign in plain[start:]):
        parts = re.split(f"[{re.escape(separators)}]", plain)
        return [part.strip() for part in parts]
    return [*places, plain[start:].strip()]


def read_aligned(raw: Any, *, loose: bool) -> list[str] | None:
    """The items of a column that follow the order of its neighbour's; an empty place is an empty string.

    Args:
        raw: items parted by ；or line ends.
        loose: 、and ，part as well (types and states, never names).
    """
    plain = list_text(raw)
    if not plain:
        return None
    separators = "；;\n、，," if loose else "；;\n"
    items = split_places(plain.rstrip("；;\n、，,"), separators)
    return [_without_number(item) for item in items]


def read_keywords(raw: Any) -> list[str] | None:
    """Key words parted by ；、，or, where none of these is between them, by blanks."""
    plain = list_text(raw)
    if not plain:
        return None
    words = split_pieces(plain, "；;、，,|\n")
    # English key words may hold blanks, so blanks part Chinese ones only.
    if words == [plain] and _CHINESE.search(plain):
        words = plain.split()
    for word in words:
        if len(word) > MAX_KEYWORD:
            raise ParseError(
                f"关键词「{word[:20]}…」太长。",
                f"每个最多 {MAX_KEYWORD} 字，用「；」分开。",
            )
    return list(dict.fromkeys(words))


def join_items(items: list[str], read: Any) -> str:
    """Items as one cell that `read` takes apart into the same items again.

    A single item that `read` would take apart by a weaker separator is closed with ；, which the readers try first.
    """
    joined = "；".join(items)
    # One organisation named 甲院、乙所 would be read as two.
    if items and read(joined) != items:
        return f"{joined}；"
    return joined


def _without_number(item: str) -> str:
    """An item of an aligned column without the number of a list before it, such as 「1. 」."""
    if item in EMPTY_TEXT:
        return ""
    return re.sub(r"^\d{1,2}[.、]\s*(?=\D)", "", item)
