"""What is sent when a session has ended comes back after signing in, to its owner alone; what a guest wrote too."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import deeds, held_forms
from marketplace.accounts.child_models import HeldForm, PersonSession
from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.clock import now
from marketplace.diagnosis.deeds import take_demand
from marketplace.extensions import db
from marketplace.listings.models import Demand
from marketplace.organisations import deeds as organisation_deeds
from tests.factories import Factory
from tests.marketplace.accounts.mailbox import Mailbox

PASSWORD = "a-long-enough-password"
TEXT = "深沟球轴承装配后有异音，振动值 42–48 dB，想降到 36 dB 以下。"
FORM = {
    "deed": "save",
    "title": "轴承 <b>异音</b> & 攻关",
    "problem": TEXT,
    "keywords": "轴承 异音",
    "need": "technology",
    "visibility": "public",
}


def enter(browser: FlaskClient, person: Person, address: str = "/login") -> Any:
    return browser.post(address, data={"email": person.email, "password": PASSWORD})


@pytest.fixture
def person(make: Factory) -> Person:
    """Somebody of one firm."""
    return make.person("firm", make.organisation())


@pytest.fixture
def browser(app: Flask, person: Person) -> FlaskClient:
    """Where they are signed in."""
    client = app.test_client()
    enter(client, person)
    return client


def expire(session: Session) -> None:
    """Let every session end by time."""
    session.query(PersonSession).update({"seen_at": now() - timedelta(hours=9)})
    session.commit()


def follow(browser: FlaskClient, answer: Any) -> Any:
    """Go on until a page is shown."""
    while answer.status_code in (301, 302, 303):
        answer = browser.get(answer.location)
    return answer


def test_a_form_sent_too_late_comes_back_filled(
    browser: FlaskClient, person: Person, session: Session
) -> None:
    expire(session)

    sent = browser.post("/mine/demand/new", data=FORM)
    door = follow(browser, sent)
    back = follow(browser, enter(browser, person, sent.location))
    saved = browser.post("/mine/demand/new", data=FORM | {"title": "轴承异音攻关"})

    assert sent.status_code == 303
    assert sent.location.startswith("/login?next=/account/held/")
    assert "刚才填写的内容已经留下，登录后还给您" in door.text
    assert back.request.path == "/mine/demand/new"
    assert html.escape(FORM["title"]) in back.text.replace("&#34;", '"')
    assert TEXT in back.text
    assert "已回到表单里，还没有保存" in back.text
    assert session.query(Demand).one().problem == TEXT
    assert saved.status_code == 303
    assert session.query(HeldForm).count() == 0


def test_nothing_was_done_meanwhile(
    browser: FlaskClient, make: Factory, person: Person, session: Session
) -> None:
    row = make.demand(state="draft", owner=person.organisations[0])
    expire(session)

    browser.post(f"/mine/demand/{row.id}/edit", data=FORM | {"seen": row.revision})

    session.refresh(row)
    assert row.title != FORM["title"]


def test_it_comes_back_into_the_form_of_a_row(
    browser: FlaskClient, make: Factory, person: Person, session: Session
) -> None:
    row = make.demand(state="draft", owner=person.organisations[0])
    expire(session)
    address = f"/mine/demand/{row.id}/edit"

    sent = browser.post(address, data=FORM | {"seen": row.revision})
    back = follow(browser, enter(browser, person, sent.location))

    assert back.request.path == address
    assert html.escape(FORM["title"]) in back.text


@pytest.mark.parametrize(
    ("role", "address", "name", "value"),
    [
        ("researcher", "/mine/profile", "discipline", "机械制造及其自动化"),
        ("broker", "/mine/broker", "introduction", "做过十二次轴承企业的对接"),
        ("operator", "/office/chains/new", "name", "轴承钢管"),
        ("operator", "/office/workdays/new", "source", "国办发明电〔2027〕9号"),
    ],
)
def test_it_comes_back_into_a_form_of_what_is_stored(
    role: str,
    address: str,
    name: str,
    value: str,
    app: Flask,
    make: Factory,
    session: Session,
) -> None:
    person = make.person(role)
    browser = app.test_client()
    enter(browser, person)
    expire(session)

    sent = browser.post(address, data={name: value, "seen": "7"})
    back = follow(browser, enter(browser, person, sent.location))

    assert back.request.path == address
    assert value in back.text
    # What they saw, and not what is there now: else the change of somebody else would be written over.
    assert re.search(r'name="seen"[^>]*value="7"', back.text)


def test_a_form_that_is_made_in_another_way_is_shown_in_words(
    app: Flask, make: Factory, session: Session
) -> None:
    person = make.person("operator")
    vague = make.demand("说不清楚的攻关", owner=make.organisation(), state="draft")
    case = take_demand(vague, reason="目标没有数字", by=person)
    browser = app.test_client()
    enter(browser, person)
    expire(session)
    # Its boxes are made of the parts that are stored, and not by a form.
    address = f"/mine/diagnosis/{case.id}/split"

    sent = browser.post(address, data={"title-0": "先把噪声的来源查清楚"})
    page = follow(browser, enter(browser, person, sent.location))

    assert page.request.path.startswith("/account/held/")
    assert "先把噪声的来源查清楚" in page.text
    assert f'action="{address}"' in page.text
    assert ">打开当时那一页</a>" in page.text
    # Which demand, and which thing: nothing that is only sent to is linked.
    above = re.findall(r'<a href="([^"]+)">打开当时那一页', page.text)
    assert above
    assert above[0] != address
    assert address.startswith(above[0])


def test_a_button_without_a_page_is_shown_in_words(
    browser: FlaskClient, make: Factory, person: Person, session: Session
) -> None:
    row = make.demand(state="draft", owner=person.organisations[0])
    expire(session)
    address = f"/mine/demand/{row.id}/submit"

    sent = browser.post(
        address,
        data={
            "seen": str(row.revision + 20),
            "reason": "facts_confirmed",
            "note": "请尽快审核，谢谢",
        },
    )
    page = follow(browser, enter(browser, person, sent.location))

    assert page.request.path.startswith("/account/held/")
    shown = re.findall(r'<p class="pre">(.*?)</p>', page.text)
    assert shown == ["请尽快审核，谢谢"]  # and neither a revision nor a code
    assert f'action="{address}"' in page.text
    assert "再提交一次" in page.text


def test_another_person_in_the_same_browser_sees_nothing(
    browser: FlaskClient, make: Factory, person: Person, session: Session
) -> None:
    other = make.person("firm", make.organisation())
    expire(session)
    sent = browser.post("/mine/demand/new", data=FORM)

    other_page = follow(browser, enter(browser, other, sent.location))
    number = session.query(HeldForm).one().id
    forced = browser.get(f"/mine/demand/new?held={number}")
    dropped = browser.post(f"/account/held/{number}/drop")
    desk = browser.get("/mine").text
    browser.post("/logout")
    own = follow(browser, enter(browser, person, sent.location))

    assert other_page.status_code == forced.status_code == dropped.status_code == 404
    for page in (other_page.text, forced.text, desk):
        assert TEXT not in page
    assert TEXT in own.text


def test_it_waits_on_the_desk_and_can_be_thrown_away(
    browser: FlaskClient, app: Flask, person: Person, session: Session
) -> None:
    expire(session)
    browser.post("/mine/demand/new", data=FORM)
    elsewhere = app.test_client()
    enter(elsewhere, person)

    desk = elsewhere.get("/mine").text
    number = session.query(HeldForm).one().id
    elsewhere.post(f"/account/held/{number}/drop")

    assert "没提交的表单" in desk
    assert html.escape(FORM["title"])[:10] in desk
    assert session.query(HeldForm).count() == 0
    assert "没提交的表单" not in elsewhere.get("/mine").text


def test_it_ends_after_a_week(
    browser: FlaskClient, person: Person, session: Session
) -> None:
    expire(session)
    sent = browser.post("/mine/demand/new", data=FORM)
    row = session.query(HeldForm).one()
    assert row.until - row.held_at == timedelta(days=7)
    row.until = now() - timedelta(seconds=1)
    session.commit()

    gone = follow(browser, enter(browser, person, sent.location))

    assert gone.status_code == 404
    assert held_forms.remove_held(now()) == 1


@pytest.mark.parametrize("how", ["closed", "new password", "guest", "signed out"])
def test_what_belongs_to_nobody_is_not_held(
    how: str, browser: FlaskClient, app: Flask, person: Person, session: Session
) -> None:
    if how == "guest":
        browser = app.test_client()
    elif how == "signed out":
        browser.post("/logout")
    elif how == "closed":
        person.active = False
        session.commit()
    else:
        app.extensions["security"].datastore.set_uniquifier(person)
        session.commit()
    sent = browser.post("/mine/demand/new", data=FORM)

    assert sent.status_code in (302, 303)
    assert sent.location.startswith("/login")
    # A closed account is still the one whose session it was; nobody reads it, and it goes after a week.
    assert session.query(HeldForm).count() == (1 if how == "closed" else 0)


def test_no_password_is_ever_held(browser: FlaskClient, session: Session) -> None:
    expire(session)
    data = {
        "password": PASSWORD,
        "new_password": "Gulou+7xkQwz",
        "new_password_confirm": "Gulou+7xkQwz",
    }

    browser.post("/change", data=data)
    assert session.query(HeldForm).count() == 0

    browser.post("/account/close", data={"password": PASSWORD, "sure": "y"})
    assert session.query(HeldForm).one().fields == [["sure", "y"]]


# -- against forged forms --------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(new_site: Callable[..., Flask]) -> Flask:
    """A site that checks the tokens of its forms, with one person."""
    site = new_site(WTF_CSRF_ENABLED=True)
    with site.app_context():
        firm = organisation_deeds.draft_organisation("示例轴承厂", kind="firm")
        deeds.add_person(
            "first@demo.example",
            name="甲",
            password=PASSWORD,
            organisations=[firm],
        )
        db.session.remove()
    return site


def token_of(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)  # type: ignore[union-attr]


def enter_guarded(browser: FlaskClient, address: str = "/login") -> Any:
    token = token_of(browser.get(address).text)
    data = {"email": "first@demo.example", "password": PASSWORD, "csrf_token": token}
    return browser.post(address, data=data)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the form of the page without a cookie is sent, and what it sends."""
    form = re.search(r'<form class="deed".*?</form>', page, re.DOTALL)[0]  # type: ignore[index]
    address = re.search(r'action="([^"]+)"', form)[1]  # type: ignore[index]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    return address, {name: html.unescape(text) for name, text in fields.items()}


def held_count(site: Flask) -> int:
    with site.app_context():
        count = db.session.query(HeldForm).count()
        db.session.remove()
    return int(count)


def expire_all(site: Flask) -> None:
    with site.app_context():
        expire(db.session)
        db.session.remove()


def test_with_the_token_of_its_page_a_late_form_comes_back(guarded: Flask) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    expire_all(guarded)

    sent = browser.post("/mine/demand/new", data=FORM | {"csrf_token": token})
    back = follow(browser, enter_guarded(browser, sent.location))
    old = browser.post("/mine/demand/new", data=FORM | {"csrf_token": token})
    new = browser.post(
        "/mine/demand/new", data=FORM | {"csrf_token": token_of(back.text)}
    )

    assert TEXT in back.text
    assert token not in back.text
    # The token of before signing in opens nothing any more, nor was it held.
    assert old.status_code == 422
    assert new.status_code == 303
    with guarded.app_context():
        assert find_person("first@demo.example") is not None
        assert db.session.query(Demand).count() == 1
        db.session.remove()


@pytest.mark.parametrize("expired", [True, False])
@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_wrong_token_does_nothing_and_only_our_own_pages_are_held(
    headers: dict[str, str], held: bool, expired: bool, guarded: Flask
) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    if expired:
        expire_all(guarded)

    answer = browser.post(
        "/mine/demand/new", data=FORM | {"csrf_token": "wrong"}, headers=headers
    )

    assert answer.status_code == (303 if held else 422)
    assert held_count(guarded) == int(held)
    with guarded.app_context():
        assert db.session.query(Demand).count() == 0
        db.session.remove()


def test_a_browser_without_its_cookies_is_what_is_named(guarded: Flask) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    bare = guarded.test_client()
    sent = FORM | {"csrf_token": token}

    here = {"Sec-Fetch-Site": "same-origin"}
    typed = {"summary": "轴承装配后有异音，想降到三十六分贝以下"}
    lost = bare.post("/mine/demand/new", data=sent | typed)
    own = bare.post("/mine/demand/new", data=sent | typed, headers=here)
    wrong = browser.post("/mine/demand/new", data=FORM | {"csrf_token": "wrong"})

    assert (lost.status_code, wrong.status_code) == (422, 422)
    assert "没有带来本站的 Cookie" in lost.text
    assert "重新登录过" not in lost.text
    assert "Cookie" not in wrong.text
    # Nothing of ours is lost, and nothing of another site's is shown as ours.
    assert typed["summary"] in own.text
    assert typed["summary"] not in lost.text
    # The page has brought a cookie: what was typed goes on, into the form after signing in.
    address, fields = form_of(own.text)
    assert (address, fields["title"]) == (
        "/account/held?form=/mine/demand/new",
        FORM["title"],
    )
    held = bare.post(address, data=fields)
    again = enter_guarded(bare, held.location)
    assert typed["summary"] in bare.get(again.location, follow_redirects=True).text


@pytest.mark.parametrize(
    ("address", "typed", "words", "said"),
    [
        ("/register", {"email": "new@demo.example", "name": "王新", "password": PASSWORD}, "回到表单", "请填写密码"),
        ("/reset", {"email": "new@demo.example"}, "再提交一次", "重设密码的邮件已发出"),
        ("/trial", {"text": "轴承装配后有异音，想降到三十六分贝以下", "kind": "demand"}, "再提交一次", "异音"),
    ],
)  # fmt: skip
def test_a_guest_without_cookies_goes_on_with_what_was_typed(
    address: str, typed: dict[str, str], words: str, said: str, guarded: Flask
) -> None:
    bare = guarded.test_client()
    here = {"Sec-Fetch-Site": "same-origin"}

    refused = bare.post(address, data=typed, headers=here)
    path, fields = form_of(refused.text)
    again = bare.post(path, data=fields, headers=here)

    assert (refused.status_code, words in refused.text) == (422, True)
    assert f'href="{address}">重新打开' in refused.text
    assert PASSWORD not in refused.text
    assert said in again.text
    # Cookies that are blocked for good: the same page, and still nothing is lost.
    blocked = guarded.test_client(use_cookies=False).post(path, data=fields, headers=here)  # fmt: skip
    assert form_of(blocked.text)[1].keys() == fields.keys()
    # To sign in nothing is sent twice: the way back is all.
    sign_in = guarded.test_client().post("/login", data={"email": "a@b.example"}, headers=here)  # fmt: skip
    assert 'href="/login">重新打开' in sign_in.text


def test_a_page_that_was_open_while_one_signed_in_elsewhere_loses_nothing(
    guarded: Flask,
) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    expire_all(guarded)
    enter_guarded(browser)  # in another tab
    here = {"Sec-Fetch-Site": "same-origin"}

    sent = browser.post(
        "/mine/demand/new", data=FORM | {"csrf_token": token}, headers=here
    )
    page = follow(browser, sent)

    assert page.request.path == "/mine/demand/new"
    assert TEXT in page.text


def test_what_is_sent_after_signing_out_in_another_tab_waits_for_its_owner(
    guarded: Flask,
) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    browser.post("/logout", data={"csrf_token": token})
    here = {"Sec-Fetch-Site": "same-origin"}

    sent = browser.post(
        "/mine/demand/new", data=FORM | {"csrf_token": token}, headers=here
    )
    page = follow(browser, enter_guarded(browser, sent.location))

    assert sent.status_code == 303
    assert page.request.path == "/mine/demand/new"
    assert TEXT in page.text


@pytest.mark.parametrize("address", ["typed", "look"])
def test_a_script_learns_that_the_session_ended(guarded: Flask, address: str) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    typed = FORM | {"csrf_token": token}
    path = f"/mine/demand/{address}"

    browser.post("/logout", data={"csrf_token": token})
    after_leaving = browser.post(path, data=typed)
    enter_guarded(browser)
    after_coming_back = browser.post(path, data=typed)
    without_cookie = guarded.test_client().post(path, data=typed)

    # autosave.js words 401 as the end of the session, and anything else as what the platform does not take.
    assert after_leaving.status_code == 401
    assert after_coming_back.status_code == 401
    assert without_cookie.status_code == 422
    assert held_count(guarded) == 0


def test_who_comes_next_is_not_taken_for_who_signed_out(guarded: Flask) -> None:
    browser = guarded.test_client()
    enter_guarded(browser)
    token = token_of(browser.get("/mine/demand/new").text)
    browser.post("/logout", data={"csrf_token": token})
    with guarded.app_context():
        owner = find_person("first@demo.example")
        assert owner is not None
        owner.fs_uniquifier = "changed"
        db.session.commit()
        db.session.remove()

    sent = browser.post(
        "/mine/demand/new",
        data=FORM | {"csrf_token": token},
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert sent.status_code == 422
    assert held_count(guarded) == 0


# -- what a guest wrote ----------------------------------------------------------------------------------------------


def test_a_guest_must_agree(client: FlaskClient, session: Session) -> None:
    answer = client.post("/trial/hold", data={"kind": "demand", "text": TEXT})

    assert answer.status_code == 422
    assert "勾选同意" in answer.text
    assert TEXT in answer.text
    assert session.query(HeldForm).count() == 0


def test_a_guest_s_text_comes_along_through_signing_in(
    client: FlaskClient, person: Person, session: Session
) -> None:
    held = client.post(
        "/trial/hold", data={"kind": "demand", "text": TEXT, "agreed": "1"}
    )
    assert session.query(HeldForm).one().person_id is None

    page = follow(client, enter(client, person, held.location))
    number = session.query(HeldForm).one().id
    saved = client.post(
        "/trial/save", data={"kind": "demand", "text": TEXT, "held": number}
    )

    assert page.request.path == "/trial"
    assert TEXT in page.text
    assert f'name="held" value="{number}"' in page.text
    assert saved.status_code == 303
    assert session.query(Demand).one().problem == TEXT
    assert session.query(HeldForm).count() == 0


def test_it_comes_along_through_registering_on_another_device(
    client: FlaskClient, app: Flask, mailbox: Mailbox, session: Session
) -> None:
    client.post(
        "/trial/hold",
        data={"kind": "achievement", "text": TEXT, "agreed": "1", "to": "register"},
    )
    fresh = "Gulou+7xkQwz"
    client.post(
        "/register",
        data={
            "email": "new@demo.example",
            "name": "新人",
            "password": fresh,
            "password_confirm": fresh,
            "agreed": "y",
        },
    )
    elsewhere = app.test_client()
    elsewhere.get(mailbox.link("/confirm/"))
    elsewhere.post("/login", data={"email": "new@demo.example", "password": fresh})

    desk = elsewhere.get("/mine").text
    number = session.query(HeldForm).one().id
    page = follow(elsewhere, elsewhere.get(f"/account/held/{number}"))

    assert "试配文字" in desk
    assert TEXT in page.text
    assert "kind=achievement" in page.request.url


def test_a_guest_in_another_browser_has_nothing(
    client: FlaskClient, app: Flask, person: Person, session: Session
) -> None:
    client.post("/trial/hold", data={"kind": "demand", "text": TEXT, "agreed": "1"})
    elsewhere = app.test_client()
    enter(elsewhere, person)

    assert "试配文字" not in elsewhere.get("/mine").text
    assert session.query(HeldForm).one().person_id is None


def test_somebody_without_an_organisation_has_it_held(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    person = make.person("firm")
    enter(client, person)

    client.post("/trial/hold", data={"kind": "demand", "text": TEXT, "agreed": "1"})

    assert session.query(HeldForm).one().person_id == person.id
    assert "试配文字" in client.get("/mine").text


@pytest.mark.parametrize("number", ["2147483648", "9" * 19, "9" * 400, "-1", "x"])
@pytest.mark.parametrize(
    "address",
    [
        "/account/held/{}",
        "/mine?held={}",
        "/people?institution={}",
        "/organisations/{}",
        "/people/{}",
        "/demands/{}",
    ],
)
def test_a_number_no_database_takes_is_no_failure(
    address: str, number: str, make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    assert browser.get(address.format(number)).status_code in (200, 303, 404)
