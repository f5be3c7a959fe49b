"""A deal from the first proposal to the day a contract may be signed: who may do what, in which order, what stops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.clock import today
from marketplace.deals import (
    deeds,
    diligence_deeds,
    moving,
    pricing_deeds,
    queries,
    terms,
    writing,
)
from marketplace.deals import publicity_deeds as publicity
from marketplace.deals.child_models import DealDecision, DealPublicity
from marketplace.deals.life import DILIGENCE, OWNER_TYPES_OF
from marketplace.deals.models import Deal
from marketplace.deals.readiness import turn_of
from marketplace.deals.standing import lines_of, standing_at, standing_on
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from marketplace.workdays.queries import load_calendar
from tests.factories import Factory
from tests.marketplace.deals.world import NOTE, World


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def test_the_whole_way(world: World) -> None:
    deal = world.bring_to("approved")
    world.settle(deal)

    states = [one.after for one in history_of(deal)]
    assert states[0] == "proposed"
    assert states[-1] == "approved"
    assert deal.publicity_closed_on == today()
    assert deal.price_fen == 120_000_000
    assert deal.price_words == "120 万元"
    rebuilt = writing.merge_releases(deal.releases)
    assert rebuilt == writing.snapshot_of(deal)
    assert writing.broken_release(deal.releases) is None
    assert set(deal.rules) >= {
        "publicity.days",
        "deals.answer_days",
        "broker.accept_days",
    }


def test_only_the_sides_of_an_accepted_introduction_propose(world: World) -> None:
    stranger = world.make.person("firm", world.make.organisation("旁人（示例）"))
    with pytest.raises(NotAllowed):
        world.propose(by=stranger)


def test_one_deal_of_an_introduction(world: World) -> None:
    deal = world.propose()
    with pytest.raises(NotNow):
        deeds.propose_deal(
            deal.introduction,
            title="再来一笔",
            owner_type="other",
            contract_type="service",
            contract_subtype="",
            conversion_mode="other",
            by=world.chief,
        )


def test_who_proposed_does_not_agree_for_the_other(world: World) -> None:
    deal = world.propose()
    with pytest.raises(NotNow):
        deeds.agree_deal(deal, by=world.chief, seen=deal.revision)
    with pytest.raises(Stale):
        deeds.agree_deal(deal, by=world.desk, seen=deal.revision + 1)
    deeds.agree_deal(deal, by=world.desk, seen=deal.revision)
    assert deal.state == "open"


def test_what_a_broker_proposes_needs_both(world: World) -> None:
    broker = world.make.broker(world.make.organisation(kind="service_body"))
    listing_deeds.assign_broker(world.achievement, broker, by=world.operator)
    deal = world.propose(by=broker)
    assert deal.agreed_sides == []
    assert turn_of(deal).who == "both"
    deeds.agree_deal(deal, by=world.chief, seen=deal.revision)
    assert deal.state == "proposed"
    assert turn_of(deal).who == "holder"
    deeds.agree_deal(deal, by=world.desk, seen=deal.revision)
    assert deal.state == "open"


def test_refused_with_the_reason(world: World) -> None:
    deal = world.propose()
    with pytest.raises(Invalid):
        deeds.refuse_deal(deal, note="", by=world.desk, seen=deal.revision)
    deeds.refuse_deal(deal, note=NOTE, by=world.desk, seen=deal.revision)
    assert (deal.state, deal.terminate_note) == ("terminated", NOTE)
    # Another one may be proposed.
    assert queries.deal_of(deal.introduction) is None


def test_another_text_is_confirmed_anew(world: World) -> None:
    deal = world.bring_to("intention")
    letter = deal.letter_of("intention")
    assert letter is not None
    seen_hash = letter.sha256
    world.draft(deal, text="改过的文字，价格另议。")
    with pytest.raises(NotNow, match="已经换了"):
        world.confirm(deal, sha256=seen_hash)
    world.confirm(deal)
    assert deal.state == "due_diligence"


def test_an_nda_names_the_day_until_which_files_are_open(world: World) -> None:
    deal = world.bring_to("open")
    with pytest.raises(Invalid):
        world.draft(deal, "nda")
    with pytest.raises(Invalid):
        world.draft(deal, "nda", access_until=today() - timedelta(days=1))
    world.draft(deal, "nda", access_until=today() + timedelta(days=30))
    world.confirm(deal, "nda")
    assert deal.state == "intention"


@pytest.mark.parametrize("left", DILIGENCE)
def test_an_unanswered_item_blocks(left: str, world: World) -> None:
    deal = world.bring_to("due_diligence")
    for code in DILIGENCE:
        if code != left:
            world.answer(deal, code)
    with pytest.raises(NotNow, match="1 项"):
        diligence_deeds.finish_diligence(deal, by=world.desk, seen=deal.revision)
    world.answer(deal, left)
    diligence_deeds.finish_diligence(deal, by=world.desk, seen=deal.revision)
    assert deal.state == "pricing"


def test_a_finding_is_explained_and_secrecy_stops(world: World) -> None:
    deal = world.bring_to("due_diligence")
    with pytest.raises(Invalid):
        world.answer(deal, "limits", finding=True, note="")
    world.answer_all(deal)
    world.answer(deal, "secrecy_export", finding=True)
    with pytest.raises(NotNow, match="国家秘密"):
        diligence_deeds.finish_diligence(deal, by=world.desk, seen=deal.revision)
    with pytest.raises(NotAllowed):
        world.answer(deal, "limits", by=world.chief)


def test_nobody_of_an_institution_approves_their_own(world: World) -> None:
    deal = world.bring_to("pricing")
    world.decide(deal)
    with pytest.raises(NotAllowed):
        world.approve(deal, world.desk)
    with pytest.raises(NotAllowed):
        world.approve(deal, world.chief)
    world.approve(deal)
    assert deal.state == "price_determined"


def test_only_who_acts_is_asked_to(world: World) -> None:
    """The other side learns what happened and who is to act: it is not told to approve a price of the holder."""
    broker = world.make.broker(world.make.organisation(kind="service_body"))
    listing_deeds.assign_broker(world.achievement, broker, by=world.operator)
    deal = world.bring_to("pricing")
    world.decide(deal)
    found = {}
    query = sa.select(Notice).filter_by(kind="deal.moved").order_by(Notice.id)
    for one in db.session.scalars(query):
        found[one.person_id] = one
    for person in (world.dean, world.rector):
        assert found[person.id].to_do == "下一步：批准或退回定价。"
        assert found[person.id].until
    for person in (world.chief, broker):
        asked = found[person.id]
        assert (asked.to_do, asked.until) == ("", "")
        assert "接下来由成果持有方的审批人批准或退回定价" in asked.happened
        assert "请" not in asked.subject


def test_related_parties_need_two_approvers_and_publicity(make: Factory) -> None:
    world = World(make, owner_type="firm")
    deal = world.bring_to("pricing", related=True)
    world.decide(deal)
    world.approve(deal)
    assert deal.state == "pricing"
    with pytest.raises(NotNow):
        world.approve(deal)
    world.approve(deal, world.rector)
    assert deal.state == "price_determined"
    with pytest.raises(NotNow, match="要公示"):
        publicity.pass_publicity(deal, by=world.desk, seen=deal.revision)


def test_a_university_is_no_firm(world: World) -> None:
    """As a firm its price would escape publicity, and the other side chooses what to press."""
    case = world.introduced()
    kinds = {
        "title": "轴承专利转让",
        "contract_type": "transfer",
        "contract_subtype": "",
        "conversion_mode": "transfer",
        "by": world.chief,
    }
    for owner_type in ("firm", "government_institute"):
        with pytest.raises(Invalid) as refused:
            deeds.propose_deal(case, **kinds, owner_type=owner_type)
        assert "高等院校" in refused.value.problems["owner_type"][0]
        db.session.rollback()
    deal = world.bring_to("in_publicity")
    with pytest.raises(Invalid) as refused:
        world.revise(deal, owner_type="firm")
    assert list(refused.value.problems) == ["owner_type"]


@pytest.mark.parametrize(
    ("contract_type", "conversion_mode", "wrong"),
    [
        ("license", "transfer", ["conversion_mode"]),
        ("transfer", "license", ["conversion_mode"]),
        ("transfer", "", ["conversion_mode"]),
        ("license", "equity", []),
        ("development", "transfer", []),
    ],
)
def test_a_licence_is_no_transfer(
    contract_type: str, conversion_mode: str, wrong: list[str], world: World
) -> None:
    """Both would be made public, one of them untrue."""
    problems: dict[str, list[str]] = {}
    deeds.checked_kinds(
        problems,
        holder=world.lab,
        title="轴承专利许可",
        owner_type=OWNER_TYPES_OF[world.lab.kind][0],
        contract_type=contract_type,
        contract_subtype="",
        conversion_mode=conversion_mode,
    )
    assert list(problems) == wrong


def test_a_firm_needs_no_publicity(make: Factory) -> None:
    world = World(make, owner_type="firm")
    deal = world.bring_to("price_determined")
    with pytest.raises(NotNow, match="不用公示"):
        world.publicise(deal)
    publicity.pass_publicity(deal, by=world.desk, seen=deal.revision)
    assert deal.state == "approved"
    assert not deal.publicity_due


@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"method": "lottery"}, "method"),
        ({"price_fen": None}, "price"),
        ({"price_fen": -5}, "price"),
        ({"basis": ""}, "basis"),
        ({"evaluation_note": ""}, "evaluation_note"),
        ({"minutes": "好"}, "minutes"),
        ({"met_on": None}, "met_on"),
        ({"met_on": date(2099, 1, 1)}, "met_on"),
        ({"met_on": date(2016, 3, 15)}, "met_on"),
        ({"attendees": ()}, "attendees"),
    ],
)
def test_a_decision_has_its_record(
    changes: dict[str, Any], box: str, world: World
) -> None:
    deal = world.bring_to("pricing")
    with pytest.raises(Invalid) as refused:
        world.decide(deal, **changes)
    assert box in refused.value.problems
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(DealDecision.id))) == 0


def test_a_returned_price_is_handed_in_again(world: World) -> None:
    deal = world.bring_to("pricing")
    world.decide(deal)
    with pytest.raises(NotNow):
        world.decide(deal)
    pricing_deeds.reject_price(deal, note=NOTE, by=world.dean, seen=deal.revision)
    world.decide(deal, price_fen=90_000_000)
    world.approve(deal)
    assert deal.price_fen == 90_000_000


@pytest.mark.parametrize(
    ("started", "days", "kind", "last"),
    [
        # The reference's own example, and the check dates of 2026.
        (date(2026, 11, 20), 15, "natural", date(2026, 12, 7)),
        (date(2026, 2, 1), 15, "natural", date(2026, 2, 24)),
        (date(2026, 4, 24), 15, "natural", date(2026, 5, 9)),
        (date(2026, 9, 16), 15, "natural", date(2026, 10, 8)),
        (date(2026, 11, 20), 15, "working", date(2026, 12, 11)),
    ],
)
def test_the_last_day(
    started: date, days: int, kind: str, last: date, world: World
) -> None:
    assert terms.chosen_end({}, started, days, kind).day == last
    assert terms.chosen_end(terms.rules_on(started), started, days, kind).day == last


def test_how_days_are_counted_is_a_rule(world: World) -> None:
    started = date(2026, 11, 20)
    rules = terms.rules_on(started)
    counted = {**rules["publicity.start_counted"], "value": "true"}
    unmoved = {**rules["publicity.moved_to_workday"], "value": "false"}

    # The fifteenth day is a Saturday, counted from the day itself a Friday.
    for changed, last in (
        ({}, date(2026, 12, 7)),
        ({"publicity.start_counted": counted}, date(2026, 12, 4)),
        ({"publicity.moved_to_workday": unmoved}, date(2026, 12, 5)),
    ):
        end = terms.chosen_end({**rules, **changed}, started, 15, "natural")
        assert end.day == last


def test_publicity_may_be_longer_and_never_shorter(world: World) -> None:
    deal = world.bring_to("price_determined")
    with pytest.raises(Invalid) as refused:
        world.publicise(deal, days=14)
    assert "days" in refused.value.problems
    with pytest.raises(Invalid):
        world.publicise(deal, days=5, day_kind="working")
    world.publicise(deal, days=20, day_kind="working")
    expected = load_calendar().after_workdays(today(), 20).day
    assert world.running(deal).ends_on == expected
    assert deal.due_on == expected


def test_it_closes_at_the_end_and_not_before(world: World) -> None:
    deal = world.bring_to("in_publicity")
    publicity.close_due()
    assert deal.state == "in_publicity"
    world.let_end(deal)
    assert deal.state == "approved"
    (row,) = deal.publicities
    assert row.state == "closed"


def test_an_objection_locks_until_it_is_answered(world: World) -> None:
    deal = world.bring_to("in_publicity")
    row, code = world.object_to(deal)
    assert deal.state == "objection"
    assert world.object_to(deal)[0].id == row.id  # two presses of one form
    # Published with its answer.
    with pytest.raises(Invalid) as refused:
        world.object_to(deal, text="价格偏低，请打 139 0535 1234 核实。")
    assert set(refused.value.problems) == {"text"}
    with pytest.raises(NotNow):
        world.revise(deal)
    world.let_end(deal)
    assert deal.state == "objection"
    assert queries.objection_by_number(row.number, code.lower()).id == row.id
    with pytest.raises(NotFound):
        queries.objection_by_number(row.number, "AAAAAAAAAAAA")
    with pytest.raises(NotAllowed):
        world.reply(deal, sustained=False, by=world.chief)
    world.reply(deal, sustained=False)
    assert deal.state == "in_publicity"
    publicity.close_due()
    assert deal.state == "approved"


def test_a_sustained_objection_begins_the_price_anew(world: World) -> None:
    deal = world.bring_to("in_publicity")
    world.object_to(deal)
    world.object_to(deal, "n2", reason="untrue")
    world.reply(deal, sustained=True)
    assert deal.state == "objection"  # the other one is still open
    world.reply(deal, sustained=False)
    assert deal.state == "pricing"
    (first,) = deal.publicities
    assert first.state == "void"
    assert first.result
    world.decide(deal, price_fen=150_000_000)
    world.approve(deal)
    world.publicise(deal)
    world.let_end(deal)
    assert deal.state == "approved"
    assert [one.round for one in deal.publicities] == [1, 2]


def test_nobody_objects_once_it_is_over(world: World) -> None:
    deal = world.bring_to("in_publicity")
    row = world.running(deal)
    row.started_on = today() - timedelta(days=30)
    row.ends_on = today() - timedelta(days=1)
    db.session.commit()
    with pytest.raises(NotNow, match="已经结束"):
        world.object_to(deal)


@pytest.mark.parametrize("state", ["price_determined", "in_publicity", "approved"])
def test_any_change_begins_publicity_anew(state: str, world: World) -> None:
    deal = world.bring_to(state)
    world.revise(
        deal,
        conversion_mode="license",
        contract_type="license",
        contract_subtype="patent",
    )
    assert deal.state == "pricing"
    assert deal.running_publicity is None
    assert deal.approved_decision is None
    assert deal.publicity_closed_on is None
    with pytest.raises(NotNow):
        world.publicise(deal)


def test_merged_parties_begin_publicity_anew(world: World) -> None:
    deal = world.bring_to("in_publicity")
    kept = world.make.organisation("新厂（示例）")
    moved = moving.move_between(world.firm.id, kept.id)
    assert deal.receiver_organisation_id == kept.id
    assert deal.state == "pricing"
    moving.move_back(world.firm.id, kept.id, moved)
    assert deal.receiver_organisation_id == world.firm.id
    assert writing.merge_releases(deal.releases) == writing.snapshot_of(deal)


def test_a_party_that_is_merged_while_objections_lock_it_begins_anew_after_them(
    world: World,
) -> None:
    deal = world.bring_to("in_publicity")
    world.object_to(deal)
    kept = world.make.organisation("并入的新厂（示例）")
    moving.move_between(world.firm.id, kept.id)
    # Whoever objected still gets an answer.
    assert deal.state == "objection"
    world.reply(deal, sustained=False)
    assert deal.state == "pricing"
    (first,) = deal.publicities
    assert first.state == "void"
    assert "有合并或分开" in first.result
    assert writing.merge_releases(deal.releases) == writing.snapshot_of(deal)


def test_priority_is_settled_before_a_contract(world: World) -> None:
    deal = world.bring_to("approved")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        writing.move_deal(deal, "contract", by=None)
    db.session.rollback()
    deal = db.session.get_one(Deal, deal.id)
    world.settle(deal)
    writing.move_deal(deal, "contract", by=None)
    assert deal.state == "contracted"


def test_used_priority_ends_the_deal(world: World) -> None:
    deal = world.bring_to("approved")
    world.settle(deal, "used")
    assert deal.state == "terminated"
    assert "优先受让权" in deal.terminate_note


@pytest.mark.parametrize(
    "state", ["open", "pricing", "in_publicity", "objection", "approved"]
)
def test_it_ends_with_a_reason(state: str, world: World) -> None:
    deal = world.bring_to("in_publicity" if state == "objection" else state)
    if state == "objection":
        world.object_to(deal)
    stranger = world.make.person("firm", world.make.organisation("旁人（示例）"))
    with pytest.raises(NotAllowed):
        world.terminate(deal, stranger)
    world.terminate(deal)
    assert deal.state == "terminated"
    assert deal.ended_at is not None
    assert deal.running_publicity is None
    assert all(one.state != "received" for one in deal.objections)


def test_as_it_stood(world: World) -> None:
    deal = world.bring_to("price_determined")
    last = deal.releases[-1]
    standing = standing_on(deal, today())
    assert standing.values["state"] == "price_determined"
    assert standing.release.sha256 == last.sha256
    first = standing_at(deal, 1)
    assert first.values["state"] == "proposed"
    with pytest.raises(NotFound):
        standing_on(deal, today() - timedelta(days=1))
    with pytest.raises(NotFound):
        standing_at(deal, 999)
    assert [name for name, _, _ in lines_of(standing) if name == "状态"]


def test_releases_are_only_added(world: World) -> None:
    deal = world.bring_to("open")
    for statement in (
        "update deal_release set body = '{}'",
        "delete from deal_release",
    ):
        with pytest.raises(DBAPIError), db.session.begin_nested():
            db.session.execute(sa.text(statement))
    assert writing.broken_release(deal.releases) is None


def test_rules_of_the_first_day_stay(world: World) -> None:
    deal = world.bring_to("price_determined")
    kept = dict(deal.rules)
    kept["publicity.days"] = kept["publicity.days"] | {"value": "20"}
    deal.rules = kept
    db.session.commit()
    world.publicise(deal)
    assert world.running(deal).days == 20


def test_what_waits_for_whom(world: World) -> None:
    deal = world.bring_to("pricing")
    assert int(queries.waiting_count(world.desk)) == 1
    assert int(queries.waiting_count(world.chief)) == 0
    world.decide(deal)
    assert [one.id for one in queries.waiting_for(world.dean)] == [deal.id]
    world.approve(deal)
    world.publicise(deal)
    count = db.session.scalar(
        sa.select(sa.func.count(Notice.id)).where(
            Notice.person_id == world.chief.id, Notice.kind == "deal.moved"
        )
    )
    assert count is not None
    assert count > 3
    assert db.session.scalar(sa.select(sa.func.count(DealPublicity.id))) == 1
