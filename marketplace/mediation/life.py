"""The life table of a request for a broker: states, deeds, what leads where, and what each deed takes.

The engine stands in `marketplace/lifecycle.py`, what a deed does in `deeds.py`; the table in `models.py`.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# Nobody has decided yet: a listing has one of these at a time.
# The unique index of the table names the same two.
UNDECIDED = ("requested", "open")
REQUEST_LIFE = Life(
    initial="open",
    moves={
        ("requested", "accept"): "accepted",
        # Back to the firm and not to the operators: whom it wants next is its choice.
        ("requested", "decline"): "declined",
        ("requested", "withdraw"): "withdrawn",
        ("open", "withdraw"): "withdrawn",
        # An operator may give a listing to somebody while its firm waits for another one.
        ("requested", "assign"): "assigned",
        ("open", "assign"): "assigned",
        ("requested", "refuse"): "refused",
        ("open", "refuse"): "refused",
        # Who was requested is no broker any more before they answered.
        ("requested", "release"): "open",
    },
    names={
        "requested": "等技术经理人答复",
        "open": "等平台安排",
        "accepted": "已接手",
        "declined": "已谢绝",
        "assigned": "平台已安排",
        "refused": "平台没有安排",
        "withdrawn": "已撤回",
    },
    deeds={
        "create": "请技术经理人",
        "accept": "接手",
        "decline": "谢绝",
        "withdraw": "撤回",
        "assign": "由平台安排",
        "refuse": "不安排",
        "release": "转给平台安排",
    },
    permissions={
        "accept": "mediation.answer",
        "decline": "mediation.answer",
        "withdraw": "mediation.withdraw",
        "assign": "mediation.assign",
        "refuse": "mediation.assign",
    },
    phases={"undecided": UNDECIDED},
)
