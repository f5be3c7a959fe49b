"""The life table of a complaint, what may be reported, and the rules that are cited. Deeds are in `deeds.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marketplace.lifecycle import Life

# While nobody has ruled, and while somebody who was ruled against has answered: the operators have to do something.
OPEN = ("received", "held", "appealed")
# The thing is hidden; of a listing the listing's own life says so too.
# Also upheld ones: only the end takes down, for what is withdrawn cannot come back (decision 096).
HIDING = ("held", "upheld", "appealed", "confirmed")
# Nothing follows any more: only from here on are the days counted for which its reporter is stored.
ENDED = ("dismissed", "confirmed", "overturned")
COMPLAINT_LIFE = Life(
    initial="received",
    moves={
        ("received", "hold"): "held",
        ("received", "uphold"): "upheld",
        ("received", "dismiss"): "dismissed",
        ("held", "uphold"): "upheld",
        ("held", "dismiss"): "dismissed",
        # Once: while it is hidden an answer changes no state, and the ruling that follows has read it.
        ("upheld", "appeal"): "appealed",
        ("appealed", "confirm"): "confirmed",
        ("appealed", "overturn"): "overturned",
        # Nobody answered in time: what was hidden is taken down.
        ("upheld", "settle"): "confirmed",
    },
    names={
        "received": "已受理",
        "held": "已暂停展示，核查中",
        "upheld": "举报成立，已下架",
        "dismissed": "举报不成立",
        "appealed": "对方申诉，复核中",
        "confirmed": "举报成立，维持下架",
        "overturned": "申诉成立，已恢复",
    },
    deeds={
        "create": "举报",
        "hold": "暂停展示",
        "uphold": "裁定成立，下架",
        "dismiss": "裁定不成立，恢复",
        "appeal": "申诉",
        "confirm": "维持下架",
        "overturn": "申诉成立，恢复",
        "settle": "期满下架",
    },
    permissions={
        "hold": "complaint.rule",
        "uphold": "complaint.rule",
        "dismiss": "complaint.rule",
        "confirm": "complaint.rule",
        "overturn": "complaint.rule",
        "appeal": "complaint.answer",
    },
)
# What is wrong, as a reporter chooses it.
REASONS = {
    "rights": "侵犯专利、著作权、商标或商业秘密",
    "false": "内容虚假，或冒用单位、他人名义",
    "privacy": "泄露个人信息或隐私，或请求查阅、更正、删除本人信息",
    "illegal": "违法或不良信息",
    "secret": "可能涉及国家秘密",
    "other": "其他",
}
# What may be reported: kind of a thing → its name.
THINGS = {
    "achievement": "成果",
    "demand": "需求",
    "organisation": "单位主页",
    "profile": "科研人员主页",
    "broker": "技术经理人",
    "issue": "清单",
    "issue_line": "清单里的一项",
    # Whatever has no row of its own: it can be ruled on, but not hidden.
    "page": "页面",
}
# Working days, our own promise: no law found names a period for a platform of this kind.
RULE_DAYS = 5
APPEAL_DAYS = 10


@dataclass(frozen=True)
class Rule:
    """A rule that is cited.

    Attributes:
        text: law and article, and what it asks for.
        since: the day from which this wording counts.
        source: where it was read.
        checked: False: to be checked against the official text (待核实).
    """

    text: str
    since: date
    source: str
    checked: bool


# Dated and with their source, so that the page cites what was in force and says what is unchecked.
RULES = (
    Rule(
        "《网络安全法》第四十七条：发现违法信息，停止传输、消除、保存记录并报告",
        date(2017, 6, 1),
        "https://www.cac.gov.cn/2016-11/07/c_1119867116.htm",
        # The law was amended with effect of 2026-01-01; whether its articles were numbered anew is not checked.
        False,
    ),
    Rule(
        "《网络安全法》第四十九条：公布投诉、举报方式，及时受理并处理",
        date(2017, 6, 1),
        "https://www.cac.gov.cn/2016-11/07/c_1119867116.htm",
        False,
    ),
    Rule(
        "《个人信息保护法》第四十七条、第五十条：个人有权请求删除，处理者应当建立受理机制，拒绝的说明理由",
        date(2021, 11, 1),
        "http://www.npc.gov.cn/npc/c2/c30834/202108/t20210820_313088.html",
        False,
    ),
)
