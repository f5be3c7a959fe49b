"""Whom a decision about a listing, and its end, is announced to, with what, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts.models import Membership, Person
from marketplace.clock import today
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.listings import deeds, upkeep
from marketplace.listings.models import Demand
from marketplace.notices.models import Notice
from marketplace.organisations.models import Organisation
from tests.factories import DEMAND, GOOD, Factory


@pytest.fixture
def firm(make: Factory) -> Organisation:
    return make.organisation("临清某轴承厂（示例）")


def employee(make: Factory, firm: Organisation, **values: bool) -> Person:
    """Somebody of a firm."""
    email = f"employee{db.session.scalar(db.select(db.func.count(Person.id)))}"
    return account_deeds.add_person(
        f"{email}@firm.example",
        name="示例",
        password="a-long-enough-password",
        organisations=[firm],
        **values,
    )


def operator(make: Factory) -> Person:
    return make.person("operator", make.organisation(kind="operator"))


def submitted(
    firm: Organisation, by: Person, title: str = "深沟球轴承异音攻关"
) -> Demand:
    """A demand that somebody wrote and handed in."""
    row = deeds.create("demand", {**DEMAND, "title": title}, organisation=firm, by=by)
    deeds.submit(row, by=by, seen=row.revision)
    assert isinstance(row, Demand)
    return row


def notices_of(person: Person) -> list[Notice]:
    query = db.select(Notice).where(Notice.person_id == person.id).order_by(Notice.id)
    return list(db.session.scalars(query))


# Deeds of operators, one after the other → what the notice of the last one says.
DECISIONS = [
    (["approve"], "公开发布", "有效期到"),
    (["send_back"], "被退回修改", "按原因修改后再送审"),
    (["reject"], "没有通过审核", "按原因修改"),
    (["approve", "suspend"], "被暂停公开", "按原因修改"),
    (["approve", "suspend", "resume"], "恢复公开", "有效期到"),
    (["approve", "withdraw"], "被撤下", "联系平台运营方"),
]


@pytest.mark.parametrize(("steps", "happened", "to_do"), DECISIONS)
def test_who_wrote_it_reads_what_was_decided_why_and_what_to_do(
    make: Factory, firm: Organisation, steps: list[str], happened: str, to_do: str
) -> None:
    writer = employee(make, firm)
    row = submitted(firm, writer)
    reviewer = operator(make)

    for step in steps:
        values: dict[str, Any] = {"note": "指标写得不清楚"}
        if step == "approve":
            values = {"scores": GOOD}
        elif step == "resume":
            values = {}
        getattr(deeds, step)(row, by=reviewer, seen=row.revision, **values)

    notices = notices_of(writer)
    assert len(notices) == len(steps)
    last = notices[-1]
    assert happened in last.subject
    assert "深沟球轴承异音攻关" in last.happened
    assert to_do in last.to_do
    assert ("指标写得不清楚" in last.happened) == ("note" in values)
    assert last.link.startswith("/")
    assert (last.about_kind, last.about_id) == ("demand", row.id)
    assert last.state == "queued"
    assert notices_of(reviewer) == []


def test_nobody_is_notified_of_their_own_deed(
    make: Factory, firm: Organisation
) -> None:
    writer = employee(make, firm)
    row = submitted(firm, writer)

    deeds.recall(row, by=writer, seen=row.revision)
    deeds.submit(row, by=writer, seen=row.revision)
    deeds.approve(row, by=operator(make), seen=row.revision, scores=GOOD)
    deeds.withdraw(row, by=writer, seen=row.revision)

    (notice,) = notices_of(writer)
    assert (
        notice.subject == f"{row.kind_word}「深沟球轴承异音攻关」已通过审核，公开发布"
    )


def test_a_deed_that_is_refused_notifies_nobody(
    make: Factory, firm: Organisation
) -> None:
    writer = employee(make, firm)
    row = submitted(firm, writer)

    with pytest.raises(MarketError):
        deeds.approve(row, by=operator(make), seen=row.revision + 5, scores=GOOD)
    with pytest.raises(MarketError):
        deeds.send_back(row, by=operator(make), seen=row.revision, note="")
    db.session.rollback()

    assert notices_of(writer) == []


def test_who_left_hears_nothing_and_who_looks_after_the_people_does(
    make: Factory, firm: Organisation
) -> None:
    writer = employee(make, firm)
    administrator = employee(make, firm, administers=True)
    colleague = employee(make, firm)
    row = submitted(firm, writer)
    place = db.session.get(Membership, (writer.id, firm.id))
    db.session.delete(place)
    db.session.commit()
    db.session.expire_all()

    deeds.send_back(row, by=operator(make), seen=row.revision, note="请补充")

    assert notices_of(writer) == []
    assert len(notices_of(administrator)) == 1
    assert notices_of(colleague) == []


def test_lists_of_the_operators_notify_nobody(make: Factory) -> None:
    make.demand()

    assert db.session.scalars(db.select(Notice)).all() == []


# Days that are left → whether a reminder comes, on a row that was reminded of nothing yet.
LEFT = [(31, False), (30, True), (8, True), (7, True), (0, True), (-1, False)]


@pytest.mark.parametrize(("days", "reminded"), LEFT)
def test_an_end_is_announced_in_time_and_once_for_each_stage(
    make: Factory, firm: Organisation, days: int, reminded: bool
) -> None:
    writer = employee(make, firm)
    row = submitted(firm, writer)
    deeds.approve(row, by=operator(make), seen=row.revision, scores=GOOD)
    row.valid_until = today() + timedelta(days=days)
    db.session.commit()
    before = len(notices_of(writer))

    assert upkeep.announce_endings() == int(reminded)
    assert upkeep.announce_endings() == 0

    new = notices_of(writer)[before:]
    assert len(new) == int(reminded)
    if reminded:
        assert f"还有 {days} 天" in new[0].happened
        assert new[0].until == (today() + timedelta(days=days)).isoformat()


def test_a_longer_validity_is_announced_again_when_it_ends(
    make: Factory, firm: Organisation
) -> None:
    writer = employee(make, firm)
    row = submitted(firm, writer)
    deeds.approve(row, by=operator(make), seen=row.revision, scores=GOOD)
    counts = []
    for days in (20, 5, 25):
        row.valid_until = today() + timedelta(days=days)
        db.session.commit()
        counts.append(upkeep.announce_endings())
    row.valid_until = today() - timedelta(days=1)
    db.session.commit()
    assert deeds.expire_due() == 1

    assert counts == [1, 1, 1]
    assert "已到期" in notices_of(writer)[-1].subject
    assert deeds.expire_due() == 0
