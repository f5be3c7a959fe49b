"""Registering, confirming, recovering, another address: what is sent, what links do, nothing tells who is known."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import utils
from sqlalchemy.orm import Session

from marketplace.accounts import agreements, mail
from marketplace.accounts.child_models import AgreementText, Consent
from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.clock import now
from tests.factories import Factory
from tests.marketplace.accounts.mailbox import Mailbox

SignIn = Callable[..., FlaskClient]
PASSWORD = "Dongchang+7Lake"
FORM = {
    "email": "new@demo.example",
    "name": "示例新人",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "agreed": "y",
}


def said(page: str) -> str:
    """What a page tells above its form, without what was typed."""
    found = re.findall(r'class="(?:messages|error-summary)".*?</div>', page, re.S)
    return re.sub(r"[\w.+-]+@[\w.-]+", "ADDRESS", " ".join(found))


def test_one_registers_confirms_and_signs_in(
    client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    registered = client.post("/register", data=FORM, follow_redirects=True)
    too_early = client.post("/login", data=FORM)
    link = mailbox.link("/confirm/")
    confirmed = client.get(link, follow_redirects=True)
    entered = client.post("/login", data=FORM)

    assert "点确认邮件里的链接" in registered.text
    assert "邮箱还没有确认" in too_early.text
    assert "邮箱已确认" in confirmed.text
    assert entered.location == "/mine"
    assert client.get("/mine").status_code == 200
    person = find_person("new@demo.example")
    assert person is not None
    assert (person.name, person.mobile, person.role_names) == (
        "示例新人",
        None,
        frozenset(),
    )


def test_what_was_agreed_to_is_noted_with_its_text_and_time(
    client: FlaskClient, session: Session
) -> None:
    client.post("/register", data=FORM)

    person = find_person("new@demo.example")
    consents = session.query(Consent).filter_by(person_id=person.id).all()
    assert {consent.kind for consent in consents} == {"terms", "privacy"}
    for consent in consents:
        shown = agreements.present_agreement(consent.kind)
        stored = session.get(AgreementText, consent.version)
        assert stored is not None
        assert stored.text == shown.text
        assert now() - consent.given_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agreed": ""}, "请先阅读"),
        ({"name": ""}, "请填写姓名"),
        ({"name": " \u200b "}, "请填写姓名"),
        ({"name": "、。"}, "不能只有符号"),
        ({"name": "张三😀"}, "不能有「😀」"),
        ({"name": "张★三"}, "不能有「★」"),
        ({"name": "<b>张三</b>"}, "不能有「&lt;」"),
        ({"name": "张三@聊城"}, "不能有「@」"),
        ({"name": "张\ue000三"}, "不能有"),
        ({"name": "长" * 41}, ""),
        ({"email": ""}, "请填写邮箱"),
        ({"email": "no address"}, "邮箱写得不对"),
        ({"email": "a@b"}, "邮箱写得不对"),
        ({"email": "a" * 250 + "@b.example"}, "邮箱写得不对"),
        ({"mobile": "12345"}, "这不是手机号"),
        ({"mobile": "0635-8230000"}, "这不是手机号"),
        ({"mobile": "手机"}, "这不是手机号"),
        ({"password_confirm": "Another+1pass"}, "不一样"),
        ({"password": "", "password_confirm": ""}, "请填写密码"),
        ({"password": "short", "password_confirm": "short"}, "至少 10 个字符"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    changes: dict[str, str],
    words: str,
    client: FlaskClient,
    mailbox: Mailbox,
    session: Session,
) -> None:
    answer = client.post("/register", data=FORM | changes)

    assert answer.status_code == 200
    assert words in said(answer.text)
    assert "error-summary" in answer.text
    assert session.query(Person).count() == 0
    assert mailbox.mails() == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
    ],
)
def test_a_mobile_number_is_a_second_sign_in_name_in_any_spelling(
    typed: str, stored: str, client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    client.post("/register", data=FORM | {"mobile": typed})
    client.get(mailbox.link("/confirm/"))

    person = find_person("new@demo.example")
    assert person.mobile == stored
    by_number = client.post("/login", data={"email": typed, "password": PASSWORD})
    assert by_number.location == "/mine"


@pytest.mark.parametrize(
    "spelling",
    [
        "NEW@demo.example",
        " new@demo.example ",
        "new@Demo.Example",
        "new@de\ufe0fmo.example",
        "n\u200bew@demo.example",
        "new@demo。example",
        "ｎｅｗ＠demo.example",
        "new@de\u034fmo.example",
    ],
)
def test_every_spelling_is_one_account(
    spelling: str, client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    client.post("/register", data=FORM)
    client.get(mailbox.link("/confirm/"))

    client.post("/register", data=FORM | {"email": spelling, "name": "别人"})
    entered = client.post("/login", data={"email": spelling, "password": PASSWORD})

    assert session.query(Person).count() == 1
    assert entered.location == "/mine"


def test_a_known_address_gets_a_mail_and_nobody_else_is_told(
    client: FlaskClient, make: Factory, mailbox: Mailbox, session: Session
) -> None:
    known = make.person("firm", make.organisation())
    name = known.name

    new = client.post("/register", data=FORM, follow_redirects=True)
    old = client.post(
        "/register", data=FORM | {"email": known.email}, follow_redirects=True
    )

    assert said(new.text) == said(old.text) != ""
    assert (new.request.path, new.status_code) == (old.request.path, old.status_code)
    to_new, to_old = mailbox.mails()
    assert (to_new["To"], to_old["To"]) == ("new@demo.example", known.email)
    assert to_new["Subject"] == to_old["Subject"]
    assert "已经有账号" in mailbox.texts()[-1]
    session.refresh(known)
    assert known.name == name


def test_a_taken_mobile_number_is_told_to_nobody(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    known = make.person("firm", make.organisation())
    known.mobile = "+8613800138000"
    session.commit()

    free = client.post(
        "/register", data=FORM | {"mobile": "13900139000"}, follow_redirects=True
    )
    taken = client.post(
        "/register",
        data=FORM | {"email": "two@demo.example", "mobile": "13800138000"},
        follow_redirects=True,
    )

    assert said(free.text) == said(taken.text) != ""
    assert find_person("two@demo.example").mobile is None


@pytest.mark.parametrize("address", ["/reset", "/confirm"])
@pytest.mark.parametrize("state", ["open", "closed", "unconfirmed"])
def test_asking_for_a_mail_tells_nothing(
    address: str,
    state: str,
    client: FlaskClient,
    make: Factory,
    mailbox: Mailbox,
    session: Session,
) -> None:
    known = make.person("firm", make.organisation())
    # Not where it is so already: a commit that changes nothing leaves nothing in the audit.
    if state == "closed":
        known.active = False
    if state == "unconfirmed":
        known.confirmed_at = None
    session.commit()

    to_known = client.post(address, data={"email": known.email})
    sent = mailbox.receivers()
    to_nobody = client.post(address, data={"email": "nobody@demo.example"})

    assert said(to_known.text) == said(to_nobody.text) != ""
    assert to_known.status_code == to_nobody.status_code == 200
    expected = {
        ("/reset", "open"): [known.email],
        ("/reset", "unconfirmed"): [known.email],
        ("/confirm", "unconfirmed"): [known.email],
    }
    assert sent == expected.get((address, state), [])
    assert mailbox.receivers() == sent


class Work:
    """Counts the work that takes time: hashes of passwords, mails that are made, writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        context = utils._security.pwd_context
        for name in ("hash", "verify", "verify_and_update"):
            self._count(monkeypatch, context, name, "hash")
        self._count(monkeypatch, mail, "queue_mail", "mail")

    def _count(self, monkeypatch: Any, owner: Any, name: str, kind: str) -> None:
        real = getattr(owner, name)

        def counted(*values: Any, **more: Any) -> Any:
            self.done.append(kind)
            return real(*values, **more)

        monkeypatch.setattr(owner, name, counted)

    def take(self) -> list[str]:
        """What was done since last asked."""
        done, self.done = self.done, []
        return sorted(done)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/login", {"password": "Wrong+password1"}),
        ("/register", FORM),
        ("/reset", {}),
        ("/confirm", {}),
    ],
)
def test_an_unknown_address_takes_the_same_work(
    address: str,
    form: dict[str, str],
    app: Flask,
    client: FlaskClient,
    make: Factory,
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
) -> None:
    known = make.person("firm", make.organisation())
    if address == "/confirm":
        known.confirmed_at = None
        session.commit()
    work = Work(monkeypatch)

    client.post(address, data=form | {"email": known.email})
    for_known = work.take()
    client.post(address, data=form | {"email": "nobody@demo.example"})
    for_nobody = work.take()

    assert for_known == for_nobody != []


def test_a_confirmation_link_opens_once_and_ends(
    client: FlaskClient,
    mailbox: Mailbox,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.post("/register", data=FORM)
    link = mailbox.link("/confirm/")

    wrong = client.get(f"{link}x", follow_redirects=True)
    first = client.get(link, follow_redirects=True)
    again = client.get(link, follow_redirects=True)

    assert "确认链接无效" in wrong.text
    assert "邮箱已确认，请登录" in first.text
    assert "已经确认过了，请登录" in again.text
    assert again.request.path == "/login"
    # Used and over is used: nothing is to be confirmed once more.
    monkeypatch.setitem(client.application.config, "SECURITY_CONFIRM_EMAIL_WITHIN", timedelta(seconds=-1))  # fmt: skip
    assert "已经确认过了，请登录" in client.get(link, follow_redirects=True).text
    client.post("/login", data=FORM)
    assert "已经确认过了。" in client.get(link, follow_redirects=True).text


def test_links_end(
    app: Flask,
    client: FlaskClient,
    mailbox: Mailbox,
    make: Factory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make.person("firm", make.organisation())
    client.post("/register", data=FORM)
    client.post("/reset", data={"email": person.email})
    over = timedelta(seconds=-1)
    monkeypatch.setitem(app.config, "SECURITY_CONFIRM_EMAIL_WITHIN", over)
    monkeypatch.setitem(app.config, "SECURITY_RESET_PASSWORD_WITHIN", over)

    confirm = client.get(mailbox.link("/confirm/"), follow_redirects=True)
    reset = client.get(mailbox.link("/reset/"), follow_redirects=True)

    assert "确认链接已过期" in confirm.text
    assert "链接已过期" in reset.text


def test_a_forgotten_password_is_set_anew_by_mail_once(
    client: FlaskClient, make: Factory, mailbox: Mailbox, sign_in: SignIn
) -> None:
    person = make.person("firm", make.organisation())
    elsewhere = sign_in(person)
    client.post("/reset", data={"email": person.email})
    link = mailbox.link("/reset/")
    form = {"password": PASSWORD, "password_confirm": PASSWORD}

    weak = client.post(link, data={"password": "x" * 12, "password_confirm": "x" * 12})
    done = client.post(link, data=form, follow_redirects=True)
    again = client.post(link, data=form, follow_redirects=True)

    assert "四类" in weak.text
    assert "密码已设好" in done.text
    assert "无效或已经用过" in again.text
    assert elsewhere.get("/mine").status_code == 302
    entered = client.post("/login", data={"email": person.email, "password": PASSWORD})
    assert entered.location == "/mine"
    assert "密码刚刚通过邮件链接重设" in mailbox.texts()[-1]


def test_two_links_are_asked_for_and_one_is_used(
    client: FlaskClient, make: Factory, mailbox: Mailbox
) -> None:
    person = make.person("firm", make.organisation())
    client.post("/reset", data={"email": person.email})
    first = mailbox.link("/reset/")
    client.post("/reset", data={"email": person.email})
    second = mailbox.link("/reset/")

    client.post(second, data={"password": PASSWORD, "password_confirm": PASSWORD})
    late = client.get(first, follow_redirects=True)

    assert "无效或已经用过" in late.text


def test_another_address_is_confirmed_there_and_told_here(
    make: Factory, mailbox: Mailbox, sign_in: SignIn, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    other = make.person("firm")
    former = person.email
    browser = sign_in(person)

    taken = browser.post("/change-email", data={"email": other.email})
    sent_for_taken = mailbox.receivers()
    free = browser.post("/change-email", data={"email": "NEXT@demo.example"})
    link = mailbox.link("/change-email/")
    browser.get(link, follow_redirects=True)
    again = browser.get(link, follow_redirects=True)

    assert said(taken.text) == said(free.text) != ""
    assert sent_for_taken == []
    session.refresh(person)
    assert person.email == "next@demo.example"
    assert mailbox.receivers() == ["next@demo.example", former]
    assert "登录邮箱已经更改过了。" in again.text


def test_an_address_that_was_taken_meanwhile_stays_whose_it_is(
    make: Factory,
    mailbox: Mailbox,
    sign_in: SignIn,
    client: FlaskClient,
    session: Session,
) -> None:
    person = make.person("firm", make.organisation())
    former = person.email
    browser = sign_in(person)
    browser.post("/change-email", data={"email": FORM["email"]})
    link = mailbox.link("/change-email/")
    client.post("/register", data=FORM)

    browser.get(link)

    session.refresh(person)
    assert person.email == former


def test_a_site_shows_its_own_texts_and_what_is_to_be_filled_in(
    app: Flask, client: FlaskClient
) -> None:
    draft = client.get("/privacy").text
    folder = Path(app.config["DATA_DIR"]) / "texts"
    folder.mkdir()
    (folder / "隐私政策.txt").write_text("# 甲\n\n全文 <b>", encoding="utf-8")
    try:
        own = client.get("/privacy").text
    finally:
        (folder / "隐私政策.txt").unlink()
        folder.rmdir()

    assert "还没有填好" in draft
    assert "【待填写" in draft
    assert "全文 &lt;b&gt;" in own
    assert "还没有填好" not in own


@pytest.mark.parametrize(
    ("addresses", "asked", "sent"),
    # One who asks cannot use up what the owner of the mailbox may ask for from elsewhere.
    [(1, 8, 5), (20, 20, 15)],
)
def test_one_mailbox_gets_no_flood(
    addresses: int, asked: int, sent: int, new_site: Callable[..., Flask]
) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    box = Mailbox(site)
    site.test_client().post("/register", data=FORM)
    answers = set()
    for number in range(asked):
        address = {"REMOTE_ADDR": f"192.0.2.{number % addresses}"}
        data = {"email": "new@demo.example"}
        answer = site.test_client().post("/confirm", data=data, environ_base=address)
        answers.add(answer.status_code)

    assert answers == {200}
    assert box.receivers().count("new@demo.example") == 1 + sent


def test_two_presses_at_once_are_one_registration(
    new_site: Callable[..., Flask],
) -> None:
    site = new_site()
    box = Mailbox(site)
    answers: list[tuple[int, str | None]] = []

    def press() -> None:
        answer = site.test_client().post("/register", data=FORM)
        answers.append((answer.status_code, answer.location))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Neither says what the other has done.
    assert answers == [(302, "/login")] * 2
    assert "new@demo.example" in box.receivers()
