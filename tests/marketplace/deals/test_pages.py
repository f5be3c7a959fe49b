"""The pages of deals: each station as its people see it, what is public, objecting as a guest, files of an NDA."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace.clock import now, today
from marketplace.deals.forms import PriceForm, PublicityForm
from marketplace.deals.models import Deal
from marketplace.deals.readiness import ruler_of
from marketplace.extensions import db
from marketplace.files.models import FileAccess
from marketplace.introductions.models import Introduction
from tests.factories import Factory
from tests.marketplace.deals.world import World
from tests.marketplace.files.samples import attach

SignIn = Callable[..., FlaskClient]
STATIONS = (
    "proposed",
    "open",
    "intention",
    "due_diligence",
    "pricing",
    "price_determined",
    "in_publicity",
    "approved",
)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def address(deal: Deal, rest: str = "") -> str:
    return f"/mine/deals/{deal.id}{rest}"


@pytest.mark.long
@pytest.mark.parametrize("state", STATIONS)
def test_the_page_at_every_station(state: str, world: World, sign_in: SignIn) -> None:
    deal = world.bring_to(state)
    number = deal.number
    for person in (world.chief, world.desk, world.dean, world.operator):
        page = sign_in(person).get(address(deal))
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert number in text
        assert deal.state_name in text
        assert 'aria-current="step"' in text
    stranger = world.make.person("firm", world.make.organisation("旁人（示例）"))
    assert sign_in(stranger).get(address(deal)).status_code == 404


def test_what_came_to_nothing_is_supported_by_nobody(
    world: World, sign_in: SignIn
) -> None:
    deal = world.bring_to("open")
    chief = sign_in(world.chief)
    assert "能申请什么" in chief.get(address(deal)).get_data(as_text=True)
    world.terminate(deal)
    assert "能申请什么" not in chief.get(address(deal)).get_data(as_text=True)


def test_an_approved_deal_leads_to_its_contract(world: World, sign_in: SignIn) -> None:
    deal = world.bring_to("approved")
    path = f"/mine/deals/{deal.id}/contract"
    link = f'href="{path}"'
    button = f'action="{path}"'
    # Before the priority is settled no contract may be begun, and nothing says otherwise.
    for person in (world.chief, world.desk):
        browser = sign_in(person)
        assert link not in browser.get(address(deal)).get_data(as_text=True)
        assert button not in browser.get(path).get_data(as_text=True)
    world.settle(deal)
    for person in (world.chief, world.desk):
        browser = sign_in(person)
        assert link in browser.get(address(deal)).get_data(as_text=True)
        assert button in browser.get(path).get_data(as_text=True)
    # Two clicks are one contract, and the second one leads to it.
    begun = [browser.post(path) for _ in range(2)]
    assert [one.status_code for one in begun] == [303, 303]
    assert begun[0].location.removesuffix("/edit") == begun[1].location


def test_each_side_reads_which_one_it_is(world: World, sign_in: SignIn) -> None:
    """Whose turn it is stands in the first line by the name of the side, which a newcomer does not know."""
    deal = world.bring_to("pricing")
    desk = sign_in(world.desk).get(address(deal)).get_data(as_text=True)
    chief = sign_in(world.chief).get(address(deal)).get_data(as_text=True)
    office = sign_in(world.operator).get(address(deal)).get_data(as_text=True)

    lead = '<p class="lead">定价：成果持有方'
    assert f"{lead}（您这一方）" in desk
    assert lead in chief
    assert f"{lead}（您这一方）" not in chief
    assert chief.count("（您这一方）") == 1  # among the facts
    assert "（您这一方）" not in office
    assert "最晚 20" in sign_in(world.desk).get("/mine").get_data(as_text=True)
    # Who is to act stands in the tray of the office as well.
    tray = sign_in(world.operator).get("/office/review?tray=deals")
    assert "成果持有方提交定价和依据" in tray.get_data(as_text=True)


def test_who_may_not_approve_is_not_asked_to(world: World, sign_in: SignIn) -> None:
    deal = world.bring_to("pricing")
    world.decide(deal, minutes="底价一百万元，先报一百二十万元")
    # What the holder has discussed is none of the other side's.
    for person, reads in ((world.desk, True), (world.chief, False)):
        shown = sign_in(person).get(address(deal)).get_data(as_text=True)
        assert ("底价一百万元" in shown) is reads
        assert ("张三、李四" in shown) is reads
        assert "参照三笔同类交易" in shown
    asked = "批准或退回定价。"
    assert asked in sign_in(world.dean).get("/mine").get_data(as_text=True)
    handed_in = sign_in(world.desk).get("/mine").get_data(as_text=True)
    assert asked not in handed_in
    assert "等本单位另一位审批人批准" in handed_in


@pytest.mark.parametrize(
    ("owner_type", "station"), [("government_university", "公示"), ("firm", "定价")]
)
def test_a_settled_price_waits_where_it_is_due(
    owner_type: str, station: str, make: Factory
) -> None:
    deal = World(make, owner_type=owner_type).bring_to("price_determined")
    found = [one.name for one in ruler_of(deal) if one.status == "current"]
    assert found == [station]


def test_a_wrong_answer_in_diligence_is_given_back(
    world: World, sign_in: SignIn
) -> None:
    deal = world.bring_to("due_diligence")
    typed = "质押给银行。" * 500
    sent = {
        "seen": str(deal.revision),
        "code": "limits",
        "has_finding": "yes",
        "note": typed,
    }
    page = sign_in(world.desk).post(address(deal, "/items"), data=sent)
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert typed in text
    # On top of the page, with a way to the box of this item.
    assert text.index('href="#item-note"') < text.index('id="lacks"')
    assert text.count('id="item-note"') == 1
    chosen = re.search(r'<input[^>]*id="item-has_finding-1"[^>]*>', text)
    assert chosen is not None
    assert " checked" in chosen[0]
    # Nothing chosen: the way leads to the first choice.
    sent = sent | {"has_finding": "", "note": ""}
    page = sign_in(world.desk).post(address(deal, "/items"), data=sent)
    text = page.get_data(as_text=True)
    assert text.index('href="#item-has_finding-0"') < text.index('id="lacks"')
    assert text.count('id="item-has_finding-0"') == 1


def test_by_buttons_from_an_introduction(world: World, sign_in: SignIn) -> None:
    case = world.introduced()
    number = case.id
    chief = sign_in(world.chief)
    assert "提出交易" in chief.get(f"/mine/introductions/{number}").get_data(
        as_text=True
    )
    path = f"/mine/introductions/{number}/deal"
    assert chief.get(path).status_code == 200
    wrong = chief.post(path, data={"title": "名"})
    assert wrong.status_code == 422
    kinds = {
        "title": "专利转让",
        "owner_type": "government_university",
        "contract_type": "transfer",
        "contract_subtype": "patent_right",
        "conversion_mode": "transfer",
    }
    assert chief.post(path, data=kinds).status_code == 303
    again = chief.post(path, data=kinds | {"title": "第二个窗口里写的名称"})
    assert again.status_code == 409
    assert "看交易" in again.get_data(as_text=True)
    assert "第二个窗口里写的名称" in again.get_data(as_text=True)
    case = db.session.get_one(Introduction, number)
    deal = db.session.query(Deal).filter_by(introduction_id=number).one()

    def press(person: Any, rest: str, **values: Any) -> int:
        data = {"seen": str(deal.revision)} | values
        return sign_in(person).post(address(deal, rest), data=data).status_code

    assert press(world.desk, "/agree", seen="999") == 409
    assert press(world.desk, "/agree") == 303
    assert press(world.chief, "/letters", letter_kind="intention", text="") == 422
    assert (
        press(world.chief, "/letters", letter_kind="intention", text="拟转让。") == 303
    )
    letter = deal.letter_of("intention")
    assert letter is not None
    confirmed = {"letter_kind": "intention", "sha256": letter.sha256}
    assert press(world.desk, "/letters/confirm", **confirmed) == 303
    assert press(world.desk, "/items", code="limits", has_finding="yes", note="") == 422
    assert "完成尽调</button>" not in sign_in(world.desk).get(address(deal)).get_data(
        as_text=True
    )
    assert press(world.desk, "/diligence/finish") == 409
    for code in (
        "ownership",
        "legal_status",
        "limits",
        "disputes",
        "secrecy_export",
        "related_party",
    ):
        assert press(world.desk, "/items", code=code, has_finding="no", note="") == 303
    assert press(world.desk, "/diligence/finish") == 303
    price = {
        "method": "negotiated",
        "price": "120",
        "basis": "同类交易",
        "evaluation": "not_required",
        "met_on": str(today()),
        "attendees": "张三\n李四",
        "minutes": "同意转让",
    }
    for wrong in ("很多钱", "面议", "100-200", "0.0000001"):
        assert press(world.desk, "/price", **(price | {"price": wrong})) == 422
    # All at once; and a price that cannot be read is not left out where a text might stand for it.
    faulty = {"price": "很多钱", "met_on": "明年", "attendees": "", "basis": ""}
    data = {"seen": str(deal.revision)} | price | faulty
    refused = sign_in(world.desk).post(address(deal, "/price"), data=data)
    assert refused.status_code == 422
    for said in ("「很多钱」", "「明年」", "写出参会的人", "写明定价依据"):
        assert said in refused.text
    by_royalty = {"price": "很多钱", "price_text": "按销售额 3% 提成"}
    assert press(world.desk, "/price", **(price | by_royalty)) == 422
    assert press(world.desk, "/price", **price) == 303
    # Who decided it is not offered what they may not do.
    shown = sign_in(world.desk).get(address(deal)).get_data(as_text=True)
    assert "批准定价" not in shown
    assert "另一位审批人" in shown
    assert "批准定价" in sign_in(world.dean).get(address(deal)).get_data(as_text=True)
    assert press(world.desk, "/price/approve") == 403
    assert press(world.dean, "/price/reject", note="") == 422
    assert press(world.dean, "/price/approve") == 303
    public = {
        "places": "本单位网站",
        "objection_contact": "科技处",
        "procedure": "五日内核查",
        "day_kind": "natural",
    }
    assert press(world.desk, "/publicity", **(public | {"days": "三"})) == 422
    assert press(world.desk, "/publicity", **public) == 303
    db.session.refresh(deal)
    assert deal.state == "in_publicity"


def test_what_is_public(world: World, client: FlaskClient) -> None:
    deal = world.bring_to("in_publicity")
    row = world.running(deal)
    listed = client.get("/publicity").get_data(as_text=True)
    assert world.achievement.title in listed
    page = client.get(f"/publicity/{row.id}").get_data(as_text=True)
    for words in (
        world.achievement.title,
        "山东省促进科技成果转化条例",
        "120 万元",
        "协议定价",
        "参照三笔同类交易",
        world.firm.name,
        world.lab.name,
        "没有关联关系",
        "本单位网站",
        "科技处",
        "24:00（北京时间）",
        "还有",
        "提出异议",
    ):
        assert words in page
    assert client.get("/publicity/999").status_code == 404


def test_a_guest_objects_and_asks(world: World, client: FlaskClient) -> None:
    deal = world.bring_to("in_publicity")
    path = f"/publicity/{world.running(deal).id}/objection"
    nonce = re.search(
        r'name="nonce"[^>]*value="([^"]+)"', client.get(path).get_data(as_text=True)
    )
    assert nonce is not None
    wrong = client.post(path, data={"nonce": nonce[1], "text": ""})
    assert wrong.status_code == 422
    values = {
        "nonce": nonce[1],
        "reason": "price",
        "text": "价格明显偏低。",
        "remedy": "reprice",
        "contact": "13900000000",
    }
    answer = client.post(path, data=values, follow_redirects=True).get_data(
        as_text=True
    )
    found = re.search(r"受理编号 (YY\d{8}-\d{5})，查询码 ([A-Z2-7]{12})", answer)
    assert found is not None
    # Who goes back opens the form once more and sends the same; another text is another objection.
    for text, is_same in (("价格明显偏低。", True), ("依据没有写全。", False)):
        shown = client.get(path).get_data(as_text=True)
        once_more = re.search(r'name="nonce"[^>]*value="([^"]+)"', shown)
        assert once_more is not None
        sent = values | {"nonce": once_more[1], "text": text}
        told = client.post(path, data=sent, follow_redirects=True)
        assert (found[0] in told.get_data(as_text=True)) is is_same
    assert len(deal.objections) == 2
    db.session.refresh(deal)
    assert deal.state == "objection"
    number, code = found.groups()
    shown = client.post("/publicity/objections", data={"number": number, "code": code})
    assert "已收到，核查中" in shown.get_data(as_text=True)
    assert (
        client.post(
            "/publicity/objections", data={"number": number, "code": "X"}
        ).status_code
        == 422
    )
    # How to reach its author is for who answers it.
    public = client.get(f"/publicity/{world.running(deal).id}").get_data(as_text=True)
    assert number in public
    assert "13900000000" not in public
    # Its text is published with the answer, as the form says.
    assert "价格明显偏低" not in public
    assert "说明随答复公开" in public


def test_the_answer_is_public(
    world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    deal = world.bring_to("in_publicity")
    row, _ = world.object_to(deal, contact="13900000000", evidence="会计王某知情")
    number = row.publicity_id
    # Who shows what is wrong is known to the side that answers and to the office.
    for person, reads in (
        (world.desk, True),
        (world.operator, True),
        (world.chief, False),
    ):
        shown = sign_in(person).get(address(deal)).get_data(as_text=True)
        assert ("会计王某知情" in shown) is reads
    page = sign_in(world.dean).get(address(deal)).get_data(as_text=True)
    assert "13900000000" in page
    assert "13900000000" not in sign_in(world.chief).get(address(deal)).get_data(
        as_text=True
    )
    data = {
        "seen": str(deal.revision),
        "is_sustained": "no",
        "answer_reason": "insufficient",
        "answer": "证据不足，维持原价。",
    }
    path = address(deal, f"/objections/{row.id}")
    assert sign_in(world.desk).post(path, data=data | {"answer": ""}).status_code == 422
    assert sign_in(world.desk).post(path, data=data).status_code == 303
    assert "证据不足，维持原价。" in client.get(f"/publicity/{number}").get_data(
        as_text=True
    )


def test_the_box_of_a_price_advises_what_it_takes(app: Flask) -> None:
    for typed, says in (
        ("面议", "不能写「面议」"),
        ("100-200", "不能写区间"),
        ("不超过86万", "不是一个确定的数"),
    ):
        with app.test_request_context(method="POST", data={"price": typed}):
            form = PriceForm()
            form.read()
            said = form.unread["price"][0]
            assert says in said
            assert "填 50、50万 或 0.5亿" in said


def test_the_box_of_days_takes_what_people_write(app: Flask) -> None:
    for typed, days in (
        ("20", 20),
        ("２０", 20),
        ("20天", 20),
        ("20个工作日", 20),
        ("", None),
    ):
        with app.test_request_context(method="POST", data={"days": typed}):
            form = PublicityForm()
            assert (typed, form.count, form.unread) == (typed, days, {})
    for typed in ("²", "-1", "1e3", "二十来天", "20000"):
        with app.test_request_context(method="POST", data={"days": typed}):
            form = PublicityForm()
            assert form.count is None
            assert typed in form.unread["days"][0]


def test_as_of_a_day(world: World, sign_in: SignIn) -> None:
    deal = world.bring_to("pricing")
    chief = sign_in(world.chief)
    page = chief.get(address(deal, f"?as_of={today()}"))
    assert page.status_code == 200
    assert page.headers["X-Release-Hash"] == deal.releases[-1].sha256
    assert page.headers["X-Previous-Release-Hash"] == deal.releases[-2].sha256
    first = chief.get(address(deal, "?version=1")).get_data(as_text=True)
    assert "等同意" in first
    assert (
        chief.get(address(deal, f"?as_of={today() - timedelta(days=9)}")).status_code
        == 404
    )
    for day in ("昨天吧", today() + timedelta(days=9), "9999-12-31"):
        assert chief.get(address(deal, f"?as_of={day}")).status_code == 404
    assert chief.get(address(deal, "?version=99")).status_code == 404


def test_an_unnamed_firm_is_named_once_it_agrees(
    make: Factory, sign_in: SignIn
) -> None:
    world = World(make, anonymous=True)
    deal = world.propose(by=world.desk)
    secret = world.firm.name
    assert secret not in sign_in(world.desk).get(address(deal)).get_data(as_text=True)
    assert secret in sign_in(world.chief).get(address(deal)).get_data(as_text=True)


def test_files_of_an_nda(world: World, sign_in: SignIn) -> None:
    def status() -> int:
        with sign_in(world.chief).get(path) as answer:
            answer.get_data()
            return answer.status_code

    file = attach(world.achievement, visibility="request", by=world.desk)
    file.approved_at = now()
    db.session.commit()
    path = f"/files/{file.id}"
    deal = world.bring_to("open")
    assert status() == 403
    until = today() + timedelta(days=30)
    world.draft(deal, "nda", access_until=until)
    assert status() == 403
    world.confirm(deal, "nda")
    assert status() == 200
    shown = sign_in(world.desk).get(address(deal)).get_data(as_text=True)
    assert file.name in shown
    (access,) = db.session.scalars(sa.select(FileAccess)).all()
    access.until = today() - timedelta(days=1)
    db.session.commit()
    assert status() == 403
    access.until = until
    db.session.commit()
    world.terminate(deal)
    assert status() == 403
