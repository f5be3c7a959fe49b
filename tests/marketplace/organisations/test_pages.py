"""The operators' pages of organisations, and the public one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.organisations import deeds
from tests.factories import Factory, new_uscc

SignIn = Callable[..., FlaskClient]


def test_from_the_queue_to_verified(make: Factory, sign_in: SignIn) -> None:
    firm = make.organisation("临清待核验的厂（示例）", verified=False)
    operator = sign_in(make.person("operator"))
    page = f"/office/organisations/{firm.id}"

    queue = operator.get("/office/review?tray=organisations").text
    unclear = {"uscc": "12", "checked": "", "seen": str(firm.revision)}
    wrong = operator.post(f"{page}/verify", data=unclear)
    question = {"ask-note": "请上传营业执照", "ask-seen": str(firm.revision)}
    # Two presses of one button are one question.
    twice = [operator.post(f"{page}/ask", data=question).status_code for _ in "12"]
    asked = operator.get(page).text
    seen = re.search(r'name="seen" value="(\d+)"', asked)[1]  # type: ignore[index]
    checked = {
        "uscc": new_uscc(),
        "checked": "营业执照（扫描件或原件）",
        "seen": seen,
    }
    # Renamed while an operator compared its papers: they would verify what they never saw.
    deeds.change_identity(
        firm, name="临清换了名字的厂（示例）", seen=firm.revision, by=None
    )
    unseen = operator.post(f"{page}/verify", data=checked)
    state = firm.state
    checked["seen"] = str(firm.revision)
    done = operator.post(f"{page}/verify", data=checked)

    assert "临清待核验的厂" in queue
    assert (unseen.status_code, state) == (409, "unverified")
    assert wrong.status_code == 422
    assert twice == [303, 409]
    assert "请上传营业执照" in asked
    assert (done.status_code, firm.state) == (303, "verified")
    assert "营业执照（扫描件或原件）" in operator.get(page).text


def test_the_page_of_an_organisation_names_nobody_and_nothing_hidden(
    make: Factory, client: FlaskClient
) -> None:
    firm = make.organisation("临清公开的厂（示例）")
    shown = make.demand("公开的轴承需求", owner=firm)
    make.demand("不具名的轴承需求", owner=firm, anonymous=True)
    make.demand("部分公开的轴承需求", owner=firm, visibility="partial")
    make.demand("不公开的轴承需求", owner=firm, visibility="confidential")
    make.demand("草稿里的轴承需求", owner=firm, state="draft")
    unverified = make.organisation("没有核验的厂（示例）", verified=False)

    page = client.get(f"/organisations/{firm.id}").text

    assert shown.title in page
    for word in ("不具名", "部分公开的", "不公开的轴承", "草稿里", "0635-"):
        assert word not in page
    assert client.get(f"/organisations/{unverified.id}").status_code == 404
    assert client.get("/organisations/999999999999").status_code == 404


def test_merging_and_undoing_in_the_browser(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    kept = make.organisation("聊城鑫达精密轴承有限公司（示例）")
    gone = make.organisation("聊城市鑫达精密轴承有限责任公司（示例）", verified=False)
    operator = sign_in(make.person("operator"))
    deeds.propose_twins()

    tray = operator.get("/office/review?tray=twins").text
    page = f"/office/organisations/{gone.id}"
    nobody = operator.post(f"{page}/merge", data={"kept": "没有的厂"})
    operator.post(f"{page}/merge", data={"kept": kept.uscc})
    led = client.get(f"/organisations/{gone.id}")
    merged = operator.get(page).text
    number = merged.partition("/merges/")[2].partition("/")[0]
    operator.post(f"/office/organisations/merges/{number}/undo")

    assert gone.name in tray
    assert (nobody.status_code, "没有这个单位" in nobody.text) == (422, True)
    assert (led.status_code, led.location) == (301, f"/organisations/{kept.id}")
    assert "撤销合并" in merged
    assert gone.state == "unverified"


def test_the_tray_offers_no_merge_that_is_refused(
    make: Factory, sign_in: SignIn
) -> None:
    kept = make.organisation("聊城鑫达精密轴承有限公司（示例）")
    gone = make.organisation("聊城市鑫达精密轴承有限责任公司（示例）", verified=False)
    operator = sign_in(make.person("operator"))
    deeds.propose_twins()
    button = f'action="/office/organisations/{gone.id}/merge"'

    def tray() -> str:
        return operator.get("/office/review?tray=twins").text

    before = tray()
    deeds.suspend_organisation(kept, note="被举报，核实中", by=None)
    suspended = tray()
    deeds.resume_organisation(kept, by=None)
    gone.uscc = new_uscc()
    make.session.commit()
    two_codes = tray()

    assert button in before
    assert "现在不能合并" not in before
    for page, reason in ((suspended, "已暂停"), (two_codes, "代码不同")):
        assert button not in page
        assert "现在不能合并" in page
        assert reason in page
        # They may still be two, which is no merge.
        assert "不是同一个单位" in page


@pytest.mark.parametrize("name", ["guest", "member", "chief", "broker", "auditor"])
@pytest.mark.parametrize(
    "deed", ["", "/verify", "/ask", "/suspend", "/resume", "/seat", "/alias", "/merge"]
)
def test_who_may_not(
    name: str, deed: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm = make.organisation(verified=False)
    people = {
        "member": ("firm", False),
        "chief": ("firm", True),
        "broker": ("broker", False),
        "auditor": ("auditor", False),
    }
    browser = client
    if name in people:
        role, administers = people[name]
        browser = sign_in(make.person(role, firm, administers=administers))
    address = f"/office/organisations/{firm.id}{deed}"

    answer = browser.post(address, data={}) if deed else browser.get(address)

    assert answer.status_code in (302, 403)
    assert firm.state == "unverified"


def test_an_administrator_changes_the_name_and_a_colleague_does_not(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation("临清旧名厂（示例）")
    chief = sign_in(make.person("firm", firm, administers=True))
    colleague = sign_in(make.person("firm", firm))
    page = f"/mine/organisations/{firm.id}/identity"
    form = {"seen": str(firm.revision), "name": "临清新名厂（示例）", "uscc": ""}

    refused = colleague.post(page, data=form)
    stale = chief.post(page, data={**form, "seen": "99"})
    done = chief.post(page, data=form)

    assert (refused.status_code, stale.status_code, done.status_code) == (403, 409, 303)
    assert (firm.name, firm.state) == ("临清新名厂（示例）", "unverified")


def test_the_command_that_adds_one(app: Flask, make: Factory) -> None:
    code = new_uscc()
    command = ["organisations", "add", "聊城脚本研究院（示例）", "--uscc", code]
    runner = app.test_cli_runner()

    added = runner.invoke(args=[*command, "--kind", "institute"])
    verified = runner.invoke(args=[*command, "--checked", "主管部门提供的名单"])
    wrong = runner.invoke(args=[*command[:-1], "123"])

    assert (added.exit_code, "未核验" in added.output) == (0, True)
    assert (verified.exit_code, "已核验" in verified.output) == (0, True)
    assert (wrong.exit_code, "没有登记" in wrong.output) == (1, True)
