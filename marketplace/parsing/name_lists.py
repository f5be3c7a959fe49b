"""Lists of names as people number and label them: 1.聊城大学 2.山东大学, 牵头：… 合作：…; and lists of words in files.

What is a name of an organisation stands in `organisation_lists.py`, what is one of a person in `people.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

_Item = TypeVar("_Item")

MAX_LABEL = 24  # characters of a label before a colon
_HAN_NUMBERS = "一二三四五六七八九十"
# ① ❶ ⑴ ⒈ ㈠ ㊀ and their likes: numbers in one sign.
_CIRCLED = "\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289"
_HAN = "\u3400-\u9fff"
_BETWEEN = r"(?:^|(?<=[\s；;、，,|。]))"
# Only a number that stands at a beginning may do without a point, and one in Han signs: 统一、… is no first item.
_NUMBER = re.compile(
    rf"[{_CIRCLED}]\s*[.．、:：]?"
    rf"|[(（]\s*(?:\d{{1,2}}|[{_HAN_NUMBERS}]{{1,2}})\s*[)）]\s*[.．、:：]?"
    rf"|(?<![\d.A-Za-z])\d{{1,2}}\s*[.．、)）:：](?!\d)"
    rf"|{_BETWEEN}[{_HAN_NUMBERS}]{{1,2}}\s*[.．、)）:：]"
    rf"|{_BETWEEN}\d{{1,2}}\s*(?=[{_HAN}])"
    rf"|{_BETWEEN}[A-Ha-h]\s*[.．、)）]\s*(?=[{_HAN}])"
)
_OPENING = "（([【《“‘「『〔〈"
_CLOSING = "）)]】》”’」』〕〉"
# A label begins after one of these.
_LABEL_BREAKS = frozenset(" \t\n\u3000:：;；、，,|/／。")
_SEPARATORS = " \t\n\u3000；;、，,|"


class Remarked(list[_Item]):
    """What a cell lists, with what was not taken as it stood.

    Args:
        items: what was read, in order.
        remarks: what a reader of the list should know, in Chinese.
    """

    def __init__(self, items: Iterable[_Item], remarks: Iterable[str] = ()) -> None:
        super().__init__(items)
        self.remarks = list(dict.fromkeys(remarks))


def read_word_lists(path: Path) -> dict[str, tuple[str, ...]]:
    """Name of each list of a file of words → its words, longest first.

    Args:
        path: lines of words; [name] begins a list, # a remark.
    """
    lists: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            lists.setdefault(name, []).extend(line.split())
    return {
        name: tuple(sorted(dict.fromkeys(words), key=len, reverse=True))
        for name, words in lists.items()
    }


def any_of(words: tuple[str, ...]) -> str:
    """A pattern for one of these words, the longest first."""
    return "|".join(map(re.escape, words))


def split_numbered(text: str) -> list[str]:
    """The items of a text that numbers them one after the other from its beginning, without the numbers.

    A number that does not follow the one before it is part of a name (第 22 研究所), and a text that does not begin
    with one is a single item.

    Args:
        text: 1.聊城大学 2.山东大学, ①张三②李四, 一、甲厂 二、乙厂, and their likes.
    """
    text = text.strip()
    spans: list[tuple[int, int]] = []
    expected = 0
    for match in _NUMBER.finditer(text):
        value = _value_of(match[0])
        if not spans:
            if match.start():
                return [text]
            expected = value
        if value == expected:
            spans.append(match.span())
            expected += 1
    if not spans:
        return [text]
    # A single figure without a point may be the beginning of a name: 3 号矿, 58同城.
    if len(spans) == 1 and text[: spans[0][1]].strip().isdecimal():
        return [text]
    ends = [start for start, _ in spans[1:]] + [len(text)]
    items = [
        text[start:end].strip(_SEPARATORS)
        for (_, start), end in zip(spans, ends, strict=True)
    ]
    return [item for item in items if item]


def _value_of(number: str) -> int:
    """The value of a number as `_NUMBER` finds it; 0 where it has none."""
    plain = unicodedata.normalize("NFKC", number)
    if digits := re.sub(r"[^0-9]", "", plain):
        return int(digits)
    if letter := re.match("[A-Ha-h]", plain):
        return ord(letter[0].lower()) - ord("a") + 1
    signs = [_HAN_NUMBERS.find(sign) + 1 for sign in plain if sign in _HAN_NUMBERS]
    if len(signs) == 2:
        # 十二 is 12, 二十 is 20; others of two signs are above any list.
        return 10 + signs[1] if signs[0] == 10 else 10 * signs[0]
    return signs[0] if signs else 0


def split_labels(
    text: str, is_label: Callable[[str], bool], may_end: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """A text taken apart at its labels: (label, what follows it), the label empty before the first one.

    Args:
        text: 牵头：聊城大学 合作：山东大学, and their likes.
        is_label: whether a text before a colon is a label.
        may_end: whether what stands directly before a label (聊城大学合作单位：…) may end there.

    Returns:
        the parts; a colon without a known label stays in its part.
    """
    parts: list[tuple[str, str]] = []
    label = ""
    start = 0
    for colon in _outer_colons(text):
        begin = _label_start(text, start, colon)
        run = text[begin:colon].strip()
        cut = next(
            (
                cut
                for cut in range(max(0, len(run) - MAX_LABEL), len(run))
                if is_label(run[cut:]) and (not cut or may_end(run[:cut]))
            ),
            None,
        )
        if cut is None:
            continue
        parts.append((label, text[start : begin + cut].strip(_SEPARATORS)))
        label = run[cut:]
        start = colon + 1
    parts.append((label, text[start:].strip(" \t\n\u3000")))
    return [part for part in parts if part != ("", "")]


def _outer_colons(text: str) -> list[int]:
    """The places of the colons outside of brackets."""
    depth = 0
    places = []
    for place, sign in enumerate(text):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in ":：" and not depth:
            places.append(place)
    return places


def _label_start(text: str, start: int, colon: int) -> int:
    """Where the run of characters before a colon begins; blanks before the colon belong to it."""
    end = colon
    while end > start and text[end - 1].isspace():
        end -= 1
    depth = 0
    begin = end
    while begin > start:
        sign = text[begin - 1]
        if sign in _CLOSING:
            depth += 1
        elif sign in _OPENING:
            depth -= 1
        elif not depth and sign in _LABEL_BREAKS:
            break
        begin -= 1
    return begin
