"""What both sides of an introduction are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.contributions import NoticeKind
from marketplace.introductions.disclosure import asker_in_words
from marketplace.introductions.models import Introduction, IntroductionMessage
from marketplace.listings.announcements import people_of
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.verdicts.queries import reason_names
from marketplace.wording import in_quotes
from marketplace.workdays.calendar import Deadline

WANTED = "introduction.wanted"
ANSWERED = "introduction.answered"
WRITTEN = "introduction.written"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        WANTED,
        "有单位想和我对接",
        "您收到这封邮件，是因为您填报或送审了这一条，或负责它的对接。",
    )
    yield NoticeKind(
        ANSWERED,
        "我提出的对接有了答复",
        "您收到这封邮件，是因为您在平台上提出了这次对接。",
    )
    yield NoticeKind(
        WRITTEN,
        "对接中的留言",
        "您收到这封邮件，是因为您参与了这次对接。",
    )


def announce_wanted(case: Introduction, *, again: bool = False) -> None:
    """Notify the side that answers: who wants to talk, why, until when. Each reminder has its own last day."""
    wanted = case.wanted
    who = asker_in_words(case)
    lines = [f"{who}看了您的{wanted.kind_word}{in_quotes(wanted.title)}，想和您对接。"]
    if case.why:
        lines.append(f"平台的匹配依据：{case.why}")
    if case.message:
        lines.append(f"对方附言：{case.message}")
    for person in _answering_people(case, None):
        notify(
            WANTED,
            Recipient.of(person),
            # A reminder comes with another revision, and so with another key.
            key=f"introduction {case.id} wanted {case.revision}",
            subject=f"{'请答复：' if again else ''}{who}想对接{in_quotes(wanted.title)}",
            happened="\n".join(lines),
            to_do="打开链接，接受或写明原因谢绝。接受以后双方才看得到联系方式。",
            until=Deadline(case.due_on).end,
            link=_link(case),
            about=(wanted.kind, wanted.id),
        )


def announce_answer(case: Introduction) -> None:
    """Notify who asked of what became of it."""
    wanted = case.wanted
    what = f"{wanted.kind_word}{in_quotes(wanted.title)}"
    if case.state == "accepted":
        happened = f"您想对接的{what}，对方接受了。"
        to_do = "打开链接看联系方式，直接联系或留言。"
    elif case.state == "declined":
        reason = reason_names(wanted.kind).get(case.reason, "")
        note = f"（{case.note}）" if case.note else ""
        happened = f"您想对接的{what}，对方谢绝了。\n原因：{reason}{note}"
        to_do = "可以看看匹配到的其他条目。"
    elif case.state == "overdue":
        happened = f"您想对接的{what}，对方在期限内没有答复，平台会跟进。"
        to_do = "不用再做什么；不想等了可以撤回。"
    else:
        happened = f"您想对接的{what}，平台结束了这次对接。\n原因：{case.note}"
        to_do = "可以看看匹配到的其他条目。"
    for person in _asking_people(case, None):
        notify(
            ANSWERED,
            Recipient.of(person),
            key=f"introduction {case.id} {case.state} {case.revision}",
            subject=happened.split("\n")[0].rstrip("。"),
            happened=happened,
            to_do=to_do,
            link=_link(case),
            about=(wanted.kind, wanted.id),
        )


def announce_withdrawn(case: Introduction) -> None:
    """Notify the side that answers that it need not any more."""
    wanted = case.wanted
    for person in _answering_people(case, None):
        notify(
            WANTED,
            Recipient.of(person),
            key=f"introduction {case.id} withdrawn",
            subject=f"对方撤回了对接：{in_quotes(wanted.title)}",
            # In the words of before any acceptance: who stayed unnamed is not named by taking it back.
            happened=f"{asker_in_words(case)}撤回了对{wanted.kind_word}{in_quotes(wanted.title)}的对接。\n"
            f"原因：{case.note}",
            to_do="不用再做什么。",
            link=_link(case),
            about=(wanted.kind, wanted.id),
        )


def announce_message(
    case: Introduction, message: IntroductionMessage, *, by: Person
) -> None:
    """Notify the other side of what was written."""
    wanted = case.wanted
    # Only the other side: one's own people read it on the page.
    others = _answering_people if message.by_asking_side else _asking_people
    for person in others(case, by):
        notify(
            WRITTEN,
            Recipient.of(person),
            key=f"introduction message {message.id}",
            subject=f"对接留言：{in_quotes(wanted.title)}",
            happened=f"对方留言：\n{message.text}",
            to_do="打开链接回复。",
            link=_link(case),
            about=(wanted.kind, wanted.id),
        )


def announce_file(
    case: Introduction, name: str, *, key: str, by_asking_side: bool, by: Person
) -> None:
    """Notify the other side of a file for both.

    Args:
        name: of the file.
        key: of its row; no two notices share one.
        by_asking_side: the side that wants to talk has uploaded it.
    """
    wanted = case.wanted
    others = _answering_people if by_asking_side else _asking_people
    for person in others(case, by):
        notify(
            WRITTEN,
            Recipient.of(person),
            key=key,
            subject=f"对接里的新文件：{in_quotes(wanted.title)}",
            happened=f"对方传了一个文件：「{name}」。",
            to_do="打开链接看文件。",
            link=_link(case),
            about=(wanted.kind, wanted.id),
        )


def _answering_people(case: Introduction, by: Reader | None) -> list[Person]:
    """The people of the listing that is wanted, or its desk where nobody of them is left, and its brokers."""
    wanted = case.wanted
    people = people_of(wanted, by)
    if not people and wanted.organisation_id is not None:
        people = desk_of(wanted.organisation_id)
    brokers = people_by_id(wanted.broker_ids).values()
    acting = by.id if by is not None else None
    # By number: its people and its broker may be one person.
    reached = {one.id: one for one in (*people, *brokers)}
    return [one for one in reached.values() if one.id != acting]


def _asking_people(case: Introduction, by: Reader | None) -> list[Person]:
    """Who asked, as long as they still belong to that organisation; else those who look after its listings."""
    # Who has left that organisation learns nothing more of what it began.
    person = case.asked_by
    if person.active and case.asking_organisation_id in person.organisation_ids:
        people = [person]
    else:
        people = desk_of(case.asking_organisation_id)
    acting = by.id if by is not None else None
    return [one for one in people if one.id != acting]


def _link(case: Introduction) -> str:
    return path_of("introductions.case", introduction_id=case.id)
