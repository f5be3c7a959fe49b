"""Where a list differs from what was published: its head, its columns, its lines.

Which issue a file is compared with, and what is said of it, is in `checking.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import itemgetter

from marketplace.issues.content import Content


@dataclass(frozen=True)
class Difference:
    """A place where a file differs from the issue it says it is.

    Attributes:
        where: the line and the column, in words.
        ours: what was published.
        theirs: what the file says.
    """

    where: str
    ours: str
    theirs: str


_HEAD_NAMES = {
    "kind": "类别",
    "title": "标题",
    "holder": "发布单位",
    "number": "期号",
    "since": "期间起",
    "until": "期间止",
    "narrowed": "范围",
    "published_on": "发布日期",
    "address": "网址",
    "contact": "联系",
}


def list_differences(ours: Content, theirs: Content) -> Iterator[Difference]:
    """The places where a list differs from what was published, in its order.

    Args:
        ours: what was published.
        theirs: what a file says.
    """
    for name, label in _HEAD_NAMES.items():
        mine, other = str(getattr(ours, name)), str(getattr(theirs, name))
        if mine != other:
            yield Difference(label, mine, other)
    if ours.columns != theirs.columns:
        yield Difference("表头", "、".join(ours.columns), "、".join(theirs.columns))
    for place, other_place in _paired_rows(ours.rows, theirs.rows):
        if place is None:
            number = (other_place or 0) + 1
            added = theirs.rows[number - 1][0]
            yield Difference(f"文件里的第 {number} 项", "（没有这一项）", added)
        elif other_place is None:
            gone = ours.rows[place][0]
            yield Difference(f"第 {place + 1} 项", gone, "（没有这一项）")
        elif ours.rows[place] == theirs.rows[other_place]:
            moved = f"（挪到第 {other_place + 1} 项）"
            yield Difference(f"第 {place + 1} 项", ours.rows[place][0], moved)
        else:
            row, other_row = ours.rows[place], theirs.rows[other_place]
            yield from _row_differences(place + 1, ours.columns, row, other_row)


def _paired_rows(
    ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]
) -> Iterator[tuple[int | None, int | None]]:
    """Places of lines that differ, ours and theirs; None where the other side has no such line.

    One line taken out must not make all that follow differ, so lines are compared with those they come from.
    """
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    gone: list[int] = []
    added: list[int] = []
    for tag, since, until, other_since, other_until in matcher.get_opcodes():
        if tag == "replace" and until - since == other_until - other_since:
            yield from zip(
                range(since, until), range(other_since, other_until), strict=True
            )
        elif tag != "equal":
            gone += range(since, until)
            added += range(other_since, other_until)
    # The same line elsewhere was moved, one of the same name was changed; what is left is missing, or is new.
    for same in (tuple, itemgetter(0)):
        by_key = {same(theirs[place]): place for place in reversed(added)}
        for place in list(gone):
            other_place = by_key.pop(same(ours[place]), None)
            if other_place is not None:
                gone.remove(place)
                added.remove(other_place)
                yield place, other_place
    yield from ((place, None) for place in gone)
    yield from ((None, place) for place in added)


def _row_differences(
    number: int,
    columns: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
) -> Iterator[Difference]:
    for column, mine, other in zip_longest(columns, ours, theirs, fillvalue=""):
        if mine != other:
            where = f"第 {number} 项，{column or '多出的一列'}"
            yield Difference(where, mine, other)
