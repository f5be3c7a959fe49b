"""What a listing says as JSON, and back: for versions that were approved and changes that wait. Nothing is stored here.

Values as forms and deeds take them are made in `writing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Numeric
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.dictionaries.models import Chain
from marketplace.extensions import db
from marketplace.listings.models import CHILDREN, LISTINGS, Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.field import SeenBy
from marketplace.listings.schema.kinds import Exact
from marketplace.listings.writing import values_of
from marketplace.organisations.models import key_of

Row = Achievement | Demand
# Where a listing stands in the house; what it says are the fields of the schema.
PLACE_COLUMNS = (
    "id",
    "state",
    "organisation_id",
    "owner_id",
    "submitted_at",
    "published_at",
    "created_at",
    "updated_at",
    "revision",
    "place_shown",
)
# Between the owner and the operators, or about whom to ring up: no reader judges a listing by it.
_FREE_LEVELS = (SeenBy.CONTACT, SeenBy.OWN)


def _free_fields(kind: str) -> frozenset[str]:
    # Its end is a field of the form like others, but renewing it needs no review.
    names = {"valid_until"}
    for field in SCHEMAS[kind]:
        if field.seen_by in _FREE_LEVELS:
            names.add(field.name)
    return frozenset(names)


# Kind → fields of a published listing that change at once: contact, validity, the note to the operators.
FREE_FIELDS = {kind: _free_fields(kind) for kind in SCHEMAS}


def snapshot_of(row: Row) -> dict[str, Any]:
    """Everything a listing says: field → value as JSON, rows of a field as a list."""
    return packed(values_of(row))


def base_of(row: Row, names: Iterable[str]) -> dict[str, Any]:
    """What a listing says in some fields, as its snapshot has it."""
    present = snapshot_of(row)
    return {name: present.get(name) for name in names}


def changed_since(row: Row, base: Mapping[str, Any]) -> list[str]:
    """The fields of `base`, as `base_of` gave it, in which a listing says something else now."""
    present = snapshot_of(row)
    return [name for name, was in base.items() if present.get(name) != was]


def packed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON: sums and days as texts, which lose nothing."""
    return {name: _pack(value) for name, value in values.items()}


def unpacked(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a snapshot, as `set_values` takes them.

    Fields that the schema does not have any more are left out; those it did not have then are missing.
    """
    values: dict[str, Any] = {}
    columns = LISTINGS[kind].__table__.columns
    for name, value in content.items():
        child = CHILDREN[kind].get(name)
        if child is not None:
            values[name] = [_unpack_row(child, one) for one in value]
        elif name in columns:
            values[name] = _unpack(columns[name].type, value)
    return values


def proposed_row(row: Row, content: Mapping[str, Any]) -> Row:
    """A listing as it would be with a change, for reading: it is in no session and is never stored.

    Args:
        row: the stored listing, which is not touched.
        content: what changes, as a snapshot has it.
    """
    # Over the whole snapshot, for a change holds only the fields that differ.
    fresh = frozen_row(row.kind, snapshot_of(row) | dict(content))
    for name in PLACE_COLUMNS:
        if hasattr(row, name):
            set_committed_value(fresh, name, getattr(row, name))
    fresh.title_key = key_of(fresh.title)
    # As if they had been loaded with it: a relationship that is set would draw the row into the session.
    set_committed_value(fresh, "organisation", row.organisation)
    set_committed_value(fresh, "owner", row.owner)
    # Its own look-up: the change may name another chain than the stored row.
    chain = db.session.get(Chain, fresh.chain_code) if fresh.chain_code else None
    set_committed_value(fresh, "chain", chain)
    return fresh


def frozen_row(kind: str, content: Mapping[str, Any]) -> Row:
    """A listing that says what a snapshot says, for reading: it is in no session and is never stored."""
    values = unpacked(kind, content)
    # Rows that the snapshot does not name are empty and not unloaded, so that nothing is read for them.
    for name, child in CHILDREN[kind].items():
        values[name] = _child_rows(child, values.get(name, []))
    return LISTINGS[kind](**values)


def _child_rows(child: type, contents: list[dict[str, Any]]) -> list[Any]:
    rows = []
    for position, columns in enumerate(contents):
        rows.append(child(position=position, **columns))
    return rows


def _pack(value: Any) -> Any:
    if isinstance(value, Decimal):
        # 50 as it was typed and 50.0000 as the database gives it are one value.
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return packed(value)
    if isinstance(value, list | tuple):
        return [_pack(one) for one in value]
    return value


def _unpack(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    # `Exact` is a decorator of Numeric and none itself.
    if isinstance(kind, Numeric | Exact):
        return Decimal(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return value


def _unpack_row(child: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    columns = child.__table__.columns
    values = {}
    for name, value in content.items():
        if name in columns:
            values[name] = _unpack(columns[name].type, value)
    return values
