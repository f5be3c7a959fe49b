"""The life tables of achievements and demands: states, deeds, what leads where, and what each deed takes.

The engine stands in `marketplace/lifecycle.py`, what a deed does in `deeds.py`; the tables in `models.py`.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

STATE_NAMES = {
    "draft": "草稿",
    "at_desk": "待机构审核",
    "submitted": "已送审",
    "in_review": "审核中",
    "returned": "已退回",
    "rejected": "未通过",
    "published": "已发布",
    "suspended": "已暂停",
    "expired": "已过期",
    "withdrawn": "已撤回",
    "archived": "已归档",
}
DEED_NAMES = {
    "create": "新建",
    "edit": "修改",
    "rewrite": "采用改写",
    "propose_rewriting": "提出改写，等对方确认",
    "decline_rewriting": "不采用改写",
    "withdraw_rewriting": "收回改写",
    "submit": "送审",
    "hand_to_desk": "送机构审核",
    "recall": "撤回送审",
    "endorse": "机构通过",
    "desk_return": "机构退回修改",
    "desk_reject": "机构不予通过",
    "take": "受理",
    "return": "退回",
    "reject": "不予通过",
    "approve": "通过并发布",
    "suspend": "暂停",
    "resume": "恢复",
    "expire": "到期",
    "propose": "送审修改",
    "recall_change": "撤回修改",
    "endorse_change": "机构通过修改",
    "return_change": "退回修改内容",
    "reject_change": "不采用修改",
    "approve_change": "修改通过并公开",
    "renew": "续期",
    "reopen": "重新打开",
    "withdraw": "撤回",
    "archive": "归档",
    "copy": "复制为新草稿",
    "attach": "上传附件",
    "detach": "删除附件",
    "assign": "交给技术经理人",
    "unassign": "从技术经理人处收回",
    "skip_desk": "转平台审核",
    "await_desk": "转回机构审核",
    "merge": "与重复的一条合并",
    "unmerge": "撤销合并",
}
# States in which what a listing says may be changed, by its owner or for them.
CHANGEABLE = ("draft", "returned", "rejected", "published", "suspended")
_LISTING_MOVES = {
    ("draft", "edit"): "draft",
    ("returned", "edit"): "returned",
    ("published", "edit"): "published",
    # Its owner mends what it was suspended for; the operators then show it again.
    ("suspended", "edit"): "suspended",
    # Somebody else rewrote it, and its firm confirmed that: what is public then changes by a proposal, as any edit.
    ("draft", "rewrite"): "draft",
    ("returned", "rewrite"): "returned",
    ("rejected", "rewrite"): "rejected",
    ("published", "rewrite"): "published",
    ("suspended", "rewrite"): "suspended",
    ("draft", "submit"): "submitted",
    ("returned", "submit"): "submitted",
    # What was refused may be mended: the reason says how, and nobody has to begin a second listing for it.
    ("rejected", "edit"): "rejected",
    ("rejected", "submit"): "submitted",
    # Of a university or institute its desk decides first; which way a listing goes, `review_deeds.submit` says.
    ("draft", "hand_to_desk"): "at_desk",
    ("returned", "hand_to_desk"): "at_desk",
    ("rejected", "hand_to_desk"): "at_desk",
    # Before anybody has decided its owner may still take it back; after 受理 only a return opens it again.
    ("at_desk", "recall"): "draft",
    ("at_desk", "endorse"): "submitted",
    ("at_desk", "desk_return"): "returned",
    ("at_desk", "desk_reject"): "rejected",
    # Its institution was merged into a body without a desk, where the operators decide first; or that was taken back.
    ("at_desk", "skip_desk"): "submitted",
    ("published", "skip_desk"): "published",
    ("submitted", "await_desk"): "at_desk",
    ("published", "await_desk"): "published",
    ("submitted", "recall"): "draft",
    ("submitted", "take"): "in_review",
    ("in_review", "return"): "returned",
    ("in_review", "reject"): "rejected",
    ("in_review", "approve"): "published",
    ("published", "suspend"): "suspended",
    # What is over is public too, so that it can be hidden when somebody reports it.
    ("expired", "suspend"): "suspended",
    ("suspended", "resume"): "published",
    # Moved by jobs and lists and never by a button, so it has no permission.
    ("published", "expire"): "expired",
    ("expired", "renew"): "published",
    # 「仍然有效」 before the end; from which day on, `Listing.is_renewable` says.
    ("published", "renew"): "published",
    ("draft", "withdraw"): "withdrawn",
    ("returned", "withdraw"): "withdrawn",
    ("published", "withdraw"): "withdrawn",
    ("suspended", "withdraw"): "withdrawn",
    # Of two that say the same one is kept; the other one is back when that was a slip.
    ("published", "merge"): "withdrawn",
    ("expired", "merge"): "withdrawn",
    # What is withdrawn cannot be edited, so no review has to come between.
    ("withdrawn", "unmerge"): "published",
    ("expired", "archive"): "archived",
    ("withdrawn", "archive"): "archived",
    ("rejected", "archive"): "archived",
    # A copy takes the place of what was refused; what ended otherwise stays what it is.
    ("rejected", "copy"): "archived",
    ("withdrawn", "copy"): "withdrawn",
    ("archived", "copy"): "archived",
}
# A published listing changes only through review, while what was approved last stays public: these leave its state.
for _deed in (
    "propose",
    "recall_change",
    "endorse_change",
    "return_change",
    "reject_change",
    "approve_change",
):
    _LISTING_MOVES["published", _deed] = "published"
# What somebody else writes for its owner waits for them, wherever it could be changed.
for _state in CHANGEABLE:
    for _deed in ("propose_rewriting", "decline_rewriting", "withdraw_rewriting"):
        _LISTING_MOVES[_state, _deed] = _state
# Files come and go where their listing may be changed; what is over gives its files back as well.
for _state in CHANGEABLE:
    _LISTING_MOVES[_state, "attach"] = _state
    _LISTING_MOVES[_state, "detach"] = _state
for _state in ("expired", "withdrawn", "archived"):
    _LISTING_MOVES[_state, "detach"] = _state
# Deed → what it takes of the permission table. Who recalls a listing from the queue is who may hand it in.
_PERMISSIONS = {
    "edit": "listing.edit",
    "submit": "listing.submit",
    "recall": "listing.submit",
    "endorse": "listing.endorse",
    "desk_return": "listing.desk_review",
    "desk_reject": "listing.desk_review",
    "return": "listing.review",
    "reject": "listing.review",
    "approve": "listing.approve",
    "suspend": "listing.suspend",
    "resume": "listing.suspend",
    "renew": "listing.edit",
    "withdraw": "listing.withdraw",
    "archive": "listing.archive",
    "copy": "listing.edit",
}
# States in which a twin (same owner, same title) may be written again.
ENDED = ("rejected", "withdrawn", "archived", "closed")
# Both wait for the operators, whether somebody has taken it up yet or not.
WAITING = ("submitted", "in_review")
AT_DESK = ("at_desk",)
# Deeds by which a listing is handed in, whoever decides first.
HANDED_IN = ("submit", "hand_to_desk")
ACHIEVEMENT_LIFE = Life(
    initial="draft",
    moves=_LISTING_MOVES,
    names=STATE_NAMES,
    deeds=DEED_NAMES,
    permissions=_PERMISSIONS,
    passing=("take",),
    phases={"waiting": WAITING, "at_desk": AT_DESK},
)
# A demand lives the same listing life; what comes after publication (matched, negotiating, contracted …) belongs to
# the deal, and ends here with a close.
DEMAND_LIFE = Life(
    initial="draft",
    moves={
        **_LISTING_MOVES,
        ("published", "close"): "closed",
        ("expired", "close"): "closed",
        ("closed", "suspend"): "suspended",
        ("closed", "copy"): "closed",
        # What was closed too early goes through the review again, as a draft.
        ("closed", "reopen"): "draft",
        ("closed", "archive"): "archived",
        ("closed", "detach"): "closed",
    },
    names={**STATE_NAMES, "closed": "已关闭"},
    deeds={**DEED_NAMES, "close": "关闭"},
    permissions={
        **_PERMISSIONS,
        "close": "listing.close",
        "reopen": "listing.close",
    },
    passing=("take",),
    phases={"waiting": WAITING, "at_desk": AT_DESK},
)
# How a demand ended → what is public of it. Those of SOLVED stay in the list of solved demands.
OUTCOMES = {
    "market": "通过平台解决",
    "elsewhere": "从别处解决",
    "dropped": "不再需要",
}
SOLVED = ("market", "elsewhere")
SOLVED_NAME = "已解决"
REOPEN_DAYS = 90  # days since it was closed in which a demand may be reopened
RENEWED_FROM = 30  # days before its end from which a listing may be renewed: the day of the first reminder
# Once public, still to be read at its address, marked with its state: what was met is a story worth telling.
OPEN_STATES = ("published", "expired", "closed")
