"""Listings are renewed by one click, demands end with a reason, and what was met stays public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import last_event
from marketplace.listings import deeds, queries, renewal_links, upkeep
from marketplace.listings.models import Demand
from marketplace.notices.models import Notice
from marketplace.permissions import Guest
from tests.factories import Factory
from tests.racing import Racer, at_once, committing_site

SignIn = Callable[..., FlaskClient]
YEAR = timedelta(days=365)


class World:
    """A firm, somebody who looks after its demands, and a demand of theirs."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清续期轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.row = make.demand("保持架断裂攻关", owner=self.firm)

    def ends_in(self, days: int) -> Demand:
        self.row.valid_until = today() + timedelta(days=days)
        db.session.commit()
        if days < 0:
            deeds.expire_due()
        return self.row

    def link(self) -> str:
        return f"/renew/{renewal_links.link_token(self.row, self.chief)}"


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


# Days to the end → whether it may be renewed.
ENDS = [(31, False), (30, True), (7, True), (0, True), (-1, True), (-60, True)]


@pytest.mark.parametrize(("days", "possible"), ENDS)
def test_it_is_renewed_near_its_end_and_after_it(
    days: int, possible: bool, world: World, sign_in: SignIn
) -> None:
    row = world.ends_in(days)
    before = row.valid_until
    browser = sign_in(world.chief)
    offered = "仍然有效" in browser.get(f"/demands/{row.id}").text

    answer = browser.post(f"/mine/demand/{row.id}/renew", data={"seen": row.revision})

    assert answer.status_code == (303 if possible else 409)
    assert offered == possible
    assert row.state == "published"
    assert row.valid_until == (today() + YEAR if possible else before)


def test_a_link_renews_one_listing_once_for_a_guest(
    world: World, client: FlaskClient
) -> None:
    row = world.ends_in(-3)
    link = world.link()

    asked = client.get(link).text
    untouched = row.state
    done = client.post(link)
    again = client.post(link)

    assert 'method="post"' in asked
    assert untouched == "expired"
    assert (row.state, row.valid_until) == ("published", today() + YEAR)
    assert "仍然有效，有效期到" in done.text
    assert "仍然有效，有效期到" in again.text
    event = last_event(row, "renew")
    assert event is not None
    assert event.by_id == world.chief.id
    assert (
        db.session.query(type(event))
        .filter_by(kind="demand", thing_id=row.id, deed="renew")
        .count()
        == 1
    )


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("forged", 404),
        ("other site", 404),
        ("left", 403),
        ("inactive", 403),
        ("withdrawn", 409),
        ("incomplete", 422),
        ("late", 409),
    ],
)
def test_a_link_that_may_not_renews_nothing(
    case: str, status: int, world: World, client: FlaskClient
) -> None:
    row = world.ends_in(-100 if case == "late" else 5)
    link = world.link()
    if case == "forged":
        link = link[:-2] + ("aa" if not link.endswith("aa") else "bb")
    elif case == "other site":
        link = "/renew/W10.nothing"
    elif case == "left":
        world.chief.memberships.clear()
    elif case == "inactive":
        world.chief.active = False
    elif case == "withdrawn":
        deeds.withdraw(row, by=None, seen=row.revision)
    elif case == "incomplete":
        row.contact_name = ""
    db.session.commit()
    before = row.valid_until

    assert client.post(link).status_code == status
    assert row.valid_until == before


def test_the_reminder_carries_the_link(world: World, client: FlaskClient) -> None:
    world.ends_in(30)
    upkeep.announce_endings()
    query = db.select(Notice).where(Notice.person_id == world.chief.id)
    (notice,) = db.session.scalars(query)

    assert client.post(notice.link).status_code == 200
    assert world.row.valid_until == today() + YEAR


def test_several_are_renewed_at_once(world: World, sign_in: SignIn) -> None:
    near, far = world.ends_in(9), world.make.demand(owner=world.firm)
    far_end = far.valid_until
    values = [f"demand-{one.id}-{one.revision}" for one in (near, far)]
    data = {"deed": "renew", "row": values, "confirmed": "1"}

    text = sign_in(world.chief).post("/mine/several", data=data).text

    assert "1 条没有办成" in text
    assert (near.valid_until, far.valid_until) == (today() + YEAR, far_end)


# Outcome → whether it stays in the list of solved demands.
OUTCOMES = [("market", True), ("elsewhere", True), ("dropped", False)]


@pytest.mark.parametrize(("outcome", "solved"), OUTCOMES)
def test_a_demand_ends_with_a_reason(
    outcome: str, solved: bool, world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    row = world.row
    address = f"/mine/demand/{row.id}/close"
    browser = sign_in(world.chief)
    missing = browser.post(address, data={"seen": row.revision})

    done = browser.post(address, data={"seen": row.revision, "outcome": outcome})

    assert (missing.status_code, done.status_code) == (422, 303)
    assert queries.solved_count(by=Guest()) == solved
    assert (row.title in client.get("/demands/solved").text) == solved
    assert ("已解决" in client.get(f"/demands/{row.id}").text) == solved
    assert row.title not in client.get("/search?kind=demand").text
    assert not row.in_matching


def test_a_hidden_demand_is_in_no_list_of_solved_ones(
    make: Factory, client: FlaskClient
) -> None:
    hidden = make.demand("保密的难题", visibility="confidential")
    unnamed = make.demand("不具名的难题", anonymous=True)
    for row in (hidden, unnamed):
        deeds.close(row, by=None, seen=row.revision, outcome="market")

    text = client.get("/demands/solved").text

    assert hidden.title not in text
    assert unnamed.title in text
    assert unnamed.holder_name not in text


def test_it_is_reopened_through_review_and_in_time(world: World) -> None:
    row = world.row
    deeds.close(row, by=world.chief, seen=row.revision, outcome="market")
    row.closed_at = now() - timedelta(days=91)
    db.session.commit()
    with pytest.raises(NotNow):
        deeds.reopen(row, by=world.chief, seen=row.revision)
    row.closed_at = now() - timedelta(days=89)
    db.session.commit()

    deeds.reopen(row, by=world.chief, seen=row.revision)

    assert (row.state, row.outcome, row.closed_at) == ("draft", None, None)
    deeds.submit(row, by=world.chief, seen=row.revision)
    assert row.state == "submitted"


def test_a_title_that_lives_again_is_not_reopened(world: World) -> None:
    row = world.row
    deeds.close(row, by=world.chief, seen=row.revision, outcome="market")
    world.make.demand(row.title, owner=world.firm)
    with pytest.raises(Invalid):
        deeds.reopen(row, by=world.chief, seen=row.revision)
    assert row.state == "closed"


def test_two_who_renew_at_once_renew_once(tmp_path: Path, migrated: str) -> None:
    with committing_site(tmp_path, migrated) as site:
        world = World(Factory(db.session))
        row_id, token = world.ends_in(5).id, world.link().removeprefix("/renew/")
        db.session.remove()

        def press() -> Callable[[], object]:
            queries.get_visible("demand", row_id, by=None)
            return lambda: deeds.renew_by_link(token)

        racers: list[Racer] = [press, press]
        outcomes: list[Any] = at_once(site, *racers)

        row = db.session.get(Demand, row_id)
        assert row is not None
        assert row.valid_until == today() + YEAR
        assert "done" in outcomes
        assert all(one == "done" or isinstance(one, Stale) for one in outcomes)
