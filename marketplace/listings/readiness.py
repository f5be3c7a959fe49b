"""What a listing needs to be public, by its schema. Forms and importer check the shape of input; nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.accounts.models import Organisation
from marketplace.listings.models import CHILDREN, LISTINGS, Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.choices import Codes
from marketplace.listings.schema.field import Field, SeenBy
from marketplace.listings.schema.kinds import (
    TEXT_LEAST,
    TEXT_LIMIT,
    Text,
    Title,
    Words,
)
from marketplace.parsing.names import plain_letters

TITLE_LEAST = 4  # characters
TITLE_MOST = 100
BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
COMPANY_FORMS = ("有限责任公司", "股份有限公司", "有限公司")
# Characters of a shortened name below which it would be found in other words.
NAME_LEAST = 3
# What everybody may read of a public listing in its owner's own words.
PUBLIC = (SeenBy.OPEN, SeenBy.FULL)


def publication_problems(row: Achievement | Demand) -> dict[str, list[str]]:
    """What keeps a listing from being public: field → what is wrong and what to do. Empty when it is ready."""
    found: dict[str, list[str]] = {}
    for field in SCHEMAS[row.kind]:
        problems = [*_problems_of_size(field, row), *_problems_of_need(field, row)]
        if problems:
            found[field.name] = problems
    # Last, for a field that is too short should not be told first what else is in it.
    for name, problem in _problems_between(row):
        found.setdefault(name, []).append(problem)
    return found


def missing_for_publication(
    kind: str, values: Mapping[str, Any], *, organisation: Organisation | None
) -> dict[str, list[str]]:
    """What would keep a listing of these values from being public, as `publication_problems` says; nothing is stored.

    Args:
        kind: `achievement` or `demand`.
        values: as for `create`.
        organisation: the owner; None where it is not chosen yet.
    """
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
        note = field.most_note if isinstance(field, Codes) else ""
        return [f"{field.label}最多 {field.most} 个{note}。"]
    return []


def _problems_of_length(field: Title | Text, length: int) -> list[str]:
    """What is wrong with so many characters in a text."""
    if isinstance(field, Title):
        if TITLE_LEAST <= length <= TITLE_MOST:
            return []
        return [f"名称应为 {TITLE_LEAST}–{TITLE_MOST} 个字。"]
    if field.main and length < TEXT_LEAST:
        return [f"{field.label}至少写 {TEXT_LEAST} 个字，别人才能判断。"]
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
    if not row.anonymous:
        return []
    advice = (
        "这里写着本单位的名称。匿名需求请改成「我公司」，或不选「不公开单位名称」。"
    )
    return [(name, advice) for name in _fields_that_name(row)]


def _fields_that_name(row: Demand) -> list[str]:
    """The public fields of a demand in which its firm names itself in its own words."""
    names = _names_of(row.organisation)
    found = []
    for field in SCHEMAS[row.kind]:
        # A partner's name is shown only to those who may know the firm's.
        if field.seen_by not in PUBLIC or field.naming:
            continue
        words = plain_letters(field.own_words(row))
        if any(name in words for name in names):
            found.append(field.name)
    return found


def _names_of(organisation: Organisation | None) -> set[str]:
    """The names of an organisation as texts have them: in full, without brackets, without the form of company."""
    if organisation is None:
        return set()
    names = {
        plain_letters(organisation.name),
        plain_letters(BRACKETED.sub("", organisation.name)),
    }
    for form in COMPANY_FORMS:
        short = {name.removesuffix(form) for name in names}
        names |= {name for name in short if len(name) >= NAME_LEAST}
    return {name for name in names if name}
