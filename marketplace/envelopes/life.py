"""The life tables of envelopes of money and of claims on them, and their closed lists. Deeds are in `*deeds.py`."""

from __future__ import annotations

from marketplace.lifecycle import Life

ENVELOPE_LIFE = Life(
    initial="drafted",
    moves={
        # Money is changed by movements only; the move leaves its History with the reason.
        ("drafted", "budget"): "drafted",
        ("drafted", "open"): "open",
        ("open", "budget"): "open",
        ("open", "close"): "closed",
        # Closed takes no new claims; what was handed in is decided and paid as before.
        ("closed", "reopen"): "open",
    },
    names={"drafted": "筹备中", "open": "受理申领", "closed": "停止受理"},
    deeds={
        "create": "设立资金",
        "budget": "调整预算",
        "open": "开始受理",
        "close": "停止受理",
        "reopen": "恢复受理",
    },
    permissions={
        "budget": "envelope.edit",
        "open": "envelope.edit",
        "close": "envelope.edit",
        "reopen": "envelope.edit",
    },
)

CLAIM_LIFE = Life(
    initial="draft",
    moves={
        ("draft", "submit"): "submitted",
        ("draft", "withdraw"): "withdrawn",
        ("submitted", "send_back"): "returned",
        ("submitted", "approve"): "approved",
        ("submitted", "refuse"): "refused",
        ("submitted", "withdraw"): "withdrawn",
        ("returned", "submit"): "submitted",
        ("returned", "withdraw"): "withdrawn",
        # Nobody handed it in again in time: what was reserved for it is free for others.
        ("returned", "lapse"): "lapsed",
        ("approved", "pay"): "paid",
        # Only before the payment: what was paid comes back by its own movement, never by undoing one.
        ("approved", "rescind"): "refused",
        ("paid", "recover"): "recovered",
    },
    names={
        "draft": "草稿",
        "submitted": "等审核",
        "returned": "退回补充",
        "approved": "已批准，等付款",
        "refused": "不予批准",
        "withdrawn": "已撤回",
        "lapsed": "到期没有补充",
        "paid": "已付款",
        "recovered": "款项已退回",
    },
    deeds={
        "create": "开始申领",
        "submit": "提交申领",
        "withdraw": "撤回申领",
        "send_back": "退回补充",
        "approve": "批准",
        "refuse": "不予批准",
        "lapse": "到期没有补充",
        "pay": "记录付款",
        "rescind": "撤销批准",
        "recover": "记录退款",
    },
    permissions={
        "submit": "claim.write",
        "withdraw": "claim.write",
        "send_back": "claim.review",
        "approve": "claim.review",
        "refuse": "claim.review",
        "rescind": "claim.review",
        "pay": "claim.pay",
        "recover": "claim.pay",
    },
)
# The claimant may still change papers.
OPEN_TO_CLAIMANT = ("draft", "returned")
# An amount is reserved or spent for it, and nobody else may claim the same.
STANDING = ("submitted", "returned", "approved", "paid")
RESERVED = ("submitted", "returned", "approved")
# What operators have to do something about.
WAITING = ("submitted", "approved")

# Kind of a movement → its name. The first two change the budget, the others what is reserved and paid.
MOVEMENTS = {
    "raise": "增加预算",
    "lower": "核减预算",
    "reserve": "预留",
    "release": "释放预留",
    "pay": "付款",
    "recover": "退款",
}
