"""What brokers, both sides and referrers are notified of: what happened, what to do, by when. Nothing is committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from marketplace.accounts.models import Person
from marketplace.brokerage.child_models import (
    SIDES,
    AttributionDispute,
    CaseSide,
    CommissionAgreement,
)
from marketplace.brokerage.disclosure import is_known_to_sides, kind_in_words
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.turns import turn_of
from marketplace.contributions import NoticeKind
from marketplace.listings.announcements import people_of
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import in_quotes
from marketplace.workdays.calendar import Deadline

CARRIED = "brokerage.carried"
PAIRED = "brokerage.paired"
RULED = "brokerage.ruled"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        CARRIED,
        "我负责的撮合",
        "您收到这封邮件，是因为您是这件撮合的技术经理人或推荐人。",
    )
    yield NoticeKind(
        PAIRED,
        "技术经理人介绍的对接",
        "您收到这封邮件，是因为您填报或送审了其中一条，或负责它的对接。",
    )
    yield NoticeKind(
        RULED,
        "撮合归属的裁定",
        "您收到这封邮件，是因为您对撮合的归属提出过异议，或它记在您名下，或您负责双方之一的对接。",
    )


def announce_dispatch(case: BrokerageCase, *, by: Reader | None) -> None:
    """A broker is given a case."""
    what = "请先申报利益关系，再决定是否接单。到期没有接单的由平台另派。"
    _to_broker(
        case, "派给您一件撮合", f"{pair_in_words(case)}派给您撮合。", what, by=by
    )


def announce_accepted(case: BrokerageCase, *, by: Reader | None) -> None:
    """Where it waited for the consent of both sides, its broker learns that they may go on."""
    declaration = case.declaration
    if declaration is None or not declaration.dual_agency:
        return
    what = "在期限内向双方提出对接。"
    _to_broker(case, "双方同意由您服务", "双方都同意由您一人服务。", what, by=by)


def announce_consent(case: BrokerageCase) -> None:
    """Both sides are asked whether one broker may serve both."""
    declaration = case.declaration
    assert declaration is not None  # noqa: S101
    assert case.broker is not None  # noqa: S101
    # Both know of the case by this question, so nothing here names the other one.
    for side in case.lacking_consent:
        _to_side(
            case,
            side.side,
            "consent",
            subject=f"请答复：是否同意技术经理人{case.broker.name}同时服务双方",
            happened=(
                f"技术经理人{case.broker.name}想为您和对方撮合一次合作，并申报同时受双方委托：{declaration.details}"
            ),
            to_do="打开链接，同意，或写明原因不同意；不同意的由平台另派技术经理人。",
        )


def announce_pair(case: BrokerageCase, side: CaseSide) -> None:
    """A side is asked whether it wants to talk: to whom as far as it may know, why, until when."""
    (other,) = (one for one in SIDES if one != side.side)
    name = kind_in_words(case, other)
    own = case.listing_of(side.side)
    about = "" if own is None else f"您的{own.kind_word}{in_quotes(own.title)}"
    assert case.broker is not None  # noqa: S101
    lines = [f"技术经理人{case.broker.name}认为{about}和{name}合适，介绍双方对接。"]
    lines.append(f"理由：{case.message}")
    # The sentence of the match quotes the other listing, which waits for the commission (decision 115).
    if case.why and case.tells_names:
        lines.append(f"平台的匹配依据：{case.why}")
    to_do = "打开链接，答复是否愿意对接；双方都愿意以后才看得到联系方式。"
    if case.agreement is not None and side.side in case.agreement.unsigned:
        to_do = "打开链接，先看佣金约定；确认以后看得到对方是谁，再答复是否愿意对接。"
    _to_side(
        case,
        side.side,
        "pair",
        subject=f"技术经理人介绍您和{name}对接",
        happened="\n".join(lines),
        to_do=to_do,
    )


def announce_turn(case: BrokerageCase, *, is_late: bool, by: Reader | None) -> None:
    """Those who must act are notified once more.

    Args:
        is_late: the last day was past when it was decided.
    """
    turn = turn_of(case)
    assert turn is not None  # noqa: S101
    if "broker" in turn.actors:
        happened = f"{pair_in_words(case)}还没有办，平台催办。"
        subject = "催办：撮合等您办理"
        if is_late:
            happened = f"{pair_in_words(case)}已经超期，平台催办。"
            subject = "催办：撮合超期"
        _to_broker(case, subject, happened, f"{turn.what}。", by=by)
        return
    for side in case.waiting_sides:
        announce_pair(case, side)


def announce_quiet(case: BrokerageCase, last: str) -> None:
    """Its broker has written nothing for long."""
    happened = f"{pair_in_words(case)}很久没有更新。"
    what = f"记下进展或定下一步；到 {last} 仍没有更新的，平台收回另派。"
    _to_broker(case, "撮合很久没有更新", happened, what, by=None)


def announce_taken(
    case: BrokerageCase, broker: Person, note: str, *, by: Reader | None
) -> None:
    """Somebody carries a case no longer."""
    # Who gave it back knows.
    if by is not None and by.id == broker.id:
        return
    notify(
        CARRIED,
        Recipient.of(broker),
        key=f"brokerage {case.id} taken {case.revision}",
        subject="一件撮合已转回平台",
        happened=f"{pair_in_words(case)}不再由您办理。\n原因：{note}",
        to_do="不用再做什么。",
        # Not the board, which who lost the role or whose certificate is over may not open.
        link=path_of("desk.mine"),
    )


def announce_together(case: BrokerageCase, *, by: Reader | None) -> None:
    """Both sides want to talk: they and their broker learn how."""
    what = "打开链接，在双方的对接里看联系方式，直接联系或留言。"
    for side in case.sides:
        _to_side(
            case,
            side.side,
            "together",
            subject="双方都愿意对接",
            happened="双方都接受了技术经理人介绍的对接。",
            to_do=what,
            by=by,
        )
    _to_broker(
        case,
        "双方都愿意对接",
        f"{pair_in_words(case)}双方都接受了。",
        "跟进洽谈，记下进展。",
        by=by,
    )


def announce_intention(case: BrokerageCase, *, by: Reader | None) -> None:
    """Both sides learn that their broker noted an intention, and may object."""
    for side in case.sides:
        _to_side(
            case,
            side.side,
            "intention",
            subject="技术经理人记下了双方的合作意向",
            happened="技术经理人记下了双方有合作意向。",
            to_do="可以开始交易；有出入的，请联系技术经理人。",
            by=by,
        )


def announce_deal(case: BrokerageCase, *, by: Reader | None) -> None:
    """Its broker learns that a deal began."""
    happened = f"{pair_in_words(case)}已进入交易 {case.deal_number}。"
    _to_broker(case, "双方开始交易", happened, "在交易里跟进。", by=by)


def announce_end(case: BrokerageCase, *, by: Reader | None) -> None:
    """Everybody who knows of a case learns that it is over, and why; not in whose words."""
    reason = case.reason_name
    if case.broker is not None:
        note = f"（{case.note}）" if case.note else ""
        happened = f"{pair_in_words(case)}已结束。\n原因：{reason}{note}"
        _to_broker(case, "一件撮合已结束", happened, "不用再做什么。", by=by)
    if not is_known_to_sides(case):
        return
    for side in case.sides:
        # Who declined ended it, and has read so on the page.
        if side.answer == "declined":
            continue
        _to_side(
            case,
            side.side,
            "end",
            subject="技术经理人介绍的对接已结束",
            happened=f"这次对接已结束。\n原因：{reason}",
            to_do="可以看看匹配到的其他条目。",
            by=by,
        )


def announce_agreement(
    case: BrokerageCase, agreement: CommissionAgreement, *, by: Reader | None
) -> None:
    """Its broker learns that every payer has confirmed the commission."""
    happened = f"{pair_in_words(case)}的佣金约定，付款方都确认了。"
    _to_broker(case, "佣金约定已生效", happened, "等双方答复是否愿意对接。", by=by)


def announce_ruling(dispute: AttributionDispute) -> None:
    """Whom it concerns learns of a ruling: who claimed the pair, to whom it was credited, and both organisations."""
    row = dispute.attribution
    holds_for = row.holds_for
    credited = "双方自行对接"
    if holds_for is not None:
        credited = f"技术经理人{holds_for.name}"
    for person in _concerned_by(dispute):
        notify(
            RULED,
            Recipient.of(person),
            key=f"attribution dispute {dispute.id} {dispute.state} to {person.id}",
            subject=f"撮合归属：{dispute.state_name}",
            happened=(
                f"一对对接归谁促成有异议，平台裁定：{dispute.state_name}。\n"
                f"理由：{dispute.ruling}\n现在记为：{credited}。"
            ),
            to_do="打开链接看归属记录；原来的记录不改，裁定记在它下面。",
            link=path_of("brokerage.attribution", attribution_id=row.id),
        )


def _concerned_by(dispute: AttributionDispute) -> list[Person]:
    """Who may read a ruling and whom it concerns, each once."""
    row = dispute.attribution
    people = [dispute.claimed_by]
    if row.broker is not None:
        people.append(row.broker)
    # To whom an earlier ruling credited it.
    people += [one.claimed_by for one in row.disputes if one.state == "upheld"]
    # Where only an operator confirmed the pair, a side may not know yet who the other one is.
    if row.basis == "both_sides":
        people += desk_of(row.holder_organisation_id)
        people += desk_of(row.receiver_organisation_id)
    # By number: the broker of the record may be the claimant, and a desk serve both organisations.
    found = {one.id: one for one in people if one.active}
    return list(found.values())


def pair_in_words(case: BrokerageCase) -> str:
    """A pair for its broker and the operators: what is offered, what is wished."""
    titles = []
    for listing in (case.achievement, case.demand):
        if listing is not None:
            # These words go into mails and copies of data, where nothing that is confidential may stand.
            public = listing.visibility != "confidential"
            title = listing.title if public else f"一条不公开的{listing.kind_word}"
            titles.append(in_quotes(title))
    return "和".join(titles)


def _to_broker(
    case: BrokerageCase, subject: str, happened: str, to_do: str, *, by: Reader | None
) -> None:
    broker = case.broker
    if broker is None or (by is not None and by.id == broker.id):
        return
    notify(
        CARRIED,
        Recipient.of(broker),
        # With the revision: the same step done twice is two letters, a step repeated by a race is one.
        key=f"brokerage {case.id} {case.state} {case.revision} broker",
        subject=subject,
        happened=happened,
        to_do=to_do,
        until=_until(case),
        link=path_of("brokerage.case", case_id=case.id),
    )


def _to_side(
    case: BrokerageCase,
    side: str,
    occasion: str,
    *,
    subject: str,
    happened: str,
    to_do: str,
    by: Reader | None = None,
) -> None:
    for person in people_of_side(case, side):
        if by is not None and by.id == person.id:
            continue
        notify(
            PAIRED,
            Recipient.of(person),
            key=f"brokerage {case.id} {occasion} {side} {case.revision}",
            subject=subject,
            happened=happened,
            to_do=to_do,
            # Only a question has a last day for the side; else the day is one of the broker.
            until=_until(case) if occasion in ("pair", "consent") else None,
            link=path_of("brokerage.case", case_id=case.id),
        )


def _until(case: BrokerageCase) -> datetime | None:
    return None if case.due_on is None else Deadline(case.due_on).end


def people_of_side(case: BrokerageCase, side: str) -> Iterable[Person]:
    """Who is notified for a side: the people of its listing, or who requested the introduction, or its desk."""
    listing = case.listing_of(side)
    if listing is not None:
        # Whoever looked after it may have left: then the desk is notified rather than nobody.
        people = people_of(listing, None)
        if people:
            return people
    elif case.introduction is not None:
        person = case.introduction.asked_by
        if person.active:
            return [person]
    return desk_of(case.organisation_of(side).id)
