"""No write without an entry: every surface that is posted to is walked, and what it changed compared with the audit.

What changed is read from the tables themselves, so that nothing is believed of what listens to sessions. (Beside it
`conftest.py` watches every commit of every test of this suite.)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace.audit import policy
from marketplace.clock import today
from marketplace.extensions import db
from marketplace.issues.choosing import choose_lines
from marketplace.issues.deeds import begin_proof, publish_proof
from marketplace.mediation.deeds import request_broker
from marketplace.organisations.models import Organisation
from tests.conftest import undone
from tests.factories import GOOD_FORM, Factory
from tests.marketplace.audit.test_collecting import entries_since, next_position
from tests.marketplace.verdicts.conftest import Case
from tests.marketplace.verdicts.conftest import case as case
from tests.marketplace.verdicts.test_pages import ticket_of

TEXT = "电机用深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整多次仍达不到要求，废品率约百分之六。"
NOTE = "请按说明补充指标和试验方法"
FORM = {
    "deed": "save",
    "title": "改过的轴承难题",
    "problem": TEXT,
    "need": "technology",
    "visibility": "public",
}
# Endpoint → (who posts, where, what). Names in braces stand for a row in that state and for its revision. A surface
# that is added without a row here fails the first test.
VISITS: dict[str, tuple[str, str, dict[str, str]]] = {
    "workdays.year": (
        "operator", "/office/workdays/new", {"year": "2027", "status": "unverified", "off": "2027-01-01 元旦"},
    ),
    "dictionaries.chain": (
        "operator", "/office/chains/new", {"code": "bamboo", "name": "竹编", "position": "3"},
    ),
    "listings.new": ("member", "/mine/demand/new", {**FORM, "title": "新的轴承难题"}),
    "listings.edit": ("member", "/mine/demand/{draft}/edit", {**FORM, "seen": "{draft_seen}"}),
    "listings.submit": ("member", "/mine/demand/{draft}/submit", {"seen": "{draft_seen}"}),
    "listings.recall": ("member", "/mine/demand/{submitted}/recall", {"seen": "{submitted_seen}"}),
    "listings.withdraw": ("member", "/mine/demand/{published}/withdraw", {"seen": "{published_seen}"}),
    "listings.close": ("member", "/mine/demand/{published}/close", {"seen": "{published_seen}", "note": NOTE}),
    "listings.archive": ("member", "/mine/demand/{expired}/archive", {"seen": "{expired_seen}"}),
    "listings.renew": ("member", "/mine/demand/{expired}/renew", {"seen": "{expired_seen}"}),
    "listings.copy": ("member", "/mine/demand/{withdrawn}/copy", {"seen": "{withdrawn_seen}"}),
    "listings.several": (
        "member", "/mine/several",
        {"deed": "withdraw", "row": "demand-{published}-{published_seen}", "confirmed": "1"},
    ),
    "listings.endorse": (
        "desk", "/mine/review/achievement/{at_desk}/endorse", {"seen": "{at_desk_seen}"},
    ),
    "listings.desk_return": (
        "desk", "/mine/review/achievement/{at_desk}/return",
        {"seen": "{at_desk_seen}", "todo_baseline": "写明与什么工艺比"},
    ),
    "listings.desk_reject": (
        "desk", "/mine/review/achievement/{at_desk}/reject", {"seen": "{at_desk_seen}", "note": NOTE},
    ),
    "listings.approve": (
        "operator", "/office/review/demand/{submitted}/approve", {"seen": "{submitted_seen}", **GOOD_FORM},
    ),
    "listings.send_back": (
        "operator", "/office/review/demand/{submitted}/return", {"seen": "{submitted_seen}", "note": NOTE},
    ),
    "listings.reject": (
        "operator", "/office/review/demand/{submitted}/reject", {"seen": "{submitted_seen}", "note": NOTE},
    ),
    "listings.suspend": (
        "operator", "/office/review/demand/{published}/suspend", {"seen": "{published_seen}", "note": NOTE},
    ),
    "listings.resume": (
        "operator", "/office/review/demand/{suspended}/resume", {"seen": "{suspended_seen}"},
    ),
    "listings.verify": (
        "operator", "/office/review/demand/{unverified}/verify",
        {"uscc": "91371500MA3C0RQX70", "checked": "营业执照副本"},
    ),
    "issues.new": (
        "operator", "/mine/lists/new",
        {"kind": "demand", "holder": "city", "since": "2026-01-01", "until": "2026-02-01"},
    ),
    "issues.choose": (
        "operator", "/mine/lists/{proof}/choose",
        {"seen": "{proof_seen}", "since": "2026-01-01", "until": "2026-02-01"},
    ),
    "issues.arrange": ("operator", "/mine/lists/{proof}/arrange", {"seen": "{proof_seen}", "out": "{published}"}),
    "issues.publish": (
        "operator", "/mine/lists/{proof}/publish", {"seen": "{proof_seen}", "fingerprint": "{fingerprint}"},
    ),
    "issues.drop": ("operator", "/mine/lists/{proof}/drop", {"seen": "{proof_seen}"}),
    "issues.correct": ("operator", "/lists/{issue}/correct", {"text": NOTE}),
    "matchmaking.save": ("member", "/trial/save", {"text": TEXT, "kind": "demand"}),
    "alerts.save": ("member", "/mine/searches", {"q": "轴承", "kind": "demand"}),
    "mediation.own": ("member", "/mine/demand/{published}/broker", {"broker": "any", "note": NOTE}),
    "mediation.withdraw": ("member", "/mine/broker-requests/{asked}/withdraw", {}),
    "mediation.accept": ("broker", "/mine/broker-requests/{asked}/accept", {}),
    "mediation.decline": ("broker", "/mine/broker-requests/{asked}/decline", {"reason": NOTE}),
    "mediation.assign": (
        "operator", "/office/broker-requests/{asked}/assign", {"b{asked}-broker": "{somebody}"},
    ),
    "mediation.refuse": ("operator", "/office/broker-requests/{asked}/refuse", {"b{asked}-reason": NOTE}),
    "verdicts.like": ("member", "{matches}/{offered}/interested", {"signed_list": "{ticket}"}),
    "verdicts.decline": (
        "member", "{matches}/{offered}/unsuitable", {"signed_list": "{ticket}", "reason": "too_early"},
    ),
    "verdicts.grade": ("broker", "{matches}/{offered}/grade", {"signed_list": "{ticket}", "level": "2", "note": NOTE}),
    "verdicts.retract": ("member", "{matches}/{liked}/retract", {}),
}  # fmt: skip
# Posted to, for what is typed is long or secret; nothing is stored.
ONLY_READ = {"issues.check", "matchmaking.trial", "matchmaking.trial_evidence"}
# Walked in the tests of their own rooms, where `conftest.py` refuses every commit that wrote rows and left no entry.
ELSEWHERE = {
    "alerts": ("remove",),
    "accounts": ("account", "drop_held", "end_session", "end_sessions"),
    "imports": (
        "choose", "choose_all", "commit", "correct", "corrections", "discard", "leave_out", "take_back", "upload",
    ),
    "listings": ("assign", "unassign"),
    "matchmaking": ("hold",),
    "memberships": (
        "act", "change", "decide", "invitation", "invite", "join", "join_code", "leave", "revoke", "take", "withdraw",
    ),
    "organisations": (
        "alias", "apart", "ask", "identity", "merge", "resume", "seat", "suspend", "undo", "verify",
    ),
    "notices": ("mark_all_read", "mark_read", "put_aside", "send_again", "settings", "stop"),
    "personal_data": ("close", "consent"),
    "profiles": ("check", "end", "hide_broker", "hide_profile", "own_broker", "own_profile", "send_back"),
    "verdicts": ("drop_grades", "stop_grades", "use_grades"),
    "wordlists": ("back", "begin", "draft", "enable", "preview", "stop", "withdraw"),
}  # fmt: skip
STATES = ("draft", "submitted", "published", "expired", "suspended", "withdrawn")


def contents() -> dict[str, str]:
    """Table → fingerprint of its rows, without columns that the audit leaves out; every table but technical ones."""
    prints = {}
    for table in db.metadata.sorted_tables:
        if policy.is_technical(table):
            continue
        # By their names alone, as the driver gives them: the types of a library may be its own.
        columns = [
            sa.literal_column(f'"{column.name}"')
            for column in table.columns
            if column.name not in policy.TECHNICAL_COLUMNS
        ]
        query = sa.select(*columns).select_from(table)
        rows = db.session.execute(query).all()
        text = "\n".join(sorted(repr(tuple(row)) for row in rows))
        prints[table.name] = hashlib.sha256(text.encode()).hexdigest()
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
    from_lab = make.achievement("等机构审核的工艺", state="at_desk", owner=institute)
    names["at_desk"], names["at_desk_seen"] = from_lab.id, from_lab.revision
    stranger = make.organisation(verified=False)
    names["unverified"] = make.demand(owner=stranger, state="submitted").id
    # A row of its own: one listing waits for one answer at a time.
    wanted = make.demand("请人对接的轴承难题", owner=case.firm)
    broker = people["broker"]
    asked = request_broker(wanted, broker.id, note="", by=case.member)
    names["asked"], names["somebody"] = asked.id, broker.id
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
    names["matches"] = f"/demands/{case.demand.id}/matches"
    names["offered"] = case.achievements[0].id
    names["liked"] = case.achievements[1].id
    return browsers, names


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
    world: tuple[dict[str, FlaskClient], dict[str, Any]],
) -> None:
    browsers, _ = world
    before, begin = contents(), next_position()
    browsers["member"].post("/trial", data={"text": TEXT, "kind": "demand"})
    db.session.rollback()

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
