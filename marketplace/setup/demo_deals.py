"""Deals of the demonstration: one at every station, from the first proposal to one that is done and one that ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.deals import deeds, diligence_deeds, pricing_deeds, publicity_deeds
from marketplace.deals.life import DILIGENCE
from marketplace.deals.models import Deal
from marketplace.deals.pricing_deeds import Price
from marketplace.deals.terms import chosen_end
from marketplace.extensions import db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.introductions import queries as introduction_queries
from marketplace.listings.models import Achievement
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest
from marketplace.setup.demo_contract import add_contract

LETTER = (
    "甲方（成果持有方）和乙方（成果接收方）就本成果的转让进行洽谈：\n"
    "一、甲方向乙方介绍成果的技术内容和权属情况。\n"
    "二、乙方在收到资料后三十日内完成技术评估。\n"
    "三、双方对洽谈中知悉的信息保密；价格和方式以正式合同为准。"
)
PRICE = Price(
    method="negotiated",
    # fen: 86 万元
    price_fen=86_000_000,
    price_text="",
    basis="参照本校近两年三笔同类专利转让的成交价，并由双方协商确定。",
    evaluation="waived",
    evaluation_note="按本校规定，协议定价并公示的可以不评估，由成果转化领导小组会议决定。",
    empowerment="",
    minutes="会议听取了定价依据和关联关系声明，一致同意按 86 万元转让。",
    met_on=None,
    attendees=("示例审批人", "示例成果转化岗", "示例科研处负责人"),
)
# How far each of them is brought, in the order in which they begin.
STATIONS = (
    "in_publicity",
    "decided",
    "due_diligence",
    "intention",
    "proposed",
    "objection",
    "approved",
    "performing",
    "price_determined",
    "contracted",
    "converted",
    "terminated",
)
# Those that have a contract.
CONTRACTED = ("contracted", "performing", "converted")

ENDED = "企业评估后认为现有产线改造费用太高，双方同意不再继续。"
OBJECTION = "同类专利去年的成交价高出两成，请说明这次定价的依据。"
WAIVED = "完成人已书面放弃同等条件下的优先受让权。"
DAYS_AGO = 30  # a publicity of 15 days that began then is over, whatever holidays put its end off


def add_deals(people: Mapping[str, Person]) -> int:
    """Bring achievements of the desk's organisation to the stations, as far as there are any; how many.

    Args:
        people: sign-in name → person: firm, who receives; desk, who carries them for the holder; approver of prices.
    """
    # Once: a second run of `flask prepare` must not propose the same deals again.
    if db.session.scalar(db.select(Deal.id).limit(1)) is not None:
        return 0
    firm, desk = people["firm"], people["desk"]
    (owner,) = desk.organisations
    rows = _published_of(owner)
    # As far as there are achievements: another set of samples may have fewer.
    for row, station in zip(rows, STATIONS, strict=False):
        deal = _propose(row, firm, desk)
        _bring(deal, station, firm, desk, people["approver"])
        if station in CONTRACTED:
            add_contract(deal, station, people)
    return min(len(rows), len(STATIONS))


def _published_of(owner: Organisation) -> list[Achievement]:
    query = db.select(Achievement).where(
        Achievement.organisation_id == owner.id,
        Achievement.state == "published",
        Achievement.visibility == "public",
    )
    ordered = query.order_by(Achievement.id).limit(len(STATIONS))
    return list(db.session.scalars(ordered))


def _propose(row: Achievement, firm: Person, desk: Person) -> Deal:
    (name, *_) = introduction_queries.names_for(row, firm)
    case = introduction_deeds.request_introduction(
        row,
        name,
        message="想了解转让条件，能否来厂里看看？",
        agrees=True,
        opens_firm=True,
        by=firm,
    )
    introduction_deeds.accept_introduction(
        case, agrees=True, opens_firm=True, by=desk, seen=case.revision
    )
    return deeds.propose_deal(
        case,
        title=f"「{row.title}」专利权转让"[:200],
        owner_type="government_university",
        contract_type="transfer",
        contract_subtype="patent_right",
        conversion_mode="transfer",
        by=firm,
    )


def _bring(
    deal: Deal, station: str, firm: Person, desk: Person, approver: Person
) -> None:
    if station == "proposed":
        return
    deeds.agree_deal(deal, by=desk, seen=deal.revision)
    letter = deeds.draft_letter(
        deal,
        letter_kind="intention",
        text=LETTER,
        access_until=None,
        by=firm,
        seen=deal.revision,
    )
    if station == "intention":
        return
    if station == "terminated":
        deeds.terminate_deal(
            deal, reason="budget", note=ENDED, by=firm, seen=deal.revision
        )
        return
    deeds.confirm_letter(
        deal,
        letter_kind="intention",
        sha256=letter.sha256,
        by=desk,
        seen=deal.revision,
    )
    codes = list(DILIGENCE)
    # Half done, so that the page shows what is still missing.
    if station == "due_diligence":
        codes = codes[:3]
    for code in codes:
        diligence_deeds.answer_item(
            deal, code=code, has_finding=False, note="", by=desk, seen=deal.revision
        )
    if station == "due_diligence":
        return
    diligence_deeds.finish_diligence(deal, by=desk, seen=deal.revision)
    price = replace(PRICE, met_on=today())
    pricing_deeds.decide_price(deal, price, by=desk, seen=deal.revision)
    if station == "decided":
        return
    # By another than who decided: nobody approves their own price.
    pricing_deeds.approve_price(deal, by=approver, seen=deal.revision)
    if station == "price_determined":
        return
    publicity_deeds.begin_publicity(
        deal,
        # None: as many days as the rule in force says (110), no number of ours.
        days=None,
        day_kind="natural",
        places="本校科研处网站「通知公告」栏（示例）",
        objection_contact="示例大学科研处成果转化科，0635-0000000（示例）",
        procedure="异议以书面形式提出，写明事实和证据。收到异议即暂停交易，十个工作日内核查并公开答复。",
        by=desk,
        seen=deal.revision,
    )
    if station == "objection":
        # Before the publicity ends: an objection after it would come too late.
        _object(deal)
    if station == "approved" or station in CONTRACTED:
        _let_publicity_end(deal)
    if station in CONTRACTED:
        deeds.settle_priority(
            deal, priority="waived", note=WAIVED, by=desk, seen=deal.revision
        )


def _object(deal: Deal) -> None:
    """A guest objects, which locks the deal until the institution has answered."""
    publicity = deal.running_publicity
    assert publicity is not None  # noqa: S101  it has just begun
    publicity_deeds.file_objection(
        publicity,
        nonce="demonstration",
        reason="price",
        text=OBJECTION,
        evidence="",
        remedy="disclose",
        contact="",
        by=Guest(),
    )


def _let_publicity_end(deal: Deal) -> None:
    """On a site days pass by themselves; here they are put behind today."""
    publicity = deal.running_publicity
    assert publicity is not None  # noqa: S101  it has just begun
    begun = today() - timedelta(days=DAYS_AGO)
    end = chosen_end(deal.rules, begun, publicity.days, publicity.day_kind)
    publicity.started_on, publicity.ends_on = begun, end.day
    # Committed before the job is called, which reads the rows from the database.
    persistence.commit()
    publicity_deeds.close_due()
