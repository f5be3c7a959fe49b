"""What is shown of a request that was refused as a whole: where it came from, what was typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.refused_requests import previous_page, unsaved_texts
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]

TEXT = "想谈专利许可，下周能来厂里看看吗？"


@pytest.mark.parametrize(
    ("referrer", "page"),
    [
        ("http://localhost/mine/deals/14", "/mine/deals/14"),
        ("http://localhost/search?q=轴承&page=2", "/search?q=轴承&page=2"),
        ("http://localhost//evil.example/x", ""),
        ("http://evil.example/mine/deals/14", ""),
        ("http://localhost@evil.example/mine", ""),
        ("http://localhost:81/mine", ""),
        ("javascript:alert(1)", ""),
        ("http://localhost", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_only_a_page_of_this_site_is_led_back_to(
    app: Flask, referrer: str, page: str
) -> None:
    with app.test_request_context(headers={"Referer": referrer}):
        assert previous_page() == page


def test_texts_are_shown_and_secrets_are_not(app: Flask) -> None:
    sent = {
        "csrf_token": "轴承轴承轴承轴承轴承轴承",
        "password": "轴承轴承轴承轴承轴承轴承",
        "seen": "12",
        "name": "demand-67",
        "short": "太短",
        "note": TEXT,
    }
    with app.test_request_context(method="POST", data=sent):
        assert unsaved_texts() == [TEXT]
    with app.test_request_context(query_string={"note": TEXT}):
        assert unsaved_texts() == []


def introduction_of(person: Person) -> Introduction:
    query = db.select(Introduction).filter_by(asked_by_id=person.id)
    case: Introduction = db.session.scalars(query).one()
    return case


def test_the_second_press_loses_no_text(make: Factory, sign_in: SignIn) -> None:
    person = make.person("firm", make.organisation("写字的公司（示例）"))
    demand = make.demand("轴承异音", owner=person.memberships[0].organisation)
    row = make.achievement("轴承降噪", owner=make.organisation("另一家研究所（示例）"))
    browser = sign_in(person)
    address = f"/achievements/{row.id}/introduction"
    sent = {"name": f"demand-{demand.id}", "agrees": "y", "message": f"<b>{TEXT}"}
    here = {"Referer": f"http://localhost{address}"}
    assert browser.post(address, data=sent, headers=here).status_code == 303

    refused = browser.post(address, data=sent, headers=here)

    assert refused.status_code == 409
    assert f"&lt;b&gt;{TEXT}" in refused.text
    assert "看这次对接" in refused.text

    # A page of errors says that the first press was saved; who comes later reads no such thing.
    case = introduction_of(person)
    withdrawn = f"/mine/introductions/{case.id}/withdraw"
    sent = {"withdraw-seen": str(case.revision), "withdraw-note": TEXT}
    assert browser.post(withdrawn, data=sent, headers=here).status_code == 303
    again = browser.post(withdrawn, data=sent, headers=here)
    assert again.status_code == 409
    assert "那一次已经办好" in again.text
    assert "这一次没有再保存" in again.text
    colleague = make.person(
        "firm", person.memberships[0].organisation, administers=True
    )
    late = sign_in(colleague).post(withdrawn, data=sent, headers=here)
    assert late.status_code == 409
    assert "那一次已经办好" not in late.text
    assert "没有保存。" in late.text
