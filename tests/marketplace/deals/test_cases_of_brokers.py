"""The case of a broker ends where a deal begins, and with a deal that comes to nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.queries import cards_of
from marketplace.deals import deeds
from marketplace.deals.models import Deal
from marketplace.extensions import db
from tests.factories import Factory
from tests.marketplace.brokerage.world import World

SignIn = Callable[..., FlaskClient]

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


def test_its_broker_begins_the_deal_and_follows_it(
    brought: tuple[World, BrokerageCase], sign_in: SignIn
) -> None:
    """They are asked to help the two begin: neither listing need be given to them for that."""
    world, case = brought
    path = f"/mine/introductions/{case.introduction_id}/deal"
    for person in (world.broker, world.chief):
        page = sign_in(person).get(f"/mine/brokerage/{case.id}").text
        assert f'href="{path}"' in page
    stranger = world.make.broker(world.make.organisation(kind="service_body"))
    assert sign_in(stranger).get(path).status_code == 404
    browser = sign_in(world.broker)
    form = browser.get(path)
    assert form.status_code == 200
    assert f'href="/mine/introductions/{case.introduction_id}"' not in form.text
    sent = {
        "title": "轴承超精研磨降噪工艺许可",
        "owner_type": "government_institute",
        "contract_type": "license",
        "conversion_mode": "license",
    }
    begun = browser.post(path, data=sent)
    assert begun.status_code == 303
    deal = db.session.scalars(db.select(Deal)).one()
    assert (deal.proposed_by_side, deal.agreed_sides) == ("broker", [])
    shown = browser.get(begun.location)
    assert shown.status_code == 200
    # Their own agency has no part in it.
    assert "能申请什么" not in shown.text
    assert f'href="/mine/introductions/{case.introduction_id}"' not in shown.text
    assert deal.number in browser.get("/mine/deals").text
    assert deal.number in browser.get(f"/mine/brokerage/{case.id}").text
    # They act for neither side.
    agreed = browser.post(f"{begun.location}/agree", data={"seen": str(deal.revision)})
    assert agreed.status_code == 403
    assert sign_in(stranger).get(begun.location).status_code == 404


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
