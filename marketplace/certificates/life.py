"""The life table of a certificate: requested by a researcher, confirmed by their organisation, valid until withdrawn.

Whether its numbers are still those of the ledger is no state: it is computed whenever somebody verifies it.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

CERTIFICATE_LIFE = Life(
    initial="requested",
    moves={
        ("requested", "issue"): "issued",
        ("requested", "decline"): "declined",
        ("requested", "cancel"): "cancelled",
        # There is no way to mend what was issued: papers are out, and a new request makes a new one.
        ("issued", "withdraw"): "withdrawn",
    },
    names={
        "requested": "等单位确认",
        "issued": "已签发",
        "declined": "单位没有确认",
        "cancelled": "已取消申请",
        "withdrawn": "已撤回",
    },
    deeds={
        "create": "申请业绩证明",
        "issue": "确认并签发",
        "decline": "不确认",
        "cancel": "取消申请",
        "withdraw": "撤回",
    },
)
# What a verification answers, and nothing more: no name, no sum, no organisation.
ANSWERS = {
    "valid": "有效",
    "invalid": "无效",
    "withdrawn": "已撤回",
    # Says that the ledger has moved, not by how much: the sums are the holder's to show.
    "corrected": "已被更正",
}
