"""The life table of an introduction: states, deeds, what leads where, and the term for an answer."""

from __future__ import annotations

from marketplace.lifecycle import Life

# Working days for an answer, from the day after the request; then the operators follow it up.
ANSWER_DAYS = 5
UNANSWERED = ("waiting", "overdue")
INTRODUCTION_LIFE = Life(
    initial="waiting",
    moves={
        ("waiting", "accept"): "accepted",
        # The side that answers may still do so after the term (106).
        ("overdue", "accept"): "accepted",
        ("waiting", "decline"): "declined",
        ("overdue", "decline"): "declined",
        ("waiting", "withdraw"): "withdrawn",
        ("overdue", "withdraw"): "withdrawn",
        # Nobody answered in time.
        ("waiting", "lapse"): "overdue",
        ("overdue", "remind"): "waiting",
        # Operators decide only once the term is over.
        ("overdue", "end"): "ended",
    },
    names={
        "waiting": "等对方答复",
        "overdue": "超期未答复，平台在跟进",
        "accepted": "已接受，双方可以联系",
        "declined": "对方谢绝了",
        "withdrawn": "已撤回",
        "ended": "平台已结束",
    },
    deeds={
        "create": "想对接",
        "accept": "接受对接",
        "decline": "谢绝",
        "withdraw": "撤回",
        "lapse": "超期",
        "remind": "催办",
        "end": "结束",
        "say": "留言",
    },
    phases={"unanswered": UNANSWERED},
)
# The same states as the side reads them that answers.
ANSWERING_NAMES = INTRODUCTION_LIFE.names | {
    "waiting": "等您答复",
    "overdue": "超期未答复，您仍可以答复",
    "declined": "您单位谢绝了",
    "withdrawn": "对方撤回了",
}
