"""What verdicts do to a list: what stands apart, when the rest changes its order, and what never changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from marketplace.listings import deeds as listing_deeds
from marketplace.listings import queries as listing_queries
from marketplace.matchmaking.answers import matches_for
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.models import Verdict
from tests.factories import Factory
from tests.marketplace.verdicts.conftest import Case

Judge = Callable[..., list[Verdict]]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("++++", False),  # fewer than five
        ("-----", False),  # refusals alone
        ("=====", False),  # conditions that do not suit are no finds either
        ("+----", True),
        ("-+=-+=", True),
    ],
)
def test_when_verdicts_count(
    case: Case, judge: Judge, said: str, expected: bool
) -> None:
    before = case.ids(case.member)
    judge(case.member, said)

    answer = matches_for(case.demand, by=case.member)

    left = [i for i in before if i in {offer.row.id for offer in answer.offers}]
    assert answer.reordered is expected
    assert answer.judgements == (len(said) if expected else 0)
    assert {offer.row.id for offer in answer.judged} == set(before[: len(said)])
    if not expected:
        assert [offer.row.id for offer in answer.offers][: len(left)] == left


def test_what_is_like_the_liked_comes_first_and_scores_stay_true(make: Factory) -> None:
    firm = make.organisation()
    member = make.person("firm", firm)
    demand = make.demand(
        "轴承异音与表面缺陷攻关",
        owner=firm,
        problem="轴承异音投诉多，要降低振动；轴承表面缺陷靠人眼看，漏检率高，想用机器视觉。",
        key_technology="",
    )
    vision = [
        make.achievement(
            f"轴承视觉检测{n}",
            summary=f"轴承表面缺陷机器视觉成像检测，光源{n}路，漏检率低于百分之一。",
        )
        for n in range(4)
    ]
    grease = [
        make.achievement(
            f"轴承异音润滑脂{n}",
            summary=f"轴承低噪声润滑脂配方，基础油粘度{n}级，轴承异音投诉减少三成，振动降低。",
        )
        for n in range(6)
    ]
    for n in range(30):  # in a catalogue of bearings alone the word would tell nothing
        elsewhere = f"猕猴桃果酒低温发酵第{n}法，果香保留率比原来高三成。"
        make.achievement(
            f"果酒酿造{n}", summary=elsewhere, baseline="香气更浓。", keywords=["果酒"]
        )
    ranked_list = matches_for(demand, by=member).ranked_list
    for row in grease[:2]:
        verdict_deeds.like(demand, row.id, by=member, ranked_list=ranked_list)
    for row in vision[:3]:
        verdict_deeds.decline(
            demand, row.id, reason="direction", by=member, ranked_list=ranked_list
        )

    plain = matches_for(demand, by=member, reorder=False)
    answer = matches_for(demand, by=member)

    order = [offer.row.id for offer in answer.offers]
    assert [offer.row.id for offer in plain.offers] == [
        vision[3].id,
        *(row.id for row in grease[2:]),
    ]
    assert (set(order[:-1]), order[-1]) == (
        {row.id for row in grease[2:]},
        vision[3].id,
    )
    assert (plain.reordered, plain.judgements, answer.judgements) == (False, 5, 5)
    assert {o.row.id: o.score for o in answer.offers} == {
        o.row.id: o.score for o in plain.offers
    }
    assert [offer.rank for offer in answer.offers] == list(range(1, len(order) + 1))
    for offer in answer.offers:
        assert sum(share for _, share in offer.shares) + offer.rest == pytest.approx(
            offer.score, abs=1e-9
        )
    assert answer.ranked_list.judged == 5
    assert plain.ranked_list.judged == 0


def test_the_public_order_is_the_same_before_and_after(
    case: Case, judge: Judge
) -> None:
    before = case.ids(None)

    judge(case.member, "-+---+")

    assert case.ids(None) == before


def test_others_verdicts_stand_beside_and_colleagues_apart(
    case: Case, make: Factory, judge: Judge
) -> None:
    broker = make.person("broker")
    first, second, third = judge(broker, "-+-")
    colleague = make.person("firm", case.firm)
    judge(colleague, "+")
    assert first.offered_id == case.ids(None)[0]

    answer = matches_for(case.demand, by=case.member)

    apart = {offer.row.id: offer.verdict for offer in answer.judged}
    beside = {offer.row.id: offer.verdict for offer in answer.offers if offer.verdict}
    assert {i: (v.by_id, v.state) for i, v in apart.items()} == {
        first.offered_id: (colleague.id, "interested")
    }
    assert {i: v.state for i, v in beside.items()} == {
        second.offered_id: "interested",
        third.offered_id: "unsuitable",
    }


def test_a_grade_counts_before_a_verdict_and_stays_on_the_list(
    case: Case, make: Factory, judge: Judge
) -> None:
    row = judge(case.member, "-")[0]
    broker = make.person("broker")
    ranked_list = case.list_for(case.member)
    item = ranked_list.items[0]
    verdict_deeds.grade(
        case.demand,
        item.offered_id,
        level=4,
        note="去过现场",
        by=broker,
        ranked_list=ranked_list,
    )

    judged = verdict_queries.verdicts_on(case.demand, by=broker)

    assert judged.levels == {row.offered_id: 1, item.offered_id: 4}
    assert list(judged.settled) == [row.offered_id]
    assert judged.opinions[item.offered_id].level == 4


def test_a_verdict_taken_back_counts_no_more(case: Case, judge: Judge) -> None:
    before = case.ids(case.member)
    judge(case.member, "+----")
    verdict_deeds.retract(case.demand, before[4], by=case.member)

    answer = matches_for(case.demand, by=case.member)

    assert (answer.reordered, len(answer.judged)) == (False, 4)
    assert before[4] in {offer.row.id for offer in answer.offers}


def test_what_is_no_longer_on_offer_teaches_nothing(case: Case, judge: Judge) -> None:
    given = judge(case.member, "+----")
    row = listing_queries.get_visible("achievement", given[1].offered_id, by=None)
    listing_deeds.withdraw(row, by=None, seen=row.revision)

    answer = matches_for(case.demand, by=case.member)

    assert (answer.reordered, len(answer.judged)) == (False, 4)


def test_a_list_of_judged_things_is_filled_up_from_below(
    case: Case, judge: Judge
) -> None:
    every = case.ids(case.member)
    judge(case.member, "---")

    after = [
        offer.row.id for offer in matches_for(case.demand, by=case.member, top=3).offers
    ]

    assert len(every) > 6
    assert after == every[3:6]
