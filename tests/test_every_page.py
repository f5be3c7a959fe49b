"""Every page of the site as every kind of reader: ids, labels, headings, language, title.

What pages say is tested in their rooms.

A route that is added and walked by nobody here fails the last test.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.child_models import PersonSession
from marketplace.accounts.models import ROLES, Organisation, Person
from marketplace.brokerage.agreement_deeds import dispute_attribution
from marketplace.brokerage.child_models import Attribution
from marketplace.certificates.deeds import issue_certificate, request_certificate
from marketplace.clock import now, today
from marketplace.complaints.deeds import file_complaint
from marketplace.complaints.subjects import subject_at
from marketplace.contracts.models import TechContract
from marketplace.diagnosis.deeds import take_demand
from marketplace.duplicates.models import ListingPair
from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.cohort_deeds import add_members, create_cohort
from marketplace.envelopes.models import FundClaim
from marketplace.envelopes.review_deeds import send_back
from marketplace.evidence.deeds import request_pack
from marketplace.extensions import db
from marketplace.files.access_deeds import request_access
from marketplace.imports.deeds import stage_upload
from marketplace.imports.queries import all_rows
from marketplace.imports.staging import read_upload
from marketplace.introductions.deeds import (
    accept_introduction,
    lapse_due,
    request_introduction,
    write_message,
)
from marketplace.introductions.queries import Name
from marketplace.issues.choosing import choose_lines
from marketplace.issues.deeds import begin_proof, correct_issue, publish_proof
from marketplace.issues.upkeep import render_missing
from marketplace.listings.deeds import save
from marketplace.listings.deeds import save as save_listing
from marketplace.listings.models import LISTINGS
from marketplace.listings.renewal_links import link_token
from marketplace.mediation.deeds import request_broker
from marketplace.memberships import deeds as membership_deeds
from marketplace.notices.letters import stop_path
from marketplace.policies.deeds import keep_estimate
from marketplace.policies.models import PolicyEstimate
from marketplace.rights.deeds import ask_co_owner
from marketplace.stories.deeds import Written, agree_to_story, write_story
from marketplace.substitutes.deeds import name_substitute
from marketplace.substitutes.queries import seats_of
from marketplace.wordlists.deeds import begin_draft
from tests.factories import Factory, new_uscc
from tests.marketplace.brokerage.world import World as BrokerageWorld
from tests.marketplace.contracts.cases import World as ContractWorld
from tests.marketplace.deals.world import World as DealWorld
from tests.marketplace.deals.world import deals_at_stations
from tests.marketplace.envelopes.world import World as EnvelopeWorld
from tests.marketplace.files.samples import attach
from tests.marketplace.finance.world import World as FinanceWorld
from tests.marketplace.finance.world import pages_of

VOID = {"input", "br", "hr", "img", "link", "meta", "wbr", "source", "col", "area"}
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
EVERYBODY = ("guest", "firm", "researcher", "desk", *ROLES)
# On servers the pages are the same, and only their statements are tried: by those who see most of them.
IS_WHOLE = "TEST_DATABASE_URL" not in os.environ
READERS = EVERYBODY if IS_WHOLE else ("guest", "firm", "operator")
# Endpoints that answer no page of their own.
NO_PAGES = {
    "brokerage.calendar",
    "static",
    "bootstrap.static",
    "security.static",
    "catalogue.suggest",
    "catalogue.export",
    "catalogue.robots",
    "catalogue.sitemap",
    "files.content",
    "finance.export_loans",
    "finance.pack_copy",
    "finance.pack_file",
    "contracts.download",
    "envelopes.claim_list",
    "envelopes.members_file",
    "envelopes.paper",
    "envelopes.statement",
    "envelopes.training_file",
    "contracts.paper",
    "certificates.paper",
    "records.content",
    "verification.content",
    "issues.file",
    "proceeds.statement",
    "operation.healthz",
    "operation.readyz",
    "operation.metrics",
    "audit.export",
    "imports.template",
    "imports.fault_file",
    "audit.checkpoint",
    "audit.earlier_checkpoint",
    "evidence.download",
    "reports.ocds",
    "reports.workbook",
    "personal_data.as_json",
    "personal_data.as_workbook",
}
STATES = ("draft", "submitted", "returned", "rejected", "published", "suspended",
          "expired", "withdrawn", "archived")  # fmt: skip


class Outline(HTMLParser):
    """What of a page can be wrong whatever it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.labels: list[str] = []
        self.controls: list[dict[str, str]] = []
        self.references: list[tuple[str, str]] = []
        self.headings: list[int] = []
        self.language = ""
        self.title = ""
        self.unseen_errors: list[str] = []
        self._open: list[str] = []
        self._folds: list[bool] = []
        self._label_depth = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in values:
            self.ids[values["id"]] += 1
        if tag == "details":
            self._folds.append("open" not in values)
        if values.get("aria-invalid") == "true" and any(self._folds):
            self.unseen_errors.append(values.get("name", tag))
        if tag == "html":
            self.language = values.get("lang", "")
        if tag in HEADINGS:
            self.headings.append(int(tag[1]))
        if tag == "label":
            self._label_depth += 1
            if "for" in values:
                self.labels.append(values["for"])
        typed = tag == "input" and values.get("type", "text") not in UNLABELLED
        if typed or tag in ("select", "textarea"):
            inside = "yes" if self._label_depth else ""
            self.controls.append(values | {"inside": inside})
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "form"):
            for one in values.get(name, "").split():
                self.references.append((name, one))
        if tag == "a" and len(values.get("href", "")) > 1 and values["href"][0] == "#":
            self.references.append(("href", values["href"][1:]))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "label":
            self._label_depth -= 1
        if tag == "details":
            self._folds.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data

    def faults(self) -> Iterator[str]:
        """What is wrong, in words."""
        for name, count in self.ids.items():
            if count > 1:
                yield f"id {name} stands {count} times"
            if not name or re.search(r"\s", name):
                yield f"id {name!r} is none"
        controls = {one["id"] for one in self.controls if "id" in one}
        for name in self.labels:
            if name not in controls:
                yield f"label for {name} has no control"
        for name, count in Counter(self.labels).items():
            if count > 1:
                yield f"control {name} has {count} labels"
        for one in self.controls:
            named = one.get("aria-label") or one.get("aria-labelledby") or one["inside"]
            if not named and one.get("id") not in self.labels:
                yield f"control {one.get('name') or one} has no label"
        for name in self.unseen_errors:
            yield f"what is wrong with {name} is folded away"
        for name, target in self.references:
            if target not in self.ids:
                yield f"{name} leads to {target}, which is not there"
        if self.headings.count(1) != 1:
            yield f"{self.headings.count(1)} headings of level 1"
        before = 0
        for level in self.headings:
            if level > before + 1:
                yield f"heading of level {level} follows one of level {before}"
            before = level
        if self.language != "zh-CN":
            yield f"language is {self.language!r}"
        if not re.fullmatch(r"\S.+\S", self.title.strip()):
            yield f"title is {self.title!r}"


def check_page(answer: Any, where: str) -> Outline:
    """The outline of a page without faults."""
    assert answer.mimetype == "text/html", where
    outline = Outline(answer.get_data(as_text=True))
    assert not list(outline.faults()), where
    return outline


@pytest.fixture
def firm(make: Factory) -> Organisation:
    """An organisation that has demands."""
    return make.organisation("临清某轴承厂（示例）")


@pytest.fixture
def university(make: Factory) -> Organisation:
    """An organisation that has achievements."""
    return make.organisation("聊城某大学（示例）", kind="university")


@pytest.fixture
def houses(
    make: Factory, firm: Organisation, university: Organisation
) -> dict[str, Any]:
    """What the organisations have, and what else an address may name."""
    rows: dict[str, list[Any]] = {"achievement": [], "demand": []}
    for state in STATES:
        rows["achievement"].append(
            make.achievement(f"降噪磨削工艺 {state}", state=state, owner=university)
        )
        rows["demand"].append(
            make.demand(f"轴承异音攻关 {state}", state=state, owner=firm)
        )
    at_desk = make.achievement("等机构审核的工艺", state="at_desk", owner=university)
    rows["achievement"].append(at_desk)
    rows["demand"].append(make.demand("已有结果的攻关", state="closed", owner=firm))
    for need in ("talent", "capital"):
        rows["demand"].append(make.demand(f"{need} 需求", need=need, owner=firm))
    rows["demand"].append(make.demand("匿名的攻关", anonymous=True, owner=firm))
    for visibility in ("partial", "confidential"):
        rows["demand"].append(
            make.demand(f"{visibility} 攻关", visibility=visibility, owner=firm)
        )
        rows["achievement"].append(
            make.achievement(
                f"{visibility} 工艺", visibility=visibility, owner=university
            )
        )
    # A listing in which every field and every row is filled in, so that every control and every section is there.
    rows["achievement"].append(full_achievement(make, university))
    unverified = make.organisation("还没核验的厂（示例）", verified=False)
    # One request waits for the firm's administrator, one for the operators.
    asker = make.person("firm")
    for organisation in (firm, unverified):
        membership_deeds.ask_to_join(organisation, by=asker)
    chief = make.person("firm", firm, administers=True)
    _, token = membership_deeds.invite_person(
        firm, "new@demo.example", place="member", by=chief
    )
    researcher = make.researcher(make.person("researcher", university))
    broker = make.broker(firm)
    wanted = make.demand("请人对接的攻关", owner=firm)
    rows["demand"].append(wanted)
    # One waits for the broker, one for the operators.
    asked = request_broker(wanted, broker.id, note="请先看看", by=chief)
    left = make.demand("由平台安排的攻关", owner=firm)
    rows["demand"].append(left)
    request_broker(left, None, note="", by=chief)
    # One that everybody may have, one on request that somebody asks to see, one that waits for the operators.
    papers = [attach(wanted), attach(wanted, visibility="request", name="图纸.pdf")]
    for paper in papers:
        paper.approved_at = wanted.published_at
    attach(wanted, name="新的.pdf")
    reason = "评估能否用在我们的产线"
    curious = make.person("firm", make.organisation("想看图纸的厂（示例）"))
    request_access(papers[1], reason=reason, organisation_id=None, by=curious)
    reported, _ = file_complaint(
        subject_at(f"/demands/{left.id}"),
        nonce="r",
        reason="rights",
        text="专利权属于别人，有判决书为证。",
        by=researcher,
    )
    renewal = link_token(left, chief)
    days = {"since": today() - timedelta(days=300), "until": today()}
    earlier = days | {"since": today() - timedelta(days=200)}
    proofs = []
    # Of equal values it is one proof: the third one begins later.
    for kind, period in (("demand", days), ("achievement", days), ("demand", earlier)):
        proofs.append(begin_proof(kind, None, period, by=None))
    proofs.append(begin_proof("demand", firm, days, by=None))
    issues = []
    for proof in proofs[:2]:
        seen, lines = proof.revision, choose_lines(proof).fingerprint
        issues.append(publish_proof(proof, seen=seen, fingerprint=lines, by=None))
    correct_issue(issues[0], "第 1 项的单位应为分厂。", by=None)
    for kind in ("synonyms", "terms"):
        begin_draft(kind, by=None)
    render_missing()
    applicant = make.person("firm", firm)
    make.certificate(applicant)
    row_of_import, staged = staged_import(make, university)
    introductions = introductions_of(make, firm, university, chief)
    of_deals = DealWorld(make, firm=firm, chief=chief, lab=university)
    of_deals.decider = of_deals.rector
    deals = deals_at_stations(of_deals)
    cases, attributions = cases_of(make)
    pairs = []
    for owner in (firm, make.organisation()):
        one, other = make.demand(owner=firm), make.demand(owner=owner)
        pair = ListingPair(
            listing_kind="demand", one_id=one.id, other_id=other.id, score=0.7
        )
        db.session.add(pair)
        pairs.append(pair)
    db.session.commit()
    vague = make.demand("说不清楚的攻关", owner=firm, state="draft")
    rows["demand"].append(vague)
    in_diagnosis = take_demand(vague, reason="目标没有数字", by=make.person("operator"))
    better = {"title": "代为改写的攻关名称"}
    save(vague, better, by=make.person("operator"), seen=vague.revision)
    desk = make.person("desk", university)
    seat = seats_of(desk)[0]
    substitution = name_substitute(
        seat,
        make.person("desk", university),
        first_day=today(),
        last_day=today(),
        by=desk,
    )
    shared = make.achievement("与别家共有的工艺", state="draft", owner=university)
    rows["achievement"].append(shared)
    consent, secret = ask_co_owner(
        shared, named=firm.name, email="zhang@partner.example", by=desk
    )
    contracts, uncontracted = contracts_of(make, university, firm)
    envelopes, claims, cohort = claims_at_stations(make, firm, chief)
    of_finance = FinanceWorld(make, firm, chief)
    pack = request_pack(deals["approved"], by=of_deals.dean)
    certificates, stories = shown_of(make, contracts[-2:])
    return {
        "rows": rows,
        "broker": broker,
        "shared": shared,
        "banker": of_finance.banker,
        "investor": of_finance.investor,
        "values": {
            **pages_of(of_finance),
            "organisation_id": [firm.id, university.id, unverified.id],
            "uscc": [firm.uscc, new_uscc()],
            "code": ["bearing", seat.code],
            "demand_id": [vague.id, left.id],
            "attachment_id": [papers[1].id],
            "token": [token, renewal, secret],
            "consent_id": [consent.id],
            "complaint_id": [reported.id],
            "import_id": [row_of_import],
            "introduction_id": [*introductions, deals["open"].introduction_id],
            "deal_id": [*(deal.id for deal in deals.values()), *uncontracted],
            "publicity_id": [
                deals[name].publicities[0].id
                for name in ("in_publicity", "objection", "approved")
            ],
            "objection_id": [deals["objection"].objections[0].id],
            "contract_id": contracts,
            "evidence_id": [pack.id],
            "certificate_id": certificates,
            "story_id": stories,
            "case_id": sorted({*cases, in_diagnosis.id}),
            "attribution_id": attributions,
            "pair_id": [pair.id for pair in pairs],
            "number": sorted({1, 2026, substitution.id, *staged}),
            "request_id": [asked.id],
            "issue_id": [issue.id for issue in issues],
            "proof_id": [proof.id for proof in proofs],
            "key": ["publicity.days", "tax.vat"],
            "clause_code": ["P-19b", "P-8b", "Q-1"],
            "estimate_id": [keep_own(chief).id],
            "envelope_id": envelopes,
            "claim_id": [one.id for one in claims],
            "paper_id": [claims[-1].papers[0].id],
            "cohort_id": [cohort.id],
            "member_id": [cohort.members[0].id],
            "year": [today().year],
            "word_list": ["synonyms", "terms", "chains"],
            "person_id": [researcher.id, broker.id, applicant.id],
        },
    }


def keep_own(chief: Person) -> PolicyEstimate:
    """An estimate that an organisation has kept."""
    (organisation_id, *_) = chief.organisation_ids
    told = {"kind": "firm", "tax_free_amount": "2000", "provincial_major": "yes"}
    return keep_estimate(organisation_id, told, today(), by=chief)


def claims_at_stations(
    make: Factory, firm: Organisation, chief: Person
) -> tuple[list[int], list[FundClaim], TrainingCohort]:
    """Claims at each station that has buttons of its own, the money they are on, and a cohort."""
    world = EnvelopeWorld(make)
    planned = world.open_envelope(name="依据未生效的资金", in_force="draft")
    claims = []
    for year, station in enumerate(("draft", "submitted", "approved", "paid"), 2023):
        envelope = world.open_envelope(year=year, name="申领的资金")
        make_claim = getattr(world, station)
        claims.append(make_claim(envelope=envelope, organisation=firm, by=chief))
    send_back(claims[1], "请补证书复印件。", by=world.operator, seen=claims[1].revision)
    cohort = create_cohort(firm, "第一期", today(), today(), by=chief)
    line = f"张三,123X,初级,C-1,协会,{today()}"
    add_members(cohort, line, by=chief, seen=cohort.revision)
    return [world.envelope.id, planned.id], claims, cohort


def cases_of(make: Factory) -> tuple[list[int], list[int]]:
    """Cases at each station that has buttons of its own, and the ledger of one of them."""
    found = []
    world = BrokerageWorld(make)
    talks = ("accept", "introduce", "yes_holder", "yes_receiver")
    for pressed in ((), ("accept", "commission", "introduce"), talks):
        found.append(world.bring_to(*pressed).id)
        world.demand = make.demand(f"第 {len(found)} 项撮合", owner=world.firm)
    found.append(world.propose(by=world.scout).id)
    row = db.session.scalars(db.select(Attribution)).first()
    assert row is not None
    dispute_attribution(row, "去年就介绍过双方。", by=world.other_broker)
    return found, [row.id]


def introductions_of(
    make: Factory, firm: Organisation, university: Organisation, chief: Person
) -> list[int]:
    """Introductions at each station that has buttons of its own, from a named and from an unnamed demand."""
    desk = make.person("desk", university)
    name = Name("", firm.name, firm.id)
    hidden = make.demand("不署名的攻关", anonymous=True, owner=firm)
    unnamed = Name("", "", firm.id, hidden, is_unnamed=True)
    found = []
    for station, whose in (("waiting", unnamed), ("overdue", name), ("talking", name)):
        asked = request_introduction(
            make.achievement(owner=university),
            whose,
            message="想谈中试。",
            agrees=True,
            opens_firm=False,
            by=chief,
        )
        if station == "overdue":
            asked.due_on = today() - timedelta(days=1)
            db.session.commit()
            lapse_due()
        if station == "talking":
            accept_introduction(
                asked, agrees=True, opens_firm=True, by=desk, seen=asked.revision
            )
            write_message(asked, "周三下午可以谈。", by=desk)
        found.append(asked.id)
    return found


def contracts_of(
    make: Factory, seller: Organisation, buyer: Organisation
) -> tuple[list[int], list[int]]:
    """Contracts at each station that has buttons of its own, and deals that have none yet."""
    world = ContractWorld(make, seller, buyer)
    made = [
        world.filled(world.approved_deal(contract_type="development")),
        world.issued(world.approved_deal(contract_type="service")),
        world.signed(world.approved_deal()),
        world.filed(world.approved_deal()),
        world.registered(world.approved_deal()),
        world.registered(world.approved_deal(), "2026370150000002"),
    ]
    return [contract.id for contract in made], [world.deal.id]


def shown_of(make: Factory, registered: list[int]) -> tuple[list[int], list[int]]:
    """Certificates and stories of two registered contracts, each at a station that has buttons of its own."""
    contracts = [make.session.get_one(TechContract, number) for number in registered]
    seller, buyer = contracts[0].seller, contracts[0].buyer
    assert seller is not None
    assert buyer is not None
    operator, desk = make.person("operator"), make.person("desk", seller)
    certificates = []
    for person in (make.person("researcher", seller), desk):
        row = request_certificate(seller, registered[:1], "", "申报职称", by=person)
        certificates.append(row.id)
    issue_certificate(row, by=operator, seen=row.revision)
    stories = []
    for headline, contract in zip(("工艺落地", "专利落地"), contracts, strict=True):
        written = Written(headline, "一家研究所", "一家企业", "寿命提高一倍。")
        story = write_story(contract, written, by=operator)
        stories.append(story.id)
    for person in (desk, make.person("firm", buyer)):
        agree_to_story(story, story.text.sha256, by=person)
    assert story.state == "published"
    return certificates, stories


def staged_import(make: Factory, owner: Organisation) -> tuple[int, list[int]]:
    """A list with a new row, a faulty one and one that says otherwise than was written by hand; its number, theirs."""
    desk = make.person("desk", owner)
    listing = make.achievement("写在网页上的工艺", owner=owner, state="draft")
    words = "有人在网页上重写了的简介，比清单里的更长一些，说得更清楚。"
    save_listing(listing, {"summary": words}, by=desk, seen=listing.revision)
    text = (
        "成果名称,完成单位,完成人,成果简介\n"
        f"新的工艺,{owner.name},张三,针对轴承振动大的问题改进的工艺，已经试用过。\n"
        f"写在网页上的工艺,{owner.name},张三,清单里又是另一种写法的简介，二十个字以上。\n"
        f",{owner.name},张三,\n"
    )
    read = read_upload(
        io.BytesIO(text.encode()), "清单.csv", "achievement", "list", owner
    )
    made = stage_upload(read, source="list", organisation=owner, by=desk)
    numbers = [row.number for row in all_rows(made)]
    assert len(numbers) == 3
    return made.id, numbers


def full_achievement(make: Factory, owner: Any) -> Any:
    return make.achievement(
        "填得最满的成果",
        owner=owner,
        metrics=[{"name": "噪声", "operator": "le", "value": 38, "unit": "dB"}],
        ips=[
            {"ip_type": "invention", "name": "一种磨削方法", "legal_status": "granted"},
            {"ip_type": "invention", "name": "另一种方法", "legal_status": "lapsed"},
        ],
        contributors=[{"name": "张三"}, {"name": "李四"}],
        co_owners=[{"name": "合作单位（示例）"}],
    )


@pytest.fixture
def browsers(
    make: Factory,
    client: FlaskClient,
    sign_in: Callable[..., FlaskClient],
    firm: Organisation,
    university: Organisation,
) -> dict[str, FlaskClient]:
    """A browser for every kind of reader; the operator belongs to an organisation that publishes too."""
    places = {
        "firm": firm,
        "researcher": university,
        "desk": university,
        "operator": make.organisation("科技大市场（示例）", kind="operator"),
    }
    found = {"guest": client}
    for role in READERS[1:]:
        belongs = [places[role]] if role in places else []
        administers = role in ("firm", "desk")
        found[role] = sign_in(make.person(role, *belongs, administers=administers))
    return found


def addresses(app: Flask, houses: dict[str, Any]) -> dict[str, set[str]]:
    """Endpoint → addresses of every page, made of the routes, the rows and what else an address may name."""
    rows: dict[str, list[Any]] = houses["rows"]
    adapter = app.url_map.bind("localhost")
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES:
            continue
        mine = found.setdefault(rule.endpoint, set())
        fixed = dict(rule.defaults or {})
        if "listing_id" not in rule.arguments:
            offered = {"kind": list(LISTINGS), **houses["values"]}
            names = sorted(rule.arguments - fixed.keys())
            for chosen in product(*(offered[name] for name in names)):
                values = dict(zip(names, chosen, strict=True))
                mine.add(adapter.build(rule.endpoint, values))
            continue
        for kind, of_kind in rows.items():
            wanted = fixed.get("kind") or (kind if "kind" in rule.arguments else "")
            if wanted and wanted != kind:
                continue
            if not wanted and not rule.endpoint.endswith(kind):
                continue
            for row in of_kind:
                values = {"listing_id": row.id}
                if "kind" in rule.arguments or fixed:
                    values["kind"] = kind
                if "other_id" in rule.arguments:
                    values["other_id"] = rows[row.counterpart][4].id
                mine.add(adapter.build(rule.endpoint, values))
    found["catalogue.search"] |= {
        "/search?q=轴承&kind=demand",
        "/search?q=zhoucheng",
        "/search?q=%25",
        "/search?q=没有这样的东西&stage=pilot",
        "/search?kind=achievement&page=9&year=1999",
    }
    found["desk.mine"] |= {"/mine?state=draft", "/mine?kind=demand&state=published"}
    found["office.queue"] |= {
        "/office/review?tray=published",
        "/office/review?tray=suspended&kind=demand",
        "/office/review?tray=organisations",
        "/office/review?tray=twins",
        "/office/review?tray=joining",
        "/office/review?tray=certificates",
        "/office/review?tray=mediation",
        "/office/review?tray=duplicates",
        "/office/review?tray=introductions",
        "/office/review?tray=deals",
        "/office/review?tray=contracts",
        "/office/review?tray=products",
        "/office/review?tray=loans",
        "/office/review?tray=statuses",
        "/office/review?tray=brokerage",
        "/office/review?tray=attributions",
        "/office/review?tray=files",
        "/office/review?tray=complaints",
        "/office/review?tray=diagnosis",
        "/office/review?tray=issues",
    }
    found["issues.archive"] |= {"/lists?kind=demand", "/lists?year=1999&holder=city"}
    found["complaints.new"] |= {
        "/complaints/new?page=/lists/1",
        "/complaints/new?page=/brokers",
    }
    found["staff.people"] |= {"/office/people?q=示例", "/office/people?q=x"}
    found["profiles.people"].add("/people?q=轴承&field=80&willing=deputy")
    found["profiles.brokers"].add("/brokers?field=80&certified=1")
    found["matchmaking.trial"].add("/trial?kind=achievement")
    for kind, of_kind in rows.items():
        found["matchmaking.matches"].add(f"/{kind}s/{of_kind[4].id}/matches?order=date")
    found["rights.own"].add(f"/mine/achievement/{houses['shared'].id}/co-owners")
    pair = "&".join(f"{kind}={rows[kind][4].id}" for kind in LISTINGS)
    found["brokerage.propose"].add(f"/brokerage/propose?{pair}")
    number = min(houses["values"]["deal_id"])
    found["deals.deal"] |= {
        f"/mine/deals/{number}?version=1",
        f"/mine/deals/{number}?as_of={today()}",
    }
    found["notices.stop_page"] = {stop_path("person 1", "listing.decided")}
    found["missing"] = {"/nothing-here"}
    return found


def use_sessions() -> None:
    """Let everybody's session have been used just now: on a busy machine the last readers wait for half an hour."""
    db.session.execute(db.update(PersonSession).values(seen_at=now()))
    db.session.commit()


@pytest.mark.long
def test_no_page_has_a_fault_that_a_reader_cannot_see(
    app: Flask,
    houses: dict[str, Any],
    browsers: dict[str, FlaskClient],
    sign_in: Callable[..., FlaskClient],
) -> None:
    """The walk: every address as every reader."""
    if IS_WHOLE:
        browsers["requested"] = sign_in(houses["broker"])
        for name in ("banker", "investor"):
            browsers[name] = sign_in(houses[name])
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for reader, browser in browsers.items():
        use_sessions()
        titles: dict[str, str] = {}
        for endpoint, pages in addresses(app, houses).items():
            view = app.view_functions.get(endpoint)
            at_door = not getattr(view, "needs_thing", False)
            for address in sorted(pages):
                answer = browser.get(address)
                if answer.status_code in (301, 302, 303, 307):
                    continue
                where = f"{reader} {address} ({answer.status_code})"
                assert answer.status_code < 500, where
                assert answer.mimetype == "text/html", where
                outline = Outline(answer.get_data(as_text=True))
                faults += [f"{where}: {fault}" for fault in outline.faults()]
                # The door refuses before it looks what an address names: the others are the page that was looked at.
                if answer.status_code == 403 and at_door:
                    break
                if answer.status_code != 200:
                    continue
                seen[endpoint] += 1
                # Two tabs with one title cannot be told apart.
                if outline.title in titles:
                    faults.append(f"{where}: titled as {titles[outline.title]}")
                titles[outline.title] = address
    assert not faults, "\n".join(faults)
    unseen = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods
    }
    assert not IS_WHOLE or unseen - NO_PAGES - seen.keys() <= NOT_BY_WALKING


# Pages that need a link from a mail, a password that was right, or something held: `accounts/test_pages.py` opens them.
NOT_BY_WALKING = {
    "accounts.resume",
    # Of a thing that was hidden or taken down: `complaints/test_complaints.py`.
    "complaints.answer",
    # Of a batch that the reader has decided: `listings/test_batches.py` opens them.
    "listings.batch_result",
    "listings.desk_batch_result",
    "security.verify",
    "security.reset_password",
    "security.confirm_email",
    "security.change_email_confirm",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.tf_select",
    "security.two_factor_rescue",
}
FORMS = [
    ("firm", "/mine/demand/new", {"deed": "submit"}),
    ("firm", "/mine/demand/propose", {"text": ""}),
    ("firm", "/mine/demand/propose", {"text": "振动值由45 dB降到36 dB，预算50万元"}),
    ("firm", "/mine/demand/new", {"deed": "save", "title": "。"}),
    ("firm", "/mine/demand/new", {"add": "metrics", "title": "异音"}),
    ("researcher", "/mine/achievement/new", {"deed": "submit"}),
    ("researcher", "/mine/achievement/new", {"add": "ips", "title": "工艺"}),
    ("guest", "/trial", {"kind": "demand", "text": "太短"}),
    ("guest", "/trial", {"kind": "demand", "text": "深沟球轴承装配后有异音，想降到 36 dB 以下。"}),
    ("guest", "/login", {"email": "x", "password": ""}),
    ("operator", "/office/chains/new", {}),
    ("operator", "/office/workdays/new", {}),
    ("operator", "/rules/publicity.days/new", {}),
    ("operator", "/policies/P-19b/new", {"text": "[[clause]]"}),
    ("operator", "/policies/texts", {}),
    ("guest", "/policies/estimate", {"kind": "firm", "tax_free_amount": "2000", "other_day": "2022-01-01"}),
    ("guest", "/policies/estimate", {"kind": "carrier", "nurtured": "x", "day": "x"}),
    ("firm", "/policies/estimate", {"kind": "firm", "talent_project": "yes", "talent_national": "10"}),
    ("guest", "/finance", {"high_tech": "yes", "capital_sought": "300"}),
    ("guest", "/finance", {"capital_sought": "x"}),
    ("firm", "/mine/finance/packs/new", {"institution": ""}),
    ("firm", "/change", {}),
    ("guest", "/register", {"email": "x"}),
    ("guest", "/reset", {"email": "x"}),
    ("guest", "/confirm", {"email": "nobody@demo.example"}),
    ("firm", "/change-email", {"email": "x"}),
    ("firm", "/account", {"name": "", "mobile": "123"}),
    ("firm", "/account/agreements", {"seen": "x"}),
    ("operator", "/office/people", {"email": "x", "role": "auditor"}),
    ("operator", "/tf-setup", {"setup": "authenticator"}),
    ("operator", "/mf-recovery-codes", {}),
    ("firm", "/mine/organisations/join", {"uscc": "12"}),
    ("researcher", "/mine/profile", {"seen": "0", "offer": "13905350000"}),
    ("researcher", "/mine/profile", {"seen": "9"}),
    ("firm", "/mine/broker", {"seen": "0", "level": "senior", "valid_to": "x"}),
    ("operator", "/office/organisations/{firm}/merge", {"kept": "没有这个单位"}),
    ("operator", "/office/organisations/{firm}/suspend", {"suspend-note": ""}),
    ("operator", "/office/organisations/{firm}/seat", {"since": "x"}),
    ("operator", "/office/organisations/{firm}/alias", {"alias": "。"}),
    ("operator", "/office/organisations/{firm}/alias", {"alias": "轴" * 200}),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("reader", "address", "values"), FORMS)
def test_no_answer_to_a_form_has_one_either(
    reader: str,
    address: str,
    values: dict[str, str],
    browsers: dict[str, FlaskClient],
    firm: Organisation,
) -> None:
    address = address.format(firm=firm.id)
    answer = browsers[reader].post(address, data=values)

    assert answer.status_code in (200, 400, 401, 409, 422), answer.status_code
    check_page(answer, f"{reader} {address}")
    # Whatever is refused says why.
    assert answer.status_code != 422 or 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<p id="a"><p id="a">', "id a stands 2 times"),
        ('<label for="a">x</label><p id="a">', "label for a has no control"),
        ('<input name="b">', "control b has no label"),
        ('<label for="b">x</label><input id="b" name="b">', ""),
        ('<label>x <input name="b"></label>', ""),
        ('<input name="b" aria-label="x">', ""),
        (
            '<details><input name="b" aria-label="x" aria-invalid="true"></details>',
            "what is wrong with b is folded away",
        ),
        (
            '<details open><input name="b" aria-label="x" aria-invalid="true"></details>',
            "",
        ),
        ("<h1>x</h1><h3>y</h3>", "heading of level 3 follows one of level 1"),
        ("<h1>x</h1><h1>y</h1>", "2 headings of level 1"),
        ('<a href="#gone">x</a>', "href leads to gone, which is not there"),
    ],
)
def test_the_walk_sees_what_is_wrong(page: str, fault: str) -> None:
    head = '<html lang="zh-CN"><head><title>页面 · 站</title></head><body>'
    if "<h1>" not in page:
        head += "<h1>x</h1>"

    assert list(Outline(head + page).faults()) == ([fault] if fault else [])
