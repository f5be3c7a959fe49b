"""What banks, funds and firms are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marketplace.contributions import NoticeKind
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FirmPack, ProductVersion
from marketplace.listings.announcements import people_of
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of

REVIEWED = "finance.reviewed"
PACK = "finance.pack"
LOAN = "finance.loan"
INVESTOR = "finance.investor"
WHY_INSTITUTION = "您收到这封邮件，是因为您负责本机构在平台上的业务。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(REVIEWED, "金融产品的审核结果", WHY_INSTITUTION)
    yield NoticeKind(
        PACK,
        "融资资料包",
        "您收到这封邮件，是因为您所在的单位提供了融资资料包，或收到了企业提供的资料包。",
    )
    yield NoticeKind(LOAN, "贷款备案的结果", WHY_INSTITUTION)
    yield NoticeKind(
        INVESTOR,
        "投资机构想了解企业",
        "您收到这封邮件，是因为您填报了资金需求，或代表投资机构提出了了解。",
    )


def announce_review(version: ProductVersion) -> None:
    """Notify the institution of what became of a version."""
    product = version.product
    note = f"\n要改的：{version.note}" if version.note else ""
    _notify(
        REVIEWED,
        product.organisation_id,
        # With the revision: what is sent back a second time is news, the same decision twice is not.
        key=f"product version {version.id} {version.state} {version.revision}",
        subject=f"「{product.name}」{version.state_name}",
        happened=f"产品「{product.name}」第 {version.number} 版{version.state_name}。{note}",
        to_do="打开链接看产品。",
        link=path_of("finance.product_office", product_id=product.id),
        about=(product.kind, product.id),
    )


def announce_pack(pack: FirmPack) -> None:
    """Notify the institution that it may see something, or that it may no more."""
    firm = pack.organisation.name
    if pack.state == "granted":
        subject = f"{firm} 提供了融资资料包"
        to_do = f"打开链接查看，可看到 {pack.until}；每次查看都有记录，企业看得到。"
    else:
        subject = f"{firm} 的融资资料包{pack.state_name}"
        to_do = "不能再查看；确有需要的，请企业重新提供。"
    _notify(
        PACK,
        pack.institution_id,
        # A pack comes to each state once.
        key=f"pack {pack.id} {pack.state}",
        subject=subject,
        happened=f"{subject}。用途：{pack.purpose}",
        to_do=to_do,
        # To the list, not to the pack: of one that was withdrawn the page would only refuse.
        link=path_of("finance.received"),
        about=(pack.kind, pack.id),
    )


def announce_pack_end(pack: FirmPack) -> None:
    """Notify the firm that what it granted is over."""
    _notify(
        PACK,
        pack.organisation_id,
        key=f"pack {pack.id} over",
        subject=f"提供给 {pack.institution.name} 的资料包已到期",
        happened=f"提供给「{pack.institution.name}」的融资资料包在 {pack.until} 到期，对方不能再查看。",
        to_do="还需要的，可以重新提供。",
        link=path_of("finance.pack", pack_id=pack.id),
        about=(pack.kind, pack.id),
    )


def announce_loan(loan: FiledLoan) -> None:
    """Notify the bank of what was decided about a loan it filed."""
    note = f"\n要补正的：{loan.note}" if loan.note else ""
    _notify(
        LOAN,
        loan.institution_id,
        key=f"loan {loan.id} {loan.state} {loan.revision}",
        subject=f"贷款备案「{loan.contract_no}」{loan.state_name}",
        happened=f"{loan.borrower_name} 的贷款（合同 {loan.contract_no}）{loan.state_name}。{note}",
        to_do="打开链接办理。",
        link=path_of("finance.loan", loan_id=loan.id),
        about=(loan.kind, loan.id),
    )


def announce_request(request: InvestorRequest) -> None:
    """Notify the people of a demand that a fund wants to know whose it is."""
    # Those of the demand, not the desk of the firm: whoever looks after it answers.
    for person in people_of(request.demand, None):
        notify(
            INVESTOR,
            Recipient.of(person),
            key=f"investor request {request.id}",
            subject=f"{request.investor.name} 想了解您的资金需求",
            happened=f"{request.investor.name} 看到了您的资金需求的摘要（没有单位名称），想了解是哪家企业。"
            f"\n附言：{request.message}",
            to_do="打开链接，同意或不同意。同意以前对方不知道您是谁。",
            link=path_of("finance.interest", interest_id=request.id),
            about=("demand", request.demand_id),
        )


def announce_answer(request: InvestorRequest) -> None:
    """Notify the fund of the answer."""
    _notify(
        INVESTOR,
        request.investor_id,
        key=f"investor request {request.id} {request.state}",
        subject=f"您想了解的企业：{request.state_name}",
        # By its number, not by the title of the demand: after a no the fund must not know that either.
        happened=f"您想了解的资金需求（第 {request.id} 号），{request.state_name}。",
        to_do="打开链接查看。",
        link=path_of("finance.interest", interest_id=request.id),
        about=(request.kind, request.id),
    )


def _notify(code: str, organisation_id: int, **values: Any) -> None:
    """Notify those who look after an organisation."""
    # Not whoever filed or wrote it: they may have left the institution since.
    for person in desk_of(organisation_id):
        notify(code, Recipient.of(person), **values)
