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
_QUOTES = re.compile(r'"""|\'\'\'')


class FaultyFileError(ValueError):
    """A file says what it must not; the text begins with its name and the line."""


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
                raise self.fault(f"unknown key {key!r}", key)
        for key in sorted(needed):
            if key not in self.values:
                raise self.fault(f"{key} is missing")
            if self.values[key] == "":
                raise self.fault(f"{key} is empty", key)


def read_tables(path: Path, name: str, inner: tuple[str, ...]) -> list[Table]:
    """The tables `[[name]]` of a file, with those inside them.

    Args:
        path: of the file, UTF-8.
        name: of the tables; a file holds no others.
        inner: names of the tables that one of them may hold, as `[[name.version]]`.

    Raises:
        FaultyFileError: it is no TOML, or holds anything else.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The library names the line in its text.
        raise FaultyFileError(f"{path.name}: {error}") from None
    for key in content:
        if key != name:
            raise FaultyFileError(f"{path.name}:1: unknown table {key!r}")
    found = _scan(text)
    tables = []
    for one in content.get(name, []):
        line, lines = next(found[name])
        insides = {}
        for kind in inner:
            places = found[f"{name}.{kind}"]
            insides[kind] = [
                Table(path.name, *_taken(places, each)) for each in one.get(kind, [])
            ]
        values = {key: value for key, value in one.items() if key not in inner}
        tables.append(Table(path.name, line, values, lines, insides))
    return tables


def _taken(
    found: Iterator[tuple[int, dict[str, int]]], values: dict[str, Any]
) -> tuple[int, dict[str, Any], dict[str, int]]:
    line, lines = next(found)
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
        if len(_QUOTES.findall(line)) % 2:
            is_inside_text = not is_inside_text
    return _Found({name: iter(found) for name, found in places.items()})
