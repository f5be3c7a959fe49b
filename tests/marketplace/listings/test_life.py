"""The life table walked through the pages: kind × state × reader × deed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.lifecycle import history_of
from marketplace.listings import deeds
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
LIVES = [*((kind, state) for kind in KINDS for state in STATES), ("demand", "closed")]
OPEN = ("published", "expired", "closed")  # whose page a stranger may open
# deed → a state it is done in
DEEDS = {
    "submit": "draft",
    "recall": "submitted",
    "withdraw": "published",
    "renew": "expired",
    "close": "published",
    "archive": "expired",
}


def press(client: FlaskClient, row: Any, deed: str) -> int:
    answer = client.post(
        f"/mine/{row.kind}/{row.id}/{deed}",
        data={"seen": row.revision, "note": "按计划", "outcome": "market"},
    )
    if answer.status_code == 302:
        assert answer.location.startswith("/login?next=")
    return answer.status_code


@pytest.mark.long
@pytest.mark.parametrize(("kind", "state"), LIVES)
def test_every_deed_in_every_state_by_every_reader(
    kind: str,
    state: str,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    session: Any,
    subtests: pytest.Subtests,
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    outsiders = [
        client,
        sign_in(make.person("firm", make.organisation())),
        sign_in(make.person("broker")),
    ]
    insider = sign_in(make.person("firm", owner))
    stranger = 403 if state in OPEN else 404
    for deed in DEEDS:
        if deed not in row.life.deeds:
            continue
        if row.state != state:  # moved by the deed before: the next one needs its own
            row = getattr(make, kind)(state=state, owner=owner)
        with subtests.test(deed):
            before, written = row.revision, len(history_of(row))

            answers = [press(browser, row, deed) for browser in outsiders]

            session.expire_all()
            assert answers == [302, stranger, stranger]
            now = (row.state, row.revision, len(history_of(row)))
            assert now == (state, before, written)

            # What is published is renewed only near its end: `test_renewal.py`.
            far = (state, deed) == ("published", "renew")
            possible = row.life.can(state, deed) and not far
            after = row.life.moves.get((state, deed), state)

            answer = press(insider, row, deed)

            session.expire_all()
            assert answer == (303 if possible else 409)
            assert row.state == after
            assert len(history_of(row)) == written + possible


@pytest.mark.parametrize(
    ("kind", "deed"),
    [
        (kind, deed)
        for kind in KINDS
        for deed in DEEDS
        if deed in LISTINGS[kind].life.deeds
    ],
)
def test_a_deed_on_what_was_changed_meanwhile_is_stale(
    kind: str, deed: str, make: Factory, sign_in: SignIn
) -> None:
    state = DEEDS[deed]
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    browser = sign_in(make.person("firm", owner))

    answer = browser.post(
        f"/mine/{kind}/{row.id}/{deed}", data={"seen": row.revision - 1}
    )

    assert answer.status_code == 409
    assert row.state == state


@pytest.mark.long
@pytest.mark.parametrize(("kind", "state"), LIVES)
def test_who_may_open_the_edit_page(
    kind: str, state: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    address = f"/mine/{kind}/{row.id}/edit"
    stranger = sign_in(make.person("researcher", make.organisation()))
    own = 200 if row.life.can(state, "edit") else 409

    seen = {
        "guest": client.get(address).status_code,
        "stranger": stranger.get(address).status_code,
        "stranger writes": stranger.post(
            address, data={"deed": "save", "title": "抢来的"}
        ).status_code,
        "member": sign_in(make.person("firm", owner)).get(address).status_code,
        "operator": sign_in(make.person("operator")).get(address).status_code,
    }

    refused = 403 if state in OPEN else 404
    assert seen == {
        "guest": 302,
        "stranger": refused,
        "stranger writes": refused,
        "member": own,
        "operator": own,
    }


@pytest.mark.parametrize(
    "path",
    [
        "/mine/thing/new",
        "/mine/demand/999999/edit",
        "/mine/demand/x/edit",
        "/mine/demand/0",
        "/mine/achievement/1/close",
    ],
)
def test_what_is_not_there_is_not_found(
    path: str, make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    ("deed", "state", "told"),
    [
        ("withdraw", "draft", "不能再修改"),
        ("withdraw", "published", "不再公开"),
        ("close", "published", "不再出现在检索和匹配里"),
        ("close", "expired", "不再出现在检索和匹配里"),
        ("archive", "expired", "不能再续期"),
        ("archive", "withdrawn", "选状态「已归档」还能看到"),
    ],
)
def test_an_end_asks_first(
    deed: str, state: str, told: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = make.demand(state=state, owner=owner)
    browser = sign_in(make.person("firm", owner))
    address = f"/mine/demand/{row.id}/{deed}"
    question = browser.get(address)

    long_winded = browser.post(address, data={"seen": row.revision, "note": "长" * 501})

    assert told in question.text
    final = "不能恢复" in question.text
    assert final is (deed != "close")
    assert row.state == state
    assert long_winded.status_code == 422
    assert "长" * 501 in long_winded.text


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("draft", ["withdraw"]),
        ("submitted", []),
        ("returned", ["withdraw"]),
        ("published", ["close", "withdraw"]),
        ("suspended", ["withdraw"]),
        ("expired", ["close", "archive"]),
        ("withdrawn", ["archive"]),
        ("rejected", ["archive"]),
        ("closed", ["archive"]),
        ("archived", []),
    ],
)
def test_the_ends_of_a_demand_stand_in_the_list_and_on_its_page(
    state: str, buttons: list[str], make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = make.demand(state=state)
    browser = sign_in(make.person("firm", row.organisation))

    def offered(html: str) -> list[str]:
        return re.findall(
            rf'href="/mine/demand/{row.id}/(close|withdraw|archive)"', html
        )

    listed = offered(browser.get(f"/mine?state={state}").text)
    own_page = offered(browser.get(f"/demands/{row.id}").text)

    assert listed == buttons
    assert own_page == [deed for deed in buttons if deed != "withdraw"]
    assert offered(client.get(f"/demands/{row.id}").text) == []


def test_a_closed_demand_leaves_search_and_matches_with_the_next_request(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row, wanted = (
        make.demand("深沟球轴承异音攻关一"),
        make.achievement("深沟球轴承降噪"),
    )
    make.demand("深沟球轴承异音攻关二")
    browser = sign_in(make.person("firm", row.organisation))
    surfaces = (
        "/search?q=异音攻关",
        f"/achievements/{wanted.id}/matches",
        "/sitemap.xml",
        "/",
    )
    page = f"/demands/{row.id}"
    before = [
        f"{page}<" in text or f'{page}"' in text
        for text in (client.get(path).text for path in surfaces)
    ]

    said = browser.post(
        f"/mine/demand/{row.id}/close",
        data={"seen": row.revision, "note": "已与高校签约", "outcome": "market"},
        follow_redirects=True,
    )

    after = [page in client.get(path).text for path in surfaces]
    assert before == [True] * 4
    assert after == [False] * 4
    # The page stays for who could read it, and says that it is over; nobody is rung up about it.
    guest = client.get(page)
    assert guest.status_code == 200
    assert "需求已结束" in guest.text
    assert "不再显示联系方式" in guest.text
    assert "已与高校签约" not in guest.text
    assert "不再参与匹配" in client.get(f"{page}/matches").text
    assert "不再参与匹配" in browser.get(f"{page}/matches").text
    assert f"「{row.title}」已关闭" in said.text
    assert "已与高校签约" in browser.get(page).text


@pytest.mark.parametrize(
    ("values", "statuses"),
    [
        # guest, another firm, a broker it was not given to, its own people
        ({}, (200, 200, 200, 200)),
        ({"visibility": "partial"}, (200, 200, 200, 200)),
        ({"visibility": "confidential"}, (404, 404, 404, 200)),
    ],
)
def test_who_could_read_a_demand_can_read_it_when_it_is_closed(
    values: dict[str, str],
    statuses: tuple[int, ...],
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
) -> None:
    row = make.demand(state="closed", **values)
    readers = [
        client,
        sign_in(make.person("firm", make.organisation())),
        sign_in(make.person("broker")),
        sign_in(make.person("firm", row.organisation)),
    ]

    page = f"/demands/{row.id}"

    assert tuple(reader.get(page).status_code for reader in readers) == statuses
    for reader in readers:
        assert row.title not in reader.get("/search?q=异音").text
    deeds.archive(row, by=None, seen=row.revision)
    assert [reader.get(page).status_code for reader in readers[:3]] == [404] * 3


def test_what_is_archived_is_listed_by_its_state_only(
    make: Factory, sign_in: SignIn
) -> None:
    row = make.achievement("冲压凸模涂层", state="withdrawn")
    browser = sign_in(make.person("desk", row.organisation))
    kept = row.title in browser.get("/mine").text

    press(browser, row, "archive")
    browser.get("/mine")  # what was said of it is read

    assert kept
    assert row.title not in browser.get("/mine").text
    assert row.title in browser.get("/mine?state=archived").text


def test_a_renewed_listing_is_valid_for_a_year(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    row = make.achievement(state="expired", owner=owner)

    press(sign_in(make.person("desk", owner)), row, "renew")

    session.expire_all()
    assert (row.state, row.valid_until) == (
        "published",
        today() + timedelta(days=365),
    )
