"""What is done to introductions: one function a button, and what lapses by itself. The only file that commits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace import contributions, persistence
from marketplace.accounts import contact_consents
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.errors import (
    NOT_SAVED,
    Invalid,
    NotFound,
    NotNow,
    SearchUnavailable,
    Stale,
)
from marketplace.extensions import db
from marketplace.introductions import announcements, disclosure, queries
from marketplace.introductions.life import ANSWER_DAYS
from marketplace.introductions.models import (
    MAX_TEXT,
    Introduction,
    IntroductionMessage,
)
from marketplace.introductions.queries import Name
from marketplace.listings.disclosure import knowledge_of
from marketplace.listings.models import Row
from marketplace.matchmaking.evidence import evidence_for
from marketplace.permissions import Guest, Reader, require
from marketplace.typed_texts import LEAST, checked_text, gathered_text, judged_together
from marketplace.verdicts.queries import reason_names
from marketplace.workdays.queries import load_calendar

MAX_A_DAY = 30  # introductions that an organisation begins
MAX_WORDS = 8  # of the reasons, stored with what is begun
SECOND_PRESS = timedelta(minutes=1)  # the same words later are said on purpose
MISSING = f"写清楚，{LEAST}–{MAX_TEXT} 字。"
MUST_AGREE = "对接要把联系方式转给对方，请先勾选同意。"


def request_introduction(
    wanted: Row,
    name: Name,
    *,
    message: str,
    agrees: bool,
    opens_firm: bool,
    by: Person,
) -> Introduction:
    """想对接: the holder of a listing is told who wants to talk, and why, and answers in time.

    Args:
        wanted: the listing, theirs to find.
        name: in whose name.
        message: what the other side reads first.
        agrees: their contact may be handed over once the other side accepts.
        opens_firm: of a side whose listing does not name it: it is named then.
        by: who asks.

    Raises:
        NotAllowed: they belong to no verified organisation.
        NotNow: their own listing; it goes on already; too many within a day.
        Invalid: no consent; the message is too long or bears the mark of a secret.
    """
    require(by, "introduction.request", wanted)
    if wanted.organisation_id == name.organisation_id:
        raise NotNow("这是本单位的内容，不用对接。")
    with judged_together() as part:
        with part():
            message = checked_text("message", message, MAX_TEXT)
        with part():
            require_consent(agrees, by)
    if queries.current_between(wanted, [name.organisation_id]) is not None:
        raise _goes_on()
    # Of the organisation: a limit for each person would grow with its accounts.
    if queries.begun_lately(name.organisation_id) >= MAX_A_DAY:
        raise NotNow(
            f"贵单位一天内已经提出 {MAX_A_DAY} 次对接。", "请等对方答复，明天再提。"
        )
    reasons = {}
    # As the matcher gives them now: texts change, and both sides shall find what they went by (106).
    if name.row is not None:
        reasons = reasons_of_pair(name.row, wanted.id, by=by)
    case = Introduction(
        wanted_kind=wanted.kind,
        wanted_id=wanted.id,
        own_kind=name.row.kind if name.row else None,
        own_id=name.row.id if name.row else None,
        asking_organisation_id=name.organisation_id,
        asked_by_id=by.id,
        message=message,
        # Frozen, so that a later change of the listing opens nothing that this side did not agree to.
        is_unnamed=name.is_unnamed,
        # Whoever is named by their listing has nothing left to open.
        opens_firm=opens_firm or not name.is_unnamed,
        due_on=load_calendar().after_workdays(today(), ANSWER_DAYS).day,
        **reasons,
    )
    # The consent that people see and withdraw in 我的数据.
    contact_consents.give(by, contact_consents.SHARE)
    db.session.add(case)
    # Of two presses at the same moment one meets the other here.
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    case.life.born(case, by=by)
    announcements.announce_wanted(case)
    persistence.commit(duplicates=_duplicates())
    return case


def accept_introduction(
    case: Introduction, *, agrees: bool, opens_firm: bool, by: Person, seen: int
) -> None:
    """接受对接: both sides see how to reach each other.

    Args:
        case: nobody has answered it.
        agrees: the contact of the listing may be handed over.
        opens_firm: of a listing that does not name its holder: the other side learns who it is; else it is reached
            through its broker.
        by: somebody of the side that answers, or its broker.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow.
        Stale: somebody else was quicker.
        Invalid: no consent.
    """
    require(by, "introduction.answer", case.wanted)
    case.life.permits(case, "accept", by)
    _require_seen(case, seen)
    require_consent(agrees, by)
    contact_consents.give(by, contact_consents.SHARE)
    # As everybody sees it: where the listing names its holder, there is nothing left to open.
    named = knowledge_of(case.wanted, Guest()).firm
    case.answer_opens_firm = opens_firm or named
    _decide(case, "accept", by=by)
    # Other rooms follow in the same transaction: a broker's case goes on with it, or neither does.
    contributions.introduction_accepted(case, by)
    announcements.announce_answer(case)
    persistence.commit()


def decline_introduction(
    case: Introduction, *, reason: str, note: str, by: Person, seen: int
) -> None:
    """谢绝, with the reason, which the other side reads. Raises NotAllowed, NotNow, Stale; Invalid without a reason."""
    require(by, "introduction.answer", case.wanted)
    case.life.permits(case, "decline", by)
    _require_seen(case, seen)
    problems: dict[str, list[str]] = {}
    if reason not in reason_names(case.wanted.kind):
        problems["reason"] = ["选一个原因，对方才知道怎么办。"]
    # 「其他」 alone says nothing to who reads it.
    missing = MISSING if reason == "other" else ""
    note = gathered_text(problems, "note", note, MAX_TEXT, missing=missing)
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    case.note, case.reason = note, reason
    _decide(case, "decline", by=by, note=case.note)
    announcements.announce_answer(case)
    persistence.commit()


def withdraw_introduction(
    case: Introduction, *, note: str, by: Reader, seen: int
) -> None:
    """撤回: before the other side has answered, with the reason, which it reads.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no reason: nothing that was begun is closed without one.
    """
    require(by, "introduction.withdraw", case)
    case.life.permits(case, "withdraw", by)
    _require_seen(case, seen)
    case.note = checked_text("note", note, MAX_TEXT, missing=MISSING)
    _decide(case, "withdraw", by=by, note=case.note)
    announcements.announce_withdrawn(case)
    persistence.commit()


def remind_again(case: Introduction, *, by: Reader, seen: int) -> None:
    """催办: the side that has not answered is notified once more, with a new term. Raises NotAllowed, NotNow, Stale."""
    require(by, "introduction.follow_up", case)
    case.life.permits(case, "remind", by)
    _require_seen(case, seen)
    case.due_on = load_calendar().after_workdays(today(), ANSWER_DAYS).day
    case.life.move(case, "remind", by=by)
    announcements.announce_wanted(case, again=True)
    persistence.commit()


def end_introduction(case: Introduction, *, note: str, by: Reader, seen: int) -> None:
    """结束: nobody answers, with the reason, which the side that asked reads. Raises as `remind_again`; Invalid."""
    require(by, "introduction.follow_up", case)
    case.life.permits(case, "end", by)
    _require_seen(case, seen)
    case.note = checked_text("note", note, MAX_TEXT, missing=MISSING)
    _decide(case, "end", by=by, note=case.note)
    announcements.announce_answer(case)
    persistence.commit()


def bring_together(
    wanted: Row,
    own: Row,
    *,
    asked_by: Person,
    answered_by: Person,
    opens_firm: bool,
    answer_opens_firm: bool,
    reasons: dict[str, Any],
    message: str,
) -> Introduction:
    """Two sides that a broker has introduced want to talk: an introduction that both have accepted (no commit).

    Args:
        wanted: the listing of one side.
        own: that of the other, of the other kind.
        asked_by: who accepted for the side of `own`.
        answered_by: who accepted for the side of `wanted`.
        opens_firm, answer_opens_firm: of a listing that does not name its organisation: the other side learns it.
        reasons: grade, why and words of the pair, as both sides read them.
        message: what the broker wrote of it.

    Returns:
        the introduction; the one that went on already, where the side of `own` had asked by itself.
    """
    assert own.organisation_id is not None  # noqa: S101  what is published has an owner
    # Where that side had begun it by itself, this goes on: the index allows no second one.
    case = queries.current_between(wanted, [own.organisation_id])
    if case is None:
        case = Introduction(
            wanted_kind=wanted.kind,
            wanted_id=wanted.id,
            own_kind=own.kind,
            own_id=own.id,
            asking_organisation_id=own.organisation_id,
            asked_by_id=asked_by.id,
            message=message,
            is_unnamed=not knowledge_of(own, Guest()).firm,
            # Nobody is waited for: both have answered already.
            due_on=today(),
            **reasons,
        )
        db.session.add(case)
        with persistence.refusals(duplicates=_duplicates()):
            db.session.flush()
        case.life.born(case, by=asked_by)
        db.session.flush()
    # If they have accepted by themselves meanwhile, what they chose to open stays.
    if case.is_unanswered:
        case.opens_firm, case.answer_opens_firm = opens_firm, answer_opens_firm
        _decide(case, "accept", by=answered_by)
    return case


def write_message(case: Introduction, text: str, *, by: Person) -> IntroductionMessage:
    """留言 to the other side, once both may talk; pressed twice it is one.

    Raises:
        NotFound: `by` belongs to neither side.
        NotNow: nobody has accepted.
        Invalid: it is empty, too long or bears the mark of a secret.
    """
    # Who belongs to neither side learns not even its state.
    asking = disclosure.asks(case, by)
    if not asking and not disclosure.answers(case, by):
        raise NotFound("没有找到这次对接。", "请从「我的」进入。")
    if case.state != "accepted":
        raise NotNow(f"这次对接现在是「{case.state_name}」。", "对方接受以后才能留言。")
    text = checked_text("text", text, MAX_TEXT, missing=MISSING)
    # A message has no revision: of two presses the second one waits here, and finds the first.
    persistence.hold_row(case)
    before = queries.last_message(case)
    is_again = before is not None and (before.by_id, before.text) == (by.id, text)
    if before is not None and is_again and now() - before.at < SECOND_PRESS:
        return before
    message = IntroductionMessage(
        introduction_id=case.id, by_id=by.id, by_asking_side=asking, text=text
    )
    db.session.add(message)
    db.session.flush()
    announcements.announce_message(case, message, by=by)
    persistence.commit()
    return message


def lapse_due() -> int:
    """Hand what nobody has answered in time to the operators; how many (for the background)."""
    # Looked at as a reader first: mostly nothing is due, and then nobody who saves has to wait.
    due = [case.id for case in queries.lapsed(today())]
    if not due:
        return 0
    persistence.begin_write()
    count = 0
    # Read again as a writer, for some may have been answered since.
    for case in queries.lapsed(today()):
        case.life.move(case, "lapse", by=None)
        announcements.announce_answer(case)
        count += 1
    persistence.commit()
    return count


def _decide(
    case: Introduction, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    case.life.move(case, deed, by=by, note=note)
    case.decided_at = now()
    case.decided_by_id = by.id if by is not None else None
    # Who was quicker has moved the revision: the second one is refused by this.
    with persistence.refusals():
        db.session.flush()


def _require_seen(case: Introduction, seen: int) -> None:
    if case.revision != seen:
        raise Stale("这次对接刚有变化。", "请重新打开，看过再决定。")


def require_consent(agrees: bool, by: Person) -> None:
    """Contacts are handed over only with consent, given now or before. Raises Invalid."""
    given = contact_consents.current_consent(by, contact_consents.SHARE)
    if not agrees and given is None:
        raise Invalid(MUST_AGREE, problems={"agrees": [MUST_AGREE]})


def reasons_of_pair(row: Row, other_id: int, *, by: Person) -> dict[str, Any]:
    """Grade, why and words, as the matcher gives them now; nothing where it has no answer: what is begun goes on."""
    try:
        offer = evidence_for(row, other_id, by=by).offer
    except (NotFound, SearchUnavailable):
        return {}
    why = "".join(text for text, _ in offer.why)
    words = [word for word, _ in offer.shares[:MAX_WORDS]]
    return {"grade": offer.grade, "why": why[:500], "words": words}


def _goes_on() -> NotNow:
    return NotNow("贵单位和这一条已经在对接。", "请在「我的」→「对接」里打开。")


def _duplicates() -> dict[str, Any]:
    return {"uq_introduction_current": _goes_on()}
