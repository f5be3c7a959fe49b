"""Two who decide at the same moment: one wins, the other is refused, nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.finance import (
    deeds,
    investor_deeds,
    investor_queries,
    loan_deeds,
    pack_deeds,
)
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FirmPack, ProductVersion
from marketplace.lifecycle import history_of
from marketplace.organisations.models import Organisation
from marketplace.policies.content import Figure
from tests.factories import Factory
from tests.marketplace.finance.world import CAPITAL, World, terms_of
from tests.racing import at_once, committing_site


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def outcomes_of(site: Flask, *tried: Callable[[], object]) -> list[str]:
    """Do each at once; `done` or `refused`, sorted."""

    def prepared(deed: Callable[[], object]) -> Callable[[], Callable[[], object]]:
        def begun() -> object:
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()  # as a request that writes does
            return deed()

        return lambda: begun

    db.session.remove()
    names = []
    for outcome in at_once(site, *(prepared(deed) for deed in tried)):
        refused = isinstance(outcome, MarketError)
        names.append("refused" if refused else str(outcome))
    return sorted(names)


def person(number: int) -> Person:
    return db.session.get_one(Person, number)


def test_one_pack_of_three_presses(site: Flask) -> None:
    world = World(Factory(db.session))
    world.status()
    firm, bank, chief = world.firm.id, world.bank.id, world.chief.id
    codes = world.codes()

    def grant() -> None:
        pack_deeds.grant_pack(
            db.session.get_one(Organisation, firm),
            db.session.get_one(Organisation, bank),
            codes,
            purpose="申请贷款",
            until=today() + timedelta(days=3),
            agrees=True,
            product=None,
            by=person(chief),
        )

    assert outcomes_of(site, grant, grant, grant) == ["done", "refused", "refused"]
    pack = db.session.scalars(sa.select(FirmPack)).one()
    number, seen = pack.id, pack.revision

    def withdraw() -> None:
        row = db.session.get_one(FirmPack, number)
        pack_deeds.withdraw_pack(row, by=person(chief), seen=seen)

    assert outcomes_of(site, withdraw, withdraw) == ["done", "refused"]
    pack = db.session.get_one(FirmPack, number)
    assert [one.deed for one in history_of(pack)] == ["create", "withdraw"]


def test_two_examples_at_once(site: Flask) -> None:
    world = World(Factory(db.session))
    version = world.draft().versions[0]
    number, seen, banker = version.id, version.revision, world.banker.id

    def add_with(sought: int) -> Callable[[], None]:
        def add() -> None:
            row = db.session.get_one(ProductVersion, number)
            figures: dict[str, Figure] = {"capital_sought": Decimal(sought)}
            deeds.add_case(row, figures, "missing", by=person(banker), seen=seen)

        return add

    assert outcomes_of(site, add_with(100), add_with(200)) == ["done", "refused"]
    assert len(db.session.get_one(ProductVersion, number).cases) == 1


def test_approved_or_recalled(site: Flask) -> None:
    world = World(Factory(db.session))
    version = world.draft().versions[0]
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)
    number, seen = version.id, version.revision
    banker, operator = world.banker.id, world.operator.id
    other = world.make.person("operator").id

    def approve_by(who: int) -> Callable[[], None]:
        def approve() -> None:
            row = db.session.get_one(ProductVersion, number)
            deeds.approve_version(row, by=person(who), seen=seen)

        return approve

    def recall() -> None:
        row = db.session.get_one(ProductVersion, number)
        deeds.recall_version(row, by=person(banker), seen=seen)

    outcomes = outcomes_of(site, approve_by(operator), approve_by(other), recall)

    assert outcomes == ["done", "refused", "refused"]
    row = db.session.get_one(ProductVersion, number)
    assert row.product.state == {"approved": "listed"}.get(row.state, "preparing")
    assert len(history_of(row)) == 3


def test_one_new_version_of_two(site: Flask) -> None:
    world = World(Factory(db.session))
    product = world.product()
    number, banker = product.id, world.banker.id

    def begin() -> None:
        row = db.session.get_one(type(product), number)
        deeds.begin_version(row, terms_of(), today(), by=person(banker), seen=1)

    assert outcomes_of(site, begin, begin) == ["done", "refused"]
    query = sa.select(sa.func.count(ProductVersion.id))
    assert db.session.scalar(query) == 2


def test_one_first_filing_of_two(site: Flask) -> None:
    world = World(Factory(db.session))
    loans = [world.loan(f"LX-{n}") for n in (1, 2)]
    numbers = [(loan.id, loan.revision) for loan in loans]
    operator = world.operator.id

    def confirm(number: int, seen: int) -> Callable[[], None]:
        def deed() -> None:
            row = db.session.get_one(FiledLoan, number)
            loan_deeds.confirm_loan(row, by=person(operator), seen=seen)

        return deed

    outcomes = outcomes_of(site, *(confirm(*one) for one in numbers))

    # On SQLite the second waits and is no first one; on PostgreSQL it may be refused, and pressed again.
    assert outcomes in (["done", "done"], ["done", "refused"])
    rows = db.session.scalars(sa.select(FiledLoan).order_by(FiledLoan.id)).all()
    assert sum(row.is_first for row in rows) == 1


def test_one_answer_of_two(site: Flask) -> None:
    world = World(Factory(db.session))
    demand = world.make.demand(owner=world.firm, **CAPITAL)
    preference = investor_deeds.save_preference(
        world.fund,
        stages=[],
        chain_codes=[],
        ticket_low="1",
        ticket_high="500",
        by=world.investor,
        seen=0,
    )
    wanted, asks, answers = preference.id, world.investor.id, world.chief.id
    code = investor_queries.code_of(world.fund.id, demand.id)

    def request() -> None:
        row = db.session.get_one(type(preference), wanted)
        by = person(asks)
        teaser = investor_queries.find_teaser(row, code, by=by)
        investor_deeds.request_reveal(row, teaser, "想了解订单", by=by)

    assert outcomes_of(site, request, request) == ["done", "refused"]
    row = db.session.scalars(sa.select(InvestorRequest)).one()
    number, seen = row.id, row.revision

    def accept() -> None:
        row = db.session.get_one(InvestorRequest, number)
        investor_deeds.accept_request(row, agrees=True, by=person(answers), seen=seen)

    def withdraw() -> None:
        row = db.session.get_one(InvestorRequest, number)
        investor_deeds.withdraw_request(row, by=person(asks), seen=seen)

    assert outcomes_of(site, accept, withdraw) == ["done", "refused"]
    row = db.session.get_one(InvestorRequest, number)
    assert len(history_of(row)) == 2
    # Nothing is revealed where the fund was quicker.
    assert bool(investor_queries.revealed(row)) == (row.state == "accepted")
