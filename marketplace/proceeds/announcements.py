"""What an inventor is notified of: their statement is there, or was given to them by mistake. Nothing is committed."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.contracts.models import TechContract
from marketplace.contributions import NoticeKind
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.proceeds.models import InventorShare
from marketplace.wording import in_quotes

STATEMENT = "proceeds.statement"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        STATEMENT,
        "我的收入分配明细",
        "您收到这封邮件，是因为您的单位把您的科技成果转化收入分配明细交给了您。",
    )


def announce_statement(share: InventorShare, person: Person, revision: int) -> None:
    """An inventor may read their statement. How much it is stays on the page, out of mails."""
    contract = share.distribution.contract
    _announce(
        contract,
        person,
        # With the revision of the contract: given back after a mistake, it is news once more.
        key=f"inventor share {share.id} to {person.id} {revision}",
        subject="收入分配明细",
        happened=f"{contract.seller_name}定下了合同{in_quotes(contract.title)}的收入分配方案，把您的一份明细交给了您。",
        to_do="打开链接看您的份额和金额，下载 PDF；有疑问的，请问本单位的成果转化部门。",
    )


def announce_correction(share: InventorShare, person: Person, revision: int) -> None:
    """Who was given the statement of somebody else learns that it is no longer theirs to read."""
    contract = share.distribution.contract
    _announce(
        contract,
        person,
        key=f"inventor share {share.id} from {person.id} {revision}",
        subject="收入分配明细更正",
        happened=f"合同{in_quotes(contract.title)}的一份收入分配明细曾误交给您，{contract.seller_name}已更正，您不能再打开。",
        to_do="不用再做什么。",
    )


def _announce(
    contract: TechContract,
    person: Person,
    *,
    key: str,
    subject: str,
    happened: str,
    to_do: str,
) -> None:
    notify(
        STATEMENT,
        Recipient.of(person),
        key=key,
        subject=f"{subject}：{in_quotes(contract.title)}",
        happened=happened,
        to_do=to_do,
        link=path_of("proceeds.own"),
        about=("tech_contract", contract.id),
    )
