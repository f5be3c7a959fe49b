"""Every surface that is posted to: who posts what to which address, or where else it is walked.

A surface that is added without a row here fails `test_every_write.py`, which posts them.
"""

from __future__ import annotations

from marketplace.clock import today
from tests.factories import GOOD_FORM

TEXT = "电机用深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整多次仍达不到要求，废品率约百分之六。"
NOTE = "请按说明补充指标和试验方法"
FORM = {
    "deed": "save",
    "title": "改过的轴承难题",
    "problem": TEXT,
    "need": "technology",
    "visibility": "public",
}
# Endpoint → (who posts, where, what). Names in braces stand for a row in that state and for its revision.
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
    "listings.accept_rewriting": (
        "member", "/mine/demand/{rewritten}/rewriting/accept", {"seen": "{rewritten_seen}", "take": "title"},
    ),
    "listings.decline_rewriting": (
        "member", "/mine/demand/{rewritten}/rewriting/decline", {"seen": "{rewritten_seen}", "note": NOTE},
    ),
    "listings.withdraw_rewriting": (
        "operator", "/mine/demand/{rewritten}/rewriting/withdraw", {"seen": "{rewritten_seen}"},
    ),
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
        {"uscc": "91371500MA3C0RQX70", "checked": "营业执照副本", "seen": "{unverified_seen}"},
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
            "title": "新的交易", "owner_type": "other", "contract_type": "service", "contract_subtype": "",
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
            "met_on": str(today()), "attendees": "张三", "minutes": NOTE,
        },
    ),
    "deals.approve_price": ("desk", "/mine/deals/{d_decided}/price/approve", {"seen": "{d_decided_seen}"}),
    "deals.reject_price": (
        "desk", "/mine/deals/{d_decided}/price/reject", {"seen": "{d_decided_seen}", "note": NOTE},
    ),
    "deals.revise": (
        "desk", "/mine/deals/{d_approved}/revise",
        {
            "seen": "{d_approved_seen}", "title": "改过的交易", "owner_type": "other", "contract_type": "license",
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
    "introductions.withdraw": (
        "member", "/mine/introductions/{waiting}/withdraw",
        {"withdraw-seen": "{waiting_seen}", "withdraw-note": "预算改了用途"},
    ),
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
    "diagnosis.advise": (
        "operator", "/mine/diagnosis/{case}/advise",
        {"seen": "{case_seen}", "advice": NOTE, "conclusion": "long_term"},
    ),
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
    "listings.turn_page",
    "matchmaking.trial",
    "matchmaking.trial_evidence",
    "policies.estimate",
}
# Walked in the tests of their own rooms, where `conftest.py` refuses every commit that wrote rows and left no entry.
ELSEWHERE = {
    "alerts": ("remove",),
    "files": (
        "approve", "ask", "decline", "desk_return", "endorse", "grant", "remove", "revoke", "send_back", "upload",
        "visibility", "withdraw",
    ),
    "accounts": ("account", "agree", "drop_held", "end_session", "end_sessions", "hold_typed"),
    "complaints": ("answer",),
    "contracts": (
        "accept", "amend", "begin", "bring_in", "cancel", "confirm", "correct", "edit", "file", "issue", "licence",
        "refuse", "register",
    ),
    "evidence": ("request_pack",),
    "proceeds": (
        "convert", "done", "drop", "give", "plan", "publicise", "receive", "reverse", "settle", "share",
    ),
    "finance": (
        "accept_interest", "add_case", "approve_version", "confirm_loan", "decline_interest", "drop_version",
        "edit_product", "end_product", "investor", "lose_principal", "new_loan", "new_pack", "new_product",
        "note_province", "recall_version", "refile_loan", "remove_case", "reopen_loan", "repay_loan", "return_loan",
        "return_version", "show_interest", "submit_version", "withdraw_interest", "withdraw_loan", "withdraw_pack",
    ),
    "certificates": ("cancel", "decline", "issue", "new", "withdraw"),
    "ratings": ("give", "reply"),
    "records": ("attach", "hand_over", "remove", "upload", "write"),
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
    "profiles": ("check", "end", "hide_broker", "hide_profile", "own_profile", "send_back"),
    "verification": ("answer", "supply_certificate"),
    "verdicts": ("drop_grades", "stop_grades", "use_grades"),
    "policies": ("add", "new", "texts"),
    "envelopes": (
        "add", "approve", "basis", "begin", "budget", "decide", "new", "new_cohort", "pay", "remove", "remove_member",
        "submit", "switch", "upload", "withdraw",
    ),
    "staff": ("add", "reopen", "reset", "stop", "take"),
    "statuses": ("own", "refuse", "revoke", "verify", "withdraw"),
    "wordlists": ("back", "begin", "draft", "enable", "preview", "stop", "withdraw"),
}  # fmt: skip
