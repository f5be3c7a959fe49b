"""The life table of a story: written, agreed to by both sides, public until one of them takes its consent back."""

from __future__ import annotations

from marketplace.lifecycle import Life

STORY_LIFE = Life(
    initial="waiting",
    moves={
        ("waiting", "rewrite"): "waiting",
        ("published", "rewrite"): "waiting",
        ("waiting", "agree"): "waiting",
        ("waiting", "publish"): "published",
        ("waiting", "take_back"): "waiting",
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
