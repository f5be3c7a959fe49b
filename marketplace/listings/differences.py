"""How two texts differ, word by word, and two versions of a listing field by field. Nothing is read or written here.

What a version says is restored in `snapshots.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from rapidfuzz.distance import LCSseq

from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.snapshots import frozen_row
from marketplace.wording import UNKNOWN
from matching.segmenting import Segmenter, make_segmenter

Row = Achievement | Demand
Part = Literal["same", "gone", "new"]
# Of longer ones the words would take seconds; such texts are compared line by line.
MAX_WORDS = 20_000
RUNS = re.compile(r"[A-Za-z0-9.]*[A-Za-z0-9]|[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Difference:
    """What changed in one field.

    Attributes:
        name: of the field.
        label: the same in Chinese.
        before, after: the whole texts.
        parts: what stayed, what went and what came, in the order of reading.
    """

    name: str
    label: str
    before: str
    after: str
    parts: tuple[tuple[Part, str], ...]


def text_difference(before: str, after: str) -> list[tuple[Part, str]]:
    """What stayed, what went and what came between two texts, by words of Chinese and not by characters.

    Joined, the parts that are not `new` are the former text and those that are not `gone` the latter.
    """
    # What both begin and end with is most of two versions, and need not be compared word by word.
    start, end = _common_ends(before, after)
    parts: list[tuple[Part, str]] = []
    _add(parts, "same", before[:start])
    # By length from the end: `before[start:-0]` would be empty.
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for part, text in _middle_difference(old, new):
        _add(parts, part, text)
    _add(parts, "same", before[len(before) - end :])
    return parts


def row_differences(before: Row, after: Row) -> list[Difference]:
    """What differs between two states of one listing, in the order of its fields, as a reviewer reads them."""
    differences = []
    schema = SCHEMAS[after.kind]
    # A reviewer reads the title above the list of contents; that it changes stands in this one.
    for field in (schema["title"], *schema.reviewed):
        old, new = field.describe(before), field.describe(after)
        # Compared as people read them: codes that are worded alike are no change.
        if old == new:
            continue
        parts = tuple(text_difference(_blank(old), _blank(new)))
        differences.append(Difference(field.name, field.label, old, new, parts))
    return differences


def content_differences(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """`row_differences` of two snapshots."""
    return row_differences(frozen_row(kind, before), frozen_row(kind, after))


def content_fields(kind: str, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of what a snapshot says, in the order of the fields, without those that are empty."""
    row = frozen_row(kind, content)
    fields = []
    for field in SCHEMAS[kind].reviewed:
        value = field.describe(row)
        if value != UNKNOWN:
            fields.append((field.label, value))
    return fields


def _blank(text: str) -> str:
    return "" if text == UNKNOWN else text


def _middle_difference(old: str, new: str) -> Iterator[tuple[Part, str]]:
    if not old or not new:
        yield "gone", old
        yield "new", new
        return
    first, second = pieces(old), pieces(new)
    gone = came = ""
    # Bit-parallel: 3 ms where difflib took 30 to 340, most where words repeat or sentences changed places.
    for edit in LCSseq.opcodes(first, second):
        if edit.tag == "equal":
            # What went stands before what came, however they were woven into one another.
            yield "gone", gone
            yield "new", came
            yield "same", "".join(first[edit.src_start : edit.src_end])
            gone = came = ""
        else:
            gone += "".join(first[edit.src_start : edit.src_end])
            came += "".join(second[edit.dest_start : edit.dest_end])
    yield "gone", gone
    yield "new", came


def pieces(text: str) -> list[str]:
    """A text as words; joined they are the text again."""
    words: list[str] = []
    for run in RUNS.findall(text):
        # Letters and figures are words as they stand: 1.5MW, AlCrN; the segmenter takes none.
        if run[0].isascii() and run[0].isalnum():
            words.append(run)
        else:
            words += _segmenter().cut_text(run)
    # Counted after the cut: characters say little about how many words there are.
    if len(words) > MAX_WORDS:
        return text.splitlines(keepends=True)
    return words


@cache
def _segmenter() -> Segmenter:
    return make_segmenter()


def _common_ends(before: str, after: str) -> tuple[int, int]:
    """How many characters two texts have in common at their beginning and, of the rest, at their end.

    Both ends are moved to the end of a clause, so that no word is cut in two.
    """
    most = min(len(before), len(after))
    start = 0
    while start < most and before[start] == after[start]:
        start += 1
    # Back to the last break: 提高强度 and 提高精度 have 高 in common, and that is no word.
    while start and before[start - 1] not in BREAKS:
        start -= 1
    # The common beginning may not be counted a second time from the end.
    most -= start
    end = 0
    while end < most and before[-1 - end] == after[-1 - end]:
        end += 1
    while end and before[len(before) - end - 1] not in BREAKS:
        end -= 1
    return start, end


BREAKS = frozenset("，。；：、！？\n ,;:!?")


def _add(parts: list[tuple[Part, str]], part: Part, text: str) -> None:
    """Add a part; one of the same sort as the last is joined to it."""
    if not text:
        return
    if parts and parts[-1][0] == part:
        parts[-1] = (part, parts[-1][1] + text)
    else:
        parts.append((part, text))
