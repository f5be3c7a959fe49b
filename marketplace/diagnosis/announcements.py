"""What a firm and who diagnoses its demand are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.contributions import NoticeKind
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.extensions import db
from marketplace.listings.announcements import people_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import in_quotes

TO_FIRM = "diagnosis.to_firm"
TO_DIAGNOSER = "diagnosis.to_diagnoser"
# Deed → what happened, and what the firm may do.
FIRM_WORDS = {
    "take": ("开始诊断", "有问题会在页面上问您；改写的文字要您确认才会用。"),
    "inquire": ("有问题要您回答", "打开链接，在页面上回答。"),
    "propose": (
        "改写等您确认",
        "打开链接，对照原文逐项看；可以确认、请再改，或不采用。",
    ),
    "propose_split": (
        "建议拆成几条，等您确认",
        "打开链接看每一条；确认以后各成一条草稿。",
    ),
    "advise": ("诊断有了结论", "原因和下一步写在页面上。"),
    "stop": ("诊断停止了", "需求本身没有变动，可以自己修改后送审。"),
}
DIAGNOSER_WORDS = {
    "answer": ("企业回答了问题", "打开链接接着诊断。"),
    "confirm": ("企业确认了改写", ""),
    "confirm_split": ("企业确认了拆分", ""),
    "ask_changes": ("企业请再改", "按企业说的改好，再请确认。"),
    "decline": ("企业没有采用", ""),
}


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        TO_FIRM,
        "需求诊断的提问、改写和结果",
        "您收到这封邮件，是因为您填报或送审了这条需求，或您是它所属单位的管理员。",
    )
    yield NoticeKind(
        TO_DIAGNOSER,
        "我诊断的需求有了回音",
        "您收到这封邮件，是因为您接手了这条需求的诊断。",
    )


def announce_to_firm(
    case: DiagnosisCase, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    """Notify the people of a demand of what who diagnoses it did.

    Args:
        case: it has been moved.
        deed: a key of `FIRM_WORDS`.
        by: who did it, who is not notified.
        note: what they said.
    """
    row = case.demand
    db.session.flush()  # each deed raises the revision, so that no two bear the same key
    happened, to_do = FIRM_WORDS[deed]
    said = f"\n{note.strip()}" if note.strip() else ""
    for person in people_of(row, by):
        notify(
            TO_FIRM,
            Recipient.of(person),
            key=f"diagnosis {case.id} {deed} {case.revision}",
            subject=f"需求{in_quotes(row.title)}：{happened}",
            happened=f"需求{in_quotes(row.title)}的诊断，{happened}。{said}",
            to_do=to_do,
            link=path_of("diagnosis.case", number=case.id),
            about=("demand", row.id),
        )


def announce_to_diagnoser(
    case: DiagnosisCase, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    """Notify who diagnoses a demand of what its firm did; arguments as `announce_to_firm`."""
    row = case.demand
    db.session.flush()
    happened, to_do = DIAGNOSER_WORDS[deed]
    said = f"\n{note.strip()}" if note.strip() else ""
    people: dict[int, Person] = {}
    # An operator may have gone on with what a broker took: both follow it, each once.
    for person in (case.taken_by, case.proposed_by):
        if person is not None and (by is None or person.id != by.id):
            people[person.id] = person
    for person in people.values():
        notify(
            TO_DIAGNOSER,
            Recipient.of(person),
            key=f"diagnosis {case.id} {deed} {case.revision}",
            subject=f"需求诊断：{happened}（{row.title}）",
            happened=f"您诊断的需求{in_quotes(row.title)}，{happened}。{said}",
            to_do=to_do,
            link=path_of("diagnosis.case", number=case.id),
            about=("demand", row.id),
        )
