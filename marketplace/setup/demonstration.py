"""The demonstration: sample lists, people with a known password, and what lies on their desks.

What every site needs, demonstration or not, is in `preparing.py`. Nothing here commits on its own.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from flask_security.utils import verify_password

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.complaints import deeds as complaint_deeds
from marketplace.complaints.subjects import subject_at
from marketplace.diagnosis import answers as diagnosis_answers
from marketplace.diagnosis import deeds as diagnosis_deeds
from marketplace.errors import NotAllowed
from marketplace.exchange import deeds as exchange_deeds
from marketplace.exchange import importing
from marketplace.exchange.source_columns import LIST
from marketplace.extensions import db
from marketplace.imports import deeds as import_deeds
from marketplace.imports.staging import read_upload
from marketplace.issues import deeds as issue_deeds
from marketplace.issues import queries as issue_queries
from marketplace.issues import upkeep as issue_upkeep
from marketplace.issues.choosing import choose_lines
from marketplace.listings import changes_waiting
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.mediation import deeds as mediation_deeds
from marketplace.mediation import queries as mediation_queries
from marketplace.memberships import deeds as membership_deeds
from marketplace.memberships import queries as membership_queries
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest
from marketplace.policies import deeds as policy_deeds
from marketplace.policies.models import PolicyEstimate
from marketplace.profiles import deeds as profile_deeds
from marketplace.profiles import queries as profile_queries
from marketplace.profiles.writing import BrokerValues, ResearcherValues
from marketplace.rights import deeds as right_deeds
from marketplace.rights import queries as right_queries
from marketplace.setup import demo_files
from marketplace.setup.demo_brokerage import add_cases
from marketplace.setup.demo_deals import add_deals
from marketplace.setup.demo_envelopes import add_envelopes
from marketplace.setup.demo_finance import add_finance
from marketplace.setup.demo_ledger import add_ledger
from marketplace.setup.demo_listings import (
    MORE_WORDS,
    ON_THE_DESK,
    REFUSED,
    SENT_BACK,
)
from marketplace.setup.demo_people import (
    DEMO_PEOPLE,
    INSTITUTE,
    NEWCOMER,
    NEWCOMER_USCC,
    ORGANISATION_KIND,
    TWIN,
    UNIVERSITY,
)
from marketplace.substitutes.deeds import name_substitute
from marketplace.substitutes.queries import seats_of
from marketplace.wordlists import deeds as word_deeds
from marketplace.wordlists import queries as word_queries

MIN_TO_END = 4  # published demands of the firm
SAMPLES = Path(__file__).resolve().parent.parent.parent / "demo"
SAMPLE_LISTS = (
    ("achievements-1.csv", "achievement"),
    ("achievements-2.csv", "achievement"),
    ("demands.csv", "demand"),
)
# Public on purpose: `flask prepare` prints it, and `load_demonstration` refuses a live site.
DEMO_PASSWORD = "Dongchang-7Lake"  # noqa: S105
# What a firm has typed into 「我能拿多少」: five clauses are met, and three and more have a question left.
FIGURES_OF_FIRM = {
    "kind": "firm",
    "tax_free_amount": "2000",
    "hitech_event": "first",
    "platform": "provincial_lab",
    "talent_level": "provincial",
    "pilot_base": "yes",
}
# A demand as firms write them, and as somebody wrote it after asking.
VAGUE_REASON = "目标没有数字，写了两件事，先问清楚"
VAGUE = {
    "title": "轴承有噪音想解决一下",
    "problem": "我们生产的轴承噪音比较大，客户有意见，另外成本也想降一降，希望有专家帮忙看看怎么解决。",
    "need": "technology",
    "visibility": "public",
}
CLEARER = {
    "title": "深沟球轴承异音由 52 dB 降到 45 dB 以下",
    "problem": "我们生产的深沟球轴承噪音比较大，成品检测 52 dB，客户要求 45 dB 以下，希望找出异音来源并改进工艺。",
    "expected_goal": "成品异音不超过 45 dB，单套成本不增加。",
}
# What the history of each organisation says it was verified by.
CHECKED = "示例数据，未核对证照"
RESEARCHER = ResearcherValues(
    field_codes=("401", "804"),
    title="副教授",
    discipline="材料表面工程",
    offer="冲压模具的喷丸强化和硬质涂层；可以提供残余应力测试和对比冲裁试验。",
    deputy=True,
    envoy=True,
    public=frozenset({"fields", "title", "discipline", "offer", "willingness"}),
)
BROKER = BrokerValues(
    number="SF-2025-0001",
    level="intermediate",
    issuer="某省技术市场协会（示例）",
    field_codes=("40", "80"),
    introduction="做过轴承和模具行业的技术对接，帮企业把问题写成能招标的指标。",
    listed=True,
)


def load_demonstration(report: Callable[[str], None]) -> None:
    """Load the sample lists and the people of the demonstration.

    Args:
        report: called with one line about each step.

    Raises:
        NotAllowed: the site is a live one.
    """
    # A known password on a live site would let anybody in.
    if current_app.config["ENVIRONMENT"] == "live":
        raise NotAllowed("正式站不能载入示例数据。", "示例只用于 MARKET_ENV=demo。")
    codes = _read_codes()
    for name, kind in SAMPLE_LISTS:
        sheet = importing.parse_file(SAMPLES / name, kind)
        # Before the import: no list verifies anybody, and what is not verified stays a draft.
        for owner in dict.fromkeys(entry.owner for entry in sheet.entries):
            _add_verified(
                owner.name,
                kind=owner.kind,
                uscc=owner.uscc or codes[owner.name],
                district_code=owner.district_code,
            )
        # As the operators' own list: complete rows are published with it.
        outcome = exchange_deeds.import_rows(sheet, by=None, publish=True)
        report(
            f"demo/{name}: {outcome.new} listings, {outcome.published} published, {outcome.refused} refused"
        )
    # After the lists, for one of these people belongs to the owner of the first sample demand.
    for name, person in DEMO_PEOPLE.items():
        account_deeds.add_person(
            _email_of(name),
            name=person.name,
            password=DEMO_PASSWORD,
            roles=[person.role] if person.role else [],
            organisations=_organisations(person.organisation, codes),
            place=person.place,
            administers=person.administers,
        )
    people = {name: _demo_person(name) for name in DEMO_PEOPLE}
    _add_profiles()
    _let_people_come_in()
    for writer, kind, state, values in ON_THE_DESK:
        _add_listing(writer, kind, state, values)
    _change_first_published()
    _assign_first_confidential()
    _request_brokers()
    demo_files.attach_published(people)
    demo_files.attach_at_desk(people)
    demo_files.write_for_firm(people)
    _ask_co_owner()
    _end_some()
    _report_one()
    _propose_rewriting()
    _name_substitute()
    report(f"{add_deals(people)} deals under way")
    report(f"{add_cases(people)} pairs carried by a broker")
    report(f"{_publish_lists()} lists published, one in proof")
    report(f"{len(ON_THE_DESK)} listings being written or reviewed")
    _stage_list()
    estimate = _store_estimate()
    added = add_ledger(people["operator"], UNIVERSITY, INSTITUTE)
    report(f"{added} contracts in the ledger")
    report(f"{add_envelopes(people, estimate)} claims on money of the year")
    report(f"{add_finance(people)} financial products")
    _draft_synonyms()
    report("one draft of synonyms, whose preview is computed in the background")


def _propose_rewriting() -> None:
    """A demand in diagnosis: asked and answered, with a rewriting that waits for its firm."""
    firm, operator = _demo_person("firm"), _demo_person("operator")
    # By the firm itself: what an operator wrote would wait for its confirmation (140).
    row = listing_deeds.create(
        "demand", VAGUE, organisation=firm.organisations[0], by=firm
    )
    assert isinstance(row, Demand)  # noqa: S101
    case = diagnosis_deeds.take_demand(row, reason=VAGUE_REASON, by=operator)
    asked = diagnosis_deeds.inquire(
        case,
        "expected_goal",
        "现在多少分贝，要降到多少？",
        by=operator,
        seen=case.revision,
    )
    diagnosis_answers.answer_questions(
        case,
        {asked.id: "客户要求 45 dB 以下，现在 52 dB。"},
        by=firm,
        seen=case.revision,
    )
    diagnosis_deeds.propose_rewriting(case, CLEARER, by=operator, seen=case.revision)


def _name_substitute() -> None:
    """An operator is away for a week, and the other one stands in."""
    operator = _demo_person("operator")
    # Only a colleague of the same seat can stand in (097).
    name_substitute(
        seats_of(operator)[0],
        _demo_person("operator2"),
        first_day=today(),
        last_day=today() + timedelta(days=6),
        by=operator,
    )


def _stage_list() -> None:
    """A list that the university's desk has uploaded and not decided about: a new row, faults, and a conflict."""
    desk = _demo_person("desk")
    owner = desk.organisations[0]
    name = "import-with-faults.csv"
    with (SAMPLES / name).open("rb") as file:
        read = read_upload(file, "科技处十一月清单.csv", "achievement", LIST, owner)
    import_deeds.stage_upload(read, source=LIST, organisation=owner, by=desk)


def _let_people_come_in() -> None:
    """A firm that waits to be verified, a request that waits for its administrator, and a twin to be merged."""
    newcomer, joiner = _demo_person("newcomer"), _demo_person("joiner")
    # A second run finds them where they are; founding twice would be refused.
    if not newcomer.memberships:
        membership_deeds.found_organisation(
            NEWCOMER,
            uscc=NEWCOMER_USCC,
            kind="firm",
            district_code="371581",
            by=newcomer,
        )
    first = _demo_person("firm").organisations[0]
    if not membership_queries.own_requests(joiner):
        membership_deeds.ask_to_join(first, note="技术部，负责保持器", by=joiner)
    organisation_deeds.draft_organisation(TWIN, kind="firm", district_code="371502")
    # The job for twins would find it by itself; here its finding is there at once.
    organisation_deeds.propose_twins()


def _publish_lists() -> int:
    """第 1 期 of each kind, with the files that the background would render, and a second one of demands in proof."""
    operator = _demo_person("operator")
    days = {"since": today().replace(month=1, day=1), "until": today()}
    published = 0
    for kind in LISTINGS:
        if issue_queries.next_number(kind, None) > 1:
            continue
        proof = issue_deeds.begin_proof(kind, None, days, by=operator)
        fingerprint = choose_lines(proof).fingerprint
        issue_deeds.publish_proof(
            proof, seen=proof.revision, fingerprint=fingerprint, by=operator
        )
        published += 1
    # Here and not by the job, so that the downloads are there when the site begins to serve.
    issue_upkeep.render_missing()
    if not issue_queries.open_proofs(operator):
        narrowed = days | {"chain_code": "bearing"}
        issue_deeds.begin_proof("demand", None, narrowed, by=operator)
    return published


def _store_estimate() -> PolicyEstimate:
    """A firm that meets five clauses, with three and more that it has still to answer for."""
    firm = _demo_person("firm")
    (organisation_id, *_) = firm.organisation_ids
    return policy_deeds.keep_estimate(
        organisation_id, FIGURES_OF_FIRM, today(), by=firm
    )


def _draft_synonyms() -> None:
    """A draft of synonyms whose preview the work in the background computes; what is shipped stays in force."""
    operator = _demo_person("operator")
    # An open draft is somebody's by now.
    if word_queries.open_draft("synonyms", by=operator) is not None:
        return
    content = json.loads((SAMPLES / "word_lists.json").read_text(encoding="utf-8"))
    lines = content["word_lists"]["synonyms"]
    draft = word_deeds.begin_draft("synonyms", by=operator)
    word_deeds.save_draft(
        draft,
        added="\n".join(lines["added"]),
        removed="\n".join(lines["removed"]),
        note="企业说法和论文说法不同的几组，请先看预览",
        by=operator,
        seen=draft.revision,
    )
    word_deeds.ask_preview(draft, by=operator, seen=draft.revision)


def _assign_first_confidential() -> None:
    """Give the first confidential demand to a broker, who alone of both then reads it."""
    table = LISTINGS["demand"]
    query = db.select(table).where(
        table.visibility == "confidential", table.state == "published"
    )
    row = db.session.scalars(query.order_by(table.id).limit(1)).first()
    broker = _demo_person("broker")
    # Given already on an earlier run, which is refused and would end the loading.
    if row is not None and broker.id not in row.broker_ids:
        listing_deeds.assign_broker(row, broker, by=_demo_person("operator"))


def _request_brokers() -> None:
    """Let a firm request the broker by name, and a university leave it to the operators."""
    broker = _demo_person("broker")
    requests = (
        ("firm", "demand", broker.id, "想先电话谈一次，周三、周四下午都可以。"),
        ("desk", "achievement", None, "请找熟悉企业技改的经理人。"),
    )
    for name, kind, broker_id, note in requests:
        person = _demo_person(name)
        table = LISTINGS[kind]
        query = db.select(table).where(
            table.organisation_id.in_(person.organisation_ids),
            table.state == "published",
        )
        # Not what was given already: of that nobody need be requested.
        for row in db.session.scalars(query.order_by(table.id.desc()).limit(1)):
            if mediation_queries.latest_request(row) is None:
                mediation_deeds.request_broker(row, broker_id, note=note, by=person)


def _ask_co_owner() -> None:
    """The researcher asks a firm that shares their newest draft; it has not answered yet."""
    researcher, firm = _demo_person("researcher"), _demo_person("firm")
    table = LISTINGS["achievement"]
    query = db.select(table).where(
        table.owner_id == researcher.id, table.state == "draft"
    )
    row = db.session.scalars(query.order_by(table.id.desc()).limit(1)).first()
    if isinstance(row, Achievement) and not right_queries.consents_for(row.id):
        name = firm.organisations[0].name
        right_deeds.ask_co_owner(row, named=name, email="", by=researcher)


def _end_some() -> None:
    """Let one demand of the firm end soon, and another one be met."""
    firm = _demo_person("firm")
    table = LISTINGS["demand"]
    query = db.select(table).where(
        table.organisation_id.in_(firm.organisation_ids), table.state == "published"
    )
    rows = list(db.session.scalars(query.order_by(table.id)))
    # The first and the last are those that other parts of the demonstration show; fewer leave them alone.
    if len(rows) < MIN_TO_END:
        return
    ending, met = rows[1], rows[2]
    values = {"valid_until": today() + timedelta(days=6)}
    listing_deeds.save(ending, values, by=firm, seen=ending.revision)
    note = "与高校签了合同。"
    listing_deeds.close(met, by=firm, seen=met.revision, note=note, outcome="market")


def _report_one() -> None:
    """Lay a complaint of a guest before the operators."""
    table = LISTINGS["achievement"]
    query = db.select(table).where(
        table.state == "published", table.visibility == "public"
    )
    for row in db.session.scalars(query.order_by(table.id).limit(1)):
        complaint_deeds.file_complaint(
            # As a browser would send the address of the page.
            subject_at(f"/achievements/{row.id}"),
            nonce="demonstration",
            reason="rights",
            text="这项成果里的一件专利已经转让给我们单位，公开的权利人不对，请核实。",
            by=Guest(),
        )


def list_demo_people() -> Iterator[tuple[str, str]]:
    """Sign-in names of the demonstration whose password is `DEMO_PASSWORD` here, with the Chinese name of what each is.

    A data folder of an earlier version has other passwords, and somebody may have set another one.
    """
    for name, person in DEMO_PEOPLE.items():
        found = account_queries.find_person(_email_of(name))
        if found is None or not found.active or not found.password:
            continue
        if verify_password(DEMO_PASSWORD, found.password):
            yield _email_of(name), person.title


def _email_of(name: str) -> str:
    # `.example` is reserved (RFC 2606): no mail can ever reach somebody who really has such an address.
    return f"{name}@demo.example"


def _add_listing(writer: str, kind: str, state: str, values: Mapping[str, Any]) -> None:
    """Write one listing of `ON_THE_DESK` and bring it to its state through the deeds of its writer and the operator."""
    person = _demo_person(writer)
    operator = _demo_person("operator")
    row = listing_deeds.create(
        kind, values, organisation=person.organisations[0], by=person
    )
    # Each achievement whose maturity asks for one has its report before it is handed in.
    if kind == "achievement":
        demo_files.attach_report(row, person)
    if state == "draft":
        return
    listing_deeds.submit(row, by=person, seen=row.revision)
    # A firm has no desk, so its demand is with the operators by now.
    if row.state == "at_desk" and state != "at_desk":
        desk = _demo_person("desk")
        listing_deeds.endorse(row, by=desk, seen=row.revision)
    if state == "returned":
        todos = {"foundation": "写明现在的冲次、试过的材料和涂层"}
        listing_deeds.send_back(
            row, by=operator, seen=row.revision, note=SENT_BACK, todos=todos
        )
    elif state == "rejected":
        listing_deeds.reject(row, by=operator, seen=row.revision, note=REFUSED)


def _change_first_published() -> None:
    """Hand in a change of what the university published first; the old version stays public."""
    researcher = _demo_person("researcher")
    table = LISTINGS["achievement"]
    query = db.select(table).where(
        table.organisation_id == researcher.organisations[0].id,
        table.state == "published",
    )
    row = db.session.scalars(query.order_by(table.id).limit(1)).first()
    if row is None or changes_waiting.open_change(row) is not None:
        return
    if row.owner_id is None:
        row.owner_id = researcher.id  # it came with a list; now it is theirs to change
    values = {"summary": row.summary + MORE_WORDS}
    listing_deeds.save(row, values, by=researcher, seen=row.revision)


def _add_profiles() -> None:
    """What the researcher, the desk and the broker say of themselves, where they have said nothing yet."""
    researcher, desk = _demo_person("researcher"), _demo_person("desk")
    if profile_queries.own_researcher(researcher) is None:
        profile_deeds.save_researcher(RESEARCHER, seen=0, by=researcher)
    if profile_queries.own_researcher(desk) is None:
        agreed = ResearcherValues(desk_public=True)
        profile_deeds.save_researcher(agreed, seen=0, by=desk)
    broker = _demo_person("broker")
    if profile_queries.own_broker(broker) is None:
        values = replace(BROKER, valid_to=today() + timedelta(days=700))
        profile = profile_deeds.save_broker(values, seen=0, by=broker)
        profile_deeds.check_certificate(
            profile,
            checked="证书原件或扫描件",
            seen=profile.revision,
            by=_demo_person("operator"),
        )


def _demo_person(name: str) -> Person:
    """A person of the demonstration, who has been added just before.

    Raises:
        LookupError: there is nobody of that name.
    """
    person = account_queries.find_person(_email_of(name))
    if person is None:
        raise LookupError(f"the demonstration has no {name}")
    return person


def _read_codes() -> dict[str, str]:
    """Name → 统一社会信用代码 of the organisations whose lists have no column of codes."""
    with (SAMPLES / "organisations.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["单位名称"]: row["统一社会信用代码"] for row in rows}


def _add_verified(
    name: str, *, kind: str, uscc: str, district_code: str | None
) -> Organisation:
    """An organisation of the demonstration, verified: no import verifies anybody, and its lists are to be public."""
    return organisation_deeds.add_organisation(
        name,
        kind=kind,
        uscc=uscc,
        district_code=district_code,
        checked=CHECKED,
        by=None,
    )


def _organisations(name: str | None, codes: Mapping[str, str]) -> list[Organisation]:
    """The named organisation of the demonstration, or the owner of the first sample demand; none for an empty name."""
    if name == "":
        return []
    if name is None:
        table = LISTINGS["demand"]
        query = db.select(table).order_by(table.id).limit(1)
        owner: Organisation = db.session.scalars(query).one().organisation
        return [owner]
    kind = ORGANISATION_KIND[name]
    return [_add_verified(name, kind=kind, uscc=codes[name], district_code="371502")]
