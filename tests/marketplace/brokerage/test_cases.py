"""A broker carries a pair to a deal: who is asked, who learns what, who must act by when, who is credited."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace import contributions
from marketplace.brokerage import (
    agreement_deeds,
    calendars,
    declines,
    deeds,
    ledger,
    queries,
    upkeep,
)
from marketplace.brokerage.child_models import Attribution
from marketplace.brokerage.disclosure import sides_held
from marketplace.brokerage.life import (
    CASE_LIFE,
    COLUMN_OF,
    COLUMNS,
    REASSIGN_DAYS,
    REMIND_DAYS,
)
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.turns import Turn, turn_of
from marketplace.brokerage.writing import term_days
from marketplace.clock import now, today
from marketplace.errors import Invalid, MarketError, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import names_for
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from tests.factories import Factory
from tests.marketplace.brokerage.world import CLEAR, TALKS, World

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def texts_to(person: Any) -> str:
    query = sa.select(Notice.subject, Notice.happened, Notice.to_do).where(
        Notice.person_id == person.id, Notice.kind.like("brokerage.%")
    )
    return "\n".join(" ".join(row) for row in db.session.execute(query))


def test_a_pair_goes_from_the_broker_to_a_deal(world: World) -> None:
    case = world.bring_to(*TALKS, "plan", "intend", "begin_deal")
    assert case.state == "deal"
    assert case.deal_number == "JY202600001"
    deeds_done = [one.deed for one in history_of(case)]
    assert deeds_done[:5] == [
        "create",
        "qualify",
        "dispatch",
        "declare",
        "begin_matching",
    ]
    assert deeds_done[-1] == "begin_deal"
    introduction = case.introduction
    assert introduction is not None
    assert introduction.state == "accepted"
    assert introduction.asking_organisation_id == world.firm.id
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    assert row.broker_id == world.broker.id


def test_nobody_is_asked_before_interests_are_declared(world: World) -> None:
    case = world.propose()
    with pytest.raises(NotNow):
        world.press(case, "introduce")
    with pytest.raises(Invalid):
        deeds.accept_dispatch(
            case, interests={}, details="", by=world.broker, seen=case.revision
        )
    equity = CLEAR | {"equity": True}
    with pytest.raises(Invalid):
        world.press(case, "accept", interests=equity)
    world.press(case, "accept", interests=equity, details="持有需求方百分之一的股份")
    assert case.state == "matching"
    assert case.declaration is not None
    assert len(case.declaration.declared) == 1


def test_one_broker_of_both_sides_needs_both_consents(world: World) -> None:
    case = world.propose()
    world.press(
        case,
        "accept",
        interests=CLEAR | {"dual_agency": True},
        details="双方都委托了我",
    )
    assert case.state == "dispatched"
    turn = turn_of(case)
    assert turn is not None
    assert set(turn.actors) == {"holder", "receiver"}
    assert [card.case for card in queries.waiting_for(world.chief)] == [case]
    for person in (world.chief, world.desk):
        deeds.consent_to_dual(
            case, agrees=True, reason="", by=person, seen=case.revision
        )
    assert case.state == "matching"


def test_a_side_that_does_not_consent_gets_another_broker(world: World) -> None:
    case = world.propose()
    world.press(
        case,
        "accept",
        interests=CLEAR | {"dual_agency": True},
        details="双方都委托了我",
    )
    deeds.consent_to_dual(
        case, agrees=False, reason="要独立的", by=world.chief, seen=case.revision
    )
    assert (case.state, case.broker) == ("qualified", None)


def test_what_was_declared_of_an_earlier_dispatch_counts_no_more(world: World) -> None:
    case = world.bring_to("accept_dual", "dissent_receiver", "dispatch_to_broker")
    assert case.declaration is None
    turn = turn_of(case)
    assert turn is not None
    assert turn.actors == ("broker",)
    with pytest.raises(NotAllowed):
        world.press(case, "consent_holder")
    world.press(case, "accept")
    assert case.state == "matching"


AGAIN = (*TALKS, "reclaim", "dispatch")


@pytest.mark.parametrize(
    "pressed",
    [
        (),
        ("decline",),
        ("accept",),
        ("accept_dual",),
        ("accept_dual", "consent_holder"),
        ("accept_dual", "consent_holder", "consent_receiver"),
        ("accept_dual", "dissent_receiver"),
        ("accept_dual", "dissent_receiver", "dispatch_to_broker"),
        ("accept_dual", "dissent_receiver", "dispatch", "accept_dual"),
        ("accept", "introduce"),
        ("accept", "commission", "introduce"),
        ("accept", "introduce", "yes_holder"),
        ("accept", "introduce", "no_holder"),
        TALKS,
        (*TALKS, "intend"),
        (*TALKS, "hold"),
        (*TALKS, "begin_deal"),
        (*TALKS, "terminate"),
        AGAIN,
        (*AGAIN, "accept"),
        (*AGAIN, "accept_dual", "consent_receiver"),
    ],
)
def test_a_case_waits_for_those_whose_turn_it_is(
    pressed: tuple[str, ...], world: World
) -> None:
    """The database finds, and counts for the header, what `turn_of` says of one case."""
    case = world.bring_to(*pressed)
    turn = turn_of(case) if case.is_running else None
    actors = set() if turn is None else set(turn.actors)
    waiting = set()
    for name in ("broker", "other_broker", "chief", "desk", "operator", "scout"):
        person = getattr(world, name)
        acts = not actors.isdisjoint(sides_held(case, person))
        if "broker" in actors:
            acts = person == case.broker
        found = [card.case for card in queries.waiting_for(person)]
        assert found == [case] * acts, name
        assert int(queries.waiting_count(person)) == len(found), name
        if acts:
            waiting.add(name)
    # Of leads, of what nobody carries and of deals other rooms say whose turn it is.
    assert bool(waiting) == (case.is_running and case.broker is not None)


def test_names_wait_for_the_commission(world: World, sign_in: SignIn) -> None:
    case = world.bring_to("accept", "commission", "introduce")
    address = f"/mine/brokerage/{case.id}"
    chief = sign_in(world.chief)
    page = chief.get(address).text
    assert "鲁西摩擦研究所" not in page
    assert "轴承超精研磨降噪" not in page
    assert "鲁西摩擦研究所" not in texts_to(world.chief)
    assert "2.5%" in page
    with pytest.raises(NotNow):
        world.press(case, "yes_receiver")
    sent = {
        "sign-seen": str(case.revision),
        "sign-text_hash": case.agreement.text_hash if case.agreement else "",
    }
    assert chief.post(f"{address}/sign", data=sent).status_code == 303
    db.session.expire_all()
    assert case.agreement is not None
    assert case.agreement.state == "signed"
    assert case.agreement.signatures[0].text_hash == case.agreement.text_hash
    assert "鲁西摩擦研究所" in chief.get(address).text


@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"rate": None}, "rate"),
        ({"rate": Decimal(0)}, "rate"),
        ({"rate": Decimal("100.01")}, "rate"),
        ({"payer": "market"}, "payer"),
        ({"mode": "fixed", "amount_fen": None}, "amount"),
        ({"mode": "success", "amount_fen": 0}, "amount"),
        ({"mode": "tier", "tiers": ""}, "tiers"),
        ({"cap_fen": -1}, "cap"),
    ],
)
def test_a_commission_is_complete(changes: Any, box: str, world: World) -> None:
    case = world.bring_to("accept")
    with pytest.raises(Invalid) as refused:
        agreement_deeds.propose_commission(
            case, world.terms(**changes), by=world.broker, seen=case.revision
        )
    assert box in refused.value.problems


def test_another_text_than_the_one_on_the_page_is_not_confirmed(world: World) -> None:
    case = world.bring_to("accept", "commission", "introduce")
    with pytest.raises(Stale):
        agreement_deeds.sign_commission(
            case, text_hash="0" * 64, by=world.chief, seen=case.revision
        )


def test_the_first_attribution_stays(world: World) -> None:
    case = world.bring_to(*TALKS)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    world.press(case, "terminate")
    again = world.propose(by=world.other_broker)
    for deed in ("accept",):
        world.press(again, deed)
    with pytest.raises(NotNow):
        world.press(again, "confirm")
    for statement in ("update attribution set note = 'x'", "delete from attribution"):
        with pytest.raises(sa.exc.DBAPIError), db.session.begin_nested():
            db.session.execute(sa.text(statement))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attribution)) == 1


def test_a_dispute_is_ruled_and_the_record_stays(world: World) -> None:
    case = world.bring_to(*TALKS)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    dispute = agreement_deeds.dispute_attribution(
        row, "去年就介绍过双方，有会议纪要。", by=world.other_broker
    )
    with pytest.raises(NotAllowed):
        agreement_deeds.rule_dispute(
            dispute,
            upholds=True,
            ruling="有纪要",
            by=world.broker,
            seen=dispute.revision,
        )
    agreement_deeds.rule_dispute(
        dispute, upholds=True, ruling="有纪要", by=world.operator, seen=dispute.revision
    )
    assert row.broker_id == world.broker.id
    assert row.holds_for == world.other_broker
    # Both organisations learn of it too: they are the pair.
    for person in (world.broker, world.other_broker, world.chief, world.desk):
        assert "有纪要" in texts_to(person)
        assert f"现在记为：技术经理人{world.other_broker.name}" in texts_to(person)


def test_an_accepted_introduction_goes_to_the_broker_who_serves_one(
    world: World,
) -> None:
    listing_deeds.assign_broker(world.achievement, world.broker, by=world.operator)
    (name, *_) = names_for(world.achievement, world.chief)
    asked = introduction_deeds.request_introduction(
        world.achievement,
        name,
        message="想谈中试。",
        agrees=True,
        opens_firm=True,
        by=world.chief,
    )
    introduction_deeds.accept_introduction(
        asked, agrees=True, opens_firm=True, by=world.desk, seen=asked.revision
    )
    case = queries.case_of_introduction(asked.id)
    assert case is not None
    assert (case.state, case.broker) == ("dispatched", world.broker)
    world.press(case, "accept")
    world.press(case, "meet")
    assert case.state == "meeting"
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    assert row.broker_id is None


def test_an_answer_that_meets_a_decision_about_the_case_is_refused(
    world: World,
) -> None:
    case = world.bring_to("accept")
    (name, *_) = names_for(world.achievement, world.chief)
    asked = introduction_deeds.request_introduction(
        world.achievement,
        name,
        message="想谈中试。",
        agrees=True,
        opens_firm=True,
        by=world.chief,
    )
    seen = asked.revision
    assert case.revision > 0
    # As somebody else's commit leaves it, between reading the case and writing it.
    table = BrokerageCase.__table__
    db.session.execute(sa.update(table).values(revision=table.c.revision + 1))
    with pytest.raises(Stale):
        introduction_deeds.accept_introduction(
            asked, agrees=True, opens_firm=True, by=world.desk, seen=seen
        )


def test_without_a_broker_the_ledger_says_they_came_by_themselves(world: World) -> None:
    (name, *_) = names_for(world.achievement, world.chief)
    asked = introduction_deeds.request_introduction(
        world.achievement,
        name,
        message="",
        agrees=True,
        opens_firm=True,
        by=world.chief,
    )
    introduction_deeds.accept_introduction(
        asked, agrees=True, opens_firm=True, by=world.desk, seen=asked.revision
    )
    assert queries.case_of_introduction(asked.id) is None
    row = db.session.scalars(sa.select(Attribution)).one()
    assert row.introduction_id == asked.id


def test_a_lead_is_judged_and_dispatched(world: World) -> None:
    case = world.propose(by=world.scout)
    assert (case.state, case.referrer) == ("lead", world.scout)
    assert int(queries.queue_count()) == 1
    deeds.qualify_case(
        case, note="合适", share=Decimal(10), by=world.operator, seen=case.revision
    )
    world.press(case, "dispatch")
    assert case.broker == world.other_broker
    assert int(queries.queue_count()) == 0
    assert case in queries.referred_by(world.scout)
    assert "10" in str(case.referral_share)


def test_clocks(world: World) -> None:
    case = world.propose()
    case.due_on = today() - timedelta(days=1)
    db.session.commit()
    assert upkeep.keep_clocks() == (1, 0, 0)
    assert (case.state, case.broker) == ("qualified", None)
    world.press(case, "dispatch")
    for deed in TALKS:
        world.press(case, deed)
    case.touched_at = now() - timedelta(days=term_days(REMIND_DAYS))
    db.session.commit()
    assert upkeep.keep_clocks() == (0, 1, 0)
    assert upkeep.keep_clocks() == (0, 0, 0)
    assert "很久没有更新" in texts_to(world.other_broker)
    case.touched_at = now() - timedelta(days=term_days(REASSIGN_DAYS))
    db.session.commit()
    assert upkeep.keep_clocks() == (0, 0, 1)
    assert case.state == "qualified"


def test_an_overdue_pair_goes_to_the_operators(world: World) -> None:
    case = world.bring_to("accept", "introduce")
    assert int(queries.queue_count()) == 0
    case.due_on = today() - timedelta(days=1)
    db.session.commit()
    assert int(queries.queue_count()) == 1
    world.press(case, "remind")
    assert int(queries.queue_count()) == 0
    assert case.due_on is not None
    assert case.due_on > today()


@pytest.mark.parametrize(("days", "expected"), [(0, "还没有办"), (-1, "已经超期")])
def test_a_reminder_says_late_only_after_the_last_day(
    world: World, days: int, expected: str
) -> None:
    case = world.bring_to("accept")
    case.due_on = today() + timedelta(days=days)
    db.session.commit()
    world.press(case, "remind")
    texts = texts_to(world.broker)
    assert expected in texts
    assert ("已经超期" in texts) == (days < 0)


def test_a_decline_ends_it_with_a_reason(world: World) -> None:
    case = world.bring_to("accept", "introduce", "no_receiver")
    assert (case.state, case.terminate_reason) == ("terminated", "partner_withdrew")
    assert "不再继续" in texts_to(world.broker)


def test_declines_are_added_up_from_three_on(make: Factory, world: World) -> None:
    world.bring_to("accept", "introduce", "no_receiver")
    for number in (2, 3):
        assert declines.added_up(world.achievement) is None
        firm = make.organisation()
        world.chief = make.person("firm", firm, administers=True)
        world.demand = make.demand(f"第 {number} 项需求", owner=firm)
        world.bring_to("accept", "introduce", "no_receiver")
    counted = declines.added_up(world.achievement)
    assert counted is not None
    assert counted.organisations == 3
    assert counted.reasons == (("价格不合适", 3),)


def test_strangers_find_nothing(world: World, sign_in: SignIn) -> None:
    case = world.bring_to("accept")
    for person in (world.scout, world.other_broker, world.chief):
        with pytest.raises(NotFound):
            queries.get_case(case.id, by=person)
    assert sign_in(world.chief).get(f"/mine/brokerage/{case.id}").status_code == 404


def test_a_calendar_has_short_lines(world: World) -> None:
    world.propose()
    cards = queries.waiting_for(world.broker)
    text = calendars.calendar_of(cards, "market.example")
    assert text.endswith("END:VCALENDAR\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= calendars.LINE
    unfolded = text.replace("\r\n ", "")
    assert "24:00（北京时间）" in unfolded


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    before = os.environ.get("TZ")

    def set_zone(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield set_zone
    if before is None:
        os.environ.pop("TZ")
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("name", ["UTC", "Asia/Shanghai", "America/Los_Angeles"])
def test_a_last_day_reads_the_same_everywhere(
    name: str, zone: Callable[[str], None]
) -> None:
    zone(name)
    turn = Turn(("broker",), "接单", date(2026, 12, 7))
    assert turn.until == "2026-12-07 24:00（北京时间）"


def test_the_board_has_every_state(world: World) -> None:
    for state in CASE_LIFE.states:
        case = BrokerageCase(state=state, held_from=None)
        if state == "on_hold":
            case.held_from = "meeting"
        if state == "terminated":
            assert case.column is None
        else:
            assert case.column in COLUMNS
    assert set(COLUMN_OF.values()) == set(COLUMNS)


DEEDS = (
    "qualify", "dispatch", "accept", "decline", "introduce", "yes_holder", "yes_receiver", "no_receiver", "confirm",
    "meet", "intend", "plan", "hold", "resume", "remind", "reclaim", "terminate", "commission", "sign",
    "withdraw_commission",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_deeds_never_leave_a_case_without_somebody_who_must_act(
    seed: int, world: World
) -> None:
    chance = random.Random(seed)  # noqa: S311
    case = world.propose(by=chance.choice([world.broker, world.operator, world.scout]))
    for _ in range(60):
        deed = chance.choice(DEEDS)
        # What ends a case is rare, or every walk would be short.
        if deed in ("terminate", "no_receiver") and chance.random() < 0.9:
            continue
        before = case.state
        try:
            world.press(case, deed)
        except MarketError:
            db.session.rollback()
            assert case.state == before
        turn = turn_of(case)
        assert (turn is None) == (case.state == "terminated")
        if turn is not None:
            assert turn.actors
            assert turn.due_on is not None
            assert case.column in COLUMNS
            if "broker" in turn.actors:
                assert case.broker is not None
    # Each step began where the one before had ended: nothing is skipped.
    events = history_of(case)
    for former, event in zip(events, events[1:], strict=False):
        assert event.before == former.after
        assert CASE_LIFE.moves[event.before, event.deed] == event.after


def test_what_was_done_to_a_case_is_named(world: World) -> None:
    case = world.propose()
    words = contributions.thing_words("brokerage_case", case.id, "dispatch")
    assert words is not None
    thing, deed = words
    assert world.demand.title in thing
    assert deed == "派单"


def test_a_broker_who_is_gone_leaves_cases_to_the_operators(
    world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    case = world.bring_to(*TALKS)
    contributions.stop_broker(world.broker.id, "证书到期", world.operator)
    world.broker.roles.clear()
    db.session.commit()
    query = sa.select(Notice).where(Notice.person_id == world.broker.id)
    notice = db.session.scalars(query.order_by(Notice.id.desc())).first()
    # Without the role, too, they may open what it leads to.
    assert notice.subject == "一件撮合已转回平台"
    assert sign_in(world.broker).get(notice.link).status_code == 200
    assert (case.state, case.broker) == ("qualified", None)
    assert db.session.scalars(sa.select(Introduction)).one().state == "accepted"
