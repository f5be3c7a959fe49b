"""Pages say which figures are met, with both numbers and whose they are, who has not said what, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import terms
from marketplace.matchmaking import figure_facts
from marketplace.matchmaking.answers import matches_for, newest_for
from marketplace.matchmaking.facts import Comparison, Fact, most_telling
from matching.explaining.figures import Figure, judge_figure
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
TEXT = "深沟球轴承超精研磨降噪：优化磨削参数与油石粒度，装配后异音明显降低。"


def metric(name: str, operator: str, value: str, unit: str, high: str = "") -> Any:
    row = {"name": name, "operator": operator, "value": Decimal(value), "unit": unit}
    return row | ({"value_max": Decimal(high)} if high else {})


WISHES = [
    metric("噪声", "le", "34", "dB"),
    metric("沟道粗糙度", "le", "0.05", "μm"),
    metric("一次合格率", "ge", "98", "%"),
    metric("套圈硬度", "range", "58", "HRC", "62"),
]
OFFERS = [
    metric("噪音", "le", "36", "dB(A)"),
    metric("沟道粗糙度Ra", "le", "0.00004", "mm"),
    metric("套圈硬度", "ge", "700", "HV"),
]


def figures(demand: Any, achievement: Any, reader: Any = None) -> dict[str, Fact]:
    facts = Comparison(demand, reader).facts_with(achievement)
    return {one.name: one for one in facts if one.kind == "figure"}


def near(demand: Any, achievement: Any) -> str:
    facts = Comparison(demand, None).facts_with(achievement)
    return "".join(f"{one.name}：{one.note}" for one in facts if one.kind == "near")


@pytest.fixture
def pair(make: Factory) -> tuple[Any, Any]:
    demand = make.demand("深沟球轴承异音", problem=TEXT, metrics=WISHES)
    achievement = make.achievement(
        "深沟球轴承超精研磨降噪", summary=TEXT, metrics=OFFERS, baseline="尚无对比数据"
    )
    for number in range(5):
        make.achievement(
            f"阿胶提取工艺 {number}",
            summary="以驴皮为原料，经酶解和膜分离提取低分子肽，易溶无苦味。",
        )
    return demand, achievement


def test_each_figure_has_both_numbers_and_its_outcome(pair: tuple[Any, Any]) -> None:
    result = figures(*pair)

    assert [(one.name, one.verdict) for one in result.values()] == [
        ("噪声", "differ"),
        ("沟道粗糙度", "agree"),
        ("一次合格率", "unknown"),
        ("套圈硬度", "unknown"),
    ]
    noise = result["噪声"]
    assert (noise.wished, noise.offered, noise.note) == (
        "≤34 dB",
        "噪音 ≤36 dB(A)",
        "差 2 dB",
    )
    assert result["沟道粗糙度"].offered == "沟道粗糙度Ra ≤0.00004 mm（合 ≤0.04 μm）"
    assert result["一次合格率"].note == "成果没有写一次合格率的数值"
    assert result["套圈硬度"].note == (
        "单位不同，不能换算：需求 58～62 HRC，成果 ≥700 HV"
    )


@pytest.mark.parametrize(
    ("wished", "offered", "words", "short"),
    [
        (("h", "1"), ("min", "100"), "100 min（约合 1.667 h）", "约 0.6667 h"),
        (("h", "1"), ("min", "90"), "90 min（合 1.5 h）", "0.5 h"),
        (("kg", "1"), ("g", "1500000"), "1500000 g（合 1500 kg）", "1499 kg"),
    ],
)
def test_a_converted_number_without_end_is_rounded_and_says_so(
    wished: tuple[str, str], offered: tuple[str, str], words: str, short: str
) -> None:
    verdict = judge_figure(
        Figure("单件节拍", "le", Decimal(wished[1]), None, wished[0]),
        Figure("单件节拍", "eq", Decimal(offered[1]), None, offered[0]),
    )

    assert figure_facts.offered_words(verdict) == words
    assert figure_facts.shortfall_words(verdict) == short


def test_both_directions_say_the_same(pair: tuple[Any, Any]) -> None:
    demand, achievement = pair

    assert Comparison(demand, None).facts_with(achievement) == Comparison(
        achievement, None
    ).facts_with(demand)


def test_pages_show_them_to_the_eye_and_to_the_ear(
    pair: tuple[Any, Any], client: FlaskClient
) -> None:
    demand, achievement = pair
    for address in (
        f"/demands/{demand.id}/matches",
        f"/achievements/{achievement.id}/matches",
        f"/demands/{demand.id}/matches/{achievement.id}",
    ):
        page = client.get(address).text
        listed = re.search(
            r'<ul [^>]*aria-label="技术指标逐项比较">(.*?)</ul>', page, re.S
        )
        assert listed is not None, address
        heard = []
        for item in re.findall(r"<li.*?</li>", listed[1], re.S):
            # What only the eye sees is not read out.
            spoken = re.sub(r'<span [^>]*aria-hidden="true">.*?</span>', "", item)
            heard.append(" ".join(re.sub(r"<[^>]+>", "", spoken).split()))

        assert "噪声未达到 需求 ≤34 dB，成果 噪音 ≤36 dB(A)，差 2 dB" in heard
        assert (
            "沟道粗糙度达到 需求 ≤0.05 μm，成果 沟道粗糙度Ra ≤0.00004 mm（合 ≤0.04 μm）"
            in heard
        )


def test_on_the_page_of_a_pair_all_are_shown_and_on_a_row_the_decided_ones(
    pair: tuple[Any, Any], client: FlaskClient
) -> None:
    demand, achievement = pair

    row = most_telling(Comparison(demand, None).facts_with(achievement))
    page = client.get(f"/demands/{demand.id}/matches/{achievement.id}").text

    # What is missed comes first.
    assert [one.name for one in row if one.kind == "figure"][:2] == [
        "噪声",
        "沟道粗糙度",
    ]
    assert [one.note for one in row if one.kind == "figure"][2] == (
        "一次合格率等 2 项指标未说明"
    )
    for words in ("成果没有写一次合格率的数值", "不能换算"):
        assert words in page


def test_figures_of_texts_count_where_no_row_says_it(make: Factory) -> None:
    demand = make.demand(
        "深沟球轴承异音",
        problem="现在振动值 48 dB，客户投诉。要求振动值≤36 dB，合格率达到98%以上。",
        expected_goal="粗糙度控制在Ra0.05以内。",
        metrics=[metric("合格率", "ge", "95", "%")],
    )
    achievement = make.achievement(
        "深沟球轴承降噪",
        summary="使振动值由 45 dB 降到 36 dB，良率达到96%，表面粗糙度Ra 0.06微米。",
        baseline="尚无对比数据",
    )

    result = figures(demand, achievement)

    assert [(one.name, one.wished, one.verdict) for one in result.values()] == [
        ("合格率", "≥95 %", "agree"),
        ("振动值", "≤36 dB", "agree"),
        ("粗糙度Ra", "≤0.05 μm", "differ"),
    ]
    # From the other side it is the same, whatever is not worth reading there.
    assert Comparison(achievement, None).facts_with(demand) == Comparison(
        demand, None
    ).facts_with(achievement)


@pytest.mark.parametrize(
    ("reader", "row", "note"),
    [
        ("guest", "demand", "成果没有写一次合格率的数值"),
        ("firm", "demand", "对方没有写一次合格率的数值"),
        ("desk", "demand", "您没有写一次合格率的数值"),
        ("firm", "achievement", "对方没有写一次合格率的数值"),
        ("desk", "achievement", "您没有写一次合格率的数值"),
    ],
)
def test_who_is_silent_depends_on_who_reads(
    reader: str, row: str, note: str, pair: tuple[Any, Any], make: Factory
) -> None:
    demand, achievement = pair
    readers = {
        "guest": make.person("broker"),
        "firm": make.person("firm", demand.organisation),
        "desk": make.person("desk", achievement.organisation),
    }
    one, other = (demand, achievement)
    if row == "achievement":
        one, other = other, one

    assert figures(one, other, readers[reader])["一次合格率"].note == note


def test_a_demand_without_figures_says_so(make: Factory) -> None:
    demand = make.demand(
        "轴承异音", problem="装配以后总有异音，客户退货很多，换过两家油脂也不见好。"
    )
    achievement = make.achievement(metrics=OFFERS)
    firm = make.person("firm", demand.organisation)

    assert figures(demand, achievement)["技术指标"].note == "需求没有写技术指标"
    own = figures(demand, achievement, firm)["技术指标"]
    assert (own.verdict, own.note) == ("unknown", "您没有写技术指标")
    # On a row that is no news.
    row = most_telling(Comparison(demand, firm).facts_with(achievement))
    assert not [one for one in row if one.kind == "figure"]


def test_figures_that_are_not_public_tell_nothing(
    make: Factory, client: FlaskClient
) -> None:
    demand = make.demand("深沟球轴承异音", problem=TEXT, metrics=WISHES)
    achievement = make.achievement(
        "深沟球轴承超精研磨降噪",
        summary=TEXT,
        innovation="噪声 31 dB",
        visibility="partial",
        metrics=OFFERS,
    )
    firm = make.person("firm", demand.organisation)

    result = figures(demand, achievement, firm)

    assert {one.verdict for one in result.values()} == {"unknown"}
    assert result["噪声"].note == "对方没有公开噪声的数值"
    page = client.get(f"/demands/{demand.id}/matches/{achievement.id}").text
    assert "36 dB" not in page
    assert "31 dB" not in page
    assert "700" not in page


def test_figures_of_a_list_are_loaded_at_once(make: Factory) -> None:
    demand = make.demand("深沟球轴承异音", problem=TEXT, metrics=WISHES)
    for number in range(6):
        make.achievement(
            f"深沟球轴承超精研磨降噪 {number}", summary=TEXT, metrics=OFFERS
        )
    demand_id = demand.id
    statements: list[str] = []

    def note_statement(*given: Any) -> None:
        statements.append(given[2])

    # The matcher reads new listings by itself, before it answers first.
    matches_for(demand, by=None)
    for answer in (matches_for, newest_for):
        db.session.expunge_all()
        demand = db.session.get(Demand, demand_id)
        statements.clear()
        sa.event.listen(db.engine, "before_cursor_execute", note_statement)
        try:
            answer(demand, by=None)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note_statement)
        of_figures = [one for one in statements if "FROM achievement_metric" in one]
        assert len(of_figures) == 1, answer


def test_loading_figures_changes_nothing(pair: tuple[Any, Any]) -> None:
    demand, achievement = pair
    revision = achievement.revision
    db.session.expire_all()

    matches_for(demand, by=None)

    assert not db.session.dirty
    db.session.commit()
    again = db.session.get(Achievement, achievement.id)
    assert again is not None
    assert again.revision == revision
    assert [one.name for one in again.metrics] == [one["name"] for one in OFFERS]


FIT: dict[str, Any] = {
    "stage": "pilot",
    "conversion_modes": ["license"],
    "price_mode": "fixed",
    "price_min": Decimal(30),
    "price_max": Decimal(30),
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        (
            {"price_min": Decimal(35), "price_max": Decimal(35)},
            "差一点：价格超出预算 5 万元（预算 30 万元）",
        ),
        (
            {"price_min": Decimal("30.5"), "price_max": Decimal(80)},
            "差一点：价格超出预算 0.5 万元（预算 30 万元）",
        ),
        (
            {"price_min": Decimal(300), "price_max": Decimal(300)},
            "只差一项：价格超出预算 270 万元（预算 30 万元）",
        ),
        ({"stage": "lab_scale"}, "差一点：成果在小试阶段，到中试还差 1 级"),
        ({"stage": "rnd"}, "只差一项：成果在研制阶段，到中试还差 2 级"),
        (
            {"conversion_modes": ["transfer"]},
            "差一点：合作方式谈妥即可：需求要技术许可，成果可转让",
        ),
        (
            {"metrics": [metric("噪声", "le", "36", "dB")]},
            "差一点：噪声还差 2 dB，需要 ≤34 dB",
        ),
        (
            {"metrics": [metric("噪声", "le", "50", "dB")]},
            "只差一项：噪声还差 16 dB，需要 ≤34 dB",
        ),
        ({"metrics": [metric("噪声", "le", "30", "dB")]}, ""),
        # Two things are not one, and another field is mended by nobody.
        ({"stage": "lab_scale", "conversion_modes": ["transfer"]}, ""),
        ({"stage": "lab_scale", "metrics": [metric("噪声", "le", "36", "dB")]}, ""),
        ({"field_codes": ["101"]}, ""),
    ],
)
def test_the_one_thing_that_is_missing_is_named_with_what_mends_it(
    changed: dict[str, Any], words: str, make: Factory
) -> None:
    demand = make.demand(
        "深沟球轴承异音",
        problem=TEXT,
        stage_wished="pilot",
        cooperation_modes=["license"],
        budget=Decimal(30),
        budget_negotiable=False,
        metrics=WISHES[:1],
    )
    achievement = make.achievement(
        "深沟球轴承降噪", summary=TEXT, baseline="尚无对比数据", **{**FIT, **changed}
    )

    assert near(demand, achievement) == words


def test_the_page_shows_what_is_missing(make: Factory, client: FlaskClient) -> None:
    demand = make.demand(
        "深沟球轴承异音",
        problem=TEXT,
        budget=Decimal(30),
        budget_negotiable=False,
        cooperation_modes=["license"],
    )
    achievement = make.achievement(
        "深沟球轴承超精研磨降噪",
        summary=TEXT,
        **FIT | {"price_min": Decimal(35), "price_max": Decimal(35)},
    )

    for address in (
        f"/demands/{demand.id}/matches",
        f"/demands/{demand.id}/matches/{achievement.id}",
    ):
        page = client.get(address).text
        plain = re.sub(r"<[^>]+>", "", page)
        assert "差一点：价格超出预算 5 万元（预算 30 万元）。" in plain, address


# What a demand's way asks for → which ways of conversion are the same (促进科技成果转化法 art. 16, 民法典 art. 851).
SAME = {
    "commissioned_dev": set(),
    "cooperative_dev": {"co_implement"},
    "transfer": {"transfer"},
    "license": {"license"},
    "equity": {"equity"},
    "consulting": set(),
    "service": set(),
    "joint_platform": set(),
    "any": {"transfer", "license", "co_implement", "equity", "other"},
}


@pytest.mark.parametrize("wished", list(terms.COOPERATION_MODES))
def test_every_way_of_cooperation_against_every_way_of_conversion(
    wished: str, make: Factory
) -> None:
    demand = make.demand(state="draft", cooperation_modes=[wished])
    for offered in terms.CONVERSION_MODES:
        achievement = make.achievement(state="draft", conversion_modes=[offered])
        facts = Comparison(demand, None).facts_with(achievement)
        result = next(one for one in facts if one.name == "合作方式")

        expected = "differ"
        if offered in SAME[wished]:
            expected = "agree"
        # Open to other ways has refused none; 不限 and 自行实施 have nothing in common yet.
        elif offered == "other" or wished == "any":
            expected = "unknown"
        assert result.verdict == expected, (wished, offered)
        if expected == "unknown":
            assert result.note.startswith("合作方式：")


def test_of_several_ways_one_that_suits_is_enough(make: Factory) -> None:
    demand = make.demand(
        state="draft", cooperation_modes=["commissioned_dev", "license"]
    )
    table = {
        ("license", "transfer"): "agree",
        ("transfer", "equity"): "differ",
        ("transfer", "other"): "unknown",
        ("self_implement",): "differ",
    }
    for offered, expected in table.items():
        achievement = make.achievement(state="draft", conversion_modes=list(offered))
        facts = Comparison(demand, None).facts_with(achievement)

        assert {one.name: one.verdict for one in facts}["合作方式"] == expected
