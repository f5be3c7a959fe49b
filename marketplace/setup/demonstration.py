"""The demonstration: sample lists, people with a known password, and what lies on their desks.

What every site needs, demonstration or not, is in `preparing.py`. Nothing here commits on its own.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import current_app
from flask_security.utils import verify_password

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.errors import NotAllowed
from marketplace.exchange import deeds as exchange_deeds
from marketplace.exchange import importing
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS
from marketplace.mediation import deeds as mediation_deeds
from marketplace.mediation import queries as mediation_queries
from marketplace.memberships import deeds as membership_deeds
from marketplace.memberships import queries as membership_queries
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation
from marketplace.profiles import deeds as profile_deeds
from marketplace.profiles import queries as profile_queries
from marketplace.profiles.writing import BrokerValues, ResearcherValues
from marketplace.setup.demo_people import (
    DEMO_PEOPLE,
    NEWCOMER,
    NEWCOMER_USCC,
    ORGANISATION_KIND,
    TWIN,
)

SAMPLES = Path(__file__).resolve().parent.parent.parent / "demo"
SAMPLE_LISTS = (
    ("achievements-1.csv", "achievement"),
    ("achievements-2.csv", "achievement"),
    ("demands.csv", "demand"),
)
# Public on purpose: `flask prepare` prints it, and `load_demonstration` refuses a live site.
DEMO_PASSWORD = "Dongchang-7Lake"  # noqa: S105
# What the history of each organisation says it was verified by.
CHECKED = "示例数据，未核对证照"
# What lies on the desks of these people: (writer, kind, state, values). One of each state, so that
# every tray and every list of 我的 has something to show. None is public: search and matches stay those of the lists.
FIRM_CONTACT = {"contact_name": "技术部（示例）", "contact_phone": "0635-0000011"}
LAB_CONTACT = {"contact_name": "成果转化岗（示例）", "contact_phone": "0635-0000012"}
ON_THE_DESK: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "firm",
        "demand",
        "submitted",
        {
            "title": "保持器碳氢清洗后残油与工序间锈蚀控制",
            "problem": "冲压保持器改用碳氢清洗后，兜孔内侧总有残油，单件残留在 3 到 6 毫克之间；装箱放到第四天，约 2% "
            "的边缘起锈点，雨天更多。加长过烘干时间，换过两种防锈水，防锈水浓了客户说影响铆合后的润滑脂，淡了又压不住。",
            "key_technology": "兜孔残油的快速检测；与润滑脂相容的水性防锈成膜。",
            "expected_goal": "单件残油不超过 1 毫克，湿热条件下放置 15 天无锈点。",
            "foundation": "有两条碳氢清洗线和盐雾箱，可以按周提供样件。",
            "metrics": [
                {
                    "name": "单件残油",
                    "operator": "le",
                    "value": Decimal(1),
                    "unit": "mg",
                    "current": "3–6 mg",
                },
                {
                    "name": "湿热放置无锈",
                    "operator": "ge",
                    "value": Decimal(15),
                    "unit": "天",
                    "current": "4 天",
                },
            ],
            "field_codes": ["405"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "demand_type": "product_process",
            "cooperation_modes": ["commissioned_dev", "service"],
            "budget": Decimal(30),
            "keywords": ["保持器", "碳氢清洗", "防锈"],
            **FIRM_CONTACT,
        },
    ),
    (
        "firm",
        "demand",
        "returned",
        {
            "title": "浪形保持器冲孔凸模早期崩刃",
            "problem": "冲孔凸模用的是高速钢，设计寿命四十万次，实际不到一半就崩刃，换一次模要停线两个多小时，"
            "还得重新对中。断口有的在刃口，有的在台阶根部，看不出规律。",
            "field_codes": ["804"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "demand_type": "tech_breakthrough",
            "cooperation_modes": ["cooperative_dev"],
            "budget_negotiable": True,
            "keywords": ["冲孔凸模", "崩刃", "模具寿命"],
            **FIRM_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "submitted",
        {
            "title": "冲压凸模台阶根部残余应力调控与 AlCrN 涂层复合强化",
            "summary": "针对精密冲孔凸模在台阶根部疲劳开裂、刃口崩缺的问题，先用微粒喷丸在根部引入压应力，"
            "再作短时去应力，最后沉积四微米 AlCrN 涂层。在 1.2 毫米冷轧钢带上作过对比冲裁，涂层前的表面准备是成败所在，"
            "喷丸过强时刃口会倒圆，因此给出了按刃口半径选择丸径和气压的表。",
            "innovation": "按刃口半径选择喷丸强度，强化根部而不伤刃口。",
            "baseline": "同一副模具上，平均寿命由 18 万次提高到 41 万次。",
            "stage": "lab_scale",
            "field_codes": ["804", "401"],
            "industry_codes": ["C34"],
            "chain_code": "bearing",
            "achievement_type": "applied_technology",
            "conversion_modes": ["license", "co_implement"],
            "price_mode": "negotiable",
            "contributors": [{"name": "示例庚"}, {"name": "示例辛"}],
            "keywords": ["冲孔凸模", "喷丸", "AlCrN", "涂层"],
            **LAB_CONTACT,
        },
    ),
    (
        "researcher",
        "achievement",
        "draft",
        {
            "title": "尼龙保持架吸水后尺寸的在线预测",
            "summary": "用注塑时的模温、保压和料批含水率预测调湿后的内径，还差冬季的数据。",
            "chain_code": "bearing",
            "stage": "rnd",
        },
    ),
)
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
# What the operator writes with the one that goes back; its writer reads it on their desk.
SENT_BACK = "请补充现在的冲次和希望达到的冲次，并写明试过哪些材料和涂层，别人才好判断。"


def load_demonstration(report: Callable[[str], None]) -> None:
    """Load the sample lists and the people of the demonstration.

    Args:
        report: called with one line about each step.

    Raises:
        NotAllowed: the site is a live one.
    """
    if current_app.config["ENVIRONMENT"] == "live":
        raise NotAllowed("正式站不能载入示例数据。", "示例只用于 MARKET_ENV=demo。")
    codes = _read_codes()
    for name, kind in SAMPLE_LISTS:
        sheet = importing.parse_file(SAMPLES / name, kind)
        for owner in dict.fromkeys(entry.owner for entry in sheet.entries):
            _add_verified(
                owner.name,
                kind=owner.kind,
                uscc=owner.uscc or codes[owner.name],
                district_code=owner.district_code,
            )
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
    _add_profiles()
    _let_people_come_in()
    for writer, kind, state, values in ON_THE_DESK:
        _add_listing(writer, kind, state, values)
    _assign_first_confidential()
    _request_brokers()
    report(f"{len(ON_THE_DESK)} listings being written or reviewed")


def _let_people_come_in() -> None:
    """A firm that waits to be verified, a request that waits for its administrator, and a twin to be merged."""
    newcomer, joiner = _demo_person("newcomer"), _demo_person("joiner")
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
    organisation_deeds.propose_twins()


def _assign_first_confidential() -> None:
    """Give the first confidential demand to a broker, who alone of both then reads it."""
    table = LISTINGS["demand"]
    query = db.select(table).where(
        table.visibility == "confidential", table.state == "published"
    )
    row = db.session.scalars(query.order_by(table.id).limit(1)).first()
    broker = _demo_person("broker")
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
    if state != "draft":
        listing_deeds.submit(row, by=person, seen=row.revision)
    if state == "returned":
        listing_deeds.send_back(row, by=operator, seen=row.revision, note=SENT_BACK)


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
