"""Two who press at the same moment in a case: one wins, the other is refused, nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage import agreement_deeds
from marketplace.brokerage.child_models import Attribution, AttributionDispute
from marketplace.brokerage.models import BrokerageCase
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import history_of
from marketplace.listings.models import Achievement, Demand
from tests.factories import Factory
from tests.marketplace.brokerage.world import TALKS, World
from tests.racing import at_once, committing_site

pytestmark = pytest.mark.long

PEOPLE = ("broker", "other_broker", "chief", "desk", "operator")
# What was pressed before → the two that are pressed at once.
RACES: dict[str, tuple[tuple[str, ...], tuple[str, str]]] = {
    "accept": ((), ("accept", "accept")),
    "accept or decline": ((), ("accept", "decline")),
    "introduce": (("accept",), ("introduce", "introduce")),
    "commission or introduce": (("accept",), ("commission", "introduce")),
    "sign": (("accept", "commission", "introduce"), ("sign", "sign")),
    "both sides": (("accept", "introduce"), ("yes_holder", "yes_receiver")),
    "yes or no": (("accept", "introduce"), ("yes_holder", "no_holder")),
    "intend": (TALKS, ("intend", "terminate")),
    "hold or reclaim": (TALKS, ("hold", "reclaim")),
    "plan": (TALKS, ("plan", "plan")),
    "qualify": ((), ("qualify", "qualify")),
    "qualify or terminate": ((), ("qualify", "terminate_lead")),
    "dispatch": ((), ("dispatch", "dispatch")),
    "dispatch to two": ((), ("dispatch", "dispatch_to_broker")),
    "consent": (("accept_dual",), ("consent_holder", "consent_holder")),
    "both consent": (("accept_dual",), ("consent_holder", "consent_receiver")),
    "consent or not": (("accept_dual",), ("consent_holder", "dissent_receiver")),
    "confirm": (("accept",), ("confirm", "confirm")),
    "confirm or come together": (
        ("accept", "introduce", "yes_holder"),
        ("confirm", "yes_receiver"),
    ),
    "remind": (("accept", "introduce"), ("remind", "remind")),
    "remind or answer": (("accept", "introduce"), ("remind", "yes_holder")),
    "resume": ((*TALKS, "hold"), ("resume", "resume")),
    "resume or reclaim": ((*TALKS, "hold"), ("resume", "reclaim")),
    "meet": (
        (*TALKS, "reclaim", "dispatch", "accept"),
        ("meet", "meet"),
    ),
    "meet or hold": (
        (*TALKS, "reclaim", "dispatch", "accept"),
        ("meet", "hold"),
    ),
}
# Whose pair it is, where no broker proposes it: a lead, or one that waits to be dispatched.
PROPOSERS = {
    "qualify": "scout",
    "qualify or terminate": "scout",
    "dispatch": "operator",
    "dispatch to two": "operator",
}


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def begin_turn() -> None:
    if db.engine.dialect.name == "sqlite":
        persistence.begin_write()  # as a request that writes does


def outcomes_of(site: Flask, *tried: Any) -> list[str]:
    names = []
    for outcome in at_once(site, *(lambda deed=deed: deed for deed in tried)):
        refused = isinstance(outcome, MarketError)
        names.append("refused" if refused else str(outcome))
    return sorted(names)


def world_again(numbers: dict[str, int]) -> World:
    """The same world in a session of its own."""
    world = World.__new__(World)
    for name in PEOPLE:
        setattr(world, name, db.session.get_one(Person, numbers[name]))
    world.achievement = db.session.get_one(Achievement, numbers["achievement"])
    world.demand = db.session.get_one(Demand, numbers["demand"])
    return world


def numbers_of(world: World) -> dict[str, int]:
    numbers = {name: getattr(world, name).id for name in PEOPLE}
    return numbers | {
        "achievement": world.achievement.id,
        "demand": world.demand.id,
    }


@pytest.mark.parametrize("race", RACES)
def test_one_of_two(race: str, site: Flask) -> None:
    before, deeds = RACES[race]
    world = World(Factory(db.session))
    proposer = getattr(world, PROPOSERS.get(race, "broker"))
    case = world.bring_to(*before, by=proposer)
    numbers, number, seen = numbers_of(world), case.id, case.revision
    count = len(history_of(case))
    db.session.remove()

    def pressing(deed: str) -> Any:
        def press() -> None:
            begin_turn()
            row = db.session.get_one(BrokerageCase, number)
            world_again(numbers).press(row, deed, seen=seen)

        return press

    assert outcomes_of(site, *(pressing(one) for one in deeds)) == ["done", "refused"]
    case = db.session.get_one(BrokerageCase, number)
    assert case.revision > seen
    done = [one.deed for one in history_of(case)[count:]]
    assert len(set(done)) == len(done)
    rows = db.session.scalars(sa.select(Attribution)).all()
    assert len(rows) <= 1
    assert db.session.scalars(sa.select(Introduction)).all() == [
        one for one in [case.introduction] if one is not None
    ]


def test_one_ruling_of_a_dispute(site: Flask) -> None:
    world = World(Factory(db.session))
    world.bring_to(*TALKS)
    row = db.session.scalars(sa.select(Attribution)).one()
    dispute = agreement_deeds.dispute_attribution(
        row, "去年就介绍过。", by=world.other_broker
    )
    number, seen, numbers = dispute.id, dispute.revision, numbers_of(world)
    db.session.remove()

    def rule(upholds: bool) -> Any:
        def press() -> None:
            begin_turn()
            agreement_deeds.rule_dispute(
                db.session.get_one(AttributionDispute, number),
                upholds=upholds,
                ruling="有纪要",
                by=world_again(numbers).operator,
                seen=seen,
            )

        return press

    assert outcomes_of(site, rule(True), rule(False)) == ["done", "refused"]
    dispute = db.session.get_one(AttributionDispute, number)
    assert len([one for one in history_of(dispute) if one.deed != "create"]) == 1


def test_one_case_of_a_pair(site: Flask) -> None:
    world = World(Factory(db.session))
    numbers = numbers_of(world)
    db.session.remove()

    def propose() -> None:
        begin_turn()
        world_again(numbers).propose()

    assert outcomes_of(site, propose, propose) == ["done", "refused"]
    assert len(db.session.scalars(sa.select(BrokerageCase)).all()) == 1
    assert not db.session.scalars(sa.select(Attribution)).all()
