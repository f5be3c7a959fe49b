"""One side wants to talk to the other: who is told what, who answers until when, and what each may see of the other."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.accounts import contact_consents, person_deeds
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.introductions import deeds, disclosure, queries
from marketplace.introductions.life import INTRODUCTION_LIFE
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import Name
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.personal_data.queries import OWN_CONTACT
from marketplace.workdays.queries import load_calendar
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
PHONE, DESK_PHONE = "13906350001", "0635-8239002"


class World:
    """A firm with a demand and an institute with an achievement that fits; each has somebody who handles both."""

    def __init__(self, make: Factory, *, anonymous: bool = False) -> None:
        self.make = make
        self.firm = make.organisation("临清振动轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.chief.phone = PHONE
        self.lab = make.organisation("鲁西摩擦研究所（示例）", kind="institute")
        self.desk = make.person("desk", self.lab)
        with make.together():
            self.demand = make.demand(
                "轴承异音攻关",
                owner=self.firm,
                anonymous=anonymous,
                chain_code="bearing",
                contact_phone=DESK_PHONE,
            )
            self.achievement = make.achievement(
                "轴承超精研磨降噪", owner=self.lab, contact_phone="0635-8239001"
            )
        self.operator = make.person("operator")
        self.broker = make.broker(make.organisation(kind="service_body"))

    def ask(self, **changes: Any) -> Introduction:
        (name, *_) = queries.names_for(self.achievement, self.chief)
        values: dict[str, Any] = {
            "message": "想谈中试。",
            "agrees": True,
            "opens_firm": False,
            "by": self.chief,
        }
        return deeds.request_introduction(self.achievement, name, **values | changes)

    def press(self, case: Introduction, deed: str, **changes: Any) -> None:
        seen = changes.pop("seen", case.revision)
        if deed == "accept":
            values = {"agrees": True, "opens_firm": True, "by": self.desk} | changes
            deeds.accept_introduction(case, seen=seen, **values)
        elif deed == "decline":
            values = {"reason": "too_early", "note": "", "by": self.desk} | changes
            deeds.decline_introduction(case, seen=seen, **values)
        elif deed == "withdraw":
            note = changes.get("note", "今年的预算改了用途")
            deeds.withdraw_introduction(case, note=note, by=self.chief, seen=seen)
        elif deed == "remind":
            deeds.remind_again(case, by=self.operator, seen=seen)
        elif deed == "end":
            note = changes.get("note", "联系不上对方")
            deeds.end_introduction(case, note=note, by=self.operator, seen=seen)
        else:
            case.due_on = today() - timedelta(days=1)
            db.session.commit()
            assert deeds.lapse_due() == 1

    def bring_to(self, state: str) -> Introduction:
        case = self.ask()
        for deed in PATHS[state]:
            self.press(case, deed)
        assert case.state == state
        return case


PATHS: dict[str, tuple[str, ...]] = {
    "waiting": (),
    "overdue": ("lapse",),
    "accepted": ("accept",),
    "declined": ("decline",),
    "withdrawn": ("withdraw",),
    "ended": ("lapse", "end"),
}
# State → what each deed leads to; a deed that is not here is refused.
EXPECTED = {
    "waiting": {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"},
    "overdue": {
        "accept": "accepted",
        "decline": "declined",
        "withdraw": "withdrawn",
        "remind": "waiting",
        "end": "ended",
    },
}


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def texts_to(person: Any) -> list[str]:
    query = sa.select(Notice.subject, Notice.happened, Notice.to_do).where(
        Notice.person_id == person.id, Notice.kind.like("introduction.%")
    )
    return ["\n".join(row) for row in db.session.execute(query.order_by(Notice.id))]


@pytest.mark.parametrize("state", INTRODUCTION_LIFE.states)
@pytest.mark.parametrize("deed", ["accept", "decline", "withdraw", "remind", "end"])
def test_every_deed_in_every_state(state: str, deed: str, world: World) -> None:
    case = world.bring_to(state)
    after = EXPECTED.get(state, {}).get(deed)
    if after is None:
        with pytest.raises(NotNow):
            world.press(case, deed)
        db.session.rollback()
        assert case.state == state
        return
    world.press(case, deed)
    assert case.state == after
    assert history_of(case)[-1].deed == deed
    assert case.is_unanswered == (case.decided_at is None)


def test_the_life_table_has_no_other_move() -> None:
    moves = {(state, deed) for state, to in EXPECTED.items() for deed in to}
    assert INTRODUCTION_LIFE.moves.keys() - moves == {("waiting", "lapse")}


def test_the_other_side_is_told_who_and_why_and_until_when(world: World) -> None:
    case = world.ask()
    (text,) = texts_to(world.desk) or [""]
    for part in ("临清振动轴承厂", world.chief.name, "匹配依据", "轴承", "想谈中试。"):
        assert part in text
    assert case.why in text
    assert case.grade is not None
    assert case.words
    assert load_calendar().workdays_left(today(), case.due_on) == 5
    world.press(case, "accept")
    assert "对方接受了" in texts_to(world.chief)[-1]


def test_reasons_stay_as_they_were(world: World) -> None:
    case = world.ask()
    why = case.why
    listing_deeds.save(
        world.demand,
        {
            "problem": "改写过的难题：轴承装上电机以后有异音，客户退货，需要从磨削找原因。"
        },
        by=None,
        seen=world.demand.revision,
    )
    assert case.why == why


@pytest.mark.parametrize("opens", [False, True])
def test_an_unnamed_firm_is_named_when_it_agreed_and_not_before(
    opens: bool, make: Factory, sign_in: SignIn
) -> None:
    world = World(make, anonymous=True)
    listing_deeds.assign_broker(world.demand, world.broker, by=world.operator)
    case = world.ask(opens_firm=opens)
    browser = sign_in(world.desk)
    address = f"/mine/introductions/{case.id}"
    secrets = ("临清振动轴承厂", world.chief.name, PHONE, world.chief.email)
    pages = [
        browser.get("/mine").text,
        browser.get(address).text,
        *texts_to(world.desk),
    ]
    for page in pages:
        assert not any(secret in page for secret in secrets)
    world.press(case, "accept")
    page = browser.get(address).text
    assert all(secret in page for secret in secrets) is opens
    assert any(secret in page for secret in secrets) is opens
    # Who is not named is reached through their broker.
    assert (world.broker.email in page) is not opens
    # The firm knows whom it talks to in any case.
    assert "0635-8239001" in sign_in(world.chief).get(address).text


def test_contacts_open_with_the_acceptance(world: World, sign_in: SignIn) -> None:
    case = world.ask()
    address = f"/mine/introductions/{case.id}"
    desk, chief = sign_in(world.desk), sign_in(world.chief)
    before = desk.get(address).text
    assert PHONE not in before
    assert DESK_PHONE not in before
    assert "0635-8239001" not in chief.get(address).text
    world.press(case, "accept")
    after = desk.get(address).text
    assert PHONE in after
    assert DESK_PHONE in after
    assert "0635-8239001" in chief.get(address).text
    for person in (world.chief, world.desk):
        given = contact_consents.current_consent(person, contact_consents.SHARE)
        assert given is not None


def test_each_look_is_shown_to_whose_contact_it_is(
    world: World, sign_in: SignIn
) -> None:
    case = world.ask()
    world.press(case, "accept")
    world.achievement.owner_id = world.desk.id
    db.session.commit()
    address = f"/mine/introductions/{case.id}"

    sign_in(world.chief).get(address)
    of_desk = sign_in(world.desk).get("/account/data").text
    before = sign_in(world.chief).get("/account/data").text
    sign_in(world.desk).get(address)
    of_chief = sign_in(world.chief).get("/account/data").text

    assert world.firm.name in of_desk
    assert world.achievement.title in of_desk
    # Who reads their own contact in the same page has not looked at anybody's.
    assert OWN_CONTACT not in before
    assert OWN_CONTACT in of_chief
    assert world.lab.name in of_chief


def test_a_consent_taken_back_before_the_answer_hands_nothing_over(
    world: World, sign_in: SignIn
) -> None:
    case = world.ask()
    person_deeds.set_consent(world.chief, contact_consents.SHARE, given=False)
    world.press(case, "accept")
    address = f"/mine/introductions/{case.id}"
    page = sign_in(world.desk).get(address).text
    person_deeds.set_consent(world.chief, contact_consents.SHARE, given=True)
    later = sign_in(world.desk).get(address).text

    assert PHONE not in page
    assert DESK_PHONE not in page
    assert world.chief.email not in page
    assert "收回了转给对方的同意" in page
    # For the next introductions, not for this one.
    assert PHONE not in later


def test_what_was_handed_over_is_not_taken_back(world: World, sign_in: SignIn) -> None:
    case = world.ask()
    world.press(case, "accept")
    person_deeds.set_consent(world.chief, contact_consents.SHARE, given=False)
    page = sign_in(world.desk).get(f"/mine/introductions/{case.id}").text

    assert PHONE in page


def test_a_list_reads_no_consents(world: World, sign_in: SignIn) -> None:
    case = world.ask()
    world.press(case, "accept")
    desk = sign_in(world.desk)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def reads_consents(address: str) -> bool:
        statements.clear()
        assert desk.get(address).status_code == 200
        return any("FROM consent" in one for one in statements)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        of_list = reads_consents("/mine/introductions")
        of_page = reads_consents(f"/mine/introductions/{case.id}")
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    # Only where the contacts are shown, else once for every row.
    assert (of_list, of_page) == (False, True)


def test_an_unnamed_demand_that_is_wanted(make: Factory, sign_in: SignIn) -> None:
    """The institute asks; the firm accepts and stays unnamed, or its broker answers for it."""
    world = World(make, anonymous=True)
    listing_deeds.assign_broker(world.demand, world.broker, by=world.operator)
    (name, *_) = queries.names_for(world.demand, world.desk)
    case = deeds.request_introduction(
        world.demand, name, message="", agrees=True, opens_firm=True, by=world.desk
    )
    assert texts_to(world.chief)
    assert texts_to(world.broker)
    values = {"agrees": True, "opens_firm": False, "seen": case.revision}
    deeds.accept_introduction(case, by=world.broker, **values)
    page = sign_in(world.desk).get(f"/mine/introductions/{case.id}").text
    assert "临清振动轴承厂" not in page
    assert world.broker.email in page
    assert PHONE not in page


WHO = [
    ("chief", True),
    ("desk", True),
    ("operator", True),
    ("colleague", False),
    ("stranger", False),
    ("broker", False),
    ("auditor", False),
]


@pytest.mark.parametrize(("who", "reads"), WHO)
def test_who_reads_a_case(who: str, reads: bool, world: World, sign_in: SignIn) -> None:
    case = world.bring_to("accepted")
    make = world.make
    people = {
        "chief": world.chief,
        "desk": world.desk,
        "operator": world.operator,
        "colleague": make.person("researcher", world.lab),
        "stranger": make.person("firm", make.organisation(), administers=True),
        "broker": world.broker,
        "auditor": make.person("auditor"),
    }
    browser = sign_in(people[who])
    address = f"/mine/introductions/{case.id}"
    assert browser.get(address).status_code == (200 if reads else 404)
    post = browser.post(f"{address}/messages", data={"text": "周三下午可以谈。"})
    talks = who in ("chief", "desk")
    assert (post.status_code == 303) is talks
    listed = browser.get("/mine/introductions").text
    assert (world.achievement.title in listed) is talks
    # An auditor is offered nothing that an auditor may not do.
    begins = f"/achievements/{world.achievement.id}/introduction"
    offered = begins in browser.get(f"/achievements/{world.achievement.id}").text
    assert offered is (who in ("stranger", "operator", "broker"))
    joins = "/mine/organisations/join" in browser.get("/mine/organisations").text
    assert joins is (who != "auditor")


def steps_onward(page: str) -> list[str]:
    """Where the page of an introduction leads where nothing came of it."""
    section = page.partition('<h2 id="onward">')[2].partition("</section>")[0]
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', section)]


def test_who_asked_without_a_listing_is_led_to_one(
    world: World, sign_in: SignIn
) -> None:
    case = deeds.request_introduction(
        world.achievement,
        Name("", "", world.firm.id),
        message="",
        agrees=True,
        opens_firm=False,
        by=world.chief,
    )
    world.press(case, "decline")

    page = sign_in(world.chief).get(f"/mine/introductions/{case.id}").text

    assert steps_onward(page) == ["/search?kind=achievement", "/mine/demand/new"]


@pytest.mark.parametrize(
    ("state", "asking", "answering"),
    [
        ("waiting", "等对方答复", "等您答复"),
        ("overdue", "超期未答复，平台在跟进", "超期未答复，您仍可以答复"),
        ("accepted", "已接受，双方可以联系", "已接受，双方可以联系"),
        ("declined", "对方谢绝了", "您单位谢绝了"),
        ("withdrawn", "已撤回", "对方撤回了"),
        ("ended", "平台已结束", "平台已结束"),
    ],
)
def test_each_side_reads_the_state_as_its_own(
    state: str, asking: str, answering: str, world: World, sign_in: SignIn
) -> None:
    case = world.bring_to(state)
    for person, words in (
        (world.chief, asking),
        (world.operator, asking),
        (world.desk, answering),
    ):
        browser = sign_in(person)
        assert f"<h1>{words}</h1>" in browser.get(f"/mine/introductions/{case.id}").text
        if person is not world.operator:
            assert f">{words}" in browser.get("/mine/introductions").text
        page = browser.get(f"/mine/introductions/{case.id}").text
        # What came to nothing leads on, each side by its own listing; an operator has none.
        own = {world.chief: case.own, world.desk: case.wanted}.get(person)
        steps = steps_onward(page)
        is_over = state in ("declined", "withdrawn", "ended")
        if own is None or not is_over:
            assert steps == []
            continue
        assert [step.rpartition("/")[2] for step in steps] == [
            "matches",
            f"search?kind={own.counterpart}",
            "broker",
        ]
        for step in steps:
            assert browser.get(step).status_code == 200


def test_who_may_ask(world: World, sign_in: SignIn, client: FlaskClient) -> None:
    address = f"/achievements/{world.achievement.id}/introduction"
    assert client.get(address).status_code in (302, 303)
    unverified = world.make.organisation(verified=False)
    newcomer = world.make.person("firm", unverified, administers=True)
    assert sign_in(newcomer).get(address).status_code == 403
    with pytest.raises(NotAllowed):
        deeds.request_introduction(
            world.achievement,
            Name("", "", unverified.id),
            message="",
            agrees=True,
            opens_firm=True,
            by=newcomer,
        )
    own = sign_in(world.desk)
    assert "现在不能提出对接" in own.get(address).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agrees": False}, "勾选同意"),
        ({"message": "字" * 501}, "太长"),
        ({"message": "机密★10年"}, "密"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        world.ask(**changes)
    assert said in str(refused.value.problems)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Introduction.id))) == 0
    assert texts_to(world.desk) == []


def test_consent_is_given_once(world: World) -> None:
    world.press(world.ask(), "withdraw")
    assert world.ask(agrees=False).state == "waiting"


def test_two_presses_are_one(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.chief)
    address = f"/achievements/{world.achievement.id}/introduction"
    form = {"name": f"demand-{world.demand.id}", "agrees": "y", "message": ""}
    answers = [browser.post(address, data=form) for _ in range(3)]
    assert [one.status_code for one in answers] == [303, 409, 409]
    # The second one is led to the first.
    assert f'href="{answers[0].headers["Location"]}"' in answers[1].text
    wrong = {**form, "name": "demand-999999"}
    assert browser.post(address, data=wrong).status_code == 422
    case = db.session.scalars(sa.select(Introduction)).one()
    twin = Introduction(
        wanted_kind="achievement",
        wanted_id=world.achievement.id,
        asking_organisation_id=world.firm.id,
        asked_by_id=world.chief.id,
        due_on=case.due_on,
    )
    db.session.add(twin)
    with pytest.raises(sa.exc.IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_who_saw_an_older_state_decides_nothing(world: World) -> None:
    case = world.ask()
    seen = case.revision
    world.press(case, "lapse")
    with pytest.raises(Stale):
        world.press(case, "accept", seen=seen)
    assert case.state == "overdue"


@pytest.mark.parametrize("reason", ["", "no such reason", "other"])
def test_a_decline_needs_its_reason(reason: str, world: World) -> None:
    case = world.ask()
    with pytest.raises(Invalid):
        world.press(case, "decline", reason=reason)
    db.session.rollback()
    assert case.state == "waiting"
    world.press(case, "decline", reason="other", note="今年没有力量")
    assert "今年没有力量" in texts_to(world.chief)[-1]


def test_who_asked_says_why_they_take_it_back(world: World, sign_in: SignIn) -> None:
    case = world.ask()
    chief = sign_in(world.chief)
    address = f"/mine/introductions/{case.id}"
    seen = {"withdraw-seen": str(case.revision)}
    refused = chief.post(f"{address}/withdraw", data=seen)
    assert refused.status_code == 422
    assert "写清楚" in refused.text
    assert case.state == "waiting"
    data = seen | {"withdraw-note": "今年的预算改了用途"}
    assert chief.post(f"{address}/withdraw", data=data).status_code == 303
    assert case.state == "withdrawn"
    assert "今年的预算改了用途" in texts_to(world.desk)[-1]
    for person in (world.chief, world.desk):
        assert "原因：今年的预算改了用途" in sign_in(person).get(address).text


def test_what_nobody_answers_goes_to_the_operators(
    world: World, sign_in: SignIn
) -> None:
    case = world.bring_to("overdue")
    assert "平台会跟进" in texts_to(world.chief)[-1]
    office = sign_in(world.operator)
    assert (
        world.achievement.title in office.get("/office/review?tray=introductions").text
    )
    before = len(texts_to(world.desk))
    world.press(case, "remind")
    assert case.due_on > today()
    assert len(texts_to(world.desk)) == before + 1
    assert deeds.lapse_due() == 0
    world.press(case, "lapse")
    world.press(case, "end", note="对方电话停机")
    assert "对方电话停机" in texts_to(world.chief)[-1]


def test_messages_reach_the_other_side_only(world: World) -> None:
    case = world.ask()
    with pytest.raises(NotNow):
        deeds.write_message(case, "可以谈吗", by=world.chief)
    world.press(case, "accept")
    deeds.write_message(case, "周三下午可以谈。", by=world.desk)
    told = len(texts_to(world.chief))
    # Pressed twice it is one message; said by the other side, or later, it is another.
    deeds.write_message(case, "周三下午可以谈。", by=world.desk)
    assert (len(case.messages), len(texts_to(world.chief))) == (1, told)
    assert "周三下午可以谈。" in texts_to(world.chief)[-1]
    assert "周三下午可以谈。" not in texts_to(world.desk)[-1]
    with pytest.raises(NotFound):
        deeds.write_message(case, "路过", by=world.broker)
    with pytest.raises(Invalid):
        deeds.write_message(case, " ", by=world.chief)


def test_nobody_floods_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "MAX_A_DAY", 1)
    world.press(world.ask(), "withdraw")
    with pytest.raises(NotNow, match="一天内"):
        world.ask()


def test_what_is_confidential_is_wanted_by_nobody_who_cannot_find_it(
    world: World,
) -> None:
    hidden = world.make.achievement(owner=world.lab, visibility="confidential")
    with pytest.raises(NotFound):
        queries.get_wanted("achievement", hidden.id, by=world.chief)


def test_a_confidential_demand_is_not_disclosed_by_asking(
    world: World, sign_in: SignIn
) -> None:
    title = "不公开的保持架难题"
    world.make.demand(title, owner=world.firm, visibility="confidential")
    names = queries.names_for(world.achievement, world.chief)
    (name,) = [one for one in names if one.row is not None and one.row.title == title]
    assert name.is_unnamed
    case = deeds.request_introduction(
        world.achievement,
        name,
        message="",
        agrees=True,
        opens_firm=False,
        by=world.chief,
    )
    visible = queries.visible_listings([case], world.desk)
    side, _ = disclosure.sides_of(case, world.desk, visible)
    assert title not in side.title
    page = sign_in(world.desk).get(f"/mine/introductions/{case.id}").text
    assert title not in page
    assert "临清振动轴承厂" not in page


def test_an_achievement_is_not_wanted_for_a_demand_for_money(world: World) -> None:
    world.make.demand("中试线建设融资", owner=world.firm, need="capital")
    world.make.demand("招振动工程师", owner=world.firm, need="talent")
    world.make.demand("磨削烧伤攻关", owner=world.firm)
    names = queries.names_for(world.achievement, world.chief)
    titles = [one.row.title for one in names if one.row is not None]
    assert "磨削烧伤攻关" in titles
    assert not {"中试线建设融资", "招振动工程师"} & set(titles)
    # In the name of the firm itself they may always ask.
    assert any(one.row is None for one in names)


def test_what_fits_stands_first_and_is_chosen(world: World, sign_in: SignIn) -> None:
    """A desk of many achievements: the newest one is not what a demand is about."""
    others = (
        "番茄采摘机器人",
        "赤泥脱碱",
        "木版年画色彩还原",
        "阿胶浓缩终点判断",
        "海水养殖病害监测",
        "驴精液冷冻保存",
    )
    for title in others:
        world.make.achievement(
            title,
            owner=world.lab,
            summary=f"{title}：" + "这一套工艺和设备已经用了两年。" * 3,
        )
    demand = world.make.demand(
        "轴承套圈超精研磨后有异音",
        owner=world.firm,
        problem="轴承套圈超精研磨以后装起来有异音，振动值大，想降噪，试过调参数。",
    )

    page = sign_in(world.desk).get(f"/demands/{demand.id}/introduction").text

    mine = f'value="achievement-{world.achievement.id}"'
    open_part, folded = page.split("用别的一条（6）")
    first = open_part.split("<legend")[1].split("<input")[1]
    assert mine in first
    assert "checked" in first
    assert all(title in folded and title not in open_part for title in others)


def test_where_nothing_fits_nothing_is_chosen(world: World, sign_in: SignIn) -> None:
    world.make.achievement(
        "番茄采摘机器人",
        owner=world.lab,
        summary="采摘番茄的机器人，已经在大棚里用了两年，伤果很少，省一半人工。",
    )
    demand = world.make.demand(
        "阿胶掺马皮怎么查",
        owner=world.firm,
        problem="收来的阿胶里掺了马皮，肉眼看不出，想在收购现场快速检验出来。",
    )
    browser = sign_in(world.desk)
    address = f"/demands/{demand.id}/introduction"

    assert " checked" not in browser.get(address).text
    refused = browser.post(address, data={"agrees": "y", "message": ""})
    assert refused.status_code == 422
    assert "选一个，对方才知道是谁想对接" in refused.text
    named = browser.get(f"{address}?name=achievement-{world.achievement.id}").text
    assert named.count(" checked") == 1


def test_a_merged_organisation_takes_its_introductions_along(world: World) -> None:
    case = world.ask()
    twin = world.make.organisation("临清市振动轴承厂（示例）", verified=False)
    merge = organisation_deeds.merge_organisations(world.firm, twin, by=world.operator)
    assert case.asking_organisation_id == twin.id
    organisation_deeds.undo_merge(merge, by=world.operator)
    assert case.asking_organisation_id == world.firm.id


def test_the_ways_in(world: World, sign_in: SignIn, client: FlaskClient) -> None:
    page = f"/achievements/{world.achievement.id}"
    assert f"{page}/introduction" in client.get(page).text
    chief = sign_in(world.chief)
    matches = chief.get(f"/demands/{world.demand.id}/matches").text
    assert f"{page}/introduction?name=demand-{world.demand.id}" in matches
    # From a search and from a pasted text too, for those who may ask.
    way = f'href="{page}/introduction"'
    search = "/search?kind=achievement&q=超精研磨"
    assert way in chief.get(search).text
    assert way not in client.get(search).text
    pasted = {"text": "轴承超精研磨以后还有异音，想找降噪的办法。" * 2}
    assert way in chief.post("/trial", data=pasted).text
    assert way not in client.post("/trial", data=pasted).text
    form = chief.get(f"{page}/introduction?name=demand-{world.demand.id}").text
    assert re.search(rf'<input checked[^>]*value="demand-{world.demand.id}"', form)
    case = world.ask()
    assert f"/mine/introductions/{case.id}" in chief.get(page).text
    desk = sign_in(world.desk)
    assert "想对接" not in desk.get(page).text
    assert f"/mine/introductions/{case.id}" in desk.get("/mine").text
    address = f"/mine/introductions/{case.id}"
    bare = desk.post(f"{address}/accept", data={"seen": str(case.revision)})
    assert bare.status_code == 422
    assert "勾选同意" in bare.text
    form_data = {"seen": str(case.revision), "agrees": "y"}
    assert desk.post(f"{address}/accept", data=form_data).status_code == 303
    assert desk.post(f"{address}/accept", data=form_data).status_code == 409
