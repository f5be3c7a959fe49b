"""What is frozen of a deal for a pack of evidence, section by section, in words.

The sections follow what 尽职免责 is decided by: democratic decision, reasonable care, supervision (待核实: what the
city says, 若干措施 六(四), is a draft).
What stays out of it, and why, is decision 126. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from marketplace.audit.publishing import signer
from marketplace.clock import now
from marketplace.contracts.life import ENTRY_KINDS
from marketplace.contracts.models import TechContract
from marketplace.contracts.queries import contract_of
from marketplace.deals.child_models import DealDecision, DealObjection, DealPublicity
from marketplace.deals.life import (
    CONTRACT_TYPES,
    CONVERSION_MODES,
    DEAL_LIFE,
    DILIGENCE,
    DILIGENCE_NAMES,
    EVALUATIONS,
    OWNER_TYPES,
    finding_words,
)
from marketplace.deals.models import SIDE_NAMES, Deal
from marketplace.deals.writing import broken_release
from marketplace.evidence.parts import entries_of, parts_of
from marketplace.listings.schema import terms
from marketplace.proceeds import queries as proceeds
from marketplace.proceeds.models import Distribution
from marketplace.proceeds.printing import basis_words
from marketplace.proceeds.sharing import SOURCES
from marketplace.rules.queries import thawed
from marketplace.wording import day, minute, yuan

# Part of what is hashed: a reader years from now has to know how to read it.
FORMAT = "evidence-pack/1"
# Who completed an achievement may buy it first on equal terms; a deal has to say what became of that.
PRIORITIES = {
    "": "还没有记录",
    "waived": "完成人已放弃",
    "none": "没有人有优先权",
    "used": "完成人已行使",
}
_DECISIONS = {
    "pending": "等审批",
    "approved": "已批准",
    "rejected": "已退回",
    "replaced": "已被取代",
}
_PUBLICITIES = {"running": "公示中", "closed": "已结束", "void": "已作废"}

Rows = list[list[str]]


def build_record(deal: Deal, *, number: int, made_for: str) -> dict[str, Any]:
    """What a pack says of a deal as it is now.

    Args:
        deal: loaded, and held by the caller.
        number: which pack of the deal it is.
        made_for: who requested it: an organisation, or an office of the platform; never a person.

    Returns:
        plain JSON: `sections` of label and words, `history`, `files`, `audit` (positions of entries).
    """
    contract = contract_of(deal)
    # As they are now: later entries about the deal belong to a later pack.
    positions, left_out = entries_of(deal, contract)
    return {
        "format": FORMAT,
        "log": signer().name,
        "deal": deal.number,
        "number": number,
        "title": deal.title,
        "made_at": minute(now()),
        "made_for": made_for,
        "sections": [
            {"title": title, "rows": rows}
            for title, rows in _sections(deal, contract)
            if rows
        ],
        "history": [
            {
                "number": one.version,
                # A merger of organisations writes a release without being a deed of the life table.
                "deed": DEAL_LIFE.deeds.get(one.deed, "单位合并"),
                "at": minute(one.at),
                "sha256": one.sha256,
            }
            for one in deal.releases
        ],
        "files": [asdict(one) for one in parts_of(deal, contract)],
        "audit": {"positions": positions, "left_out": left_out},
    }


def _sections(deal: Deal, contract: TechContract | None) -> Iterator[tuple[str, Rows]]:
    yield "交易", _deal_rows(deal)
    yield "依据的规则（交易开始那天的）", _rule_rows(deal)
    yield "权属", _ownership_rows(deal)
    yield "意向书和保密协议", _letter_rows(deal)
    yield "尽职调查和关联关系声明", _item_rows(deal)
    # All of them, rejected and replaced ones too: leaving some out would be choosing the evidence.
    for one in deal.decisions:
        yield f"定价决定（{day(one.decided_at)}）", _decision_rows(one)
    for publicity in deal.publicities:
        yield f"第 {publicity.round} 次公示", _publicity_rows(publicity)
    for objection in deal.objections:
        yield f"异议 {objection.number}", _objection_rows(objection)
    yield (
        "完成人优先权",
        [["结果", PRIORITIES[deal.priority]], ["依据", deal.priority_note or "—"]],
    )
    if contract is not None:
        yield "合同", _contract_rows(contract)
        yield "登记台账", _entry_rows(contract)
        yield "节点和到款", _money_rows(contract)
        for distribution in proceeds.distributions_of(contract):
            yield (
                f"收入分配方案（{day(distribution.planned_on)}）",
                _distribution_rows(distribution),
            )


def _deal_rows(deal: Deal) -> Rows:
    # Written into the pack rather than refused: who decides on it has to see that the chain is broken.
    broken = broken_release(deal.releases)
    chain = "每一版都接着上一版"
    if broken is not None:
        chain = f"从第 {broken + 1} 版起对不上，请平台核查"
    rows = [
        ["编号", deal.number],
        ["名称", deal.title],
        ["办理过程的指纹", chain],
        [SIDE_NAMES["holder"], deal.holder.name],
        [SIDE_NAMES["receiver"], deal.receiver.name],
        ["持有方是", OWNER_TYPES[deal.owner_type]],
        ["合同类型", CONTRACT_TYPES[deal.contract_type]],
        ["转化方式", CONVERSION_MODES[deal.conversion_mode]],
        ["开始", day(deal.began_on)],
        ["状态", deal.state_name],
        ["价格", deal.price_words or "还没有定"],
        ["需要公示", "是" if deal.publicity_due else "否"],
    ]
    if deal.terminate_reason:
        rows.append(["终止的说明", deal.terminate_note])
    return rows


def _rule_rows(deal: Deal) -> Rows:
    rows = []
    # Frozen at the beginning of the deal: a rule that changed later did not bind those who decided.
    for key, value in thawed(deal.rules).items():
        # Publicity (山东省促进科技成果转化条例 art. 14: fifteen days), terms and floors: what care is measured by.
        if key.startswith(("publicity.", "deals.", "reward.")):
            rows.append([value.says, f"{value.shown}。{value.source}"])
    return rows


def _ownership_rows(deal: Deal) -> Rows:
    listing = deal.achievement
    if listing is None:
        return []
    co_owners = [one.name for one in listing.co_owners]
    rows = [
        ["成果", listing.title],
        ["权属", terms.OWNERSHIPS.get(listing.ownership or "", "没有填写")],
        ["完成单位", "、".join([deal.holder.name, *co_owners])],
        # Public with the achievement, and with its publicity.
        ["完成人", "、".join(one.name for one in listing.contributors) or "没有填写"],
    ]
    for right in listing.ips:
        status = terms.LEGAL_STATUSES.get(right.legal_status or "", "状态没有填写")
        rows.append(
            [
                terms.IP_TYPES.get(right.ip_type, right.ip_type),
                f"{right.name} {right.number}，{status}",
            ]
        )
    return rows


def _letter_rows(deal: Deal) -> Rows:
    rows = []
    for letter in deal.letters:
        state = f"{day(letter.drafted_at)} 起草，没有经双方确认"
        # Both or neither: a letter that one side alone confirmed binds nobody.
        if letter.holder_at and letter.receiver_at:
            state = f"双方于 {minute(max(letter.holder_at, letter.receiver_at))} 确认"
        rows.append([letter.kind_name, f"{state}。SHA-256：{letter.sha256}"])
    return rows


def _item_rows(deal: Deal) -> Rows:
    rows = []
    for item in deal.items:
        finding = finding_words(item.code, item.has_finding)
        words = f"{DILIGENCE[item.code]}？{finding}。{item.note}"
        rows.append(
            [DILIGENCE_NAMES[item.code], f"{words}（{minute(item.answered_at)}）"]
        )
    return rows


def _decision_rows(one: DealDecision) -> Rows:
    # By name: whose care is to be proven has to be named (decision 126).
    approvals = [f"{each.by.name}（{minute(each.at)}）" for each in one.approvals]
    rows = [
        ["状态", _DECISIONS[one.state]],
        ["定价方式", one.method_name],
        ["价格", one.price_words],
        ["依据", one.basis],
        ["评估", f"{EVALUATIONS[one.evaluation]} {one.evaluation_note}".strip()],
        ["赋权", one.empowerment or "没有"],
        ["会议", day(one.met_on)],
        # Democratic decision is part of what 尽职免责 is judged by (待核实): who sat in the meeting belongs to it.
        ["参会人", "、".join(one.attendees) or "没有填写"],
        ["决议", one.minutes],
        ["提交", f"{one.decided_by.name}（{minute(one.decided_at)}）"],
        ["批准", f"{'、'.join(approvals) or '没有'}；需要 {one.approvals_needed} 位"],
    ]
    if one.rejected_note:
        rows.append(["退回的原因", one.rejected_note])
    return rows


def _publicity_rows(one: DealPublicity) -> Rows:
    related = "有关联关系。" if one.related_party else "没有关联关系。"
    # An institution may set working days, which take longer than the natural days of the regulation.
    unit = "个工作日" if one.day_kind == "working" else "个自然日"
    rows = [
        ["成果名称", one.title],
        ["拟交易价格", one.price_words],
        ["定价方式", one.method_name],
        ["定价依据", one.basis],
        ["受让方", one.receiver_name],
        ["转化方式", CONVERSION_MODES[one.conversion_mode]],
        ["完成人", "、".join(one.completers) or "没有填写"],
        ["关联关系声明", f"{related}{one.related_note}"],
        ["公示期", f"{one.days} {unit}，开始那天不算"],
        ["开始", minute(one.started_at)],
        ["最后一天", f"{day(one.ends_on)} 24:00（北京时间）"],
        ["公示的地方", one.places],
        ["异议处理程序", one.procedure],
        ["状态", _PUBLICITIES[one.state]],
    ]
    if one.ended_at is not None:
        rows.append(["结束", f"{minute(one.ended_at)}。{one.result}"])
    return rows


def _objection_rows(one: DealObjection) -> Rows:
    # Who objected, and how to reach them, is nobody's affair but that of who answers.
    rows = [
        ["收到", minute(one.received_at)],
        ["理由", one.reason_name],
        ["内容", one.text],
        ["证据", one.evidence or "没有"],
        ["要求", one.remedy_name],
        ["结果", one.state_name],
    ]
    if one.answered_at is not None:
        words = f"{one.answer_reason_name}。{one.answer}（{minute(one.answered_at)}）"
        rows.append(["答复", words])
    return rows


def _contract_rows(contract: TechContract) -> Rows:
    rows = [
        ["编号", contract.number],
        ["状态", contract.state_name],
        ["签订", day(contract.signed_on)],
        ["登记编号", contract.registry_no or "还没有登记"],
        ["登记日期", day(contract.registered_on)],
        ["登记机构", contract.registry_office or "—"],
    ]
    for paper in contract.papers:
        # Only confirmations that are still valid: another draft voids them.
        sides = [SIDE_NAMES[side] for side in sorted(paper.standing)]
        words = f"SHA-256：{paper.sha256 or '还没有生成'}。"
        words += f"{'、'.join(sides)}已确认。" if sides else "没有有效的确认。"
        rows.append([f"第 {paper.number} 稿", words])
    return rows


def _entry_rows(contract: TechContract) -> Rows:
    rows = []
    for entry in contract.entries:
        sums = (
            f"成交 {yuan(entry.total_fen)} 元，技术交易额 {yuan(entry.tech_fen)} 元，"
            f"免税 {yuan(entry.exempt_fen)} 元"
        )
        rows.append(
            [
                f"{day(entry.entered_on)} {ENTRY_KINDS[entry.kind]}",
                f"{sums}。{entry.reason}",
            ]
        )
    return rows


def _money_rows(contract: TechContract) -> Rows:
    rows = []
    for one in proceeds.milestones_of(contract):
        paid = f"，应付 {yuan(one.plan_fen)} 元" if one.plan_fen else ""
        done = f"{day(one.done_on)} 完成" if one.done_on else "没有完成"
        rows.append([f"节点：{one.title}", f"{day(one.due_on)} 到期{paid}，{done}"])
    for receipt in proceeds.receipts_of(contract):
        # A receipt is never changed: what was wrong is taken back by another one, and both are listed.
        name = "冲销" if receipt.reverses_id else "到款"
        rows.append(
            [
                f"{day(receipt.received_on)} {name}",
                f"{yuan(receipt.amount_fen)} 元 {receipt.note}".strip(),
            ]
        )
    return rows


def _distribution_rows(one: Distribution) -> Rows:
    # Of this distribution alone: the sums of a contract go on from one to the next.
    net = one.net_after_fen - one.net_before_fen
    ended = f"到 {day(one.ends_on)} 24:00（北京时间）" if one.ends_on else "没有公示"
    # What each person gets is theirs; the pools and the floor show that the rule was followed.
    return [
        ["状态", one.state_name],
        ["收入来源", SOURCES[one.source]],
        ["累计到款", f"{yuan(one.income_fen)} 元"],
        ["累计直接成本", f"{yuan(one.costs_fen)} 元"],
        ["分配的净收入", f"{yuan(net)} 元"],
        ["完成人部分", f"{yuan(one.inventors_fen)} 元，{len(one.shares)} 人"],
        ["单位部分", f"{yuan(one.institution_fen)} 元"],
        ["技术转移机构", f"{yuan(one.office_fen)} 元"],
        ["完成人部分的下限", f"{one.floor_percent}%：{basis_words(one.shares[0])}"],
        ["有担任领导的人", "有" if one.has_leader else "没有"],
        ["公示", ended],
        ["定下", day(one.settled_on)],
    ]
