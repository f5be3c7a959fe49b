"""What this room lays out for the desk and the frame of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import cast

from flask import current_app, url_for

from marketplace.accounts import (
    agreements,
    contact_consents,
    held_forms,
    locking,
    sessions,
)
from marketplace.accounts.models import Person
from marketplace.clock import day_in_china
from marketplace.contributions import Link, Task
from marketplace.counting import Count
from marketplace.permissions import Reader, may


def nav(_reader: Reader) -> Iterator[Link]:
    """The two texts in the footer. 账号 stands on 我的: a third link would break the header of a telephone."""
    yield Link("用户协议", url_for("accounts.terms"), "footer")
    yield Link("隐私政策", url_for("accounts.privacy"), "footer")


def tasks(person: Reader) -> Iterator[Task]:
    """What a person typed before signing in, texts they should agree to, and those that an operator has to fill in."""
    owner = cast(Person, person)
    for row in held_forms.held_forms_of(owner):
        typed = held_forms.typed_fields(row)
        # `text` is the field of 试配, `title` that of a listing; other forms have no words to know them by.
        words = typed.get("text") or typed.get("title") or "登录前填写的内容"
        is_guest = row.reason == held_forms.GUEST
        yield Task(
            kind_name="试配文字" if is_guest else "没提交的表单",
            title=" ".join(words.split())[:40],
            url=url_for("accounts.resume", number=row.id),
            state="还没有存为草稿" if is_guest else "还没有提交",
            until=day_in_china(row.until),
            dated=("保留到", f"{day_in_china(row.until):%Y-%m-%d} 自动删除"),
            button="接着写",
        )
    if agreements.due_texts_of(owner.id):
        yield Task(
            kind_name="网站文本",
            title="用户协议、隐私政策改了",
            url=url_for("accounts.agree"),
            state="您还没有同意现在的",
            button="看看改了什么",
        )
    for agreement in _texts_to_fill(person):
        yield Task(
            kind_name="网站文本",
            title=agreement.title,
            url=url_for(f"accounts.{agreement.kind}"),
            state="有要填写的地方",
            note="把全文写进数据目录的 texts/ 文件夹，见部署说明。",
        )


def task_count(person: Reader) -> Count | int:
    """How many of them there are, without reading what was typed."""
    count = held_forms.count_held(cast(Person, person))
    # Both texts are one task, so that a bool is the count.
    count += agreements.due_texts_of(cast(Person, person).id)
    return count + len(_texts_to_fill(person))


def _texts_to_fill(person: Reader) -> list[agreements.Agreement]:
    # A demonstration may say that it is one.
    is_live = current_app.config["ENVIRONMENT"] == "live"
    if not is_live or not may(person, "organisation.verify"):
        return []
    return agreements.incomplete_agreements()


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "held_form", held_forms.remove_held
    yield "session", sessions.remove_sessions
    yield "failed_sign_in", locking.remove_failures
    yield "withdrawn_consent", contact_consents.remove_withdrawn


def deed_names() -> Iterator[tuple[str, str]]:
    """What people and operators do to accounts."""
    yield from {
        "person.password": "修改密码",
        "person.account": "修改账号资料",
        "person.email": "更换邮箱",
        "person.sign_out_all": "全部退出",
        "person.add": "新增人员",
        "person.role": "给予角色",
        "person.deactivate": "停用账号",
        "person.agree": "同意",
        "person.withdraw": "撤回同意",
        "person.erase": "注销账号",
        "person.reset": "重设登录",
        # Pages everybody may open: what is written there bears the name of the page.
        "accounts.hold_typed": "登录后继续填写",
        "security.login": "登录页",
        "security.logout": "退出",
        "security.register": "注册页",
        "security.send_confirmation": "再发确认邮件",
        "security.confirm_email": "确认邮箱页",
        "security.forgot_password": "找回密码页",
        "security.reset_password": "重设密码页",
        "security.change_email_confirm": "确认新邮箱",
        "security.two_factor_setup": "设置两步验证",
        "security.two_factor_token_validation": "两步验证页",
        "security.two_factor_rescue": "两步验证求助",
        "security.mf_recovery": "备用码登录",
        "security.tf_select": "选择验证方式",
    }.items()
