"""What is read of the dated values: one or several as they stand on a day, kept for a deal, and all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam

from marketplace.errors import NotFound, NotNow
from marketplace.extensions import db
from marketplace.rules import content
from marketplace.rules.content import Value
from marketplace.rules.models import RuleValue

# What a row has kept is read with this, whatever the table says by now.
thawed = content.thawed


class NoValueError(NotNow):
    """No value stands on that day: it is never taken for 0."""


def value_on(key: str, day: date) -> Value:
    """A value of law or policy as it stands on a day.

    Args:
        key: its name, such as `publicity.days`.
        day: in China.

    Returns:
        the version that stands on that day, whose document is in force.

    Raises:
        NoValueError: the day is before the first version or after the last, or that version is a draft or has lapsed.
        LookupError: there is no value of that name.
    """
    return values_on([key], day)[key]


def values_on(keys: Iterable[str], day: date) -> dict[str, Value]:
    """Several values as they stand on a day, in one statement. Arguments and errors as `value_on`."""
    found = {row.key: row.content for row in _rows_on(list(keys), day)}
    for key in keys:
        value = found.get(key)
        if value is None:
            raise _no_value(key, day)
        # A refusal, not a fallback to the version before: nobody decides by a rule that may not count any more.
        if value.in_force != "active":
            state = content.IN_FORCE[value.in_force]
            raise NoValueError(
                f"「{value.says}」在 {day} 的依据是{state}，不能据此办理。",
                "请运营方在「规则与依据」里核对，或录入有效的版本。",
            )
    return found


def find_value(key: str, day: date) -> Value | None:
    """A value as it stands on a day; None where none does, or only a draft or what has lapsed: for hints."""
    for row in _rows_on([key], day):
        if row.in_force == "active":
            return row.content
    return None


def find_values(prefix: str, day: date) -> list[Value]:
    """What stands on a day of the keys that begin like this (`tax.`), in their order, without drafts: for hints."""
    rows = db.session.scalars(_hints_query(prefix), {"day": day})
    return [row.content for row in rows]


@cache
def _hints_query(prefix: str) -> Any:
    """Built once for each of the few prefixes: the page of every public listing asks, and building took longer."""
    return (
        _on(bindparam("day"))
        # Keys have underscores, which stand for any sign in LIKE.
        .where(RuleValue.key.startswith(prefix, autoescape=True))
        .where(RuleValue.in_force == "active")
        .order_by(RuleValue.key)
    )


def frozen(keys: Iterable[str], day: date) -> dict[str, dict[str, Any]]:
    """Values of a day as JSON, with unit, source and status: a deal keeps the rules of its first day in its row.

    Read again with `thawed`. Arguments and errors as `values_on`.
    """
    return content.frozen_values(values_on(list(keys), day))


def list_present(day: date) -> list[RuleValue]:
    """What stands on a day, in the order of the keys; of what begins later the first version."""
    rows: dict[str, RuleValue] = {}
    for row in db.session.scalars(_standing().order_by(RuleValue.valid_from)):
        before = rows.get(row.key)
        # In the order of first days: the last one that has begun wins; before any has, the first one to come.
        if before is None or row.valid_from <= day:
            rows[row.key] = row
    return [rows[key] for key in sorted(rows)]


def list_versions(key: str) -> list[RuleValue]:
    """Every version of a value, the newest first. Raises NotFound."""
    query = (
        db.select(RuleValue)
        .where(RuleValue.key == key)
        .order_by(RuleValue.number.desc())
    )
    rows = list(db.session.scalars(query))
    if not rows:
        raise NotFound("没有这一条规则。", "可以从「规则与依据」里打开。")
    return rows


def _standing() -> Any:
    return db.select(RuleValue).where(RuleValue.replaced_at.is_(None))


def _on(day: date | BindParameter[date]) -> Any:
    is_open: ColumnElement[bool] = RuleValue.valid_to.is_(None)
    return _standing().where(
        RuleValue.valid_from <= day, is_open | (RuleValue.valid_to >= day)
    )


def _rows_on(keys: list[str], day: date) -> list[RuleValue]:
    return list(db.session.scalars(_on(day).where(RuleValue.key.in_(keys))))


def _no_value(key: str, day: date) -> Exception:
    query = _standing().where(RuleValue.key == key).order_by(RuleValue.valid_from)
    rows = list(db.session.scalars(query))
    if not rows:
        # A mistake of the program, not of a day: it must not read like a rule somebody has to enter.
        return LookupError(f"no rule is called {key!r}")
    first, last = rows[0], rows[-1]
    advice = "请运营方在「规则与依据」里录入那时有效的版本。"
    if day < first.valid_from:
        return NoValueError(
            f"「{first.says}」从 {first.valid_from} 起才有记录，{day} 还没有可用的值。",
            advice,
        )
    return NoValueError(f"「{last.says}」在 {day} 没有有效的值。", advice)
