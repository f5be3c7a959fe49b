"""Numbers that every page reads from the database: carried out cheaply, and those of all rooms in one statement (109).
Not here: what a room counts, and counters of what happens too often (`counters.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Dialect,
    Executable,
    Select,
    literal_column,
    select,
)
from sqlalchemy.sql import visitors

from marketplace.extensions import db

LITERAL = {"literal_binds": True}


def count_rows(statement: Executable, values: Mapping[str, Any] | None = None) -> int:
    """The number that a statement gives, which was built once: by the connection of the session.

    The session itself prepares to make rows of what comes, which takes as long again as all the rest (109).

    Args:
        statement: a SELECT of one number.
        values: of its parameters.

    Returns:
        the number; 0 where there is none.
    """
    # As the session would: what was changed and not sent yet counts too.
    db.session.flush()
    return int(db.session.connection().scalar(statement, values) or 0)


class Count:
    """A number that was not read yet: `int(one)` queries the database, a sum of several queries it once for all.

    The header of every page adds up what twenty rooms count (109).

    Args:
        statement: a SELECT of one number, built once for a process.
        values: of its parameters; parameters of one name and one value may stand in several statements.
        exact: where the number is only a limit, what counts properly; called where it is not 0.
    """

    def __init__(
        self,
        statement: Select[Any],
        values: Mapping[str, Any],
        exact: Callable[[], int] | None = None,
    ) -> None:
        self._parts = [(statement, values, exact)]
        self._known = 0

    def __add__(self, other: Count | int) -> Count:
        total = Count.__new__(Count)
        total._parts, total._known = list(self._parts), self._known
        if isinstance(other, Count):
            total._parts += other._parts
            total._known += other._known
        else:
            total._known += other
        return total

    __radd__ = __add__

    def __int__(self) -> int:
        # As in `count_rows`: what was changed and not sent yet counts too.
        db.session.flush()
        total = self._known
        parts = self._parts
        while parts:
            together, values, parts = _compatible(parts)
            connection = db.session.connection()
            columns = tuple(one for one, _ in together)
            statement = _columns_of(columns, connection.dialect)
            numbers = connection.execute(statement, values).one()
            for number, (_, exact) in zip(numbers, together, strict=True):
                # Where even the limit finds none, nothing is left to be counted properly.
                if number and exact is not None:
                    number = exact()
                total += number or 0
        return total


def as_count(
    **values: Callable[[], Any],
) -> Callable[[Callable[[], Any]], Callable[[], Count]]:
    """Make of a function that builds a SELECT of one number, once for a process, one that gives its number.

    Args:
        values: name of a parameter of the statement → what gives its value at each count.
    """

    def decorate(build: Callable[[], Any]) -> Callable[[], Count]:
        build_once = cache(build)

        @wraps(build)
        def counted() -> Count:
            return Count(build_once(), {name: give() for name, give in values.items()})

        return counted

    return decorate


_Part = tuple[Select[Any], Mapping[str, Any], Callable[[], int] | None]


def _compatible(
    parts: list[_Part],
) -> tuple[list[tuple[Select[Any], Any]], dict[str, Any], list[_Part]]:
    """Those parts that one statement can take, with all values of it, and the parts that give a name another value."""
    together = []
    values: dict[str, Any] = {}
    others = []
    for statement, own, exact in parts:
        if all(values.get(name, value) == value for name, value in own.items()):
            values.update(own)
            together.append((statement, exact))
        else:
            others.append((statement, own, exact))
    return together, values, others


@cache
def _columns_of(statements: tuple[Select[Any], ...], dialect: Dialect) -> Select[Any]:
    """Several statements of one number as one of several: built once for those that are counted together.

    What a statement was built with is written into it. As parameters those were two hundred for each page; and SQLite,
    which compares parameters with the conditions of partial indexes, compiled the whole statement again each time: 1.2
    ms instead of .1.
    """

    def written(element: Any, **_options: Any) -> Any:
        # What comes with each page has a name.
        if not isinstance(element, BindParameter) or not element.unique:
            return None
        text = str(element.compile(dialect=dialect, compile_kwargs=LITERAL))
        # A per cent sign would be doubled for the driver a second time.
        return None if "%" in text else literal_column(text, element.type)

    columns = select(*(statement.scalar_subquery() for statement in statements))
    return cast(Select[Any], visitors.replacement_traverse(columns, {}, written))
