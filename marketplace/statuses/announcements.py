"""What the people of an organisation are notified of about its statuses. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import NoticeKind
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.statuses.models import OrganisationStatus

DECIDED = "statuses.decided"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        DECIDED,
        "单位资质的核对结果",
        "您收到这封邮件，是因为您负责本单位在平台上的资料。",
    )


def announce_decision(row: OrganisationStatus) -> None:
    """Notify those who look after the organisation of what became of a status."""
    note = f"\n原因：{row.note}" if row.note else ""
    for person in desk_of(row.organisation_id):
        notify(
            DECIDED,
            Recipient.of(person),
            # With the revision, so that a decision is announced once, and one that follows it too.
            key=f"status {row.id} {row.state} {row.revision}",
            subject=f"{row.name}：{row.state_name}",
            happened=f"「{row.organisation.name}」的{row.name}（{row.period}）{row.state_name}。{note}",
            to_do="打开链接看本单位的资质。",
            link=path_of("statuses.own", organisation_id=row.organisation_id),
            about=(row.kind, row.id),
        )
