"""What claimants are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from marketplace.accounts.models import Person
from marketplace.contributions import NoticeKind
from marketplace.envelopes.models import FundClaim
from marketplace.memberships.queries import administrators_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.wording import in_quotes

DECIDED = "claim.decided"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        DECIDED,
        "资金申领的审核和付款",
        "您收到这封邮件，是因为您办理这笔申领，或管理申领的单位。",
        # Who is sent back has a last day.
        may_be_stopped=False,
    )


def announce_decision(
    row: FundClaim, deed: str, happened: str, to_do: str, *, until: date | None = None
) -> None:
    """Notify the claimant's people of a decision and what comes next (no commit)."""
    for person in people_of(row):
        notify(
            DECIDED,
            Recipient.of(person),
            # With the revision: a claim may be sent back more than once, and each time is news.
            key=f"claim {row.id} {deed} {row.revision}",
            subject=f"申领 {row.number}{in_quotes(row.content['title'])}：{row.state_name}",
            happened=f"{row.claimant_name}的申领 {row.number}{in_quotes(row.content['title'])}：{happened}",
            to_do=to_do,
            until=until,
            link=path_of("envelopes.claim", claim_id=row.id),
            about=("fund_claim", row.id),
        )


def announce_lapse(row: FundClaim) -> None:
    """Notify that nobody handed it in again in time (no commit)."""
    announce_decision(
        row,
        "lapse",
        "到期没有补充，预留的资金已释放。",
        "还要申领的，请重新申领。",
    )


def people_of(row: FundClaim) -> list[Person]:
    """Who learns of a claim: who began it as long as they belong there, else who manages the organisation."""
    writer = row.by
    if row.organisation_id is None:
        return [writer] if writer is not None and writer.active else []
    if (
        writer is not None
        and writer.active
        and row.organisation_id in writer.organisation_ids
    ):
        return [writer]
    # Who began it has left: somebody must learn that money waits or is lost.
    return administrators_of(row.organisation_id)
