"""The life table of one distribution of received money."""

from __future__ import annotations

from marketplace.lifecycle import Life

DISTRIBUTION_LIFE = Life(
    initial="planned",
    moves={
        ("planned", "publicise"): "in_publicity",
        # Where no leader is among those rewarded, nothing has to be public first.
        ("planned", "settle"): "settled",
        ("in_publicity", "settle"): "settled",
        ("planned", "drop"): "dropped",
        ("in_publicity", "drop"): "dropped",
    },
    names={
        "planned": "方案待定",
        "in_publicity": "公示中",
        "settled": "已定",
        "dropped": "已作废",
    },
    deeds={
        "create": "提出分配方案",
        "publicise": "公示方案",
        "settle": "定下方案",
        "drop": "作废方案",
    },
)
