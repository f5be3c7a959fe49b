"""The pages of joining, founding and inviting as people walk them, and who may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.memberships import deeds, queries
from marketplace.organisations.queries import find_organisation
from tests.factories import Factory, new_uscc

SignIn = Callable[..., FlaskClient]
JOIN = "/mine/organisations/join"


def test_from_a_code_to_a_new_organisation(make: Factory, sign_in: SignIn) -> None:
    person, code = make.person("firm"), new_uscc()
    browser = sign_in(person)

    asked = browser.get("/mine/organisations").text
    wrong = browser.post(JOIN, data={"uscc": "123"})
    step = browser.post(JOIN, data={"uscc": f" {code.lower()} "})
    empty = browser.post(step.location, data={"name": "", "kind": "", "district": ""})
    form = {"name": "临清新轴承厂（示例）", "kind": "firm", "district": "371581"}
    founded = browser.post(step.location, data=form)
    again = browser.get(step.location).text

    organisation = find_organisation("", code)
    assert "加入或登记单位" in asked
    assert (wrong.status_code, "这里是 3 位" in wrong.text) == (422, True)
    assert (step.status_code, step.location) == (303, f"{JOIN}/{code}")
    assert (empty.status_code, "选一种单位类型" in empty.text) == (422, True)
    assert "选单位所在的县市区" in empty.text  # elsewhere is chosen, never supposed
    assert founded.status_code == 303
    assert (organisation.name, organisation.district_code) == (form["name"], "371581")
    assert "申请加入「临清新轴承厂（示例）」" in again
    assert "未核验" in browser.get("/mine/organisations").text


def test_a_request_reaches_the_administrator_and_comes_back(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation("临清老轴承厂（示例）")
    chief = sign_in(make.person("firm", firm, administers=True))
    asker = make.person("firm")
    browser = sign_in(asker)
    people = f"/mine/organisations/{firm.id}/people"

    browser.post(f"{JOIN}/{firm.uscc}", data={"note": "技术部 工程师"})
    twice = browser.post(f"{JOIN}/{firm.uscc}", data={"note": ""})
    desk, listed = chief.get("/mine").text, chief.get(people).text
    number = queries.requests_for([firm.id])[0].id
    address = f"/mine/organisations/requests/{number}"
    unexplained = chief.post(address, data={"decline": "1", f"r{number}-reason": ""})
    chief.post(address, data={"accept": "1", f"r{number}-place": "member"})

    assert twice.status_code == 409
    assert f"{asker.name} 申请加入" in desk
    assert "技术部 工程师" in listed
    assert unexplained.status_code == 422
    assert f'id="r{number}-reason-error"' in unexplained.text  # beside its box
    assert asker.place_in(firm.id) is not None
    assert "临清老轴承厂（示例）" in browser.get("/mine/organisations").text


def test_operators_look_after_organisations_without_an_administrator(
    make: Factory, sign_in: SignIn
) -> None:
    firm, asker = make.organisation(), make.person("firm")
    operator = sign_in(make.person("operator"))
    deeds.ask_to_join(firm, by=asker)

    tray = operator.get("/office/review?tray=joining").text
    number = queries.unattended_requests()[0].id
    answer = operator.post(
        f"/mine/organisations/requests/{number}",
        data={"accept": "1", f"r{number}-place": "member", "back": "office"},
    )

    assert asker.name in tray
    assert answer.location == "/office/review?tray=joining"
    assert asker.handled_ids == {firm.id}


def test_an_invitation_as_a_link(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm = make.organisation("邀请人的厂（示例）")
    chief = sign_in(make.person("firm", firm, administers=True))
    invited, other = make.person("firm"), make.person("firm")
    people = f"/mine/organisations/{firm.id}"

    page = chief.post(
        f"{people}/invitations", data={"email": invited.email, "place": "member"}
    ).text
    link = page.partition("/invitations/")[2].partition("</code>")[0]
    link = f"/invitations/{link}"
    as_guest, as_other = client.get(link), sign_in(other).get(link).text
    led = client.post(link)
    wrong = sign_in(other).post(link)
    taken = sign_in(invited).post(link)
    again = sign_in(invited).get(link, follow_redirects=True)
    late = sign_in(other).get(link)

    assert as_guest.status_code == 200
    assert "不是收到邀请的邮箱" in as_other
    assert "/login" in led.location
    assert (wrong.status_code, taken.status_code, late.status_code) == (403, 303, 404)
    assert "您已经接受了这份邀请" in again.text
    assert invited.place_in(firm.id) is not None


def test_a_button_that_is_pressed_twice_leads_to_what_the_first_press_did(
    make: Factory, sign_in: SignIn
) -> None:
    person, code = make.person("firm"), new_uscc()
    browser = sign_in(person)
    founding = {"name": "临清两次厂（示例）", "kind": "firm", "district": "371581"}

    def press(address: str, **data: str) -> tuple[int, str]:
        answers = [browser.post(address, data=data) for _ in range(2)]
        assert {one.location for one in answers} == {"/mine/organisations"}, address
        return answers[-1].status_code, browser.get("/mine/organisations").text

    found = press(f"{JOIN}/{code}", **founding)
    firm = find_organisation("", code)
    left = press(f"/mine/organisations/{firm.id}/leave")
    row, _ = deeds.invite_person(firm, person.email, place="member", by=None)
    take = press(f"/mine/organisations/take/{row.id}")

    assert (found[0], f"您已经在「{firm.name}」里" in found[1]) == (303, True)
    assert (left[0], "不用再离开" in left[1]) == (303, True)
    assert (take[0], f"您已经在「{firm.name}」里" in take[1]) == (303, True)


@pytest.mark.parametrize("name", ["guest", "nowhere", "stranger", "member", "other"])
def test_who_may_not_manage_people(
    name: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm, elsewhere = make.organisation(), make.organisation()
    make.person("firm", firm, administers=True)
    target = make.person("firm", firm)
    people = {
        "nowhere": make.person("firm"),
        "stranger": make.person("firm", elsewhere),
        "member": make.person("firm", firm),
        "other": make.person("firm", elsewhere, administers=True),
    }
    request = deeds.ask_to_join(firm, by=make.person("firm"))
    browser = client if name == "guest" else sign_in(people[name])
    root = "/mine/organisations"

    statuses = {browser.get(f"{root}/{firm.id}/people").status_code}
    for address in (
        f"{root}/{firm.id}/people/{target.id}",
        f"{root}/{firm.id}/invitations",
        f"{root}/requests/{request.id}",
        f"{root}/requests/{request.id}/withdraw",
    ):
        statuses.add(browser.post(address, data={"remove": "1"}).status_code)

    assert statuses <= {302, 403, 404}
    assert request.state == "waiting"
    assert target.place_in(firm.id) is not None


def test_an_auditor_founds_and_joins_nothing(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("auditor"))

    assert browser.get(JOIN).status_code == 403
    assert browser.post(f"{JOIN}/{new_uscc()}", data={}).status_code == 403


@pytest.mark.parametrize(
    ("stage", "words", "door"),
    [
        ("alone", "您还没有加入单位", True),
        ("waiting", "正等处理", False),
        ("invited", "」邀请您加入", True),
        ("unverified", "」正等平台核验", False),
        ("asked", "平台请单位补充材料", False),
        ("suspended", "已被平台暂停", False),
        ("verified", "", False),
    ],
)
def test_my_page_says_whom_one_acts_for_and_what_comes_next(
    stage: str, words: str, door: bool, make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation("临清分步厂（示例）", verified=stage != "unverified")
    places = [firm] if stage in ("unverified", "asked", "suspended", "verified") else []
    person = make.person("firm", *places)
    chief = make.person("firm", firm, administers=True)
    if stage == "waiting":
        deeds.ask_to_join(firm, by=person)
    if stage == "invited":
        deeds.invite_person(firm, person.email, place="member", by=chief)
    if stage == "asked":
        firm.state, firm.state_note = "unverified", "营业执照看不清"
    if stage == "suspended":
        firm.state, firm.state_note = "suspended", "材料不实"
    make.session.commit()

    page = sign_in(person).get("/mine").text

    assert ('id="standing"' in page) == bool(words)
    assert words in page
    assert (f'href="{JOIN}"' in page) == door
    # Who belongs nowhere has drafts of their own, and a door to them.
    begin = "发布需求" if places else "写草稿：需求"
    assert begin in page


def test_an_auditor_is_offered_nothing_to_begin(make: Factory, sign_in: SignIn) -> None:
    page = sign_in(make.person("auditor", make.organisation(kind="operator"))).get(
        "/mine"
    )

    assert "打开审计日志" in page.text
    assert "发布需求" not in page.text
    assert "您代表谁" not in page.text


def test_who_has_asked_or_belongs_is_not_asked_again(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation()
    asker, member = make.person("firm"), make.person("firm", firm)
    deeds.ask_to_join(firm, by=asker)

    for person, words in (
        (asker, "提出的申请正等处理"),
        (member, "您已经在这个单位里"),
    ):
        page = sign_in(person).get(f"{JOIN}/{firm.uscc}").text
        assert words in page
        assert 'id="note"' not in page


def test_a_reason_too_long_is_given_back(make: Factory, sign_in: SignIn) -> None:
    firm = make.organisation()
    chief = sign_in(make.person("firm", firm, administers=True))
    number = deeds.ask_to_join(firm, by=make.person("firm")).id
    reason = "不认识" * 70

    answer = chief.post(
        f"/mine/organisations/requests/{number}",
        data={"decline": "1", f"r{number}-reason": reason},
    )

    assert answer.status_code == 422
    assert reason in answer.text
    assert "210 字，太长了" in answer.text
