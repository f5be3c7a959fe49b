"""Ratings: only after registration, one of a side, both shown at once, and a reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.contracts import filing_deeds
from marketplace.contracts.models import TechContract
from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.notices.models import Notice
from marketplace.ratings import deeds, queries, upkeep
from marketplace.ratings.models import Rating
from tests.factories import Factory
from tests.marketplace.contracts.cases import World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
SAID = "按期交付，资料齐全。"
ANSWERED = "付款及时，配合很好。"


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def rate(contract: TechContract, by: Person, score: int | None = 5, text: str = SAID) -> Rating:  # fmt: skip
    return deeds.give_rating(contract, score, text, by=by)


def test_no_contract_no_rating(world: World) -> None:
    made: list[Callable[[], TechContract]] = [
        lambda: world.filled(),
        lambda: world.signed(world.approved_deal()),
        lambda: world.filed(world.approved_deal()),
    ]
    for make_contract in made:
        contract = make_contract()
        for person in (world.seller, world.buyer):
            with pytest.raises(NotNow, match="不能评价"):
                rate(contract, person)
    cancelled = world.registered(world.approved_deal())
    filing_deeds.cancel_registration(
        cancelled, "解除", by=world.operator, seen=cancelled.revision
    )
    with pytest.raises(NotNow):
        rate(cancelled, world.seller)
    assert db.session.scalar(sa.select(sa.func.count(Rating.id))) == 0


def test_one_of_a_side_and_by_its_people_only(world: World) -> None:
    contract = world.registered()
    for person in (world.stranger, world.operator):
        with pytest.raises(NotAllowed):
            rate(contract, person)
    for score in (None, 0, 6):
        with pytest.raises(Invalid):
            rate(contract, world.seller, score)
    rate(contract, world.seller)
    colleague = world.make.person("desk", world.lab)
    for person in (world.seller, colleague):
        with pytest.raises(NotNow, match="已经评价过"):
            rate(contract, person)


def test_both_are_shown_at_once(world: World, sign_in: SignIn) -> None:
    contract = world.registered()
    address = f"/mine/contracts/{contract.id}/ratings"
    seller, buyer = sign_in(world.seller), sign_in(world.buyer)
    operator = sign_in(world.operator)
    assert seller.post(address, data={"score": "4", "text": SAID}).status_code == 303
    assert SAID in seller.get(address).get_data(as_text=True)
    for other in (buyer, operator):
        page = other.get(address).get_data(as_text=True)
        assert SAID not in page
        assert "4 分" not in page
    assert "等我评价" in buyer.get("/mine").get_data(as_text=True)
    assert "等我评价" not in seller.get("/mine").get_data(as_text=True)
    assert buyer.post(address, data={"text": ANSWERED}).status_code == 422
    assert buyer.post(address, data={"score": "5", "text": ANSWERED}).status_code == 303
    for reader in (seller, buyer, operator):
        page = reader.get(address).get_data(as_text=True)
        assert SAID in page
        assert ANSWERED in page
    assert sign_in(world.stranger).get(address).status_code == 404
    notified = db.session.scalars(
        sa.select(Notice.person_id).filter_by(kind="rating.revealed")
    )
    assert set(notified) == {world.seller.id, world.buyer.id}


def test_after_the_term_the_only_one_is_shown_and_the_other_is_too_late(
    world: World,
) -> None:
    contract = world.registered()
    row = rate(contract, world.seller)
    assert row.reveal_on >= today() + timedelta(days=deeds.TERM_DAYS)
    assert not queries.are_revealed(queries.ratings_of(contract))
    assert upkeep.announce_due() == 0
    row.reveal_on = today()
    db.session.commit()
    # The last day is one on which the other side still may.
    assert not queries.are_revealed(queries.ratings_of(contract))
    row.reveal_on = today() - timedelta(days=1)
    db.session.commit()
    assert queries.are_revealed(queries.ratings_of(contract))
    assert list(queries.waiting_for(world.buyer)) == []
    with pytest.raises(NotNow, match="期限已过"):
        rate(contract, world.buyer)
    assert upkeep.announce_due() == 1
    assert upkeep.announce_due() == 0
    deeds.reply_to(contract, "谢谢评价", by=world.buyer)
    assert row.reply == "谢谢评价"


def test_a_reply_is_given_once_and_only_to_what_is_shown(world: World) -> None:
    contract = world.registered()
    rate(contract, world.seller)
    with pytest.raises(NotNow, match="还没有公开"):
        deeds.reply_to(contract, "先说一句", by=world.buyer)
    rate(contract, world.buyer, 2, ANSWERED)
    with pytest.raises(NotAllowed):
        deeds.reply_to(contract, "外人", by=world.stranger)
    with pytest.raises(Invalid):
        deeds.reply_to(contract, "", by=world.buyer)
    deeds.reply_to(contract, "谢谢", by=world.buyer)
    with pytest.raises(NotNow, match="已经答复过"):
        deeds.reply_to(contract, "再说一句", by=world.buyer)
    ratings = queries.ratings_of(contract)
    assert (ratings["holder"].reply, ratings["receiver"].reply) == ("谢谢", "")


def another_partner(world: World, place: int) -> TechContract:
    """A registered contract of the same institute with a firm of its own."""
    world.firm = world.make.organisation(f"合作企业{place}（示例）")
    world.buyer = world.make.person("firm", world.firm, administers=True)
    return world.registered(world.approved_deal(), number=f"20263701500001{place:02d}")


def test_a_mean_is_public_only_of_enough_partners(make: Factory, client: FlaskClient) -> None:  # fmt: skip
    world = World(make)
    lab = world.lab
    expected = {1: None, 2: None, 3: "4.3"}
    for place, score in enumerate((5, 4, 4), 1):
        contract = another_partner(world, place)
        rate(contract, world.buyer, score)
        rate(contract, world.seller, 1)
        mean = queries.mean_of(lab.id)
        assert (str(mean.score) if mean else None) == expected[place]
        assert queries.mean_of(world.firm.id) is None
    # What is not shown to both does not count.
    contract = another_partner(world, 4)
    rate(contract, world.buyer, 1)
    mean = queries.mean_of(lab.id)
    assert mean is not None
    assert mean.count == 3
    page = client.get(f"/organisations/{lab.id}").get_data(as_text=True)
    assert "平均 4.3 分" in page


def test_a_partner_of_two_names_is_one_partner(make: Factory) -> None:
    world = World(make)
    for place in (1, 2, 3):
        if place < 3:
            contract = another_partner(world, place)
        else:
            contract = world.registered(
                world.approved_deal(), number=f"20263701500001{place:02d}"
            )
        contract.buyer_name = f"改过名的企业{place}（示例）"
        rate(contract, world.buyer, 5)
        rate(contract, world.seller, 5)
        assert queries.mean_of(world.lab.id) is None


def test_a_closed_account_leaves_the_rating_of_its_side(world: World) -> None:
    contract = world.registered()
    row = rate(contract, world.seller)
    upkeep.forget_person(world.seller.id)
    db.session.commit()
    assert row.by_id is None
    assert queries.ratings_of(contract) == {"holder": row}


# -- two at once -------------------------------------------------------------------------------------------------------


@pytest.fixture
def races(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    with committing_site(tmp_path_factory.mktemp("ratings"), migrated) as site:
        yield site


def racer(contract_id: int, person_id: int) -> Callable[[], Callable[[], object]]:
    def look() -> Callable[[], object]:
        person = db.session.get_one(Person, person_id)
        contract = queries.get_contract(contract_id, by=person)
        persistence.expect_writing()
        db.session.rollback()
        return lambda: rate(contract, person)

    return look


def test_two_of_one_side_and_both_sides_at_once(races: Flask) -> None:
    world = World(Factory(db.session))
    contract = world.registered()
    colleague = world.make.person("desk", world.lab)
    number = contract.id
    people = (world.seller.id, colleague.id, world.buyer.id)
    db.session.commit()

    outcomes = at_once(races, *[racer(number, one) for one in people])

    assert outcomes.count("done") == 2, outcomes
    assert outcomes[2] == "done"
    (refusal,) = [one for one in outcomes if one != "done"]
    assert isinstance(refusal, NotNow)
    db.session.rollback()
    contract = db.session.get_one(TechContract, number)
    ratings: dict[str, Any] = queries.ratings_of(contract)
    assert set(ratings) == {"holder", "receiver"}
    assert queries.are_revealed(ratings)
    # Whoever came second has announced both.
    assert all(one.announced_at is not None for one in ratings.values())
    assert all(one.announced_at <= now() for one in ratings.values())


def test_a_partner_who_is_not_on_the_platform_is_not_expected(
    world: World, sign_in: SignIn
) -> None:
    contract = world.registered(world.approved_deal())
    page = f"/mine/contracts/{contract.id}"
    assert "双方可以互相评价" in sign_in(world.seller).get(page).text
    # As in a contract that came from the register.
    contract.buyer_id = None
    db.session.commit()
    said = sign_in(world.seller).get(page).text
    assert "合作方还没有加入平台" in said
    assert "互相评价" not in said
