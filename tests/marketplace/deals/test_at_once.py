"""Two who press at one deal at the same moment: one wins, the other is told, nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.deals import (
    deeds,
    diligence_deeds,
    pricing_deeds,
    publicity_deeds,
    writing,
)
from marketplace.deals.child_models import DealPublicity
from marketplace.deals.life import DILIGENCE
from marketplace.deals.models import Deal
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.permissions import Guest
from tests.factories import Factory
from tests.marketplace.deals.walking import holds
from tests.marketplace.deals.world import NOTE, World
from tests.racing import at_once, committing_site

pytestmark = pytest.mark.long

Press = Callable[["Table"], object]


class Table:
    """What one of two racers has before them: the deal as both have read it, and the people."""

    def __init__(self, number: int, seen: int, people: dict[str, int]) -> None:
        self.deal = db.session.get_one(Deal, number)
        self.seen = seen
        for name, person_id in people.items():
            setattr(self, name, db.session.get_one(Person, person_id))

    chief: Person
    desk: Person
    dean: Person
    rector: Person


def agree(at: Table) -> None:
    deeds.agree_deal(at.deal, by=at.desk, seen=at.seen)


def refuse(at: Table) -> None:
    deeds.refuse_deal(at.deal, note=NOTE, by=at.desk, seen=at.seen)


def draft(at: Table) -> None:
    deeds.draft_letter(
        at.deal,
        letter_kind="intention",
        text="另一份文字。",
        access_until=None,
        by=at.chief,
        seen=at.seen,
    )


def confirm(at: Table) -> None:
    letter = at.deal.letter_of("intention")
    assert letter is not None
    deeds.confirm_letter(
        at.deal, letter_kind="intention", sha256=letter.sha256, by=at.desk, seen=at.seen
    )


def answer(at: Table) -> None:
    diligence_deeds.answer_item(
        at.deal, code="limits", has_finding=False, note="", by=at.desk, seen=at.seen
    )


def finish(at: Table) -> None:
    diligence_deeds.finish_diligence(at.deal, by=at.desk, seen=at.seen)


def reopen(at: Table) -> None:
    diligence_deeds.reopen_diligence(at.deal, note=NOTE, by=at.desk, seen=at.seen)


def decide(at: Table) -> None:
    pricing_deeds.decide_price(at.deal, World.price(), by=at.desk, seen=at.seen)


def approve(at: Table) -> None:
    pricing_deeds.approve_price(at.deal, by=at.dean, seen=at.seen)


def reject(at: Table) -> None:
    pricing_deeds.reject_price(at.deal, note=NOTE, by=at.rector, seen=at.seen)


def publicise(at: Table) -> None:
    publicity_deeds.begin_publicity(
        at.deal,
        days=None,
        day_kind="natural",
        places="网站",
        objection_contact="科技处",
        procedure="核查后答复",
        by=at.desk,
        seen=at.seen,
    )


def revise(at: Table) -> None:
    deal = at.deal
    pricing_deeds.revise_deal(
        deal,
        title="改过的名称",
        owner_type=deal.owner_type,
        contract_type=deal.contract_type,
        contract_subtype="",
        conversion_mode=deal.conversion_mode,
        note=NOTE,
        by=at.desk,
        seen=at.seen,
    )


def reply(at: Table) -> None:
    publicity_deeds.answer_objection(
        at.deal,
        at.deal.objections[0],
        is_sustained=False,
        answer_reason="insufficient",
        answer="证据不足。",
        by=at.dean,
        seen=at.seen,
    )


def waive(at: Table) -> None:
    deeds.settle_priority(
        at.deal, priority="waived", note=NOTE, by=at.desk, seen=at.seen
    )


def terminate(at: Table) -> None:
    deeds.terminate_deal(at.deal, reason="budget", note=NOTE, by=at.chief, seen=at.seen)


RACES: list[tuple[str, Press, Press]] = [
    ("proposed", agree, agree),
    ("proposed", agree, refuse),
    ("open", draft, draft),
    ("open", draft, terminate),
    ("intention", confirm, draft),
    ("intention", confirm, confirm),
    ("due_diligence", answer, answer),
    ("answered", finish, answer),
    ("pricing", decide, decide),
    ("pricing", decide, reopen),
    ("decided", approve, reject),
    ("decided", approve, approve),
    ("price_determined", publicise, publicise),
    ("price_determined", publicise, revise),
    ("in_publicity", revise, terminate),
    ("objection", reply, reply),
    ("objection", reply, terminate),
    ("approved", waive, revise),
    ("approved", waive, waive),
]


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def begin_turn() -> None:
    if db.engine.dialect.name == "sqlite":
        persistence.begin_write()  # as a request that writes does


def bring(world: World, state: str) -> Deal:
    """A deal at a station of `RACES`."""
    if state == "decided":
        deal = world.bring_to("pricing")
        world.decide(deal)
    elif state == "answered":
        deal = world.bring_to("due_diligence")
        for code in DILIGENCE:
            world.answer(deal, code)
    elif state == "objection":
        deal = world.bring_to("in_publicity")
        world.object_to(deal, f"deal {deal.id}")
    else:
        deal = world.bring_to(state)
    return deal


def outcomes_of(site: Flask, *tried: Callable[[], object]) -> list[str]:
    """Do each at once; `done` or `refused`, or what else it raised, sorted."""
    names = []
    for outcome in at_once(site, *(lambda deed=deed: deed for deed in tried)):
        refused = isinstance(outcome, MarketError)
        names.append("refused" if refused else str(outcome))
    return sorted(names)


def test_one_of_two_wins_at_every_station(
    site: Flask, subtests: pytest.Subtests
) -> None:
    world = World(Factory(db.session))
    people = {
        name: getattr(world, name).id for name in ("chief", "desk", "dean", "rector")
    }
    for state, first, second in RACES:
        with subtests.test(f"{state}: {first.__name__}, {second.__name__}"):
            deal = bring(world, state)
            number, seen = deal.id, deal.revision
            told = len(history_of(deal))
            db.session.commit()

            def press(
                deed: Press, number: int = number, seen: int = seen
            ) -> Callable[[], object]:
                def pressed() -> None:
                    begin_turn()
                    deed(Table(number, seen, people))

                return pressed

            assert outcomes_of(site, press(first), press(second)) == ["done", "refused"]
            db.session.expire_all()
            deal = db.session.get_one(Deal, number)
            assert len(history_of(deal)) > told
            holds(deal)
            db.session.commit()


def test_two_proposals_are_one_deal(site: Flask) -> None:
    world = World(Factory(db.session))
    case = world.introduced()
    number, chief, desk = case.id, world.chief.id, world.desk.id
    db.session.remove()

    def propose(person_id: int) -> Callable[[], object]:
        def pressed() -> None:
            begin_turn()
            row = db.session.get_one(type(case), number)
            deeds.propose_deal(
                row,
                title="一笔交易",
                owner_type="other",
                contract_type="service",
                contract_subtype="",
                conversion_mode="other",
                by=db.session.get_one(Person, person_id),
            )

        return pressed

    assert outcomes_of(site, propose(chief), propose(desk)) == ["done", "refused"]
    (deal,) = db.session.scalars(sa.select(Deal))
    holds(deal)


def test_two_objections_are_both_heard(site: Flask) -> None:
    world = World(Factory(db.session))
    deal = world.bring_to("in_publicity")
    number, publicity = deal.id, world.running(deal).id
    db.session.remove()

    def object_as(nonce: str) -> Callable[[], object]:
        def pressed() -> None:
            begin_turn()
            publicity_deeds.file_objection(
                db.session.get_one(DealPublicity, publicity),
                nonce=nonce,
                reason="price",
                text="价格偏低。",
                evidence="",
                remedy="reprice",
                contact="",
                by=Guest(),
            )

        return pressed

    assert outcomes_of(site, object_as("a"), object_as("b")) == ["done", "done"]
    deal = db.session.get_one(Deal, number)
    assert len(deal.objections) == 2
    holds(deal)
    assert writing.broken_release(deal.releases) is None
