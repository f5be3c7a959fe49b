"""The life table of a deal: its stations, which deed leads where, and which stations a deal of a kind passes.

Who acts at a station, until when and with what in hand is in `readiness.py`; the rooms above take the moves from
`approved` on.
"""

from __future__ import annotations

from marketplace.brokerage.life import TERMINATE_REASONS as TERMINATE_REASONS
from marketplace.lifecycle import Life

# Where a deal runs: it belongs to people who must act.
RUNNING = (
    "proposed",
    "open",
    "intention",
    "due_diligence",
    "pricing",
    "price_determined",
    "in_publicity",
    "objection",
    "approved",
    "contracted",
    "performing",
)
ENDED = ("converted", "terminated")
# From here on the price is determined, and stays in the row.
PRICED = (
    "price_determined",
    "in_publicity",
    "objection",
    "approved",
    "contracted",
    "performing",
    "converted",
)
# From here on publicity is closed where it was due.
APPROVED = ("approved", "contracted", "performing", "converted")

_MOVES = {
    # What a broker proposes needs both sides.
    ("proposed", "agree_first"): "proposed",
    ("proposed", "agree"): "open",
    ("proposed", "refuse"): "terminated",
    # 意向书, NDA: a text that both sides confirm; another text takes the place of one that is not confirmed.
    ("open", "draft_letter"): "intention",
    ("intention", "draft_letter"): "intention",
    ("intention", "confirm_letter"): "intention",
    ("intention", "settle_letter"): "due_diligence",
    # 尽调: every item answered.
    ("due_diligence", "answer_item"): "due_diligence",
    # An NDA may also be asked for while the papers are looked at.
    ("due_diligence", "draft_letter"): "due_diligence",
    ("due_diligence", "confirm_letter"): "due_diligence",
    ("due_diligence", "finish_diligence"): "pricing",
    # 定价: a decision with its basis, approved by those who answer for it.
    ("pricing", "decide_price"): "pricing",
    ("pricing", "reject_price"): "pricing",
    ("pricing", "approve_price"): "pricing",
    ("pricing", "determine_price"): "price_determined",
    ("price_determined", "publicise"): "in_publicity",
    # Where no publicity is due.
    ("price_determined", "pass_publicity"): "approved",
    ("in_publicity", "close_publicity"): "approved",
    # 异议 locks the deal until every one is answered; one sustained begins pricing anew.
    ("in_publicity", "object"): "objection",
    ("objection", "object"): "objection",
    ("objection", "answer_objection"): "objection",
    ("objection", "unlock"): "in_publicity",
    ("objection", "sustain_objection"): "pricing",
    # What comes out only later about an item of 尽调, the price, a party, the method or the achievement.
    ("pricing", "reopen_diligence"): "due_diligence",
    # Before a contract is signed these may still change, which begins publicity once more.
    ("price_determined", "revise"): "pricing",
    ("in_publicity", "revise"): "pricing",
    ("approved", "revise"): "pricing",
    # The achievement was changed: what is or was made public of it is no longer what it says.
    ("in_publicity", "restart_publicity"): "price_determined",
    ("approved", "restart_publicity"): "price_determined",
    ("approved", "settle_priority"): "approved",
    # Of the room of contracts.
    ("approved", "contract"): "contracted",
    # A change of the contract takes back what both had confirmed (119).
    ("contracted", "void_contract"): "approved",
    ("contracted", "perform"): "performing",
    ("performing", "convert"): "converted",
}
for _state in RUNNING:
    # A mere proposal is refused instead, by whoever was to agree.
    if _state != "proposed":
        _MOVES[_state, "terminate"] = "terminated"

# What was agreed on before holds no more: pricing or publicity begins again.
REOPENING = ("revise", "restart_publicity", "reopen_diligence", "sustain_objection")

DEAL_LIFE = Life(
    initial="proposed",
    moves=_MOVES,
    names={
        "proposed": "等同意",
        "open": "洽谈",
        "intention": "意向",
        "due_diligence": "尽调",
        "pricing": "定价",
        "price_determined": "价格已定",
        "in_publicity": "公示中",
        "objection": "有异议，已锁定",
        "approved": "可以签合同",
        "contracted": "已签合同",
        "performing": "履约中",
        "converted": "已转化",
        "terminated": "已终止",
    },
    deeds={
        "create": "提出交易",
        "agree_first": "一方同意",
        "agree": "同意",
        "refuse": "不同意",
        "draft_letter": "起草意向书",
        "confirm_letter": "确认意向书",
        "settle_letter": "双方已确认意向书",
        "answer_item": "答复尽调项目",
        "finish_diligence": "完成尽调",
        "reopen_diligence": "退回尽调",
        "decide_price": "提交定价",
        "reject_price": "退回定价",
        "approve_price": "批准定价",
        "determine_price": "定价通过",
        "publicise": "开始公示",
        "pass_publicity": "不用公示",
        "object": "收到异议",
        "answer_objection": "答复异议",
        "unlock": "恢复公示",
        "sustain_objection": "异议成立",
        "close_publicity": "公示结束",
        "revise": "改价格、对象或方式",
        "restart_publicity": "成果改过，重新公示",
        "settle_priority": "记录完成人优先权",
        "contract": "签订合同",
        "void_contract": "合同确认失效",
        "perform": "开始履约",
        "convert": "完成转化",
        "terminate": "终止",
    },
    phases={"running": RUNNING, "ended": ENDED},
)

# 民法典 book 3 ch. 20 → its five types; conversion modes in the order of 促进科技成果转化法 art. 16.
CONTRACT_TYPES = {
    "development": "技术开发",
    "transfer": "技术转让",
    "license": "技术许可",
    "consulting": "技术咨询",
    "service": "技术服务",
}
CONTRACT_SUBTYPES = {
    "development": {"commissioned": "委托开发", "cooperative": "合作开发"},
    "transfer": {
        "patent_right": "专利权转让",
        "patent_application": "专利申请权转让",
        "know_how": "技术秘密转让",
    },
    "license": {"patent": "专利实施许可", "know_how": "技术秘密使用许可"},
    "consulting": {
        "feasibility": "可行性论证",
        "forecast": "技术预测",
        "survey": "专题技术调查",
        "evaluation": "分析评价报告",
    },
    "service": {
        "problem": "解决特定技术问题",
        "training": "技术培训",
        "intermediary": "技术中介",
    },
}
CONVERSION_MODES = {
    "self_implement": "自行投资实施转化",
    "transfer": "转让",
    "license": "许可",
    "co_implement": "合作实施转化",
    "equity": "作价投资",
    "other": "其他协商方式",
}
# Of these two kinds of contract the kind of conversion has the same name: one that is called the other is a slip, and
# it would be made public.
NAMED_ALIKE = ("transfer", "license")
OWNER_TYPES = {
    "government_university": "政府设立的高等院校",
    "government_institute": "政府设立的研究开发机构",
    "firm": "企业",
    "other": "其他单位",
}
# Kind of an organisation → what its deals may call it, the usual one first; of other kinds any. Else a price of a
# university would escape publicity by one press on 企业, and its inventors the floor of the law.
OWNER_TYPES_OF = {
    "university": ("government_university", "other"),
    "institute": ("government_institute", "firm", "other"),
    "firm": ("firm", "other"),
}
# Set up by the government: 促进科技成果转化法 art. 18 binds them.
GOVERNMENT_OWNED = ("government_university", "government_institute")
# What passes to the receiver is an achievement, for a price that art. 18 wants determined in public.
CONVEYING_TYPES = ("transfer", "license")
CONVEYING_MODES = ("transfer", "license", "equity")
# In the order of 促进科技成果转化法 art. 18.
PRICING_METHODS = {
    "negotiated": "协议定价",
    "listing": "技术交易市场挂牌交易",
    "auction": "拍卖",
}
# Whom a deal may wait for.
TURNS = {
    "holder": "成果持有方",
    "receiver": "成果接收方",
    "both": "双方",
    "approver": "成果持有方的审批人",
    "nobody": "",
}
LETTERS = {"intention": "意向书", "nda": "保密协议（NDA）"}
# Item of 尽调 → what is asked. The answer says whether there is a finding; what is found is written down.
DILIGENCE = {
    "ownership": "权属有没有不清楚的地方（共有人、职务成果、合作开发的约定）",
    "legal_status": "法律状态有没有问题（未授权、失效、欠年费、临近到期）",
    "limits": "有没有权利限制（质押、独占或排他许可、财政项目的约束）",
    "disputes": "有没有争议、诉讼或侵权风险",
    "secrecy_export": "是不是涉及国家秘密，或属于禁止、限制出口的技术",
    "related_party": "受让方和完成人、本单位负责人有没有关联关系（投资、任职、亲属）",
}
DILIGENCE_NAMES = {
    "ownership": "权属",
    "legal_status": "法律状态",
    "limits": "权利限制",
    "disputes": "争议",
    "secrecy_export": "保密和出口",
    "related_party": "关联关系",
}
# What an answer is in words that stand without the question: (nothing was found, something was found).
FINDINGS = {
    "ownership": ("没有不清楚的地方", "有不清楚的地方"),
    "legal_status": ("没有问题", "有问题"),
    "limits": ("没有限制", "有限制"),
    "disputes": ("没有争议", "有争议或风险"),
    "secrecy_export": ("不涉及", "涉及"),
    "related_party": ("没有关联关系", "有关联关系"),
}
EVALUATIONS = {
    "appraised": "已评估",
    "waived": "不评估（已作决定）",
    "not_required": "不需要评估",
}
# 异议: what is wrong, what is asked, and why it is decided so: closed lists, as ProZorro has them.
OBJECTION_REASONS = {
    "ownership": "权属或完成人有误",
    "price": "价格不合理",
    "related_party": "有没有披露的关联关系",
    "procedure": "没有按规定的程序办",
    "infringement": "侵犯他人权利",
    "untrue": "公示内容不真实",
    "other": "其他",
}
REMEDIES = {
    "correct": "更正公示内容",
    "reprice": "重新定价",
    "disclose": "补充披露",
    "redo": "重新履行程序",
    "stop": "停止交易",
}
ANSWER_REASONS = {
    "facts_confirmed": "经核查属实",
    "facts_unfounded": "经核查不属实",
    "insufficient": "证据不足",
    "not_relevant": "和本次公示无关",
    "handled": "已经处理过",
}


def contradict_each_other(contract_type: str, conversion_mode: str) -> bool:
    """Whether a contract cannot be of this kind of conversion: a licence that is called a transfer, or the reverse."""
    both_named = contract_type in NAMED_ALIKE and conversion_mode in NAMED_ALIKE
    return both_named and contract_type != conversion_mode


def publicity_due(
    *,
    owner_type: str,
    contract_type: str,
    conversion_mode: str,
    pricing_method: str | None,
    related_party: bool | None,
) -> bool:
    """Whether a price must be made public before a contract.

    Source: 促进科技成果转化法 art. 18 with 山东省促进科技成果转化条例 art. 14, for institutions and universities that
    the government set up and prices that are agreed; a related party makes it due for anybody (rule of the platform).

    Args:
        owner_type: of the holder, a key of `OWNER_TYPES`.
        contract_type: a key of `CONTRACT_TYPES`.
        conversion_mode: a key of `CONVERSION_MODES`.
        pricing_method: a key of `PRICING_METHODS`; None: not decided yet, taken as agreed.
        related_party: as 尽调 answered it; None: not answered yet.
    """
    if related_party:
        return True
    # Firms sell what is their own as they like: art. 18 binds what the government set up.
    if owner_type not in GOVERNMENT_OWNED:
        return False
    # Either is enough: a stake in return for technology conveys it, whatever type its contract has.
    conveys = contract_type in CONVEYING_TYPES or conversion_mode in CONVEYING_MODES
    # 挂牌 and 拍卖 are public by themselves.
    return conveys and pricing_method in (None, "negotiated")


def finding_words(code: str, has_finding: bool) -> str:
    """What was found at an item of 尽调, in words that need no question; an item of an older list has plain ones."""
    nothing, something = FINDINGS.get(code, ("没有", "有"))
    return something if has_finding else nothing
