"""What the room lays out for other pages: the files of a listing, its page of review, the queue, and 我的."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.clock import day_in_china, today
from marketplace.contributions import Panel, Task, Tray
from marketplace.counting import Count
from marketplace.files import deeds, queries, review_deeds, review_queue
from marketplace.files.forms import ReturnForm
from marketplace.files.life import ACCESS_LIFE
from marketplace.listings.models import Achievement
from marketplace.permissions import Reader, may
from marketplace.wording import day, in_quotes, spaced
from marketplace.workdays.calendar import DESK_DAYS
from marketplace.workdays.queries import load_calendar

NEEDS_EVIDENCE = (
    f"技术成熟度 {deeds.EVIDENCE_FROM} 级以上要上传证明文件：检测或试验报告、"
    "中试或应用证明、合作合同中的一份。在「附件」里上传；不便公开的选「按申请」。"
)


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """The files of a listing, beside it."""
    # Other rooms show pages of their own things with the same hook; those have no files.
    if not hasattr(row, "field_codes"):
        return
    files = queries.shown_files(row, reader)
    is_own = may(reader, "files.write", row)
    if files or is_own:
        values = {"row": row, "files": files, "own": is_own}
        yield Panel("files/_files.html", values, position=-1)


def review_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """The files of a listing, for who reviews it."""
    files = queries.shown_files(row, reader)
    yield Panel("files/_review.html", {"row": row, "files": files})


def publication_blocks(row: Any, deed: str) -> Iterator[tuple[str, str]]:
    """A maturity that was said to be proven needs its proof, before anybody decides on it."""
    # Below 7 nothing is claimed that a paper has to prove (see `EVIDENCE_FROM`).
    if not isinstance(row, Achievement) or (row.trl or 0) < deeds.EVIDENCE_FROM:
        return
    if not queries.has_evidence(row):
        yield "trl", NEEDS_EVIDENCE


def tasks(person: Reader) -> Iterator[Task]:
    """The requests that wait for the owner of a file, and the new files that wait for the desk of an institution."""
    if not person.is_authenticated:
        return
    for access in queries.waiting_requests(person):
        row = access.attachment.listing
        yield Task(
            kind_name="附件申请",
            title=access.attachment.name,
            url=url_for("files.own", kind=row.kind, listing_id=row.id),
            state="等您答复",
            since=access.created_at,
            dated=("申请时间", f"{day(access.created_at)} 申请"),
            note=f"{access.organisation.name}：{access.reason}",
            button="去答复",
        )
    yield from _desk_tasks(person)


def _desk_tasks(person: Reader) -> Iterator[Task]:
    """The new files that wait for the desk of an institution."""
    # Before the calendar is loaded: on most days nothing waits.
    waiting = review_queue.desk_files(person)
    if not waiting:
        return
    calendar = load_calendar()
    for one in waiting:
        row = one.listing
        deadline = calendar.after_workdays(day_in_china(one.created_at), DESK_DAYS)
        note = f"{row.kind_word}{in_quotes(row.title)}"
        if calendar.workdays_left(today(), deadline.day) < 0:
            note += "，已超过期限。"
        yield Task(
            kind_name="附件",
            title=one.name,
            url=url_for("files.own", kind=row.kind, listing_id=row.id),
            state="新附件等您审核",
            since=one.created_at,
            dated=("期限", f"应在{spaced(deadline)}前审完"),
            note=note,
            button="审核",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person) + review_queue.desk_count(person)


def trays(person: Reader, filters: Any) -> Iterator[Tray]:
    """Files that were added to what is public already."""
    if may(person, "files.review"):
        yield Tray(
            "files",
            "附件",
            count=review_queue.pending_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(_page: int) -> Panel:
    rows = []
    for one in review_queue.pending_files():
        rows.append((one, ReturnForm(formdata=None, prefix=f"f{one.id}-")))
    return Panel("files/_tray.html", {"rows": rows})


def listing_approved(row: Any) -> None:
    """The files of a listing are approved with it."""
    review_deeds.approve_with_listing(row)


def personal_copy(person: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What somebody has uploaded, and asked to see."""
    yield (
        "上传的附件",
        [
            {
                # Removed ones too: that they were uploaded is data about the person.
                "文件": one.name,
                "上传": str(one.created_at),
                "删除": str(one.removed_at or ""),
            }
            for one in queries.uploads_of(person.id)
        ],
    )
    yield (
        "申请查看的附件",
        [
            {"申请": str(one.created_at), "理由": one.reason, "状态": one.state_name}
            for one in queries.own_requests(person.id)
        ],
    )


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to files."""
    for deed, name in ACCESS_LIFE.deeds.items():
        yield f"file_access.{deed}", f"附件申请：{name}"
    yield "files.read", "下载附件"
    yield "files.write", "上传、删除附件"
    yield "files.request", "申请查看附件"
    yield "files.withdraw", "撤回查看附件的申请"
    yield "files.grant", "答复查看附件的申请"
    yield "files.review", "审核附件"
    yield "files.desk_review", "机构审核附件"
    yield "files.endorse", "机构通过附件"
    yield "command.files.move-to-store", "命令行：把附件搬进对象存储"
    yield "job.scan-files", "附件查毒"
    yield "job.sweep-files", "清理没有用的附件"
    yield "job.file-grants", "附件查看到期"
