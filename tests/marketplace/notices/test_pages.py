"""The page of notices, its settings, the link that stops a kind of mail, and mail that failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.notices import queries
from marketplace.notices.addresses import Recipient
from marketplace.notices.models import Notice
from tests.factories import Factory
from tests.marketplace.notices.conftest import again, send_all
from tests.post_office import PostOffice

Tell = Callable[..., Notice]
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """The application with its protection against forged requests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def stop_address(office: PostOffice) -> str:
    """The path in the header of the last mail."""
    _, mail = office.taken[-1]
    header = str(mail["List-Unsubscribe"])
    assert re.fullmatch(r"<https?://\S+>", header)
    return urlsplit(header.strip("<>")).path


def test_own_notices_are_listed_counted_and_marked(
    person: Person, make: Factory, tell: Tell, sign_in: SignIn
) -> None:
    other = make.person("broker", make.organisation())
    first = tell(person)
    tell(person, key="event 2", subject="<b>第二条</b>")
    tell(other, key="event 3", subject="别人的通知")
    browser = sign_in(person)

    page = browser.get("/mine/notices").text
    assert "&lt;b&gt;第二条" in page
    assert "别人的通知" not in page
    assert "未读 2 条" in page
    assert 'count-needs">2<' in browser.get("/").text

    answer = browser.post(f"/mine/notices/{first.id}/read")
    assert answer.status_code == 303
    assert queries.unread_count(person) == 1
    # Nobody marks what is somebody else's, nor learns that it is there.
    assert sign_in(other).post(f"/mine/notices/{first.id}/read").status_code == 404
    browser.post("/mine/notices/read", data={"up_to": "2147483647"})
    assert queries.unread_count(person) == 0
    assert queries.unread_count(other) == 1


def test_what_came_after_the_page_stays_unread(
    person: Person, tell: Tell, sign_in: SignIn
) -> None:
    seen = tell(person)
    tell(person, key="event 2")

    sign_in(person).post("/mine/notices/read", data={"up_to": str(seen.id)})

    assert queries.unread_count(person) == 1


@pytest.mark.parametrize("sent", ["", "x", "-1", "99999999999999999999", "１２"])
def test_a_forged_number_marks_nothing_and_breaks_nothing(
    person: Person, tell: Tell, sign_in: SignIn, sent: str
) -> None:
    tell(person)
    browser = sign_in(person)

    answer = browser.post("/mine/notices/read", data={"up_to": sent})

    assert answer.status_code == 303


def test_pages_of_many_notices(person: Person, tell: Tell, sign_in: SignIn) -> None:
    for number in range(queries.PAGE_SIZE + 3):
        tell(person, key=f"event {number}", subject=f"第 {number} 条")
    browser = sign_in(person)

    assert "第 2 条" not in browser.get("/mine/notices").text
    assert "第 2 条" in browser.get("/mine/notices?page=2").text
    for odd in ("0", "-3", "99", "x", "9999999999999999999999"):
        assert browser.get(f"/mine/notices?page={odd}").status_code == 200


def test_a_guest_is_led_to_the_sign_in_page(client: FlaskClient) -> None:
    for path in ("/mine/notices", "/mine/notices/settings"):
        assert client.get(path).status_code == 302


# -- settings ----------------------------------------------------------------------------------------------------------


def test_settings_decide_what_comes_by_mail(
    office: PostOffice, person: Person, tell: Tell, sign_in: SignIn
) -> None:
    browser = sign_in(person)
    kept = ["listing.decided"]
    sent = {"quiet_from": "23", "quiet_until": "6", "mailed": kept}

    assert browser.post("/mine/notices/settings", data=sent).status_code == 303

    setting = queries.setting_of(person.id)
    assert (setting.quiet_from, setting.quiet_until, setting.daily) == (23, 6, False)
    notice = tell(person)
    tell(person, "test.security", key="security")
    send_all()
    # Not by mail, and there on the page all the same; what belongs to safety cannot be stopped.
    assert again(notice).state == "suppressed"
    assert queries.unread_count(person) == 1
    assert len(office.taken) == 1
    page = browser.get("/mine/notices/settings").text
    assert re.search(r'value="listing.decided"[^>]*>', page)
    assert "test.security" not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"quiet_from": "24", "quiet_until": "6"},
        {"quiet_from": "-1", "quiet_until": "6"},
        {"quiet_from": "x", "quiet_until": "6"},
        {"quiet_from": "", "quiet_until": ""},
        {"quiet_from": "٣", "quiet_until": "6"},
    ],
)
def test_an_hour_that_is_none_changes_nothing(
    office: PostOffice, person: Person, sign_in: SignIn, sent: dict[str, str]
) -> None:
    answer = sign_in(person).post("/mine/notices/settings", data=sent)

    assert answer.status_code == 422
    assert "从列出的整点里选一个" in answer.text
    assert queries.setting_of(person.id).quiet_from == 22


# -- stopping ----------------------------------------------------------------------------------------------------------


def test_a_mail_program_stops_a_kind_with_one_post(
    guarded: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    client: FlaskClient,
) -> None:
    """RFC 8058: signed out, without cookies, without a token of ours; no redirect."""
    tell(person)
    send_all()
    path = stop_address(office)

    # Programs that follow links stop nothing.
    assert client.get(path).status_code == 200
    tell(person, key="event 2")
    send_all()
    assert len(office.taken) == 2
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    again_answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    notice = tell(person, key="event 3")
    send_all()

    assert (answer.status_code, again_answer.status_code) == (200, 200)
    assert len(office.taken) == 2
    assert again(notice).state == "suppressed"
    assert "恢复接收" in client.get(path).text
    client.post(path, data={"deed": "resume"})
    tell(person, key="event 4")
    send_all()
    assert len(office.taken) == 3


def test_an_address_without_an_account_can_stop_too(
    office: PostOffice, tell: Tell, client: FlaskClient
) -> None:
    tell(Recipient("Wang@demo.example"))
    send_all()
    client.post(stop_address(office))
    notice = tell(Recipient("wang@DEMO.example"), key="event 2")
    send_all()

    assert again(notice).state == "suppressed"


@pytest.mark.parametrize("change", ["x", "", "WyJwZXJzb24gMSJd", "a.b", "%00", "."])
def test_a_link_that_was_not_signed_here_stops_nothing(
    office: PostOffice, person: Person, tell: Tell, client: FlaskClient, change: str
) -> None:
    tell(person)
    send_all()
    path = stop_address(office)
    forged = f"/notices/stop/{change}" if len(change) > 1 else path + change
    if forged == path:
        forged = path[:-2]

    for answer in (client.get(forged), client.post(forged)):
        assert answer.status_code == 404
    assert queries.stopped_kinds(Recipient.of(person).key) == frozenset()


def test_the_exemption_is_of_that_page_alone(
    guarded: Flask, person: Person, tell: Tell, sign_in: SignIn
) -> None:
    notice = tell(person)
    browser = sign_in(person)

    for path in (f"/mine/notices/{notice.id}/read", "/mine/notices/read"):
        assert browser.post(path).status_code in (400, 422)
    assert queries.unread_count(person) == 1


# -- operators ---------------------------------------------------------------------------------------------------------


def test_operators_see_what_did_not_go_out_and_send_it_again(
    office: PostOffice, person: Person, make: Factory, tell: Tell, sign_in: SignIn
) -> None:
    office.answers["RCPT"] = lambda _: "550 5.1.1 没有这个用户"
    notice = tell(person)
    aside = tell(person, key="event 2", subject="不要紧的")
    send_all()
    operator = make.person("operator", make.organisation(kind="operator"))
    browser = sign_in(operator)

    page = browser.get("/office/review?tray=mail").text
    assert "没有这个用户" in page
    assert person.email in page
    office.answers.clear()
    assert sign_in(person).post(f"/office/notices/{notice.id}/send").status_code == 403
    assert browser.post(f"/office/notices/{notice.id}/send").status_code == 303
    assert browser.post(f"/office/notices/{aside.id}/aside").status_code == 303
    send_all()
    assert len(office.taken) == 1
    assert int(queries.failed_count()) == 0
    # Twice is no second mail.
    assert browser.post(f"/office/notices/{notice.id}/send").status_code == 409


def test_an_address_that_is_none_is_not_sent_to_again(
    office: PostOffice, make: Factory, tell: Tell, sign_in: SignIn
) -> None:
    notice = tell(Recipient("nobody"))
    operator = make.person("operator", make.organisation(kind="operator"))

    answer = sign_in(operator).post(f"/office/notices/{notice.id}/send")

    assert answer.status_code == 409
    assert again(notice).state == "failed"


def test_the_page_of_a_thing_says_who_was_notified(
    office: PostOffice, person: Person, make: Factory, tell: Tell, sign_in: SignIn
) -> None:
    row = make.demand()
    tell(person, about=("demand", row.id), subject="需求恢复公开")
    send_all()
    operator = make.person("operator", make.organisation(kind="operator"))
    path = f"/demands/{row.id}"

    assert person.email in sign_in(operator).get(path).text
    db.session.expire_all()
    assert person.email not in sign_in(person).get(path).text
