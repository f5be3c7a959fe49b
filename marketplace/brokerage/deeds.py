"""What is done to cases: one function a button. With `agreement_deeds` and `upkeep` the only files that commit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from marketplace import persistence
from marketplace.accounts import contact_consents
from marketplace.accounts.models import Person
from marketplace.brokerage import announcements, ledger, queries, settling
from marketplace.brokerage.child_models import (
    INTERESTS,
    CaseSide,
    InterestDeclaration,
)
from marketplace.brokerage.disclosure import sides_held
from marketplace.brokerage.life import (
    ANSWER_WORKDAYS,
    CONTACT_WORKDAYS,
    JUDGE_WORKDAYS,
    MAX_HOLD_DAYS,
    MAX_STEP_DAYS,
    REMIND_DAYS,
    TERMINATE_REASONS,
)
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.writing import days_on, move_case, require_seen, workdays_on
from marketplace.clock import now, today
from marketplace.errors import NOT_SAVED, Invalid, NotNow
from marketplace.extensions import db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, operator, require
from marketplace.typed_texts import LEAST, checked_text, gathered_text, judged_together
from marketplace.verdicts.queries import reason_names

MAX_TEXT = 500  # characters, as the columns hold them
MAX_STEP = 200
MISSING = f"写清楚，{LEAST}–{MAX_TEXT} 字。"


def propose_pair(
    achievement: Achievement,
    demand: Demand,
    *,
    message: str,
    referrer: Person | None = None,
    share: Decimal | None = None,
    by: Person,
) -> BrokerageCase:
    """提出一对: a broker carries it themselves, an operator dispatches it, anybody else gives a lead.

    Args:
        achievement: published, theirs to find.
        demand: the same.
        message: why the two belong together; both sides read it.
        referrer: who referred it to a broker or an operator.
        share: the per cent of the commission promised to them, over 0 up to 100.
        by: who proposes it.

    Raises:
        NotAllowed.
        NotNow: both are of one organisation; a case of the pair goes on.
        Invalid: no message; a share that is none.
    """
    require(by, "brokerage.propose")
    origin = "referral"
    if by.mediates:
        origin = "broker"
    elif operator(by, None):
        origin = "operator"
    # The table refuses it too; an organisation needs no broker to talk to itself.
    if achievement.organisation_id == demand.organisation_id:
        raise NotNow("成果和需求是同一个单位的，不用撮合。")
    message = checked_text("message", message, MAX_TEXT, missing=MISSING)
    # Who refers a pair is its referrer; a share is set by the operator who judges the lead.
    if origin == "referral":
        referrer, share = by, None
    case = settling.new_case(achievement, demand, origin=origin, message=message, by=by)
    settling.credit(case, referrer, share)
    settling.store_new(case, by=by)
    # A broker or an operator has judged it by proposing it; only a lead waits for that.
    if origin != "referral":
        move_case(case, "qualify", by=by, due_on=workdays_on(JUDGE_WORKDAYS))
    if origin == "broker":
        settling.give_to(case, by, by=by)
    persistence.commit(duplicates=settling.duplicates())
    return case


def qualify_case(
    case: BrokerageCase,
    *,
    note: str,
    share: Decimal | None = None,
    by: Reader,
    seen: int,
) -> None:
    """研判通过: a lead is worth a broker's work. Raises NotAllowed, NotNow, Stale; Invalid."""
    require(by, "brokerage.direct", case)
    case.life.permits(case, "qualify", by)
    require_seen(case, seen)
    with judged_together() as part:
        with part():
            note = checked_text("note", note, MAX_TEXT, missing=MISSING)
        with part():
            if share is not None:
                settling.credit(case, case.referrer, share)
    due_on = workdays_on(JUDGE_WORKDAYS)
    move_case(case, "qualify", by=by, note=note, due_on=due_on)
    persistence.commit()


def dispatch_case(
    case: BrokerageCase, broker_id: int | None, *, by: Reader, seen: int
) -> None:
    """派单 to a broker, who takes it up within ACCEPT_WORKDAYS.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nobody is chosen, or they look after nothing now.
    """
    require(by, "brokerage.direct", case)
    case.life.permits(case, "dispatch", by)
    require_seen(case, seen)
    # Read under the lock: a broker may have left, or lost the role, since the page was made.
    people = {one.person.id: one.person for one in queries.candidates_for(case)}
    broker = people.get(broker_id or 0)
    if broker is None:
        message = "选一位现在可以接单的技术经理人。"
        raise Invalid(message, problems={"broker": [message]})
    settling.give_to(case, broker, by=by)
    persistence.commit()


def accept_dispatch(
    case: BrokerageCase,
    *,
    interests: dict[str, bool],
    details: str,
    by: Person,
    seen: int,
) -> None:
    """申报利益关系并接单: before the pair is seen in full. Who serves both sides needs the consent of both.

    Args:
        case: dispatched to `by`, or to somebody they stand in for.
        interests: key of `INTERESTS` → whether it is the case; every one is answered.
        details: what it is, where any is.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: a question is open, or the details are missing.
    """
    require(by, "brokerage.carry", case)
    case.life.permits(case, "declare", by)
    require_seen(case, seen)
    problems: dict[str, list[str]] = {}
    for name in INTERESTS:
        if name not in interests:
            problems[name] = ["选「是」或「否」，每一项都要申报。"]
    missing = ""
    if any(interests.values()):
        missing = f"写明是什么关系，{LEAST}–{MAX_TEXT} 字，双方会看到。"
    details = gathered_text(problems, "details", details, MAX_TEXT, missing=missing)
    if problems:
        raise Invalid("四项利益关系都要申报。", problems=problems)
    # Declaring once more would move `declared_at`, and a consent given meanwhile would count no more.
    if case.lacking_consent:
        raise NotNow("已经申报过，正在等双方同意。", "双方都同意以后自动接单。")
    # Of who takes it up: a substitute knows their own interests, not those of who is away.
    declaration = InterestDeclaration(
        case_id=case.id, broker_id=by.id, details=details, **interests
    )
    case.declared_at = now()
    case.declarations.append(declaration)
    db.session.flush()
    if declaration.dual_agency:
        # The clock of the broker rests: both sides have the term of an answer.
        due_on = workdays_on(ANSWER_WORKDAYS)
        move_case(case, "declare", by=by, due_on=due_on)
        announcements.announce_consent(case)
    else:
        move_case(case, "declare", by=by)
        settling.begin_matching(case, by=by)
    persistence.commit()


def decline_dispatch(
    case: BrokerageCase, *, reason: str, by: Reader, seen: int
) -> None:
    """不接单, with the reason: back to the operators. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "brokerage.carry", case)
    case.life.permits(case, "decline_dispatch", by)
    require_seen(case, seen)
    reason = checked_text("reason", reason, MAX_TEXT, missing=MISSING)
    settling.take_from(case, "decline_dispatch", by=by, note=reason)
    persistence.commit()


def consent_to_dual(
    case: BrokerageCase, *, agrees: bool | None, reason: str, by: Person, seen: int
) -> None:
    """One broker serves both sides: a side agrees, or does not, and the operators dispatch it to somebody else.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: it does not agree and says not why, or says neither.
    """
    require(by, "brokerage.answer", case)
    case.life.permits(case, "consent", by)
    require_seen(case, seen)
    side = _own_side(case.lacking_consent, case, by)
    if side is None:
        raise NotNow("本方不用再答复这件事。", "请重新打开这一页，看现在的状态。")
    if agrees is None:
        message = "选「同意」或「不同意」。"
        raise Invalid(message, problems={"agrees": [message]})
    if not agrees:
        reason = checked_text("reason", reason, MAX_TEXT, missing=MISSING)
        # One refusal is enough: the operators look for a broker whom both can accept.
        note = f"{side.name}不同意一人服务双方：{reason}"
        settling.take_from(case, "decline_dispatch", by=by, note=note)
        persistence.commit()
        return
    side.consented_at = now()
    side.consented_by_id = by.id
    move_case(case, "consent", by=by, note=side.name)
    # The last consent takes it up: the broker declared before and has nothing left to decide.
    if not case.lacking_consent:
        settling.begin_matching(case, by=by)
    persistence.commit()


def introduce_sides(case: BrokerageCase, *, by: Reader, seen: int) -> None:
    """向双方提出对接: both are notified, and each answers within ANSWER_WORKDAYS. Raises NotAllowed, NotNow, Stale."""
    require(by, "brokerage.carry", case)
    case.life.permits(case, "introduce", by)
    require_seen(case, seen)
    # Also of a case that began with an introduction, or came back after both had accepted.
    if case.asked_at is not None or case.is_accepted_by_both:
        raise NotNow("已经向双方提出过。", "等双方答复，或记下首次联系。")
    case.asked_at = now()
    move_case(case, "introduce", by=by, due_on=workdays_on(ANSWER_WORKDAYS))
    # A side that accepted while another broker carried it is not bothered again.
    for side in case.waiting_sides:
        announcements.announce_pair(case, side)
    persistence.commit()


def answer_yes(
    case: BrokerageCase, *, agrees: bool, opens_firm: bool, by: Person, seen: int
) -> None:
    """愿意对接: once both sides are, they see how to reach each other, and the introduction counts.

    Args:
        agrees: their contact may be handed over.
        opens_firm: of a listing that does not name its organisation: the other side learns who it is.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no consent.
    """
    side = _waiting_side(case, by)
    require_seen(case, seen)
    agreement = case.agreement
    # Their yes opens the way to the other side, so whoever pays confirms the commission first (decision 115).
    if agreement is not None and side.side in agreement.unsigned:
        raise NotNow("先确认佣金约定，再答复。", "不同意约定的，可以谢绝并写明原因。")
    introduction_deeds.require_consent(agrees, by)
    # 个人信息保护法 art. 23: handing a contact to somebody else takes a consent of its own.
    contact_consents.give(by, contact_consents.SHARE)
    settling.accept_side(case, side, opens_firm=opens_firm, by=by)
    move_case(case, "answer", by=by, note=side.name)
    if case.is_accepted_by_both:
        settling.bring_together(case, by=by)
    persistence.commit(duplicates=settling.duplicates())


def answer_no(
    case: BrokerageCase, *, reason: str, note: str, by: Person, seen: int
) -> None:
    """谢绝对接, with the reason, which its broker reads; the case ends. Raises NotAllowed, NotNow, Stale; Invalid."""
    side = _waiting_side(case, by)
    require_seen(case, seen)
    problems: dict[str, list[str]] = {}
    # The codes of the list on which the other one would have stood.
    if reason not in reason_names(own_kind(side.side)):
        problems["reason"] = ["选一个原因，技术经理人才知道怎么办。"]
    missing = MISSING if reason == "other" else ""
    note = gathered_text(problems, "note", note, MAX_TEXT, missing=missing)
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    side.note = note
    side.reason, side.answer = reason, "declined"
    side.answered_at, side.answered_by_id = now(), by.id
    settling.end(case, "refuse", "partner_withdrew", side.note, by=by)
    persistence.commit()


def confirm_pair(case: BrokerageCase, *, note: str, by: Reader, seen: int) -> None:
    """平台确认对接: an operator attests that this broker brought the two together. Raises NotAllowed, NotNow, Stale;
    Invalid without the evidence.
    """
    require(by, "brokerage.direct", case)
    case.life.permits(case, "confirm", by)
    require_seen(case, seen)
    note = checked_text("note", note, MAX_TEXT, missing="写明依据，2–500 字。")
    # Refused here in clear words: the first row of a pair is never changed (decision 114).
    if ledger.attribution_of(case.pair_key) is not None:
        raise NotNow(
            "这一对已经有归属记录，首次确认的不再改变。", "有争议请在台账里提出。"
        )
    move_case(case, "confirm", by=by, note=note)
    settling.attribute(case, by=by, note=note)
    persistence.commit(duplicates=settling.duplicates())


def begin_talks(case: BrokerageCase, *, note: str, by: Reader, seen: int) -> None:
    """双方开始洽谈: the broker has talked to both. Raises NotAllowed, NotNow, Stale; Invalid without a note."""
    require(by, "brokerage.carry", case)
    case.life.permits(case, "meet", by)
    require_seen(case, seen)
    # The second answer begins the talks by itself; by hand only where both accepted before this broker took it up.
    if not case.is_accepted_by_both:
        raise NotNow("双方还没有都接受对接。", "等双方答复；超期的由平台跟进。")
    note = checked_text("note", note, MAX_TEXT, missing=MISSING)
    move_case(case, "meet", by=by, note=note, due_on=days_on(REMIND_DAYS))
    persistence.commit()


def note_intention(case: BrokerageCase, *, note: str, by: Reader, seen: int) -> None:
    """双方有意向: they want to make a deal. Raises NotAllowed, NotNow, Stale; Invalid without a note."""
    require(by, "brokerage.carry", case)
    case.life.permits(case, "intend", by)
    require_seen(case, seen)
    note = checked_text("note", note, MAX_TEXT, missing=MISSING)
    move_case(case, "intend", by=by, note=note, due_on=days_on(REMIND_DAYS))
    announcements.announce_intention(case, by=by)
    persistence.commit()


def plan_step(
    case: BrokerageCase, *, step: str, day: date | None, by: Reader, seen: int
) -> None:
    """定下一步: what the broker does next, and until when.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no step, no day, or one that is past or later than MAX_STEP_DAYS.
    """
    require(by, "brokerage.carry", case)
    case.life.permits(case, "plan", by)
    require_seen(case, seen)
    # The life table allows it in every active state; while the sides answer the term of the rules runs.
    if case.state == "matching":
        raise NotNow("双方还没有开始洽谈，期限按规定走。", "开始洽谈以后可以定下一步。")
    missing = f"写下一步做什么，2–{MAX_STEP} 字。"
    with judged_together() as part:
        with part():
            step = checked_text("step", step, MAX_STEP, missing=missing)
        with part():
            _check_day(day, MAX_STEP_DAYS)
    move_case(case, "plan", by=by, note=step, due_on=day)
    case.next_step = step
    persistence.commit()


def hold_case(
    case: BrokerageCase, *, note: str, day: date | None, by: Reader, seen: int
) -> None:
    """搁置 until a day, with the reason. Raises NotAllowed, NotNow, Stale; Invalid: no reason, no day."""
    require(by, "brokerage.carry", case)
    case.life.permits(case, "hold", by)
    require_seen(case, seen)
    with judged_together() as part:
        with part():
            note = checked_text("note", note, MAX_TEXT, missing=MISSING)
        with part():
            _check_day(day, MAX_HOLD_DAYS)
    # Before the move: the table takes no case on hold without the state it goes back to.
    case.held_from = case.state
    case.note = note
    move_case(case, "hold", by=by, note=note, due_on=day)
    persistence.commit()


def resume_case(case: BrokerageCase, *, by: Reader, seen: int) -> None:
    """恢复 what is on hold. Raises NotAllowed, NotNow, Stale."""
    require(by, "brokerage.carry", case)
    before = case.held_from or "matching"
    case.life.permits(case, f"resume_{before}", by)
    require_seen(case, seen)
    # Queried first: a query flushes what is only half changed.
    due_on = days_on(REMIND_DAYS)
    # The first contact is still owed, with its short term; later states have the long one.
    if before == "matching":
        due_on = workdays_on(CONTACT_WORKDAYS)
    case.held_from, case.note = None, ""
    move_case(case, f"resume_{before}", by=by, due_on=due_on)
    persistence.commit()


def remind_late(case: BrokerageCase, *, by: Reader, seen: int) -> None:
    """催办: those who must act are notified once more, with a new term. Raises NotAllowed, NotNow, Stale."""
    require(by, "brokerage.direct", case)
    case.life.permits(case, "remind", by)
    require_seen(case, seen)
    # Before the new term is set.
    is_late = case.due_on is not None and case.due_on < today()
    # Only where the two sides are asked is it theirs to answer; else the broker is to go on.
    term = CONTACT_WORKDAYS
    if case.state == "matching" and case.asked_at is not None:
        term = ANSWER_WORKDAYS
    move_case(case, "remind", by=by, due_on=workdays_on(term))
    announcements.announce_turn(case, is_late=is_late, by=by)
    persistence.commit()


def reclaim_case(case: BrokerageCase, *, note: str, by: Reader, seen: int) -> None:
    """收回重派: an operator takes it from its broker. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "brokerage.direct", case)
    case.life.permits(case, "reclaim", by)
    require_seen(case, seen)
    note = checked_text("note", note, MAX_TEXT, missing=MISSING)
    settling.take_from(case, "reclaim", by=by, note=note)
    persistence.commit()


def terminate_case(
    case: BrokerageCase, *, reason: str, note: str, by: Reader, seen: int
) -> None:
    """结束, with a reason of `TERMINATE_REASONS` and what happened. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "brokerage.end", case)
    case.life.permits(case, "terminate", by)
    require_seen(case, seen)
    # The sides read this reason and never the note, so it has to be one of a list.
    problems: dict[str, list[str]] = {}
    if reason not in TERMINATE_REASONS:
        problems["end_reason"] = ["选一个结束的原因。"]
    note = gathered_text(problems, "end_note", note, MAX_TEXT, missing=MISSING)
    if problems:
        raise Invalid("没有结束。", "请改好标出的几处。", problems=problems)
    settling.end(case, "terminate", reason, note, by=by)
    persistence.commit()


def _check_day(day: date | None, most: int) -> None:
    last = today() + timedelta(days=most)
    # By the calendar of China; a day that is over would be late at once.
    if day is None or not today() < day <= last:
        message = f"选明天到 {last.isoformat()} 之间的一天。"
        raise Invalid(message, problems={"day": [message]})


def _own_side(
    sides: Iterable[CaseSide], case: BrokerageCase, by: Person
) -> CaseSide | None:
    """The first of some sides of a case for which somebody acts; None: they act for none of them."""
    # Who acts for both sides answers for one after the other, each answer being a row of its own.
    held = sides_held(case, by)
    return next((one for one in sides if one.side in held), None)


def _waiting_side(case: BrokerageCase, by: Person) -> CaseSide:
    """The side for which somebody answers now. Raises NotAllowed, NotNow."""
    require(by, "brokerage.answer", case)
    case.life.permits(case, "answer", by)
    side = _own_side(case.waiting_sides, case, by)
    if case.asked_at is None or side is None:
        raise NotNow("本方不用再答复。", "请重新打开这一页，看现在的状态。")
    return side


def own_kind(side: str) -> str:
    """The kind of listing that a side has."""
    return "achievement" if side == "holder" else "demand"
