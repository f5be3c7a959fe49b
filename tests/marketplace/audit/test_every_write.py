"""No write without an entry: every surface that is posted to is walked, and what it changed compared with the audit.

What changed is read from the tables themselves, so that nothing is believed of what listens to sessions. The surfaces
are listed in `surfaces.py`. (`conftest.py` also watches every commit of every test of this suite.)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit import policy
from marketplace.brokerage.agreement_deeds import dispute_attribution
from marketplace.brokerage.deeds import dispatch_case
from marketplace.brokerage.ledger import attribution_of
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.complaints.deeds import file_complaint
from marketplace.complaints.subjects import subject_at
from marketplace.diagnosis.deeds import (
    inquire,
    propose_rewriting,
    propose_split,
    request_diagnosis,
    take_demand,
)
from marketplace.duplicates.deeds import keep_apart
from marketplace.duplicates.models import ListingPair
from marketplace.extensions import db
from marketplace.introductions.deeds import (
    accept_introduction,
    lapse_due,
    request_introduction,
)
from marketplace.introductions.queries import Name
from marketplace.issues.choosing import choose_lines
from marketplace.issues.deeds import begin_proof, publish_proof
from marketplace.listings.deeds import save
from marketplace.listings.rewritings import open_rewriting
from marketplace.mediation.deeds import request_broker
from marketplace.organisations.models import Organisation
from marketplace.substitutes.deeds import name_substitute
from marketplace.substitutes.queries import seats_of
from tests.conftest import undone
from tests.factories import Factory
from tests.marketplace.audit.surfaces import ELSEWHERE, NOTE, ONLY_READ, TEXT, VISITS
from tests.marketplace.audit.test_collecting import entries_since, next_position
from tests.marketplace.brokerage.world import CLEAR
from tests.marketplace.brokerage.world import World as BrokerageWorld
from tests.marketplace.deals.world import World, deals_at_stations
from tests.marketplace.verdicts.conftest import Case
from tests.marketplace.verdicts.conftest import case as case
from tests.marketplace.verdicts.test_pages import ticket_of

STATES = (
    "draft",
    "submitted",
    "published",
    "expired",
    "suspended",
    "withdrawn",
    "closed",
)


@cache
def readings() -> dict[str, str]:
    """Table → a statement that reads its rows, without columns that the audit leaves out; all but technical tables.

    Written once and handed to the driver as they are: the walk reads every table twice for each surface.
    """
    quoted = db.engine.dialect.identifier_preparer.quote_identifier
    statements = {}
    for table in db.metadata.sorted_tables:
        if policy.is_technical(table):
            continue
        columns = [
            quoted(column.name)
            for column in table.columns
            if column.name not in policy.TECHNICAL_COLUMNS
        ]
        text = f"select {', '.join(columns)} from {quoted(table.name)}"  # noqa: S608
        statements[table.name] = text
    return statements


def contents() -> dict[str, str]:
    """Table → fingerprint of its rows, as the driver gives them."""
    connection = db.session.connection()
    prints = {}
    for name, statement in readings().items():
        rows = connection.exec_driver_sql(statement).all()
        text = "\n".join(sorted(repr(tuple(row)) for row in rows))
        prints[name] = hashlib.sha256(text.encode()).hexdigest()
    return prints


def test_every_surface_that_is_posted_to_is_walked(app: Flask) -> None:
    posted = set()
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("security."):
            posted.add(rule.endpoint)
    elsewhere = set()
    for room, names in ELSEWHERE.items():
        elsewhere |= {f"{room}.{name}" for name in names}
    assert posted == VISITS.keys() | ONLY_READ | elsewhere


@pytest.fixture
def world(
    make: Factory, sign_in: Callable[..., FlaskClient], case: Case
) -> tuple[dict[str, FlaskClient], dict[str, Any]]:
    """Browsers by who reads, and what the names in `VISITS` stand for."""
    people = {"member": case.member, "operator": make.person("operator"), "broker": make.broker()}  # fmt: skip
    institute = make.organisation(kind="institute")
    people["desk"] = make.person("desk", institute)
    browsers = {name: sign_in(person) for name, person in people.items()}
    names: dict[str, Any] = {}
    for state in STATES:
        row = make.demand(f"{state} 的轴承难题", state=state, owner=case.firm)
        names[state] = row.id
        names[f"{state}_seen"] = row.revision
    written = make.demand("代为改写的难题", state="draft", owner=case.firm)
    better = {"title": "改写过的难题"}
    save(written, better, by=people["operator"], seen=written.revision)
    waiting = open_rewriting(written)
    assert waiting is not None
    names["rewritten"], names["rewritten_seen"] = written.id, waiting.revision
    from_lab = make.achievement("等机构审核的工艺", state="at_desk", owner=institute)
    names["at_desk"], names["at_desk_seen"] = from_lab.id, from_lab.revision
    stranger = make.organisation(verified=False)
    names["unverified"] = make.demand(owner=stranger, state="submitted").id
    names["unverified_seen"] = stranger.revision
    # A row of its own: one listing waits for one answer at a time.
    wanted = make.demand("请人对接的轴承难题", owner=case.firm)
    broker = people["broker"]
    asked = request_broker(wanted, broker.id, note="", by=case.member)
    names["asked"], names["somebody"] = asked.id, broker.id
    subject = subject_at(f"/demands/{wanted.id}")
    text = "专利权属于别人，有判决书为证。"
    reported, _ = file_complaint(
        subject, nonce="r", reason="rights", text=text, by=case.member
    )
    names["reported"], names["reported_seen"] = reported.id, reported.revision
    names |= _pairs(make, case)
    names["wanted"] = make.achievement(owner=institute).id
    names |= _introductions(make, case, institute, people["desk"])
    names |= _deals(make, case, institute, people["desk"])
    brokerage = BrokerageWorld(make)
    names |= _cases(make, brokerage)
    for name in ("broker", "chief"):
        browsers[f"case_{name}"] = sign_in(getattr(brokerage, name))
    days = {"since": today() - timedelta(days=300), "until": today()}
    operator = people["operator"]
    for name in ("issued", "proof"):
        proof = begin_proof("demand", None, days, by=operator)
        lines = choose_lines(proof).fingerprint
        names[name], names[f"{name}_seen"] = proof.id, proof.revision
        names["fingerprint"] = lines
        if name == "issued":
            seen = proof.revision
            issue = publish_proof(proof, seen=seen, fingerprint=lines, by=operator)
            names["issue"] = issue.id
    names |= diagnoses(make, case, operator)
    names |= substitutes(make, people["desk"], operator)
    names["matches"] = f"/demands/{case.demand.id}/matches"
    names["offered"] = case.achievements[0].id
    names["liked"] = case.achievements[1].id
    return browsers, names


def _introductions(
    make: Factory, case: Case, institute: Organisation, desk: Person
) -> dict[str, int]:
    """Three introductions at three stations."""
    names = {}
    for name in ("waiting", "overdue", "talking"):
        wanted = make.achievement(owner=institute)
        number = case.firm.id
        asked = request_introduction(
            wanted,
            Name(f"organisation-{number}", case.firm.name, number),
            message="",
            agrees=True,
            opens_firm=True,
            by=case.member,
        )
        if name == "overdue":
            asked.due_on = today() - timedelta(days=1)
            persistence.commit()
            lapse_due()
        if name == "talking":
            accept_introduction(
                asked, agrees=True, opens_firm=True, by=desk, seen=asked.revision
            )
        names[name], names[f"{name}_seen"] = asked.id, asked.revision
    return names


def _deals(
    make: Factory, case: Case, institute: Organisation, desk: Person
) -> dict[str, Any]:
    """A deal at every station."""
    # Of another trade, so that the list of matches stays as it is.
    world = World(
        make,
        firm=case.firm,
        chief=case.member,
        lab=institute,
        desk=desk,
        topic="大蒜脱皮保鲜",
        owner_type="government_institute",
    )
    world.decider = world.rector
    deals = deals_at_stations(world)
    names: dict[str, Any] = {}
    for name, deal in deals.items():
        names[f"d_{name}"], names[f"d_{name}_seen"] = deal.id, deal.revision
    letter = deals["intention"].letter_of("intention")
    assert letter is not None
    names["d_hash"] = letter.sha256
    names["publicity"] = deals["in_publicity"].publicities[0].id
    names["objection"] = deals["objection"].objections[0].id
    return names


def _cases(make: Factory, world: BrokerageWorld) -> dict[str, Any]:
    """Cases at every station that has buttons of its own, and a disputed row of the ledger."""
    names: dict[str, Any] = {}
    dual = CLEAR | {"dual_agency": True}
    talks = ("accept", "introduce", "yes_holder", "yes_receiver")
    stations: dict[str, tuple[str, ...]] = {
        "offered_case": (),
        "dual": (),
        "fresh": ("accept",),
        "priced": ("accept", "commission", "introduce"),
        "put": ("accept", "introduce"),
        "talks": talks,
        "held": (*talks, "hold"),
    }
    for name, pressed in stations.items():
        world.demand = make.demand(f"{name} 的撮合", owner=world.firm)
        case = world.bring_to(*pressed)
        if name == "dual":
            world.press(case, "accept", interests=dual, details="双方都委托了我")
        names[name], names[f"{name}_seen"] = case.id, case.revision
        if case.agreement is not None:
            names["text_hash"] = case.agreement.text_hash
    for name, by in (("lead", world.scout), ("unsent", world.operator)):
        world.demand = make.demand(f"{name} 的撮合", owner=world.firm)
        case = world.propose(by=by)
        names[name], names[f"{name}_seen"] = case.id, case.revision
    # Of a case that came back both sides have accepted already.
    world.demand = make.demand("重新派的撮合", owner=world.firm)
    case = world.bring_to(*talks, "reclaim")
    dispatch_case(case, world.broker.id, by=world.operator, seen=case.revision)
    world.press(case, "accept")
    names["back"], names["back_seen"] = case.id, case.revision
    row = attribution_of(case.pair_key)
    assert row is not None
    dispute = dispute_attribution(row, "去年就介绍过双方。", by=world.other_broker)
    names["disputed"], names["disputed_seen"] = dispute.id, dispute.revision
    # Credited to somebody else, so that its broker has something to dispute.
    world.demand = make.demand("别人撮合的", owner=world.firm)
    other = world.bring_to("accept", *talks[1:], by=world.other_broker)
    credited = attribution_of(other.pair_key)
    assert credited is not None
    dispatch_case_again(other, world)
    names["alone"] = credited.id
    loose = make.demand("还没有人撮合的", owner=world.firm)
    names["loose_demand"] = loose.id
    names["loose_achievement"] = world.achievement.id
    names["case_broker_id"] = world.broker.id
    names["soon"] = (today() + timedelta(days=20)).isoformat()
    return names


def dispatch_case_again(case: BrokerageCase, world: BrokerageWorld) -> None:
    """Another broker carries it on, who may read of its attribution."""
    world.press(case, "reclaim")
    dispatch_case(case, world.broker.id, by=world.operator, seen=case.revision)


def _pairs(make: Factory, case: Case) -> dict[str, int]:
    """Two pairs of listings, one of them decided."""
    names = {}
    for name in ("pair", "apart"):
        one, other = (make.demand(owner=case.firm) for _ in range(2))
        pair = ListingPair(
            listing_kind="demand", one_id=one.id, other_id=other.id, score=0.9
        )
        db.session.add(pair)
        db.session.flush()
        if name == "apart":
            keep_apart(pair, by=None, seen=pair.revision)
        names[name], names[f"{name}_seen"] = pair.id, pair.revision
        names["kept"] = names.get("kept", one.id)
    persistence.commit()
    return names


def diagnoses(make: Factory, case: Case, operator: Any) -> dict[str, Any]:
    """A diagnosis under way with a question, one proposed, one of several drafts, and one that nobody has taken."""
    names: dict[str, Any] = {}
    for name in ("case", "proposed", "split"):
        row = make.demand(f"{name} 诊断的难题", state="draft", owner=case.firm)
        taken = take_demand(row, reason=NOTE, by=operator)
        seen = {"by": operator, "seen": taken.revision}
        if name == "case":
            names["question"] = inquire(taken, "problem", NOTE, **seen).id
        elif name == "proposed":
            propose_rewriting(taken, {"title": "改写的难题"}, **seen)
        else:
            parts = [{"title": part, "problem": NOTE} for part in ("甲部分", "乙部分")]
            propose_split(taken, parts, **seen)
        names[name], names[f"{name}_seen"] = taken.id, taken.revision
    row = make.demand("等人诊断的难题", state="draft", owner=case.firm)
    asked = request_diagnosis(row, reason=NOTE, by=case.member)
    return names | {"requested": asked.id, "requested_seen": asked.revision}


def substitutes(make: Factory, desk: Any, operator: Any) -> dict[str, Any]:
    """A seat for which somebody may be named, and a substitution that runs."""
    colleague = make.person("desk", *desk.organisations)
    running = name_substitute(
        seats_of(operator)[0],
        make.person("operator"),
        first_day=today(),
        last_day=today(),
        by=operator,
    )
    return {
        "seat": seats_of(desk)[0].code,
        "colleague": colleague.id,
        "substitution": running.id,
        "today": today().isoformat(),
    }


@pytest.mark.long
def test_what_a_surface_writes_is_in_the_audit(
    app: Flask,
    world: tuple[dict[str, FlaskClient], dict[str, Any]],
    subtests: pytest.Subtests,
) -> None:
    browsers, names = world
    for endpoint in VISITS:
        # Each meets the same rows; to make them again took longer than all else here.
        with subtests.test(endpoint), undone():
            _visit_surface(app, endpoint, browsers, dict(names))


def _visit_surface(
    app: Flask,
    endpoint: str,
    browsers: dict[str, FlaskClient],
    names: dict[str, Any],
) -> None:
    """Post to a surface, and compare what the tables and the audit say of it."""
    who, path, data = VISITS[endpoint]
    browser = browsers[who]
    if "{matches}" in path:
        names["ticket"] = ticket_of(browser, names["matches"])
        liked = f"{names['matches']}/{names['liked']}/interested"
        browser.post(liked, data={"signed_list": names["ticket"]})
    address = path.format(**names)
    with app.test_request_context(address, method="POST") as context:
        context.match_request()
        assert context.request.endpoint == endpoint
    db.session.rollback()
    before, begin = contents(), next_position()

    filled = {
        name.format(**names): value.format(**names) for name, value in data.items()
    }
    answer = browser.post(address, data=filled)

    db.session.rollback()
    after = contents()
    written = {name for name in after if after[name] != before[name]}
    # A walk that writes nothing would prove nothing.
    assert written, (
        answer.status_code,
        re.sub(r"<[^>]+>|\s+", " ", answer.text)[:2000],
    )
    entries = entries_since(begin)
    recorded = set()
    for entry in entries:
        recorded |= set(re.findall(r'"row":\["(\w+)"', entry.text))
        if '"statement":' in entry.text:
            recorded.add(entry.kind)
    assert written <= recorded
    # Whoever pressed the button is named, and nobody else.
    with browser.session_transaction() as cookie:
        identity = cookie["_user_id"]
    person = db.metadata.tables["person"].c
    number = db.session.scalar(
        sa.select(person.id).where(person.fs_uniquifier == identity)
    )
    assert {entry.actor for entry in entries} == {number}


def test_what_only_reads_leaves_nothing(
    make: Factory, sign_in: Callable[..., FlaskClient], case: Case
) -> None:
    offered = make.achievement()
    browser = sign_in(case.member)
    before, begin = contents(), next_position()
    answer = browser.post("/trial", data={"text": TEXT, "kind": "demand"})
    db.session.rollback()

    assert offered.title in answer.text
    assert contents() == before
    assert entries_since(begin) == []


def test_a_write_that_nothing_records_would_be_found(make: Factory) -> None:
    """The comparison above sees a write round the session, which the audit does not."""
    firm = make.organisation()
    before = contents()
    write = sa.text("update organisation set address = '东' where id = :number")
    db.session.connection().execute(write, {"number": firm.id})
    assert contents()["organisation"] != before["organisation"]
    db.session.rollback()
    assert db.session.get(Organisation, firm.id) is not None
