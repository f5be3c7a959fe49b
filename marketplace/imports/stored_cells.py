"""Cells of spreadsheets and values of listings as JSON, so that reading them again gives the same ones.

What a cell means is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from marketplace.exchange.headers import PlacedColumn
from marketplace.exchange.source_columns import columns_of
from marketplace.imports.models import ListImport, StagedRow
from marketplace.parsing import ParseError
from marketplace.parsing.number_formats import FormattedNumber, sum_text
from marketplace.parsing.text import UnreadableCell, cell_text, is_escaped

# One key, which no column has, and the parts: {"$day": "2026-11-28"}.
_WRITERS: tuple[tuple[type, str, Any], ...] = (
    # The order counts: a datetime is a date, a formatted number a float.
    (FormattedNumber, "$number", lambda one: [float(one), one.number_format]),
    (UnreadableCell, "$unreadable", lambda one: [one.message, one.allowed]),
    (datetime, "$moment", datetime.isoformat),
    (date, "$day", date.isoformat),
    (time, "$time", time.isoformat),
    (timedelta, "$seconds", timedelta.total_seconds),
    (Decimal, "$decimal", str),
)
_READERS: dict[str, Any] = {
    "$number": lambda parts: FormattedNumber(*_number_parts(parts)),
    "$unreadable": lambda parts: UnreadableCell(*parts),
    "$moment": datetime.fromisoformat,
    "$day": date.fromisoformat,
    "$time": time.fromisoformat,
    "$seconds": lambda seconds: timedelta(seconds=seconds),
    "$decimal": Decimal,
}


def pack_value(value: Any) -> Any:
    """A cell, or a value of a listing with its rows, as JSON can hold it."""
    for kind, key, write in _WRITERS:
        if isinstance(value, kind):
            return {key: write(value)}
    if isinstance(value, Mapping):
        return {name: pack_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [pack_value(part) for part in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    # No spreadsheet gives anything else; what it says is all that can be stored of it.
    return str(value)


def unpack_value(stored: Any) -> Any:
    """What `pack_value` was given."""
    if isinstance(stored, list):
        return [unpack_value(part) for part in stored]
    if not isinstance(stored, dict):
        return stored
    if len(stored) == 1:
        # A mapping with more keys is a row of a listing, whatever its names are.
        (key,) = stored
        if key in _READERS:
            return _READERS[key](stored[key])
    return {name: unpack_value(part) for name, part in stored.items()}


def box_text(stored: Any, *, is_sum: bool = False) -> str:
    """A stored cell as a box of a form shows it: as text that reads the same.

    Args:
        stored: what `pack_value` gave.
        is_sum: of a column of sums, where the unit may stand in the format of the cell alone.
    """
    raw = unpack_value(stored)
    if is_sum and isinstance(raw, float):
        return sum_text(raw)
    if raw is None or isinstance(raw, UnreadableCell):
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, str):
        # An apostrophe that only guards: without it the text reads the same, and is what the reader wrote.
        if is_escaped(raw) and not raw.startswith("''"):
            raw = raw[1:]
        return raw.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return cell_text(raw)
    except ParseError:
        return str(raw)


def pack_layout(placed: Iterable[PlacedColumn]) -> list[list[Any]]:
    """The columns of a table as JSON can hold them: name, index, header, unit."""
    packed = []
    for one in placed:
        # A unit is a factor to 万元; as text it loses nothing.
        unit = None if one.unit is None else str(one.unit)
        packed.append([one.column.name, one.index, one.header, unit])
    return packed


def layout_of(list_import: ListImport, row: StagedRow) -> list[PlacedColumn]:
    """The columns of a row as `pack_layout` was given them; one that the list does not have any more is left out."""
    columns = {}
    for column in columns_of(list_import.listing_kind, list_import.source):
        columns[column.name] = column
    placed = []
    for name, index, header, unit in list_import.layouts[row.layout]:
        if name in columns:
            amount = None if unit is None else Decimal(unit)
            placed.append(PlacedColumn(index, header, columns[name], amount))
    return placed


def _number_parts(parts: list[Any]) -> tuple[float, str]:
    value, number_format = parts
    return float(value), str(number_format)
