"""What people are notified of: who wants to see a file, what became of that, and what the operators say of files.

Nothing is committed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.contributions import NoticeKind
from marketplace.files.models import Attachment, FileAccess
from marketplace.listings.announcements import people_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import day, in_quotes

REQUESTED = "files.requested"
ANSWERED = "files.answered"
DECIDED = "files.decided"
# Deed → what happened to a request, and what whoever asked may do.
ANSWERS = {
    "grant": ("同意您查看", "打开链接下载；到期以后要重新申请。"),
    "decline": ("谢绝了您的申请", "可以补充理由后再申请，或通过技术经理人联系。"),
    "revoke": ("收回了查看", "已经不能打开；需要时重新申请。"),
    "expire": ("的查看期限已到", "需要时重新申请。"),
    "end": ("已删除，不能再查看", ""),
}


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        REQUESTED,
        "有人申请查看附件",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )
    yield NoticeKind(
        ANSWERED,
        "我申请查看的附件有了答复",
        "您收到这封邮件，是因为您申请查看这个附件。",
    )
    yield NoticeKind(
        DECIDED,
        "附件的审核和查毒",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员，或这个文件是您上传的。",
    )


def announce_request(access: FileAccess, *, by: Reader) -> None:
    """Notify the people of a listing that somebody wants to see a file of it."""
    attachment = access.attachment
    row = attachment.listing
    for person in people_of(row, by):
        notify(
            REQUESTED,
            Recipient.of(person),
            key=f"file access {access.id}",
            subject=f"有人申请查看附件{in_quotes(attachment.name)}",
            happened=f"{access.organisation.name}的 {access.person.name} 申请查看{row.kind_word}"
            f"{in_quotes(row.title)}的附件{in_quotes(attachment.name)}。\n理由：{access.reason}",
            to_do="打开链接，同意到哪一天，或写明原因谢绝。",
            link=path_of("files.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_withdrawal(access: FileAccess, *, by: Reader | None) -> None:
    """Notify the people of a listing that nobody has to decide any more."""
    attachment = access.attachment
    row = attachment.listing
    for person in people_of(row, by):
        notify(
            REQUESTED,
            Recipient.of(person),
            # A key of its own: the notice of the request has that of the request.
            key=f"file access {access.id} withdrawn",
            subject=f"查看附件{in_quotes(attachment.name)}的申请已撤回",
            happened=f"{access.organisation.name}撤回了查看{in_quotes(attachment.name)}的申请，不用再答复。",
            link=path_of("files.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_answer(access: FileAccess, deed: str, *, name: str) -> None:
    """Notify who asked of what became of it.

    Args:
        access: it has been moved.
        deed: a key of `ANSWERS`.
        name: of the file, as who asked may know it.
    """
    attachment = access.attachment
    words, to_do = ANSWERS[deed]
    answer = f"\n{access.answer}" if access.answer else ""
    until = access.until if deed == "grant" else None
    by_day = f"，可以看到 {day(until)}" if until else ""
    notify(
        ANSWERED,
        Recipient.of(access.person),
        key=f"file access {access.id} {deed}",
        subject=f"附件「{name}」：{words}",
        happened=f"您申请查看的附件「{name}」，{words}{by_day}。{answer}",
        to_do=to_do,
        until=until,
        link=path_of(
            f"listings.{attachment.listing_kind}", listing_id=attachment.listing_id
        ),
        about=(attachment.listing_kind, attachment.listing_id),
    )


def announce_expiry(access: FileAccess) -> None:
    """Notify the people of a listing that somebody may not see a file any more."""
    attachment = access.attachment
    row = attachment.listing
    for person in people_of(row, None):
        notify(
            REQUESTED,
            Recipient.of(person),
            key=f"file access {access.id} expired",
            subject=f"附件{in_quotes(attachment.name)}的查看期限已到",
            happened=f"{access.organisation.name}的 {access.person.name} 不能再查看{in_quotes(attachment.name)}。",
            link=path_of("files.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_decision(
    attachment: Attachment,
    happened: str,
    *,
    by: Reader | None,
    key: str,
    to_do: str = "",
) -> None:
    """Notify the people of a listing of what was decided about a file, or found in it."""
    row = attachment.listing
    for person in people_of(row, by):
        notify(
            DECIDED,
            Recipient.of(person),
            key=f"attachment {attachment.id} {key}",
            subject=f"附件{in_quotes(attachment.name)}{happened.splitlines()[0]}",
            happened=f"{row.kind_word}{in_quotes(row.title)}的附件{in_quotes(attachment.name)}{happened}",
            to_do=to_do,
            link=path_of("files.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_infected(name: str, uploader: Person | None, *, key: str) -> None:
    """Notify who uploaded a file of a thing that is no listing that it is gone: a claim without it is not complete.

    Args:
        name: of the file, as they uploaded it.
        uploader: who it was; None: their account was closed.
        key: of the row that bore it; no two notices share one.
    """
    # An account that is closed or stopped gets no mail.
    if uploader is None or not uploader.active:
        return
    notify(
        DECIDED,
        Recipient.of(uploader),
        key=f"{key} infected",
        subject=f"文件「{name}」查出恶意程序，已删除",
        happened=f"您上传的文件「{name}」查出恶意程序，已从平台删除，对方和工作人员都打不开。",
        to_do="请先杀毒，再到原来的地方传一份干净的；作为申请材料的，补上以后才能继续办理。",
        link=path_of("desk.mine"),
    )
