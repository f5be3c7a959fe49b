"""Writing a listing through its pages: drafts, handing in, stale and double edits, rows, markup, what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Membership
from marketplace.clock import today
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import readiness
from marketplace.listings.models import LISTINGS, Achievement, Demand
from tests.factories import ACHIEVEMENT, Factory
from tests.marketplace.desk.pressing import filled

SignIn = Callable[..., FlaskClient]
KINDS = ("achievement", "demand")
FULL_ACHIEVEMENT: dict[str, Any] = {
    **ACHIEVEMENT,
    "registration_no": "3712026Y0001",
    "registered_by": "市科技局",
    "registered_on": today(),
    "recommended_by": "区科技局",
    "rd_start": "2023-03",
    "rd_end": "2026-06",
    "secrecy": "commercial",
    "forms": ["new_process", "new_equipment"],
    "attribute": "original",
    "funding_source": "provincial_fiscal",
    "fiscal_funded": True,
    "level": "domestic_advanced",
    "evaluation_method": "review",
    "evaluation_by": "评价中心（示例）",
    "evaluated_on": today(),
    "evaluation_report": "评字 7 号",
    "trl": 7,
    "readiness_13": 7,
    "stage_evidence": "检测报告",
    "application_status": "trial",
    "sei_code": "2",
    "innovation": "第一行\n第二行，带 <b>标签</b> 和 \"引号\"",
    "prospects": "\n前面空行",
    "ownership": "service",
    "license_type": "non_exclusive",
    "price_mode": "range",
    "price_min": 30,
    "price_max": 60,
    "field_codes": ["804", "401"],
    "contact_email": "a@lcu.edu.cn",
    "visibility": "partial",
    "note": "内部",
    "metrics": [
        {"name": "硬度", "operator": "range", "value": 58, "value_max": 62, "unit": "HRC"},
        {"name": "振动值", "operator": "le", "value": 36, "unit": "dB"},
    ],
    "co_owners": [{"name": "甲校"}, {"name": "乙厂"}],
    "contributors": [{"name": "张三", "title": "教授", "role": "负责", "share": 60}, {"name": "李四"}],
    "ips": [
        {
            "ip_type": "invention",
            "number": "ZL201710601862.3",
            "name": "一种轴承",
            "legal_status": "granted",
            "owners": "甲校",
            "applicant": "甲校",
            "applied_on": today(),
            "granted_on": today(),
            "checked_on": today(),
            "fee_paid_until": today(),
            "pledged": True,
            "licensed": True,
        }
    ],
}  # fmt: skip


@pytest.fixture
def firm(make: Factory) -> Any:
    return make.organisation("临清轴承厂（示例）")


@pytest.fixture
def writer(make: Factory, firm: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(make.person("firm", firm))


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def linked(html: str) -> list[str]:
    """The controls that the summary of what is wrong leads to, in its order."""
    summary = re.search(r'<div class="error-summary".*?</div>', html, re.DOTALL)
    assert summary is not None
    return re.findall(r'href="#([^"]+)"', summary[0])


def address(row: Achievement | Demand) -> str:
    return f"/mine/{row.kind}/{row.id}/edit"


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_needs_a_title_only_and_says_what_next(
    kind: str, writer: FlaskClient, session: Any
) -> None:
    form = filled(page(writer, f"/mine/{kind}/new"), title="轴承降噪", deed="save")

    answer = writer.post(f"/mine/{kind}/new", data=form)

    row = session.query(LISTINGS[kind]).one()
    assert (answer.status_code, answer.location) == (303, address(row))
    assert (row.title, row.state) == ("轴承降噪", "draft")
    assert row.organisation_id in row.owner.handled_ids
    after = page(writer, address(row))
    assert "草稿已保存。送审前还有" in after
    assert f'data-kept="{row.owner_id}/{kind}/new"' in after


def test_an_unchanged_form_changes_nothing(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation("聊城示范大学（示例）", kind="university")
    row = make.achievement(state="draft", owner=owner, **FULL_ACHIEVEMENT)
    session.commit()
    desk = sign_in(make.person("desk", owner))
    form = filled(page(desk, address(row)), deed="save")

    answer = desk.post(address(row), data=form)

    changed = history_of(row)[-1].changed
    assert answer.status_code == 303
    assert changed == ["prospects"]  # the empty line before a text goes
    assert [str(metric) for metric in row.metrics] == [
        "硬度 58～62 HRC",
        "振动值≤36 dB",
    ]
    assert row.ips[0].licensed


@pytest.mark.parametrize("kind", KINDS)
def test_handing_in_lists_what_is_missing_with_links(
    kind: str, writer: FlaskClient, session: Any
) -> None:
    # What is known of the writer stands in the form already: they take it out.
    form = filled(
        page(writer, f"/mine/{kind}/new"),
        title="轴承降噪",
        contact_name="",
        deed="submit",
    )

    answer = writer.post(f"/mine/{kind}/new", data=form)

    row = session.query(LISTINGS[kind]).one()
    assert (answer.status_code, row.state) == (422, "draft")
    assert "还不能送审，有几处要补齐。" in answer.text
    assert '<a href="#contact_name">联系人：' in answer.text
    assert '<a href="#field_codes-0">技术领域：' in answer.text
    assert 'value="轴承降噪"' in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_handing_in_without_a_title_lists_all_that_is_missing(
    kind: str, writer: FlaskClient, session: Any
) -> None:
    html = page(writer, f"/mine/{kind}/new")
    untitled, titled, saved = (
        filled(html, title=title, deed=deed, contact_name="")
        for title, deed in (("", "submit"), ("轴承降噪", "submit"), ("", "save"))
    )

    first, second, kept = (
        writer.post(f"/mine/{kind}/new", data=form)
        for form in (untitled, titled, saved)
    )

    assert (first.status_code, second.status_code, kept.status_code) == (422, 422, 422)
    later = set(linked(second.text))
    assert len(later) > 5
    assert set(linked(first.text)) == {"title", *later}
    assert linked(kept.text) == ["title"]  # a draft may have holes
    assert session.query(LISTINGS[kind]).count() == 1


def test_handing_in_what_is_wrong_and_what_is_missing_says_both_once(
    writer: FlaskClient, session: Any
) -> None:
    form = filled(
        page(writer, "/mine/demand/new"),
        title="临清轴承厂异音攻关",
        budget="看情况",
        contact_name="",
        metrics__0__name="硬度",
        bounty="y",
        anonymous="y",
        deed="submit",
    )

    answer = writer.post("/mine/demand/new", data=form)

    found = linked(answer.text)
    assert len(found) == len(set(found))
    assert {
        "title",
        "budget",
        "metrics-0-value",
        "problem",
        "solver_requirements",
        "contact_name",
    } <= set(found)
    assert "这里写着本单位的名称" in answer.text
    assert session.query(Demand).count() == 0


def test_a_draft_keeps_a_text_too_long_for_review(
    writer: FlaskClient, session: Any
) -> None:
    problem = "长" * (readiness.TEXT_LIMIT + 10)
    form = filled(
        page(writer, "/mine/demand/new"),
        title="轴承降噪",
        problem=problem,
        deed="submit",
    )

    refused = writer.post("/mine/demand/new", data=form)

    row = session.query(Demand).one()
    assert (refused.status_code, row.state, row.problem) == (422, "draft", problem)
    assert (
        f"主要问题最多 {readiness.TEXT_LIMIT} 字，现在有 {len(problem)} 字。"
        in refused.text
    )
    assert filled(page(writer, address(row)))["problem"] == [problem]


@pytest.mark.parametrize("kind", KINDS)
def test_handing_in_leads_to_the_matches(
    kind: str, make: Factory, firm: Any, writer: FlaskClient
) -> None:
    row = getattr(make, kind)(state="draft", owner=firm)
    form = filled(page(writer, address(row)), note="请快些", deed="submit")

    answer = writer.post(address(row), data=form)

    assert (answer.status_code, answer.location) == (303, "/mine")
    assert (row.state, row.note) == ("submitted", "请快些")
    told = page(writer, "/mine")
    assert "已送审，平台审核一般 3 个工作日。您可以先看看" in told
    assert f'href="/{kind}s/{row.id}/matches"' in told


def test_one_of_several_organisations_is_chosen(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    first, second = make.organisation("甲厂（示例）"), make.organisation("乙厂（示例）")
    foreign = make.organisation("丙厂（示例）")
    client = sign_in(make.person("firm", first, second))
    html = page(client, "/mine/demand/new")
    chosen = filled(html, title="需要热处理", organisation=second.id, deed="save")
    stolen = filled(html, title="需要热处理", organisation=foreign.id, deed="save")

    taken, refused = (
        client.post("/mine/demand/new", data=form) for form in (chosen, stolen)
    )

    assert (taken.status_code, refused.status_code) == (303, 422)
    assert [row.organisation.name for row in session.query(Demand)] == ["乙厂（示例）"]


def test_a_draft_without_an_organisation_is_given_one_later(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    person, firm = make.person("firm"), make.organisation("后来的厂（示例）")
    browser, other = sign_in(person), sign_in(make.person("firm", firm))
    form = filled(page(browser, "/mine/demand/new"), title="轴承异音", deed="save")

    browser.post("/mine/demand/new", data=form)
    row = session.query(Demand).one()
    refused = browser.post(
        address(row), data=filled(page(browser, address(row)), deed="submit")
    )
    hidden = other.get(address(row)).status_code
    listed = page(browser, "/mine")
    person.memberships.append(Membership(organisation=firm))
    session.commit()
    choice = filled(page(browser, address(row)), organisation=firm.id, deed="save")
    browser.post(address(row), data=choice)

    assert (refused.status_code, hidden) == (422, 404)
    assert "先选这一条归哪个单位" in refused.text
    assert "个人草稿" in listed
    assert row.organisation_id == firm.id
    assert other.get(address(row)).status_code == 200


def test_a_trial_can_hand_on_its_text(writer: FlaskClient, session: Any) -> None:
    problem = "<script>alert(1)</script>轴承" * 3

    html = writer.get(
        "/mine/demand/new", query_string={"title": "异音", "problem": problem}
    ).text
    posted = writer.post(
        "/mine/demand/new", data={"title": "异音", "problem": problem}
    ).text

    for text in (html, posted):
        sent = filled(text)
        assert (sent["title"], sent["problem"]) == (["异音"], [problem])
        assert "<script>alert" not in text
    assert session.query(Demand).count() == 0


def test_a_row_more_without_scripts(writer: FlaskClient, session: Any) -> None:
    form = filled(
        page(writer, "/mine/achievement/new"),
        title="未完",
        metrics__0__name="硬度",
        add="metrics",
    )

    answer = writer.post("/mine/achievement/new", data=form)

    sent = filled(answer.text)
    assert answer.status_code == 200
    assert (sent["title"], sent["metrics-0-name"], sent["metrics-2-name"]) == (
        ["未完"],
        ["硬度"],
        [""],
    )
    assert (
        'autofocus="" class="form-control"' in answer.text or "autofocus" in answer.text
    )
    assert session.query(Achievement).count() == 0


def test_the_row_button_ignores_what_is_no_list(writer: FlaskClient) -> None:
    form = filled(
        page(writer, "/mine/achievement/new"), title="未完", add="organisation"
    )

    assert writer.post("/mine/achievement/new", data=form).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_codes_that_no_list_offers_are_looked_at_as_none(
    kind: str, writer: FlaskClient
) -> None:
    """A form that is not submitted is not checked, and what stands beside it is worked out all the same."""
    form = filled(page(writer, f"/mine/{kind}/new"), title="轴承异音识别")
    listed = re.findall(
        r'<select[^>]* name="([^"]+)"', page(writer, f"/mine/{kind}/new")
    )
    places = (f"/mine/{kind}/new", f"/mine/{kind}/look")
    asked = {"add": "metrics", "look": "1"}

    assert len(listed) > 5
    codes = ("zzz", "12345", "-7", "７")
    cases = [dict.fromkeys(listed, code) for code in codes]
    # Each alone too: one that is wrong may keep another from being looked at.
    cases += [{name: "12345"} for name in listed]
    for wrong, place in product(cases, places):
        answer = writer.post(place, data=form | asked | wrong)
        assert answer.status_code == 200, (place, wrong)


def test_wrong_input_comes_back_as_typed(writer: FlaskClient, session: Any) -> None:
    form = filled(
        page(writer, "/mine/achievement/new"),
        title="轴承",
        price_mode="fixed",
        price_min="大约 <50> 万",
        metrics__0__name="硬度",
        metrics__0__value="很硬",
        conversion_modes=["license", "equity"],
        deed="submit",
    )

    answer = writer.post("/mine/achievement/new", data=form)

    sent = filled(answer.text)
    assert answer.status_code == 422
    assert session.query(Achievement).count() == 0
    assert sent["price_min"] == ["大约 <50> 万"]
    assert sent["metrics-0-value"] == ["很硬"]
    assert sent["conversion_modes"] == ["license", "equity"]
    assert '<a href="#metrics-0-value">技术指标第 1 行，数值：' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_twin_is_named_and_nothing_is_lost(
    make: Factory, firm: Any, writer: FlaskClient, session: Any
) -> None:
    first = make.demand("轴承 异音攻关", owner=firm)
    other = make.demand("热处理变形", state="draft", owner=firm)
    new = filled(
        page(writer, "/mine/demand/new"),
        title="轴承异音攻关！",
        problem="写了很久",
        deed="save",
    )
    renamed = filled(
        page(writer, address(other)),
        title="轴承异音攻关",
        problem="改了很久",
        deed="save",
    )

    answers = [
        writer.post("/mine/demand/new", data=new),
        writer.post(address(other), data=renamed),
    ]

    session.expire_all()
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(f"已有同名需求（编号 {first.id}）" in answer.text for answer in answers)
    assert [filled(answer.text)["problem"] for answer in answers] == [
        ["写了很久"],
        ["改了很久"],
    ]
    assert (other.title, session.query(Demand).count()) == ("热处理变形", 2)
    for answer in answers:
        assert linked(answer.text) == ["title"]
        assert "有 1 处要改，改好再保存" in answer.text
        assert (
            answer.text.count("已有同名需求") == 2
        )  # in the summary and beside the box, as any other fault
        assert f'<a href="{address(first)}">轴承 异音攻关</a>（已发布）' in answer.text


@pytest.mark.parametrize(
    ("state", "leads"),
    [("draft", "/mine/demand/{}/edit"), ("submitted", "/demands/{}")],
)
def test_a_twin_is_led_to_where_it_can_be_read(
    state: str, leads: str, make: Factory, firm: Any, writer: FlaskClient
) -> None:
    first = make.demand("轴承异音攻关", state=state, owner=firm)
    form = filled(page(writer, "/mine/demand/new"), title="轴承异音攻关", deed="save")

    answer = writer.post("/mine/demand/new", data=form)

    place = leads.format(first.id)
    assert f'<a href="{place}">轴承异音攻关</a>（{first.state_name}）' in answer.text
    assert page(writer, place)


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_editors_the_second_sees_the_first(
    kind: str, make: Factory, firm: Any, sign_in: SignIn, session: Any
) -> None:
    row = getattr(make, kind)(state="draft", owner=firm)
    browsers = [sign_in(make.person("firm", firm)) for _ in range(2)]
    forms = [filled(page(browser, address(row)), deed="save") for browser in browsers]
    first = browsers[0].post(address(row), data=forms[0] | {"note": ["第一位写的"]})
    late = forms[1] | {"note": ["第二位 <i>写</i>的"], "contact_name": ["新联系人"]}

    refused = browsers[1].post(address(row), data=late)

    session.expire_all()
    assert (first.status_code, refused.status_code) == (303, 409)
    assert row.note == "第一位写的"
    assert "第一位写的" in refused.text
    sent = filled(refused.text, deed="save")
    assert (sent["note"], sent["contact_name"]) == (
        ["第二位 <i>写</i>的"],
        ["新联系人"],
    )
    assert "<i>写</i>" not in refused.text

    again = browsers[1].post(address(row), data=sent)

    session.expire_all()
    assert again.status_code == 303
    assert (row.note, row.contact_name) == ("第二位 <i>写</i>的", "新联系人")


def test_what_was_typed_survives_a_colleague_who_handed_in(
    make: Factory, firm: Any, writer: FlaskClient
) -> None:
    row = make.demand(state="draft", owner=firm)
    form = filled(page(writer, address(row)), problem="写到一半的话", deed="save")
    listing_deeds.submit(row, by=None, seen=row.revision)

    answer = writer.post(address(row), data=form)

    assert answer.status_code == 409
    assert filled(answer.text)["problem"] == ["写到一半的话"]
    assert "先在「我的」里撤回送审" in answer.text
    assert page(writer, address(row), 409)


@pytest.mark.parametrize("seen", ["", "x", "-1", "999999", "１"])
def test_a_form_that_does_not_say_what_it_saw_is_stale(
    make: Factory, firm: Any, writer: FlaskClient, seen: str
) -> None:
    row = make.demand(state="draft", owner=firm)
    form = filled(page(writer, address(row)), seen=seen, note="改", deed="save")

    assert writer.post(address(row), data=form).status_code == 409


def test_a_published_listing_stays_complete(
    make: Factory, firm: Any, writer: FlaskClient, session: Any
) -> None:
    row = make.demand(owner=firm)
    html = page(writer, address(row))
    holes = filled(html, problem="太短", deed="save")
    # A wrong sum hides neither what is too short nor a title that is taken.
    make.demand(owner=firm, title="热处理变形")
    faulty = filled(
        html, problem="太短", budget="半价", title="热处理变形", deed="save"
    )
    all_said = linked(writer.post(address(row), data=faulty).text)
    better = filled(html, contact_name="新技术部", deed="save")

    refused, taken = (writer.post(address(row), data=form) for form in (holes, better))

    session.expire_all()
    assert (refused.status_code, taken.status_code) == (422, 303)
    assert filled(refused.text)["problem"] == ["太短"]
    assert set(all_said) == {"title", "problem", "budget"}
    assert "已发布的内容要保持完整" in refused.text
    assert (row.state, row.contact_name) == ("published", "新技术部")
    assert "送审</button>" not in html


def test_markup_of_a_writer_is_text_on_every_desk_page(
    make: Factory, firm: Any, sign_in: SignIn
) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    row = make.demand(
        f"名称{evil}",
        state="submitted",
        owner=firm,
        problem=evil * 4,
        contact_name=evil,
    )
    listing_deeds.send_back(row, by=None, seen=row.revision, note=f"改 {evil}")
    writer = sign_in(make.person("firm", firm))

    for path in ("/mine", address(row), f"/mine/demand/{row.id}/withdraw"):
        html = page(writer, path)
        assert "<img src=x" not in html
        assert "&lt;img src=x" in html


def test_the_reason_of_a_return_stands_on_the_desk_and_the_form(
    make: Factory, firm: Any, writer: FlaskClient
) -> None:
    row = make.achievement(state="returned", owner=firm)

    assert "退回原因：请补充指标" in page(writer, "/mine")
    assert "请补充指标" in page(writer, address(row))
    assert '<span class="count-needs">1<' in page(writer, "/mine")


def test_a_look_at_the_matches_keeps_nothing(
    make: Factory, firm: Any, writer: FlaskClient, session: Any
) -> None:
    offered = make.achievement("深沟球轴承滚道超精研磨降噪工艺")
    make.achievement("玉米秸秆制备生物炭")
    session.commit()
    form = filled(
        page(writer, "/mine/demand/new"),
        title="轴承异音",
        problem="深沟球轴承滚道超精研磨后振动值离散，客户投诉异音。",
    )

    answer = writer.post("/mine/demand/new?look=1", data=form)

    assert answer.status_code == 200
    assert filled(answer.text)["title"] == ["轴承异音"]
    assert session.query(Demand).count() == 0
    assert offered.title in answer.text or "就能看匹配" in answer.text
