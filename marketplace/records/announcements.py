"""What both sides of a case are notified of: minutes that they may read. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.brokerage.child_models import SIDES
from marketplace.contributions import NoticeKind
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.records.models import CaseNote

MINUTES = "record.minutes"
WHY = "您收到这封邮件，是因为技术经理人为贵单位办理一件对接。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(MINUTES, "技术经理人给双方的纪要", WHY)


def announce_minutes(row: CaseNote) -> None:
    """Both sides may read minutes: who answered for a side, else its desk."""
    for code in SIDES:
        side = row.case.side_of(code)
        people = desk_of(row.case.organisation_of(code).id)
        person = side.answered_by
        # Nobody reads mail for a closed account, and who has left learns nothing more: then the desk is notified.
        number = row.case.organisation_of(code).id
        if person is not None and person.active and number in person.active_ids:
            people = [person]
        for one in people:
            notify(
                MINUTES,
                Recipient.of(one),
                key=f"case note {row.id}",
                subject="技术经理人写了双方会谈的纪要",
                happened=f"{row.by.name}写了 {row.met_on} 会谈的纪要，双方都能看。",
                to_do="打开链接看一遍；有出入的告诉技术经理人，另写一份更正。",
                link=path_of("records.case", case_id=row.case_id),
                about=("brokerage_case", row.case_id),
            )
