"""Giving, changing and taking back a verdict: who may, what is kept, what is refused, what others never learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import queries as listing_queries
from marketplace.matchmaking.answers import matches_for
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.models import REASONS, Impression, ImpressionItem, Verdict
from marketplace.verdicts.ranked_lists import RankedItem, sign, verify
from tests.factories import Factory
from tests.marketplace.verdicts.conftest import Case

Judge = Callable[..., list[Verdict]]


def count(table: type) -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(table)) or 0


@pytest.fixture
def people(case: Case, make: Factory) -> dict[str, Person]:
    """Everybody who could come by."""
    return {
        "member": case.member,
        "stranger": make.person("firm", make.organisation()),
        "owner of the achievement": make.person(
            "researcher", case.achievements[0].organisation
        ),
        "broker": make.person(
            "broker", make.organisation("中介（示例）", kind="service_body")
        ),
        "operator": make.person("operator"),
    }


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("member", True),
        ("stranger", False),
        ("owner of the achievement", False),
        ("broker", True),
        ("operator", True),
    ],
)
def test_who_may_judge(
    case: Case, people: dict[str, Person], who: str, expected: bool
) -> None:
    person = people[who]
    ranked_list = case.list_for(case.member)
    offered_id = ranked_list.items[0].offered_id

    if expected:
        assert (
            verdict_deeds.like(
                case.demand, offered_id, by=person, ranked_list=ranked_list
            ).state
            == "interested"
        )
    else:
        with pytest.raises(NotAllowed):
            verdict_deeds.like(
                case.demand, offered_id, by=person, ranked_list=ranked_list
            )
        with pytest.raises(NotAllowed):
            verdict_deeds.decline(
                case.demand,
                offered_id,
                reason="price",
                by=person,
                ranked_list=ranked_list,
            )
        with pytest.raises(NotAllowed):
            verdict_deeds.retract(case.demand, offered_id, by=person)
        assert count(Verdict) == 0


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("member", False),
        ("stranger", False),
        ("owner of the achievement", False),
        ("broker", True),
        ("operator", True),
    ],
)
def test_who_may_grade(
    case: Case, people: dict[str, Person], who: str, expected: bool
) -> None:
    person = people[who]
    ranked_list = case.list_for(case.member)
    item = ranked_list.items[2]

    def grade() -> Verdict:
        return verdict_deeds.grade(
            case.demand,
            item.offered_id,
            level=3,
            note="去过现场，可行",
            by=person,
            ranked_list=ranked_list,
        )

    if expected:
        row = grade()
        assert (row.level, row.note, row.score, row.grade) == (
            3,
            "去过现场，可行",
            item.score,
            item.grade,
        )
        assert row.by_role == who
    else:
        with pytest.raises(NotAllowed):
            grade()


@pytest.mark.parametrize("who", ["stranger", "owner of the achievement"])
def test_who_may_not_judge_gets_no_list_and_sees_no_verdict(
    case: Case, people: dict[str, Person], judge: Judge, who: str
) -> None:
    before = case.ids(people[who])
    judge(case.member, "++--=")

    answer = matches_for(case.demand, by=people[who])

    assert answer.ranked_list is None
    assert [offer.row.id for offer in answer.offers] == before
    assert (answer.judged, answer.judgements, answer.reordered) == ((), 0, False)
    assert all(offer.verdict is None for offer in answer.offers)
    assert (
        verdict_queries.verdicts_on(case.demand, by=people[who])
        == verdict_queries.ListVerdicts()
    )


def test_looking_keeps_nothing(case: Case) -> None:
    case.list_for(case.member)

    assert (count(Impression), count(ImpressionItem), count(Verdict)) == (0, 0, 0)


def test_a_verdict_keeps_the_list_it_was_given_on_once(case: Case) -> None:
    ranked_list = case.list_for(case.member)
    first, second = (item.offered_id for item in ranked_list.items[:2])

    row = verdict_deeds.like(
        case.demand, first, by=case.member, ranked_list=ranked_list
    )
    verdict_deeds.decline(
        case.demand, second, reason="price", by=case.member, ranked_list=ranked_list
    )

    kept = row.impression
    assert count(Impression) == 1
    assert (kept.side, kept.subject_id, kept.revision) == (
        "demand",
        case.demand.id,
        case.demand.revision,
    )
    assert (kept.to_id, kept.surface, kept.judged) == (case.member.id, "matches", 0)
    assert kept.ranker
    assert kept.generation == ranked_list.generation
    assert [(p.position, p.offered_id, p.score, p.grade) for p in kept.items] == [
        (item.position, item.offered_id, item.score, item.grade)
        for item in ranked_list.items
    ]
    assert kept.at == ranked_list.at


def test_a_ticket_brings_the_list_back_to_its_reader_alone(
    app: Flask, case: Case, make: Factory
) -> None:
    ranked_list = case.list_for(case.member)
    text = sign(ranked_list, to=case.member)

    assert verify(text, by=case.member) == ranked_list
    for damaged, reader in [
        (text[:-3], case.member),
        ("", case.member),
        ("abc.def", case.member),
    ]:
        with pytest.raises(Stale):
            verify(damaged, by=reader)
    with pytest.raises(Stale):
        verify(text, by=make.person("firm", case.firm))


@pytest.mark.parametrize(
    ("reason", "note", "wrong"),
    [
        ("", "", {"reason"}),
        ("too expensive", "价格高", {"reason"}),
        ("other", "", {"note"}),
        ("other", " 。 ", {"note"}),
        ("price", "长" * 501, {"note"}),
        ("", "长" * 501, {"reason", "note"}),
    ],
)
def test_unsuitable_needs_a_reason(
    case: Case, reason: str, note: str, wrong: set[str]
) -> None:
    ranked_list = case.list_for(case.member)

    with pytest.raises(Invalid) as refused:
        verdict_deeds.decline(
            case.demand,
            ranked_list.items[0].offered_id,
            reason=reason,
            note=note,
            by=case.member,
            ranked_list=ranked_list,
        )

    assert set(refused.value.problems) == wrong
    assert count(Verdict) == 0


def test_a_note_is_stored_as_it_is_seen(case: Case) -> None:
    ranked_list = case.list_for(case.member)

    verdict = verdict_deeds.decline(
        case.demand,
        ranked_list.items[0].offered_id,
        reason="other",
        note=" \u202e价格\u200b太高\x07\r\n先不谈 ",
        by=case.member,
        ranked_list=ranked_list,
    )

    assert verdict.note == "价格太高\n先不谈"


def test_there_are_six_reasons_and_more() -> None:
    assert len(REASONS) >= 6


@pytest.mark.parametrize(
    ("level", "note", "wrong"),
    [
        (None, "够长", {"level"}),
        (5, "够长", {"level"}),
        (0, "", {"level", "note"}),
        (4, "", {"note"}),
    ],
)
def test_a_grade_needs_its_level_and_a_note(
    case: Case, make: Factory, level: int | None, note: str, wrong: set[str]
) -> None:
    broker = make.person("broker")
    ranked_list = case.list_for(broker)

    with pytest.raises(Invalid) as refused:
        verdict_deeds.grade(
            case.demand,
            ranked_list.items[0].offered_id,
            level=level,
            note=note,
            by=broker,
            ranked_list=ranked_list,
        )

    assert set(refused.value.problems) == wrong


def test_a_change_of_mind_is_one_row_and_its_history(case: Case) -> None:
    ranked_list = case.list_for(case.member)
    offered_id = ranked_list.items[0].offered_id

    verdict_deeds.like(case.demand, offered_id, by=case.member, ranked_list=ranked_list)
    verdict_deeds.decline(
        case.demand,
        offered_id,
        reason="other",
        note="老板不同意",
        by=case.member,
        ranked_list=ranked_list,
    )
    verdict_deeds.retract(case.demand, offered_id, by=case.member)
    row = verdict_deeds.like(
        case.demand, offered_id, by=case.member, ranked_list=ranked_list
    )

    expected = [
        ("like", "open", "interested", ""),
        ("decline", "interested", "unsuitable", "其他：老板不同意"),
        ("retract", "unsuitable", "open", ""),
        ("like", "open", "interested", ""),
    ]
    assert count(Verdict) == 1
    assert [(h.deed, h.before, h.after, h.note) for h in history_of(row)] == expected
    assert (row.state, row.reason, row.note) == ("interested", None, "")


def test_the_same_button_pressed_twice_is_one_deed(case: Case) -> None:
    ranked_list = case.list_for(case.member)
    offered_id = ranked_list.items[0].offered_id

    for _ in range(2):
        row = verdict_deeds.decline(
            case.demand,
            offered_id,
            reason="price",
            by=case.member,
            ranked_list=ranked_list,
        )

    assert len(history_of(row)) == 1


def test_only_what_one_has_said_oneself_can_be_taken_back(
    case: Case, make: Factory, judge: Judge
) -> None:
    row = judge(case.member, "+")[0]
    colleague = make.person("firm", case.firm)

    with pytest.raises(NotFound):
        verdict_deeds.retract(case.demand, row.offered_id, by=colleague)
    verdict_deeds.retract(case.demand, row.offered_id, by=case.member)
    with pytest.raises(NotNow):
        verdict_deeds.retract(case.demand, row.offered_id, by=case.member)


def test_each_person_has_one_verdict_of_his_own(case: Case, make: Factory) -> None:
    colleague = make.person("firm", case.firm)
    ranked_list = case.list_for(case.member)
    offered_id = ranked_list.items[0].offered_id

    verdict_deeds.like(case.demand, offered_id, by=case.member, ranked_list=ranked_list)
    verdict_deeds.decline(
        case.demand, offered_id, reason="price", by=colleague, ranked_list=ranked_list
    )

    assert count(Verdict) == 2
    assert (
        verdict_queries.own_verdict(case.demand, offered_id, by=case.member).state
        == "interested"
    )
    assert (
        verdict_queries.own_verdict(case.demand, offered_id, by=colleague).state
        == "unsuitable"
    )


def test_a_list_older_than_the_texts_is_stale(case: Case) -> None:
    ranked_list = case.list_for(case.member)
    offered = case.achievements[0]
    item = next(s for s in ranked_list.items if s.offered_id == offered.id)
    listing_deeds.save(
        offered, {"innovation": "改了工艺"}, by=None, seen=offered.revision
    )

    with pytest.raises(Stale):
        verdict_deeds.like(
            case.demand, item.offered_id, by=case.member, ranked_list=ranked_list
        )
    fresh = case.list_for(case.member)
    assert (
        verdict_deeds.like(
            case.demand, item.offered_id, by=case.member, ranked_list=fresh
        ).state
        == "interested"
    )
    listing_deeds.save(
        case.demand, {"foundation": "添了设备"}, by=None, seen=case.demand.revision
    )
    with pytest.raises(Stale):
        verdict_deeds.like(
            case.demand, fresh.items[1].offered_id, by=case.member, ranked_list=fresh
        )


def test_what_does_not_stand_on_the_list_is_not_judged(
    case: Case, make: Factory
) -> None:
    ranked_list = case.list_for(case.member)
    elsewhere = make.achievement(
        "猕猴桃果酒酿造", summary="猕猴桃果酒低温发酵，酒精度 12 度，果香保留率高三成。"
    )
    other_demand = make.demand("另一条轴承需求", owner=case.firm)

    with pytest.raises(Stale):
        verdict_deeds.like(
            case.demand, elsewhere.id, by=case.member, ranked_list=ranked_list
        )
    with pytest.raises(Stale):
        verdict_deeds.like(
            other_demand,
            ranked_list.items[0].offered_id,
            by=case.member,
            ranked_list=ranked_list,
        )


def test_what_was_withdrawn_meanwhile_is_not_judged(case: Case) -> None:
    ranked_list = case.list_for(case.member)
    row = case.achievements[0]
    listing_deeds.withdraw(row, by=None, seen=row.revision)

    with pytest.raises(NotFound):
        verdict_deeds.like(case.demand, row.id, by=case.member, ranked_list=ranked_list)


def test_the_owner_of_an_achievement_judges_demands_and_loses_the_declined_ones(
    case: Case, make: Factory
) -> None:
    achievement = case.achievements[0]
    other = make.demand("轴承超精研磨降噪攻关")
    for number in range(4):  # in a catalogue of two every word is common
        make.demand(
            f"果酒酿造{number}",
            problem="猕猴桃果酒低温发酵，果香保留率低，浑浊沉淀。",
            key_technology="",
            keywords=["果酒"],
        )
    owner = make.person("desk", achievement.organisation)
    answer = matches_for(achievement, by=owner)
    assert {offer.row.id for offer in answer.offers} == {case.demand.id, other.id}

    given = verdict_deeds.decline(
        achievement, other.id, reason="solved", by=owner, ranked_list=answer.ranked_list
    )

    # History has the words that were on the button.
    assert [move.note for move in history_of(given)] == ["没有力量再接"]
    after = matches_for(achievement, by=owner)
    colleague = make.person("desk", achievement.organisation)
    assert [offer.row.id for offer in after.offers] == [case.demand.id]
    assert [offer.row.id for offer in after.judged] == [other.id]
    assert [
        offer.row.id for offer in matches_for(achievement, by=colleague).offers
    ] == [case.demand.id]
    assert other.id in {
        offer.row.id for offer in matches_for(achievement, by=None).offers
    }


@pytest.mark.parametrize("column", ["reason", "level", "note"])
def test_the_database_refuses_half_verdicts(
    case: Case, judge: Judge, session: Session, column: str
) -> None:
    row = judge(case.member, "-")[0]
    values = {
        "reason": {"reason": None},
        "level": {"level": 3},
        "note": {"reason": "other", "note": ""},
    }[column]

    with pytest.raises(IntegrityError):
        session.execute(db.update(Verdict).where(Verdict.id == row.id).values(**values))


def test_three_firms_are_told_and_two_are_not(case: Case, make: Factory) -> None:
    achievement = case.achievements[0]
    owner = make.person("desk", achievement.organisation)
    decline = declining(make, achievement.id)

    for number, reason in enumerate(("price", "price", "too_early"), start=1):
        assert verdict_queries.decline_reasons(achievement, by=owner) is None
        decline(reason, note=f"第{number}家的秘密", anonymous=True)

    found = verdict_queries.decline_reasons(achievement, by=owner)
    assert (found.firms, found.reasons) == (3, (("价格不合适", 2), ("阶段太早", 1)))
    assert [one.achievement.id for one in verdict_queries.feedback(by=owner)] == [
        achievement.id
    ]
    assert verdict_queries.feedback(by=case.member) == []
    with pytest.raises(NotAllowed):
        verdict_queries.decline_reasons(achievement, by=case.member)


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["price", "direction", "mode"])),
        max_size=6,
    )
)
def test_fewer_than_three_firms_are_never_told_however_many_verdicts(
    make: Factory, given_verdicts: list[tuple[int, str]]
) -> None:
    achievement = make.achievement()
    owner = make.person("desk", achievement.organisation)
    firms = [make.organisation() for _ in range(2)]

    for firm, reason in given_verdicts:
        declining(make, achievement.id, firms[firm])(reason)

    assert verdict_queries.decline_reasons(achievement, by=owner) is None


def declining(make: Factory, achievement_id: int, firm=None) -> Callable[..., Verdict]:
    """Declines the achievement on the list of a new demand of a firm, by a new person of it."""

    def decline(reason: str, note: str = "", *, anonymous: bool = False) -> Verdict:
        own = firm or make.organisation()
        demand = make.demand(owner=own, anonymous=anonymous)
        person = make.person("firm", own)
        ranked_list = matches_for(demand, by=person).ranked_list
        if all(item.offered_id != achievement_id for item in ranked_list.items):
            row = listing_queries.get_visible("achievement", achievement_id, by=None)
            ranked_list = replace(
                ranked_list, items=(RankedItem(row.id, row.revision, 0.1, None, 1),)
            )
        return verdict_deeds.decline(
            demand,
            achievement_id,
            reason=reason,
            note=note,
            by=person,
            ranked_list=ranked_list,
        )

    return decline
