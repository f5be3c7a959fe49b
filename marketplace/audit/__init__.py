"""The audit: who did what, for whom, from where, from what to what, in a tree whose head is signed and published.

Here: what the room offers to the other rooms (`marketplace/contributions.py`). How other rooms use it: writes are
recorded by themselves; `deeds.record` names a deed, `deeds.record_reading` records one that writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.audit.background import jobs as jobs
from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, auditor, may, operator

DEEDS: Deeds = {
    # Not operators: who runs a site does not watch over it (GB/T 22239).
    "audit.read": (auditor,),
    "audit.export": (auditor,),
    # Commands only; there is no page for it.
    "audit.resume": (operator,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The way to the log, for auditors, and to the checkpoint, for everybody."""
    if may(reader, "audit.read"):
        yield Link("审计日志", url_for("audit.entries"), "header")
        yield Link("打开审计日志", url_for("audit.entries"), "begin")


def deed_names() -> Iterator[tuple[str, str]]:
    """What happens at the door and to the audit itself."""
    yield from {
        "sign_in": "登录",
        "sign_out": "退出",
        "sign_in.failed": "登录失败",
        "password.change": "修改密码",
        "password.reset": "重设密码",
        "password.refused": "修改密码未成功",
        "password.ask": "申请重设密码",
        "person.register": "注册",
        "person.confirm": "确认邮箱",
        "person.change_email": "更换邮箱",
        "second_factor.confirm": "两步验证通过",
        "second_factor.change": "更改两步验证",
        "second_factor.stop": "停用两步验证",
        "second_factor.refused": "两步验证码不对",
        "refused": "没有权限，被拒绝",
        "contact.read": "查看联系方式",
        "contact.export": "导出联系方式",
        "listing.export": "导出清单",
        "dictionary.edit": "修改词典",
        "audit.read": "查看审计日志",
        "audit.export": "导出审计日志",
        "audit.erase": "抹去个人信息",
        "audit.resume": "说明审计树变短",
        "site": "系统",
    }.items()
