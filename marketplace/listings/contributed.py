"""What this room offers to the hubs: tasks, sections of 我的, queues of the operators, and links to begin with.

What is read stands in `worklists.py` and `review_queue.py`; here it is laid out for pages of other rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from flask import url_for

from marketplace.clock import day_in_china
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.listings import (
    bulk,
    buttons,
    review_queue,
    rewritings,
    standing_in,
    ticks,
    unsaved_deeds,
    worklists,
)
from marketplace.listings.life import DEMAND_LIFE
from marketplace.listings.models import (
    KIND_NAMES,
    LISTINGS,
    Achievement,
    Demand,
)
from marketplace.listings.queries import broker_loads, chain_uses
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.retention import stored_for
from marketplace.wording import day, spaced

# The fullest life table: every state that a listing of any kind may have.
STATE_NAMES = DEMAND_LIFE.names
# How a state looks in a list: waits for the reader, public, or over; the others are plain.
LOOKS = {
    "published": "good",
    "returned": "needs",
    "expired": "needs",
    "withdrawn": "over",
    "rejected": "over",
    "archived": "over",
    "closed": "over",
}
# State → what the operators did, and the way on.
STOPPED_WORDS = {
    "returned": ("退回", "修改后再送审"),
    "rejected": ("不予通过", "修改后再送审，或归档"),
    "suspended": ("暂停", "按原因修改，平台核对后恢复"),
}
# What is not the name of a move: as the permission table calls it.
PERMISSION_NAMES = {
    "listing.read": "查看成果或需求",
    "listing.read_full": "查看全部内容",
    "listing.read_contact": "查看联系方式",
    "demand.read_firm": "查看需求单位",
    "listing.create": "新建成果或需求",
    "listings.renew_link": "按邮件里的链接续期",
    "listing.edit": "修改成果或需求",
    "listing.confirm": "确认代为改写的内容",
    "listing.submit": "送审",
    "listing.withdraw": "撤回发布",
    "listing.close": "关闭或重新打开需求",
    "listing.renew_by_link": "由邮件里的链接续期",
    "listing.archive": "归档",
    "listing.history": "查看办理过程",
    "listing.versions": "查看各个版本",
    "listing.desk_review": "机构审核",
    "listing.endorse": "机构通过",
    "listing.review": "审核",
    "listing.approve": "通过并发布",
    "listing.suspend": "暂停发布",
    "listing.assign": "交给技术经理人",
}
MAX_TEXT = 60  # characters of what one's own titles are searched for
TRAY_NAMES = {
    "waiting": "待审核",
    "at_desk": "待机构审核",
    "published": "已发布",
    "suspended": "已暂停",
}
UNSAVED_FOR = stored_for("unsaved_form")
OVERDUE = "已超过期限，请尽快审核。"
ENDING_ADVICE = (
    "到期后不再参与检索和匹配。还需要的，在下面的列表里按「仍然有效，续期一年」。"
)


def nav(reader: Reader) -> Iterator[Link]:
    """A new listing of each kind: a firm comes with a demand, a university with an achievement."""
    if not may(reader, "listing.create"):
        return
    # Who has not joined an organisation yet has drafts of their own, and publishes nothing.
    organisations: list[Organisation] = getattr(reader, "organisations", [])
    verb = "发布" if organisations else "写草稿："
    kinds = ["achievement", "demand"]
    if not organisations or any(one.kind == "firm" for one in organisations):
        kinds.reverse()
    for kind in kinds:
        url = url_for("listings.begin", kind=kind)
        yield Link(f"{verb}{KIND_NAMES[kind]}", url, "begin")


def tasks(person: Reader) -> Iterator[Task]:
    """The listings to mend or to begin again, longest waiting first; then those that end soon, soonest first."""
    for one in worklists.stopped_listings(person):
        word, button = STOPPED_WORDS[one.row.state]
        url = _edit_url(one.row)
        yield Task(
            kind_name=one.row.kind_word,
            title=one.row.title,
            url=url,
            state=STATE_NAMES[one.row.state],
            since=one.at,
            dated=(f"{word}时间", f"{day(one.at)} {word}"),
            note=f"{word}原因：{one.reason or '未写明'}",
            button=button,
        )
    for row, change in worklists.own_changes(person, ("returned",)):
        yield Task(
            kind_name=row.kind_word,
            title=row.title,
            url=_edit_url(row),
            state="修改被退回",
            since=change.decided_at,
            dated=("退回时间", f"{day(change.decided_at)} 退回"),
            note=f"退回原因：{change.reason}\n公开的仍是原来的版本。",
            button="修改后再送审",
        )
    desk = review_queue.desk_rows(person)
    clocks = review_queue.clocks_of("at_desk", desk)
    for row in desk:
        clock = clocks[row.kind, row.id]
        yield Task(
            kind_name=row.kind_word,
            title=row.title,
            url=url_for("listings.desk_review", kind=row.kind, listing_id=row.id),
            state="等您审核" if row.state == "at_desk" else "修改等您审核",
            since=clock.since,
            dated=("期限", f"应在{spaced(clock.deadline)}前审完"),
            note=OVERDUE if clock.is_overdue else "",
            button="审核",
        )
    yield from _rewriting_tasks(person)
    yield from _begun_tasks(person)
    for row in worklists.ending_listings(person):
        yield Task(
            kind_name=row.kind_word,
            title=row.title,
            url=_edit_url(row) + "#valid_until",
            state="快到期",
            until=row.valid_until,
            dated=("有效期", f"{day(row.valid_until)} 到期"),
            note=ENDING_ADVICE,
        )


def task_count(person: Reader) -> Count | int:
    """How many tasks there are, without loading any: every page of a signed-in reader asks."""
    begun = unsaved_deeds.count_new(person)
    own = worklists.to_do_count(person) + rewritings.waiting_count(person)
    return own + review_queue.desk_count(person) + begun


def _rewriting_tasks(person: Reader) -> Iterator[Task]:
    """What somebody wrote for the owner of a listing, who has to say whether it is taken over."""
    for row, found, deadline, left in rewritings.waiting_with_deadlines(person):
        yield Task(
            kind_name=row.kind_word,
            title=row.title,
            url=url_for("listings.rewriting", kind=row.kind, listing_id=row.id),
            state="改写等您确认",
            since=found.at,
            dated=("期限", f"应在{spaced(deadline)}前确认"),
            note="已超过期限。" if left < 0 else "",
            button="对照原文",
        )


def _begun_tasks(person: Reader) -> Iterator[Task]:
    """What somebody has begun to write of which no draft has been made."""
    for row in unsaved_deeds.list_new(person):
        until = day_in_china(row.updated_at + UNSAVED_FOR)
        yield Task(
            kind_name=KIND_NAMES[row.kind],
            title=row.title or "还没有名称",
            url=url_for("listings.new", kind=row.kind, mark=row.place, step="what"),
            state="写到一半",
            until=until,
            dated=("保留到", f"{day(until)} 自动删除"),
            button="接着写",
        )


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "unsaved_form", unsaved_deeds.remove_unsaved


def personal_copy(person: Reader) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What somebody has typed and not saved, for the copy of their data."""
    rows = []
    for row in unsaved_deeds.list_all(person):
        typed = [f"{name}：{value}" for name, value in row.pairs if value]
        rows.append(
            {
                "类别": KIND_NAMES[row.kind],
                "最后修改": row.updated_at.isoformat(),
                "内容": "\n".join(typed),
            }
        )
    yield "写到一半的内容", rows


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """What waits for the operators, then a page of one's listings, then the drafts.

    Args:
        person: the reader.
        filters: `kind`, `state`, `q`, `mine` and `page` of the address; what is unknown counts as not given.
    """
    kind = _one_of(filters.get("kind"), LISTINGS)
    state = _one_of(filters.get("state"), STATE_NAMES)
    text = filters.get("q", "").strip()[:MAX_TEXT]
    mine = filters.get("mine") == "1"
    narrowed = _narrowed(kind, state, text, mine)
    # An auditor begins none; an address that looks for some is answered all the same.
    if not (narrowed or may(person, "listing.create")):
        return
    desk = [] if narrowed else review_queue.desk_rows(person)
    if desk:
        seats = standing_in.seats_at("desk", person)
        yield Panel("listings/_desk_queue.html", {"rows": desk, "standing_in": seats})
    rows = worklists.waiting_listings(person)
    changes = worklists.own_changes(person, ("at_desk", "submitted"))
    if rows or changes:
        values = {"rows": rows, "changes": changes, "kinds": KIND_NAMES}
        yield Panel("listings/_waiting.html", values)
    own = worklists.own_listings(
        person,
        kind=kind,
        state=state,
        text=text,
        mine=mine,
        page=_page_number(filters),
    )
    lines = _lines(own.rows, person)
    values = {
        "own": own,
        "lines": lines,
        "has_achievements": any(row.kind == "achievement" for row in own.rows),
        "kind": kind,
        "state": state,
        "text": text,
        "mine": mine,
        "kinds": KIND_NAMES,
        "states": STATE_NAMES,
        "bulk": _bulk_buttons(lines),
        **ticks.ticks_of(filters, own.rows, person),
    }
    yield Panel("listings/_own.html", values, narrowed)
    # Who looks for something has it in the list above already.
    if not narrowed:
        drafts, total = worklists.own_drafts(person)
        if drafts:
            values = {"lines": _lines(drafts, person), "total": total}
            yield Panel("listings/_drafts.html", {**values, "kinds": KIND_NAMES})


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What waits for review, what is published, what is suspended; `kind` of the address narrows all three."""
    if not may(person, "listing.review"):
        return
    kind = _one_of(filters.get("kind"), LISTINGS)
    overdue = filters.get("overdue") == "1"
    # Only what is known travels on in the links of the trays.
    narrowed = {"kind": kind} if kind else {}
    for code, name in TRAY_NAMES.items():
        yield Tray(
            code,
            name,
            # Functions: the header of every page counts only what waits, and one page is rendered.
            count=partial(review_queue.tray_count, code, kind),
            page=partial(_tray_page, person, code, kind, overdue, filters),
            waits=code == "waiting",
            filters=narrowed,
        )


def _tray_page(
    person: Reader,
    code: str,
    kind: str,
    overdue: bool,
    filters: Mapping[str, str],
    page: int,
) -> Panel:
    """A page of one tray."""
    tray = review_queue.tray_page(
        by=person, tray=code, kind=kind, page=page, overdue=overdue
    )
    waits = code in review_queue.CHANGES
    values = {
        "listed": tray,
        "waits": waits,
        "overdue": overdue and waits,
        "overdue_count": review_queue.overdue_count(code, kind) if waits else 0,
        "clocks": review_queue.clocks_of(code, tray.rows) if waits else {},
        "tray": code,
        "kind": kind,
        "kinds": KIND_NAMES,
        "days_since": review_queue.days_since,
        "ticks": code == "waiting",
        **ticks.ticks_of(filters, tray.rows, person),
        "standing_in": standing_in.seats_at("operator", person) if waits else [],
    }
    return Panel("listings/_tray.html", values, KIND_NAMES.get(kind, ""))


def _lines(rows: list[Achievement | Demand], person: Reader) -> list[dict[str, Any]]:
    """What a list of one's own says of each row: how its state looks, and what may be pressed."""
    lines = []
    for row in rows:
        line = {
            "row": row,
            "look": LOOKS.get(row.state, "plain"),
            "remark": buttons.list_remark(row),
            "buttons": buttons.list_buttons(row, person),
            "choice": ticks.ticked_of(row).value,
            "bulk": bulk.offered_deeds(row, person),
        }
        lines.append(line)
    return lines


def _bulk_buttons(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(code, name) of the deeds that any row of the page could be chosen for."""
    possible = set()
    for line in lines:
        possible.update(line["bulk"])
    return [(deed, name) for deed, name in bulk.DEEDS.items() if deed in possible]


def _narrowed(kind: str, state: str, text: str, mine: bool) -> str:
    """What one's own list is narrowed to, in words."""
    parts = [
        KIND_NAMES.get(kind, ""),
        STATE_NAMES.get(state, ""),
        f"「{text}」" if text else "",
        "只看我的" if mine else "",
    ]
    return "，".join(part for part in parts if part)


def _edit_url(row: Achievement | Demand) -> str:
    return url_for("listings.edit", kind=row.kind, listing_id=row.id)


def _one_of(value: str | None, known: Mapping[str, Any]) -> str:
    """A value of the address, if it is a known one; else empty."""
    if value is None or value not in known:
        return ""
    return value


def _page_number(filters: Mapping[str, str]) -> int:
    """The page that the address names; the first where it names none."""
    text = filters.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 1


__all__ = [
    "broker_loads",
    "chain_uses",
    "nav",
    "personal_copy",
    "removals",
    "sections",
    "task_count",
    "tasks",
    "trays",
]


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to achievements and demands, and what the permission table calls it."""
    for kind, table in LISTINGS.items():
        for deed, name in table.life.deeds.items():
            yield f"{kind}.{deed}", f"{KIND_NAMES[kind]}：{name}"
    yield from PERMISSION_NAMES.items()
