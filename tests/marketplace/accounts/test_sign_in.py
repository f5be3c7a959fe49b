"""Signing in and out: words, where one is led, the lock after five failures, and what a guest may not open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from config import Config
from marketplace import create_app
from marketplace.accounts import deeds as account_deeds
from marketplace.extensions import limiter
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


@pytest.mark.parametrize(
    "led",
    [
        "//evil.example/x",
        "https://evil.example/",
        "javascript:alert(1)",
        "%20//evil.example",
    ],
)
def test_nobody_is_led_to_another_site(
    led: str, client: FlaskClient, make: Factory
) -> None:
    person = make.person("firm", make.organisation())

    answer = client.post(
        f"/login?next={led}", data={"email": person.email, "password": PASSWORD}
    )

    assert (answer.status_code, answer.location) == (200, None)
    assert "不能跳转到别的网站" in answer.text


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
    assert "邮箱或密码不对" in said
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
    answer = client.post(
        "/login?include_auth_token", json={"email": person.email, "password": PASSWORD}
    )
    token = answer.json["response"]["user"]["authentication_token"]
    elsewhere = app.test_client()

    assert client.get("/mine").status_code == 200
    assert (
        elsewhere.get("/mine", headers={"Authentication-Token": token}).status_code
        == 302
    )
    assert elsewhere.get(f"/mine?auth_token={token}").status_code == 302


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
    fresh = "another-long-password"

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


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application of its own whose limits are on."""
    config = Config.from_env({"MARKET_ENV": "test", "DATA_DIR": str(tmp_path)})

    class Limited:
        def flask_settings(self) -> dict[str, Any]:
            return config.flask_settings() | {"RATELIMIT_ENABLED": True}

    before = {
        name: getattr(limiter, name)
        for name in ("enabled", "initialized", "_storage", "_limiter")
    }
    limiter.enabled = True
    site = create_app(Limited())
    try:
        with site.app_context():
            upgrade()
            account_deeds.seed_roles()
            for name in ("first", "second"):
                account_deeds.add_person(
                    f"{name}@demo.example", name=name, password=PASSWORD
                )
        yield site
    finally:
        for name, value in before.items():
            setattr(limiter, name, value)


def test_five_failures_lock_one_account_for_one_address(guarded: Flask) -> None:
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    spellings = [
        "first@demo.example",
        "FIRST@demo.example",
        " first@demo.example",
        "ｆirst@demo.example",
        "first@Demo.example",
    ]
    tries = [
        knock(guarded.test_client(), one, "wrong", environ_base=here).status_code
        for one in spellings
    ]

    locked = knock(guarded.test_client(), "first@demo.example", environ_base=here)
    other_account = knock(
        guarded.test_client(), "second@demo.example", environ_base=here
    )
    other_address = knock(
        guarded.test_client(), "first@demo.example", environ_base=there
    )

    assert tries == [200] * 5
    assert locked.status_code == 429
    assert "15 分钟内不能再试" in locked.text
    assert other_account.location == other_address.location == "/mine"


def test_a_success_is_no_failure(guarded: Flask) -> None:
    answers = [
        knock(guarded.test_client(), "first@demo.example").status_code for _ in range(8)
    ]

    assert answers == [302] * 8
