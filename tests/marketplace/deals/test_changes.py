"""What an achievement says is what was made public: another text of it begins publicity again; contacts go in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.clock import now
from marketplace.deals.child_models import DealObjection
from marketplace.deals.models import Deal
from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.listings import change_deeds
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.versions import add_version
from marketplace.personal_data.deeds import carry_out_retention
from marketplace.retention import PERIODS
from tests.factories import GOOD, Factory
from tests.marketplace.deals.world import World

SUMMARY = "改过的简介：超精研磨的磨头和参数都换了一套，降噪效果以新的检验报告为准。"


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def at(world: World, state: str) -> Deal:
    """A deal in that state, of an achievement that has an approved text."""
    deal = world.bring_to("price_determined")
    assert deal.achievement is not None
    add_version(deal.achievement, by=None)
    db.session.commit()
    if state != "price_determined":
        world.publicise(deal)
    if state == "objection":
        world.object_to(deal, contact="0635-8239001")
    if state == "approved":
        world.let_end(deal)
    assert deal.state == state
    return deal


def change(world: World, deal: Deal) -> None:
    """Let another text of its achievement through."""
    row = deal.achievement
    assert row is not None
    listing_deeds.save(row, {"summary": SUMMARY}, by=world.desk, seen=row.revision)
    change_deeds.approve_change(row, by=world.operator, seen=row.revision, scores=GOOD)


@pytest.mark.parametrize("state", ["in_publicity", "approved"])
def test_another_text_of_the_achievement_begins_publicity_again(
    world: World, state: str
) -> None:
    deal = at(world, state)
    price = deal.price_fen
    change(world, deal)
    assert deal.state == "price_determined"
    assert deal.publicity_closed_on is None
    assert [one.state for one in deal.publicities] == ["void" if state == "in_publicity" else "closed"]  # fmt: skip
    # The price stands: only what was made public is no longer true.
    assert deal.price_fen == price
    assert deal.approved_decision is not None
    world.publicise(deal)
    assert deal.publicities[-1].round == 2
    # The same text again is no change.
    assert deal.achievement is not None
    listing_deeds.suspend(
        deal.achievement,
        by=world.operator,
        seen=deal.achievement.revision,
        note="核对一下",
    )
    listing_deeds.resume(
        deal.achievement, by=world.operator, seen=deal.achievement.revision
    )
    assert deal.state == "in_publicity"


def test_what_is_not_public_yet_goes_on(world: World) -> None:
    deal = at(world, "price_determined")
    change(world, deal)
    assert deal.state == "price_determined"


def test_no_other_text_while_somebody_objects(world: World) -> None:
    deal = at(world, "objection")
    with pytest.raises(Invalid) as refused:
        change(world, deal)
    assert "有异议没有答复" in str(refused.value.problems)
    assert deal.state == "objection"


def test_contacts_of_objections_go_after_their_term(world: World) -> None:
    deal = at(world, "objection")
    world.reply(deal, sustained=False)
    old = deal.objections[0]
    world.object_to(deal, "n2", contact="wang@example.cn")
    edge = now() - timedelta(days=PERIODS["objection_contact"].days or 0)
    old.answered_at = edge + timedelta(minutes=5)
    db.session.commit()
    assert carry_out_retention()["objection_contact"] == 0
    old.answered_at = edge - timedelta(minutes=5)
    db.session.commit()
    assert carry_out_retention()["objection_contact"] == 1
    rows = db.session.scalars(db.select(DealObjection).order_by(DealObjection.id))
    assert [one.contact_reply for one in rows] == ["", "wang@example.cn"]
