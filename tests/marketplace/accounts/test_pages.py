"""Pages about one's own account, and those of signing in that only a link, a right password or a held form opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import contact_consents, person_deeds
from marketplace.accounts.child_models import PersonSession
from marketplace.clock import now
from tests.factories import Factory
from tests.marketplace.accounts.mailbox import Mailbox
from tests.test_every_page import check_page

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"


def test_pages_that_are_not_walked_have_no_fault(
    app: Flask,
    make: Factory,
    client: FlaskClient,
    mailbox: Mailbox,
    session: Session,
    sign_in: SignIn,
) -> None:
    person = make.person("firm", make.organisation())
    client.post("/reset", data={"email": person.email})
    check_page(client.get(mailbox.link("/reset/")), "reset")
    browser = sign_in(person)
    check_page(browser.get("/verify"), "verify")
    browser.post("/mine/demand/7/submit")
    session.query(PersonSession).update({"seen_at": now() - timedelta(hours=9)})
    session.commit()
    sent = browser.post("/mine/demand/7/submit", data={"note": "请看一下"})
    check_page(browser.get(sent.location), "login of an ended session")
    held = browser.post(
        sent.location, data={"email": person.email, "password": PASSWORD}
    ).location
    check_page(browser.get(held), "held")
    person.tf_primary_method = "authenticator"
    person.tf_totp_secret = app.extensions[
        "security"
    ].totp_factory.generate_totp_secret()
    session.commit()
    half_way = app.test_client()
    half_way.post("/login", data={"email": person.email, "password": PASSWORD})
    check_page(half_way.get("/tf-validate"), "code")
    check_page(half_way.get("/mf-recovery"), "spare code")


@pytest.mark.parametrize(
    ("values", "stored", "words"),
    [
        ({"name": "新名", "mobile": ""}, ("新名", None), ""),
        (
            {"name": " 新\u200b 名 ", "mobile": "138 0013 8000"},
            ("新 名", "+8613800138000"),
            "",
        ),
        *(
            ({"name": name, "mobile": ""}, (name, None), "")
            for name in (
                "阿卜杜拉·买买提",
                "Jean-Luc O’Neil Jr.",
                "Đặng Thị Ngọc",
                "王建国（示例）",
                "𠮷野",
                "བསྟན་འཛིན",
                "张伟2",
            )
        ),
        ({"name": "新♥名", "mobile": ""}, None, "不能有「♥」"),
        ({"name": "", "mobile": ""}, None, "请填写姓名"),
        ({"name": "。", "mobile": ""}, None, "不能只有符号"),
        ({"name": "新名", "mobile": "1380013800"}, None, "这不是手机号"),
        ({"name": "新名", "mobile": "13900139000"}, None, "不能用作登录名"),
    ],
)
def test_name_and_number_are_changed(
    values: dict[str, str],
    stored: tuple[str, str | None] | None,
    words: str,
    make: Factory,
    sign_in: SignIn,
    session: Session,
) -> None:
    other, person = make.person("firm"), make.person("firm", make.organisation())
    other.mobile = "+8613900139000"
    session.commit()
    before = (person.name, person.mobile)

    answer = sign_in(person).post("/account", data=values)

    session.refresh(person)
    assert (person.name, person.mobile) == (stored or before)
    assert answer.status_code == (303 if stored else 422)
    assert words in answer.text


def test_the_account_says_what_was_agreed_to(
    client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    fresh = "Gulou+7xkQwz"
    data = {
        "email": "new@demo.example",
        "name": "新人",
        "password": fresh,
        "password_confirm": fresh,
        "agreed": "y",
    }
    client.post("/register", data=data)
    client.get(mailbox.link("/confirm/"))
    client.post("/login", data=data)

    page = client.get("/account").text

    assert re.search(
        r"用户协议：\d{4}-\d\d-\d\d \d\d:\d\d 同意，版本 [0-9a-f]{8}", page
    )
    assert "隐私政策：" in page


@pytest.mark.parametrize("kind", contact_consents.CONSENTS)
def test_a_consent_about_contacts_bears_its_name(
    make: Factory, sign_in: SignIn, kind: str
) -> None:
    person = make.person("firm", make.organisation("同意的公司"))
    person_deeds.set_consent(person, kind, given=True)
    title, _text = contact_consents.CONSENTS[kind]

    page = sign_in(person).get("/account").text

    assert f"{title}：" in page
    assert kind not in page


def test_a_live_site_reminds_its_operator_of_the_texts(
    app: Flask,
    make: Factory,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
) -> None:
    monkeypatch.setitem(app.config, "ENVIRONMENT", "live")
    operator, firm = (
        make.person("operator", make.organisation()),
        make.person("firm", make.organisation()),
    )

    assert sign_in(operator).get("/mine").text.count("有要填写的地方") == 2
    assert "有要填写的地方" not in sign_in(firm).get("/mine").text


def test_nobody_sees_the_sessions_of_somebody_else(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    person, stranger = make.person("firm"), make.person("operator")
    sign_in(person)
    row_id = session.query(PersonSession.id).filter_by(person_id=person.id).scalar()

    answer = sign_in(stranger).post(f"/account/sessions/{row_id}/end")

    assert answer.status_code == 404
    assert session.get(PersonSession, row_id) is not None
