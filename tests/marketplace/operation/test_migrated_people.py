"""People of an earlier version: carried over with their passwords and roles, up and down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask_migrate import downgrade, upgrade
from flask_security import hash_password
from sqlalchemy import MetaData, Table, func, select, text

from marketplace.clock import now
from marketplace.extensions import db

ADDED = datetime(2025, 3, 4, 5, 6)
PASSWORD = "one-long-password"


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Rows of a table as it is at this version."""
    with db.engine.begin() as connection:
        table = Table(name, MetaData(), autoload_with=connection)
        connection.execute(table.insert(), rows)
        if connection.dialect.name == "postgresql" and "id" in table.columns:
            # Numbers that were given by hand do not count there.
            sequence = func.pg_get_serial_sequence(name, "id")
            highest = select(func.max(table.columns["id"])).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest)))


def test_people_are_carried_over(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    site = new_site(empty_database)
    with site.app_context():
        upgrade(revision="0007")
        person = {
            "name": "甲",
            "phone": "0635-8230000",
            "created_at": ADDED,
            "password": hash_password(PASSWORD),
        }
        write(
            "person",
            [
                {
                    "id": 7,
                    "email": "op@demo.example",
                    "active": True,
                    "fs_uniquifier": "a",
                    **person,
                },
                {
                    "id": 9,
                    "email": "out@demo.example",
                    "active": False,
                    "fs_uniquifier": "b",
                    **person,
                },
            ],
        )
        write("role", [{"id": 3, "name": "operator", "description": "平台运营人员"}])
        write("person_role", [{"person_id": 7, "role_id": 3}])
        upgrade(revision="0011")
        columns = text(
            "select id, confirmed_at, password_set_at, failed_count, mobile from person order by id"
        )
        rows = db.session.execute(columns).all()
        confirmed = db.session.scalars(
            select(func.count())
            .select_from(text("person"))
            .where(text("confirmed_at = created_at"))
        ).one()
        db.session.remove()
        upgrade()

    browser = site.test_client()
    form = {"email": "op@demo.example", "password": PASSWORD}
    assert [(row.id, row.failed_count, row.mobile) for row in rows] == [
        (7, 0, None),
        (9, 0, None),
    ]
    assert confirmed == 2
    assert browser.post("/login", data=form).location == "/mine"
    # Set today as far as the site knows: the upgrade itself makes nobody change it.
    assert browser.get("/mine").status_code == 200
    closed = site.test_client().post(
        "/login", data=form | {"email": "out@demo.example"}
    )
    assert closed.location != "/mine"

    with site.app_context():
        set_at = db.session.execute(
            text("select max(password_set_at) from person")
        ).scalar()
        if isinstance(set_at, str):
            set_at = datetime.fromisoformat(set_at)
        assert now() - set_at < timedelta(hours=1)
        db.session.remove()
        downgrade(revision="0007")
        with db.engine.connect() as connection:
            table = Table("person", MetaData(), autoload_with=connection)
            people = connection.execute(table.select().order_by(table.c.id)).all()
            roles = connection.execute(
                text("select person_id, role_id from person_role")
            ).all()
        assert [(one.id, one.email, one.phone) for one in people] == [
            (7, "op@demo.example", "0635-8230000"),
            (9, "out@demo.example", "0635-8230000"),
        ]
        assert "mobile" not in table.c
        assert [tuple(row) for row in roles] == [(7, 3)]
        upgrade()
