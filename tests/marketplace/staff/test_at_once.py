"""Two operators who decide about accounts at the same moment: each has read the rows before either writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.accounts.queries import has_operator
from marketplace.errors import NotAllowed
from marketplace.extensions import db
from marketplace.staff import deeds
from tests.factories import Factory
from tests.racing import Racer, at_once, committing_site


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def stopper(one: int, other: int) -> Racer:
    """An operator who stops another one."""

    def read() -> Any:
        by, person = db.session.get(Person, one), db.session.get(Person, other)

        def write() -> None:
            # On SQLite who has read cannot write any more: a request begins as a writer, which this imitates.
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()
            deeds.stop_account(person, reason="账号被盗用", by=by)

        return write

    return read


def test_two_operators_who_stop_each_other_leave_one(site: Flask) -> None:
    make = Factory(db.session)
    one, other = make.person("operator").id, make.person("operator").id
    db.session.remove()

    outcomes = at_once(site, stopper(one, other), stopper(other, one))

    refused = [outcome for outcome in outcomes if outcome != "done"]
    assert [type(outcome) for outcome in refused] == [NotAllowed]
    assert has_operator()
    people = db.session.scalars(db.select(Person).where(Person.id.in_([one, other])))
    assert sorted(person.active for person in people) == [False, True]


def test_one_address_is_given_two_roles_at_once_and_has_one(site: Flask) -> None:
    make = Factory(db.session)
    chiefs = [make.person("operator").id for _ in range(2)]
    person = make.person("firm").email
    db.session.remove()

    def giver(number: int, role: str) -> Racer:
        def read() -> Any:
            by = db.session.get(Person, number)

            def write() -> None:
                if db.engine.dialect.name == "sqlite":
                    persistence.begin_write()
                deeds.add_staff(person, name="", role=role, by=by)

            return write

        return read

    outcomes = at_once(site, giver(chiefs[0], "operator"), giver(chiefs[1], "auditor"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotNow", "str"]
    row = db.session.scalars(db.select(Person).filter_by(email=person)).one()
    assert len(row.role_names) == 1
