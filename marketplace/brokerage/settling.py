"""What several deeds of a case have in common: born, given, taken back, brought together, ended. No commit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage import announcements, ledger, queries
from marketplace.brokerage.child_models import SIDES, Attribution, CaseSide
from marketplace.brokerage.life import (
    ACCEPT_WORKDAYS,
    CONTACT_WORKDAYS,
    JUDGE_WORKDAYS,
    REMIND_DAYS,
)
from marketplace.brokerage.models import BrokerageCase, pair_key
from marketplace.brokerage.writing import days_on, move_case, workdays_on
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.introductions.models import Introduction
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader

PAIR = (
    "pair_key",
    "achievement_id",
    "demand_id",
    "holder_organisation_id",
    "receiver_organisation_id",
)


def new_case(
    achievement: Achievement, demand: Demand, *, origin: str, message: str, by: Person
) -> BrokerageCase:
    """A case of two listings, with what the matcher says of them now; not stored yet."""
    assert achievement.organisation_id is not None  # noqa: S101  what is published has an owner
    assert demand.organisation_id is not None  # noqa: S101
    return BrokerageCase(
        origin=origin,
        achievement_id=achievement.id,
        demand_id=demand.id,
        holder_organisation_id=achievement.organisation_id,
        receiver_organisation_id=demand.organisation_id,
        proposed_by_id=by.id,
        message=message,
        # Copied and not computed later: texts change, and both sides are to find what they went by (decision 106).
        **introduction_deeds.reasons_of_pair(demand, achievement.id, by=by),
    )


def case_from(introduction: Introduction) -> BrokerageCase:
    """A case of an introduction that both sides want; not stored yet."""
    places: dict[str, Any] = {}
    # Either side may have begun it: whose listing is wanted answers.
    wanted_holds = introduction.wanted_kind == "achievement"
    answering = introduction.wanted.organisation_id
    asking = introduction.asking_organisation_id
    places["holder_organisation_id"] = answering if wanted_holds else asking
    places["receiver_organisation_id"] = asking if wanted_holds else answering
    places[f"{introduction.wanted_kind}_id"] = introduction.wanted_id
    if introduction.own_kind is not None:
        places[f"{introduction.own_kind}_id"] = introduction.own_id
    return BrokerageCase(
        origin="introduction",
        introduction_id=introduction.id,
        message=introduction.message,
        grade=introduction.grade,
        why=introduction.why,
        words=list(introduction.words),
        **places,
    )


def store_new(case: BrokerageCase, *, by: Reader | None) -> None:
    """Give a new case its number, its two sides and its first History row. Raises NotNow: one of the pair goes on."""
    case.pair_key = key_of(case)
    # Looked up for a clear answer; the unique index decides between two at once.
    going_on = queries.current_case(case.pair_key)
    if going_on is not None:
        raise _goes_on()
    case.state = case.life.initial
    case.due_on = workdays_on(JUDGE_WORKDAYS)
    case.sides = [CaseSide(side=side, answer="waiting") for side in SIDES]
    db.session.add(case)
    # Of two presses at the same moment one meets the other here.
    with persistence.refusals(duplicates=duplicates()):
        db.session.flush()
    # Only now it has the number that the History row names it by.
    case.life.born(case, by=by)
    db.session.flush()


def credit(case: BrokerageCase, referrer: Person | None, share: Decimal | None) -> None:
    """Record who referred a pair, and the share promised to them. Raises Invalid: a share of nobody, or of no size."""
    case.referrer = referrer
    case.referral_share = None
    if share is None:
        return
    if referrer is None:
        message = "写了分成，也要写推荐人。"
        raise Invalid(message, problems={"referrer": [message]})
    # The column rounds to two decimals: what was promised would be another share than what is stored.
    if not 0 < share <= 100 or share != round(share, 2):
        message = "分成写百分数，大于 0、不超过 100，最多两位小数，例如 10。"
        raise Invalid(message, problems={"share": [message]})
    case.referral_share = share


def give_to(case: BrokerageCase, broker: Person, *, by: Reader | None) -> None:
    """派单: it waits for this broker."""
    case.broker = broker
    # What an earlier broker declared says nothing of this one's interests.
    case.declared_at = None
    due_on = workdays_on(ACCEPT_WORKDAYS)
    move_case(case, "dispatch", by=by, note=broker.name, due_on=due_on)
    announcements.announce_dispatch(case, by=by)


def take_from(case: BrokerageCase, deed: str, *, by: Reader | None, note: str) -> None:
    """Back to the operators, who find another broker."""
    broker = case.broker
    # Queried first: a query flushes what is only half changed.
    due_on = workdays_on(JUDGE_WORKDAYS)
    together = case.is_accepted_by_both
    case.life.permits(case, deed, by)
    # In one flush: a state that needs a broker may not lose them a statement earlier.
    with db.session.no_autoflush:
        case.held_from = None
        case.broker = None
        case.declared_at = None
        if not together:
            # The next broker asks those again who have not answered.
            case.asked_at = None
        move_case(case, deed, by=by, note=note, due_on=due_on)
    if broker is not None:
        announcements.announce_taken(case, broker, note, by=by)


def begin_matching(case: BrokerageCase, *, by: Reader | None) -> None:
    """The broker has taken it up: the first contact is due."""
    due_on = workdays_on(CONTACT_WORKDAYS)
    move_case(case, "begin_matching", by=by, due_on=due_on)
    # Of a case that came back both sides may be talking already.
    announcements.announce_accepted(case, by=by)


def accept_side(
    case: BrokerageCase, side: CaseSide, *, opens_firm: bool, by: Person | None
) -> None:
    """A side wants to talk."""
    side.answer = "accepted"
    side.opens_firm = opens_firm
    side.answered_at = now()
    side.answered_by_id = None if by is None else by.id


def bring_together(case: BrokerageCase, *, by: Person) -> None:
    """Both sides want to talk: contacts and messages open, the introduction is attributed, talks begin."""
    assert case.achievement is not None  # noqa: S101  only pairs of two listings are proposed
    assert case.demand is not None  # noqa: S101
    holder, receiver = case.side_of("holder"), case.side_of("receiver")
    assert holder.answered_by is not None  # noqa: S101
    assert receiver.answered_by is not None  # noqa: S101
    introduction = introduction_deeds.bring_together(
        case.achievement,
        case.demand,
        asked_by=receiver.answered_by,
        answered_by=holder.answered_by,
        opens_firm=receiver.opens_firm,
        answer_opens_firm=holder.opens_firm,
        reasons={"grade": case.grade, "why": case.why, "words": list(case.words)},
        message=case.message,
    )
    # Flushed for its number, which the ledger takes; contacts and messages open with it (decision 113).
    case.introduction = introduction
    db.session.flush()
    attribute(case, by=None)
    # Introduced through the site is the first contact: what is next is the broker's to plan.
    due_on = days_on(REMIND_DAYS)
    move_case(case, "meet", by=by, note="双方都接受对接", due_on=due_on)
    announcements.announce_together(case, by=by)


def attribute(case: BrokerageCase, *, by: Reader | None, note: str = "") -> None:
    """Enter who brought a pair together, unless somebody did before: the first one stays.

    Args:
        by: the operator who confirms it; None: both sides did.
    """
    # Two that came together by themselves were brought together by no broker, whoever serves them since.
    brokered = by is not None or case.asked_at is not None
    introducer = case.proposed_by_id
    if case.introduction is not None and not brokered:
        introducer = case.introduction.asked_by_id
    row = Attribution(
        introduction_id=case.introduction_id,
        case_id=case.id,
        broker_id=case.broker_id if brokered else None,
        introduced_by_id=introducer,
        basis="both_sides" if by is None else "operator",
        confirmed_by_id=None if by is None else by.id,
        note=note,
    )
    _enter(row, case)


def _enter(row: Attribution, case: BrokerageCase) -> None:
    """Enter a row of the ledger for the pair of a case, which need not be stored; the first one of a pair stays."""
    if ledger.attribution_of(case.pair_key) is not None:
        return
    # Copied, for the ledger outlives what becomes of the case and of its organisations.
    for name in PAIR:
        setattr(row, name, getattr(case, name))
    db.session.add(row)
    with persistence.refusals(duplicates=duplicates()):
        db.session.flush()


# -- what follows from deeds of other rooms ----------------------------------------------------------------------------


def introduction_accepted(introduction: Introduction, by: Person) -> None:
    """Two sides came together: entered in the ledger, and given to the broker who serves one of them, if any does."""
    fresh = case_from(introduction)
    fresh.pair_key = key_of(fresh)
    case = queries.current_case(fresh.pair_key)
    if case is None:
        broker_id = queries.broker_of_introduction(introduction)
        # No broker, no case; the ledger still says that they came by themselves, should one claim them later.
        if broker_id is None:
            # Not stored: what is read of it is the pair.
            row = Attribution(
                introduction_id=introduction.id,
                introduced_by_id=introduction.asked_by_id,
                basis="both_sides",
            )
            _enter(row, fresh)
            return
        store_new(fresh, by=by)
        _accept_both(fresh, introduction)
        # Credited before a broker gets it: serving two that found each other earns no attribution (decision 114).
        attribute(fresh, by=None)
        move_case(fresh, "qualify", by=None, due_on=workdays_on(JUDGE_WORKDAYS))
        give_to(fresh, db.session.get_one(Person, broker_id), by=None)
        return
    # Somebody may decide about the case at this moment: then the answer is refused, and given again.
    with persistence.refusals():
        case.introduction = introduction
        _accept_both(case, introduction)
        db.session.flush()
    attribute(case, by=None)
    # In other states the broker goes on as before; who takes it up finds both answers there.
    if case.state == "matching":
        due_on = days_on(REMIND_DAYS)
        note = "双方自行接受对接"
        move_case(case, "meet", by=by, note=note, due_on=due_on)


def deal_begun(
    introduction: Introduction, number: str, by: Reader | None
) -> BrokerageCase | None:
    """The two sides of an introduction have begun a deal: its case ends here, in the column 交易 (no commit).

    Args:
        introduction: accepted by both sides.
        number: how people name the deal.
        by: who began it; None: the site itself.

    Returns:
        the case; None where no broker carries the two, or it is over already.

    Raises:
        Stale: somebody changed the case at the same moment.
    """
    case = queries.case_of_introduction(introduction.id)
    # Over is over: a new case of the pair may begin, this one does not come back (decision 113).
    if case is None or not case.is_running:
        return None
    # Both before the move, which flushes: the table takes no deal without a number, and none that is on hold.
    case.deal_number = number
    case.held_from = None
    move_case(case, "begin_deal", by=by, note=number)
    announcements.announce_deal(case, by=by)
    return case


def deal_over(
    introduction: Introduction, reason: str, note: str, by: Reader | None
) -> BrokerageCase | None:
    """The deal of the two sides of an introduction came to nothing, and so did its case (no commit).

    Args:
        introduction: from which the deal came.
        reason: a key of `TERMINATE_REASONS`.
        note: why, in words.
        by: who ended it; None: the site itself.

    Returns:
        the case; None where no broker carried the two.

    Raises:
        Stale: somebody changed the case at the same moment.
    """
    case = queries.case_of_introduction(introduction.id)
    if case is None or case.state != "deal":
        return None
    end(case, "end_deal", reason, note, by=by)
    return case


def stop_broker(person_id: int, reason: str, by: Reader | None) -> None:
    """What somebody carried lies with the operators from now on (no commit)."""
    # Only what runs: deals and the ledger name the broker who brought the two together, for good.
    for case in queries.carried_by(person_id):
        take_from(case, "reclaim", by=by, note=reason)


def end(
    case: BrokerageCase, deed: str, reason: str, note: str, *, by: Reader | None
) -> None:
    """End a case; both sides that know of it and its broker are notified."""
    # Before the move: the table takes no ended case without a reason.
    case.terminate_reason = reason
    case.note = note
    move_case(case, deed, by=by, note=note or case.reason_name)
    announcements.announce_end(case, by=by)


def key_of(case: BrokerageCase) -> str:
    """The pair of a case as one text."""
    return pair_key(
        case.holder_organisation_id,
        case.receiver_organisation_id,
        case.achievement_id,
        case.demand_id,
    )


def _accept_both(case: BrokerageCase, introduction: Introduction) -> None:
    """Both sides have said so in the introduction."""
    wanted_side = "holder" if introduction.wanted_kind == "achievement" else "receiver"
    for side in case.sides:
        answers = side.side == wanted_side
        side.answer = "accepted"
        side.answered_at = introduction.decided_at or now()
        side.answered_by_id = introduction.asked_by_id
        side.opens_firm = introduction.opens_firm
        if answers:
            side.answered_by_id = introduction.decided_by_id
            side.opens_firm = introduction.answer_opens_firm


def duplicates() -> dict[str, Any]:
    """What is said where two were at it at the same moment."""
    return {
        # Names of constraints, which `persistence` finds out on both databases.
        "uq_brokerage_case_current": _goes_on(),
        "uq_attribution_pair_key": NotNow("这一对刚有了归属记录。", "请重新打开台账。"),
        "uq_introduction_current": NotNow(
            "双方已经在直接对接。", "请重新打开，看现在的状态。"
        ),
    }


def _goes_on() -> NotNow:
    return NotNow("这一对已经在撮合，或已经进入交易。", "请在工作台或「我的」里打开。")
