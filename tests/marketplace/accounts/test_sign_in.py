"""Signing in and out: words, where one is led, the lock after five failures, and what a guest may not open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"


def knock(
    client: FlaskClient, email: str, password: str = PASSWORD, **more: Any
) -> Any:
    return client.post("/login", data={"email": email, "password": password}, **more)


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("", "/mine"),
        ("?next=/mine/demand/new", "/mine/demand/new"),
        ("?next=/search%3Fq%3D轴承%26page%3D2", "/search"),
        ("?next=%5C%5Cevil.example", "/%5C%5Cevil.example"),
        ("?next=/%5Cevil.example", "/%5Cevil.example"),
    ],
)
def test_after_signing_in_one_is_led_on(
    asked: str, led: str, client: FlaskClient, make: Factory
) -> None:
    person = make.person("firm", make.organisation())

    answer = client.post(
        f"/login{asked}", data={"email": person.email, "password": PASSWORD}
    )

    to = urlsplit(urljoin("http://localhost/login", answer.location.replace("\\", "/")))
    assert (answer.status_code, to.netloc, to.path) == (302, "localhost", led)


def test_a_guest_is_led_in_and_back(client: FlaskClient, make: Factory) -> None:
    person = make.person("firm", make.organisation())
    sent = client.get("/mine/demand/new?title=轴承")

    door = client.get(sent.location)
    answer = knock(client, person.email, query_string=sent.location.partition("?")[2])

    assert sent.location.startswith("/login?next=/mine/demand/new")
    assert door.status_code == 200
    assert answer.location.startswith("/mine/demand/new")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody@demo.example", PASSWORD),
        ("", PASSWORD),
        ("KNOWN", "wrong"),
        ("KNOWN", ""),
        ("not an address", "x"),
        ("' or 1=1 --", "x"),
    ],
)
def test_a_failure_is_said_in_chinese_and_tells_nothing(
    email: str, password: str, client: FlaskClient, make: Factory
) -> None:
    known = make.person("firm", make.organisation()).email

    answer = knock(client, known if email == "KNOWN" else email, password)

    said = answer.text.split('class="error-summary"')[1].split("</div>")[0]
    assert answer.status_code == 200
    assert "账号或密码不对" in said
    assert "failed" not in said.casefold()


def test_the_address_is_known_in_any_case(client: FlaskClient, make: Factory) -> None:
    person = make.person("firm", make.organisation())

    assert knock(client, person.email.upper()).location == "/mine"


def test_a_closed_account_stays_out(
    client: FlaskClient, make: Factory, session: Any
) -> None:
    person = make.person("firm", make.organisation())
    person.active = False
    session.commit()

    answer = knock(client, person.email)

    assert answer.status_code == 200
    assert client.get("/mine").status_code == 302


def test_only_a_session_signs_in(
    client: FlaskClient, make: Factory, app: Flask
) -> None:
    person = make.person("firm", make.organisation())
    token = person.get_auth_token()
    as_json = {"email": person.email, "password": PASSWORD}

    assert client.post("/login?include_auth_token", json=as_json).status_code == 422
    assert client.get("/mine").status_code == 302
    for where in (
        {"headers": {"Authentication-Token": token}},
        {"query_string": {"auth_token": token}},
    ):
        assert client.get("/mine", **where).status_code == 302


def test_signing_out_takes_a_post(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    by_link = browser.get("/logout").status_code
    still_in = browser.get("/mine").status_code
    out = browser.post("/logout")

    assert (by_link, still_in) == (404, 200)
    assert out.location == "/"
    assert browser.get("/mine").status_code == 302


def test_a_password_is_changed_with_the_old_one(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    person = make.person("firm", make.organisation())
    browser = sign_in(person)
    fresh = "Another-long-1password"

    wrong = browser.post(
        "/change",
        data={"password": "x", "new_password": fresh, "new_password_confirm": fresh},
    )
    short = browser.post(
        "/change",
        data={
            "password": PASSWORD,
            "new_password": "short",
            "new_password_confirm": "short",
        },
    )
    unlike = browser.post(
        "/change",
        data={
            "password": PASSWORD,
            "new_password": fresh,
            "new_password_confirm": "x" * 12,
        },
    )
    right = browser.post(
        "/change",
        data={
            "password": PASSWORD,
            "new_password": fresh,
            "new_password_confirm": fresh,
        },
    )

    assert "现在的密码不对" in wrong.text
    assert "至少 10 个字符" in short.text
    assert "两次填写的密码不一样" in unlike.text
    assert right.status_code in (302, 303)
    assert knock(client, person.email).status_code == 200
    assert knock(client, person.email, fresh).location == "/mine"
    assert browser.get("/mine").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/search?q=%E8%BD%B4%E6%89%BF", "/search"),
        ("//evil.example", "/mine"),
        ("//evil.example/x", "/mine"),
        ("https://evil.example/", "/mine"),
        ("%20//evil.example", "/mine"),
        ("///evil.example", "/"),
        ("https:evil.example", "/mine"),
        ("https:/evil.example", "/mine"),
        ("javascript:alert(1)", "/mine"),
        ("/%09/evil.example", "/mine"),
        ("http://localhost@evil.example/", "/mine"),
        ("\\\\evil.example", "%5C%5Cevil.example"),
    ],
)
def test_a_link_that_leads_elsewhere_keeps_nobody_out(
    wanted: str, leads: str, app: Flask, make: Factory
) -> None:
    person = make.person("firm", make.organisation())
    data = {"email": person.email, "password": "a-long-enough-password"}

    answer = app.test_client().post(f"/login?next={wanted}", data=data)

    assert answer.status_code == 302
    assert answer.location.startswith(leads)
    assert "//" not in answer.location
