"""The life of a case: states, deeds, what leads where, the columns of the board, and every term of it in one place.

States and terms after the city's draft of the work of brokers (platform policy, status 待核实); no law sets them.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# The terms, as keys of the room `rules`. Working days where the name says so, else natural days.
# An operator judges a lead and dispatches it.
JUDGE_WORKDAYS = "broker.judge_days"
# A broker takes a dispatch up or declines it.
ACCEPT_WORKDAYS = "broker.accept_days"
# A broker has talked to both sides for the first time.
CONTACT_WORKDAYS = "broker.first_contact_days"
# Each side answers.
ANSWER_WORKDAYS = "broker.answer_days"
# Without an update the broker is reminded.
REMIND_DAYS = "broker.remind_days"
# Without an update the case goes back to the operators.
REASSIGN_DAYS = "broker.reassign_days"
# How far ahead somebody may plan: limits of the forms, no terms.
MAX_HOLD_DAYS = 180
MAX_STEP_DAYS = 90  # until the next step

# Each of these has a last day, by a constraint of the table: no case waits for nobody.
RUNNING = (
    "lead",
    "qualified",
    "dispatched",
    "matching",
    "meeting",
    "intention",
    "on_hold",
)
# The broker has taken it up and declared their interests.
DECLARED = ("matching", "meeting", "intention", "on_hold")
# Those whose silence is counted: what is on hold was put off until a day of its own.
ACTIVE = ("matching", "meeting", "intention")
ENDED = ("deal", "terminated")
TERMINATE_REASONS = {
    "price_gap": "价格谈不拢",
    "tech_unfit": "技术不合用",
    "ip_defect": "知识产权有瑕疵",
    "budget": "资金不到位",
    "partner_withdrew": "一方不再继续",
    "objection_sustained": "异议成立",
    "expired": "长期没有进展",
    "duplicate": "和另一次对接重复",
    "other": "其他",
}
# Column of the board → its name; what ended without a deal is in none.
COLUMNS = {
    "waiting": "待回应",
    "contact": "联系中",
    "talks": "洽谈",
    "intention": "意向",
    "deal": "交易",
}
# What is on hold is found by the state it was held in.
COLUMN_OF = {
    "lead": "waiting",
    "qualified": "waiting",
    "dispatched": "waiting",
    "matching": "contact",
    "meeting": "talks",
    "intention": "intention",
    "deal": "deal",
}

_MOVES = {
    ("lead", "qualify"): "qualified",
    ("qualified", "dispatch"): "dispatched",
    # 接单, with the declaration of interests; where the broker serves both sides, both agree first.
    ("dispatched", "declare"): "dispatched",
    ("dispatched", "consent"): "dispatched",
    ("dispatched", "begin_matching"): "matching",
    ("dispatched", "decline_dispatch"): "qualified",
    # Declined or lapsed, it goes back to the operators: a pair is never without somebody who must act.
    ("dispatched", "lapse"): "qualified",
    # Both sides are asked, and each answers.
    ("matching", "introduce"): "matching",
    ("matching", "answer"): "matching",
    ("matching", "refuse"): "terminated",
    ("matching", "meet"): "meeting",
    ("meeting", "intend"): "intention",
    # Before names are disclosed, also while the sides talk already.
    ("matching", "confirm"): "matching",
    ("matching", "remind"): "matching",
    ("meeting", "remind"): "meeting",
    ("intention", "remind"): "intention",
    ("on_hold", "remind"): "on_hold",
    ("on_hold", "resume_matching"): "matching",
    ("on_hold", "resume_meeting"): "meeting",
    ("on_hold", "resume_intention"): "intention",
    ("on_hold", "reclaim"): "qualified",
    ("dispatched", "reclaim"): "qualified",
}
for _state in ACTIVE:
    _MOVES[_state, "hold"] = "on_hold"
    _MOVES[_state, "reclaim"] = "qualified"
    _MOVES[_state, "plan"] = _state
    _MOVES[_state, "record"] = _state
_MOVES["dispatched", "record"] = "dispatched"
for _state in RUNNING:
    _MOVES[_state, "terminate"] = "terminated"
    if _state != "lead":
        # Both sides may agree on a deal at any moment.
        _MOVES[_state, "begin_deal"] = "deal"
# A deal that comes to nothing: the two may be brought together again.
_MOVES["deal", "end_deal"] = "terminated"

CASE_LIFE = Life(
    initial="lead",
    moves=_MOVES,
    names={
        "lead": "线索，等平台研判",
        "qualified": "等平台派单",
        "dispatched": "等技术经理人接单",
        "matching": "撮合中",
        "meeting": "洽谈中",
        "intention": "有合作意向",
        "on_hold": "已搁置",
        "deal": "已进入交易",
        "terminated": "已结束",
    },
    deeds={
        "create": "建立撮合",
        "qualify": "研判通过",
        "dispatch": "派单",
        "declare": "申报利益关系",
        "consent": "同意一人服务双方",
        "begin_matching": "接单",
        "decline_dispatch": "不接单",
        "lapse": "到期没有接单",
        "introduce": "向双方提出对接",
        "answer": "愿意对接",
        "refuse": "谢绝对接",
        "confirm": "平台确认对接",
        "meet": "双方开始洽谈",
        "intend": "双方有意向",
        "plan": "定下一步",
        "record": "记一笔",
        "remind": "催办",
        "hold": "搁置",
        "resume_matching": "恢复撮合",
        "resume_meeting": "恢复洽谈",
        "resume_intention": "恢复意向",
        "reclaim": "收回重派",
        "terminate": "结束",
        "begin_deal": "进入交易",
        "end_deal": "交易已终止",
    },
)

DISPUTE_LIFE = Life(
    initial="open",
    moves={("open", "uphold"): "upheld", ("open", "reject"): "rejected"},
    names={"open": "等平台裁定", "upheld": "异议成立", "rejected": "异议不成立"},
    deeds={"create": "提出异议", "uphold": "裁定成立", "reject": "裁定不成立"},
)

# A commission: proposed by the broker, in force once every payer has confirmed the same text.
AGREEMENT_LIFE = Life(
    initial="proposed",
    moves={
        ("proposed", "sign"): "proposed",
        ("proposed", "settle"): "signed",
        ("proposed", "withdraw"): "withdrawn",
    },
    names={"proposed": "等付款方确认", "signed": "已确认生效", "withdrawn": "已撤回"},
    deeds={
        "create": "提出佣金约定",
        "sign": "确认佣金约定",
        "settle": "佣金约定生效",
        "withdraw": "撤回佣金约定",
    },
)
PAYERS = {"holder": "成果方", "receiver": "需求方", "both": "双方各半"}
MODES = {
    "fixed": "固定金额",
    "percent": "按成交额的比例",
    "tier": "分段比例",
    "success": "前期费用加成交比例",
}
BASES = {"technology_amount": "技术交易额", "total_amount": "合同总额"}
TRIGGERS = {
    "signed": "技术合同签订后",
    "registered": "技术合同登记后",
    "received": "成交款到账后",
}
# What the law says where the two are silent: 民法典 arts. 961–966 and 887, read in 2026-11, 待核实.
COMMISSION_HINTS = (
    "没有约定中介报酬的，按中介人付出的劳务合理确定（民法典第九百六十三条，待核实）。",
    "促成合同成立的，中介活动的费用由中介人负担；技术中介合同另有规定（第九百六十三条、第八百八十七条，待核实）。",
    "没有促成合同的，不得请求报酬，可以按约定请求必要费用（第九百六十四条，待核实）。",
    "委托人绕开中介人直接订立合同的，仍应支付报酬（第九百六十五条，待核实）。",
    "法律没有规定报酬比例，平台也不设默认比例。",
)
