"""The organisation that a row of a list names as the owner of its listing, from the cells of its columns.

How each of these columns is read is in `composites.py`; organisations are found and added by the importer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.listings.schema.composites import first_name
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.listing import ListingSchema
from marketplace.organisations.models import key_of

_PLACE_IN_BRACKETS = re.compile(r"[（(][^（()）]*[)）]$")
_FIRM = re.compile(r"公司|集团|厂$|合作社")
_UNIVERSITY = re.compile(r"大学|(?<!科)学院")
_INSTITUTE = re.compile(r"研究|([院所]|中心|实验室)$")


@dataclass(frozen=True)
class NamedOwner:
    """What a row says of the organisation that owns its listing: enough to find or to add it.

    Attributes:
        name: its name as written.
        key: what spellings of the name share (`organisations.models.key_of`).
        uscc: its 统一社会信用代码, where the row gives it.
        kind: code of `organisations.models.ORGANISATION_KINDS`.
        district_code: code of its division, where the row gives it.
    """

    name: str
    key: str
    uscc: str | None
    kind: str
    district_code: str | None


def owner_column(schema: ListingSchema, cells: Mapping[str, Any]) -> ListColumn:
    """The column by which a row names the owner: 第一完成单位 where it is filled in, else that of the organisations.

    Args:
        schema: the schema of the list.
        cells: column → what its cell says, without the empty ones.
    """
    naming = [column for column in schema.list_columns if column.holder]
    for column in naming:
        if cells.get(column.name):
            return column
    return naming[-1]


def owner_name(schema: ListingSchema, cells: Mapping[str, Any]) -> str | None:
    """The name of the owner; None where the row does not give it. Arguments as of `owner_column`."""
    return first_name(cells.get(owner_column(schema, cells).name) or "") or None


def owner_of_cells(schema: ListingSchema, cells: Mapping[str, Any]) -> NamedOwner:
    """The owner of the listing of a row that names one. Arguments as of `owner_column`."""
    name = owner_name(schema, cells) or ""
    return NamedOwner(
        name=name,
        key=key_of(name),
        uscc=cells.get("uscc"),
        kind=cells.get("organisation_kind") or guess_kind(name),
        district_code=cells.get("district"),
    )


def guess_kind(name: str) -> str:
    """The kind of an organisation that its name implies; what says nothing is a firm, as most owners are."""
    bare = _PLACE_IN_BRACKETS.sub("", name.strip())
    if _FIRM.search(bare):
        return "firm"
    if _UNIVERSITY.search(bare):
        return "university"
    if _INSTITUTE.search(bare):
        return "institute"
    return "firm"
