"""The life table walked through the pages: kind × state × reader × deed, and the lists of 我的."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.desk import rules as desk
from marketplace.lifecycle import history_of, now
from marketplace.listings.models import LISTINGS
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
KINDS = ("achievement", "demand")
STATES = ("draft", "submitted", "returned", "rejected", "published", "suspended", "withdrawn", "expired")
OPEN = ("published", "expired")  # whose page a stranger may open
DEEDS = {"submit": "submit", "recall": "recall", "withdraw": "withdraw", "renew": "renew"}


def press(client: FlaskClient, row: Any, deed: str) -> int:
    answer = client.post(f"/mine/{row.kind}/{row.id}/{deed}", data={"seen": row.revision, "note": "按计划"})
    if answer.status_code == 302:
        assert answer.location.startswith("/login?next=")
    return answer.status_code


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_deed_in_every_state_by_every_reader(
    kind: str, state: str, deed: str, make: Factory, sign_in: SignIn, client: FlaskClient, session: Any
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    before, written = row.revision, len(history_of(row))
    stranger = 403 if state in OPEN else 404

    outsiders = [
        press(client, row, deed),
        press(sign_in(make.person("firm", make.organisation())), row, deed),
        press(sign_in(make.person("broker")), row, deed),
    ]

    session.expire_all()
    assert outsiders == [302, stranger, stranger]
    assert (row.state, row.revision, len(history_of(row))) == (state, before, written)

    possible = row.life.can(state, deed)
    after = row.life.moves.get((state, deed), state)

    insider = press(sign_in(make.person("firm", owner)), row, deed)

    session.expire_all()
    assert insider == (303 if possible else 409)
    assert row.state == after
    assert len(history_of(row)) == written + possible


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_deed_on_what_was_changed_meanwhile_is_stale(kind: str, deed: str, make: Factory, sign_in: SignIn) -> None:
    state = {"submit": "draft", "recall": "submitted", "withdraw": "published", "renew": "expired"}[deed]
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    browser = sign_in(make.person("firm", owner))

    answer = browser.post(f"/mine/{kind}/{row.id}/{deed}", data={"seen": row.revision - 1})

    assert answer.status_code == 409
    assert row.state == state


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_open_the_edit_page(kind: str, state: str, make: Factory, sign_in: SignIn, client: FlaskClient) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    address = f"/mine/{kind}/{row.id}/edit"
    stranger = sign_in(make.person("researcher", make.organisation()))
    own = 200 if row.life.can(state, "edit") else 409

    seen = {
        "guest": client.get(address).status_code,
        "stranger": stranger.get(address).status_code,
        "stranger writes": stranger.post(address, data={"deed": "save", "title": "抢来的"}).status_code,
        "member": sign_in(make.person("firm", owner)).get(address).status_code,
        "operator": sign_in(make.person("operator")).get(address).status_code,
    }

    refused = 403 if state in OPEN else 404
    assert seen == {"guest": 302, "stranger": refused, "stranger writes": refused, "member": own, "operator": own}


@pytest.mark.parametrize(
    "path", ["/mine/thing/new", "/mine/demand/999999/edit", "/mine/demand/x/edit", "/mine/demand/0"]
)
def test_what_is_not_there_is_not_found(path: str, make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    assert browser.get(path).status_code == 404


def test_withdrawing_asks_first(make: Factory, sign_in: SignIn, session: Any) -> None:
    owner = make.organisation()
    row = make.demand(owner=owner)
    browser = sign_in(make.person("firm", owner))
    question = browser.get(f"/mine/demand/{row.id}/withdraw")

    long_winded = browser.post(f"/mine/demand/{row.id}/withdraw", data={"seen": row.revision, "note": "长" * 501})

    assert "不能恢复" in question.text
    assert row.state == "published"
    assert long_winded.status_code == 422
    assert "长" * 501 in long_winded.text


def test_a_renewed_listing_is_valid_for_a_year(make: Factory, sign_in: SignIn, session: Any) -> None:
    owner = make.organisation()
    row = make.achievement(state="expired", owner=owner)

    press(sign_in(make.person("desk", owner)), row, "renew")

    session.expire_all()
    assert (row.state, row.valid_until) == ("published", now().date() + timedelta(days=365))


def test_the_desk_lists_own_things_only_by_state_and_kind(make: Factory, sign_in: SignIn) -> None:
    owner, other = make.organisation(), make.organisation()
    mine = {(kind, state): getattr(make, kind)(state=state, owner=owner) for kind in KINDS for state in STATES}
    foreign = make.demand("别家的需求", owner=other)
    person = make.person("firm", owner)

    everything = desk.sheet(person)
    drafts = desk.sheet(person, state="draft")
    expired = desk.sheet(person, kind="demand", state="expired")
    html = sign_in(person).get("/mine").text

    assert everything.total == 2 * (len(STATES) - 1)
    assert {(row.kind, row.state) for row in drafts.rows} == {("achievement", "draft"), ("demand", "draft")}
    assert expired.rows == [mine["demand", "expired"]]
    assert foreign.title not in html
    assert all(row.title in html for row in mine.values())
    assert sign_in(make.person("operator")).get("/mine").status_code == 200


def test_what_waits_for_whom(make: Factory) -> None:
    owner = make.organisation()
    returned = make.demand(state="returned", owner=owner)
    handed_in = make.achievement(state="submitted", owner=owner)
    ending = make.demand(owner=owner, valid_until=now().date() + timedelta(days=29))
    make.demand(owner=owner, valid_until=now().date() + timedelta(days=90))
    make.demand(state="submitted")

    member, operator = make.person("firm", owner), make.person("operator")
    waiting = desk.waiting_for(member)

    assert [(one.row, one.note) for one in waiting.returned] == [(returned, "请补充指标")]
    assert [one.row for one in waiting.due] == [ending]
    assert [(one.row, one.at) for one in waiting.handed_in] == [(handed_in, handed_in.submitted_at)]
    assert (waiting.queue, desk.waiting_for(operator).queue) == (None, 2)
    assert (desk.waiting_count(member), desk.waiting_count(operator)) == (2, 2)
    assert desk.waiting_count(make.person("firm", make.organisation())) == 0


def test_pages_of_fifty(make: Factory, sign_in: SignIn, session: Any) -> None:
    owner = make.organisation()
    for number in range(desk.PAGE + 2):
        session.add(
            LISTINGS["demand"](
                title=f"需求{number}", title_key=f"需求{number}", organisation_id=owner.id, state="withdrawn"
            )
        )
    session.commit()
    person = make.person("firm", owner)

    first, second, beyond = (desk.sheet(person, page=number) for number in (1, 2, 99))
    html = sign_in(person).get("/mine?page=2").text

    assert (len(first.rows), len(second.rows), first.pages) == (desk.PAGE, 2, 2)
    assert beyond.page == 2
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}
    assert "第 2 页" in html


@pytest.mark.parametrize(
    "query", ["page=0", "page=-3", "page=x", "page=1e9", "kind=thing", "state=gone", "page=99999999999999999999"]
)
def test_odd_addresses_of_the_desk(query: str, make: Factory, sign_in: SignIn) -> None:
    assert sign_in(make.person("firm", make.organisation())).get(f"/mine?{query}").status_code == 200
