"""Where people wrote by hand what a list says otherwise: both sides in words, and whose counts.

Which fields were written by hand is found in `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.errors import Invalid
from marketplace.exchange.queries import TOGETHER
from marketplace.exchange.taking import LISTED, THEIRS
from marketplace.imports.models import StagedRow
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS


def choose_sides(row: StagedRow, chosen: Mapping[str, str]) -> None:
    """Write down whose value counts, field by field; what goes together is chosen together.

    Args:
        row: a row in conflict.
        chosen: name of a conflict → `THEIRS` or `LISTED`.

    Raises:
        Invalid: not every conflict is decided.
    """
    choices = {}
    problems = {}
    for conflict in row.conflicts:
        # Only what is in conflict is read of the form; other names decide nothing.
        which = chosen.get(conflict["name"], "")
        if which not in (THEIRS, LISTED):
            problems[conflict["name"]] = ["选一个：保留平台上的，或用清单里的。"]
            continue
        # What belongs together is chosen together, or a price could be left that does not fit its kind.
        for name in conflict["fields"]:
            choices[name] = which
    if problems:
        raise Invalid("还有没选的。", "每一处都要选一个。", problems=problems)
    row.choices = choices


class _ListedView:
    """A listing as it would be: what a list changes, else what it says now."""

    def __init__(self, row: Achievement | Demand, changes: Mapping[str, Any]) -> None:
        self._row = row
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        if name in self._changes:
            return self._changes[name]
        return getattr(self._row, name)


def conflicts_of(
    row: Achievement | Demand, changes: Mapping[str, Any], by_hand: set[str]
) -> list[dict[str, Any]]:
    """What people wrote and the list says otherwise, in the order of the schema; a price and its kind are one."""
    schema = SCHEMAS[row.kind]
    listed = _ListedView(row, changes)
    conflicts = []
    # What the list does not say is left alone, whoever wrote it.
    left = {name for name in by_hand if name in changes}
    for field in schema.fields:
        if field.name not in left:
            continue
        together = [field.name]
        for group in TOGETHER:
            if field.name in group:
                together = [name for name in group if name in left]
        # Taken out, so that the group is named once.
        left -= set(together)
        labels = "、".join(schema[name].label for name in together)
        conflicts.append(
            {
                "name": field.name,
                "fields": together,
                "label": labels,
                THEIRS: _words_of(row, together),
                LISTED: _words_of(listed, together),
            }
        )
    return conflicts


def _words_of(row: Any, names: Iterable[str]) -> str:
    schema = SCHEMAS[row.kind]
    return "；".join(schema[name].describe(row) for name in names)
