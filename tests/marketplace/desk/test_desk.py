"""The desk: what 我的 lists, what waits for whom, and addresses typed by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import contributions
from marketplace.clock import today
from marketplace.listings import worklists
from marketplace.listings.models import LISTINGS
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
KINDS = ("achievement", "demand")
STATES = (
    "draft",
    "submitted",
    "returned",
    "rejected",
    "published",
    "suspended",
    "withdrawn",
    "expired",
    "archived",
)
# A demand alone is closed.
LIVES = [*((kind, state) for kind in KINDS for state in STATES), ("demand", "closed")]


def test_the_desk_lists_own_things_only_by_state_and_kind(
    make: Factory, sign_in: SignIn
) -> None:
    owner, other = make.organisation(), make.organisation()
    mine = {
        (kind, state): getattr(make, kind)(state=state, owner=owner)
        for kind, state in LIVES
    }
    foreign = make.demand("别家的需求", owner=other)
    person = make.person("firm", owner)

    everything = worklists.own_listings(person)
    drafts = worklists.own_listings(person, state="draft")
    expired = worklists.own_listings(person, kind="demand", state="expired")
    html = sign_in(person).get("/mine").text

    assert everything.total == len(
        [state for _, state in LIVES if state not in ("draft", "archived")]
    )
    assert {(row.kind, row.state) for row in drafts.rows} == {
        ("achievement", "draft"),
        ("demand", "draft"),
    }
    assert expired.rows == [mine["demand", "expired"]]
    assert foreign.title not in html
    assert {key for key, row in mine.items() if row.title not in html} == {
        (kind, "archived") for kind in KINDS
    }
    assert sign_in(make.person("operator")).get("/mine").status_code == 200


def test_what_waits_for_whom(app: Flask, make: Factory) -> None:
    owner = make.organisation()
    returned = make.demand(state="returned", owner=owner)
    handed_in = make.achievement(state="submitted", owner=owner)
    ending = make.demand(owner=owner, valid_until=today() + timedelta(days=29))
    make.demand(owner=owner, valid_until=today() + timedelta(days=90))
    make.demand(state="submitted")

    member, operator = make.person("firm", owner), make.person("operator")
    to_mend = worklists.stopped_listings(member)
    nobody = make.person("firm", make.organisation())
    people = (member, operator, nobody)
    with app.test_request_context():
        counts = [contributions.waiting_count(person) for person in people]
        trays = [tray.code for tray in contributions.trays(operator, {})]
        tasks = [task.title for task in contributions.tasks(member)]

    assert [(one.row, one.reason) for one in to_mend] == [(returned, "请补充指标")]
    assert worklists.ending_listings(member) == [ending]
    assert worklists.waiting_listings(member) == [handed_in]
    assert counts == [2, 2, 0]
    assert int(worklists.to_do_count(member)) == 2
    # Those of listings come first; other rooms add their own.
    assert trays[:4] == ["waiting", "at_desk", "published", "suspended"]
    assert tasks == [returned.title, ending.title]


def test_pages_of_fifty(make: Factory, sign_in: SignIn, session: Any) -> None:
    owner = make.organisation()
    for number in range(worklists.PAGE + 2):
        session.add(
            LISTINGS["demand"](
                title=f"需求{number}",
                title_key=f"需求{number}",
                organisation_id=owner.id,
                state="withdrawn",
            )
        )
    session.commit()
    person = make.person("firm", owner)

    first, second, beyond = (
        worklists.own_listings(person, page=number) for number in (1, 2, 99)
    )
    html = sign_in(person).get("/mine?page=2").text

    assert (len(first.rows), len(second.rows), first.pages) == (worklists.PAGE, 2, 2)
    assert beyond.page == 2
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}
    assert "第 2 页" in html


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-3",
        "page=x",
        "page=1e9",
        "kind=thing",
        "state=gone",
        "page=99999999999999999999",
    ],
)
def test_odd_addresses_of_the_desk(query: str, make: Factory, sign_in: SignIn) -> None:
    assert (
        sign_in(make.person("firm", make.organisation()))
        .get(f"/mine?{query}")
        .status_code
        == 200
    )
