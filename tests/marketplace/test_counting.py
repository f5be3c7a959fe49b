"""What numbers come to that are counted together, and in how many statements. Those of rooms: `desk`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, event, func, null, select

from marketplace.counting import Count, count_rows
from marketplace.organisations.models import Organisation
from tests.factories import Factory

OF_IDS = select(func.count(Organisation.id)).where(
    Organisation.id.in_(bindparam("ids", expanding=True))
)
OF_KIND = select(func.count(Organisation.id)).where(
    Organisation.kind == bindparam("kind"),
    Organisation.id.in_(bindparam("ids", expanding=True)),
)
NOTHING = select(null())


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects what is sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def ids(make: Factory) -> list[int]:
    """Two firms and a university."""
    kinds = ("firm", "firm", "university")
    return [make.organisation(kind=kind).id for kind in kinds]


def test_equal_values_of_one_name_go_in_one_statement(ids: list[int]) -> None:
    total = Count(OF_IDS, {"ids": ids}) + 4
    total += Count(OF_KIND, {"ids": ids, "kind": "firm"}) + Count(NOTHING, {})

    with statements() as sent:
        found = int(total)

    assert (found, len(sent)) == (3 + 4 + 2, 1)


def test_other_values_of_one_name_go_in_another(ids: list[int]) -> None:
    total = sum((Count(OF_IDS, {"ids": part}) for part in (ids, ids[:1], [])), start=0)

    with statements() as sent:
        found = int(total)

    assert (found, len(sent)) == (3 + 1 + 0, 3)


@pytest.mark.parametrize(
    ("value", "written"), [("firm", True), ("a 'firm'", True), ("50 %", False)]
)
def test_what_a_statement_is_built_with_is_no_parameter(
    value: str, written: bool, make: Factory
) -> None:
    make.organisation(value, kind="firm")
    make.organisation(f"{value} 2", kind="firm")
    built = select(func.count(Organisation.id)).where(
        Organisation.kind.in_(("firm", "university")), Organisation.name == value
    )

    with statements() as sent:
        found = int(Count(built, {}))

    assert (found, value.replace("'", "''") in sent[-1]) == (1, written)


def test_what_decides_on_rows_is_called_only_where_there_are_some(
    ids: list[int],
) -> None:
    called = []

    def exact() -> int:
        called.append("some")
        return 1

    some = Count(OF_IDS, {"ids": ids}, exact)
    none = Count(OF_KIND, {"ids": ids, "kind": "institute"}, lambda: 1 // 0)

    assert int(some + none) == 1
    assert called == ["some"]


def test_adding_leaves_both_as_they_were(ids: list[int]) -> None:
    one, other = Count(OF_IDS, {"ids": ids}), Count(OF_IDS, {"ids": ids[:2]})

    assert int(one + other) == 5
    assert (int(one), int(other)) == (3, 2)


def test_what_was_changed_and_not_sent_counts_too(
    make: Factory, ids: list[int]
) -> None:
    row = make.session.get(Organisation, ids[2])
    assert row is not None
    values = {"ids": ids, "kind": "firm"}
    before = count_rows(OF_KIND, values)

    row.kind = "firm"

    assert (before, count_rows(OF_KIND, values), int(Count(OF_KIND, values))) == (
        2,
        3,
        3,
    )
    make.session.rollback()
