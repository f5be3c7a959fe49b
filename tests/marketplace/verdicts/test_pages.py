"""The buttons and what is said after them, the page asked again, why firms passed, and the operators' figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.ranked_lists import sign
from matching.judging import quality
from tests.factories import Factory
from tests.marketplace.verdicts.conftest import Case
from tests.marketplace.verdicts.test_deeds import declining
from tests.marketplace.verdicts.test_measuring import judged_demands  # noqa: F401  (a fixture)

SignIn = Callable[[Person], FlaskClient]


def text_of(answer: Any) -> str:
    """What a reader sees of an answer, blanks made one."""
    page = re.sub(
        r"<(script|style).*?</\1>", "", answer.get_data(as_text=True), flags=re.S
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def ticket_of(browser: FlaskClient, address: str) -> str:
    """The signed list of a page, as its buttons would send it."""
    found = re.search(
        r'name="signed_list" value="([^"]+)"',
        browser.get(address).get_data(as_text=True),
    )
    assert found
    return found[1]


def matches(case: Case) -> str:
    return f"/demands/{case.demand.id}/matches"


def count() -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(Verdict)) or 0


@pytest.mark.parametrize(
    ("who", "buttons"),
    [
        ("guest", False),
        ("stranger", False),
        ("supplier", False),
        ("member", True),
        ("broker", True),
        ("operator", True),
    ],
)
def test_buttons_stand_where_they_work(
    case: Case,
    make: Factory,
    client: FlaskClient,
    sign_in: SignIn,
    who: str,
    buttons: bool,
) -> None:
    people = {
        "stranger": lambda: make.person("firm", make.organisation()),
        "supplier": lambda: make.person(
            "researcher", case.achievements[0].organisation
        ),
        "member": lambda: case.member,
        "broker": lambda: make.person("broker"),
        "operator": lambda: make.person("operator"),
    }
    browser = client if who == "guest" else sign_in(people[who]())

    page = browser.get(matches(case)).get_data(as_text=True)
    pair = browser.get(f"{matches(case)}/{case.achievements[0].id}").get_data(
        as_text=True
    )

    for one in (page, pair):
        assert ("感兴趣</" in one or "感兴趣<span" in one) is buttons
        assert ("记为不合适" in one) is buttons
        assert ("signed_list" in one) is buttons
    assert ("评定相关程度" in pair) is (who in ("broker", "operator"))


def test_interested_leads_to_the_contact(case: Case, sign_in: SignIn) -> None:
    browser = sign_in(case.member)
    ticket = ticket_of(browser, matches(case))
    offered = case.achievements[0]

    answer = browser.post(
        f"{matches(case)}/{offered.id}/interested",
        data={"signed_list": ticket},
        follow_redirects=True,
    )

    page = answer.get_data(as_text=True)
    assert f'href="/achievements/{offered.id}#side-contact"' in page
    assert "已记为感兴趣" in page
    assert "已评价 1 条：感兴趣 1 条，不合适 0 条" in text_of(answer)
    assert "评满 5 条、其中有感兴趣的以后，这里的先后才参考评价" in text_of(answer)
    assert "对方不会收到通知" in page


def test_a_refusal_without_a_reason_is_asked_again_with_what_was_typed(
    case: Case, sign_in: SignIn
) -> None:
    browser = sign_in(case.member)
    ticket = ticket_of(browser, matches(case))
    address = f"{matches(case)}/{case.achievements[0].id}/unsuitable"

    asked = browser.post(
        address, data={"signed_list": ticket, "note": "量程 <b>不够</b>"}
    )

    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert count() == 0
    assert 'href="#pair-reason-0"' in page
    assert "选一个原因" in page
    assert "量程 &lt;b&gt;不够&lt;/b&gt;" in page
    again = {
        "signed_list": re.search(r'name="signed_list" value="([^"]+)"', page)[1],
        "reason": "metrics",
        "note": "量程不够",
    }
    done = browser.post(address, data=again, follow_redirects=True)
    assert "已记为不合适（指标达不到）" in text_of(done)
    assert count() == 1


def test_a_ticket_of_another_is_stale_and_says_what_to_do(
    case: Case, make: Factory, sign_in: SignIn
) -> None:
    ticket = ticket_of(sign_in(case.member), matches(case))
    colleague = sign_in(make.person("firm", case.firm))

    answer = colleague.post(
        f"{matches(case)}/{case.achievements[0].id}/interested",
        data={"signed_list": ticket},
    )

    assert answer.status_code == 409
    assert "请重新打开匹配页面" in text_of(answer)
    assert f'href="{matches(case)}"' in answer.get_data(as_text=True)
    assert count() == 0


@pytest.mark.parametrize("deed", ["interested", "unsuitable", "grade", "retract"])
def test_strangers_and_guests_judge_nothing(
    case: Case, make: Factory, client: FlaskClient, sign_in: SignIn, deed: str
) -> None:
    ticket = sign(case.list_for(case.member), to=case.member)
    address = f"{matches(case)}/{case.achievements[0].id}/{deed}"
    said = {"signed_list": ticket, "reason": "price", "level": "3", "note": "够长"}

    guest = client.post(address, data=said)
    stranger = sign_in(make.person("firm", make.organisation())).post(
        address, data=said
    )

    assert (guest.status_code, guest.location.split("?")[0]) == (302, "/login")
    assert stranger.status_code in (
        403,
        409,
    )  # not his deed; or first of all not his list
    assert count() == 0


def test_a_broker_grades_beside_the_machine(
    case: Case, make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("broker"))
    pair = f"{matches(case)}/{case.achievements[3].id}"
    ticket = ticket_of(browser, pair)

    asked = browser.post(f"{pair}/grade", data={"signed_list": ticket, "level": "2"})
    done = browser.post(
        f"{pair}/grade",
        data={"signed_list": ticket, "level": "2", "note": "节拍差一倍"},
        follow_redirects=True,
    )

    row = db.session.scalar(db.select(Verdict))
    assert asked.status_code == 422
    assert "已评定为「沾边」" in text_of(done)
    assert (row.level, row.note, row.state, row.impression.surface) == (
        2,
        "节拍差一倍",
        "graded",
        "evidence",
    )
    assert row.score > 0
    assert "节拍差一倍" in browser.get(pair).get_data(as_text=True)


def test_taking_back(case: Case, sign_in: SignIn) -> None:
    ranked_list = case.list_for(case.member)
    offered_id = ranked_list.items[0].offered_id
    verdict_deeds.decline(
        case.demand, offered_id, reason="price", by=case.member, ranked_list=ranked_list
    )
    browser = sign_in(case.member)

    done = browser.post(f"{matches(case)}/{offered_id}/retract", follow_redirects=True)
    again = browser.post(f"{matches(case)}/{offered_id}/retract")

    assert "重新参加排列" in text_of(done)
    assert "已评价 1 条" not in text_of(done)
    assert again.status_code == 409


def test_the_page_says_that_the_order_takes_verdicts_into_account(
    case: Case, sign_in: SignIn
) -> None:
    ranked_list = case.list_for(case.member)
    for place, item in enumerate(ranked_list.items[:5]):
        if place == 2:
            verdict_deeds.like(
                case.demand, item.offered_id, by=case.member, ranked_list=ranked_list
            )
        else:
            verdict_deeds.decline(
                case.demand,
                item.offered_id,
                reason="direction",
                by=case.member,
                ranked_list=ranked_list,
            )
    browser = sign_in(case.member)

    taught, plain = (
        browser.get(matches(case)),
        browser.get(f"{matches(case)}?order=text"),
    )

    assert "这里的先后参考了 5 条评价" in text_of(taught)
    assert f'href="{matches(case)}?order=text"' in taught.get_data(as_text=True)
    assert "这里的先后没有参考评价" in text_of(plain)
    assert "参考 5 条评价排列" in text_of(plain)
    assert "才参考评价" not in text_of(taught) + text_of(plain)


def test_no_page_tells_an_achievements_owner_who_passed_it(
    case: Case, make: Factory, sign_in: SignIn
) -> None:
    achievement = case.achievements[0]
    owner = sign_in(make.person("desk", achievement.organisation))
    addresses = (
        f"/achievements/{achievement.id}/matches",
        "/mine/feedback",
        matches(case),
    )
    secret = "我们三号线的秘密工况"
    rows = [
        declining(make, achievement.id)(
            "other", note=f"{secret}{number}", anonymous=True
        )
        for number in range(2)
    ]

    before = [text_of(owner.get(address)) for address in addresses]
    rows.append(declining(make, achievement.id)("price", anonymous=True))
    after = [text_of(owner.get(address)) for address in addresses]

    assert all(
        "家企业标为不合适。" not in page and "企业为什么没选它" not in page
        for page in before
    )
    assert "还没有可以汇总的反馈" in before[1]
    assert (
        "3 家企业在自己的匹配里把这条成果标为不合适：其他 2 家，价格不合适 1 家"
        in after[0]
    )
    assert "3 家企业标为不合适" in after[1]
    for page in before + after:
        assert secret not in page
        for row in rows:
            assert row.demand.organisation.name not in page
            assert row.by.name not in page


def test_the_reasons_on_the_list_of_an_achievement_read_from_its_side(
    case: Case, make: Factory, sign_in: SignIn
) -> None:
    achievement = case.achievements[0]
    for number in range(4):
        make.demand(f"轴承超精研磨降噪攻关{number}")
    browser = sign_in(make.person("desk", achievement.organisation))

    page = browser.get(f"/achievements/{achievement.id}/matches").get_data(as_text=True)

    assert "指标做不到" in page
    assert "指标达不到" not in page


def test_the_figures_of_the_office(
    case: Case,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    judged_demands: Callable[..., Any],  # noqa: F811
) -> None:
    operator = sign_in(make.person("operator"))
    assert "还没有算过" in text_of(operator.get("/office/quality"))
    judged_demands(quality.MIN_DEMANDS - 1)
    verdict_deeds.measure(by=None)
    few = text_of(operator.get("/office/quality"))
    judged_demands(1)
    row = verdict_deeds.measure(by=None)
    enough = text_of(operator.get("/office/quality"))

    assert "被评价过的需求只有 19 条，少于 20 条，不显示数字" in few
    assert "0.500" not in few
    assert f"{row.figures['demands']} 条需求" in enough
    assert "0.500 ± 0.000" in enough
    assert "聊城第一研究院（示例）" in enough
    assert client.get("/office/quality").status_code == 302
    for person in (case.member, make.person("broker")):
        assert sign_in(person).get("/office/quality").status_code == 403


def test_the_algorithm_page_says_which_grades_are_in_force(client: FlaskClient) -> None:
    page = text_of(client.get("/algorithm"))

    assert "现在的档位由上表的固定界线给出" in page
    assert "评价过 50 条需求以后" in page
    assert "标满 5 条" in page


def test_an_impossible_number_is_a_missing_page(case: Case, sign_in: SignIn) -> None:
    browser = sign_in(case.member)

    for number in (0, 2**31 - 1, 2**31, 2**70):
        assert browser.post(f"{matches(case)}/{number}/retract").status_code == 404


def test_what_was_withdrawn_meanwhile_says_so(case: Case, sign_in: SignIn) -> None:
    browser = sign_in(case.member)
    ticket = ticket_of(browser, matches(case))
    row = case.achievements[0]
    listing_deeds.withdraw(row, by=None, seen=row.revision)

    answer = browser.post(
        f"{matches(case)}/{row.id}/interested", data={"signed_list": ticket}
    )

    assert answer.status_code == 404
    assert "刚被撤回或过期" in text_of(answer)
    assert f'href="{matches(case)}"' in answer.get_data(as_text=True)


def test_ones_own_choice_stands_first_and_is_never_called_nothing(
    case: Case, make: Factory, sign_in: SignIn
) -> None:
    """What the firm is interested in stands before the ranked rows, however little the program thinks of it."""
    ranked_list = case.list_for(case.member)
    liked, refused = ranked_list.items[-1].offered_id, ranked_list.items[0].offered_id
    verdict_deeds.like(case.demand, liked, by=case.member, ranked_list=ranked_list)
    for item in ranked_list.items[:-1]:
        verdict_deeds.decline(
            case.demand,
            item.offered_id,
            reason="direction",
            by=case.member,
            ranked_list=ranked_list,
        )
    browser = sign_in(case.member)

    page = browser.get(matches(case)).get_data(as_text=True)
    beside = browser.get(f"/demands/{case.demand.id}").get_data(as_text=True)

    places = [page.index(f'id="{part}"') for part in ("chosen", "refused")]
    assert places == sorted(places)
    first = page.index(f"/achievements/{liked}")
    assert first < page.index(f"/achievements/{refused}")
    for text in (page, beside):
        assert "暂无合适的成果" not in text
        assert "目前没有合适的成果" not in text
    assert "感兴趣的以外，没有更多合适的成果" in page
    assert f"/achievements/{liked}" in beside
    # Who may not know of verdicts sees the list as it is for everybody.
    guest = sign_in(make.person("researcher")).get(matches(case))
    assert 'id="chosen"' not in guest.get_data(as_text=True)
