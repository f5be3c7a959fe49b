"""What this room lays out for the desk and the frame of every page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from flask import current_app, url_for

from marketplace.accounts import agreements, held_forms
from marketplace.accounts.models import Person
from marketplace.clock import day_in_china
from marketplace.contributions import Link, Task
from marketplace.permissions import Reader, may


def nav(_reader: Reader) -> Iterator[Link]:
    """The two texts in the footer. 账号 stands on 我的: a third link would break the header of a telephone."""
    yield Link("用户协议", url_for("accounts.terms"), "footer")
    yield Link("隐私政策", url_for("accounts.privacy"), "footer")


def tasks(person: Reader) -> Iterator[Task]:
    """What a person typed before signing in, and texts that an operator has to fill in."""
    owner = cast(Person, person)
    for row in held_forms.held_forms_of(owner):
        typed = held_forms.typed_fields(row)
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
    for agreement in _texts_to_fill(person):
        yield Task(
            kind_name="网站文本",
            title=agreement.title,
            url=url_for(f"accounts.{agreement.kind}"),
            state="有要填写的地方",
            note="把全文写进数据目录的 texts/ 文件夹，见部署说明。",
        )


def task_count(person: Reader) -> int:
    """How many of them there are, without reading what was typed."""
    count = held_forms.count_held(cast(Person, person))
    return count + len(_texts_to_fill(person))


def _texts_to_fill(person: Reader) -> list[agreements.Agreement]:
    # A demonstration may say that it is one.
    is_live = current_app.config["ENVIRONMENT"] == "live"
    if not is_live or not may(person, "organisation.verify"):
        return []
    return agreements.incomplete_agreements()
