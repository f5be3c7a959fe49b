"""The migrations, from an empty database to the newest and back, and the constraints they leave behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from marketplace.clock import now
from marketplace.extensions import db
from tests.factories import Factory


def tables() -> set[str]:
    """The tables of the database in the open context."""
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_up_down_and_up_again(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    with new_site(empty_database).app_context():
        every = set(db.metadata.tables) | {"alembic_version"}
        upgrade()
        assert tables() == every
        check()  # ends the run where models and migrations differ
        downgrade(revision="base")
        assert tables() == {"alembic_version"}
        upgrade()
        assert tables() == every
        check()


PUBLISHED = {
    "state": "published",
    "published_at": now(),
    "valid_until": date(2030, 1, 1),
}
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("achievement", {"state": "gone"}),
    ("achievement", {"state": "published"}),  # without its dates
    ("achievement", {"state": "in_review"}),  # without the day it was handed in
    ("achievement", {"visibility": "secret"}),
    ("achievement", {"title": ""}),
    ("achievement", {"price_mode": "negotiable", "price_min": 5}),
    ("achievement", {"price_min": 5}),  # a price without a mode
    ("achievement", {"price_mode": "range", "price_min": 5, "price_max": 4}),
    ("achievement", {"price_mode": "fixed", "price_min": -1}),
    ("achievement", {"trl": 10}),
    ("achievement", {"rd_start": "2024-05", "rd_end": "2024-04"}),
    ("demand", {"state": "expired"}),
    ("demand", {"need": "luck"}),
    ("demand", {"budget_negotiable": True, "budget": 10}),
    ("demand", {"budget": -1}),
    ("demand", {"start_year": 2027, "end_year": 2026}),
]
TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("achievement", PUBLISHED),
    ("achievement", {"price_mode": "range", "price_min": 4, "price_max": 4}),
    ("achievement", {"trl": 9, "readiness_13": 13}),
    ("demand", PUBLISHED),
    ("demand", {"state": "closed"}),
    ("demand", {"budget_negotiable": True}),
    ("demand", {"budget_negotiable": False, "budget": 0}),
]


def insert(kind: str, changes: dict[str, Any]) -> None:
    """Write a row past the models, so that only the database can refuse it."""
    owner = db.session.scalar(text("select min(id) from organisation"))
    table = db.metadata.tables[kind]
    row: dict[str, Any] = {c.name: None for c in table.columns if c.name != "id"}
    row |= {
        c.name: ""
        for c in table.columns
        if not c.nullable and c.type.python_type is str
    }
    row |= {
        c.name: False
        for c in table.columns
        if not c.nullable and c.type.python_type is bool
    }
    row |= {c.name: [] for c in table.columns if "JSON" in str(c.type)}
    row |= {
        "title": "标题",
        "title_key": "标题",
        "state": "draft",
        "visibility": "public",
        "organisation_id": owner,
    }
    row |= {
        "revision": 1,
        "indexed_revision": 0,
        "created_at": now(),
        "updated_at": now(),
    }
    row |= {"secrecy": "open"} if kind == "achievement" else {"need": "technology"}
    db.session.execute(table.insert().values(row | changes))
    db.session.flush()


@pytest.mark.parametrize(("kind", "changes"), REFUSED, ids=json.dumps)
def test_the_database_refuses(
    make: Factory, kind: str, changes: dict[str, Any]
) -> None:
    make.organisation()

    with pytest.raises(IntegrityError), db.session.begin_nested():
        insert(kind, changes)


@pytest.mark.parametrize(("kind", "changes"), TAKEN)
def test_the_database_takes(make: Factory, kind: str, changes: dict[str, Any]) -> None:
    make.organisation()

    insert(kind, changes)


@pytest.mark.parametrize("ended", ["rejected", "withdrawn", "archived"])
def test_an_ended_listing_makes_room_for_its_twin(make: Factory, ended: str) -> None:
    make.organisation()
    insert("achievement", {"state": ended})

    insert("achievement", {})


@pytest.mark.parametrize("living", ["draft", "returned", "published"])
def test_one_living_listing_of_a_title_for_each_owner(
    make: Factory, living: str
) -> None:
    make.organisation()
    insert("achievement", PUBLISHED | {"state": living})

    with pytest.raises(IntegrityError), db.session.begin_nested():
        insert("achievement", {})


def test_no_grade_model_from_before_stays_in_force(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    """Nobody was asked about them: they stay as rows, and the fixed cut points grade."""
    values = "'r', 50, 100, '{}', true, '2026-01-01 00:00:00'"
    columns = "ranker, demands, verdicts, parameters, better, at"
    with new_site(empty_database).app_context():
        upgrade(revision="0020")
        downgrade(revision="-1")
        with db.engine.begin() as connection:
            connection.execute(
                text(f"insert into grade_model ({columns}) values ({values})")  # noqa: S608  our own words
            )
        upgrade(revision="0020")
        query = text("select state, people, organisations, used_at from grade_model")
        with db.engine.begin() as connection:
            assert connection.execute(query).all() == [("dropped", 0, 0, None)]
        downgrade(revision="-1")
        with db.engine.begin() as connection:
            # Above all it is not in force again.
            better = connection.execute(text("select better from grade_model")).all()
        assert [bool(value) for (value,) in better] == [False]


def test_a_listing_that_was_given_twice_stays_given_once(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    """Of two presses at the same moment both were stored: the first one stays, and what had ended stays ended."""
    given = (
        "insert into assignment (kind, listing_id, broker_id, at, ended_at) values "
        "('demand', 1, 1, '2026-01-01 08:00:00', null), ('demand', 1, 1, '2026-01-01 08:00:01', null), "
        "('demand', 1, 2, '2026-01-01 08:00:02', null), ('achievement', 1, 1, '2026-01-01 08:00:03', null), "
        "('demand', 1, 1, '2025-01-01 08:00:00', '2025-06-01 08:00:00')"
    )
    with new_site(empty_database).app_context():
        upgrade(revision="0021")
        with db.engine.begin() as connection:
            person = (
                "insert into person (id, email, name, phone, active, fs_uniquifier, created_at, failed_count)"
                " values (:id, :email, '示例', '', true, :email, '2026-01-01 08:00:00', 0)"
            )
            for number in (1, 2):
                values = {"id": number, "email": f"b{number}@demo.example"}
                connection.execute(text(person), values)
            connection.execute(text(given))
        upgrade(revision="0022")
        query = text("select kind, broker_id, at, ended_at from assignment order by id")
        with db.engine.begin() as connection:
            rows = [
                (kind, broker, str(at)[:19], ended is None)
                for kind, broker, at, ended in connection.execute(query)
            ]
        assert rows == [
            ("demand", 1, "2026-01-01 08:00:00", True),
            ("demand", 1, "2026-01-01 08:00:01", False),
            ("demand", 2, "2026-01-01 08:00:02", True),
            ("achievement", 1, "2026-01-01 08:00:03", True),
            ("demand", 1, "2025-01-01 08:00:00", False),
        ]
        downgrade(revision="0021")
        with db.engine.begin() as connection:
            assert (
                connection.execute(text("select count(*) from assignment")).scalar()
                == 5
            )
