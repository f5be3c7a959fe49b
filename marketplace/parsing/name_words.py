"""Words of which names of organisations are made, and names in full that people write short: 中科院, 聊大, 一中.

How a name is cut with them is in `organisation_names.py`; the words themselves stand in three files in this folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from marketplace.parsing.name_brackets import WORDS, letters_of
from marketplace.parsing.organisations import MIN_BRAND
from marketplace.parsing.organisations import WORDS as COMMON_WORDS

FORM_KINDS = (
    "limited",
    "stock",
    "company",
    "works",
    "cooperatives",
    "unions",
    "partnerships",
    "enterprises",
    "shops",
    "offices",
    "universities",
    "colleges",
    "schools",
    "hospitals",
    "academies",
    "institutes",
    "banks",
    "associations",
    "governments",
    "parks",
)
COMPANIES = frozenset({"limited", "stock", "company"})
# A word of two kinds is of the first of them.
FORMS: dict[str, str] = {}
for _kind in reversed(FORM_KINDS):
    FORMS.update(dict.fromkeys(WORDS[_kind], _kind))

# What is left must be long enough to be a name.
_FRONT = re.compile(rf"^(?:{'|'.join(WORDS['fronts'])})(?=.{{{MIN_BRAND + 2}}})")
_SCHOOL = re.compile(r"(?<![第\d])([一二三四五六七八九十]{1,3}|\d{1,2})([中小])$")


class Endings:
    """Words by which a text may end; the lengths to try are looked up by its last character."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        lengths: dict[str, set[int]] = {}
        for word in self.words:
            lengths.setdefault(word[-1], set()).add(len(word))
        self._lengths = {
            last: tuple(sorted(sizes, reverse=True)) for last, sizes in lengths.items()
        }

    def of(self, text: str) -> str:
        """The longest word that ends a text; "" where none does."""
        for length in self._lengths.get(text[-1:], ()):
            if text[-length:] in self.words:
                return text[-length:]
        return ""


TRADES = Endings(COMMON_WORDS["trades"] + WORDS["trades"])
BRANCHES = Endings(WORDS["branches"])
PARTS = Endings(WORDS["parts"] + WORDS["branches"])
FORM_ENDINGS = Endings(FORMS)
GROUPS = {"控股": Endings(WORDS["holdings"]), "集团": Endings(WORDS["groups"])}


def without_front(name: str) -> str:
    """A name without 国营, 个体工商户 and the like before it."""
    return _FRONT.sub("", name, count=1)


@cache
def _short_names() -> dict[str, tuple[tuple[str, str, str], ...]]:
    """First two characters → rows of organisation_short_names.tsv: the short word, the full one, where it may stand."""
    path = Path(__file__).with_name("organisation_short_names.tsv")
    schools: dict[str, list[tuple[str, str, str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        short, full, where = line.split("\t")
        schools.setdefault(short[:2], []).append((short, full, where))
    return {
        beginning: tuple(sorted(rows, key=lambda row: -len(row[0])))
        for beginning, rows in schools.items()
    }


def full_name(name: str) -> str:
    """A name with words in full that are short by habit: 中科院, 聊大, 农商行, 一中."""
    name = _SCHOOL.sub(_full_school, name)
    known = _short_names()
    # Looked up by their first two characters: most names have none of them.
    for index in range(len(name) - 1):
        for short, full, where in known.get(name[index : index + 2], ()):
            name = _with_full_word(name, short, full, where)
    return name


def _with_full_word(name: str, short: str, full: str, where: str) -> str:
    # 中国农业银行 is in full already, and not short of 中国 once more.
    if short not in name or (full in name and full not in short):
        return name
    rest = name.removeprefix(short)
    at_front = rest != name
    if where == "inside":
        return name.replace(short, full)
    if where == "end" and name.endswith(short):
        return name.removesuffix(short) + full
    if at_front and (where == "front" or (where == "name" and _stands_for(rest))):
        return full + rest
    return name


def _stands_for(rest: str) -> bool:
    """Whether a short name before this means its body: nothing follows it, or a part: 聊大东昌学院, not 山大路超市."""
    return not rest or PARTS.of(rest) != ""


def _full_school(match: re.Match[str]) -> str:
    return f"{letters_of('第' + match[1])}{match[2]}学"
