"""A firm requests a broker: who may, what is disclosed, what each answer leaves, and that nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Assignment
from marketplace.mediation import deeds, queries
from marketplace.mediation.life import REQUEST_LIFE
from marketplace.mediation.models import BrokerRequest
from marketplace.notices.models import Notice
from marketplace.permissions import may
from marketplace.profiles import deeds as profile_deeds
from marketplace.profiles import queries as profile_queries
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


class World:
    """A firm with a confidential demand, somebody who handles it, and two listed brokers."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清保密轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.row = make.demand(
            "不公开的保持架难题", owner=self.firm, visibility="confidential"
        )
        self.broker = make.broker(make.organisation(kind="service_body"))
        self.other = make.broker(make.organisation(kind="service_body"))
        self.operator = make.person("operator")

    def ask(self, broker: Any = "first", note: str = "请先看看") -> BrokerRequest:
        chosen = self.broker if broker == "first" else broker
        number = chosen.id if chosen is not None else None
        return deeds.request_broker(self.row, number, note=note, by=self.chief)

    def end_certificate(self, person: Any, days: int = -1) -> None:
        profile = profile_queries.own_broker(person)
        assert profile is not None
        profile.valid_to = today() + timedelta(days=days)
        db.session.commit()


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def texts_to(person: Any, kind: str = "mediation.%") -> list[str]:
    query = db.select(Notice.subject, Notice.happened, Notice.to_do).where(
        Notice.person_id == person.id, Notice.kind.like(kind)
    )
    return ["\n".join(row) for row in db.session.execute(query.order_by(Notice.id))]


def open_assignments(row: Any) -> list[int]:
    query = db.select(Assignment.broker_id).where(*Assignment.of_row(row))
    return sorted(db.session.scalars(query))


# State → what each deed leads to; a deed that is not here is refused.
EXPECTED = {
    "requested": {
        "accept": "accepted",
        "decline": "declined",
        "withdraw": "withdrawn",
        "assign": "assigned",
        "refuse": "refused",
    },
    "open": {"withdraw": "withdrawn", "assign": "assigned", "refuse": "refused"},
}


@pytest.mark.parametrize("state", REQUEST_LIFE.states)
@pytest.mark.parametrize("deed", ["accept", "decline", "withdraw", "assign", "refuse"])
def test_every_deed_in_every_state(state: str, deed: str, world: World) -> None:
    request = world.ask(None if state == "open" else "first")

    def press(name: str, whom: Any) -> None:
        if name == "accept":
            deeds.accept_request(request, by=world.broker)
        elif name == "decline":
            deeds.decline_request(request, reason="手上已满", by=world.broker)
        elif name == "withdraw":
            deeds.withdraw_request(request, by=world.chief)
        elif name == "assign":
            deeds.assign_request(request, whom, by=world.operator)
        else:
            deeds.refuse_request(request, reason="没有合适的", by=world.operator)

    for name, reached in EXPECTED["requested"].items():
        if reached == state:
            press(name, world.broker)
    assert request.state == state
    before = open_assignments(world.row)
    expected = EXPECTED.get(state, {}).get(deed)

    if expected is None:
        # What waits for nobody by name is nobody's to answer.
        with pytest.raises((NotNow, NotAllowed)):
            press(deed, world.other)
        db.session.rollback()
        assert request.state == state
        assert open_assignments(world.row) == before
        return
    press(deed, world.other)
    given = {"accept": [world.broker.id], "assign": [world.other.id]}
    assert request.state == expected
    assert request.decided_at is not None
    assert open_assignments(world.row) == given.get(deed, [])
    assert [one.deed for one in history_of(request)] == ["create", deed]


def test_the_life_table_has_no_other_move() -> None:
    moves = {(state, deed) for state, to in EXPECTED.items() for deed in to}
    assert REQUEST_LIFE.moves.keys() - moves == {("requested", "release")}


def test_nothing_confidential_is_disclosed_before_acceptance(
    world: World, sign_in: SignIn
) -> None:
    request = world.ask(note="想请您看看工艺")
    browser = sign_in(world.broker)
    address = f"/mine/broker-requests/{request.id}"
    secrets = ("保持架难题", "临清保密轴承厂")

    desk, page = browser.get("/mine").text, browser.get(address).text
    listing = browser.get(f"/demands/{world.row.id}")
    stranger = sign_in(world.other).get(address)

    (notice,) = texts_to(world.broker)
    for text in (desk, page, notice):
        assert "一条不公开的" in text
        assert "想请您看看工艺" in text
        assert not any(word in text for word in secrets)
    assert (listing.status_code, stranger.status_code) == (404, 404)

    accepted = browser.post(f"{address}/accept")

    assert accepted.status_code == 303
    assert "保持架难题" in browser.get(accepted.location).text
    assert "保持架难题" in browser.get("/mine").text  # 我接手的
    assert may(world.broker, "demand.read_firm", world.row)
    (answer,) = texts_to(world.chief, "mediation.answered")
    assert f"{world.broker.name} 接手了" in answer


@pytest.mark.parametrize("anonymous", [True, False])
def test_a_public_one_is_named_as_far_as_everybody_knows(
    anonymous: bool, world: World, make: Factory
) -> None:
    world.row = make.demand(
        "公开的磨削难题", owner=world.firm, anonymous=anonymous, chain_code="bearing"
    )
    world.ask()

    (notice,) = texts_to(world.broker)
    assert "公开的磨削难题" in notice
    assert ("临清保密轴承厂" in notice) is not anonymous


def test_two_presses_are_one_request(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.chief)
    address = f"/mine/demand/{world.row.id}/broker"
    form = {"broker": str(world.broker.id), "note": ""}

    answers = [browser.post(address, data=form).status_code for _ in range(3)]
    left = browser.post(address, data={**form, "broker": "any"}).status_code

    assert (answers, left) == ([303, 409, 409], 409)
    assert db.session.query(BrokerRequest).count() == 1
    assert len(texts_to(world.broker)) == 1
    page = browser.get(address).text
    assert "等技术经理人答复" in page
    request = queries.undecided_request(world.row)
    assert request is not None
    accept = f"/mine/broker-requests/{request.id}/accept"
    other = sign_in(world.broker)
    assert [other.post(accept).status_code for _ in range(2)] == [303, 409]
    assert open_assignments(world.row) == [world.broker.id]


def test_the_database_refuses_a_second_one(world: World) -> None:
    """As two people of one firm at the same moment: neither sees the other's before both have pressed."""
    first = world.ask()
    twin = BrokerRequest(
        listing_kind="demand", listing_id=world.row.id, state="open", note=""
    )
    db.session.add(twin)
    with (
        pytest.raises(NotNow),
        deeds.persistence.refusals(duplicates=deeds._duplicates()),
    ):
        db.session.flush()
    db.session.rollback()
    assert queries.undecided_request(world.row) == first


def test_an_answer_while_an_operator_assigns_is_told(world: World) -> None:
    request = world.ask()
    changed = db.update(BrokerRequest).where(BrokerRequest.id == request.id)
    assert request.state == "requested"  # loaded, as a page had it
    db.session.execute(
        changed.values(revision=request.revision + 1),
        execution_options={"synchronize_session": False},
    )

    with pytest.raises(Stale):
        deeds.decline_request(request, reason="手上已满", by=world.broker)


@pytest.mark.parametrize(
    ("note", "broker", "field"),
    [
        ("字" * 501, "first", "note"),
        ("本项目涉密，机密★10年", "first", "note"),
        ("", 999_999, "broker"),
        ("", "chief", "broker"),
        ("", "unlisted", "broker"),
        ("", "lapsed", "broker"),
        ("", "closed", "broker"),
    ],
)
def test_what_is_refused_stores_nothing(
    note: str, broker: Any, field: str, world: World
) -> None:
    number = world.broker.id
    if isinstance(broker, int):
        number = broker
    elif broker == "chief":
        number = world.chief.id
    elif broker == "unlisted":
        profile_deeds.hide_broker(by=world.broker)
    elif broker == "lapsed":
        world.end_certificate(world.broker)
    elif broker == "closed":
        world.broker.active = False
        db.session.commit()

    with pytest.raises(Invalid) as refused:
        deeds.request_broker(world.row, number, note=note, by=world.chief)

    assert field in refused.value.problems
    db.session.rollback()
    assert db.session.query(BrokerRequest).count() == 0


@pytest.mark.parametrize("state", ["draft", "submitted", "suspended", "withdrawn"])
def test_only_what_is_public_gets_a_broker(
    state: str, world: World, make: Factory
) -> None:
    world.row = make.demand("还没有公开的难题", owner=world.firm, state=state)
    with pytest.raises(NotNow):
        world.ask()


@pytest.mark.parametrize("who", ["guest", "stranger", "broker", "auditor", "colleague"])
def test_who_may_not_ask(
    who: str, world: World, make: Factory, client: FlaskClient, sign_in: SignIn
) -> None:
    world.row = make.demand("人人可见的难题", owner=world.firm)
    people = {
        "stranger": lambda: make.person("firm", make.organisation()),
        "broker": lambda: world.broker,
        "auditor": lambda: make.person("auditor"),
        # Of a university, whose researchers write their own only.
        "colleague": lambda: make.person(
            "researcher", make.organisation(kind="university")
        ),
    }
    browser = client if who == "guest" else sign_in(people[who]())
    address = f"/mine/demand/{world.row.id}/broker"

    answers = {browser.get(address).status_code}
    answers.add(browser.post(address, data={"broker": "any"}).status_code)

    assert answers <= {302, 403, 404}
    assert db.session.query(BrokerRequest).count() == 0


def test_declined_with_a_reason_and_another_is_asked(
    world: World, sign_in: SignIn
) -> None:
    request = world.ask()
    browser = sign_in(world.broker)
    address = f"/mine/broker-requests/{request.id}/decline"

    empty = browser.post(address, data={"reason": " "})
    assert (empty.status_code, "写明原因" in empty.text) == (422, True)
    browser.post(address, data={"reason": "手上已满"})

    db.session.refresh(request)
    assert (request.state, request.reason) == ("declined", "手上已满")
    (answer,) = texts_to(world.chief)
    assert "谢绝了" in answer
    assert "手上已满" in answer
    page = sign_in(world.chief).get(f"/mine/demand/{world.row.id}/broker").text
    assert "手上已满" in page
    again = world.ask(world.other)
    assert again.state == "requested"


def test_the_operators_see_and_assign(world: World, sign_in: SignIn) -> None:
    request = world.ask(None)
    browser = sign_in(world.operator)
    tray = browser.get("/office/review?tray=mediation").text
    assert "不公开的保持架难题" in tray
    assert int(queries.open_count()) == 1
    name = f"b{request.id}-broker"
    address = f"/office/broker-requests/{request.id}/assign"

    nobody = browser.post(address, data={name: "999999"})
    browser.post(address, data={name: str(world.other.id)})
    again = browser.post(address, data={name: str(world.broker.id)})

    db.session.refresh(request)
    assert (nobody.status_code, again.status_code) == (404, 409)
    assert (request.state, request.broker_id) == ("assigned", world.other.id)
    assert open_assignments(world.row) == [world.other.id]
    assert "平台把" in texts_to(world.other)[0]
    assert f"平台安排了 {world.other.name}" in texts_to(world.chief)[0]
    assert int(queries.open_count()) == 0


def test_a_queue_is_loaded_at_once(world: World) -> None:
    for number in range(3):
        row = world.make.demand(f"排队的第 {number} 个难题", owner=world.firm)
        deeds.request_broker(row, None, note="", by=world.chief)
    db.session.expunge_all()
    statements: list[str] = []

    def note_statement(*given: Any) -> None:
        statements.append(given[2])

    sa.event.listen(db.engine, "before_cursor_execute", note_statement)
    try:
        waiting = queries.waiting_requests("open")
        titles = [one.listing.title for one in waiting]
        people = {one.asked_by.name for one in waiting if one.asked_by}
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note_statement)
    assert titles == [f"排队的第 {number} 个难题" for number in range(3)]
    assert len(people) == 1
    of_listings = [one for one in statements if one.startswith("SELECT demand.")]
    assert len(of_listings) == 1
    of_people = [one for one in statements if one.startswith("SELECT person.")]
    assert of_people == []


def test_the_button_of_the_review_page_settles_the_request(world: World) -> None:
    request = world.ask()

    listing_deeds.assign_broker(world.row, world.other, by=world.operator)

    assert (request.state, request.broker_id) == ("assigned", world.other.id)
    assert queries.requests_to(world.broker) == []
    with pytest.raises(NotAllowed):
        deeds.accept_request(request, by=world.broker)


def test_an_unverified_reason_reaches_the_firm(world: World, sign_in: SignIn) -> None:
    request = world.ask(None)
    browser = sign_in(world.operator)
    address = f"/office/broker-requests/{request.id}/refuse"
    name = f"b{request.id}-reason"

    assert browser.post(address, data={name: ""}).status_code == 422
    # What was typed is not lost with what is wrong.
    short = browser.post(address, data={name: "短"})
    assert (short.status_code, 'value="短"' in short.text) == (422, True)
    browser.post(address, data={name: "请先补充预算"})

    assert "请先补充预算" in texts_to(world.chief)[0]
    db.session.refresh(request)
    assert request.state == "refused"


# -- a broker is gone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["lapsed", "role", "closed", "deed"])
def test_what_a_broker_had_lies_with_the_operators(
    way: str, world: World, sign_in: SignIn
) -> None:
    listing_deeds.assign_broker(world.row, world.broker, by=world.operator)
    waiting = world.make.demand("等他答复的难题", owner=world.firm)
    asked = deeds.request_broker(waiting, world.broker.id, note="", by=world.chief)
    over = world.make.demand("已经撤回的难题", owner=world.firm, state="withdrawn")
    listing_deeds.assign_broker(over, world.broker, by=world.operator)
    if way == "lapsed":
        world.end_certificate(world.broker)
    elif way == "role":
        world.broker.roles = []
    elif way == "closed":
        world.broker.active = False
    if way == "deed":
        profile_deeds.end_broker(world.broker, note="冒用证书", by=world.operator)
    else:
        db.session.commit()
        # Nothing is read any more, although no job has run.
        if way != "closed":  # who cannot sign in
            assert not may(world.broker, "listing.read_full", world.row)
        assert open_assignments(world.row) == [world.broker.id]

    counts = [deeds.end_lapsed() for _ in range(3)]

    ended = 0 if way == "deed" else 2  # the deed ends them itself
    assert counts == [ended, 0, 0]
    assert open_assignments(world.row) == []
    assert open_assignments(over) == []
    assert asked.state == "open"
    vacancy = queries.undecided_request(world.row)
    assert vacancy is not None
    assert (vacancy.state, vacancy.asked_by_id) == ("open", None)
    assert queries.undecided_request(over) is None
    assert int(queries.open_count()) == 2
    tray = sign_in(world.operator).get("/office/review?tray=mediation").text
    assert "不公开的保持架难题" in tray
    assert f"原来是 {world.broker.name}" in tray
    assert "等他答复的难题" in tray
    last = history_of(world.row)[-1]
    assert (last.deed, world.broker.name in last.note) == ("unassign", True)
    assert len(texts_to(world.chief)) == 2


def test_a_new_certificate_does_not_bring_back_what_went(world: World) -> None:
    listing_deeds.assign_broker(world.row, world.broker, by=world.operator)
    world.end_certificate(world.broker)
    profile = profile_queries.own_broker(world.broker)
    assert profile is not None

    # Before the job ran: a certificate that only waits must not open what the old one closed.
    values = world.make.broker_values(profile, valid_to=today() + timedelta(days=300))
    profile_deeds.save_broker(values, seen=profile.revision, by=world.broker)

    assert open_assignments(world.row) == []
    assert not may(world.broker, "listing.read_full", world.row)
    assert int(queries.open_count()) == 1


def test_who_is_lapsed_is_given_nothing(world: World) -> None:
    world.end_certificate(world.other)

    with pytest.raises(Invalid, match="证书已到期"):
        listing_deeds.assign_broker(world.row, world.other, by=world.operator)
    db.session.rollback()
    assert open_assignments(world.row) == []


def test_a_broker_without_any_certificate_goes_on(world: World) -> None:
    plain = world.make.person("broker")
    listing_deeds.assign_broker(world.row, plain, by=world.operator)

    assert deeds.end_lapsed() == 0
    assert may(plain, "listing.read_full", world.row)
