"""Each inventor reads their own statement, once the holder has given it to them, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts.models import TechContract
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.notices.models import Notice
from marketplace.proceeds import deeds, queries, upkeep
from marketplace.proceeds.models import InventorShare
from marketplace.proceeds.sharing import Bracket
from tests.factories import Factory
from tests.marketplace.contracts.cases import World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]


class Shared:
    """A contract whose income was shared between two inventors, one of whom has a namesake."""

    def __init__(self, make: Factory) -> None:
        self.world = World(make)
        self.contract = self.world.signed()
        self.inventor = make.person("researcher", self.world.lab)
        self.other = make.person("researcher", self.world.lab)
        self.inventor.name, self.other.name = "王淬火", "李回火"
        db.session.commit()
        deeds.record_receipt(
            self.contract,
            10_000_00,
            today(),
            "",
            by=self.world.seller,
            seen=self.contract.revision,
        )
        self.row = deeds.plan_distribution(
            self.contract,
            costs=[0],
            source="transfer",
            brackets=[Bracket(0, None, Decimal(70), Decimal(30))],
            people=[("王淬火", Decimal(60), False), ("李回火", Decimal(40), False)],
            institution=None,
            agreed=None,
            by=self.world.seller,
        )
        self.share = self.row.shares[0]

    def settle(self) -> None:
        deeds.settle_distribution(
            self.row, by=self.world.seller, seen=self.row.revision
        )
        assert upkeep.render_missing() == 2

    def give(self, person: Any = None, **changes: Any) -> None:
        number = (person or self.inventor).id
        values = {"by": self.world.seller, "seen": self.contract.revision} | changes
        deeds.give_statement(self.share, number, **values)


@pytest.fixture
def shared(make: Factory) -> Shared:
    return Shared(make)


def notices_to(person: Any) -> list[str]:
    query = sa.select(Notice.subject).where(
        Notice.person_id == person.id, Notice.kind == "proceeds.statement"
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


def test_who_gives_what_to_whom(shared: Shared) -> None:
    world = shared.world
    with pytest.raises(NotNow, match="还没有定"):
        shared.give()
    shared.settle()
    for person in (world.buyer, world.stranger, shared.inventor):
        with pytest.raises(NotAllowed):
            shared.give(by=person)
    with pytest.raises(Stale):
        shared.give(seen=shared.contract.revision - 1)
    # Nobody of another organisation, and nobody at all.
    for number in (world.buyer.id, 999_999, None):
        with pytest.raises(Invalid, match="从本单位的人里选"):
            deeds.give_statement(
                shared.share, number, by=world.seller, seen=shared.contract.revision
            )
    assert notices_to(shared.inventor) == []
    shared.give()
    assert shared.share.person == shared.inventor
    assert len(notices_to(shared.inventor)) == 1
    with pytest.raises(NotNow, match="已经交给"):
        shared.give()


def test_one_reads_ones_own_and_no_other(shared: Shared, sign_in: SignIn) -> None:
    shared.settle()
    address = f"/mine/shares/{shared.share.id}/statement.pdf"
    inventor = sign_in(shared.inventor)
    assert inventor.get(address).status_code == 404
    assert "还没有交给您的明细" in inventor.get("/mine/statements").text
    assert "收入分配" not in inventor.get("/mine").text
    shared.give()
    page = inventor.get("/mine/statements").text
    assert shared.contract.title in page
    # 70 % of 10,000.00, of that 60 %.
    assert "4,200.00" in page
    assert "2,800.00" not in page
    assert "李回火" not in page
    assert inventor.get(address).data.startswith(b"%PDF")
    assert "/mine/statements" in inventor.get("/mine").text
    other = f"/mine/shares/{shared.row.shares[1].id}/statement.pdf"
    assert inventor.get(other).status_code == 404
    # The money of the contract is still none of theirs, and giving neither.
    money = f"/mine/contracts/{shared.contract.id}/money"
    assert inventor.get(money).status_code == 404
    pressed = inventor.post(f"/mine/shares/{shared.share.id}/give", data={})
    assert pressed.status_code == 403
    for person in (shared.other, shared.world.buyer, shared.world.operator):
        assert sign_in(person).get(address).status_code == 404
    copied = contributions.personal_copy(shared.inventor)["收入分配"]
    assert [row["应得（元）"] for row in copied] == ["4,200.00"]


def test_a_mistake_is_put_right(shared: Shared, sign_in: SignIn) -> None:
    shared.settle()
    shared.give(shared.other)
    shared.give()
    assert [one[:8] for one in notices_to(shared.other)] == [
        "收入分配明细：「",
        "收入分配明细更正",
    ]
    address = f"/mine/shares/{shared.share.id}/statement.pdf"
    assert sign_in(shared.other).get(address).status_code == 404
    assert sign_in(shared.inventor).get(address).status_code == 200


def test_the_holder_gives_it_on_the_page_of_the_money(
    shared: Shared, sign_in: SignIn
) -> None:
    shared.settle()
    seller = sign_in(shared.world.seller)
    money = f"/mine/contracts/{shared.contract.id}/money"
    address = f"/mine/shares/{shared.share.id}/give"
    page = seller.get(money).text
    prefix = f"s{shared.share.id}"
    # Who has the name of the inventor is proposed.
    proposed = rf'<option selected value="{shared.inventor.id}">'
    assert re.search(proposed, page)
    seen = {f"{prefix}-seen": str(shared.contract.revision)}
    refused = seller.post(address, data=seen | {f"{prefix}-person": "x"})
    assert refused.status_code == 422
    assert "从本单位的人里选一位" in refused.text
    chosen = {f"{prefix}-person": str(shared.inventor.id)}
    assert seller.post(address, data=seen | chosen).status_code == 303
    assert "已交给 王淬火" in seller.get(money).text
    assert seller.post(address, data=seen | chosen).status_code == 409


def test_who_leaves_keeps_it_and_a_closed_account_does_not(shared: Shared) -> None:
    shared.settle()
    shared.give()
    contributions.forget_person(shared.inventor.id)
    db.session.commit()
    assert shared.share.person_id is None
    assert shared.share.name == "王淬火"
    assert queries.own_count(shared.inventor.id) == 0


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def test_two_who_give_it_at_once_give_it_once(site: Flask) -> None:
    shared = Shared(Factory(db.session))
    shared.settle()
    by_id, share_id = shared.world.seller.id, shared.share.id
    people = [shared.inventor.id, shared.other.id]
    db.session.commit()

    def look(person_id: int) -> Callable[[], object]:
        by = db.session.get_one(Person, by_id)
        share = db.session.get_one(InventorShare, share_id)
        number = share.distribution.contract_id
        seen = db.session.get_one(TechContract, number).revision
        persistence.expect_writing()
        db.session.rollback()
        return lambda: deeds.give_statement(share, person_id, by=by, seen=seen)

    outcomes = at_once(site, *(lambda one=one: look(one) for one in people))

    assert outcomes.count("done") == 1, outcomes
    (refused,) = [one for one in outcomes if one != "done"]
    assert isinstance(refused, Stale)
    query = sa.select(sa.func.count(Notice.id)).where(
        Notice.kind == "proceeds.statement"
    )
    db.session.rollback()
    assert db.session.scalar(query) == 1
