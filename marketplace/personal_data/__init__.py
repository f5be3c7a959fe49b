"""我的数据: what the site holds of a person, a copy of it, who looked at their contacts, consents, closing the account.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, anyone, may, signed_in
from marketplace.personal_data.background import jobs as jobs
from marketplace.personal_data.background import removals as removals

DEEDS: Deeds = {
    # One's own only: no page takes a number of a person.
    "personal_data.read": (signed_in,),
    "personal_data.change": (signed_in,),
    # How long things are stored: everybody may know before they type anything.
    "retention.read": (anyone,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The way to one's own data and to how long it is stored, in the footer of every page."""
    yield Link("保存期限", url_for("personal_data.retention"), "footer")
    if may(reader, "personal_data.read"):
        yield Link("我的数据", url_for("personal_data.own"), "footer")


def deed_names() -> Iterator[tuple[str, str]]:
    """One's own data."""
    yield "personal_data.read", "查看我的数据"
    yield "personal_data.change", "修改同意或注销账号"
    yield "personal_data.copy", "复制我的数据"
    yield "retention.read", "查看保存期限"
    yield "retention.remove", "到期删除"
