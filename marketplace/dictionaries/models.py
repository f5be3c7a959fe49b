"""Tables of the dictionaries, and their names by code, which nearly every page reads. Editing them is in `deeds.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    CheckConstraint,
    CompoundSelect,
    ForeignKey,
    Select,
    String,
    bindparam,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from marketplace.extensions import Model, db


class District(Model):
    """A county-level division of 聊城 or a development zone (whose code is our own: it has none in GB/T 2260)."""

    __tablename__ = "district"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    # No foreign key: the city names its province, which has no row here.
    parent: Mapped[str] = mapped_column(String(12), default="")
    # The year in which the division was abolished, and the code of the one that took its place; empty for today's.
    valid_to: Mapped[str] = mapped_column(String(10), default="")
    successor: Mapped[str] = mapped_column(String(12), default="")


class HitechField(Model):
    """A field of 国家重点支持的高新技术领域, level 1 (two digits) or 2 (three digits)."""

    __tablename__ = "hitech_field"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[int]
    parent: Mapped[str] = mapped_column(String(8), default="")
    # Retired instead of deleted, and the code that takes its place; as of the chains.
    active: Mapped[bool] = mapped_column(default=True)
    successor: Mapped[str] = mapped_column(String(8), default="")


class Industry(Model):
    """A section or division of GB/T 4754-2017."""

    __tablename__ = "industry"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    parent: Mapped[str] = mapped_column(String(8), default="")


class Chain(Model):
    """An industry chain. No official list was found, so operators maintain one; `official` marks what was confirmed."""

    __tablename__ = "chain"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision"),)

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    # Of equal ones the code decides, wherever chains are listed.
    position: Mapped[int] = mapped_column(default=0)
    official: Mapped[bool] = mapped_column(default=False)
    # Retired instead of deleted: listings go on naming it.
    active: Mapped[bool] = mapped_column(default=True)
    # The chain that it was merged into; empty for none.
    successor: Mapped[str] = mapped_column(String(30), default="")
    revision: Mapped[int] = mapped_column(default=1)
    # None: seeded, or changed by the site itself.
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    # SQLAlchemy raises it with each save and refuses one that was based on an older row.
    __mapper_args__ = {"version_id_col": revision}


# Every search page runs this query: constants are written into it, for each bound value costs time at every run.
# In the order of position, then code: only chains have a position of their own.
_FACETS: CompoundSelect[tuple[str, str, str, int, bool]] = union_all(
    select(
        literal_column("'field'"),
        HitechField.code,
        HitechField.name,
        literal_column("0"),
        true(),
    ).where(HitechField.level == literal_column("1")),
    select(
        literal_column("'chain'"),
        Chain.code,
        Chain.name,
        Chain.position,
        Chain.official,
    ),
    select(
        literal_column("'district'"),
        District.code,
        District.name,
        literal_column("0"),
        true(),
    ),
).order_by(text("4, 2"))


DictionaryTable: TypeAlias = (
    type[District] | type[HitechField] | type[Industry] | type[Chain]
)


def names_by_code(table: DictionaryTable) -> dict[str, str]:
    """Code → name of a whole dictionary, in its order."""
    # Codes of the standards are their order; chains have one that operators choose.
    order: tuple[InstrumentedAttribute[Any], ...] = (table.code,)
    if table is Chain:
        order = (Chain.position, Chain.code)
    return _read_names(db.select(table.code, table.name).order_by(*order))


def names_of(table: DictionaryTable, codes: Collection[str]) -> dict[str, str]:
    """Code → name of some entries of a dictionary, without those that it never had."""
    if not codes:
        return {}
    rows = db.session.connection().execute(_names_query(table), {"codes": list(codes)})
    return dict(rows.tuples().all())


@cache
def _names_query(table: DictionaryTable) -> Select[tuple[str, str]]:
    """Built once, for the page of every listing names its entries."""
    # Of the table and not of the model, for a row of two columns needs no object.
    columns = table.__table__.c
    wanted = columns.code.in_(bindparam("codes", expanding=True))
    return select(columns.code, columns.name).where(wanted)


def read_facet_names() -> dict[str, dict[str, str]]:
    """Code → name of the fields of level 1, the chains and the divisions, under `field`, `chain` and `district`.

    As `fields_of_level` and `names_by_code` give them, in one query instead of three, for every search page needs all.
    Under `unofficial` once more the chains that nobody has confirmed yet.
    """
    facets: dict[str, dict[str, str]] = {
        "field": {},
        "chain": {},
        "district": {},
        "unofficial": {},
    }
    # Through the core connection: the session's own way of executing costs more than the query.
    rows = db.session.connection().execute(_FACETS).all()
    for facet, code, name, _, official in rows:
        facets[facet][code] = name
        if not official:
            facets["unofficial"][code] = name
    return facets


def read_successors() -> dict[str, dict[str, str]]:
    """Code → the one that took its place in the end, of what was handed over, by facet as in `read_facet_names`."""
    tables = {"field": HitechField, "chain": Chain, "district": District}
    facets = {}
    for facet, table in tables.items():
        columns = table.__table__.c
        query = db.select(columns.code, columns.successor).where(
            columns.successor != ""
        )
        following = {row.code: row.successor for row in db.session.execute(query)}
        facets[facet] = {code: _last_code(code, following) for code in following}
    return facets


def _last_code(code: str, following: Mapping[str, str]) -> str:
    """The end of a row of successors: what was handed over may be handed over to something else later."""
    passed = {code}
    # A version whose entries lead in a circle is refused; a table that was changed by hand must not hang a page.
    while (after := following.get(code, "")) and after not in passed:
        passed.add(after)
        code = after
    return code


def current_districts() -> dict[str, str]:
    """Code → name of the divisions a listing may lie in today (the city itself and abolished counties left out)."""
    # The city is where all of them are: as the place of a listing it would say nothing.
    current = (District.valid_to == "", District.kind != "city")
    return _read_names(
        db.select(District.code, District.name).where(*current).order_by(District.code)
    )


def active_chains() -> dict[str, str]:
    """Code → name of the chains in use."""
    return _read_names(
        db.select(Chain.code, Chain.name)
        # What was retired stays in `names_by_code`, for listings go on naming it.
        .where(Chain.active)
        .order_by(Chain.position, Chain.code)
    )


def active_fields() -> dict[str, str]:
    """Code → name of the high-tech fields of both levels that may be chosen."""
    return _read_names(
        db.select(HitechField.code, HitechField.name)
        .where(HitechField.active)
        .order_by(HitechField.code)
    )


def fields_of_level(level: int) -> dict[str, str]:
    """Code → name of the high-tech fields of one level (1 or 2)."""
    table = HitechField
    return _read_names(
        db.select(table.code, table.name)
        .where(table.level == level)
        .order_by(table.code)
    )


def choosable_fields(level: int, held: Collection[str] = ()) -> dict[str, str]:
    """Code → name of the high-tech fields of one level that may be chosen.

    Args:
        level: 1 or 2.
        held: codes that are chosen already; retired ones of them may stay.
    """
    table = HitechField
    return _read_names(
        db.select(table.code, table.name)
        .where(table.level == level, or_(table.active, table.code.in_(held)))
        .order_by(table.code)
    )


def industry_divisions() -> dict[str, str]:
    """Code → name of the 97 divisions of GB/T 4754-2017."""
    return _read_names(
        db.select(Industry.code, Industry.name)
        .where(Industry.level == "division")
        .order_by(Industry.code)
    )


def _read_names(query: Select[tuple[str, str]]) -> dict[str, str]:
    """Code → name, of a query of these two columns."""
    # Two columns, for these are read on nearly every page and whole rows cost three times as much.
    return {row.code: row.name for row in db.session.execute(query)}
