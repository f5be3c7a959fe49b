"""Claims from the estimate to the payment: what they come to, who decides, and that nothing is claimed twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from marketplace import contributions
from marketplace.clock import today
from marketplace.envelopes import (
    assessing,
    contributed,
    deeds,
    envelope_deeds,
    moving,
    queries,
    review_deeds,
)
from marketplace.envelopes.models import Envelope, FundClaim
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.files import upkeep
from marketplace.files.models import StoredFile
from marketplace.notices.models import Notice
from marketplace.permissions import may
from marketplace.rules.deeds import add_version
from marketplace.rules.queries import list_versions
from tests.factories import Factory
from tests.marketplace.envelopes.world import (
    HITECH,
    NOTE,
    WAN,
    World,
    hand_paper,
    hand_papers,
    stored_sums,
    sums_of,
)
from tests.marketplace.files.samples import pdf_of

YEAR = today().year


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def set_rule(
    key: str, value: str, *, world: World, first: date = date(2023, 1, 1)
) -> None:
    """Another version of a setting from a day on."""
    newest = list_versions(key)[0]
    given = {
        "value": value,
        "document": "平台的设定",
        "says": newest.says,
        "in_force": "active",
        "checked": "unverified",
    }
    add_version(key, given, first, by=world.operator, seen=newest.number)


def notices() -> list[str]:
    query = sa.select(Notice.subject).where(Notice.kind == "claim.decided")
    return list(db.session.scalars(query.order_by(Notice.id)))


def test_from_the_draft_to_the_payment(world: World) -> None:
    row = world.draft()
    assert (row.state, row.requested_fen) == ("draft", 10 * WAN)
    assert stored_sums(world.envelope) == (100 * WAN, 0, 0)
    with pytest.raises(NotNow, match="还缺材料"):
        deeds.submit_claim(row, by=world.person, seen=row.revision)

    hand_papers(row, by=world.person)
    deeds.submit_claim(row, by=world.person, seen=row.revision)
    assert stored_sums(world.envelope) == (100 * WAN, 10 * WAN, 0)

    # All boxes that are wrong are named at the first try.
    for sum_fen, note, wrong in (
        (8 * WAN, "", {"note"}),
        (11 * WAN, NOTE, {"amount_fen"}),
        (11 * WAN, "长" * 501, {"amount_fen", "note"}),
    ):
        with pytest.raises(Invalid) as refused:
            review_deeds.approve(
                row, sum_fen, note, by=world.operator, seen=row.revision
            )
        assert refused.value.problems.keys() == wrong
    review_deeds.approve(row, 8 * WAN, NOTE, by=world.operator, seen=row.revision)
    assert stored_sums(world.envelope) == (100 * WAN, 8 * WAN, 0)

    with pytest.raises(NotAllowed, match="批准的人"):
        review_deeds.pay(row, today(), "凭证 1", by=world.operator, seen=row.revision)
    late = today() + timedelta(days=1)
    for day, voucher, wrong in (
        (late, "凭证 1", {"paid_on"}),
        (late, " ", {"paid_on", "voucher"}),
    ):
        with pytest.raises(Invalid) as refused:
            review_deeds.pay(row, day, voucher, by=world.other, seen=row.revision)
        assert refused.value.problems.keys() == wrong
    review_deeds.pay(row, today(), "凭证 1", by=world.other, seen=row.revision)
    assert (row.state, row.voucher) == ("paid", "凭证 1")
    assert stored_sums(world.envelope) == (100 * WAN, 0, 8 * WAN)
    assert sums_of(world.envelope) == stored_sums(world.envelope)
    kinds = [one.kind for one in queries.all_movements(world.envelope)]
    assert kinds == ["raise", "reserve", "release", "pay"]
    assert [words.rpartition("：")[2] for words in notices()] == [
        "已批准，等付款",
        "已付款",
    ]


@pytest.mark.parametrize(
    ("deed", "state", "reserved", "paid"),
    [
        ("refuse", "submitted", 0, 0),
        ("withdraw", "submitted", 0, 0),
        ("rescind", "approved", 0, 0),
        ("send_back", "submitted", 10 * WAN, 0),
        ("recover", "paid", 0, 0),
    ],
)
def test_what_ends_frees_its_money(
    world: World, deed: str, state: str, reserved: int, paid: int
) -> None:
    row = getattr(world, state)()
    if deed == "withdraw":
        deeds.withdraw_claim(row, by=world.person, seen=row.revision)
    else:
        decide = getattr(review_deeds, deed)
        decide(row, NOTE, by=world.other, seen=row.revision)

    assert stored_sums(world.envelope) == (100 * WAN, reserved, paid)
    assert sums_of(world.envelope) == stored_sums(world.envelope)
    # What ended may be claimed for again; what was only sent back may not.
    again = world.complete()
    if deed == "send_back":
        with pytest.raises(NotNow, match="只能申领一次"):
            deeds.submit_claim(again, by=world.person, seen=again.revision)
    else:
        deeds.submit_claim(again, by=world.person, seen=again.revision)
        assert again.state == "submitted"


def test_nobody_claims_twice_for_one_year(world: World) -> None:
    world.paid()
    again = world.complete()
    with pytest.raises(NotNow, match="只能申领一次"):
        deeds.submit_claim(again, by=world.person, seen=again.revision)
    assert stored_sums(world.envelope) == (100 * WAN, 0, 10 * WAN)
    # By another clause, or for another year, it is another thing.
    figures = {
        "kind": "firm",
        "provincial_major": "yes",
        "grant_last_year": "100",
        "paid_for_project": "0",
    }
    world.submitted("P-7b", figures=figures, subject="省重大专项 甲")
    with pytest.raises(NotNow):
        world.submitted("P-7b", figures=figures, subject="省重大专项　甲")
    world.submitted("P-7b", figures=figures, subject="省重大专项 乙")
    with pytest.raises(Invalid, match="项目"):
        world.draft("P-7b", figures=figures)
    former = world.open_envelope(year=YEAR - 1)
    world.submitted(envelope=former)


def test_what_is_not_met_cannot_be_claimed(world: World) -> None:
    for figures, words in (
        ({"kind": "firm"}, "缺资料"),
        ({"kind": "firm", "hitech_event": "renewed"}, "不符合"),
        ({"kind": "university", "hitech_event": "first"}, "不符合"),
    ):
        with pytest.raises(NotNow, match=words):
            world.draft(figures=figures)
    with pytest.raises(NotNow, match="没有有效的版本"):
        assessing.clause_of("X-1")
    with pytest.raises(NotNow, match="不支持"):
        world.draft("P-1b", figures={"kind": "firm", "hitech_event": "renewed"})
    paid = {
        "kind": "firm",
        "provincial_major": "yes",
        "grant_last_year": "100",
        "paid_for_project": "9000",
    }
    with pytest.raises(NotNow, match="没有可领的金额，封顶额已经用完"):
        world.draft("P-7b", figures=paid, subject="专项一")
    assert db.session.scalar(sa.select(sa.func.count(FundClaim.id))) == 0


def test_who_may(world: World, make: Factory) -> None:
    row = world.submitted()
    auditor = make.person("auditor", world.firm)
    clerk = make.person("operator", world.firm)
    for person, read, write, review in (
        (world.person, True, True, False),
        (world.stranger, False, False, False),
        (auditor, False, False, False),
        (world.operator, True, False, True),
        # An operator of the firm itself decides nothing about it.
        (clerk, True, True, False),
    ):
        granted = [
            may(person, f"claim.{one}", row) for one in ("read", "write", "review")
        ]
        assert granted == [read, write, review]
    with pytest.raises(NotAllowed):
        deeds.withdraw_claim(row, by=world.stranger, seen=row.revision)
    with pytest.raises(NotAllowed):
        review_deeds.approve(row, None, "", by=clerk, seen=row.revision)
    with pytest.raises(NotFound):
        queries.get_claim(row.id, by=world.stranger)
    unverified = make.organisation(verified=False)
    person = make.person("firm", unverified)
    with pytest.raises(NotNow, match="核验"):
        world.draft(organisation=unverified, by=person)


def test_the_database_wants_four_eyes(world: World) -> None:
    row = world.approved()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(
            sa.update(FundClaim)
            .where(FundClaim.id == row.id)
            .values(paid_by_id=row.approved_by_id)
        )
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(
            sa.update(Envelope)
            .where(Envelope.id == world.envelope.id)
            .values(reserved_fen=100 * WAN + 1)
        )


def test_a_claim_comes_from_an_estimate(app: Flask, world: World) -> None:
    estimate = world.estimate(provincial_major="no")
    with app.test_request_context():
        panels = contributions.case_panels(estimate, world.person)
    (panel,) = [one for one in panels if one.template.startswith("envelopes/")]
    assert [line["code"] for line, _ in panel.values["offers"]] == ["P-1a"]
    row = world.draft(figures=None, estimate=estimate)
    assert row.requested_fen == 10 * WAN
    assert row.content["source"] == "聊政字〔2023〕11号 第1条 · 有效 · 待核实"
    # One of before figures were stored can be claimed from after it was made again.
    estimate.content = {
        key: one for key, one in estimate.content.items() if key != "figures"
    }
    with pytest.raises(NotNow, match="没有记下填的数"):
        world.draft(figures=None, estimate=estimate)


# -- contracts ---------------------------------------------------------------------------------------------------------


def test_contracts_are_claimed_for_once_under_one_cap(world: World) -> None:
    world.register(
        (f"{YEAR}370150000101", f"{YEAR}-01-10", f"{YEAR - 1}-12-20", "外地厂", "2000"),
        (f"{YEAR - 1}370150000102", f"{YEAR - 1}-12-30", f"{YEAR - 1}-11-20", "外地厂", "400"),
    )  # fmt: skip
    first = world.submitted("P-19b", figures={"kind": "firm"})
    assert first.requested_fen == 30 * WAN
    assert [line.base_key for line in first.lines] == [f"contract {YEAR}370150000101"]
    with pytest.raises(NotNow, match="都已经申领过"):
        world.draft("P-19b", figures={"kind": "firm"})
    # Another contract of the same year brings what the cap of the year leaves.
    world.register(
        (f"{YEAR}370150000103", f"{YEAR}-02-10", f"{YEAR}-02-01", "外地厂", "3000")
    )
    second = world.submitted("P-19b", figures={"kind": "firm"})
    assert second.requested_fen == 20 * WAN
    assert len(second.lines) == 1


def test_the_readings_of_contracts_act(world: World, make: Factory) -> None:
    buyer = make.organisation("买方轴承厂（示例）")
    person = make.person("firm", buyer, administers=True)
    world.register(
        (f"{YEAR}370150000101", f"{YEAR}-01-10", f"{YEAR - 1}-12-20", buyer.name, "4000"),
        (f"{YEAR}370150000102", f"{YEAR}-01-11", f"{YEAR}-01-05", buyer.name, "1000"),
    )  # fmt: skip
    figures = {"kind": "firm"}
    assert world.draft("P-19b", figures=figures).requested_fen == 50 * WAN

    set_rule("tech_contract.cap_holder", "contract", world=world)
    each = world.draft("P-19b", figures=figures)
    assert each.requested_fen == (50 + 15) * WAN
    assert "分别封顶" in each.content["trace"][-1]

    set_rule("tech_contract.year_by", "signing", world=world)
    assert world.draft("P-19b", figures=figures).requested_fen == 15 * WAN

    set_rule("tech_contract.payee", "buyer", world=world)
    with pytest.raises(NotNow, match="没有已登记"):
        world.draft("P-19b", figures=figures)
    bought = world.draft("P-19b", figures=figures, organisation=buyer, by=person)
    assert bought.requested_fen == 15 * WAN


# -- envelopes ---------------------------------------------------------------------------------------------------------


def test_a_budget_never_falls_below_what_is_promised(world: World) -> None:
    world.paid()
    envelope = world.envelope
    for more, amount, error, words in (
        (False, 91 * WAN, NotNow, "还剩 900,000.00 元"),
        (True, None, Invalid, "金额"),
        (True, -5, Invalid, "金额"),
    ):
        with pytest.raises(error, match=words):
            envelope_deeds.change_budget(
                envelope, more=more, amount_fen=amount, reason=NOTE, by=world.operator, seen=envelope.revision
            )  # fmt: skip
    envelope_deeds.change_budget(
        envelope,
        more=False,
        amount_fen=90 * WAN,
        reason=NOTE,
        by=world.operator,
        seen=envelope.revision,
    )
    assert envelope.left_fen == 0
    with pytest.raises(Stale):
        envelope_deeds.close_envelope(envelope, by=world.operator, seen=1)


def test_too_little_money_refuses_and_reserves_nothing(world: World) -> None:
    small = world.open_envelope(10 * WAN - 1, name="小资金")
    row = world.complete(envelope=small)
    with pytest.raises(NotNow, match="不够"):
        deeds.submit_claim(row, by=world.person, seen=row.revision)
    db.session.rollback()
    assert stored_sums(small) == (10 * WAN - 1, 0, 0)
    assert db.session.get_one(FundClaim, row.id).state == "draft"


def test_what_rests_on_a_draft_takes_no_claims(world: World) -> None:
    planned = world.open_envelope(name="两千万（征求意见稿）", in_force="draft")
    with pytest.raises(NotNow, match="征求意见稿"):
        envelope_deeds.open_envelope(planned, by=world.operator, seen=planned.revision)
    with pytest.raises(NotNow, match="筹备中"):
        world.draft(envelope=planned)
    envelope_deeds.confirm_basis(
        planned, "聊政发〔2027〕1号", by=world.operator, seen=planned.revision
    )
    envelope_deeds.open_envelope(planned, by=world.operator, seen=planned.revision)
    assert world.draft(envelope=planned).state == "draft"
    envelope_deeds.close_envelope(planned, by=world.operator, seen=planned.revision)
    with pytest.raises(NotNow, match="停止受理"):
        world.draft(envelope=planned)


def test_one_year_has_one_envelope_of_a_name(world: World) -> None:
    with pytest.raises(NotNow, match="同名"):
        world.open_envelope()
    with pytest.raises(Invalid) as refusal:
        world.open_envelope(0, name="x", year=1999, clause_codes=["X-9"])
    assert set(refusal.value.problems) == {"name", "year", "clause_codes", "budget_fen"}


# -- papers, days, mergers ---------------------------------------------------------------------------------------------


def test_papers_are_stored_until_nothing_names_them(world: World) -> None:
    row = world.draft()
    use = row.content["papers"][0]
    content = pdf_of("同一份")
    paper = hand_paper(row, use, content, by=world.person)
    with pytest.raises(Invalid, match="已经交过"):
        hand_paper(row, use, content, by=world.person)
    with pytest.raises(Invalid, match="哪一份"):
        hand_paper(row, "别的", pdf_of("另一份"), by=world.person)
    stored = paper.file_id
    upkeep.sweep()
    assert db.session.get(StoredFile, stored) is not None
    deeds.remove_paper(paper, by=world.person)
    assert row.present_papers == []
    upkeep.sweep()
    assert db.session.get(StoredFile, stored) is None
    hand_papers(row, by=world.person)
    deeds.submit_claim(row, by=world.person, seen=row.revision)
    with pytest.raises(NotNow, match="不能再改"):
        hand_paper(row, use, content, by=world.person)


def test_what_was_sent_back_is_handed_in_again_or_lapses(
    app: Flask, world: World
) -> None:
    row = world.submitted()
    review_deeds.send_back(row, NOTE, by=world.operator, seen=row.revision)
    assert row.answer_by is not None
    last = row.answer_by
    with app.test_request_context():
        tasks = list(contributed.tasks(world.person))
    (task,) = tasks
    assert int(contributed.task_count(world.person)) == 1
    assert (task.until, task.note) == (last, NOTE)
    deeds.submit_claim(row, by=world.person, seen=row.revision)
    assert stored_sums(world.envelope) == (100 * WAN, 10 * WAN, 0)

    review_deeds.send_back(row, NOTE, by=world.operator, seen=row.revision)
    assert deeds.lapse_unanswered(last) == 0
    assert deeds.lapse_unanswered(last + timedelta(days=1)) == 1
    assert row.state == "lapsed"
    assert stored_sums(world.envelope) == (100 * WAN, 0, 0)
    assert "到期没有补充" in notices()[-1]


def test_claims_go_over_when_organisations_are_merged(
    world: World, make: Factory
) -> None:
    twin = make.organisation("申领轴承分厂（示例）")
    person = make.person("firm", twin, administers=True)
    row = world.submitted(organisation=twin, by=person)
    moved = moving.move_between(twin.id, world.firm.id)
    assert row.organisation_id == world.firm.id
    again = world.complete()
    with pytest.raises(NotNow, match="只能申领一次"):
        deeds.submit_claim(again, by=world.person, seen=again.revision)
    moving.move_back(twin.id, world.firm.id, moved)
    deeds.submit_claim(again, by=world.person, seen=again.revision)
    assert row.organisation_id == twin.id
    with pytest.raises(NotNow, match="两家单位"):
        moving.move_between(twin.id, world.firm.id)


def test_the_computation_stays_readable(world: World) -> None:
    world.register(
        (f"{YEAR}370150000101", f"{YEAR}-01-10", f"{YEAR}-01-02", "外地厂", "2000")
    )
    row = world.draft("P-19b", figures={"kind": "firm"})
    assert row.content["trace"][:2] == ["您填的数 → 2000", "按比例 × 1.5% → 30"]
    assert Decimal(row.requested_fen) / WAN == 30
    assert HITECH["kind"] == row.figures["kind"]
