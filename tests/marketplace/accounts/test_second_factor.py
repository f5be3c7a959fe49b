"""The second factor: who needs one, the first sign-in with it, codes that open once, spare codes, resetting."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from passlib.totp import TOTP
from sqlalchemy.orm import Session

from config import Config
from marketplace.accounts import person_deeds
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db
from tests.factories import Factory, new_uscc
from tests.marketplace.accounts.mailbox import Mailbox
from tests.served import LIVE_SETTINGS

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The site as a live one asks for it."""
    monkeypatch.setitem(app.config, "SECOND_FACTOR", True)
    return app


def enter(browser: FlaskClient, person: Person, **more: Any) -> Any:
    data = {"email": person.email, "password": PASSWORD, **more}
    return browser.post("/login", data=data)


def code_for(key: str, steps: int = 0) -> str:
    """What an app shows, so many half minutes from now."""
    return str(TOTP(key=key.replace("-", "")).generate(time.time() + 30 * steps).token)


def key_of(page: str) -> str:
    return re.search(r'class="secret">([^<]+)<', page).group(1)  # type: ignore[union-attr]


def set_up(browser: FlaskClient, person: Person) -> str:
    """Sign in for the first time; the key of the app."""
    assert enter(browser, person).location.endswith("/tf-setup")
    page = browser.post("/tf-setup", data={"setup": "authenticator"}).text
    key = key_of(page)
    answer = browser.post("/tf-validate", data={"code": code_for(key, -1)})
    assert answer.location == "/mine"
    return key


NEEDED = {
    "operator": True,
    "auditor": True,
    "desk": True,
    "researcher": False,
    "firm": False,
    "broker": False,
}


@pytest.mark.parametrize("role", NEEDED)
def test_who_runs_the_site_and_desks_need_one(
    role: str, strict: Flask, client: FlaskClient, make: Factory
) -> None:
    person = make.person(role, make.organisation())

    led = enter(client, person).location

    assert led.endswith("/tf-setup") == NEEDED[role]
    assert client.get("/mine").status_code == (302 if NEEDED[role] else 200)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"MARKET_ENV": "demo"}, False),
        ({"MARKET_ENV": "demo", "SECOND_FACTOR": "1"}, True),
        ({"MARKET_ENV": "live", **LIVE_SETTINGS}, True),
        ({"MARKET_ENV": "live", **LIVE_SETTINGS, "SECOND_FACTOR": "0"}, False),
    ],
)
def test_a_live_site_asks_for_it(
    environ: dict[str, str], wanted: bool, tmp_path: Any
) -> None:
    config = Config.from_env(environ | {"DATA_DIR": str(tmp_path)})

    assert config.flask_settings()["SECOND_FACTOR"] is wanted


def test_it_is_set_up_at_the_first_sign_in(
    strict: Flask, client: FlaskClient, make: Factory, session: Session
) -> None:
    person = make.person("operator", make.organisation())
    enter(client, person)
    begin = client.get("/tf-setup").text
    page = client.post("/tf-setup", data={"setup": "authenticator"}).text
    key = key_of(page)
    wrong = client.post("/tf-validate", data={"code": "000000"})
    right = client.post("/tf-validate", data={"code": code_for(key)})
    led = client.get("/mine")
    codes = client.post("/mf-recovery-codes").text

    assert "您的账号必须设" in begin
    assert "data:image/svg+xml;base64," in page
    assert "动态码不对" in wrong.text
    assert right.location == "/mine"
    assert led.location.endswith("/mf-recovery-codes")
    assert len(re.findall(r'class="secret">[0-9a-f-]{14}<', codes)) == 8
    assert client.get("/mine").status_code == 200
    session.refresh(person)
    assert key.replace("-", "") not in (person.tf_totp_secret or "")


def test_the_second_time_it_takes_the_code(
    strict: Flask, app: Flask, client: FlaskClient, make: Factory
) -> None:
    person = make.person("operator", make.organisation())
    key = set_up(client, person)
    client.post("/mf-recovery-codes")
    elsewhere = app.test_client()

    led = enter(elsewhere, person)
    half_way = elsewhere.get("/mine")
    page = elsewhere.get("/tf-validate")
    entered = elsewhere.post(
        "/tf-validate", data={"code": f" {code_for(key)[:3]} {code_for(key)[3:]} "}
    )

    assert led.location.partition("?")[0].endswith("/tf-validate")
    assert half_way.status_code == 302
    assert "输入动态码" in page.text
    assert entered.location == "/mine"
    assert elsewhere.get("/mine").status_code == 200


def test_no_code_opens_twice(
    strict: Flask, app: Flask, client: FlaskClient, make: Factory
) -> None:
    person = make.person("operator", make.organisation())
    key = set_up(client, person)
    code = code_for(key)
    first, second, third = app.test_client(), app.test_client(), app.test_client()
    for browser in (first, second, third):
        enter(browser, person)

    assert first.post("/tf-validate", data={"code": code}).location == "/mine"
    assert "已经用过" in second.post("/tf-validate", data={"code": code}).text
    assert (
        "已经用过" in third.post("/tf-validate", data={"code": code_for(key, -2)}).text
    )
    assert second.get("/mine").status_code == 302


def test_wrong_codes_lock_the_account(
    strict: Flask,
    app: Flask,
    client: FlaskClient,
    make: Factory,
    mailbox: Mailbox,
    session: Session,
) -> None:
    person = make.person("operator", make.organisation())
    key = set_up(client, person)
    browser = app.test_client()
    enter(browser, person)
    for _ in range(5):
        browser.post("/tf-validate", data={"code": "000000"})

    right = browser.post("/tf-validate", data={"code": code_for(key)})
    spare = browser.post("/mf-recovery", data={"code": "x"})

    assert "动态码不对" in right.text
    assert spare.status_code == 200
    assert "账号或密码不对" in enter(app.test_client(), person).text
    assert person.email in mailbox.receivers()


def test_a_spare_code_opens_once(
    strict: Flask, app: Flask, client: FlaskClient, make: Factory
) -> None:
    person = make.person("desk", make.organisation())
    set_up(client, person)
    codes = re.findall(
        r'class="secret">([0-9a-f-]{14})<', client.post("/mf-recovery-codes").text
    )
    first, second = app.test_client(), app.test_client()
    enter(first, person)
    enter(second, person)

    page = first.get("/mf-recovery")
    entered = first.post("/mf-recovery", data={"code": f" {codes[3].upper()} "})
    again = second.post("/mf-recovery", data={"code": codes[3]})

    assert "备用码" in page.text
    assert entered.location == "/mine"
    assert "备用码不对，或已经用过" in again.text
    assert "还有 7 个备用码" in first.get("/account").text


def test_wrong_spare_codes_lock_too(
    strict: Flask, app: Flask, client: FlaskClient, make: Factory
) -> None:
    person = make.person("operator", make.organisation())
    set_up(client, person)
    codes = re.findall(
        r'class="secret">([0-9a-f-]{14})<', client.post("/mf-recovery-codes").text
    )
    browser = app.test_client()
    enter(browser, person)
    for _ in range(5):
        browser.post("/mf-recovery", data={"code": "0000-0000-0000"})

    assert "备用码" in browser.post("/mf-recovery", data={"code": codes[0]}).text
    assert browser.get("/mine").status_code == 302


def test_without_the_password_there_is_no_second_step(
    client: FlaskClient, session: Session
) -> None:
    for address in ("/tf-validate", "/mf-recovery", "/tf-setup"):
        assert client.get(address).status_code == 302
        assert (
            client.post(
                address, data={"code": "123456", "setup": "authenticator"}
            ).status_code
            == 302
        )


@pytest.mark.parametrize("asked", [True, False])
def test_who_need_not_may_have_one_and_give_it_up(
    asked: bool,
    app: Flask,
    make: Factory,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
) -> None:
    person = make.person("operator", make.organisation())
    browser = sign_in(person)
    page = browser.post("/tf-setup", data={"setup": "authenticator"}).text
    target = re.search(r'action="(/tf-setup/[^"]+)"', page).group(1)  # type: ignore[union-attr]
    browser.post(target, data={"code": code_for(key_of(page))})
    browser.post("/mf-recovery-codes")
    assert "已设好" in browser.get("/account").text
    monkeypatch.setitem(app.config, "SECOND_FACTOR", asked)

    browser.post("/tf-setup", data={"setup": "disable"})

    session.refresh(person)
    assert bool(person.tf_primary_method) == asked


def test_opening_its_page_signs_nobody_out(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("firm", make.organisation()))
    for address in (
        "/tf-validate",
        "/mf-recovery",
        "/confirm/x",
        "/reset/x",
        "/change-email/x",
    ):
        browser.get(address)

    assert browser.get("/mine").status_code == 200


def test_the_operator_resets_it(
    strict: Flask, app: Flask, client: FlaskClient, make: Factory, session: Session
) -> None:
    person = make.person("operator", make.organisation())
    set_up(client, person)
    with app.test_request_context():
        person_deeds.reset_account(person, by=None)
        link = person_deeds.make_link(person)
    fresh = "Gulou+7xkQwz"
    path = "/" + link.split("/", 3)[3]
    browser = app.test_client()
    browser.post(path, data={"password": fresh, "password_confirm": fresh})

    assert client.get("/mine").status_code == 302
    assert "账号或密码不对" in enter(browser, person).text
    assert enter(browser, person, password=fresh).location.endswith("/tf-setup")


def test_who_owes_a_second_factor_sends_no_form_either(
    strict: Flask, make: Factory, sign_in: SignIn, session: Session
) -> None:
    """Somebody was given a role while their page was open: the form waits, as a page would."""
    firm = make.organisation(verified=False)
    browser = sign_in(make.person("operator", make.organisation()))
    form = {"checked": "营业执照", "uscc": new_uscc()}

    answer = browser.post(f"/office/organisations/{firm.id}/verify", data=form)

    session.refresh(firm)
    assert firm.state == "unverified"
    assert answer.location.startswith("/account/held/")
    assert browser.get(answer.location).location.endswith("/tf-setup")
    assert browser.post("/trial", data={"problem": "轴承"}).status_code != 303


@pytest.mark.parametrize("kind", ["app", "spare"])
def test_one_code_in_two_browsers_at_once_opens_once(
    kind: str, new_site: Callable[..., Flask]
) -> None:
    """On PostgreSQL both would read that the code is unused."""
    site = new_site(SECOND_FACTOR=True)
    with site.app_context():
        person_deeds.add_account("op@demo.example", name="示例", roles=["operator"])
        person = person_deeds.get_account("op@demo.example")
        person.password, person.confirmed_at = hash_password(PASSWORD), now()
        person.password_set_at = now()
        db.session.commit()
        person = SimpleNamespace(email=person.email)
    key = set_up(site.test_client(), person)  # type: ignore[arg-type]
    address, code = "/tf-validate", code_for(key)
    if kind == "spare":
        with site.test_request_context():
            owner = person_deeds.get_account(person.email)
            codes = site.extensions["security"]._mf_recovery_codes_util
            code = codes.create_recovery_codes(owner)[0]
        address = "/mf-recovery"
    browsers = [site.test_client() for _ in range(4)]
    for browser in browsers:
        enter(browser, person)  # type: ignore[arg-type]

    def press(browser: FlaskClient) -> bool:
        return bool(browser.post(address, data={"code": code}).location == "/mine")

    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(press, browsers))

    assert sorted(opened) == [False, False, False, True]
