"""The life table of a story: written, agreed to by both sides, public until one of them takes its consent back."""

from __future__ import annotations

from marketplace.lifecycle import Life

STORY_LIFE = Life(
    initial="waiting",
    moves={
        ("waiting", "rewrite"): "waiting",
        # Down at once: to another text nobody has agreed yet (decision 129).
        ("published", "rewrite"): "waiting",
        ("waiting", "agree"): "waiting",
        ("waiting", "publish"): "published",
        ("waiting", "take_back"): "waiting",
        # Back to waiting and not ended: the side may agree again, and the other one's consent still holds.
        ("published", "take_back"): "waiting",
        ("waiting", "end"): "ended",
        ("published", "end"): "ended",
    },
    names={
        "waiting": "等双方同意",
        "published": "已公开",
        "ended": "已撤下",
    },
    deeds={
        "create": "写成功案例",
        "rewrite": "改案例",
        "agree": "同意公开",
        "publish": "双方已同意，公开",
        "take_back": "撤回同意",
        "end": "撤下案例",
    },
)
