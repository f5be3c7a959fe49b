"""Investors: gates, teasers without names, a reveal after the firm's yes only, and what stays unknown to others."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.accounts import contact_consents
from marketplace.audit.models import Entry
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import investor_deeds, investor_queries
from marketplace.finance.investor_models import InvestorPreference, InvestorRequest
from marketplace.listings.models import Demand
from marketplace.notices.models import Notice
from tests.factories import Factory
from tests.marketplace.finance.world import CAPITAL, World

SignIn = Callable[..., FlaskClient]
FACTS = CAPITAL | {"financing_modes": ["equity"], "chain_code": "bearing"}


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def prefer(world: World, **changes: Any) -> InvestorPreference:
    values: dict[str, Any] = {
        "stages": [],
        "chain_codes": [],
        "ticket_low": "100",
        "ticket_high": "500",
        "by": world.investor,
        "seen": 0,
    }
    return investor_deeds.save_preference(world.fund, **(values | changes))


def demand_of(
    world: World, title: str = "临清振动轴承厂中试线融资", **changes: Any
) -> Demand:
    return world.make.demand(title, owner=world.firm, **(FACTS | changes))


@pytest.mark.parametrize(
    ("preference", "demand", "passes"),
    [
        ({}, {}, True),
        ({"stages": ["growth"]}, {}, True),
        ({"stages": ["seed"]}, {}, False),
        ({"stages": ["growth"]}, {"firm_stage": None}, False),
        ({}, {"firm_stage": None}, True),
        ({"ticket_low": "300"}, {}, True),
        ({"ticket_low": "300.01"}, {}, False),
        ({"ticket_high": "300"}, {}, True),
        ({"ticket_high": "299"}, {}, False),
        ({}, {"capital_sought": None}, False),
        ({"chain_codes": ["bearing"]}, {}, True),
        ({"chain_codes": ["none"]}, {}, False),
        ({"chain_codes": ["none"]}, {"chain_code": None}, True),
        ({"chain_codes": ["bearing"]}, {"chain_code": None}, False),
        ({}, {"need": "technology"}, False),
        ({}, {"state": "draft"}, False),
        ({}, {"visibility": "confidential"}, False),
        # What everybody may not know opens no gate.
        ({}, {"visibility": "partial"}, False),
    ],
)
def test_gates(
    preference: dict[str, Any], demand: dict[str, Any], passes: bool, world: World
) -> None:
    row = demand_of(world, **demand)
    wanted = prefer(world, **preference)

    found = investor_queries.teasers_for(wanted, by=world.investor)

    assert [one.demand.id for one in found] == ([row.id] if passes else [])


@pytest.mark.parametrize(
    ("chains", "newer"),
    [
        (["bearing"], {"chain_code": None}),
        (["none"], {}),
        # Which of them may be shown is seen row by row.
        ([], {"visibility": "partial"}),
    ],
)
def test_what_does_not_pass_hides_none_that_does(
    chains: list[str],
    newer: dict[str, Any],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(investor_queries, "MOST", 2)
    code = "bearing" if "bearing" in chains else None
    rows = [demand_of(world, f"融资 {number}", chain_code=code) for number in range(3)]
    for number in range(5):
        demand_of(world, f"别的融资 {number}", **newer)
    wanted = prefer(world, chain_codes=chains)

    found = investor_queries.teasers_for(wanted, by=world.investor)

    assert [one.demand.id for one in found] == [rows[2].id, rows[1].id]


def test_a_teaser_names_nobody(world: World, sign_in: SignIn) -> None:
    demand = demand_of(world, contact_phone="0635-7654321")
    prefer(world)
    fund = sign_in(world.investor)

    page = fund.get("/mine/finance/investor").get_data(as_text=True)

    assert "300 万元" in page
    assert "成长期" in page
    code = investor_queries.code_of(world.fund.id, demand.id)
    assert code in page
    place = f"/mine/finance/investor/{code}"
    for text in (page, fund.get(place).get_data(as_text=True)):
        for secret in ("临清", "振动轴承厂", "0635-7654321", f"/demands/{demand.id}"):
            assert secret not in text
    # Another fund has another code for the same demand.
    other = investor_queries.code_of(world.bank.id, demand.id)
    assert other != code
    assert fund.get(f"/mine/finance/investor/{other}").status_code == 404
    assert sign_in(world.chief).get("/mine/finance/investor").status_code == 404


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_yes_reveals_to_this_fund_alone(
    anonymous: bool, world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    demand = demand_of(
        world, "中试线融资", anonymous=anonymous, contact_phone="0635-7654321"
    )
    row = world.interest(demand)
    firm, fund = sign_in(world.chief), sign_in(world.investor)
    place = f"/mine/finance/interests/{row.id}"
    names = (world.firm.name, "0635-7654321")
    before = fund.get(place).get_data(as_text=True)
    assert not [name for name in names if name in before]
    assert investor_queries.waiting_for(world.chief) == [row]
    assert int(investor_queries.waiting_count(world.chief)) == 1
    assert "投资机构的了解" in firm.get("/mine").get_data(as_text=True)
    refused = firm.post(f"{place}/accept", data={"seen": row.revision})
    assert refused.status_code == 422
    assert row.state == "requested"

    answer = firm.post(f"{place}/accept", data={"seen": row.revision, "agrees": "y"})

    assert answer.status_code == 303
    after = fund.get(place).get_data(as_text=True)
    assert [name for name in names if name in after] == [*names]
    looks = sa.select(sa.func.count()).where(
        Entry.deed == "contact.read",
        Entry.kind == "demand",
        Entry.thing == str(demand.id),
        Entry.actor == world.investor.id,
    )
    assert db.session.scalar(looks) == 1
    # The firm's own look is none.
    firm.get(place)
    assert db.session.scalar(looks) == 1
    assert contact_consents.current_consent(world.chief, contact_consents.SHARE)
    for person in (world.banker, world.stranger, world.operator):
        assert sign_in(person).get(place).status_code == 404
    public = client.get(f"/demands/{demand.id}").get_data(as_text=True)
    assert (world.firm.name in public) == (not anonymous)
    assert int(investor_queries.waiting_count(world.chief)) == 0


def test_a_no_tells_nothing(world: World, sign_in: SignIn) -> None:
    row = world.interest(demand_of(world))
    with pytest.raises(NotNow):
        world.interest(row.demand)
    row = db.session.scalars(sa.select(InvestorRequest)).one()
    with pytest.raises(NotAllowed):
        investor_deeds.decline_request(row, by=world.investor, seen=row.revision)
    with pytest.raises(Stale):
        investor_deeds.decline_request(row, by=world.chief, seen=row.revision - 1)
    investor_deeds.decline_request(row, by=world.chief, seen=row.revision)
    with pytest.raises(NotNow):
        investor_deeds.accept_request(
            row, agrees=True, by=world.chief, seen=row.revision
        )
    page = sign_in(world.investor).get(f"/mine/finance/interests/{row.id}")
    text = page.get_data(as_text=True)
    assert "企业没有同意" in text
    assert world.firm.name not in text
    query = sa.select(Notice.happened).where(Notice.person_id == world.investor.id)
    notices = "\n".join(db.session.scalars(query))
    assert "企业没有同意" in notices
    assert world.firm.name not in notices
    # Not once more about the same demand, until a month has passed; the page says so and has no form.
    with pytest.raises(NotNow, match="没有同意贵机构上一次的了解"):
        world.interest(row.demand)
    code = investor_queries.code_of(row.investor_id, row.demand_id)
    address = f"/mine/finance/investor/{code}?organisation={row.investor_id}"
    page = sign_in(world.investor).get(address).get_data(as_text=True)
    assert "起可以再问" in page
    assert 'name="message"' not in page
    row.decided_at = now() - investor_queries.PAUSE
    db.session.commit()
    assert 'name="message"' in sign_in(world.investor).get(address).get_data(as_text=True)  # fmt: skip
    assert world.interest(row.demand).state == "requested"


def test_withdrawn_by_the_fund(world: World) -> None:
    row = world.interest(demand_of(world))
    with pytest.raises(NotAllowed):
        investor_deeds.withdraw_request(row, by=world.chief, seen=row.revision)
    investor_deeds.withdraw_request(row, by=world.investor, seen=row.revision)
    assert row.state == "withdrawn"
    assert world.interest(row.demand).state == "requested"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"stages": ["old"]}, "stages"),
        ({"chain_codes": ["nothing"]}, "chain_codes"),
        ({"ticket_low": "很多"}, "ticket_low"),
        ({"ticket_low": ""}, "ticket_low"),
        ({"ticket_high": "0"}, "ticket_high"),
        ({"ticket_high": "50"}, "ticket_high"),
    ],
)
def test_preferences_that_are_refused(
    changes: dict[str, Any], wrong: str, world: World
) -> None:
    with pytest.raises(Invalid) as refused:
        prefer(world, **changes)

    assert wrong in refused.value.problems


def test_preferences_in_the_browser(world: World, sign_in: SignIn) -> None:
    fund = sign_in(world.investor)
    data = {
        "ticket_low": "100",
        "ticket_high": "500",
        "stages": ["growth"],
        "seen": "0",
    }
    assert fund.get("/mine/finance/investor/abc").status_code == 409
    assert fund.post("/mine/finance/investor", data={**data, "ticket_low": "x"}).status_code == 422  # fmt: skip
    assert fund.post("/mine/finance/investor", data=data).status_code == 303
    row = investor_queries.preference_of(world.fund)
    assert row is not None
    assert (row.stages, row.ticket_high) == (["growth"], Decimal(500))
    assert fund.post("/mine/finance/investor", data=data).status_code == 409
    shown = fund.get("/mine/finance/investor").get_data(as_text=True)
    assert "现在没有符合的需求" in shown
    with pytest.raises(NotFound):
        investor_queries.find_teaser(row, "abc", by=world.investor)
    demand = demand_of(world)
    code = investor_queries.code_of(world.fund.id, demand.id)
    # Anything may stand in an address.
    assert fund.get("/mine/finance/investor/线索").status_code == 404
    place = f"/mine/finance/investor/{code}"
    assert fund.post(place, data={"message": ""}).status_code == 422
    sent = fund.post(place, data={"message": "想谈一谈"})
    assert sent.status_code == 303
    # A second one is led to the first, and what was typed stays.
    again = fund.post(place, data={"message": "再问一次"})
    assert again.status_code == 409
    assert f'href="{sent.headers["Location"]}"' in again.text
    assert "再问一次" in again.text
    listed = fund.get("/mine/finance/investor").get_data(as_text=True)
    assert "等企业答复" in listed
