"""How long what people have left on the site is stored, since when and why: the one table of retention.

No row is removed here: each room removes its own (`removals()`), and one job carries all of it out (073).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.clock import in_real_time, now

# No row is older, so nothing is counted back beyond it.
FIRST_MOMENT = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """How long one kind of thing is stored.

    Attributes:
        code: by which a room says what removes it.
        what: what is stored, as the page calls it.
        days: days it is stored; None: until something happens, which `ends` names.
        since: the moment the days are counted from.
        why: why so long, and why no longer.
        ends: what happens then.
    """

    code: str
    what: str
    days: int | None
    since: str
    why: str
    ends: str = "由系统删除"

    @property
    def words(self) -> str:
        """How long, in words."""
        if self.days is None:
            return self.since
        return f"{self.since}起 {self.days} 天"


# 个人信息保护法 art. 19: as short as the purpose allows. 网络安全法 art. 21: logs of the network six months at least.
# 网络数据安全管理条例 art. 12: records of personal data given to others three years at least.
PERIODS = {
    period.code: period
    for period in (
        Period(
            "held_form",
            "登录过期或登录以前填写、还没有存上的表单",
            7,
            "填写之日",
            "让您登录后接着填，不再重写。",
        ),
        Period(
            "unsaved_form",
            "成果和需求的表单里写到一半、还没有存成草稿的内容",
            90,
            "最后一次修改",
            "换一台电脑或改天接着写。",
        ),
        Period(
            "session",
            "登录过的设备：浏览器名称、网络地址",
            7,
            "最后一次使用",
            "让您看到最近在哪里登录过，发现冒用。",
        ),
        Period(
            "failed_sign_in",
            "账号上登录失败的次数和时间",
            30,
            "最后一次失败",
            "连续失败时锁定账号，防止猜密码。",
            ends="归零",
        ),
        Period(
            "mail_text",
            "已经发出的邮件的全文",
            30,
            "发出之日",
            "没有收到时查明原因。",
            ends="删去全文，站内通知还在",
        ),
        Period(
            "notice",
            "站内通知和邮件记录",
            365,
            "产生之日",
            "一年内可以回看办过的事。",
        ),
        Period(
            "alerted",
            "提醒过您哪些成果和需求",
            730,
            "提醒之日",
            "同一条不通知第二次。",
        ),
        Period(
            "invitation",
            "用过、撤销或过期的邀请，连同被邀请人的邮箱",
            180,
            "邀请到期",
            "核对谁邀请了谁；没有注册的人的邮箱不长期留存。",
        ),
        Period(
            "join_request",
            "已经处理的加入单位的申请",
            365,
            "处理之日",
            "有争议时说明当时怎样处理。",
        ),
        Period(
            "staged_row",
            "上传的清单里每一行的内容",
            90,
            "上传之日",
            "三个月内可以改正没有写入的行，或整次撤回。",
            ends="由系统删除，写入的成果和需求还在",
        ),
        Period(
            "complaint_reporter",
            "举报人是谁、举报时留的联系方式",
            365,
            "裁定之日",
            "核实和告知结果；一年内有争议时还能联系举报人。",
            ends="删去举报人和联系方式，举报的内容和裁定还在",
        ),
        Period(
            "file_request",
            "查看附件的申请和答复",
            1095,
            "结束之日",
            "提供文件的记录至少保存三年。",
        ),
        Period(
            "verification_file",
            "核验单位、核对技术经理人证书时补充的文件：证照的扫描件，上面有人的姓名",
            365,
            "上传之日",
            "核对单位的身份和证书；一年内有争议时还能查看。",
            ends="删去文件，往来的文字还在",
        ),
        Period(
            "firm_pack",
            "已经撤回或到期的融资资料包",
            1095,
            "结束之日",
            "提供资料的记录至少保存三年。",
        ),
        Period(
            "investor_request",
            "投资机构想了解企业的记录和答复",
            1095,
            "结束之日",
            "告知单位名称和联系方式的记录至少保存三年。",
        ),
        Period(
            "objection_contact",
            "对公示提异议时留下的联系方式",
            1095,
            "答复之日",
            "答复以后还可能要核实；对外提供的记录至少保存三年。",
            ends="删去联系方式，异议和答复还在",
        ),
        Period(
            "withdrawn_consent",
            "已经撤回的同意",
            1095,
            "撤回之日",
            "证明撤回以前的公开和提供得到过同意（至少三年）。",
        ),
        Period(
            "audit_value",
            "操作日志里的个人信息原值（姓名、联系方式、网络地址）",
            1095,
            "操作之日",
            "查看和提供个人信息的记录至少保存三年。",
            ends="删去原值，日志本身还在",
        ),
        # Never removed: a tree that lost an entry would prove nothing any more.
        Period(
            "audit",
            "操作日志：登录、失败的登录、导出、查看联系方式、每次改动",
            None,
            "长期保存",
            "法律要求至少六个月；日志不能改写，才能证明没有被改过。",
            ends="不删除",
        ),
        Period(
            "erasure",
            "注销账号、删除个人信息的记录",
            None,
            "长期保存",
            "证明已经删除；记录里没有被删除的内容。",
            ends="不删除",
        ),
        Period(
            "account",
            "账号：姓名、邮箱、手机、密码摘要、给出的同意、个人主页",
            None,
            "注销账号为止",
            "您要用它登录和接收通知。",
            ends="注销时删除",
        ),
        Period(
            "listing",
            "成果、需求和其中的联系方式、完成人",
            None,
            "单位归档以后仍保存",
            "单位要查以往的发布；联系方式按您的同意显示，可以随时更正。",
            ends="由单位更正或归档；个人草稿随账号删除",
        ),
        # Without days here: its room removes the file and leaves the row with its fingerprint.
        Period(
            "evidence_pack",
            "尽职免责证据包的文件：决策人、参会人和完成人的姓名",
            None,
            "生成之日起 365 天",
            "单位和主管机关要用它说明决策过程；到期以后只留指纹。",
            ends="由系统删除文件，保留指纹",
        ),
        # By number and not by age: how many stay is a setting of the nightly backup.
        Period(
            "backup",
            "数据备份",
            None,
            "按备份的轮换覆盖",
            "机器损坏时恢复；已经删除的内容在轮换以后也不在备份里。",
            ends="旧备份自动删除",
        ),
    )
}


def stored_for(code: str) -> timedelta:
    """How long a kind of thing is stored.

    Raises:
        ValueError: it has no end by time.
    """
    days = PERIODS[code].days
    if days is None:
        raise ValueError(f"{code} has no period in days")
    return timedelta(days=days)


def edge_of(code: str) -> datetime:
    """What is older than this moment (UTC) is removed. Raises ValueError as `stored_for`.

    Removal looks after this machine and its people, so that it keeps real time (130): on the fast clock of a rehearsal
    everybody whose last click was some days of the house ago, which is seconds, would be signed out.
    """
    moment = now()
    # Years at a day a second are longer than the calendar.
    return moment - min(in_real_time(stored_for(code)), moment - FIRST_MOMENT)
