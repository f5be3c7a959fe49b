"""What becomes of products, packs, loans and requests when their organisation is merged, and when that is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.clock import today
from marketplace.extensions import db
from marketplace.finance import investor_deeds, loan_deeds, moving, pack_deeds
from tests.factories import Factory
from tests.marketplace.finance.world import CAPITAL, World


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def test_a_bank_is_merged_and_comes_back(world: World) -> None:
    world.status()
    product, same = world.product(), world.product("科创贷")
    loan, pack = world.loan(), world.pack()
    other = world.make.organisation("另一家示例银行", kind="financial")
    twin = world.product("别的名称")
    twin.organisation_id, twin.name = other.id, same.name
    db.session.commit()

    moved = moving.move_between(world.bank.id, other.id)
    db.session.commit()

    assert product.organisation_id == other.id
    # Two products of one name cannot be of one bank.
    assert same.organisation_id == world.bank.id
    assert (loan.institution_id, pack.institution_id) == (other.id, other.id)
    assert pack.state == "granted"
    moving.move_back(world.bank.id, other.id, moved)
    db.session.commit()
    owners = {product.organisation_id, loan.institution_id, pack.institution_id}
    assert owners == {world.bank.id}
    assert twin.organisation_id == other.id


def test_a_firm_that_becomes_its_bank_is_seen_by_nobody(world: World) -> None:
    world.status()
    pack = world.pack()

    moving.move_between(world.firm.id, world.bank.id)
    db.session.commit()

    assert (pack.state, pack.organisation_id) == ("withdrawn", world.firm.id)


def test_two_packs_to_one_bank_are_one(world: World) -> None:
    world.status()
    demand = world.make.demand(owner=world.firm, **CAPITAL)
    request = world.interest(demand)
    first = world.pack()
    second = world.pack(institution=world.fund)

    moved = moving.move_between(world.fund.id, world.bank.id)
    db.session.commit()

    assert (first.state, second.state) == ("granted", "withdrawn")
    assert request.investor_id == world.bank.id
    moving.move_back(world.fund.id, world.bank.id, moved)
    assert request.investor_id == world.fund.id


@pytest.mark.parametrize("ended", ["withdrawn", "expired", "lapsed"])
def test_a_pack_that_has_ended_ends_no_open_one(world: World, ended: str) -> None:
    world.status()
    open_pack = world.pack()
    over = world.pack(institution=world.fund)
    if ended == "withdrawn":
        pack_deeds.withdraw_pack(over, by=world.chief, seen=over.revision)
    else:
        over.until = today() - timedelta(days=1)
        db.session.commit()
    if ended == "expired":
        assert pack_deeds.expire_packs() == 1

    moving.move_between(world.bank.id, world.fund.id)
    db.session.commit()

    assert (open_pack.state, open_pack.institution_id) == ("granted", world.fund.id)
    assert over.state == ("withdrawn" if ended == "withdrawn" else "expired")


def test_what_has_ended_leaves_nothing_behind(world: World) -> None:
    """A withdrawn loan and a declined request of either leave those of the other their place."""
    demand = world.make.demand(owner=world.firm, **CAPITAL)
    withdrawn, declined = world.loan(), world.interest(demand)
    loan_deeds.withdraw_loan(withdrawn, by=world.banker, seen=withdrawn.revision)
    investor_deeds.decline_request(declined, by=world.chief, seen=declined.revision)
    other = world.make.organisation("另一家示例机构", kind="financial")
    withdrawn.institution_id = declined.investor_id = other.id
    db.session.commit()
    loan, request = world.loan(), world.interest(demand)

    moved = moving.move_between(world.bank.id, other.id)
    moved_too = moving.move_between(world.fund.id, other.id)
    db.session.commit()

    assert loan.institution_id == request.investor_id == other.id
    moving.move_back(world.fund.id, other.id, moved_too)
    moving.move_back(world.bank.id, other.id, moved)
    db.session.commit()
    assert loan.institution_id == world.bank.id
    assert request.investor_id == world.fund.id
    # The other way round the ended ones go over, next to those that stand.
    moving.move_between(other.id, world.bank.id)
    assert {row.institution_id for row in (withdrawn, loan)} == {world.bank.id}
