"""What a page of matches says beside the text is true: ways of cooperation, who said nothing, patents out of force."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.listings import queries
from marketplace.matchmaking.answers import matches_for, top_matches
from marketplace.matchmaking.evidence import evidence_for
from marketplace.matchmaking.facts import Comparison
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
TEXT = "深沟球轴承超精研磨降噪：优化磨削参数与油石粒度，装配后异音由 48 dB 降到 36 dB。"


def fact(demand: Any, achievement: Any, name: str, reader: Any = None) -> Any:
    by_name = {
        one.name: one for one in Comparison(demand, reader).facts_with(achievement)
    }
    return by_name[name]


@pytest.mark.parametrize(
    ("wished", "offered", "verdict"),
    [
        (["commissioned_dev"], ["license"], "differ"),
        (["commissioned_dev"], ["co_implement"], "differ"),
        (["commissioned_dev"], ["transfer", "license"], "differ"),
        (["commissioned_dev"], ["license", "other"], "unknown"),
        (["consulting"], ["equity"], "differ"),
        (["service"], ["co_implement"], "differ"),
        (["joint_platform"], ["transfer"], "differ"),
        (["cooperative_dev"], ["co_implement"], "agree"),
        (["cooperative_dev"], ["equity"], "differ"),
        (["transfer"], ["transfer", "license"], "agree"),
        (["license"], ["transfer"], "differ"),
        (["equity", "license"], ["license"], "agree"),
        (["any"], ["equity"], "agree"),
        ([], ["license"], "unknown"),
        (["license"], [], "unknown"),
    ],
)
def test_ways_of_cooperation_agree_only_where_they_are_the_same(
    wished: list[str], offered: list[str], verdict: str, make: Factory
) -> None:
    # Drafts, for the public may not leave it open.
    demand = make.demand(state="draft", cooperation_modes=wished)
    achievement = make.achievement(state="draft", conversion_modes=offered)

    assert fact(demand, achievement, "合作方式").verdict == verdict


def test_what_agrees_is_named_and_nothing_else(make: Factory) -> None:
    demand = make.demand(cooperation_modes=["license"])
    achievement = make.achievement(conversion_modes=["transfer", "license"])

    assert fact(demand, achievement, "合作方式").offered == "许可"


@pytest.mark.parametrize(
    ("reader", "wished", "stage", "note"),
    [
        ("guest", None, "pilot", "需求没有写阶段"),
        ("guest", "pilot", None, "成果没有写阶段"),
        ("guest", None, None, "双方都没有写阶段"),
        ("firm", None, "pilot", "您没有写阶段"),
        ("firm", "pilot", None, "对方没有写阶段"),
        ("firm", "pilot", "lab_scale", ""),
    ],
)
def test_who_has_not_said_it_is_named_rightly(
    reader: str, wished: str | None, stage: str | None, note: str, make: Factory
) -> None:
    demand = make.demand(stage_wished=wished)
    achievement = make.achievement(state="draft", stage=stage)
    people = {
        "guest": make.person("broker"),
        "firm": make.person("firm", demand.organisation),
    }

    found = fact(demand, achievement, "阶段", people[reader])

    assert found.note == note
    assert (found.verdict == "unknown") == bool(note)


def test_the_achievements_own_people_see_it_from_their_side(make: Factory) -> None:
    demand = make.demand(stage_wished=None)
    achievement = make.achievement(stage="pilot")
    desk = make.person("desk", achievement.organisation)

    by_name = {
        one.name: one for one in Comparison(achievement, desk).facts_with(demand)
    }

    assert by_name["阶段"].note == "对方没有写阶段"


def test_what_is_hidden_is_not_called_unwritten(make: Factory) -> None:
    demand = make.demand(cooperation_modes=["license"])
    achievement = make.achievement(conversion_modes=["license"], visibility="partial")
    reader = make.person("firm", demand.organisation)

    assert fact(demand, achievement, "合作方式", reader).note == "对方没有公开合作方式"


def right(**values: Any) -> dict[str, Any]:
    return {
        "ip_type": "invention",
        "name": "磨削方法",
        "legal_status": "granted",
    } | values


def past(days: int) -> Any:
    return today() - timedelta(days)


STANDINGS = [
    ([], ""),
    ([right()], ""),
    ([right(legal_status="pending")], ""),
    ([right(legal_status=None)], ""),
    ([right(legal_status="lapsed")], "lapsed"),
    ([right(legal_status="invalidated")], "lapsed"),
    ([right(applied_on=past(20 * 366))], "lapsed"),
    ([right(ip_type="design", applied_on=past(16 * 366))], "lapsed"),
    ([right(applied_on=past(366))], ""),
    ([right(fee_paid_until=past(0))], ""),
    ([right(fee_paid_until=past(1))], "fee_due"),
    ([right(fee_paid_until=past(183))], "fee_due"),
    ([right(fee_paid_until=past(184))], "lapsed"),
    ([right(legal_status="lapsed"), right()], ""),
    ([right(legal_status="lapsed"), right(fee_paid_until=past(9))], "fee_due"),
    # What is no patent does not run out, and does not stand in for one.
    ([right(ip_type="software_copyright", legal_status="granted")], ""),
    ([right(legal_status="lapsed"), right(ip_type="know_how")], "lapsed"),
]


@pytest.mark.parametrize(("ips", "standing"), STANDINGS)
def test_an_achievement_without_a_patent_in_force_is_marked_and_never_graded_high(
    ips: list[dict[str, Any]], standing: str, make: Factory, client: FlaskClient
) -> None:
    demand = make.demand("深沟球轴承异音", problem=TEXT)
    achievement = make.achievement("深沟球轴承超精研磨降噪", summary=TEXT, ips=ips)
    for number in range(6):
        make.achievement(
            f"阿胶提取工艺 {number}",
            summary="以驴皮为原料，经酶解和膜分离提取低分子肽，易溶无苦味。",
        )
    grade = "fair" if standing else "high"

    from_demand = matches_for(demand, by=None).offers[0]
    from_achievement = matches_for(achievement, by=None).offers[0]
    beside = top_matches(demand, None).offers[0]
    pair = evidence_for(demand, achievement.id, by=None).offer

    for offer in (from_demand, from_achievement, beside, pair):
        assert (offer.grade, offer.patents) == (grade, standing)
    words = {"": None, "lapsed": "专利已失效", "fee_due": "专利年费已过期，可能失效"}[
        standing
    ]
    for address in (
        f"/demands/{demand.id}/matches",
        f"/demands/{demand.id}/matches/{achievement.id}",
        f"/achievements/{achievement.id}",
        f"/demands/{demand.id}",
    ):
        page = client.get(address).text
        main = page.split('<main id="main"')[1]
        marked = re.search("专利(已失效|年费已过期)", main)
        assert (marked is not None) == bool(standing), address
        if words:
            assert words in page


def test_rights_that_are_not_public_tell_nothing(make: Factory) -> None:
    demand = make.demand("深沟球轴承异音", problem=TEXT)
    achievement = make.achievement(
        "深沟球轴承超精研磨降噪",
        summary=TEXT,
        visibility="partial",
        ips=[right(legal_status="lapsed")],
    )

    assert matches_for(demand, by=None).offers[0].patents == ""
    assert matches_for(achievement, by=None).offers[0].patents == ""
    assert queries.patent_standings([achievement.id]) == {}


@pytest.mark.parametrize("need", ["talent", "capital"])
def test_other_needs_are_not_sent_to_matches_that_there_are_not(
    need: str, make: Factory, client: FlaskClient, sign_in: SignIn
) -> None:
    row = make.demand("招磨削工程师或者资金", need=need)
    owner = sign_in(make.person("firm", row.organisation))

    for page in (client.get(f"/demands/{row.id}").text, owner.get("/mine").text):
        assert f"/demands/{row.id}/matches" not in page
        assert "查看匹配的成果" not in page
    word = {"talent": "人才需求", "capital": "资金需求"}[need]
    assert word in client.get(f"/demands/{row.id}").text
    assert word in owner.get("/mine").text


def test_after_nothing_fits_no_nonsense_is_listed(
    make: Factory, client: FlaskClient
) -> None:
    demand = make.demand(
        "葫芦雕刻防裂",
        problem="葫芦雕刻后干裂，现有烘干设备温度不稳，想提高成品率并降低成本。",
    )
    for number in range(8):
        make.achievement(
            f"肉牛冻精制备技术 {number}",
            summary="提高冻精活力的技术，设备成本低，成品率高，已推广应用。",
        )

    page = client.get(f"/demands/{demand.id}/matches").text

    assert "暂无合适的成果" in page
    assert "字面上最接近" not in page
    assert "冻精" not in page
