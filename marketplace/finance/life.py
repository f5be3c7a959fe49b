"""The life tables of the room: products and their versions, packs, filed loans, requests of investors."""

from __future__ import annotations

from marketplace.lifecycle import Life

MAX_NOTE = 500  # characters of a reason, a purpose or a message
# 鲁科贷, 鲁科担, 鲁科保 as the province calls them (reference §0.1).
PRODUCT_KINDS = {
    "loan": "鲁科贷（科技成果转化贷款）",
    "guarantee": "鲁科担（科技融资担保）",
    "insurance": "鲁科保（科技保险）",
    "ip_pledge": "专利质押贷款",
    "fund": "投资基金",
}
# Kind → codes of `listings.schema.terms.FINANCING_MODES` that it serves.
# Who looks for a loan is served by what secures one, too: a guarantee, or a patent as a pledge.
SERVES = {
    "loan": frozenset({"loan"}),
    "guarantee": frozenset({"guarantee", "loan"}),
    "insurance": frozenset({"guarantee", "other"}),
    "ip_pledge": frozenset({"ip_pledge", "loan"}),
    "fund": frozenset({"equity", "fund"}),
}
# Kind → words in a search that ask for it; 保 alone stands in too many other words.
SEARCH_WORDS = {
    "loan": ("贷", "融资", "借款", "流动资金"),
    "guarantee": ("担保", "鲁科担"),
    "insurance": ("保险", "鲁科保"),
    "ip_pledge": ("质押",),
    "fund": ("基金", "股权", "风投", "创投", "融资"),
}
PRODUCT_LIFE = Life(
    initial="preparing",
    moves={
        ("preparing", "list"): "listed",
        ("preparing", "end"): "ended",
        # There is no way back: who offers it again registers a new product.
        ("listed", "end"): "ended",
    },
    names={"preparing": "准备中", "listed": "已公布", "ended": "已停办"},
    deeds={"create": "登记产品", "list": "公布", "end": "停办"},
)
VERSION_LIFE = Life(
    initial="draft",
    moves={
        ("draft", "submit"): "submitted",
        ("returned", "submit"): "submitted",
        # From here on a version is never edited; the next one ends its days.
        ("submitted", "approve"): "approved",
        ("submitted", "return"): "returned",
        # An operator may be reading it: it is recalled before it is changed or dropped.
        ("submitted", "recall"): "draft",
        ("draft", "drop"): "dropped",
        ("returned", "drop"): "dropped",
    },
    names={
        "draft": "草稿",
        "submitted": "等运营方审核",
        "approved": "已公布",
        "returned": "退回修改",
        "dropped": "已删除",
    },
    deeds={
        "create": "起草",
        "submit": "送审",
        "approve": "公布",
        "return": "退回修改",
        "recall": "取回",
        "drop": "删除草稿",
    },
    phases={
        "open": ("draft", "submitted", "returned"),
        "editable": ("draft", "returned"),
    },
)
PACK_LIFE = Life(
    initial="granted",
    # Nothing opens a pack again: to see more or longer takes a new consent, which is a new row.
    moves={("granted", "withdraw"): "withdrawn", ("granted", "expire"): "expired"},
    names={
        "granted": "机构可以查看",
        "withdrawn": "已撤回",
        "expired": "已到期",
    },
    deeds={"create": "同意提供", "withdraw": "撤回同意", "expire": "到期"},
)
LOAN_LIFE = Life(
    initial="filed",
    moves={
        ("filed", "confirm"): "confirmed",
        ("filed", "return"): "returned",
        ("returned", "refile"): "filed",
        # Only before the office has confirmed it: from then on it may be the first of its borrower.
        ("filed", "withdraw"): "withdrawn",
        ("returned", "withdraw"): "withdrawn",
        ("confirmed", "repay"): "repaid",
        ("confirmed", "lose"): "lost",
        # What the province paid is noted on what was repaid in time; noted again where it was wrong.
        ("repaid", "note"): "repaid",
        # A bank that entered a wrong day or sum.
        ("repaid", "reopen"): "confirmed",
        ("lost", "reopen"): "confirmed",
    },
    names={
        "filed": "等待备案",
        "confirmed": "已备案",
        "returned": "退回补正",
        "withdrawn": "已撤回",
        "repaid": "已还本付息",
        "lost": "本金损失",
    },
    deeds={
        "create": "申报备案",
        "confirm": "准予备案",
        "return": "退回补正",
        "refile": "补正后再报",
        "withdraw": "撤回",
        "repay": "登记还清",
        "lose": "登记本金损失",
        "note": "记省级贴息额",
        "reopen": "退回更正",
    },
)
REQUEST_LIFE = Life(
    initial="requested",
    moves={
        ("requested", "accept"): "accepted",
        ("requested", "decline"): "declined",
        ("requested", "withdraw"): "withdrawn",
    },
    names={
        "requested": "等企业答复",
        "accepted": "企业同意，已告知单位和联系方式",
        "declined": "企业没有同意",
        "withdrawn": "已撤回",
    },
    deeds={
        "create": "想了解",
        "accept": "同意",
        "decline": "不同意",
        "withdraw": "撤回",
    },
)
