"""What a listing needs to be public, by its schema. Forms and importer check the shape of input; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.listings import naming
from marketplace.listings.models import CHILDREN, LISTINGS, Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.choices import Codes
from marketplace.listings.schema.field import Field
from marketplace.listings.schema.kinds import (
    MIN_TEXT,
    TEXT_LIMIT,
    Text,
    Title,
    Words,
)
from marketplace.organisations.models import Organisation

MIN_TITLE = 4  # characters
MAX_TITLE = 100


def publication_problems(row: Achievement | Demand) -> dict[str, list[str]]:
    """What keeps a listing from being public: field → what is wrong and what to do. Empty when it is ready."""
    by_field: dict[str, list[str]] = {}
    for field in SCHEMAS[row.kind]:
        problems = [*_problems_of_size(field, row), *_problems_of_need(field, row)]
        if problems:
            by_field[field.name] = problems
    # Last, for a field that is too short should not be told first what else is in it.
    for name, problem in _problems_between(row):
        by_field.setdefault(name, []).append(problem)
    return by_field


def missing_for_publication(
    kind: str, values: Mapping[str, Any], *, organisation: Organisation | None
) -> dict[str, list[str]]:
    """What would keep a listing of these values from being public, as `publication_problems` says; nothing is stored.

    Args:
        kind: `achievement` or `demand`.
        values: as for `create`.
        organisation: the owner; None where it is not chosen yet.
    """
    # A copy, for the child rows are replaced by objects below.
    columns = dict(values)
    for name, table in CHILDREN[kind].items():
        if name in columns:
            columns[name] = [table(**one) for one in columns[name]]
    return publication_problems(LISTINGS[kind](organisation=organisation, **columns))


def _problems_of_size(field: Field, row: Achievement | Demand) -> list[str]:
    """What is too short, too long or too many."""
    # Other kinds are not looked at: rows of their own would be loaded, one query a listing of a long import.
    if isinstance(field, Title | Text):
        return _problems_of_length(field, len(getattr(row, field.name).strip()))
    if isinstance(field, Words | Codes) and len(getattr(row, field.name)) > field.most:
        # Only codes say where they are chosen; words are typed.
        note = field.most_note if isinstance(field, Codes) else ""
        return [f"{field.label}最多 {field.most} 个{note}。"]
    return []


def _problems_of_length(field: Title | Text, length: int) -> list[str]:
    """What is wrong with so many characters in a text."""
    if isinstance(field, Title):
        if MIN_TITLE <= length <= MAX_TITLE:
            return []
        return [f"名称应为 {MIN_TITLE}–{MAX_TITLE} 个字。"]
    # Only the main text has a least length: it is what others judge by.
    if field.main and length < MIN_TEXT:
        return [f"{field.label}至少写 {MIN_TEXT} 个字，别人才能判断。"]
    # What only the owner and the operators read has no limit of the public.
    if field.public and length > TEXT_LIMIT:
        return [f"{field.label}最多 {TEXT_LIMIT} 字，现在有 {length} 字。"]
    return []


def _problems_of_need(field: Field, row: Achievement | Demand) -> list[str]:
    if field.is_lacking(row):
        return [field.needed]
    return []


def _problems_between(row: Achievement | Demand) -> list[tuple[str, str]]:
    """What does not fit together, as (field, what is wrong)."""
    if isinstance(row, Achievement):
        # 专利法 art. 50: an open licence is a licence.
        if row.license_type == "open" and "license" not in row.conversion_modes:
            return [("license_type", "开放许可要在转化方式里选「许可」。")]
        return []
    # A demand whose firm is named gives nothing away by naming it.
    if not row.anonymous:
        return []
    return [(trace.field, _trace_message(trace)) for trace in _certain_traces(row)]


def naming_hints(row: Achievement | Demand) -> list[tuple[str, str]]:
    """What a reviewer looks at where the owner is not to be known: (name of the field, what may tell who it is).

    What is certain keeps an unnamed demand from being handed in; in a partly public listing the owner may mean it.
    """
    labels = SCHEMAS[row.kind].labels
    # What a named, whole listing says of its owner is on the page anyway.
    hidden = row.visibility == "partial" or (isinstance(row, Demand) and row.anonymous)
    if not hidden:
        return []
    return [
        (labels[trace.field], f"「{trace.words}」{trace.what}")
        for trace in naming.traces_in(row)
    ]


def _certain_traces(row: Demand) -> list[naming.Trace]:
    """The first certain trace of each field: one is enough to mend it."""
    traces: dict[str, naming.Trace] = {}
    for trace in naming.traces_in(row):
        if trace.certain:
            traces.setdefault(trace.field, trace)
    return list(traces.values())


def _trace_message(trace: naming.Trace) -> str:
    """What is wrong with a field that tells who its firm is, and what to do."""
    if trace.what in naming.NAMES:
        return (
            f"这里写着本单位的名称（「{trace.words}」）。"
            "匿名需求请改成「我公司」，或不选「不公开单位名称」。"
        )
    what = trace.what.removeprefix("单位")
    return (
        f"这里写着本单位的{what}（「{trace.words}」）。"
        "匿名需求请删去，或不选「不公开单位名称」。"
    )
