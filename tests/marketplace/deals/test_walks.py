"""Random walks over deals: nothing is skipped, what is rebuilt is what is stored, and somebody must always act.

`make chaos LONG=1` walks more of them (`WALKS`); a long run goes in parts (`WALKS_FROM` is the seed of the first one).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from tests.factories import Factory
from tests.marketplace.brokerage.world import World as BrokerageWorld
from tests.marketplace.deals.case_walking import CaseWalk, longer_ago
from tests.marketplace.deals.walking import Walk
from tests.marketplace.deals.world import World, let_go

pytestmark = pytest.mark.long

WALKS = int(os.environ.get("WALKS", "20"))
FIRST = int(os.environ.get("WALKS_FROM", "0"))


def test_every_walk_holds(make: Factory) -> None:
    world = World(make)
    case = world.introduced()
    ends: Counter[str] = Counter()
    refused = 0
    for seed in range(FIRST, FIRST + WALKS):
        walk = Walk(world, case, seed)
        walk.run()
        ends[walk.deal.state] += 1
        refused += walk.refused
        if walk.deal.state == "converted":
            # One deal of an introduction: the next walk needs another one.
            case = world.introduced()
        number = case.id
        let_go(world)
        case = db.session.get_one(Introduction, number)

    # They are walks: some get to the end, and many presses lead nowhere.
    assert ends["converted"] > 0
    assert ends["terminated"] > 0
    assert refused > WALKS


def test_no_case_is_without_an_owner(make: Factory) -> None:
    world = BrokerageWorld(make)
    deals = World(
        make,
        owner_type="government_institute",
        firm=world.firm,
        chief=world.chief,
        lab=world.lab,
        desk=world.desk,
        topic="淬火油雾回收",
        wish="淬火油雾治理",
    )
    ends: Counter[str] = Counter()
    of_deals: Counter[str] = Counter()
    refused = 0
    for seed in range(FIRST, FIRST + WALKS):
        walk = CaseWalk(world, deals, seed)
        walk.run()
        ends[walk.case.state] += 1
        of_deals[walk.deal_state] += 1
        refused += walk.refused
        if walk.case.state == "deal":
            # One deal of a pair: the next walk needs another one.
            world.take_another_pair()
        longer_ago()
        let_go(world, deals)

    # Some come to a deal and some do not, and many presses lead nowhere.
    assert ends["terminated"] > 0
    assert of_deals["terminated"] > 0
    assert refused > WALKS
