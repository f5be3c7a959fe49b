"""What researchers and those who confirm are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.certificates.models import ConversionCertificate
from marketplace.contributions import NoticeKind
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of

REQUESTED = "certificate.requested"
DECIDED = "certificate.decided"
CORRECTED = "certificate.corrected"
WHY_DESK = "您收到这封邮件，是因为您负责本单位的内容或人员。"
WHY_HOLDER = "您收到这封邮件，是因为您申请过转化业绩证明。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(REQUESTED, "本单位的人申请转化业绩证明", WHY_DESK)
    yield NoticeKind(DECIDED, "我的转化业绩证明已签发、没有确认或被撤回", WHY_HOLDER)
    yield NoticeKind(CORRECTED, "我的转化业绩证明里的金额已被更正", WHY_HOLDER)


def announce_request(row: ConversionCertificate) -> None:
    """Those who answer for the organisation may confirm it."""
    for person in desk_of(row.organisation_id):
        # Who asks is often at the desk, too, and may not confirm it.
        if person.id != row.person_id:
            _tell(
                REQUESTED,
                person,
                row,
                subject=f"{row.person.name}申请转化业绩证明",
                happened=f"{row.person.name}申请证明，用于：{row.purpose}；列了 {len(row.lines)} 份已登记的技术合同。",
                to_do="核对申请人在每份合同的成果里的贡献，确认或写明为什么不确认。",
            )


def announce_decision(row: ConversionCertificate) -> None:
    """Its holder learns what became of it."""
    to_do = ""
    happened = f"转化业绩证明 {row.number}：{row.state_name}。"
    if row.state == "issued":
        to_do = (
            "PDF 在一分钟内生成，到页面下载。收到证明的人用上面的核验码在平台上核验。"
        )
    elif row.reason:
        happened = f"{happened}原因：{row.reason}"
    _tell(
        DECIDED,
        row.person,
        row,
        subject=f"转化业绩证明 {row.number}：{row.state_name}",
        happened=happened,
        to_do=to_do,
    )


def announce_correction(row: ConversionCertificate) -> None:
    """Its holder learns that the ledger says something else by now."""
    _tell(
        CORRECTED,
        row.person,
        row,
        subject=f"转化业绩证明 {row.number} 里的金额已被更正",
        happened=f"证明 {row.number} 签发以后，其中的合同更正或撤销了登记。核验这份证明的人现在看到「已被更正」。",
        to_do="需要的话，申请一份新的证明。",
        # There may be another one, after one that has led back to the same numbers.
        occasion=f" {row.corrected_at}",
    )


def _tell(
    code: str,
    person: Person,
    row: ConversionCertificate,
    *,
    subject: str,
    happened: str,
    to_do: str,
    occasion: str = "",
) -> None:
    notify(
        code,
        Recipient.of(person),
        # Each state is reached once, and so is each of these notices; what happens again has an occasion.
        key=f"{code} {row.id} {row.state}{occasion}",
        subject=subject,
        happened=happened,
        to_do=to_do,
        link=path_of("certificates.certificate", certificate_id=row.id),
        about=(row.kind, row.id),
    )
