"""The life table of a technology contract: drafted, confirmed by both sides, filed, registered.

What is said and asked at a station is in `readiness.py`; payments have a room of their own above.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# A paper has been made, and both have confirmed it.
CONFIRMED = ("signed", "filed", "accepted", "registered", "not_registered")
AT_OFFICE = ("filed", "accepted")
# Their fields may still be changed; where both had confirmed, they must confirm again.
CHANGEABLE = ("drafting", "confirming", "signed", "filed", "accepted", "not_registered")

_MOVES = {
    ("drafting", "save"): "drafting",
    ("drafting", "issue"): "confirming",
    ("confirming", "confirm"): "confirming",
    ("confirming", "sign"): "signed",
    ("signed", "file"): "filed",
    ("not_registered", "file"): "filed",
    ("filed", "accept"): "accepted",
    # Not every office says that it has accepted before it decides.
    ("filed", "register"): "registered",
    ("accepted", "register"): "registered",
    ("filed", "refuse"): "not_registered",
    ("accepted", "refuse"): "not_registered",
    ("registered", "amend"): "registered",
    ("registered", "cancel"): "cancelled",
}
# What is registered has no such move: corrections of it are entries (120).
for _state in CHANGEABLE:
    if _state != "drafting":
        _MOVES[_state, "change"] = "drafting"

CONTRACT_LIFE = Life(
    initial="drafting",
    moves=_MOVES,
    names={
        "drafting": "起草",
        "confirming": "等双方确认",
        "signed": "双方已确认",
        "filed": "已提交登记",
        "accepted": "登记机构已受理",
        "registered": "已登记",
        "not_registered": "未予登记",
        "cancelled": "登记已撤销",
    },
    deeds={
        "create": "起草合同",
        "import": "从登记簿导入",
        "save": "保存",
        "issue": "生成合同文本",
        "confirm": "确认文本",
        "sign": "双方已确认",
        "change": "修改，原来的确认失效",
        "file": "提交登记",
        "accept": "受理",
        "register": "登记",
        "refuse": "未予登记",
        "amend": "更正登记金额",
        "cancel": "撤销登记",
    },
    phases={"confirmed": CONFIRMED},
)
ENTRY_KINDS = {"registered": "登记", "amended": "更正", "cancelled": "撤销"}
