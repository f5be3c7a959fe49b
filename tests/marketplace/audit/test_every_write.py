"""No write without an entry: every surface that is posted to is walked, and what it changed compared with the audit.

What changed is read from the tables themselves, so that nothing is believed of what listens to sessions. (Beside it
`conftest.py` watches every commit of every test of this suite.)
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
from marketplace.mediation.deeds import request_broker
from marketplace.organisations.models import Organisation
from marketplace.substitutes.deeds import name_substitute
from marketplace.substitutes.queries import seats_of
from tests.conftest import undone
from tests.factories import GOOD_FORM, Factory
from tests.marketplace.audit.test_collecting import entries_since, next_position
from tests.marketplace.brokerage.world import CLEAR
from tests.marketplace.brokerage.world import World as BrokerageWorld
from tests.marketplace.deals.world import World, deals_at_stations
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
    "policies.keep": ("member", "/policies/estimates", {"kind": "firm", "tax_free_amount": "2000"}),
    "rules.add": (
        "operator", "/rules/publicity.days/new", {
            "seen": "1", "value": "20", "valid_from": "2027-01-01", "document": "新的条例", "says": NOTE,
            "in_force": "active", "checked": "verified",
        },
    ),
    "workdays.year": (
        "operator", "/office/workdays/new", {"year": "2027", "status": "unverified", "off": "2027-01-01 元旦"},
    ),
    "dictionaries.chain": (
        "operator", "/office/chains/new", {"code": "bamboo", "name": "竹编", "position": "3"},
    ),
    "listings.new": ("member", "/mine/demand/new", {**FORM, "title": "新的轴承难题"}),
    "listings.edit": ("member", "/mine/demand/{draft}/edit", {**FORM, "seen": "{draft_seen}"}),
    "listings.submit": ("member", "/mine/demand/{draft}/submit", {"seen": "{draft_seen}"}),
    "listings.hand_in_checked": ("member", "/mine/demand/{draft}/check", {"seen": "{draft_seen}"}),
    "listings.recall": ("member", "/mine/demand/{submitted}/recall", {"seen": "{submitted_seen}"}),
    "listings.withdraw": ("member", "/mine/demand/{published}/withdraw", {"seen": "{published_seen}"}),
    "listings.close": (
        "member", "/mine/demand/{published}/close",
        {"seen": "{published_seen}", "note": NOTE, "outcome": "market"},
    ),
    "listings.reopen": ("member", "/mine/demand/{closed}/reopen", {"seen": "{closed_seen}"}),
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
    "deals.propose": (
        "member", "/mine/introductions/{talking}/deal",
        {
            "title": "新的交易", "owner_type": "firm", "contract_type": "service", "contract_subtype": "",
            "conversion_mode": "other",
        },
    ),
    "deals.agree": ("desk", "/mine/deals/{d_proposed}/agree", {"seen": "{d_proposed_seen}"}),
    "deals.refuse": ("desk", "/mine/deals/{d_proposed}/refuse", {"seen": "{d_proposed_seen}", "note": NOTE}),
    "deals.draft_letter": (
        "desk", "/mine/deals/{d_open}/letters", {"seen": "{d_open_seen}", "letter_kind": "intention", "text": NOTE},
    ),
    "deals.confirm_letter": (
        "desk", "/mine/deals/{d_intention}/letters/confirm",
        {"seen": "{d_intention_seen}", "letter_kind": "intention", "sha256": "{d_hash}"},
    ),
    "deals.answer_item": (
        "desk", "/mine/deals/{d_due_diligence}/items",
        {"seen": "{d_due_diligence_seen}", "code": "limits", "has_finding": "no"},
    ),
    "deals.finish_diligence": ("desk", "/mine/deals/{d_answered}/diligence/finish", {"seen": "{d_answered_seen}"}),
    "deals.reopen_diligence": (
        "desk", "/mine/deals/{d_pricing}/diligence/reopen", {"seen": "{d_pricing_seen}", "note": NOTE},
    ),
    "deals.decide_price": (
        "desk", "/mine/deals/{d_pricing}/price",
        {
            "seen": "{d_pricing_seen}", "method": "auction", "price": "12", "basis": NOTE, "evaluation": "not_required",
            "met_on": "2026-01-05", "attendees": "张三", "minutes": NOTE,
        },
    ),
    "deals.approve_price": ("desk", "/mine/deals/{d_decided}/price/approve", {"seen": "{d_decided_seen}"}),
    "deals.reject_price": (
        "desk", "/mine/deals/{d_decided}/price/reject", {"seen": "{d_decided_seen}", "note": NOTE},
    ),
    "deals.revise": (
        "desk", "/mine/deals/{d_approved}/revise",
        {
            "seen": "{d_approved_seen}", "title": "改过的交易", "owner_type": "firm", "contract_type": "license",
            "contract_subtype": "patent", "conversion_mode": "license", "note": NOTE,
        },
    ),
    "deals.publicise": (
        "desk", "/mine/deals/{d_price_determined}/publicity",
        {
            "seen": "{d_price_determined_seen}", "day_kind": "natural", "places": NOTE, "objection_contact": NOTE,
            "procedure": NOTE,
        },
    ),
    "deals.pass_publicity": ("desk", "/mine/deals/{d_firm}/publicity/pass", {"seen": "{d_firm_seen}"}),
    "deals.object_to": (
        "member", "/publicity/{publicity}/objection",
        {"nonce": "n", "reason": "price", "text": NOTE, "remedy": "reprice"},
    ),
    "deals.answer_objection": (
        "desk", "/mine/deals/{d_objection}/objections/{objection}",
        {
            "seen": "{d_objection_seen}", "is_sustained": "no", "answer_reason": "insufficient", "answer": NOTE,
        },
    ),
    "deals.settle_priority": (
        "desk", "/mine/deals/{d_approved}/priority",
        {"seen": "{d_approved_seen}", "priority": "waived", "note": NOTE},
    ),
    "deals.terminate": (
        "member", "/mine/deals/{d_open}/terminate", {"seen": "{d_open_seen}", "reason": "budget", "note": NOTE},
    ),
    "brokerage.qualify": (
        "operator", "/mine/brokerage/{lead}/qualify",
        {
            "qualify-seen": "{lead_seen}", "qualify-note": NOTE,
        },
    ),
    "brokerage.dispatch": (
        "operator", "/mine/brokerage/{unsent}/dispatch",
        {
            "dispatch-seen": "{unsent_seen}", "dispatch-broker": "{case_broker_id}",
        },
    ),
    "brokerage.accept": (
        "case_broker", "/mine/brokerage/{offered_case}/accept",
        {
            "accept-seen": "{offered_case_seen}", "accept-equity": "no",
            "accept-kinship": "no", "accept-employment": "no",
            "accept-dual_agency": "no",
        },
    ),
    "brokerage.decline": (
        "case_broker", "/mine/brokerage/{offered_case}/decline",
        {
            "decline-seen": "{offered_case_seen}", "decline-reason": NOTE,
        },
    ),
    "brokerage.consent": (
        "case_chief", "/mine/brokerage/{dual}/consent",
        {
            "consent-seen": "{dual_seen}", "consent-agrees": "yes",
        },
    ),
    "brokerage.introduce": ("case_broker", "/mine/brokerage/{fresh}/introduce", {"introduce-seen": "{fresh_seen}"}),
    "brokerage.commission": (
        "case_broker", "/mine/brokerage/{fresh}/commission",
        {
            "commission-seen": "{fresh_seen}", "commission-payer": "holder",
            "commission-mode": "percent", "commission-base": "total_amount",
            "commission-trigger": "signed", "commission-rate": "3",
        },
    ),
    "brokerage.withdraw_commission": (
        "case_broker", "/mine/brokerage/{priced}/withdraw_commission",
        {
            "withdraw_commission-seen": "{priced_seen}",
        },
    ),
    "brokerage.sign": (
        "case_chief", "/mine/brokerage/{priced}/sign",
        {
            "sign-seen": "{priced_seen}", "sign-text_hash": "{text_hash}",
        },
    ),
    "brokerage.yes": ("case_chief", "/mine/brokerage/{put}/yes", {"yes-seen": "{put_seen}", "yes-agrees": "y"}),
    "brokerage.no": ("case_chief", "/mine/brokerage/{put}/no", {"no-seen": "{put_seen}", "no-reason": "price"}),
    "brokerage.confirm": (
        "operator", "/mine/brokerage/{fresh}/confirm",
        {
            "confirm-seen": "{fresh_seen}", "confirm-note": NOTE,
        },
    ),
    "brokerage.meet": ("case_broker", "/mine/brokerage/{back}/meet", {"meet-seen": "{back_seen}", "meet-note": NOTE}),
    "brokerage.intend": (
        "case_broker", "/mine/brokerage/{talks}/intend",
        {
            "intend-seen": "{talks_seen}", "intend-note": NOTE,
        },
    ),
    "brokerage.plan": (
        "case_broker", "/mine/brokerage/{talks}/plan",
        {
            "plan-seen": "{talks_seen}", "plan-step": NOTE,
            "plan-day": "{soon}",
        },
    ),
    "brokerage.hold": (
        "case_broker", "/mine/brokerage/{talks}/hold",
        {
            "hold-seen": "{talks_seen}", "hold-note": NOTE,
            "hold-day": "{soon}",
        },
    ),
    "brokerage.resume": ("case_broker", "/mine/brokerage/{held}/resume", {"resume-seen": "{held_seen}"}),
    "brokerage.remind": ("operator", "/mine/brokerage/{put}/remind", {"remind-seen": "{put_seen}"}),
    "brokerage.reclaim": (
        "operator", "/mine/brokerage/{put}/reclaim",
        {
            "reclaim-seen": "{put_seen}", "reclaim-note": NOTE,
        },
    ),
    "brokerage.terminate": (
        "case_broker", "/mine/brokerage/{talks}/terminate",
        {
            "terminate-seen": "{talks_seen}", "terminate-end_reason": "budget",
            "terminate-end_note": NOTE,
        },
    ),
    "brokerage.propose": (
        "operator", "/brokerage/propose",
        {"achievement": "{loose_achievement}", "demand": "{loose_demand}", "message": NOTE},
    ),
    "brokerage.dispute": ("case_broker", "/brokerage/ledger/{alone}/dispute", {"text": NOTE}),
    "brokerage.rule": (
        "operator", "/brokerage/disputes/{disputed}/rule",
        {
            "d{disputed}-seen": "{disputed_seen}", "d{disputed}-result": "no",
            "d{disputed}-ruling": NOTE,
        },
    ),
    "introductions.ask": (
        "member", "/achievements/{wanted}/introduction", {"name": "demand-{published}", "agrees": "y", "message": NOTE},
    ),
    "introductions.accept": (
        "desk", "/mine/introductions/{waiting}/accept", {"seen": "{waiting_seen}", "agrees": "y"},
    ),
    "introductions.decline": (
        "desk", "/mine/introductions/{waiting}/decline", {"seen": "{waiting_seen}", "reason": "too_early"},
    ),
    "introductions.withdraw": ("member", "/mine/introductions/{waiting}/withdraw", {"seen": "{waiting_seen}"}),
    "introductions.remind": ("operator", "/mine/introductions/{overdue}/remind", {"seen": "{overdue_seen}"}),
    "introductions.end": ("operator", "/mine/introductions/{overdue}/end", {"seen": "{overdue_seen}", "note": NOTE}),
    "introductions.say": ("member", "/mine/introductions/{talking}/messages", {"text": NOTE}),
    "duplicates.merge": (
        "operator", "/mine/duplicates/{pair}/merge", {"seen": "{pair_seen}", "kept": "{kept}"},
    ),
    "duplicates.apart": ("operator", "/mine/duplicates/{pair}/apart", {"seen": "{pair_seen}"}),
    "duplicates.undo": ("operator", "/mine/duplicates/{apart}/undo", {"seen": "{apart_seen}"}),
    "complaints.new": (
        "member", "/complaints/new",
        {"page": "/demands/{published}", "nonce": "n1", "reason": "rights", "text": "专利权属于别人，有判决书为证。"},
    ),
    "complaints.rule": ("operator", "/office/complaints/{reported}/hold", {"seen": "{reported_seen}", "note": NOTE}),
    "mediation.own": ("member", "/mine/demand/{published}/broker", {"broker": "any", "note": NOTE}),
    "mediation.withdraw": ("member", "/mine/broker-requests/{asked}/withdraw", {}),
    "mediation.accept": ("broker", "/mine/broker-requests/{asked}/accept", {}),
    "mediation.decline": ("broker", "/mine/broker-requests/{asked}/decline", {"reason": NOTE}),
    "mediation.assign": (
        "operator", "/office/broker-requests/{asked}/assign", {"b{asked}-broker": "{somebody}"},
    ),
    "mediation.refuse": ("operator", "/office/broker-requests/{asked}/refuse", {"b{asked}-reason": NOTE}),
    "listings.decide_batch": (
        "operator", "/office/review/batch/decide",
        {"row": "demand-{submitted}-{submitted_seen}", "decision": "reject", "note": NOTE, "form": "0" * 32},
    ),
    "listings.decide_desk_batch": (
        "desk", "/mine/review/batch/decide",
        {"row": "achievement-{at_desk}-{at_desk_seen}", "decision": "pass", "form": "0" * 32},
    ),
    "diagnosis.ask": ("member", "/mine/demand/{draft}/diagnosis", {"reason": NOTE}),
    "diagnosis.take": ("operator", "/mine/demand/{submitted}/diagnosis/take", {"reason": NOTE}),
    "diagnosis.inquire": (
        "operator", "/mine/diagnosis/{case}/inquire", {"seen": "{case_seen}", "field": "problem", "question": NOTE},
    ),
    "diagnosis.answer": (
        "member", "/mine/diagnosis/{case}/answer", {"seen": "{case_seen}", "answer-{question}": NOTE},
    ),
    "diagnosis.rewrite": ("operator", "/mine/diagnosis/{case}/rewrite", {**FORM, "seen": "{case_seen}"}),
    "diagnosis.split": (
        "operator", "/mine/diagnosis/{case}/split",
        {"seen": "{case_seen}", "title-0": "甲部分", "problem-0": NOTE, "title-1": "乙部分", "problem-1": NOTE},
    ),
    "diagnosis.advise": ("operator", "/mine/diagnosis/{case}/advise", {"seen": "{case_seen}", "advice": NOTE}),
    "diagnosis.stop": ("operator", "/mine/diagnosis/{case}/stop", {"seen": "{case_seen}", "remark": NOTE}),
    "diagnosis.confirm": ("member", "/mine/diagnosis/{proposed}/confirm", {"seen": "{proposed_seen}", "take": "title"}),
    "diagnosis.ask_changes": (
        "member", "/mine/diagnosis/{proposed}/ask-changes", {"seen": "{proposed_seen}", "remark": NOTE},
    ),
    "diagnosis.decline": ("member", "/mine/diagnosis/{proposed}/decline", {"seen": "{proposed_seen}", "remark": NOTE}),
    "diagnosis.confirm_split": (
        "member", "/mine/diagnosis/{split}/confirm-split", {"seen": "{split_seen}", "take": "0"},
    ),
    "diagnosis.withdraw": ("member", "/mine/diagnosis/{requested}/withdraw", {"seen": "{requested_seen}"}),
    "substitutes.name": (
        "desk", "/mine/substitutes/new/{seat}",
        {"substitute": "{colleague}", "first_day": "{today}", "last_day": "{today}"},
    ),
    "substitutes.end": ("operator", "/mine/substitutes/{substitution}/end", {}),
    "verdicts.like": ("member", "{matches}/{offered}/interested", {"signed_list": "{ticket}"}),
    "verdicts.decline": (
        "member", "{matches}/{offered}/unsuitable", {"signed_list": "{ticket}", "reason": "too_early"},
    ),
    "verdicts.grade": ("broker", "{matches}/{offered}/grade", {"signed_list": "{ticket}", "level": "2", "note": NOTE}),
    "verdicts.retract": ("member", "{matches}/{liked}/retract", {}),
}  # fmt: skip
# Posted to, for what is typed is long or secret; nothing is stored.
ONLY_READ = {
    "certificates.verify",
    "complaints.status",
    "deals.objection_status",
    "finance.catalogue",
    "issues.check",
    "listings.batch",
    "listings.desk_batch",
    "listings.look",
    "listings.propose",
    "matchmaking.trial",
    "matchmaking.trial_evidence",
    "policies.estimate",
}
# Walked in the tests of their own rooms, where `conftest.py` refuses every commit that wrote rows and left no entry.
ELSEWHERE = {
    "alerts": ("remove",),
    "files": (
        "approve", "ask", "decline", "grant", "remove", "revoke", "send_back", "upload", "visibility", "withdraw",
    ),
    "accounts": ("account", "drop_held", "end_session", "end_sessions"),
    "complaints": ("answer",),
    "contracts": (
        "accept", "amend", "begin", "bring_in", "cancel", "confirm", "correct", "edit", "file", "issue", "licence",
        "refuse", "register",
    ),
    "evidence": ("request_pack",),
    "proceeds": (
        "convert", "done", "drop", "plan", "publicise", "receive", "reverse", "settle", "share",
    ),
    "finance": (
        "accept_interest", "approve_version", "confirm_loan", "decline_interest", "drop_version", "edit_product",
        "end_product", "investor", "lose_principal", "new_loan", "new_pack", "new_product", "note_province",
        "recall_version", "refile_loan", "reopen_loan", "repay_loan", "return_loan", "return_version", "show_interest",
        "submit_version", "withdraw_interest", "withdraw_loan", "withdraw_pack",
    ),
    "certificates": ("cancel", "decline", "issue", "new", "withdraw"),
    "ratings": ("give", "reply"),
    "records": ("attach", "remove", "upload", "write"),
    "stories": ("agree", "edit", "end", "take_back", "write"),
    "imports": (
        "choose", "choose_all", "commit", "correct", "corrections", "discard", "leave_out", "take_back", "upload",
    ),
    "listings": (
        # What is typed and not saved leaves no entry (`policy.TECHNICAL_TABLES`).
        "assign", "confirm_proposals", "drop_begun", "drop_typed", "renew_link", "typed", "unassign",
    ),
    "matchmaking": ("hold",),
    "memberships": (
        "act", "change", "decide", "invitation", "invite", "join", "join_code", "leave", "revoke", "take", "withdraw",
    ),
    "rights": ("answer", "ask_again", "opened", "own", "withdraw"),
    "organisations": (
        "alias", "apart", "ask", "identity", "merge", "resume", "seat", "suspend", "undo", "verify",
    ),
    "notices": ("mark_all_read", "mark_read", "put_aside", "send_again", "settings", "stop"),
    "personal_data": ("close", "consent"),
    "profiles": ("check", "end", "hide_broker", "hide_profile", "own_broker", "own_profile", "send_back"),
    "verdicts": ("drop_grades", "stop_grades", "use_grades"),
    "policies": ("add", "new"),
    "envelopes": (
        "add", "approve", "basis", "begin", "budget", "decide", "new", "new_cohort", "pay", "remove", "remove_member",
        "submit", "switch", "upload", "withdraw",
    ),
    "statuses": ("own", "refuse", "revoke", "verify", "withdraw"),
    "wordlists": ("back", "begin", "draft", "enable", "preview", "stop", "withdraw"),
}  # fmt: skip
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
    from_lab = make.achievement("等机构审核的工艺", state="at_desk", owner=institute)
    names["at_desk"], names["at_desk_seen"] = from_lab.id, from_lab.revision
    stranger = make.organisation(verified=False)
    names["unverified"] = make.demand(owner=stranger, state="submitted").id
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
