"""Sessions: rows that end at once, by hand, by time, by a new password; in several workers; what a cookie holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from marketplace.accounts import deeds, person_deeds, sessions
from marketplace.accounts.child_models import PersonSession
from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.clock import now
from marketplace.extensions import db
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"


def enter(app: Flask, person: Person, **more: Any) -> FlaskClient:
    """A browser in which somebody signed in by the form."""
    browser = app.test_client()
    data = {"email": person.email, "password": PASSWORD, **more}
    assert browser.post("/login", data=data).location == "/mine"
    return browser


def cookie_of(browser: FlaskClient) -> str:
    found = browser.get_cookie("session")
    assert found is not None
    return found.value


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/mine").status_code == 200


def with_cookie(app: Flask, value: str) -> FlaskClient:
    thief = app.test_client()
    thief.set_cookie("session", value)
    return thief


def age(session: Session, person: Person, minutes: float) -> None:
    """Let the last use of every session of a person lie so far back."""
    moment = now() - timedelta(minutes=minutes)
    session.query(PersonSession).filter_by(person_id=person.id).update(
        {"seen_at": moment}
    )
    session.commit()


def test_signing_out_ends_the_cookie_that_was_copied(app: Flask, make: Factory) -> None:
    browser = enter(app, make.person("firm", make.organisation()), remember="y")
    copied = with_cookie(app, cookie_of(browser))
    assert is_in(copied)

    browser.post("/logout")

    assert not is_in(browser)
    assert not is_in(copied)


def test_no_cookie_signs_in_by_itself(app: Flask, make: Factory) -> None:
    person = make.person("firm", make.organisation())
    browser = enter(app, person, remember="y")

    assert browser.get_cookie("remember") is None
    forged = app.test_client()
    with forged.session_transaction() as cookie:
        cookie["_user_id"] = person.fs_uniquifier
    assert not is_in(forged)


def test_the_database_holds_no_token(
    app: Flask, make: Factory, session: Session
) -> None:
    browser = enter(app, make.person("firm", make.organisation()))

    with browser.session_transaction() as cookie:
        token = cookie[sessions.TOKEN]
    row = session.query(PersonSession).one()
    assert len(token) >= 40
    assert token not in (row.token_digest, row.agent)
    assert with_cookie(app, row.token_digest).get("/mine").status_code == 302


def test_signing_in_begins_anew(app: Flask, make: Factory) -> None:
    person = make.person("firm", make.organisation())
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["csrf_token"] = "planted"
        cookie["something"] = "planted"
        cookie[sessions.TOKEN] = "planted"
    planted = cookie_of(browser)

    browser.post("/login", data={"email": person.email, "password": PASSWORD})

    with browser.session_transaction() as cookie:
        assert "something" not in cookie
        assert cookie.get("csrf_token") != "planted"
        assert cookie[sessions.TOKEN] != "planted"
    assert not is_in(with_cookie(app, planted))


def test_signing_in_again_ends_the_session_before(
    app: Flask, make: Factory, session: Session
) -> None:
    person, other = make.person("firm"), make.person("firm")
    browser = enter(app, person)
    copied = with_cookie(app, cookie_of(browser))

    browser.post("/logout")
    browser.post("/login", data={"email": other.email, "password": PASSWORD})

    assert not is_in(copied)
    assert session.query(PersonSession).one().person_id == other.id


@pytest.mark.parametrize(
    ("role", "long", "minutes", "inside"),
    [
        ("firm", False, 29, True),
        ("firm", False, 30, False),
        ("firm", True, 31, True),
        ("firm", True, 479, True),
        ("firm", True, 480, False),
        ("desk", True, 479, True),
        ("operator", False, 29, True),
        ("operator", True, 29, True),
        ("operator", True, 30, False),
        ("auditor", True, 31, False),
    ],
)
def test_it_ends_when_nobody_does_anything(
    role: str,
    long: bool,
    minutes: int,
    inside: bool,
    app: Flask,
    make: Factory,
    session: Session,
) -> None:
    person = make.person(role, make.organisation())
    browser = enter(app, person, **({"remember": "y"} if long else {}))
    age(session, person, minutes)

    assert is_in(browser) == inside
    # Coming once does not bring back what has ended.
    assert is_in(browser) == inside


def test_who_came_to_run_the_site_has_no_long_session_left(
    app: Flask, make: Factory, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    browser = enter(app, person, remember="y")
    person_deeds.add_account(person.email, name="", roles=["operator"])
    age(session, person, 31)

    assert not is_in(browser)


def test_using_it_prolongs_it_and_is_noted_once_a_minute(
    app: Flask, make: Factory, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    browser = enter(app, person)
    age(session, person, 20)
    assert is_in(browser)
    seen = session.query(PersonSession).one().seen_at
    assert now() - seen < timedelta(seconds=30)
    writes: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("UPDATE", "INSERT", "DELETE")):
            writes.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for _ in range(3):
            assert is_in(browser)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert writes == []


def test_a_request_costs_one_look_by_an_index(
    app: Flask, make: Factory, session: Session
) -> None:
    browser = enter(app, make.person("firm", make.organisation()))
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "person_session" in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        browser.get("/algorithm")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) == 1
    if db.engine.dialect.name == "sqlite":
        plan = (
            session.connection()
            .exec_driver_sql(f"explain query plan {asked[0]}", ("x",))
            .fetchall()
        )
        assert "USING INDEX" in str(plan)


def test_one_or_all_are_ended_from_the_list(
    app: Flask, make: Factory, session: Session
) -> None:
    person, stranger = make.person("firm", make.organisation()), make.person("firm")
    here = enter(app, person)
    there = app.test_client()
    there.post(
        "/login",
        data={"email": person.email, "password": PASSWORD},
        headers={"User-Agent": CHROME},
    )
    others = enter(app, stranger)

    page = here.get("/account/sessions").text
    numbers = {
        row.id: row
        for row in session.query(PersonSession).filter_by(person_id=person.id)
    }
    strange = session.query(PersonSession).filter_by(person_id=stranger.id).one()
    assert "Chrome · Windows" in page
    assert page.count("就是这里") == 1
    assert here.post(f"/account/sessions/{strange.id}/end").status_code == 404
    there_id = next(n for n, row in numbers.items() if "Chrome" in row.agent)
    here.post(f"/account/sessions/{there_id}/end")
    assert (is_in(here), is_in(there), is_in(others)) == (True, False, True)

    again = enter(app, person)
    answer = here.post("/account/sessions/end-all")
    assert answer.location == "/login"
    assert (is_in(here), is_in(again), is_in(others)) == (False, False, True)


def test_a_new_password_ends_the_others(
    app: Flask, make: Factory, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    here, there = enter(app, person, remember="y"), enter(app, person)
    copied = with_cookie(app, cookie_of(here))
    fresh = "Gulou+7xkQwz"

    here.post(
        "/change",
        data={
            "password": PASSWORD,
            "new_password": fresh,
            "new_password_confirm": fresh,
        },
    )

    assert (is_in(here), is_in(there), is_in(copied)) == (True, False, False)
    assert session.query(PersonSession).one().idle_minutes == sessions.IDLE_BY_CHOICE


@pytest.mark.parametrize("deed", ["close", "reset", "column"])
def test_who_is_put_out_is_out_at_once(
    deed: str, app: Flask, make: Factory, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    browser = enter(app, person)
    assert is_in(browser)

    if deed == "close":
        person_deeds.close_account(person, by=None)
    elif deed == "reset":
        person_deeds.reset_account(person, by=None)
    else:
        person.active = False
        session.commit()

    assert not is_in(browser)
    assert browser.post("/account", data={"name": "别人"}).status_code in (302, 303)
    session.refresh(person)
    assert person.name != "别人"


def test_two_workers_know_the_same_sessions(new_site: Callable[..., Flask]) -> None:
    one, two = new_site(), new_site()
    with one.app_context():
        deeds.add_person("first@demo.example", name="甲", password=PASSWORD)
        person = find_person("first@demo.example")
        browser = enter(one, person)
        db.session.remove()
    other = with_cookie(two, cookie_of(browser))

    inside = is_in(browser), is_in(other)
    other.post("/logout")

    assert inside == (True, True)
    assert not is_in(browser)


def test_reading_goes_on_while_somebody_writes_for_long(
    new_site: Callable[..., Flask],
) -> None:
    site = new_site()
    with site.app_context():
        deeds.add_person("first@demo.example", name="甲", password=PASSWORD)
        person = find_person("first@demo.example")
        browser = enter(site, person)
        age(db.session, person, 5)
        db.session.remove()
        if db.engine.dialect.name != "sqlite":
            pytest.skip("only SQLite has one writer")
        with db.engine.connect() as writer:
            writer.exec_driver_sql("ROLLBACK")
            writer.connection.driver_connection.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            inside = is_in(browser)
            took = time.monotonic() - began
            writer.connection.driver_connection.execute("ROLLBACK")
            writer.invalidate()

    assert inside
    assert took < 5


def test_old_ones_are_swept(app: Flask, make: Factory, session: Session) -> None:
    person, other = make.person("firm"), make.person("firm")
    enter(app, person)
    enter(app, other)
    age(session, person, 60 * 24 * 7 + 1)

    removed = sessions.remove_sessions(now() - sessions.REMEMBERED)

    assert removed == 1
    assert session.query(PersonSession).one().person_id == other.id


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/128.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox · Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile MicroMessenger/8.0.49",
            "微信 · 安卓",
        ),
        ("", "未知的浏览器"),
        ("curl/8.5", "未知的浏览器"),
        ("<script>alert(1)</script>" * 99, "未知的浏览器"),
    ],
)
def test_a_browser_is_named_in_short(header: str, name: str) -> None:
    assert sessions.name_agent(header) == name
