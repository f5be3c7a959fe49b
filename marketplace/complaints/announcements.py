"""What reporters, and those whom a complaint concerns, are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.complaints.models import Complaint
from marketplace.contributions import NoticeKind
from marketplace.errors import Invalid
from marketplace.lifecycle import last_event
from marketplace.listings.announcements import people_of
from marketplace.memberships.queries import administrators_of
from marketplace.notices.addresses import Recipient, check_address
from marketplace.notices.deeds import notify, path_of
from marketplace.wording import in_quotes

CONCERNS = "complaint.concerns"
RULED = "complaint.ruled"
# Deed → what happened to the thing, as its owner reads it.
TO_OWNER = {
    "hold": "被举报，暂停展示，正在核查",
    "uphold": "被举报，裁定成立，已下架",
    "dismiss": "被举报，裁定不成立",
    "confirm": "申诉后维持下架",
    "overturn": "申诉成立，已恢复",
}
ANSWERED = ("hold", "uphold")


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        CONCERNS,
        "我的内容被举报和裁定",
        "您收到这封邮件，是因为被举报的内容是您或您单位的。",
        # Who is ruled against has a last day to answer.
        may_be_stopped=False,
    )
    yield NoticeKind(
        RULED,
        "我提交的举报的结果",
        "您收到这封邮件，是因为您提交过举报。",
    )


def announce_ruling(row: Complaint, deed: str) -> None:
    """Notify both sides of a decision of the operators (no commit)."""
    thing = f"{row.thing_name}{in_quotes(row.title)}"
    # A complaint that was dismissed at once has touched nobody.
    if row.state != "dismissed" or row.appealed_at is not None or _was_hidden(row):
        for person in people_concerned(row):
            notify(
                CONCERNS,
                Recipient.of(person),
                key=f"complaint {row.id} {deed}",
                subject=f"{thing}{TO_OWNER[deed]}",
                happened=f"{thing}{TO_OWNER[deed]}。受理编号 {row.number}，"
                f"举报原因：{row.reason_name}。\n理由：{row.ruling}",
                to_do=_answer_words(row, deed),
                link=path_of("complaints.answer", complaint_id=row.id),
            )
    # The owner never learns who reported; the reporter reads the title, the state and the reason alone.
    for recipient in _reporters(row):
        notify(
            RULED,
            recipient,
            key=f"complaint {row.id} {deed} reporter",
            subject=f"举报 {row.number}：{row.state_name}",
            happened=f"您举报的{thing}：{row.state_name}。\n理由：{row.ruling}",
            to_do="可以用受理编号和查询码看进展。",
            link=path_of("complaints.status"),
        )


def people_concerned(row: Complaint) -> list[Person]:
    """Who answers for the thing: of a listing its people, of an organisation its administrators, else the person."""
    subject = row.subject
    if subject.listing is not None:
        return people_of(subject.listing, None)
    if subject.organisation_id is not None:
        return administrators_of(subject.organisation_id)
    people = people_by_id([subject.owner_id]) if subject.owner_id else {}
    return [person for person in people.values() if person.active]


def _answer_words(row: Complaint, deed: str) -> str:
    if deed in ANSWERED and row.may_be_answered:
        return "可以打开链接说明一次：写明事实和依据。"
    return "不用再做什么；有疑问请联系平台运营方。"


def _was_hidden(row: Complaint) -> bool:
    return last_event(row, "hold") is not None


def _reporters(row: Complaint) -> list[Recipient]:
    # The account and not what was typed: anybody may type anybody's address.
    if row.reporter is not None:
        return [Recipient.of(row.reporter)] if row.reporter.active else []
    # A telephone number is as good an answer: then the operators ring.
    if "@" not in row.contact_reply:
        return []
    try:
        return [Recipient(check_address(row.contact_reply))]
    except Invalid:
        return []
