"""The pages of brokers in a browser: where a pair begins, what is offered when, who stands in for somebody."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.brokerage import agreement_deeds, deeds, ledger, queries
from marketplace.brokerage.forms import later_deeds
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.errors import NotAllowed
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.substitutes.deeds import end_substitution, name_substitute
from marketplace.substitutes.queries import seats_of
from tests.factories import Factory
from tests.marketplace.brokerage.world import CLEAR, TALKS, World

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def test_what_comes_later_is_not_what_can_be_done_now(
    world: World, sign_in: SignIn
) -> None:
    case = world.bring_to("accept")
    expected = {
        "introduce": ["首次联系", "合作意向"],
        "yes_holder": ["首次联系", "合作意向"],
        "yes_receiver": [],
    }
    for deed, names in expected.items():
        world.press(case, deed)
        assert [name for name, _ in later_deeds(case, world.broker)] == names
    page = sign_in(world.broker).get(f"/mine/brokerage/{case.id}").text
    assert "双方有意向" in page
    assert "以后才能记意向" not in page


def test_nobody_is_offered_a_dispute_that_would_be_refused(
    world: World, sign_in: SignIn
) -> None:
    case = world.bring_to(*TALKS)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    address = f"/brokerage/ledger/{row.id}"
    world.press(case, "reclaim")
    world.press(case, "dispatch")
    offered = 'id="dispute"'
    assert offered not in sign_in(world.broker).get(address).text
    other = sign_in(world.other_broker)
    assert offered in other.get(address).text
    sent = {"text": "去年就介绍过双方，有会议纪要。"}
    assert other.post(f"{address}/dispute", data=sent).status_code == 303
    assert offered not in other.get(address).text


def test_both_sides_read_a_dispute_about_their_pair(
    world: World, make: Factory, sign_in: SignIn
) -> None:
    """They may not dispute or rule, and do not see the ledger."""
    case = world.bring_to(*TALKS)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    address = f"/brokerage/ledger/{row.id}"
    sent = {"text": "去年就介绍过双方，有会议纪要。"}
    agreement_deeds.dispute_attribution(row, sent["text"], by=world.other_broker)
    for person in (world.chief, world.desk):
        browser = sign_in(person)
        assert address in browser.get(f"/mine/brokerage/{case.id}").text
        page = browser.get(address)
        assert page.status_code == 200
        assert sent["text"] in page.text
        assert "<textarea" not in page.text
        assert 'href="/brokerage/ledger"' not in page.text
        assert browser.get("/brokerage/ledger").status_code == 403
        assert browser.post(f"{address}/dispute", data=sent).status_code == 403
    stranger = make.person("firm", make.organisation(), administers=True)
    assert sign_in(stranger).get(address).status_code == 404


@pytest.mark.parametrize("opens", [False, True])
def test_the_ledger_opens_no_name_that_its_side_did_not_open(
    opens: bool, make: Factory, sign_in: SignIn
) -> None:
    world = World(make, anonymous=True)
    case = world.bring_to("accept", "introduce", "yes_holder")
    deeds.answer_yes(
        case, agrees=True, opens_firm=opens, by=world.chief, seen=case.revision
    )
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    agreement_deeds.dispute_attribution(row, "去年就介绍过。", by=world.other_broker)
    address = f"/brokerage/ledger/{row.id}"
    for person, knows in (
        (world.desk, opens),
        (world.other_broker, opens),
        (world.chief, True),
        (world.broker, True),
        (world.operator, True),
    ):
        page = sign_in(person).get(address).text
        assert (world.firm.name in page) == knows
        assert world.lab.name in page
    listed = sign_in(world.other_broker).get("/brokerage/ledger").text
    assert address in listed
    assert (world.firm.name in listed) == opens


def test_what_was_not_chosen_is_not_decided(world: World, sign_in: SignIn) -> None:
    case = world.bring_to("accept_dual")
    sent = {
        "consent-seen": str(case.revision),
        "consent-reason": "要独立的",
    }
    address = f"/mine/brokerage/{case.id}"
    answer = sign_in(world.chief).post(f"{address}/consent", data=sent)
    assert answer.status_code == 422
    assert "选「同意」或「不同意」" in answer.text
    db.session.expire_all()
    assert case.state == "dispatched"

    for deed in ("consent_holder", "consent_receiver", "introduce", *TALKS[2:]):
        world.press(case, deed)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    dispute = agreement_deeds.dispute_attribution(
        row, "去年就介绍过双方，有会议纪要。", by=world.other_broker
    )
    scout = world.make.broker()
    other = agreement_deeds.dispute_attribution(row, "是我最先打的电话。", by=scout)
    sent = {
        f"d{dispute.id}-seen": str(dispute.revision),
        f"d{dispute.id}-ruling": "有纪要",
    }
    operator = sign_in(world.operator)
    answer = operator.post(f"/brokerage/disputes/{dispute.id}/rule", data=sent)
    assert answer.status_code == 422
    db.session.expire_all()
    assert dispute.state == "open"
    # What was typed for one of two disputes stands in its own form.
    page = operator.get(f"/brokerage/ledger/{row.id}").get_data(as_text=True)
    for one in (dispute, other):
        assert page.count(f'name="d{one.id}-ruling"') == 1
    assert answer.text.count("有纪要</textarea>") == 1
    # Both who dispute it see it, and who is credited; a broker who has nothing to do with it does not.
    for person, status in (
        (world.other_broker, 200),
        (scout, 200),
        (world.make.broker(), 404),
    ):
        answer = sign_in(person).get(f"/brokerage/ledger/{row.id}")
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("box", "typed"),
    [
        ("amount", "5,5"),
        ("amount", "50%"),
        ("amount", "约5000"),
        ("cap", "1e5"),
        ("rate", "5,5"),
        ("rate", "1_0"),
    ],
)
def test_a_doubtful_commission_is_refused_and_stays_typed(
    box: str, typed: str, world: World, sign_in: SignIn
) -> None:
    case = world.bring_to("accept")
    sent = {
        "seen": str(case.revision), "payer": "receiver", "mode": "success", "base": "contract",
        "trigger": "signed", "amount": "2万", "rate": "3", box: typed,
    }  # fmt: skip
    data = {f"commission-{name}": value for name, value in sent.items()}
    address = f"/mine/brokerage/{case.id}/commission"

    answer = sign_in(world.broker).post(address, data=data)

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    assert f"「{typed}」" in answer.text or "确定的数" in answer.text


def test_who_acts_for_both_sides_consents_for_one_after_the_other(
    make: Factory, world: World
) -> None:
    both = make.person("desk", world.lab, world.firm)
    case = world.bring_to("accept_dual")
    for _ in range(2):
        deeds.consent_to_dual(case, agrees=True, reason="", by=both, seen=case.revision)
    assert case.state == "matching"


def test_who_refers_a_pair_learns_of_no_account(world: World, sign_in: SignIn) -> None:
    data = {
        "achievement": world.achievement.id,
        "demand": world.demand.id,
        "message": "工艺正好对上。",
    }
    pages = set()
    for address in ("nobody@example.org", world.scout.email, world.operator.email):
        typed = {"referrer": address}
        refused = sign_in(world.broker).post("/brokerage/propose", data=data | typed)
        assert refused.status_code == 422
        pages.add(refused.text.replace(address, ""))
    # The same words whether the address is that of an account or not.
    assert len({re.sub(r'value="[^"]*"', "", page) for page in pages}) == 1
    scout = sign_in(world.scout)
    assert "您记为推荐人" in scout.get(f"/demands/{world.demand.id}").text
    answer = scout.post("/brokerage/propose", data=data | typed)
    assert answer.status_code == 303
    case = db.session.scalars(sa.select(BrokerageCase)).one()
    assert case.referrer == world.scout


@pytest.mark.parametrize("who", ["broker", "operator"])
def test_a_broker_names_a_colleague_and_an_operator_anybody(
    world: World, sign_in: SignIn, who: str
) -> None:
    referrer = {"broker": world.other_broker, "operator": world.scout}[who]
    data = {
        "achievement": world.achievement.id,
        "demand": world.demand.id,
        "message": "工艺正好对上。",
        "referrer": f" {referrer.email.upper()} ",
    }

    browser = sign_in(getattr(world, who))
    listing = browser.get(f"/demands/{world.demand.id}").text

    answer = browser.post("/brokerage/propose", data=data)

    assert answer.status_code == 303
    assert "提出这一对" in listing
    case = db.session.scalars(sa.select(BrokerageCase)).one()
    assert case.referrer == referrer


def test_the_pages_of_a_broker(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.broker)
    pair = f"achievement={world.achievement.id}&demand={world.demand.id}"
    assert "提出这一对" in browser.get(f"/brokerage/propose?{pair}").text
    data = {
        "achievement": world.achievement.id,
        "demand": world.demand.id,
        "message": "工艺正好对上。",
    }
    assert (
        browser.post("/brokerage/propose", data=data | {"message": ""}).status_code
        == 422
    )
    answer = browser.post("/brokerage/propose", data=data)
    assert answer.status_code == 303
    case = db.session.scalars(sa.select(BrokerageCase)).one()
    address = f"/mine/brokerage/{case.id}"
    assert answer.headers["Location"] == address
    again = browser.get(f"/brokerage/propose?{pair}")
    assert (again.status_code, again.headers["Location"]) == (303, address)
    assert "申报利益关系" in browser.get(address).text
    assert "24:00（北京时间）" in browser.get("/brokerage").text
    assert "等派单" not in browser.get("/brokerage/table?column=waiting").text
    assert browser.get("/brokerage/ledger").status_code == 200
    assert browser.post("/brokerage/propose", data=data).status_code == 409
    sent = {f"accept-{name}": "no" for name in CLEAR}
    refused = browser.post(f"{address}/accept", data=sent)
    assert refused.status_code == 409
    sent["accept-seen"] = str(case.revision)
    assert browser.post(f"{address}/accept", data=sent).status_code == 303
    db.session.expire_all()
    assert "0635-8239001" in browser.get(address).text
    assert "BEGIN:VEVENT" in browser.get("/mine/brokerage.ics").text
    assert "撮合" in browser.get("/mine").text


def test_a_broker_begins_from_the_page_of_matches(
    world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    offer, need = world.achievement, world.demand
    pages = {
        f"/demands/{need.id}/matches": f"demand={need.id}&amp;achievement={offer.id}",
        f"/demands/{need.id}/matches?order=date": f"demand={need.id}&amp;achievement={offer.id}",
        f"/demands/{need.id}/matches/{offer.id}": f"demand={need.id}&amp;achievement={offer.id}",
        f"/achievements/{offer.id}/matches": f"achievement={offer.id}&amp;demand={need.id}",
    }
    others = [client, sign_in(world.chief), sign_in(world.operator)]
    for path, numbers in pages.items():
        page = sign_in(world.broker).get(path).text
        assert f'href="/brokerage/propose?{numbers}">由我撮合' in page, path
        for browser in others:
            assert "由我撮合" not in browser.get(path).text


def test_a_list_takes_no_more_statements_for_more_cases(
    make: Factory, world: World, sign_in: SignIn
) -> None:
    pages = ("/brokerage", "/brokerage/table", "/brokerage/ledger", "/mine/brokerage")
    readers = {"broker": pages, "operator": pages, "desk": pages[3:]}
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    def counts() -> dict[tuple[str, str], int]:
        found = {}
        for name, addresses in readers.items():
            browser = sign_in(getattr(world, name))
            for address in addresses:
                # What is read once for a process has been read by the first.
                browser.get(address)
                # Nor is anything at hand from the deeds of this test.
                db.session.expire_all()
                said.clear()
                assert browser.get(address).status_code == 200
                found[name, address] = len(said)
        return found

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        world.bring_to(*TALKS)
        few = counts()
        for number in (2, 3, 4):
            world.firm = make.organisation()
            world.chief = make.person("firm", world.firm)
            world.demand = make.demand(f"第 {number} 项需求", owner=world.firm)
            world.bring_to(*TALKS)
        many = counts()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert many == few


def test_a_substitute_carries_a_case_until_the_broker_is_back(
    world: World, sign_in: SignIn
) -> None:
    case = world.propose()
    address = f"/mine/brokerage/{case.id}"
    substitute = sign_in(world.other_broker)
    assert substitute.get(address).status_code == 404
    (seat, *_) = seats_of(world.broker)
    standing_in = name_substitute(
        seat,
        world.other_broker,
        first_day=today(),
        last_day=today() + timedelta(days=7),
        by=world.broker,
    )

    # What waits for the absent one waits for who stands in, on their board too, where it says whose it is.
    assert [card.case for card in queries.waiting_for(world.other_broker)] == [case]
    assert world.broker.name in substitute.get("/brokerage").text
    sent = {f"accept-{name}": "no" for name in CLEAR}
    sent["accept-seen"] = str(case.revision)
    assert substitute.post(f"{address}/accept", data=sent).status_code == 303
    db.session.expire_all()
    # Their own interests, which is all that they can declare, and the page says whose they are.
    assert [one.broker_id for one in case.declarations] == [world.other_broker.id]
    assert "申报的是本人的利益关系" in substitute.get(address).text
    sent = {"introduce-seen": str(case.revision)}
    assert substitute.post(f"{address}/introduce", data=sent).status_code == 303
    db.session.expire_all()
    assert case.asked_at is not None
    done = [(one.deed, one.by_id, one.for_id) for one in history_of(case)[-3:]]
    pair = (world.other_broker.id, world.broker.id)
    assert done == [
        ("declare", *pair),
        ("begin_matching", *pair),
        ("introduce", *pair),
    ]

    # It stays the case of the broker, and so does what is credited.
    for deed in ("yes_holder", "yes_receiver"):
        world.press(case, deed)
    row = ledger.attribution_of(case.pair_key)
    assert row is not None
    assert (case.broker, row.broker_id) == (world.broker, world.broker.id)
    end_substitution(standing_in, by=world.broker)
    assert substitute.get(address).status_code == 404
    assert sign_in(world.broker).get(address).status_code == 200
    with pytest.raises(NotAllowed):
        world.press(case, "intend", by=world.other_broker)
