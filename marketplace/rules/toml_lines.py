"""TOML files that people keep by hand, read so that every table knows its file and line, and strangers are refused.

What the tables mean is known to whoever reads them. Nothing of the web or the database is here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

_TABLE = re.compile(r"\s*\[\[\s*([\w.-]+)\s*\]\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
# Where the library names the line; at the end of a text it names none.
_PLACE = re.compile(r"\(at line (\d+), column \d+\)$")
_QUOTES = re.compile(r'"""|\'\'\'')


class FaultyFileError(ValueError):
    """A file says what it must not; the text begins with its name and the line.

    In Chinese: operators keep such tables too.
    """


@dataclass(frozen=True)
class Table:
    """One table of a file, `[[name]]`, without the tables inside it.

    Attributes:
        where: name of the file and number of the line on which it begins.
        values: key → value, as TOML reads it.
        lines: key → number of its line.
        inner: name → the tables inside it, in order.
    """

    file: str
    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    inner: Mapping[str, list[Table]] = field(default_factory=dict)

    def fault(self, text: str, key: str = "") -> FaultyFileError:
        """What to raise about this table, or about one key of it."""
        return FaultyFileError(f"{self.file}:{self.lines.get(key, self.line)}: {text}")

    def require_keys(self, needed: set[str], allowed: set[str]) -> None:
        """Refuse keys that nobody reads, and keys that are missing or empty.

        Raises:
            FaultyFileError.
        """
        for key in self.values:
            if key not in needed | allowed:
                raise self.fault(f"不认识的项 {key!r}", key)
        for key in sorted(needed):
            if key not in self.values:
                raise self.fault(f"缺少 {key}")
            if self.values[key] == "":
                raise self.fault(f"{key} 是空的", key)


def read_tables(path: Path, name: str, inner: tuple[str, ...]) -> list[Table]:
    """The tables `[[name]]` of a file, with those inside them.

    Args:
        path: of the file, UTF-8.
        name: of the tables; a file holds no others.
        inner: names of the tables that one of them may hold, as `[[name.version]]`.

    Raises:
        FaultyFileError: it is no TOML, or holds anything else.
    """
    return parse_tables(path.read_text(encoding="utf-8"), path.name, name, inner)


def parse_tables(
    text: str, file: str, name: str, inner: tuple[str, ...]
) -> list[Table]:
    """The same of a text that somebody typed. `file`: what it is called in messages; the others as `read_tables`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultyFileError(f"{file}{_fault_words(text, str(error))}") from None
    for key, tables in content.items():
        # A slip in the name of a table would leave it out without a word.
        if key != name or not isinstance(tables, list):
            raise FaultyFileError(f"{file}:1: 不认识的表 {key!r}，只写 [[{name}]]")
    found = _scan(text)
    tables = []
    for one in content.get(name, []):
        if not isinstance(one, dict):
            raise FaultyFileError(f"{file}:1: 每一条写成 [[{name}]]")
        line, lines = next(found[name], (1, {}))
        insides = {}
        for kind in inner:
            places = found[f"{name}.{kind}"]
            each_of = one.get(kind, [])
            if not _are_tables(each_of):
                raise FaultyFileError(f"{file}:{line}: {kind} 写成 [[{name}.{kind}]]")
            insides[kind] = [Table(file, *_taken(places, each)) for each in each_of]
        values = {key: value for key, value in one.items() if key not in inner}
        tables.append(Table(file, line, values, lines, insides))
    return tables


def _fault_words(text: str, said: str) -> str:
    """Line and fault of a text that is no TOML: the library says both in English, the line at its end."""
    place = _PLACE.search(said)
    # What is open at the end of a text has no line: the last one is where to look.
    line = int(place[1]) if place else max(len(text.splitlines()), 1)
    if said.startswith("Cannot overwrite"):
        return f":{line}: 写法不对：同一项写了两次"
    return f":{line}: 写法不对：检查这一行和上一行的引号、括号和等号"


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _taken(
    found: Iterator[tuple[int, dict[str, int]]], values: dict[str, Any]
) -> tuple[int, dict[str, Any], dict[str, int]]:
    line, lines = next(found, (1, {}))
    return line, values, lines


class _Found(dict[str, Iterator[tuple[int, dict[str, int]]]]):
    """Name of a table → where each of them begins; a table written in any other way than `[[…]]` has no line."""

    def __missing__(self, _key: str) -> Iterator[tuple[int, dict[str, int]]]:
        return repeat((1, {}))


def _scan(text: str) -> _Found:
    places: dict[str, list[tuple[int, dict[str, int]]]] = {}
    present: dict[str, int] = {}
    is_inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        if not is_inside_text:
            if table := _TABLE.match(line):
                present = {}
                places.setdefault(table[1], []).append((number, present))
            elif key := _KEY.match(line):
                present.setdefault(key[1], number)
        # Inside a text of several lines anything may look like a table or a key.
        if len(_QUOTES.findall(line)) % 2:
            is_inside_text = not is_inside_text
    return _Found({name: iter(found) for name, found in places.items()})
