"""The life table of a pair: proposed by the site, merged or kept apart by a person, and taken back."""

from __future__ import annotations

from marketplace.lifecycle import Life

PAIR_LIFE = Life(
    initial="proposed",
    moves={
        ("proposed", "merge"): "merged",
        ("proposed", "keep_apart"): "apart",
        # Back to the queue: that the two resemble one another is still so.
        ("merged", "undo"): "proposed",
        ("apart", "undo"): "proposed",
    },
    names={"proposed": "待判断", "apart": "不是重复", "merged": "已合并"},
    deeds={"merge": "合并", "keep_apart": "不是重复", "undo": "撤销"},
    permissions={
        "merge": "duplicates.settle",
        "keep_apart": "duplicates.settle",
        "undo": "duplicates.settle",
    },
)
