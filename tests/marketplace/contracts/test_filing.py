"""The registration: the office's number, its term, corrections by other entries, and what two press at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts import deeds, filing_deeds, queries, upkeep
from marketplace.contracts.fields import fields_of
from marketplace.contracts.models import (
    ContractConfirmation,
    ContractEntry,
    TechContract,
)
from marketplace.contracts.readiness import file_until, licence_until, months_after
from marketplace.deals.models import Deal
from marketplace.errors import Invalid, MarketError, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.notices.models import Notice
from marketplace.workdays.queries import load_calendar
from tests.factories import Factory
from tests.marketplace.contracts.cases import PRICE, REGISTRY_NO, World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def register(contract: TechContract, world: World, **changes: Any) -> None:
    values: dict[str, Any] = {
        "registry_no": REGISTRY_NO,
        "registered_on": today(),
        "office": "",
        "tech_fen": 40_000_000,
        "exempt_fen": 30_000_000,
        "by": world.operator,
        "seen": contract.revision,
    }
    filing_deeds.register_contract(contract, **(values | changes))


def test_accepted_and_registered(world: World) -> None:
    contract = world.signed()
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(NotAllowed):
        filing_deeds.file_contract(
            contract, today(), by=world.buyer, seen=contract.revision
        )
    for day in (None, tomorrow, today() - timedelta(days=1)):
        with pytest.raises(Invalid):
            filing_deeds.file_contract(
                contract, day, by=world.seller, seen=contract.revision
            )
    filing_deeds.file_contract(
        contract, today(), by=world.seller, seen=contract.revision
    )
    filing_deeds.accept_filing(
        contract, today(), by=world.operator, seen=contract.revision
    )
    expected = load_calendar().after_days(today(), 30).day
    assert contract.decide_by == expected
    register(contract, world)
    assert contract.state == "registered"
    assert contract.registered_sums == {
        "total_fen": PRICE,
        "tech_fen": 40_000_000,
        "exempt_fen": 30_000_000,
    }
    assert [one.kind for one in contract.entries] == ["registered"]


@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"registry_no": ""}, "registry_no"),
        ({"registry_no": "1234567890123"}, "registry_no"),
        ({"registry_no": "1" * 21}, "registry_no"),
        ({"registry_no": "HT202600001234"}, "registry_no"),
        ({"registered_on": None}, "registered_on"),
        ({"tech_fen": None}, "tech_fen"),
        ({"tech_fen": PRICE + 1}, "tech_fen"),
        ({"exempt_fen": 40_000_001}, "exempt_fen"),
    ],
)
def test_what_the_office_never_wrote(
    world: World, changes: dict[str, Any], box: str
) -> None:
    contract = world.filed()
    with pytest.raises(Invalid) as caught:
        register(contract, world, **changes)
    assert box in caught.value.problems
    db.session.rollback()
    assert (contract.state, contract.registry_no) == ("filed", None)
    assert contract.entries == []


def test_a_number_belongs_to_one(world: World) -> None:
    world.registered()
    other = world.filed(world.approved_deal())
    with pytest.raises(Invalid, match="另一份合同"):
        register(other, world)
    db.session.rollback()
    assert db.session.get_one(TechContract, other.id).state == "filed"


def test_refused_and_filed_again(world: World) -> None:
    contract = world.filed()
    with pytest.raises(Invalid):
        filing_deeds.refuse_registration(
            contract, "", by=world.seller, seen=contract.revision
        )
    filing_deeds.refuse_registration(
        contract, "技术内容写得不清楚", by=world.seller, seen=contract.revision
    )
    assert contract.state == "not_registered"
    filing_deeds.file_contract(
        contract, today(), by=world.seller, seen=contract.revision
    )
    assert (contract.state, contract.refusal) == ("filed", "")


def test_amended_and_cancelled(world: World) -> None:
    contract = world.registered()
    seen = contract.revision
    with pytest.raises(NotAllowed):
        filing_deeds.amend_registration(
            contract, (PRICE, 1, 0), "写错", by=world.seller, seen=seen
        )
    same = (PRICE, 40_000_000, 30_000_000)
    for sums, reason in (
        (same, "写错了"),
        ((PRICE, 1, 2), "写错了"),
        ((PRICE, 1, 0), ""),
    ):
        with pytest.raises(Invalid):
            filing_deeds.amend_registration(
                contract, sums, reason, by=world.operator, seen=seen
            )
    filing_deeds.amend_registration(
        contract, (PRICE, 20_000_000, 0), "登记证明更正", by=world.operator, seen=seen
    )
    assert contract.registered_sums["exempt_fen"] == 0
    amended = contract.entries[-1]
    assert (amended.tech_fen, amended.exempt_fen, amended.counts) == (
        -20_000_000,
        -30_000_000,
        0,
    )
    with pytest.raises(Stale):
        filing_deeds.cancel_registration(
            contract, "双方解除合同", by=world.operator, seen=seen
        )
    filing_deeds.cancel_registration(
        contract, "双方解除合同", by=world.operator, seen=contract.revision
    )
    assert contract.state == "cancelled"
    assert set(contract.registered_sums.values()) == {0}
    assert sum(one.counts for one in contract.entries) == 0
    # Nothing was written over: three entries tell what happened.
    assert [one.kind for one in contract.entries] == ["registered", "amended", "cancelled"]  # fmt: skip
    with pytest.raises(NotNow):
        filing_deeds.cancel_registration(
            contract, "再来一次", by=world.operator, seen=contract.revision
        )


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 10, 15), 3, date(2027, 1, 15)),
        (date(2026, 9, 30), 3, date(2026, 12, 30)),
    ],
)
def test_months(day: date, months: int, last: date) -> None:
    assert months_after(day, months) == last


@pytest.mark.parametrize("left", [91, 90, 31, 30, 8, 7, 0, -1])
def test_reminders(world: World, left: int) -> None:
    contract = world.signed()
    contract.signed_on = today() - timedelta(days=40)
    contract.valid_to = today() + timedelta(days=30 + left)
    contract.licence_filed_on = today()
    db.session.commit()
    assert file_until(contract) == today() + timedelta(days=left)
    # Both sides, once: a second run on the same day reminds nobody.
    assert upkeep.remind() == (0 if left > 90 else 2)
    assert upkeep.remind() == 0
    rows = list(db.session.scalars(sa.select(Notice).filter_by(kind="contract.due")))
    if rows and left < 0:
        assert "已超过 1 天" in rows[0].subject


def test_the_deal_ends_with_its_contract(world: World) -> None:
    """Thirty days after signing everything would be late, though the contract runs for years."""
    contract = world.registered()
    assert contract.valid_to is not None
    assert (world.deal.state, world.deal.due_on) == ("performing", contract.valid_to)
    # What is valid for a week is not late on the day it is signed.
    contract.valid_to = today() + timedelta(days=7)
    assert file_until(contract) == contract.valid_to


def test_patent_licence(world: World) -> None:
    contract = world.signed()
    last = licence_until(contract)
    assert last is not None
    assert upkeep.remind() in (0, 2)
    filing_deeds.note_licence_filing(
        contract, today(), by=world.seller, seen=contract.revision
    )
    assert contract.licence_filed_on == today()
    assert "licence" not in [end.code for end in list_ends(contract)]
    other = world.signed(
        world.approved_deal(contract_type="service", contract_subtype="")
    )
    assert licence_until(other) is None
    with pytest.raises(NotNow):
        filing_deeds.note_licence_filing(
            other, today(), by=world.seller, seen=other.revision
        )


def list_ends(contract: TechContract) -> list[Any]:
    from marketplace.contracts.readiness import ends_of

    return list(ends_of(contract))


def test_pages(world: World, sign_in: SignIn) -> None:
    contract = world.signed()
    seller, operator = sign_in(world.seller), sign_in(world.operator)
    address = f"/mine/contracts/{contract.id}"
    page = seller.get(address).text
    assert "记录提交登记" in page
    assert "专利实施许可应在" in page

    def press(client: FlaskClient, path: str, **data: str) -> int:
        row = db.session.get_one(TechContract, contract.id, populate_existing=True)
        return client.post(path, data=data | {"seen": str(row.revision)}).status_code

    day = today().isoformat()
    assert press(seller, f"{address}/file") == 422
    assert press(seller, f"{address}/file", filed_on=day) == 303
    assert press(seller, f"{address}/accept", accepted_on=day) == 303
    assert press(seller, f"{address}/licence", licence_on=day) == 303
    row = db.session.get_one(TechContract, contract.id, populate_existing=True)
    form = {one.name: one.typed(getattr(row, one.name)) for one in fields_of("license")}
    office = f"/office/contracts/{contract.id}"
    form |= {"breach": "另有约定。", "why": ""}
    assert press(operator, f"{office}/correct", **form) == 422
    assert press(seller, f"{address}/refuse") == 422
    assert press(seller, f"{address}/refuse", refusal="技术内容写得不清楚") == 303
    assert "登记机构没有登记" in seller.get(address).text
    assert press(operator, f"{office}/correct", **(form | {"why": "名称写错"})) == 303
    assert "要重新确认" in seller.get(address).text
    row = db.session.get_one(TechContract, contract.id, populate_existing=True)
    deeds.issue_paper(row, by=world.seller, seen=row.revision)
    upkeep.render_missing()
    world.confirm(row, world.seller)
    world.confirm(row, world.buyer)
    assert press(seller, f"{address}/file", filed_on=day) == 303
    data = {
        "registry_no": "12",
        "registered_on": day,
        "tech_fen": "400000",
        "exempt_fen": "0",
    }
    assert press(seller, f"{address}/register", **data) == 422
    data["registry_no"] = REGISTRY_NO
    assert press(seller, f"{address}/register", **data) == 303
    assert REGISTRY_NO in seller.get(address).text
    sums = {
        "total_fen": "500000",
        "tech_fen": "300000",
        "exempt_fen": "1",
        "reason": "登记证明更正",
    }
    assert press(seller, f"{office}/amend", **sums) == 403
    assert press(operator, f"{office}/amend", **(sums | {"reason": ""})) == 422
    assert press(operator, f"{office}/amend", **sums) == 303
    assert "300,000.00" in operator.get(address).text
    assert press(operator, f"{office}/cancel", cancelling="双方解除合同") == 303
    assert "登记已撤销" in seller.get(address).text


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def outcomes_of(site: Flask, *tried: Callable[[], object]) -> list[str]:
    """Do each at once; `done` or `refused`, sorted."""
    names = []
    for outcome in at_once(site, *(lambda deed=deed: deed for deed in tried)):
        refused = isinstance(outcome, MarketError)
        names.append("refused" if refused else str(outcome))
    return sorted(names)


def test_two_at_once(site: Flask) -> None:
    world = World(Factory(db.session))
    numbers = {
        "deal": world.deal.id,
        "seller": world.seller.id,
        "buyer": world.buyer.id,
        "operator": world.operator.id,
    }
    db.session.remove()

    def by(name: str) -> Person:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()
        return db.session.get_one(Person, numbers[name])

    def begin(name: str) -> Callable[[], None]:
        def run() -> None:
            person = by(name)
            deeds.begin_contract(db.session.get_one(Deal, numbers["deal"]), by=person)

        return run

    assert outcomes_of(site, begin("seller"), begin("buyer")) == ["done", "refused"]
    contract = db.session.scalars(sa.select(TechContract)).one()
    number = contract.id
    from tests.marketplace.contracts.cases import values_for

    seller = db.session.get_one(Person, numbers["seller"])
    deeds.save_contract(
        contract, values_for("license"), by=seller, seen=contract.revision
    )
    deeds.issue_paper(contract, by=seller, seen=contract.revision)
    upkeep.render_missing()
    paper = contract.current_paper
    assert paper is not None
    sha256, seen = paper.sha256 or "", contract.revision
    db.session.remove()

    def confirm(name: str) -> Callable[[], None]:
        def run() -> None:
            person = by(name)
            row = db.session.get_one(TechContract, number)
            deeds.confirm_paper(row, sha256, by=person)

        return run

    def change() -> None:
        person = by("buyer")
        row = db.session.get_one(TechContract, number)
        deeds.save_contract(row, {"breach": "另有约定。"}, by=person, seen=seen)

    # A confirmation and a change of what is confirmed: never both.
    assert outcomes_of(site, confirm("seller"), change) == ["done", "refused"]
    row = db.session.get_one(TechContract, number)
    standing = db.session.scalars(
        sa.select(ContractConfirmation).filter_by(voided_at=None)
    ).all()
    assert len(standing) == (row.state == "confirming")
    seller = db.session.get_one(Person, numbers["seller"])
    buyer = db.session.get_one(Person, numbers["buyer"])
    if row.state == "drafting":
        deeds.issue_paper(row, by=seller, seen=row.revision)
        upkeep.render_missing()
        assert row.current_paper is not None
        deeds.confirm_paper(row, row.current_paper.sha256 or "", by=seller)
    assert row.current_paper is not None
    deeds.confirm_paper(row, row.current_paper.sha256 or "", by=buyer)
    filing_deeds.file_contract(row, today(), by=seller, seen=row.revision)
    seen = row.revision
    db.session.remove()

    def register_once(last: str) -> Callable[[], None]:
        def run() -> None:
            person = by("operator")
            contract = db.session.get_one(TechContract, number)
            filing_deeds.register_contract(
                contract,
                registry_no=f"202637015000012{last}",
                registered_on=today(),
                office="",
                tech_fen=1,
                exempt_fen=0,
                by=person,
                seen=seen,
            )

        return run

    assert outcomes_of(site, register_once("1"), register_once("2")) == [
        "done",
        "refused",
    ]
    assert len(db.session.scalars(sa.select(ContractEntry)).all()) == 1
    row = db.session.get_one(TechContract, number)
    events = [one.deed for one in history_of(row)]
    assert events.count("register") == 1
    assert queries.contract_of(db.session.get_one(Deal, numbers["deal"])) is row
    seen = row.revision
    db.session.remove()

    def correct() -> None:
        person = by("operator")
        contract = db.session.get_one(TechContract, number)
        sums = (contract.total_fen, 1, 1)
        filing_deeds.amend_registration(contract, sums, "漏填", by=person, seen=seen)

    def cancel() -> None:
        person = by("operator")
        contract = db.session.get_one(TechContract, number)
        filing_deeds.cancel_registration(contract, "重复登记", by=person, seen=seen)

    # Two operators: what one of them corrects is not corrected twice, nor cancelled by who has not seen it.
    assert outcomes_of(site, correct, cancel) == ["done", "refused"]
    assert len(db.session.scalars(sa.select(ContractEntry)).all()) == 2
