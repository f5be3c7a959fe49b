"""What people of a deal are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.brokerage.queries import brokers_of
from marketplace.contributions import NoticeKind
from marketplace.deals.child_models import DealObjection
from marketplace.deals.life import TURNS
from marketplace.deals.models import SIDES, Deal
from marketplace.deals.readiness import turn_for, turn_of
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import in_quotes
from marketplace.workdays.calendar import Deadline

MOVED = "deal.moved"
OBJECTED = "deal.objected"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        MOVED,
        "我参与的交易有进展",
        "您收到这封邮件，是因为您参与了这笔交易，或负责本单位的成果。",
    )
    yield NoticeKind(
        OBJECTED,
        "公示收到异议",
        "您收到这封邮件，是因为您负责答复本单位公示的异议。",
    )


def announce_proposal(deal: Deal, *, by: Person) -> None:
    """Notify who has not agreed yet."""
    announce(deal, "有人提出交易，等答复", by=by)


def announce(deal: Deal, happened: str, *, by: Reader | None) -> None:
    """Notify both sides and the brokers of what happened, what comes next, who does it and until when.

    Args:
        deal: as it is by now.
        happened: in words that are true for whoever reads them: only who is to act is asked to.
        by: who did it and is not notified; None: the site itself.
    """
    turn = turn_of(deal)
    until = None
    if deal.due_on is not None:
        until = Deadline(deal.due_on).end
    for person, sides in people_of(deal, by):
        asked = _is_asked(turn.who, sides)
        words = f"交易 {deal.number}{in_quotes(deal.title)}：{happened}。"
        if turn.what and not asked:
            words += f"接下来由{TURNS[turn.who]}{turn.what}。"
        notify(
            MOVED,
            Recipient.of(person),
            # One key is one notice to a recipient: with the revision the same may happen twice to a deal.
            key=f"deal {deal.id} {deal.state} {deal.revision} {happened}"[:200],
            subject=f"{happened}：{deal.title}",
            happened=words,
            to_do=f"下一步：{turn_for(deal, person.id)}。" if asked else "",
            until=until if asked else None,
            link=link_of(deal),
            about=("deal", deal.id),
        )


def _is_asked(who: str, sides: set[str]) -> bool:
    """Whether somebody of these sides is to act; a broker is of none."""
    if who == "both":
        return bool(sides)
    return ("holder" if who == "approver" else who) in sides


def announce_objection(deal: Deal, objection: DealObjection) -> None:
    """Notify who answers for the holder: the deal is locked until they have answered."""
    # All who may answer, and not only who carries the deal: it is locked until one of them does.
    for person in desk_of(deal.holder_organisation_id):
        notify(
            OBJECTED,
            Recipient.of(person),
            key=f"objection {objection.id}",
            subject=f"公示收到异议：{deal.title}",
            happened=f"交易 {deal.number}{in_quotes(deal.title)}的公示收到异议 {objection.number}"
            f"（{objection.reason_name}），交易已锁定。",
            to_do="核查后在交易的页面答复，答复会公开。",
            until=Deadline(objection.due_on).end,
            link=link_of(deal),
            about=("deal", deal.id),
        )


def people_of(deal: Deal, by: Reader | None) -> list[tuple[Person, set[str]]]:
    """Who carries a deal for each side, or the desk where nobody of them is left, and its brokers; not who acts.

    Each with the sides they are of; brokers are of none.
    """
    # By number, so that one who belongs to both sides, or is its broker too, gets a single notice.
    reached: dict[int, tuple[Person, set[str]]] = {}
    for side in SIDES:
        for person in _people_of_side(deal, side):
            _, sides = reached.setdefault(person.id, (person, set()))
            sides.add(side)
    brokers = {*deal.broker_ids, *brokers_of(deal.introduction_id)}
    for person in people_by_id(brokers).values():
        reached.setdefault(person.id, (person, set()))
    # Where the site itself acts, nobody is left out.
    acting = by.id if by is not None else None
    return [one for number, one in reached.items() if number != acting]


def _people_of_side(deal: Deal, side: str) -> list[Person]:
    number = deal.organisation_of(side)
    person = getattr(deal, f"{side}_person")
    # Who has left the organisation, or has no account any more, carries nothing for it.
    carried = person is not None and person.active and number in person.organisation_ids
    # What the desk and the administrators have to approve concerns all of them.
    if carried and not (side == "holder" and deal.turn == "approver"):
        return [person]
    others = desk_of(number)
    if carried:
        # One of them may be who carries it: the caller counts each person once.
        others = [person, *others]
    return others


def link_of(deal: Deal) -> str:
    """The path of the page of a deal."""
    return path_of("deals.deal", deal_id=deal.id)
