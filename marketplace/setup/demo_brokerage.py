"""Cases of the broker in the demonstration: some in every column of the board, one late, one with a commission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Person
from marketplace.brokerage import agreement_deeds, deeds, ledger
from marketplace.brokerage.agreement_deeds import CommissionTerms
from marketplace.brokerage.child_models import INTERESTS
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.deals import deeds as deal_deeds
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS

COMMISSION = CommissionTerms(
    payer="receiver",
    mode="percent",
    base="technology_amount",
    trigger="received",
    rate=Decimal("2.5"),
    # fen: 20 万元
    cap_fen=20_000_000,
)
CLAIM = (
    "今年 9 月的轴承产业对接会上已经介绍双方见面，并带企业看过试验线，有签到表和照片。"
)
NEXT_STEP = "约研究院到企业看冲压线，定试用的型号"
DAYS_LATE = 3
DAYS_TO_NEXT_STEP = 9


@dataclass(frozen=True)
class Pair:
    """A pair of the demonstration.

    Attributes:
        achievement, demand: titles of the samples.
        message: why the two belong together.
        by: who proposes it: `broker`, `operator` or `researcher`.
        holder: who answers for the achievement, by sign-in name.
    """

    achievement: str
    demand: str
    message: str
    by: str = "broker"
    holder: str = "desk"


CAGES = "冲压钢保持器兜孔毛刺与尺寸超差在线检测"
# How far each is brought → its pair. The firm of the demonstration owns the demands of those that both sides answer.
PAIRS = {
    "lead": Pair(
        "通信光纤高速拉丝双层涂覆在线固化度监测",
        "弯曲不敏感光纤涂层固化与附加损耗",
        "我们课题组的在线固化度监测正好能找出涂层固化不均的位置，请平台看看能不能对接。",
        by="researcher",
    ),
    "dispatched": Pair(
        "低噪声长寿命聚脲轴承润滑脂",
        "电机用深沟球轴承振动值离散与异音攻关",
        "企业说换过两种润滑脂都不稳定，这项成果有振动值的对比数据。",
        by="operator",
    ),
    "late": Pair(
        "滚动轴承早期故障边缘诊断模块",
        "中小工厂旋转设备振动预测性维护边缘网关",
        "诊断模块可以装进企业的边缘网关，双方各做一半。",
    ),
    "commission": Pair(
        "冷轧与镀锌带钢表面缺陷机器视觉分级系统",
        CAGES,
        "带钢表面有油膜时的打光和区分算法是现成的，可以先拿不良片试。",
    ),
    "meeting": Pair(
        "深沟球轴承冲压钢保持架十二工位传递模与自动铆合单元",
        CAGES,
        "同样的 6200 系列保持架，模具里带逐件检测，毛刺在源头就能减下来。",
        holder="institute",
    ),
    "intention": Pair(
        "坯布疵点多光源视觉检测与剪样定级",
        CAGES,
        "多光源轮流打光的办法可以移过来分清油渍和毛刺，节拍也跟得上。",
    ),
    "deal": Pair(
        "面向中小制造企业的工艺知识大模型问答系统",
        "玻纤增强尼龙保持器吸湿变形与开裂控制",
        "企业调浇口和模温全凭经验，可以把历年试模记录整理成能查的工艺知识。",
    ),
}


def add_cases(people: Mapping[str, Person]) -> int:
    """Bring a pair to each column of the board, as its people would; how many.

    Args:
        people: sign-in name → person: broker, broker2, operator, researcher, firm, desk, institute.
    """
    # Once: a second run of `flask prepare` must not carry the same pairs again.
    if db.session.scalar(db.select(BrokerageCase.id).limit(1)) is not None:
        return 0
    for stage, pair in PAIRS.items():
        case = _propose(pair, people)
        _bring(case, stage, people[pair.holder], people)
    return len(PAIRS)


def _propose(pair: Pair, people: Mapping[str, Person]) -> BrokerageCase:
    return deeds.propose_pair(
        _listing("achievement", pair.achievement),
        _listing("demand", pair.demand),
        message=pair.message,
        by=people[pair.by],
    )


def _listing(kind: str, title: str) -> Any:
    """A published listing of the samples. Raises NoResultFound where the samples have none of that title."""
    table = LISTINGS[kind]
    query = db.select(table).where(table.title == title, table.state == "published")
    return db.session.scalars(query.order_by(table.id).limit(1)).one()


def _bring(
    case: BrokerageCase, stage: str, holder: Person, people: Mapping[str, Person]
) -> None:
    """Press what leads to a stage, one button after the other."""
    broker, firm = people["broker"], people["firm"]
    if stage == "lead":
        return
    if stage == "dispatched":
        deeds.dispatch_case(case, broker.id, by=people["operator"], seen=case.revision)
        return
    deeds.accept_dispatch(
        case,
        interests=dict.fromkeys(INTERESTS, False),
        details="",
        by=broker,
        seen=case.revision,
    )
    # Before the sides are brought in: once names are known no commission can be proposed any more (115).
    if stage == "commission":
        agreement_deeds.propose_commission(
            case, COMMISSION, by=broker, seen=case.revision
        )
    deeds.introduce_sides(case, by=broker, seen=case.revision)
    if stage == "late":
        # On a site days pass by themselves; here the last one is put behind today, and the next deed commits it.
        case.due_on = today() - timedelta(days=DAYS_LATE)
        db.session.flush()
    deeds.answer_yes(case, agrees=True, opens_firm=True, by=holder, seen=case.revision)
    # One side has answered: the case waits for the other.
    if stage in ("late", "commission"):
        return
    deeds.answer_yes(case, agrees=True, opens_firm=True, by=firm, seen=case.revision)
    if stage == "meeting":
        # The other broker claims the first introduction, which is then decided by its record (114).
        _dispute(case, people["broker2"])
        deeds.plan_step(
            case,
            step=NEXT_STEP,
            day=today() + timedelta(days=DAYS_TO_NEXT_STEP),
            by=broker,
            seen=case.revision,
        )
        return
    deeds.note_intention(
        case,
        note="双方都愿意先做一台样机，费用各担一半。",
        by=broker,
        seen=case.revision,
    )
    if stage == "deal":
        _begin_deal(case, holder, firm)


def _dispute(case: BrokerageCase, claimant: Person) -> None:
    row = ledger.attribution_of(case.pair_key)
    assert row is not None  # noqa: S101  both sides have accepted
    agreement_deeds.dispute_attribution(row, CLAIM, by=claimant)


def _begin_deal(case: BrokerageCase, holder: Person, firm: Person) -> None:
    assert case.introduction is not None  # noqa: S101  both sides have accepted
    # By the firm, which receives, as on a site: a case ends where a deal begins (113).
    deal = deal_deeds.propose_deal(
        case.introduction,
        title="注塑工艺知识问答系统委托开发",
        owner_type="government_university",
        contract_type="development",
        contract_subtype="commissioned",
        conversion_mode="co_implement",
        by=firm,
    )
    deal_deeds.agree_deal(deal, by=holder, seen=deal.revision)
