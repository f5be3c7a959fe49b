"""What is offered to whom, in which order and with which reasons. The pages that show it: test_pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.errors import NotFound
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import index as listing_index
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import Achievement, Demand
from marketplace.matchmaking.answers import (
    TOP,
    Answer,
    matches_for,
    newest_for,
    opening_line,
    top_matches,
)
from marketplace.matchmaking.catalogues import stamp_of
from marketplace.matchmaking.evidence import REST, evidence_for, mark_words
from marketplace.matchmaking.offers import Offer
from marketplace.matchmaking.ranking import stored_features
from marketplace.matchmaking.trial import headline_of, match_text
from marketplace.permissions import Guest
from marketplace.verdicts.projections import common_document
from matching import Matcher
from tests.factories import Factory

GUEST = Guest()
FAR = {
    "problem": "景区湖湾夏季蓝藻水华连片，割草船只能割水面，底泥磷释放没有办法，游客投诉臭味，想恢复沉水植物。",
    "key_technology": "底泥控磷。",
    "keywords": ["水华"],
}


def ids(answer: Answer) -> list[int]:
    """Ids of what is offered, in order."""
    return [offer.row.id for offer in answer.offers]


def test_the_nearer_text_comes_first_and_says_why(make: Factory) -> None:
    make.organisation()  # so that ids of the two kinds differ
    far = make.achievement(
        "轴承锻件余热退火",
        summary="轴承锻件锻后余热球化退火，吨件电耗下降 170 kWh，碳化物级别 2 级。",
        baseline="",
        metrics=[{"name": "电耗", "value": 170, "unit": "kWh"}],
        keywords=["余热"],
    )
    near = make.achievement()
    demand = make.demand()

    answer = matches_for(demand, by=GUEST)

    first = answer.offers[0]
    assert ids(answer) == [near.id, far.id] or ids(answer) == [near.id]
    assert answer.fitting
    assert first.rank == 1
    assert first.grade == "fair"
    assert {"振动", "超精"} & {word for word, _ in first.shares}
    assert sum(share for _, share in first.shares) + first.rest == pytest.approx(
        first.score
    )
    assert "".join(text for text, _ in first.why).startswith("两边都提到")


def test_the_way_back_offers_demands(make: Factory) -> None:
    demand, row = make.demand(), make.achievement()

    answer = matches_for(row, by=GUEST)

    assert answer.sought == "demand"
    assert ids(answer) == [demand.id]


def test_stored_features_are_of_the_revision_that_was_ranked(make: Factory) -> None:
    make.organisation()  # so that ids and revisions differ
    demand = make.demand()
    document = common_document(demand)
    (match,) = Matcher().fit([document]).rank(document)
    offered = [(match, demand)]
    state = (demand.revision, demand.updated_at)
    before = (demand.revision, demand.updated_at - timedelta(microseconds=1))

    ranked = stored_features(offered, {demand.id: stamp_of(*state)})
    changed_since = stored_features(offered, {demand.id: stamp_of(*before)})

    assert ranked.keys() == {demand.id}
    assert ranked[demand.id].words.keys.tolist() == match.features.words.keys.tolist()
    assert changed_since == {}
    assert stored_features(offered, {}) == {}


def test_equal_texts_stand_in_order_of_id(make: Factory) -> None:
    rows = [make.achievement("轴承超精研磨降噪工艺") for _ in range(4)]
    demand = make.demand()

    assert ids(matches_for(demand, by=GUEST)) == [row.id for row in rows]


def test_everybody_gets_the_same_order(make: Factory) -> None:
    for number in range(5):
        make.achievement(prospects="适合电机厂配套。" * number)
    demand = make.demand()
    readers = [
        GUEST,
        *(
            make.person(role, make.organisation())
            for role in ("firm", "researcher", "broker", "operator")
        ),
    ]

    orders = [ids(matches_for(demand, by=reader)) for reader in readers]

    assert all(order == orders[0] for order in orders)
    assert len(orders[0]) == 5


def test_an_organisation_is_not_offered_its_own(make: Factory) -> None:
    both = make.organisation("自产自用轴承集团（示例）")
    demand = make.demand(owner=both)
    own, other = make.achievement(owner=both), make.achievement()

    assert ids(matches_for(demand, by=GUEST)) == [other.id]
    assert ids(matches_for(own, by=GUEST)) == []
    with pytest.raises(NotFound):
        evidence_for(demand, own.id, by=GUEST)


def test_what_is_missing_from_a_list_does_not_betray_who_is_anonymous(
    make: Factory,
) -> None:
    both = make.organisation("自产自用轴承集团（示例）")
    staff, operator = (
        make.person("firm", both),
        make.person("operator", make.organisation()),
    )
    demand = make.demand(owner=both, anonymous=True)
    own = make.achievement(owner=both)

    seen = {
        name: ids(matches_for(demand, by=by))
        for name, by in {"guest": GUEST, "staff": staff, "operator": operator}.items()
    }
    pasted = ids(match_text(f"{demand.title}\n{demand.problem}", "demand", by=GUEST))

    assert seen == {"guest": [own.id], "staff": [], "operator": []}
    assert pasted == [own.id]
    assert ids(matches_for(own, by=GUEST)) == [demand.id]
    assert ids(matches_for(own, by=staff)) == []


@pytest.mark.parametrize("need", ["talent", "capital"])
def test_only_a_need_for_technology_is_matched(make: Factory, need: str) -> None:
    demand, row = make.demand(need=need), make.achievement()

    assert matches_for(demand, by=GUEST).blocked == "need"
    assert newest_for(demand, by=GUEST)[0].blocked == "need"
    assert ids(matches_for(row, by=GUEST)) == []
    assert ids(newest_for(row, by=GUEST)[0]) == []
    with pytest.raises(NotFound):
        evidence_for(demand, row.id, by=GUEST)


@pytest.mark.parametrize(
    ("state", "blocked"),
    [
        ("draft", None),
        ("submitted", None),
        ("returned", None),
        ("published", None),
        ("rejected", "ended"),
        ("suspended", "ended"),
        ("withdrawn", "ended"),
        ("expired", "ended"),
    ],
)
def test_a_listing_looks_for_matches_while_it_lives(
    make: Factory, state: str, blocked: str | None
) -> None:
    make.achievement()

    assert matches_for(make.demand(state=state), by=None).blocked == blocked


def test_the_plain_order_is_all_there_is_newest_first(
    make: Factory, session: Session
) -> None:
    rows = [make.achievement() for _ in range(TOP + 2)]
    far = make.demand("湖湾水华治理", **FAR)

    first, _, pages = newest_for(far, by=GUEST)
    second, _, _ = newest_for(far, by=GUEST, page=2)

    assert pages == 2
    assert ids(first) + ids(second) == [row.id for row in reversed(rows)]
    assert second.offers[0].rank == TOP + 1
    assert first.offers[0].grade is None


def test_pages_of_the_plain_order_end_where_the_list_ends(make: Factory) -> None:
    for _ in range(TOP + 1):
        make.achievement()
    demand = make.demand()
    given = {-(10**23): 1, 0: 1, 1: 1, 2: 2, 3: 2, 2**63: 2, 10**23: 2}

    answers = {asked: newest_for(demand, by=GUEST, page=asked) for asked in given}

    assert {asked: page for asked, (_, page, _) in answers.items()} == given
    assert {
        len(answer.offers) for answer, page, _ in answers.values() if page == 2
    } == {1}


def test_nothing_fitting_is_said_with_what_is_missing(make: Factory) -> None:
    make.achievement()
    demand = make.demand("湖湾水华治理", **FAR)

    answer = matches_for(demand, by=GUEST)

    assert not answer.fitting
    assert "numbers" in answer.gaps
    assert "水华" in answer.unknown
    assert all(offer.grade in (None, "weak") for offer in answer.offers)
    assert top_matches(demand, GUEST).offers == ()


def test_the_side_column_gets_the_same_first_few(make: Factory) -> None:
    # Titles of their own: a running number of three figures reads like the name of a material.
    for letter in "甲乙丙丁戊己庚":
        make.achievement(f"轴承超精研磨降噪工艺{letter}")
    demand = make.demand("深沟球轴承异音攻关")

    assert ids(top_matches(demand, GUEST)) == ids(matches_for(demand, by=GUEST))[:5]


def test_hidden_ones_at_the_top_leave_no_gap(make: Factory) -> None:
    both = make.organisation("自产自用轴承集团（示例）")
    for _ in range(8):
        make.achievement(
            owner=both, title=f"深沟球轴承异音攻关{_}", summary=make_text()
        )
    others = [make.achievement() for _ in range(3)]
    demand = make.demand(owner=both)

    assert ids(matches_for(demand, by=GUEST, top=3)) == [row.id for row in others]


def make_text() -> str:
    """The very text of the factory's demand."""
    return "电机用深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整多次仍达不到要求，废品率约百分之六。"


def test_an_empty_catalogue_blames_no_word(make: Factory) -> None:
    answer = matches_for(make.demand(), by=GUEST)

    assert (answer.catalogue, answer.offers, answer.unknown, answer.blocked) == (
        0,
        (),
        (),
        None,
    )


def facts(offer: Offer) -> dict[str, tuple[str, str, str]]:
    """Name → verdict and both values."""
    return {
        fact.name: (fact.verdict, fact.wished, fact.offered) for fact in offer.facts
    }


def test_facts_are_said_in_words(make: Factory) -> None:
    row = make.achievement(price_mode="fixed", price_min=80, chain_code="bearing")
    demand = make.demand(
        budget=50, budget_negotiable=False, stage_wished="small_batch", chain_code=None
    )

    offer = evidence_for(demand, row.id, by=GUEST).offer

    assert facts(offer) == {
        "阶段": ("differ", "小批量", "中试"),
        "合作方式": ("agree", "合作开发", "合作实施转化"),
        "价格": ("differ", "50 万元", "80 万元"),
        "领域": ("agree", "先进制造与自动化", "先进制造与自动化"),
        "产业链": ("unknown", "", "轴承"),
        # The demand asks for no figures.
        "技术指标": ("unknown", "", ""),
    }


def test_a_row_of_a_list_tells_three_facts_known_ones_first(make: Factory) -> None:
    make.achievement(price_mode="negotiable")
    demand = make.demand(chain_code=None)

    names = [
        (fact.name, fact.verdict)
        for fact in matches_for(demand, by=GUEST).offers[0].facts
    ]

    assert names == [("合作方式", "agree"), ("领域", "agree"), ("阶段", "unknown")]


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        ("guest", False),
        ("firm", False),
        ("broker", False),
        ("assigned", True),
        ("operator", True),
    ],
)
def test_codes_of_a_partly_public_listing_are_unknown_to_the_public(
    make: Factory, reader: str, told: bool
) -> None:
    row = make.achievement(
        visibility="partial",
        price_mode="fixed",
        price_min=80,
        innovation="滚道磨粒流二次光整。",
    )
    demand = make.demand(budget=50, budget_negotiable=False)
    by: Any = GUEST
    if reader != "guest":
        role = "broker" if reader == "assigned" else reader
        by = make.person(role, make.organisation())
    if reader == "assigned":
        listing_deeds.assign_broker(row, by, by=make.person("operator"))

    pair = evidence_for(demand, row.id, by=by)

    found = facts(pair.offer)
    assert {
        name: found[name][0] != "unknown" for name in ("合作方式", "价格", "产业链")
    } == dict.fromkeys(("合作方式", "价格", "产业链"), told)
    assert found["领域"][0] == "agree"
    assert [name for name, _ in pair.other] == ["成果简介"]


def test_words_of_hidden_sections_earn_nothing(make: Factory) -> None:
    row = make.achievement(
        visibility="partial", innovation="滚道磨粒流二次光整。", keywords=["磨粒流"]
    )
    demand = make.demand(
        problem="想用磨粒流做滚道光整，把轴承振动值降下来，现在靠超精研磨达不到要求。"
    )

    offer = evidence_for(demand, row.id, by=GUEST).offer

    assert "磨粒流" not in {word for word, _ in offer.shares}


def test_evidence_adds_up_as_it_is_shown(make: Factory) -> None:
    row, demand = make.achievement(), make.demand()

    pair = evidence_for(demand, row.id, by=GUEST)
    listed = matches_for(demand, by=GUEST).offers[0]

    assert pair.offer.score == listed.score
    assert sum(points for _, points, _ in pair.parts) == round(pair.offer.score * 1000)
    assert sum(percent for _, _, percent in pair.parts) == 100
    assert pair.parts[-1][0] == REST


def test_words_are_told_as_the_text_writes_them(make: Factory) -> None:
    make.achievement(
        "PA66保持架注塑",
        summary="玻纤增强PA66保持架低翘曲注塑，翘曲由 0.3 mm 降到 0.1 mm，用于圆柱滚子轴承。",
    )
    demand = make.demand(
        "PA66保持架开裂",
        problem="玻纤增强PA66保持架冬天开裂，翘曲 0.3 mm，想降到 0.1 mm 以内。",
    )

    words = {word for word, _ in matches_for(demand, by=GUEST).offers[0].shares}

    assert "PA66" in words
    assert "pa66" not in words


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("", {"轴承"}, ""),
        ("没有这个词", {"轴承"}, "没有这个词"),
        ("轴承振动", {"轴承"}, "<mark>轴承</mark>振动"),
        ("轴承轴承", {"轴承"}, "<mark>轴承</mark><mark>轴承</mark>"),
        ("深沟球轴承", {"深沟球轴承", "轴承"}, "<mark>深沟球轴承</mark>"),
        (
            '<b>轴承</b> & "x"',
            {"轴承"},
            "&lt;b&gt;<mark>轴承</mark>&lt;/b&gt; &amp; &#34;x&#34;",
        ),
        ("用ＰＡ66做", {"pa66"}, "用<mark>ＰＡ66</mark>做"),
    ],
)
def test_marking(text: str, words: set[str], expected: str) -> None:
    assert mark_words(text, words) == expected


@given(
    st.text(max_size=60),
    st.sets(st.sampled_from(["轴承", "pa66", "script", "b", "amp"])),
)
def test_marking_never_changes_the_text_and_never_lets_a_tag_through(
    text: str, words: set[str]
) -> None:
    shown = mark_words(text, words)

    assert shown.replace("<mark>", "").replace("</mark>", "") == mark_words(text, ())
    assert "<" not in shown.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("轴承异音\n电机用轴承装配后有异音", "轴承异音"),
        ("  \n轴承异音，装配后出现。", "轴承异音，装配后出现。"),
        ("轴承异音。" + "很长的说明" * 20, "轴承异音"),
        ("一" * 60, "一" * 40),
        (
            "去铅" + "，换钙锌稳定剂后热稳定时间不够" * 3,
            "去铅，换钙锌稳定剂后热稳定时间不够，换钙锌稳定剂后热稳定时间不够",
        ),
        ("。" + "长" * 60, "。" + "长" * 39),
    ],
)
def test_the_headline_of_a_pasted_text(text: str, expected: str) -> None:
    assert headline_of(text) == expected


def test_the_opening_is_one_line_cut_at_a_length(make: Factory) -> None:
    demand = make.demand(problem="第一行，\n第二行" + "，说明" * 60)

    opening = opening_line(demand, 21)

    assert opening == "第一行， 第二行，说明，说明，说明，说明…"
    assert (
        opening_line(make.demand(state="draft", problem=""))
        == "滚道超精研磨参数与振动的关系。"
    )


@pytest.mark.parametrize("model", [Achievement, Demand])
def test_a_bare_draft_gets_an_explanation_and_no_ranking(
    make: Factory, model: type
) -> None:
    make.achievement()
    make.demand()
    bare = dict.fromkeys(("summary", "baseline", "problem", "key_technology"), "")
    values = {name: value for name, value in bare.items() if hasattr(model, name)} | {
        "keywords": []
    }
    row = getattr(make, model.kind)("我们的需求", state="draft", **values)

    answer = matches_for(row, by=None)

    assert listing_index.texts(common_view(row)) == {}
    assert answer.blocked in ("empty", "boilerplate")
    assert answer.offers == ()
