"""The life table of a co-owner's consent, and the text they consent to, with its version.

The engine stands in `marketplace/lifecycle.py`, what a deed does in `deeds.py`; the table in `models.py`.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# The version a consent was given to is stored with it; a changed text gets a new one, and the old text stays here.
TEXTS = {
    "2026-11": (
        "{co_owner}是这项成果的共有人，同意由{holder}在平台公开发布，并按上面的方式转化。"
        "收益按共有人之间的约定分配；没有约定的，按《中华人民共和国专利法》第十四条办理。"
    ),
}
VERSION = "2026-11"

OPEN = ("requested", "agreed", "refused")
CONSENT_LIFE = Life(
    initial="requested",
    moves={
        ("requested", "agree"): "agreed",
        ("requested", "refuse"): "refused",
        # Who has agreed may say otherwise while nothing is public yet; who refused may be won over.
        ("agreed", "refuse"): "refused",
        ("refused", "agree"): "agreed",
        ("requested", "withdraw"): "withdrawn",
        ("agreed", "withdraw"): "withdrawn",
        ("refused", "withdraw"): "withdrawn",
        # Asked once more: the link of before is useless, and what was agreed to may be something else.
        ("requested", "ask_again"): "requested",
        ("agreed", "ask_again"): "requested",
        ("refused", "ask_again"): "requested",
    },
    names={
        "requested": "等答复",
        "agreed": "已同意",
        "refused": "不同意",
        "withdrawn": "已撤回",
    },
    deeds={
        "create": "征求共有人同意",
        "agree": "同意",
        "refuse": "不同意",
        "withdraw": "撤回征求",
        "ask_again": "重新征求",
    },
    permissions={
        "withdraw": "rights.ask",
        "ask_again": "rights.ask",
        "agree": "rights.answer",
        "refuse": "rights.answer",
    },
    phases={"open": OPEN},
)
