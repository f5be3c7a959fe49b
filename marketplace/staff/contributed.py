"""What the room lays out for the frame of every page, and what its deeds are called."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Reader, may


def nav(reader: Reader) -> Iterator[Link]:
    """The accounts, for operators."""
    if may(reader, "staff.read"):
        yield Link("账号和角色", url_for("staff.people"), "operators")


def deed_names() -> Iterator[tuple[str, str]]:
    """What operators do to accounts."""
    yield "staff.read", "查看账号"
    yield "staff.change", "管理账号和角色"
    # Of the audit and of no button: giving a role is named where accounts are made.
    yield "person.role_end", "收回角色"
    yield "person.activate", "恢复账号"
