"""What the lines of a version of a dictionary mean: industry chains, districts, high-tech fields. No database, no web.

A line is one entry, its parts between upright strokes; a version says whole what differs from the shipped list, and an
entry is never taken out: listings name it, so it is retired, or handed over to another one (123).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from marketplace.dictionaries.deeds import SEED
from marketplace.wordlists.content import Line, lines_of

MAX_ENTRIES = 500
MAX_NAME = 40  # characters
# Both strokes, for an input method writes the wide one.
PARTS = re.compile(r"\s*[|｜]\s*")
# Codes are never renamed: listings, saved searches and published lists have them.
CODES = {
    "chains": (r"[a-z0-9-]{2,30}", "2–30 个小写字母、数字或连字符"),
    "districts": (
        r"[0-9]{6}|[A-Z]{2}-[A-Z]{2,8}",
        "六位数字，或 LC-EDZ 这样的自编代码",
    ),
    "fields": (r"[0-9]{2,3}", "两位（一级）或三位（二级）数字"),
}
# What a district is → how it is written here.
DISTRICT_KINDS = {
    "city": "市",
    "district": "区",
    "county": "县",
    "county_city": "县级市",
    "dev_zone": "开发区",
}
IN_USE, RETIRED, MERGED = "在用", "停用", "并入"
LAYOUTS = {
    "chains": "代码|名称|排序|官方或非官方|在用、停用或并入 代码",
    "districts": "代码|名称|市、区、县、县级市或开发区|在用、停用 年份或并入 代码 年份",
    "fields": "代码|名称|在用、停用或并入 代码",
}
YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True)
class Entry:
    """One entry of a dictionary.

    Attributes:
        code: never changes.
        name: as it is shown.
        position: place in lists, of chains.
        official: confirmed by the authority, of chains.
        kind: what a district is.
        active: may be chosen.
        successor: the code that takes its place; empty for none.
        until: the year in which a district was abolished; empty for one that exists.
    """

    code: str
    name: str
    position: int = 0
    official: bool = False
    kind: str = ""
    active: bool = True
    successor: str = ""
    until: str = ""

    def as_line(self, dictionary: str) -> str:
        """The entry as it is written in a draft."""
        standing = IN_USE
        if self.successor:
            standing = f"{MERGED} {self.successor}"
        elif not self.active:
            standing = RETIRED
        # A year of its own after the word: 停用 2019, 并入 371503 2019.
        if self.until:
            standing = f"{standing} {self.until}"
        parts = [self.code, self.name]
        if dictionary == "chains":
            parts += [str(self.position), "官方" if self.official else "非官方"]
        if dictionary == "districts":
            parts.append(DISTRICT_KINDS[self.kind])
        return "|".join([*parts, standing])


@cache
def shipped_entries(dictionary: str) -> dict[str, Entry]:
    """Code → entry of the list that comes with the program."""
    entries = {}
    with (SEED / f"{dictionary}.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            until = row.get("valid_to") or ""
            entries[row["code"]] = Entry(
                code=row["code"],
                name=row["name"],
                position=int(row.get("position") or 0),
                kind=row["kind"] if dictionary == "districts" else "",
                # The shipped list knows districts that are over only by their year.
                active=not until,
                successor=row.get("successor") or "",
                until=until,
            )
    return entries


def entries_of(dictionary: str, added: str) -> dict[str, Entry]:
    """Code → entry, of a version whose lines are right: the shipped list with its lines laid over."""
    entries = dict(shipped_entries(dictionary))
    for line in lines_of(added):
        entry = _read_entry(dictionary, line)
        # A line that is wrong was refused when it was saved; here it is passed over.
        if isinstance(entry, Entry):
            entries[entry.code] = entry
    return entries


def lines_between(dictionary: str, present: Mapping[str, Entry]) -> str:
    """The lines in which some entries differ from the shipped ones."""
    shipped = shipped_entries(dictionary)
    lines = []
    for code, entry in present.items():
        if entry != shipped.get(code):
            lines.append(entry.as_line(dictionary))
    return "\n".join(lines)


def replaced_codes(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Code → the one that takes its place in the end, of those that were handed over."""
    replaced = {}
    for code, entry in entries.items():
        last = entry
        while last.successor:
            # To the end: 茌平县 was handed over to a code that may itself have been handed over since.
            last = entries[last.successor]
        if last is not entry:
            replaced[code] = last.code
    return replaced


def entry_problems(
    dictionary: str, added: str, used: Mapping[str, Entry]
) -> dict[str, list[str]]:
    """What is wrong with the lines of a version.

    Args:
        dictionary: which one.
        added: its lines.
        used: code → entry as it is in the database; none of them may go.

    Returns:
        box → what is wrong, each with its line and what to do; empty where nothing is.
    """
    found = list(_line_problems(dictionary, added))
    # Lines first: what cannot be read would be missed in the list and named twice.
    if not found:
        found = list(_list_problems(dictionary, entries_of(dictionary, added), used))
    return {"added": found} if found else {}


def _line_problems(dictionary: str, added: str) -> Iterator[str]:
    lines = lines_of(added)
    if len(lines) > MAX_ENTRIES:
        yield f"最多 {MAX_ENTRIES} 行，现在有 {len(lines)} 行。请分几版。"
        return
    seen: dict[str, int] = {}
    for line in lines:
        entry = _read_entry(dictionary, line)
        if isinstance(entry, str):
            yield f"第 {line.number} 行：{entry}"
            continue
        first = seen.setdefault(entry.code, line.number)
        if first != line.number:
            yield f"第 {line.number} 行：代码 {entry.code} 和第 {first} 行重复，留一行。"


def _list_problems(
    dictionary: str, entries: Mapping[str, Entry], used: Mapping[str, Entry]
) -> Iterator[str]:
    """What is wrong with the list as a whole: gone entries, two of one name, successors that lead nowhere."""
    # Whatever is in the database may be named by a listing.
    for code, entry in used.items():
        if code not in entries:
            yield (
                f"没有了「{entry.as_line(dictionary)}」。用过的条目不能删去，"
                "请把这一行加回来，写成「停用」或「并入 代码」。"
            )
    names: dict[str, str] = {}
    for code, entry in entries.items():
        # A district may have the name of one that was abolished.
        if entry.active and names.setdefault(entry.name, code) != code:
            yield f"「{entry.name}」有两条：{names[entry.name]} 和 {code}。请改一个的名称，或停用一个。"
        if dictionary == "fields" and len(code) == 3 and code[:2] not in entries:
            yield f"{code} 没有一级领域 {code[:2]}。请先加上一级领域。"
        yield from _successor_problems(code, entries)


def _successor_problems(code: str, entries: Mapping[str, Entry]) -> Iterator[str]:
    entry, passed = entries[code], {code}
    while entry.successor:
        if entry.successor not in entries:
            yield f"{entry.code} 并入的 {entry.successor} 不在名单里。请写名单里的代码。"
            return
        if entry.successor in passed:
            yield f"{code} 并来并去又回到 {entry.successor}。请改掉其中一处。"
            return
        # A field of level 1 cannot take the listings of one of level 2.
        if len(entry.successor) != len(entry.code) and entry.code.isdecimal():
            yield f"{entry.code} 和 {entry.successor} 不是一级的代码。请并入同一级的。"
            return
        passed.add(entry.successor)
        entry = entries[entry.successor]
    # Listings would be moved to a code that nobody may choose.
    if not entry.active and len(passed) > 1:
        yield f"{code} 并入的 {entry.code} 已停用。请写在用的代码。"


def _read_entry(dictionary: str, line: Line) -> Entry | str:
    """An entry, or what is wrong with its line."""
    parts = PARTS.split(line.text)
    wanted = LAYOUTS[dictionary].split("|")
    if len(parts) != len(wanted):
        return f"要有 {len(wanted)} 格，用竖线隔开：{'|'.join(wanted)}。"
    code, name, *middle, standing = parts
    pattern, allowed = CODES[dictionary]
    if not re.fullmatch(pattern, code):
        return f"代码「{code[:20]}」不对，要{allowed}。"
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        return f"名称 1–{MAX_NAME} 个字，不能有看不见的字符。"
    values: dict[str, object] = {}
    if dictionary == "chains":
        if not middle[0].isdecimal() or int(middle[0]) > 9999:
            return "排序写 0 到 9999 的整数。"
        if middle[1] not in ("官方", "非官方"):
            return "第 4 格写「官方」或「非官方」。"
        values = {"position": int(middle[0]), "official": middle[1] == "官方"}
    if dictionary == "districts":
        kinds = {word: kind for kind, word in DISTRICT_KINDS.items()}
        if middle[0] not in kinds:
            return f"第 3 格写{'、'.join(kinds)}里的一种。"
        values = {"kind": kinds[middle[0]]}
    read = _read_standing(dictionary, standing)
    if isinstance(read, str):
        return read
    return Entry(code=code, name=name, **values, **read)  # type: ignore[arg-type]  # checked above


def _read_standing(dictionary: str, text: str) -> dict[str, object] | str:
    """Whether an entry is in use, retired or handed over, and a district until when; or what is wrong."""
    word, *rest = text.split()[:4] or [""]
    wrong = f"最后一格写「{LAYOUTS[dictionary].split('|')[-1]}」。"
    if word == IN_USE and not rest:
        return {}
    until = ""
    if dictionary == "districts":
        # A district cannot be over without a year: former seats are read by it.
        if not rest or not YEAR.fullmatch(rest[-1]):
            return wrong
        until = rest.pop()
    if word == RETIRED and not rest:
        return {"active": False, "until": until}
    if word == MERGED and len(rest) == 1:
        return {"active": False, "successor": rest[0], "until": until}
    return wrong
