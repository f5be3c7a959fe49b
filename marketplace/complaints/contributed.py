"""What the room lays out for hubs: 举报 at the foot of each page, the operators' queue, what somebody may answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import request, url_for

from marketplace.complaints import queries
from marketplace.complaints.life import COMPLAINT_LIFE
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.permissions import Reader, may
from marketplace.wording import day, in_quotes

# Parts of the site that nobody but their reader sees.
CLOSED = ("/mine", "/office", "/complaints", "/renew", "/audit")


def nav(reader: Reader) -> Iterator[Link]:
    """举报 this page, at the foot of every public one, for everybody; and what became of it."""
    path = request.path
    # The link carries the path alone: what was typed into a search is nobody else's.
    if not path.startswith(CLOSED) and request.method == "GET":
        url = url_for("complaints.new", page=path)
        yield Link("举报这一页", url, "footer", position=8)
    yield Link("查举报结果", url_for("complaints.status"), "footer", position=9)


def tasks(person: Reader) -> Iterator[Task]:
    """What was reported of one's own, and may be answered now."""
    for row in queries.concerning(person):
        yield Task(
            kind_name=row.thing_name,
            title=row.title,
            url=url_for("complaints.answer", complaint_id=row.id),
            state="被举报",
            since=row.ruled_at,
            dated=("处理时间", f"{day(row.ruled_at)} {row.state_name}"),
            note=f"理由：{row.ruling}",
            button="看理由和说明",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.concerning_count(person)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The complaints that wait for the operators."""
    if may(person, "complaint.read"):
        yield Tray(
            "complaints",
            "举报",
            count=queries.open_count,
            page=lambda _page: Panel(
                "complaints/_tray.html", {"rows": queries.open_complaints()}
            ),
            waits=True,
            position=1,
        )


def personal_copy(person: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What somebody reported while signed in, and what they said of what was reported of their own."""
    rows = []
    for one in queries.reported_by(person.id):
        rows.append(
            {
                "受理编号": one.number,
                "举报": str(one.created_at),
                "对象": f"{one.thing_name}{in_quotes(one.title)}",
                "原因": one.reason_name,
                "说明": one.text,
                "联系方式": one.contact_reply,
                "状态": one.state_name,
            }
        )
    yield "提交的举报", rows
    answers = []
    for one in queries.answered_by(person.id):
        answers.append(
            {
                "受理编号": one.number,
                "申诉": str(one.appealed_at),
                "对象": f"{one.thing_name}{in_quotes(one.title)}",
                "说明": one.appeal,
                "状态": one.state_name,
            }
        )
    yield "对举报的说明", answers


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to complaints, and what the permission table calls it."""
    for deed, name in COMPLAINT_LIFE.deeds.items():
        yield f"complaint.{deed}", f"举报：{name}"
    yield "complaint.file", "提交举报"
    yield "complaint.read", "看举报"
    yield "complaint.rule", "裁定举报"
    yield "complaint.answer", "对举报作说明"
    yield "job.complaints", "期满下架"
