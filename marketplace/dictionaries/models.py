"""Tables of the dictionaries, and their names by code. Who may edit them stands in `rules.py` and `permissions.py`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.extensions import db


class District(db.Model):
    """A county-level division of 聊城 or a development zone (whose code is our own: it has none in GB/T 2260)."""

    __tablename__ = "district"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str] = mapped_column(String(12), default="")
    valid_to: Mapped[str] = mapped_column(String(10), default="")
    successor: Mapped[str] = mapped_column(String(12), default="")


class HitechField(db.Model):
    """A field of 国家重点支持的高新技术领域, level 1 (two digits) or 2 (three digits)."""

    __tablename__ = "hitech_field"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[int]
    parent: Mapped[str] = mapped_column(String(8), default="")


class Industry(db.Model):
    """A section or division of GB/T 4754-2017."""

    __tablename__ = "industry"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    parent: Mapped[str] = mapped_column(String(8), default="")


class Chain(db.Model):
    """An industry chain. The official list was not found, so operators keep it; `official` marks what was confirmed."""

    __tablename__ = "chain"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision"),)

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    official: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": revision}


def names(table: type[District] | type[HitechField] | type[Industry] | type[Chain]) -> dict[str, str]:
    """Code → name of a whole dictionary, in its order."""
    order = (Chain.position, Chain.code) if table is Chain else (table.code,)
    return {row.code: row.name for row in db.session.scalars(db.select(table).order_by(*order))}


def districts() -> dict[str, str]:
    """Code → name of the divisions a listing may lie in today (the city itself and abolished counties left out)."""
    query = db.select(District).where(District.valid_to == "", District.kind != "city").order_by(District.code)
    return {row.code: row.name for row in db.session.scalars(query)}


def chains() -> dict[str, str]:
    """Code → name of the chains in use."""
    query = db.select(Chain).where(Chain.active).order_by(Chain.position, Chain.code)
    return {row.code: row.name for row in db.session.scalars(query)}


def fields_of_level(level: int) -> dict[str, str]:
    """Code → name of the high-tech fields of one level (1 or 2)."""
    query = db.select(HitechField).where(HitechField.level == level).order_by(HitechField.code)
    return {row.code: row.name for row in db.session.scalars(query)}


def divisions() -> dict[str, str]:
    """Code → name of the 97 divisions of GB/T 4754-2017."""
    query = db.select(Industry).where(Industry.level == "division").order_by(Industry.code)
    return {row.code: row.name for row in db.session.scalars(query)}
