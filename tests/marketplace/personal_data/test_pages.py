"""我的数据: the copy, who looked at one's contacts, consents, and closing the account."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.accounts import contact_consents, person_deeds
from marketplace.accounts.models import Person
from marketplace.audit.models import Withheld
from marketplace.listings import deeds as listing_deeds
from marketplace.memberships import deeds as memberships
from marketplace.notices.models import Notice
from tests.factories import Factory
from tests.marketplace.desk.pressing import filled

SignIn = Callable[..., FlaskClient]
PHONE = "0635-7712345"


def contact_row(make: Factory, writer: Person, owner: Any) -> Any:
    """A published demand that somebody with an account began."""
    row = make.demand("轴承异音攻关（个人信息）", owner=owner, contact_phone=PHONE)
    row.owner_id = writer.id
    make.session.commit()
    return row


def test_a_contact_is_shown_as_long_as_who_typed_it_agrees(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation()
    writer = make.person("firm", firm)
    row = contact_row(make, writer, firm)
    reader = sign_in(make.person("firm", make.organisation()))
    unverified = sign_in(make.person("firm", make.organisation(verified=False)))
    own, page = sign_in(writer), f"/demands/{row.id}"
    consent = "/account/data/consents/publish_contact"

    before = reader.get(page).text
    own.post(f"{consent}/give")
    given = reader.get(page).text, unverified.get(page).text
    own.post(f"{consent}/withdraw")
    after = reader.get(page).text

    assert PHONE in own.get(page).text
    assert [PHONE in text for text in (before, *given, after)] == [
        False,
        True,
        False,
        False,
    ]
    assert "没有同意公开联系方式" in before
    assert "单位核验以后" in given[1]
    assert own.post("/account/data/consents/nothing/give").status_code == 404


def test_the_form_asks_for_the_consent_where_the_contact_is_typed(
    make: Factory, sign_in: SignIn
) -> None:
    writer = make.person("firm", make.organisation())
    browser = sign_in(writer)
    address = "/mine/demand/new"

    asked = browser.get(address).text
    browser.post(address, data=filled(asked, title="轴承异音", deed="save"))
    without = writer.publishes_contact
    again = filled(browser.get(address).text, title="另一条", deed="save")
    browser.post(address, data={**again, "publish_contact": "1"})

    assert 'name="publish_contact"' in asked
    assert "checked" not in asked.partition('name="publish_contact"')[2][:80]
    assert (without, writer.publishes_contact) == (False, True)
    assert 'name="publish_contact"' not in browser.get("/mine/demand/new").text


def test_who_looked_at_a_contact_is_shown_to_who_typed_it(
    make: Factory, sign_in: SignIn
) -> None:
    firm, curious = make.organisation(), make.organisation("好奇的厂（示例）")
    writer = make.person("firm", firm)
    person_deeds.set_consent(writer, contact_consents.PUBLISH, given=True)
    row = contact_row(make, writer, firm)

    sign_in(make.person("firm", curious)).get(f"/demands/{row.id}")
    sign_in(writer).get(f"/demands/{row.id}")
    page = sign_in(writer).get("/account/data").text
    other = sign_in(make.person("firm", curious)).get("/account/data").text

    assert page.count(row.title) == 1
    assert "好奇的厂（示例）" in page
    assert row.title not in other


def test_who_exported_a_contact_is_shown_to_who_typed_it(
    make: Factory, sign_in: SignIn
) -> None:
    firm, curious = make.organisation(), make.organisation("好奇的厂（示例）")
    writer, silent = make.person("firm", firm), make.person("firm", firm)
    person_deeds.set_consent(writer, contact_consents.PUBLISH, given=True)
    row = contact_row(make, writer, firm)
    hidden = make.demand("轴承异音攻关（不公开联系方式）", owner=firm)
    hidden.owner_id = silent.id
    make.session.commit()
    address = "/search.xlsx?kind=demand&q=轴承异音攻关"

    list_out = sign_in(make.person("firm", curious)).get(address)
    sign_in(writer).get(address)
    cells: set[str] = set()
    for line in load_workbook(io.BytesIO(list_out.data)).active:
        cells.update(str(cell.value) for cell in line)
    page = sign_in(writer).get("/account/data").text
    copy = sign_in(writer).get("/account/data.json").json
    other = sign_in(silent).get("/account/data").text

    assert {row.title, hidden.title, PHONE} <= cells
    assert "导出清单" in page
    assert "好奇的厂（示例）" in page
    # Their own export is no news.
    assert [one["怎样"] for one in copy["谁看过我的联系方式"]] == ["导出清单"]
    # What was masked in the list was not handed out.
    assert hidden.title not in other


def test_the_copy_holds_ones_own_and_no_secret(make: Factory, sign_in: SignIn) -> None:
    firm = make.organisation("自己的厂（示例）")
    writer, other = make.person("firm", firm), make.person("firm", firm)
    row = contact_row(make, writer, firm)
    make.demand("别人的需求", owner=firm)
    browser = sign_in(writer)

    text = browser.get("/account/data.json").text
    copy = json.loads(text)
    book = load_workbook(io.BytesIO(browser.get("/account/data.xlsx").data))

    assert copy["账号"][0]["email"] == writer.email
    assert [one["title"] for one in copy["填报的成果和需求"]] == [row.title]
    assert copy["单位"][0]["单位"] == "自己的厂（示例）"
    for secret in (writer.password, writer.fs_uniquifier, other.email, "argon2"):
        assert secret not in text
    assert book.sheetnames == list(copy)


def test_an_account_is_closed_and_what_is_personal_is_gone(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    firm = make.organisation()
    make.person("firm", firm, administers=True)
    writer = make.person("firm", firm)
    email, name, number = writer.email, writer.name, writer.id
    kept = contact_row(make, writer, firm)
    draft = listing_deeds.create(
        "demand",
        {"title": "个人草稿", "contact_phone": PHONE},
        organisation=None,
        by=writer,
    )
    browser = sign_in(writer)
    form = {"password": "a-long-enough-password", "sure": "y"}

    wrong = browser.post("/account/close", data={**form, "password": "no"})
    unsure = browser.post("/account/close", data={"password": form["password"]})
    closed = browser.post("/account/close", data=form)
    session.expire_all()

    person = session.get(Person, number)
    assert (wrong.status_code, unsure.status_code, closed.status_code) == (
        422,
        422,
        303,
    )
    assert (person.name, person.active, person.password) == ("已注销用户", False, None)
    assert email not in person.email
    assert person.memberships == []
    assert (draft.state, draft.contact_phone) == ("withdrawn", "")
    assert (kept.state, kept.organisation_id) == ("published", firm.id)
    assert browser.get("/mine").status_code == 302
    texts = [one.text for one in session.query(Withheld).filter_by(subject=number)]
    assert not [text for text in texts if text and (email in text or name in text)]
    assert not session.query(Notice).filter(Notice.address == email).count()


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_staff_do_not_close_their_own(
    role: str, make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person(role))

    answer = browser.post(
        "/account/close", data={"password": "a-long-enough-password", "sure": "y"}
    )

    assert answer.status_code == 409
    assert "收回角色" in answer.text


def test_the_last_administrator_hands_over_first(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    colleague = make.person("firm", firm)
    values = {"password": "a-long-enough-password", "sure": "y"}
    browser = sign_in(chief)

    answer = browser.post("/account/close", data=values)

    assert (answer.status_code, "最后一位管理员" in answer.text) == (409, True)
    assert chief.active
    # Nobody is left to hand it over to: the page says what becomes of it.
    memberships.leave_organisation(firm, by=colleague)
    assert f"只有您一位：{firm.name}" in browser.get("/account/close").text
    assert browser.post("/account/close", data=values).status_code == 303
    assert (chief.active, firm.is_forsaken) == (False, True)
