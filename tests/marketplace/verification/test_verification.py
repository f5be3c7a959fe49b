"""What an organisation supplies where operators need more before they verify it: who may, who reads it, who waits."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts import granting
from marketplace.clock import now
from marketplace.errors import NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.files.models import ThingFile
from marketplace.files.upkeep import sweep
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import (
    unverified_count,
    unverified_page,
    verification_due,
)
from marketplace.personal_data.deeds import carry_out_retention, close_own_account
from marketplace.verification import deeds
from tests.factories import Factory, new_uscc
from tests.marketplace.files.samples import pdf_of

SignIn = Callable[..., FlaskClient]
QUESTION, ANSWER = "营业执照看不清，请重新拍照。", "重新扫描了执照，正反两面。"


@pytest.fixture
def asked(make: Factory) -> Organisation:
    """An organisation with an administrator that an operator has asked for more."""
    row = make.organisation("临清补件轴承厂（示例）", verified=False)
    granting.give_place(make.person("firm"), row, "member", administers=True)
    make.session.commit()
    organisation_deeds.ask_organisation(row, note=QUESTION, by=make.person("operator"))
    return row


def administrator_of(row: Organisation) -> Any:
    return db.session.scalar(
        db.select(granting.Person).join(granting.Membership).where(
            granting.Membership.organisation_id == row.id,
            granting.Membership.is_administrator,
        )
    )  # fmt: skip


def sent(row: Organisation, note: str = ANSWER, **files: bytes) -> dict[str, Any]:
    """The form as a browser sends it."""
    named = [(io.BytesIO(content), f"{name}.pdf") for name, content in files.items()]
    empty = (io.BytesIO(b""), "")
    return {"seen": str(row.revision), "note": note, "files": named or [empty]}


def test_who_was_asked_answers_in_the_browser_and_waits_again(
    asked: Organisation, make: Factory, sign_in: SignIn
) -> None:
    # A list has brought one that nobody belongs to: it waits for nobody.
    make.organisation(verified=False)
    chief, operator = administrator_of(asked), make.person("operator")
    browser, office = sign_in(chief), sign_in(operator)
    address = f"/mine/organisations/{asked.id}/verification"
    for page in ("/mine", "/mine/organisations", f"/mine/organisations/{asked.id}/people"):  # fmt: skip
        text = browser.get(page).text
        assert QUESTION in text
        assert f'href="{address}"' in text
    # It waits for its people, and is no work of the operators.
    assert int(unverified_count()) == 0
    assert verification_due(asked) is None
    assert "等单位补充" in office.get("/office/review?tray=organisations").text

    first = sent(asked, 执照=pdf_of("正面"), 副本=pdf_of("背面"))
    for wrong, words in (
        (sent(asked, " "), "写明补充了什么"),
        (sent(asked, "补" * 501), "最多 500 字"),
        (sent(asked, 图片=b"MZ not a licence"), ANSWER),
        (sent(asked, 正面=pdf_of("正面"), 背面=b"MZ"), "「背面.pdf」"),
        (sent(asked, " ", 正面=pdf_of("正面")), "请全部重新选"),
    ):
        answer = browser.post(address, data=wrong)
        assert answer.status_code == 422
        assert words in answer.text
    again = sent(asked)
    assert browser.post(address, data=first).status_code == 303
    # The same form pressed again: refused, and what was typed is not lost.
    late = browser.post(address, data=again)
    assert late.status_code == 409
    assert ANSWER in late.text

    assert asked.state_note == ""
    assert int(unverified_count()) == 1
    due = verification_due(asked)
    assert due is not None
    rows, _, _ = unverified_page(1)
    assert rows[0] is asked
    notice = db.session.scalars(
        db.select(Notice).filter_by(kind="verification.answered")
    ).one()
    assert ANSWER in notice.happened
    assert str(due.day) in notice.until
    history = office.get(f"/office/organisations/{asked.id}").text
    for words in (QUESTION, ANSWER, "执照.pdf", "副本.pdf", str(due.day)):
        assert words in history
    assert "执照.pdf" in browser.get(address).text
    assert "执照.pdf" in browser.get("/account/data.json").text
    files = db.session.scalars(db.select(ThingFile)).all()
    for person, status in (
        (chief, 200),
        (operator, 200),
        (make.person("firm", asked), 404),
        (make.person("firm", make.organisation(), administers=True), 404),
        (make.person("auditor"), 404),
    ):
        reader = sign_in(person)
        content = reader.get(f"/mine/verification-files/{files[0].id}")
        content.close()
        assert content.status_code == status
        assert reader.get(address).status_code == status


def test_a_certificate_is_shown_to_who_checks_it_and_goes_with_its_account(
    make: Factory, sign_in: SignIn
) -> None:
    person, operator = make.person("firm", make.organisation()), make.person("operator")
    browser, office = sign_in(person), sign_in(operator)
    form = {
        "seen": "0",
        "number": "SD-77",
        "level": "senior",
        "issuer": "山东省技术市场协会（示例）",
        "valid_to": "2031-05-01",
        "introduction": "做过十二次轴承企业的对接",
    }
    scan = pdf_of("证书第一页")

    def send(values: dict[str, str], **files: bytes) -> Any:
        named = [(io.BytesIO(data), f"{name}.pdf") for name, data in files.items()]
        return browser.post("/mine/broker", data={**values, "files": named})

    for wrong, files, words in (
        ({"valid_to": "明年"}, {"证书": scan}, "「明年」不是一个日期"),
        ({"valid_to": "明年"}, {"证书": scan}, "请全部重新选"),
        ({}, {"证书": scan, "附页": b"MZ"}, "「附页.pdf」"),
        (dict.fromkeys(("number", "level", "issuer", "valid_to"), ""), {"证书": scan}, "没有等核对的证书"),
    ):  # fmt: skip
        answer = send(form | wrong, **files)
        assert (answer.status_code, words in answer.text) == (422, True)
        assert form["introduction"] in answer.text
    assert db.session.scalars(db.select(ThingFile)).all() == []

    assert send(form, 证书=scan, 附页=pdf_of("第二页")).status_code == 303
    # Two presses of one form.
    late = send(form, 证书=scan)
    assert (late.status_code, form["introduction"] in late.text) == (409, True)
    file, _ = db.session.scalars(db.select(ThingFile).order_by(ThingFile.id))
    for page in (browser.get("/mine/broker"), office.get(f"/office/brokers/{person.id}")):  # fmt: skip
        assert "证书.pdf" in page.text
        assert "附页.pdf" in page.text
    assert "证书.pdf" in browser.get("/account/data.json").text
    for reader, status in (
        (person, 200),
        (operator, 200),
        (make.person("firm", make.organisation()), 404),
        (make.broker(), 404),
        (make.person("auditor"), 404),
    ):
        content = sign_in(reader).get(f"/mine/verification-files/{file.id}")
        content.close()
        assert content.status_code == status
    file.created_at = now() - timedelta(days=366)
    db.session.commit()
    assert carry_out_retention()["verification_file"] == 1
    close_own_account(person, password="a-long-enough-password")
    assert db.session.scalars(db.select(ThingFile)).all() == []


def test_a_suspended_organisation_is_heard(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = make.organisation("临清停牌轴承厂（示例）")
    chief = make.person("firm", row, administers=True)
    others = (make.person("firm", row), make.person("firm", administers=True))
    first, second = make.person("operator"), make.person("operator")
    reason, said, reply = "收到冒用名义的举报。", "公章备案在此，并非冒用。", "备案里没有这枚章。"  # fmt: skip
    organisation_deeds.suspend_organisation(row, note=reason, by=first)
    browser, office = sign_in(chief), sign_in(second)
    address = f"/mine/organisations/{row.id}/verification"
    for page in ("/mine", "/mine/organisations", address):
        text = browser.get(page).text
        assert reason in text
        assert address in text
    for person in others:
        assert sign_in(person).get(address).status_code == 404
    assert int(unverified_count()) == 0

    empty = browser.post(address, data=sent(row, " "))
    assert (empty.status_code, "写明事实和理由" in empty.text) == (422, True)
    once = sent(row, said, 备案=pdf_of("公章"))
    assert browser.post(address, data=once).status_code == 303
    assert browser.post(address, data=sent(row, said) | {"seen": once["seen"]}).status_code == 409  # fmt: skip

    # It waits for the operators, and stays suspended until one of them lets it act again.
    assert (row.state, int(unverified_count())) == ("suspended", 1)
    due = verification_due(row)
    assert due is not None
    assert "答复申诉" in office.get("/office/review?tray=organisations").text
    page = office.get(f"/office/organisations/{row.id}").text
    for words in (reason, said, "备案.pdf", "恢复", "答复，仍然暂停", "<div>申诉<"):
        assert words in page
    assert "补充核验材料" not in page
    ask = f"/office/organisations/{row.id}/ask"
    seen = str(row.revision)
    # Two operators at once: the second one looks again.
    for person, status in ((first, 303), (second, 409)):
        data = {"ask-seen": seen, "ask-note": reply}
        assert sign_in(person).post(ask, data=data).status_code == status
    assert int(unverified_count()) == 0
    assert reply in browser.get(address).text
    notices = db.session.scalars(db.select(Notice).order_by(Notice.id))
    told = [(one.person_id, one.happened) for one in notices]
    assert any(one == first.id and said in words for one, words in told)
    assert any(one == chief.id and reply in words for one, words in told)
    organisation_deeds.resume_organisation(row, by=second)
    assert row.state == "verified"
    assert client.get(f"/organisations/{row.id}").status_code == 200


def test_supplied_files_go_after_a_year_and_what_was_said_stays(
    asked: Organisation, sign_in: SignIn
) -> None:
    browser = sign_in(administrator_of(asked))
    address = f"/mine/organisations/{asked.id}/verification"
    browser.post(address, data=sent(asked, 执照=pdf_of("正面"), 副本=pdf_of("背面")))
    old, young = db.session.scalars(db.select(ThingFile).order_by(ThingFile.id))
    old.created_at, young.created_at = (now() - timedelta(days=n) for n in (366, 364))
    db.session.commit()

    assert carry_out_retention()["verification_file"] == 1
    sweep()

    db.session.expire_all()
    assert (old.file, young.file is None) == (None, False)
    assert browser.get(f"/mine/verification-files/{old.id}").status_code == 404
    text = browser.get(address).text
    assert "执照.pdf（已按保存期限删去）" in text
    assert ANSWER in text


def test_nothing_is_supplied_by_others_later_or_twice(
    asked: Organisation, make: Factory
) -> None:
    chief = administrator_of(asked)
    for other in (make.person("firm", asked), make.person("operator")):
        with pytest.raises(NotAllowed):
            deeds.answer_question(asked, ANSWER, [], by=other, seen=asked.revision)
    seen = asked.revision
    deeds.answer_question(asked, ANSWER, [], by=chief, seen=seen)
    with pytest.raises(Stale):
        deeds.answer_question(asked, ANSWER, [], by=chief, seen=seen)
    # What the operator looked at before is not what is there now.
    with pytest.raises(Stale):
        organisation_deeds.verify_organisation(
            asked, by=make.person("operator"), checked="营业执照", seen=seen
        )
    organisation_deeds.verify_organisation(
        asked, by=make.person("operator"), uscc=new_uscc(), checked="营业执照"
    )
    with pytest.raises(NotNow):
        deeds.answer_question(asked, ANSWER, [], by=chief, seen=asked.revision)


def test_who_waits_longest_stands_first_and_lists_wait_for_nobody(
    make: Factory,
) -> None:
    listed = make.organisation("名单里的厂（示例）", verified=False)
    waiting = make.organisation("等核验的厂（示例）", verified=False)
    granting.give_place(make.person("firm"), waiting, "member", administers=True)
    make.session.commit()

    rows, _, _ = unverified_page(1)

    assert rows == [waiting, listed]
    assert verification_due(listed) is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(verification_due(waiting).day))  # type: ignore[union-attr]
