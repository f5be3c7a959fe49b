"""What the two sides of a contract are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts.models import ContractPaper, TechContract
from marketplace.contributions import NoticeKind
from marketplace.deals.models import SIDES
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.wording import day, in_quotes

PAPER = "contract.paper"
VOIDED = "contract.voided"
OFFICE = "contract.office"
DUE = "contract.due"
REMINDED = (
    90,
    30,
    7,
)  # days before an end (choices of patent offices and their software)
WHY = "您收到这封邮件，是因为您办理这份合同所在的交易，或您负责本单位的内容。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(PAPER, "合同文本等我确认、双方已确认", WHY)
    # Not to be switched off: what somebody has confirmed counts no more.
    yield NoticeKind(VOIDED, "合同改过，原来的确认失效", WHY, may_be_stopped=False)
    yield NoticeKind(OFFICE, "合同登记的进展", WHY)
    yield NoticeKind(DUE, "合同的期限快到", WHY)


def announce_paper(paper: ContractPaper) -> None:
    """Both sides have a text to confirm."""
    contract = paper.contract
    _tell_both(
        contract,
        PAPER,
        key=f"contract paper {paper.id}",
        subject=f"请确认合同文本：{in_quotes(contract.title)}第 {paper.number} 稿",
        happened=f"合同{in_quotes(contract.title)}第 {paper.number} 稿的 PDF 已经生成。\nSHA-256：{paper.sha256}",
        to_do="打开链接，下载 PDF 看过，再确认。双方确认同一份文件，合同才算签订。",
    )


def announce_signed(paper: ContractPaper) -> None:
    """Both sides have confirmed."""
    contract = paper.contract
    _tell_both(
        contract,
        PAPER,
        key=f"contract signed {paper.id}",
        subject=f"双方已确认合同：{in_quotes(contract.title)}",
        happened=f"双方都确认了合同{in_quotes(contract.title)}第 {paper.number} 稿。\nSHA-256：{paper.sha256}",
        to_do="卖方在有效期内到技术合同登记机构办理登记。",
    )


def announce_voided(
    contract: TechContract, paper: ContractPaper, labels: list[str], why: str
) -> None:
    """Both sides learn that what they confirmed is no longer what the contract says."""
    _tell_both(
        contract,
        VOIDED,
        key=f"contract voided {paper.id} {contract.revision}",
        subject=f"合同改过，原来的确认失效：{in_quotes(contract.title)}",
        happened=f"合同{in_quotes(contract.title)}改了：{'、'.join(labels)}。{why}\n"
        f"第 {paper.number} 稿的确认全部失效。",
        to_do="看过改动，重新生成文本，双方再确认一次。",
    )


def announce_office(contract: TechContract, happened: str, to_do: str = "") -> None:
    """How the registration goes on."""
    _tell_both(
        contract,
        OFFICE,
        key=f"contract office {contract.id} {contract.revision}",
        subject=f"合同登记：{in_quotes(contract.title)}{contract.state_name}",
        happened=happened,
        to_do=to_do,
    )


def announce_due(
    contract: TechContract, code: str, words: str, last: date, to_do: str
) -> int:
    """Remind of an end, once at each of the days before it; returns the number of notices.

    Args:
        code: of the end, with what makes it another one, such as its day.
        words: what ends.
        last: the last day.
        to_do: what is to be done.
    """
    left = (last - today()).days
    stages = [days for days in REMINDED if left <= days]
    # A quarter of a year after an end nobody is reminded of it any more.
    if not stages or left < -max(REMINDED):
        return 0
    # The nearest of the days that have come: who was away for the first gets one mail, not two. One more after it.
    stage = min(stages) if left >= 0 else -1
    state = f"还有 {left} 天" if left >= 0 else f"已超过 {-left} 天"
    return _tell_both(
        contract,
        DUE,
        # With its day, so that an end that moves is announced once more.
        key=f"contract {contract.id} {code} {last} {stage}",
        subject=f"{words}：{in_quotes(contract.title)}{state}",
        happened=f"合同{in_quotes(contract.title)}{words}，最后一天 {day(last)}，{state}。",
        to_do=to_do,
        until=last,
    )


def people_of_side(contract: TechContract, side: str) -> list[Person]:
    """Who is told for a side: who carries the deal as long as they belong there, else its desk."""
    # From the register: the desk of whichever party is on the platform.
    if contract.deal is None:
        number = contract.seller_id if side == "holder" else contract.buyer_id
        return desk_of(number) if number is not None else []
    number = contract.deal.organisation_of(side)
    person: Person | None = getattr(contract.deal, f"{side}_person")
    # Who has left the organisation, or has no account any more, carries nothing for it.
    if person is not None and person.active and number in person.organisation_ids:
        return [person]
    return desk_of(number)


def _tell_both(
    contract: TechContract,
    code: str,
    *,
    key: str,
    subject: str,
    happened: str,
    to_do: str = "",
    until: date | None = None,
) -> int:
    # By number: one who acts for both sides gets a single notice.
    people = {}
    for side in SIDES:
        people.update({one.id: one for one in people_of_side(contract, side)})
    count = 0
    for person in people.values():
        number = notify(
            code,
            Recipient.of(person),
            key=key,
            subject=subject,
            happened=happened,
            to_do=to_do,
            until=until,
            link=path_of("contracts.contract", contract_id=contract.id),
            about=("tech_contract", contract.id),
        )
        # None says that this person has the notice already.
        count += number is not None
    return count
