"""Lists of the room take no more statements for more rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.extensions import db
from tests.factories import Factory
from tests.marketplace.finance.world import CAPITAL, World


def add_rows(world: World, chief: Person, number: int) -> None:
    """One row more in each list: each time with an organisation of its own on the other side."""
    make = world.make
    bank, fund, firm = world.bank, world.fund, world.firm
    product = world.product(f"第 {number} 个产品")
    world.bank = make.organisation(kind="financial")
    world.pack()
    world.bank = bank
    world.fund = make.organisation(kind="financial")
    world.investor = make.person("firm", world.fund, administers=True)
    world.interest(make.demand(f"第 {number} 次融资", owner=firm, **CAPITAL))
    world.fund = fund
    world.firm = make.organisation()
    world.chief = make.person("firm", world.firm, administers=True)
    world.status()
    world.pack(product=product)
    world.firm, world.chief = firm, chief


def test_a_list_takes_no_more_statements_for_more_rows(
    make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    world = World(make)
    world.status()
    readers = {
        "/mine/finance/packs": world.chief,
        "/mine/finance/received": world.banker,
        "/mine/finance/products": world.banker,
        "/mine": world.chief,
    }
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    def counts() -> dict[str, int]:
        found = {}
        for address, person in readers.items():
            browser = sign_in(person)
            # What is read once for a process has been read by the first.
            browser.get(address)
            # Nor is anything at hand from the deeds of this test.
            db.session.expire_all()
            statements.clear()
            assert browser.get(address).status_code == 200
            found[address] = len(statements)
        return found

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        add_rows(world, world.chief, 1)
        few = counts()
        for number in (2, 3, 4):
            add_rows(world, world.chief, number)
        many = counts()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert many == few
