"""What the two sides of a contract are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from marketplace.contracts.announcements import people_of_side
from marketplace.contracts.models import TechContract
from marketplace.contributions import NoticeKind
from marketplace.deals.models import SIDES
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.ratings.models import Rating
from marketplace.wording import in_quotes

GIVEN = "rating.given"
REVEALED = "rating.revealed"
REPLIED = "rating.replied"
WHY = "您收到这封邮件，是因为您办理这份合同，或您负责本单位的内容。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(GIVEN, "合作方已评价，等我评价", WHY)
    yield NoticeKind(REVEALED, "合作评价已公开给双方", WHY)
    yield NoticeKind(REPLIED, "合作方答复了我的评价", WHY)


def announce_given(row: Rating) -> None:
    """The other side learns that it was rated, and until when it may rate; not what was said."""
    _tell(
        GIVEN,
        row.contract,
        other_side(row.side),
        key=f"rating given {row.id}",
        subject=f"合作方已评价：{in_quotes(row.contract.title)}",
        happened="合作方已经评价了这份合同的合作。双方都评价以后同时看到；到期没有评价的，单方的评价公开给双方，不能再补。",
        to_do="打开合同，评价合作方。",
        until=row.reveal_on,
    )


def announce_revealed(contract: TechContract) -> None:
    """Both sides may read what was said."""
    # Both sides, also one that has not rated: it may read and reply, and rate no longer.
    for side in SIDES:
        _tell(
            REVEALED,
            contract,
            side,
            # One key for the contract, so that two revealed ratings are a single notice.
            key=f"rating revealed {contract.id}",
            subject=f"合作评价已公开：{in_quotes(contract.title)}",
            happened="这份合同的合作评价现在双方都能看到。",
            to_do="可以答复对方的评价一次。",
        )


def announce_reply(row: Rating) -> None:
    """Who rated learns of the reply."""
    _tell(
        REPLIED,
        row.contract,
        row.side,
        key=f"rating replied {row.id}",
        subject=f"合作方答复了评价：{in_quotes(row.contract.title)}",
        happened="合作方答复了贵方的评价。",
        to_do="",
    )


def other_side(side: str) -> str:
    """The other one of the two."""
    return SIDES[1 - SIDES.index(side)]


def _tell(
    code: str,
    contract: TechContract,
    side: str,
    *,
    key: str,
    subject: str,
    happened: str,
    to_do: str,
    until: date | None = None,
) -> None:
    for person in people_of_side(contract, side):
        notify(
            code,
            Recipient.of(person),
            key=key,
            subject=subject,
            happened=happened,
            to_do=to_do,
            until=until,
            link=path_of("ratings.ratings", contract_id=contract.id),
            about=("tech_contract", contract.id),
        )
