"""Notices: what people are notified of, on a page of their own and by mail; what goes out, and what does not.

Here: what the room offers to the other rooms (`marketplace/contributions.py`). How they notify somebody: `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from flask import request, url_for

from marketplace.contributions import Link, NoticeKind, Panel, Tray
from marketplace.notices import queries
from marketplace.notices.background import jobs, removals
from marketplace.permissions import Deeds, Reader, may, operator, signed_in

DEEDS: Deeds = {
    "notice.read": (signed_in,),  # one's own: the page shows no others
    "notice.operate": (operator,),
}
# Pages of this room that the link in the header leads to.
OWN_PAGES = ("notices.own", "notices.settings")


def notice_kinds() -> Iterator[NoticeKind]:
    """The daily mail of those who want one mail a day."""
    yield NoticeKind(
        "notices.digest",
        "每日汇总",
        "您收到这封邮件，是因为您在通知设置里选了每天汇总成一封。",
        # A digest of digests would wait for itself.
        in_digest=False,
        # Each of its items is on the page of notices already.
        in_app=False,
    )


def nav(reader: Reader) -> Iterator[Link]:
    """通知 in the header of every page, with the number of unread ones."""
    if not may(reader, "notice.read"):
        return
    # `page` is the page itself, `true` another one of the room: readers of screens tell them apart.
    current: Literal["", "page", "true"] = ""
    if request.endpoint in OWN_PAGES:
        current = "page" if request.endpoint == OWN_PAGES[0] else "true"
    yield Link(
        "通知",
        url_for("notices.own"),
        "account",
        current=current,
        count=queries.unread_count(reader),
        counted="条未读",
    )


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """Mails that did not go out; they wait for an operator."""
    if may(person, "notice.operate"):
        yield Tray(
            "mail",
            "没有发出的邮件",
            queries.failed_count,
            _tray_page,
            waits=True,
            position=9,
        )


def _tray_page(page: int) -> Panel:
    return Panel("notices/_tray.html", {"listed": queries.failed_notices(page)})


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Who was notified of what about a row, for operators: whether a firm knows of a decision is their question."""
    if not may(reader, "notice.operate"):
        return
    rows = queries.notices_about(row.kind, row.id)
    if rows:
        yield Panel("notices/_log.html", {"rows": rows})


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done with notices."""
    yield "notice.read", "查看通知"
    yield "notices.stop", "停收邮件"
    yield "notice.operate", "处理没有发出的邮件"


__all__ = [
    "DEEDS",
    "deed_names",
    "jobs",
    "nav",
    "notice_kinds",
    "panels",
    "removals",
    "trays",
]
