"""What the operator is notified of who asked an organisation for more. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.contributions import NoticeKind
from marketplace.lifecycle import History
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import verification_due

ANSWERED = "verification.answered"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kind of notice of this room."""
    yield NoticeKind(
        ANSWERED,
        "单位补充了核验材料",
        "您收到这封邮件，是因为您请这个单位补充核验材料。",
    )


def announce_answer(organisation: Organisation, answer: History, to: Person) -> None:
    """Notify the operator who asked; to the others their tray shows that it waits again."""
    due = verification_due(organisation)
    happened, to_do = "补充了核验材料", "核对以后核验，还缺什么再请对方补充。"
    if organisation.state == "suspended":
        happened, to_do = "对暂停提出申诉", "核对以后恢复，或写明为什么仍然暂停。"
    notify(
        ANSWERED,
        Recipient.of(to),
        key=f"verification answer {answer.id}",
        subject=f"「{organisation.name}」{happened}",
        happened=f"「{organisation.name}」{happened}：{answer.note}",
        to_do=to_do,
        until=due.day if due is not None else None,
        link=path_of("organisations.office", organisation_id=organisation.id),
        about=("organisation", organisation.id),
    )
