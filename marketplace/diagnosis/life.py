"""The life table of a diagnosis: states, deeds, what leads where, and what each deed takes.

The engine stands in `marketplace/lifecycle.py`, what a deed does in `deeds.py`; the table in `models.py`.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# A demand has one of these at a time.
# The unique index of the table names the same three.
OPEN = ("requested", "diagnosing", "proposed")
# How a diagnosis ends: what a demand is now, and what it means for its firm.
# Advice for the firm and no state of the demand, which stays as its firm wrote it.
CONCLUSIONS = {
    "ready": ("可对接", "写得清楚，可以直接找成果、请人对接"),
    "incomplete": ("需补充", "补上建议里写的几处，再送审或再请诊断"),
    "long_term": ("长期攻关", "现在没有现成的办法，要合作研发或申报项目"),
}
DIAGNOSIS_LIFE = Life(
    initial="diagnosing",
    moves={
        ("requested", "take"): "diagnosing",
        ("requested", "withdraw"): "withdrawn",
        ("diagnosing", "inquire"): "diagnosing",
        ("diagnosing", "answer"): "diagnosing",
        ("diagnosing", "propose"): "proposed",
        ("diagnosing", "propose_split"): "proposed",
        # What was proposed may be answered late, and mended before the firm has decided.
        ("proposed", "answer"): "proposed",
        ("proposed", "propose"): "proposed",
        ("proposed", "propose_split"): "proposed",
        ("proposed", "ask_changes"): "diagnosing",
        ("proposed", "confirm"): "rewritten",
        ("proposed", "confirm_split"): "split",
        ("proposed", "decline"): "declined",
        # Also before anything is proposed: nobody has to put up with being diagnosed.
        ("diagnosing", "decline"): "declined",
        ("diagnosing", "advise"): "unfit",
        ("proposed", "advise"): "unfit",
        ("diagnosing", "stop"): "stopped",
        ("proposed", "stop"): "stopped",
    },
    names={
        "requested": "等人接手",
        "diagnosing": "诊断中",
        "proposed": "等企业确认",
        "rewritten": "已按改写确认",
        "split": "已拆成几条",
        "unfit": "暂不适合",
        "declined": "企业没有采用",
        "stopped": "已停止",
        "withdrawn": "已撤回",
    },
    deeds={
        "create": "开始诊断",
        "take": "接手诊断",
        "inquire": "提问",
        "answer": "回答",
        "propose": "提出改写",
        "propose_split": "提出拆分",
        "confirm": "确认改写",
        "confirm_split": "确认拆分",
        "ask_changes": "请再改",
        "decline": "不采用",
        "advise": "给出结论",
        "stop": "停止诊断",
        "withdraw": "撤回申请",
    },
    permissions={
        "take": "diagnosis.take",
        "inquire": "diagnosis.work",
        "propose": "diagnosis.work",
        "propose_split": "diagnosis.work",
        "advise": "diagnosis.work",
        "stop": "diagnosis.work",
        "answer": "diagnosis.answer",
        "confirm": "diagnosis.answer",
        "confirm_split": "diagnosis.answer",
        "ask_changes": "diagnosis.answer",
        "decline": "diagnosis.answer",
        "withdraw": "diagnosis.answer",
    },
    phases={"open": OPEN},
)
