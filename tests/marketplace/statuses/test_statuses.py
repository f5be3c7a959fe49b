"""Dated statuses: proposed by the firm, checked by an operator, counting from their first to their last day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.errors import Invalid, MarketError, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.organisations.models import Organisation
from marketplace.policies.asking import read_request
from marketplace.statuses import deeds, moving, queries
from marketplace.statuses.models import OrganisationStatus
from tests.factories import Factory
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
CHECKED = "证书（扫描件或原件）"


class World:
    """A firm with somebody who administers it, and an operator."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清振动轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.stranger = make.person("firm", make.organisation(), administers=True)
        self.operator = make.person("operator")

    def propose(self, **changes: Any) -> OrganisationStatus:
        values: dict[str, Any] = {
            "code": "high_tech",
            "number": "GR202637000123",
            "valid_from": FIRST,
            "valid_to": LAST,
            "by": self.chief,
        }
        return deeds.propose_status(self.firm, **(values | changes))

    def verify(self, row: OrganisationStatus) -> None:
        deeds.verify_status(row, CHECKED, by=self.operator, seen=row.revision)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (FIRST - timedelta(days=1), False),
        (FIRST, True),
        (LAST, True),
        (LAST + timedelta(days=1), False),
    ],
)
def test_it_counts_from_its_first_to_its_last_day(
    day: date, counts: bool, world: World
) -> None:
    row = world.propose()
    assert queries.codes_on(world.firm.id, FIRST) == frozenset()

    world.verify(row)

    assert ("high_tech" in queries.codes_on(world.firm.id, day)) == counts


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"code": "best"}, "code"),
        ({"number": " "}, "number"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_from": date(1990, 1, 1)}, "valid_from"),
        ({"valid_to": None}, "valid_to"),
        ({"valid_to": FIRST - timedelta(days=1)}, "valid_to"),
        ({"valid_to": date(2040, 1, 1)}, "valid_to"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], wrong: str, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        world.propose(**changes)

    assert wrong in refused.value.problems


def test_who_may_do_what(world: World) -> None:
    with pytest.raises(NotAllowed):
        world.propose(by=world.stranger)
    row = world.propose()
    with pytest.raises(NotNow):
        world.propose()
    row = db.session.scalars(sa.select(OrganisationStatus)).one()
    with pytest.raises(NotAllowed):
        deeds.verify_status(row, CHECKED, by=world.chief, seen=row.revision)
    with pytest.raises(Invalid):
        deeds.verify_status(row, "听说的", by=world.operator, seen=row.revision)
    with pytest.raises(Stale):
        deeds.verify_status(row, CHECKED, by=world.operator, seen=row.revision - 1)
    with pytest.raises(Invalid):
        deeds.refuse_status(row, "", by=world.operator, seen=row.revision)
    deeds.refuse_status(row, "编号查不到", by=world.operator, seen=row.revision)
    with pytest.raises(NotNow):
        deeds.withdraw_status(row, by=world.chief, seen=row.revision)
    # What was refused may be proposed again.
    again = world.propose()
    world.verify(again)
    deeds.revoke_status(again, "认定被取消", by=world.operator, seen=again.revision)
    assert queries.codes_on(world.firm.id, FIRST) == frozenset()
    assert [one.deed for one in history_of(again)] == ["create", "verify", "revoke"]


@pytest.mark.parametrize("is_member", [True, False])
def test_an_operator_decides_nothing_of_their_own_firm(
    is_member: bool, world: World, sign_in: SignIn
) -> None:
    firms = [world.firm] if is_member else []
    involved = world.make.person("operator", *firms)
    row = world.propose()
    if not is_member:
        # Who entered it and has left the firm since.
        row.by_id = involved.id
        db.session.commit()

    for deed, text in (
        (deeds.verify_status, CHECKED),
        (deeds.refuse_status, "编号查不到"),
        (deeds.revoke_status, "认定被取消"),
    ):
        with pytest.raises(NotAllowed):
            deed(row, text, by=involved, seen=row.revision)

    office, browser = f"/office/statuses/{row.id}", sign_in(involved)
    page = browser.get(office).get_data(as_text=True)
    assert "由另一位运营人员核对" in page
    assert "核对通过</button>" not in page
    answer = browser.post(
        f"{office}/verify", data={"seen": row.revision, "checked": CHECKED}
    )
    assert answer.status_code == 403
    page = sign_in(world.operator).get(office).get_data(as_text=True)
    assert "核对通过</button>" in page
    world.verify(row)
    assert row.state == "verified"


def test_in_the_browser(world: World, sign_in: SignIn, client: FlaskClient) -> None:
    firm, operator = sign_in(world.chief), sign_in(world.operator)
    place = f"/mine/organisations/{world.firm.id}/statuses"
    data = {"code": "tech_sme", "number": "202637150200001", "valid_from": "2026-03-01"}

    assert sign_in(world.stranger).get(place).status_code == 404
    wrong = firm.post(place, data={**data, "valid_to": "明年"})
    assert wrong.status_code == 422
    assert "「明年」不是一个日期" in wrong.get_data(as_text=True)
    early = firm.post(place, data={**data, "valid_to": "2025-03-01"})
    assert "不早于起始日期" in early.get_data(as_text=True)
    assert firm.post(place, data={**data, "valid_to": "2026-12-31"}).status_code == 303
    row = db.session.scalars(sa.select(OrganisationStatus)).one()
    assert world.firm.name in operator.get("/office/review?tray=statuses").get_data(as_text=True)  # fmt: skip
    office = f"/office/statuses/{row.id}"
    assert firm.get(office).status_code == 403
    answer = operator.post(f"{office}/verify", data={"seen": row.revision})
    assert answer.status_code == 422
    operator.post(f"{office}/verify", data={"seen": row.revision, "checked": CHECKED})
    assert row.state == "verified"
    page = client.get(f"/organisations/{world.firm.id}").get_data(as_text=True)
    assert ("科技型中小企业" in page) == (row.valid_from <= today() <= row.valid_to)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [(None, "first"), (date(2022, 10, 1), "renewed")],
)
def test_an_estimate_reads_what_was_checked(
    earlier: date | None, expected: str, world: World
) -> None:
    year = today().year
    asked = read_request({}, today(), world.chief)
    assert "hitech_event" not in asked.figures
    if earlier is not None:
        last = earlier.replace(year=earlier.year + 3)
        world.verify(world.propose(valid_from=earlier, valid_to=last))
    first_day, last_day = date(year, 1, 1), date(year + 2, 12, 31)
    row = world.propose(valid_from=first_day, valid_to=last_day)
    assert "hitech_event" not in read_request({}, today(), world.chief).figures

    world.verify(row)

    asked = read_request({}, today(), world.chief)
    assert asked.figures["hitech_event"] == expected
    assert len(asked.statuses) == 1
    # Of the year before nothing is claimed a second time.
    later = date(year + 1, 6, 1)
    assert "hitech_event" not in read_request({}, later, world.chief).figures


def test_a_merge_takes_statuses_along(world: World) -> None:
    other = world.make.organisation()
    same, own = world.propose(), world.propose(code="tech_sme")
    kept = deeds.propose_status(
        other, "high_tech", "GR1", FIRST, LAST, by=world.make.person("desk", other)
    )

    moved = moving.move_between(world.firm.id, other.id)
    db.session.commit()

    assert {row.organisation_id for row in (same, own, kept)} == {other.id}
    assert same.state == "withdrawn"
    moving.move_back(world.firm.id, other.id, moved)
    assert own.organisation_id == world.firm.id
    assert kept.organisation_id == other.id


def test_two_operators_at_once(tmp_path: Any, migrated: str) -> None:
    with committing_site(tmp_path, migrated) as site:
        _decide_at_once(site)


def _decide_at_once(site: Flask) -> None:
    world = World(Factory(db.session))
    row = world.propose()
    number, seen, operator = row.id, row.revision, world.operator.id
    firm, chief = world.firm.id, world.chief.id
    db.session.remove()

    def begin() -> tuple[OrganisationStatus, Person]:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()
        by = db.session.get_one(Person, operator)
        return db.session.get_one(OrganisationStatus, number), by

    def verify() -> None:
        row, by = begin()
        deeds.verify_status(row, CHECKED, by=by, seen=seen)

    def refuse() -> None:
        row, by = begin()
        deeds.refuse_status(row, "编号查不到", by=by, seen=seen)

    outcomes = at_once(site, lambda: verify, lambda: refuse)
    refused = [one for one in outcomes if isinstance(one, MarketError)]
    assert len(refused) == 1
    row = db.session.get_one(OrganisationStatus, number)
    assert len(history_of(row)) == 2
    db.session.remove()

    def propose() -> None:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()
        organisation = db.session.get_one(Organisation, firm)
        by = db.session.get_one(Person, chief)
        deeds.propose_status(organisation, "specialised", "LC1", FIRST, LAST, by=by)

    outcomes = at_once(site, lambda: propose, lambda: propose, lambda: propose)
    assert sum(isinstance(one, NotNow) for one in outcomes) == 2
