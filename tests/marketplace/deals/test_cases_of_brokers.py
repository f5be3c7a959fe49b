"""The case of a broker ends where a deal begins, and with a deal that comes to nothing."""

from __future__ import annotations

import pytest

from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.queries import cards_of
from marketplace.deals import deeds
from marketplace.deals.models import Deal
from tests.factories import Factory
from tests.marketplace.brokerage.world import World

TALKS = ("accept", "introduce", "yes_holder", "yes_receiver")


@pytest.fixture
def brought(make: Factory) -> tuple[World, BrokerageCase]:
    """Two sides that a broker brought together."""
    world = World(make)
    return world, world.bring_to(*TALKS)


def propose(world: World, case: BrokerageCase) -> Deal:
    introduction = case.introduction
    assert introduction is not None
    return deeds.propose_deal(
        introduction,
        title="轴承超精研磨降噪工艺许可",
        owner_type="government_institute",
        contract_type="license",
        contract_subtype="know_how",
        conversion_mode="license",
        by=world.chief,
    )


def test_a_case_goes_on_while_only_one_side_wants_a_deal(
    brought: tuple[World, BrokerageCase],
) -> None:
    world, case = brought
    propose(world, case)
    assert case.is_running


def test_the_board_shows_whose_turn_the_deal_is(
    brought: tuple[World, BrokerageCase],
) -> None:
    world, case = brought
    deal = propose(world, case)
    deeds.agree_deal(deal, by=world.desk, seen=deal.revision)
    assert (case.state, case.deal_number) == ("deal", deal.number)
    (card,) = cards_of([case], world.broker)
    assert card.turn.actors == ("holder", "receiver")
    assert "意向书" in card.turn.what
    assert card.turn.due_on == deal.due_on


def test_a_deal_that_comes_to_nothing_ends_its_case_and_the_pair_may_be_proposed_again(
    brought: tuple[World, BrokerageCase],
) -> None:
    world, case = brought
    deal = propose(world, case)
    deeds.agree_deal(deal, by=world.desk, seen=deal.revision)
    deeds.terminate_deal(
        deal,
        reason="budget",
        note="企业今年没有预算",
        by=world.chief,
        seen=deal.revision,
    )
    assert (case.state, case.terminate_reason) == ("terminated", "budget")
    assert world.propose().is_running
