"""People of an earlier version: carried over with their passwords and roles, up and down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from flask_security import hash_password
from sqlalchemy import MetaData, Table, func, select, text

from marketplace.clock import now
from marketplace.extensions import db

pytestmark = pytest.mark.long

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


# (deed, note, number of who did it) before → note after. 7 and 8 share a name; the first invitation is older.
NOTES = [
    ("invite", "guest@else.example：成员", 5, "邀请 31：成员"),
    ("revoke", "guest@else.example", 5, "邀请 31"),
    ("invite", "removed@else.example：科技处", 5, "科技处"),
    ("accept", "唯一的人", 5, "账号 6"),
    ("place", "唯一的人：成员、单位管理员", 5, "账号 6：成员、单位管理员"),
    ("remove", "同名的人", 5, ""),
    ("take", "同名的人", 7, "账号 7"),
    ("leave", "已注销用户", 8, "账号 8"),
    ("decline", "没有这个人", 5, ""),
    ("verify", "营业执照原件", 5, "营业执照原件"),
    ("accept", "", 5, ""),
    ("accept", "账号 6", 5, "账号 6"),
]


def test_notes_name_people_by_number(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    """A note outlives an account, so that no name and no address may stand in it (086)."""
    with new_site(empty_database).app_context():
        upgrade(revision="0022")
        _enter()
        upgrade(revision="0026")
        query = text("select note from history order by id")
        with db.engine.begin() as connection:
            after = connection.execute(query).scalars().all()
        downgrade(revision="0022")
        assert after == [*(note for *_, note in NOTES), "guest@else.example"]


def _enter() -> None:
    then = datetime(2026, 1, 1, 8)
    noted = datetime(2026, 2, 1, 8, 0, 0, 500_000)
    people = []
    for number, name in {
        5: "管理员",
        6: "唯一的人",
        7: "同名的人",
        8: "同名的人",
    }.items():
        row = {"id": number, "email": f"p{number}@demo.example", "name": name}
        row |= {"phone": "", "active": True, "fs_uniquifier": f"u{number}"}
        people.append(row | {"created_at": then, "failed_count": 0})
    write("person", people)
    empty = dict.fromkeys(("address", "legal_representative", "supervisor"), "")
    firm = {"id": 3, "name": "甲厂", "name_key": "甲厂", "kind": "firm"}
    firm |= {"profile": "", "size_band": "", "created_at": then}
    write("organisation", [firm | empty])
    invitations = []
    for number, at in ((30, then), (31, noted.replace(microsecond=0))):
        row = {"id": number, "organisation_id": 3, "email": "guest@else.example"}
        row |= {"role": "member", "is_administrator": False, "digest": f"d{number}"}
        invitations.append(row | {"created_at": at, "expires_at": at})
    write("invitation", invitations)
    # A listing's note is its owner's own words, and stays.
    noted_rows = [("organisation", *note[:3]) for note in NOTES]
    noted_rows.append(("demand", "suspend", "guest@else.example", 5))
    rows = []
    for kind, deed, note, by in noted_rows:
        row = {"kind": kind, "thing_id": 3, "deed": deed, "before": "verified"}
        row |= {"after": "verified", "note": note, "changed": [], "by_id": by}
        rows.append(row | {"at": noted})
    write("history", rows)


def test_no_password_stays_in_a_form_that_was_sent_too_late(
    empty_database: str, new_site: Callable[..., Flask]
) -> None:
    site = new_site(empty_database)
    forms = {
        "closing": [["password", "Heimlich-7Lake"]],
        "writing": [["title", "轴承异音"], ["note", "a pass word"]],
    }
    with site.app_context():
        upgrade(revision="0028")
        rows = []
        for digest, fields in forms.items():
            rows.append(
                {
                    "token_digest": digest,
                    "reason": "expired",
                    "path": "/mine",
                    "fields": fields,
                    "held_at": ADDED,
                    "until": ADDED,
                }
            )
        write("held_form", rows)
        upgrade(revision="0029")
        left = text("select token_digest from held_form")
        assert db.session.scalars(left).all() == ["writing"]
        db.session.remove()
        downgrade(revision="0028")
        assert db.session.scalars(left).all() == ["writing"]
