"""公示 and 异议: beginning, objecting, answering, closing. One function a button, and what closes by itself.

Sources: 促进科技成果转化法 art. 18, 山东省促进科技成果转化条例 art. 14 (days), 民法典 art. 201, 203 (counting them).
"""

from __future__ import annotations

import secrets

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import day_in_china, now, today
from marketplace.deals import announcements, queries, terms
from marketplace.deals.child_models import (
    MAX_NOTE,
    MAX_TEXT,
    DealObjection,
    DealPublicity,
)
from marketplace.deals.life import ANSWER_REASONS, OBJECTION_REASONS, REMEDIES
from marketplace.deals.models import Deal
from marketplace.deals.readiness import is_publicity_due
from marketplace.deals.writing import (
    begin_anew,
    move_deal,
    party_has_moved,
    require_seen,
)
from marketplace.errors import Invalid, MarketError, NotNow
from marketplace.extensions import db
from marketplace.lookup_codes import code_of, hash_of
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import LEAST, gathered_text
from marketplace.workdays.calendar import MAX_DAYS

MAX_CONTACT = 200
CHOOSE = "请从列表里选一项。"
NO_OBJECTION = "公示期内没有收到成立的异议。"


def begin_publicity(
    deal: Deal,
    *,
    days: int | None,
    day_kind: str,
    places: str,
    objection_contact: str,
    procedure: str,
    by: Person,
    seen: int,
) -> DealPublicity:
    """开始公示: today, which is not counted; what is made public is what was decided, and changes no more.

    Args:
        deal: its price is determined, and publicity is due.
        days: how many; None: as many as the rule asks. They end no earlier than the rule lets them.
        day_kind: natural or working days.
        places: where else it is made public, such as the institution's own site.
        objection_contact: whom one reaches.
        procedure: how objections are dealt with.
        by: somebody of the holder.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: too short, or something lacks.
    """
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "publicise", by)
    if not is_publicity_due(deal):
        raise NotNow("这笔交易不用公示。", "请按「不用公示，进入签约」。")
    decision = deal.approved_decision
    # The state says that one was approved.
    assert decision is not None  # noqa: S101
    # By the rules of the day the deal began, not by those of today (110).
    least = terms.days_of(deal, terms.PUBLICITY_DAYS)
    problems = _days_problems(deal, days, day_kind, least)
    texts = {}
    for name, most, missing in (
        ("places", MAX_NOTE, "写明公示的地方，比如本单位网站的网址。"),
        ("objection_contact", MAX_NOTE, "写明受理异议的部门和联系方式。"),
        ("procedure", MAX_TEXT, "写明异议怎么受理、核查和答复。"),
    ):
        raw = {"places": places, "objection_contact": objection_contact}.get(
            name, procedure
        )
        texts[name] = gathered_text(problems, name, raw, most, missing=missing)
    if problems:
        raise Invalid("公示没有开始。", "请改好标出的几处。", problems=problems)
    count = days or least
    end = terms.chosen_end(deal.rules, today(), count, day_kind)
    related = deal.item_of("related_party")
    # Copies: it says for ever what was public, whatever is renamed or decided later (117).
    publicity = DealPublicity(
        deal_id=deal.id,
        round=len(deal.publicities) + 1,
        title=_achievement_title(deal),
        holder_name=deal.holder.name,
        receiver_name=deal.receiver.name,
        price_fen=deal.price_fen,
        price_text=deal.price_text,
        method=decision.method,
        basis=decision.basis,
        conversion_mode=deal.conversion_mode,
        completers=_completers(deal),
        related_party=bool(deal.related_party),
        related_note=related.note if related is not None else "",
        days=count,
        day_kind=day_kind,
        started_on=today(),
        ends_on=end.day,
        # Years whose days off nobody has announced: until then the end is provisional.
        unannounced=list(end.unannounced),
        started_by_id=by.id,
        **texts,
    )
    db.session.add(publicity)
    with persistence.refusals():
        db.session.flush()
    # The move finds the term of its new state in the publicity that runs.
    db.session.expire(deal, ["publicities"])
    move_deal(deal, "publicise", by=by, note=f"到 {end.text}")
    announcements.announce(deal, f"开始公示，到 {end.text}", by=by)
    persistence.commit()
    return publicity


def _days_problems(
    deal: Deal, days: int | None, day_kind: str, least: int
) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if day_kind not in ("natural", "working"):
        return {"day_kind": [CHOOSE]}
    if days is None:
        return problems
    if not 1 <= days <= MAX_DAYS:
        return {"days": [f"填 1–{MAX_DAYS} 的整数；不填就按规定的 {least} 天。"]}
    earliest = terms.least_end(deal, today())
    # Fourteen natural days that a day off moves to the fifteenth are not fifteen.
    fewer = day_kind == "natural" and days < least
    end = terms.chosen_end(deal.rules, today(), days, day_kind)
    # Fewer working days are allowed as long as they end no earlier.
    if fewer or end.day < earliest.day:
        message = f"公示不能少于 {least} 个自然日，最早到 {earliest.text}。"
        problems["days"] = [message]
    return problems


def _achievement_title(deal: Deal) -> str:
    """The name of the achievement, which has to be public; of a deal without one its own."""
    return deal.achievement.title if deal.achievement is not None else deal.title


def _completers(deal: Deal) -> list[str]:
    if deal.achievement is None:
        # What began with a demand alone has no completers to name.
        return []
    return [one.name for one in deal.achievement.contributors]


def pass_publicity(deal: Deal, *, by: Person, seen: int) -> None:
    """不用公示: on to the contract, where no publicity is due. Raises NotAllowed, NotNow, Stale."""
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "pass_publicity", by)
    if is_publicity_due(deal):
        raise NotNow("这笔交易要公示。", "请填写公示内容，开始公示。")
    deal.publicity_due = False
    move_deal(deal, "pass_publicity", by=by)
    announcements.announce(deal, "不用公示，可以准备签合同", by=by)
    persistence.commit()


def file_objection(
    publicity: DealPublicity,
    *,
    nonce: str,
    reason: str,
    text: str,
    evidence: str,
    remedy: str,
    contact: str,
    by: Reader,
) -> tuple[DealObjection, str]:
    """提出异议: anybody may, until 24:00 of the last day; it locks the deal until it is answered.

    Args:
        publicity: what is made public.
        nonce: of the form, which two presses share, as does who goes back and presses once more.
        reason, remedy: keys of `OBJECTION_REASONS`, `REMEDIES`.
        text: what is wrong.
        evidence: what shows it; may be empty.
        contact: how to reach who objects; empty: not at all.
        by: who objects, also a guest.

    Returns:
        the objection and its code, which nobody can read later; of a second press those of the first.

    Raises:
        NotNow: the publicity is over.
        Invalid: something lacks or is too long.
    """
    require(by, "deal.object", publicity)
    code = code_of("objection", nonce, reason, text, evidence, remedy, contact)
    # Before the term is looked at: a second press gets the same number and code, even if it comes after the end.
    before = queries.objection_of(code)
    if before is not None:
        return before, code
    if not queries.takes_objections(publicity):
        raise NotNow(
            "公示已经结束，不能再提异议。", "认为有问题的，请向单位的主管部门反映。"
        )
    problems: dict[str, list[str]] = {}
    if reason not in OBJECTION_REASONS:
        problems["reason"] = [CHOOSE]
    if remedy not in REMEDIES:
        problems["remedy"] = [CHOOSE]
    texts = {}
    for name, raw, most, missing in (
        ("text", text, MAX_TEXT, f"写明哪里有问题，{LEAST}–{MAX_TEXT} 字。"),
        ("evidence", evidence, MAX_TEXT, ""),
        ("contact", contact, MAX_CONTACT, ""),
    ):
        # Its text is published with the answer; the boxes below it are not.
        texts[name] = gathered_text(
            problems, name, raw, most, missing=missing, is_public=name == "text"
        )
    if problems:
        raise Invalid("异议没有提交。", "请改好标出的几处。", problems=problems)
    deal = db.session.get_one(Deal, publicity.deal_id)
    # Objections, answers and the job that closes wait for each other here.
    persistence.hold_row(deal)
    # The other one of two presses may have been quicker while this one waited.
    before = queries.objection_of(code)
    if before is not None:
        return before, code
    # Meanwhile it may have been made void: another one may run by now.
    db.session.refresh(publicity)
    if publicity.state != "running":
        raise NotNow("这次公示已经作废或结束。", "请看现在的公示。")
    deal.life.permits(deal, "object", None)
    row = DealObjection(
        # Until it has its number: unique, and never seen.
        number=secrets.token_hex(12),
        code_hash=hash_of(code),
        deal_id=deal.id,
        publicity_id=publicity.id,
        reason=reason,
        text=texts["text"],
        evidence=texts["evidence"],
        remedy=remedy,
        contact_reply=texts["contact"],
        by_id=reader_id(by),
        due_on=terms.answer_until(deal).day,
    )
    db.session.add(row)
    twice = NotNow("这份异议刚才已经收到。", "请重新打开这一页再看。")
    with persistence.refusals(duplicates={"uq_deal_objection_code_hash": twice}):
        db.session.flush()
    row.number = f"YY{today():%Y%m%d}-{row.id:05d}"
    with persistence.refusals():
        db.session.flush()
    # Read again: the term of a locked deal is that of the first answer that is due.
    db.session.expire(deal, ["objections"])
    db.session.expire(publicity, ["objections"])
    move_deal(deal, "object", by=by, note=row.number)
    announcements.announce_objection(deal, row)
    persistence.commit()
    return row, code


def answer_objection(
    deal: Deal,
    objection: DealObjection,
    *,
    is_sustained: bool | None,
    answer_reason: str,
    answer: str,
    by: Person,
    seen: int,
) -> None:
    """答复异议, in public. The last answer unlocks the deal, or, where one is sustained, sends it back to the price.

    Args:
        deal: locked by it.
        objection: not answered yet.
        is_sustained: whether it is right; None: nothing was chosen.
        answer_reason: a key of `ANSWER_REASONS`.
        answer: what was found and what follows.
        by: somebody who answers for the holder.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "deal.approve", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "answer_objection", by)
    if objection.state != "received":
        raise NotNow("这份异议已经答复过。")
    problems: dict[str, list[str]] = {}
    if is_sustained is None:
        problems["is_sustained"] = ["选「成立」或「不成立」。"]
    if answer_reason not in ANSWER_REASONS:
        problems["answer_reason"] = [CHOOSE]
    missing = f"写明核查的情况和处理，{LEAST}–{MAX_TEXT} 字。"
    answer = gathered_text(problems, "answer", answer, MAX_TEXT, missing=missing)
    if problems:
        raise Invalid("答复没有提交。", "请改好标出的几处。", problems=problems)
    objection.state = "sustained" if is_sustained else "rejected"
    objection.answer_reason = answer_reason
    objection.answer = answer
    objection.answered_by_id = by.id
    objection.answered_at = now()
    move_deal(deal, "answer_objection", by=by, note=objection.number)
    publicity = objection.publicity
    # The others still lock it (117).
    if publicity.open_objections:
        persistence.commit()
        return
    # One is enough, also where the answer that came last rejects another.
    if any(one.state == "sustained" for one in publicity.objections):
        begin_anew(deal, "异议成立")
        move_deal(deal, "sustain_objection", by=None)
        announcements.announce(deal, "异议成立，要改正并重新公示", by=by)
    else:
        # The days ran on meanwhile: where the end has passed, the next round of the job closes it.
        move_deal(deal, "unlock", by=None)
        # The objections are answered; but what was made public names another party.
        if party_has_moved(deal, publicity.started_at):
            price_again(deal)
        else:
            announcements.announce(deal, "异议不成立，公示继续", by=by)
    persistence.commit()


def price_again(deal: Deal) -> None:
    """Begin with the price once more, because a party was merged or parted (no commit)."""
    reason = "一方的单位有合并或分开"
    begin_anew(deal, reason)
    move_deal(deal, "revise", by=None, note=reason)
    announcements.announce(deal, "要重新定价；需要公示的，重新公示", by=None)


def close_due() -> int:
    """Close what has run to its end without an open objection, and move ends that a notice of days off has moved.

    Returns:
        number of publicities that were closed.
    """
    # Numbers only: each row is read again in a transaction of its own.
    numbers = [one.id for one in queries.due_publicities()]
    count = 0
    for number in numbers:
        # One at a time, so that a refusal leaves the others closed.
        persistence.begin_write()
        publicity = db.session.get_one(DealPublicity, number)
        try:
            count += _close_or_move(publicity)
        except MarketError:
            # Somebody was quicker; the next round looks again.
            db.session.rollback()
    return count


def _close_or_move(publicity: DealPublicity) -> bool:
    """Close one where it is over; whether it was."""
    deal = db.session.get_one(Deal, publicity.deal_id)
    persistence.hold_row(deal)
    # It was read before the deal was held, and somebody may have voided it since.
    db.session.refresh(publicity)
    if publicity.state != "running":
        return False
    if publicity.unannounced:
        _recount(deal, publicity)
    ended = now() >= queries.deadline_of(publicity).end
    # An objection that is open at the end holds it up, and its answer decides.
    if not ended or deal.state != "in_publicity":
        # Nothing closes now, but a recounted end has to be stored.
        persistence.commit()
        return False
    publicity.state = "closed"
    publicity.ended_at = now()
    publicity.result = NO_OBJECTION
    deal.publicity_closed_on = day_in_china(publicity.ended_at)
    move_deal(deal, "close_publicity", by=None)
    announcements.announce(deal, "公示结束，没有成立的异议", by=None)
    persistence.commit()
    return True


def _recount(deal: Deal, publicity: DealPublicity) -> None:
    """Compute a provisional end again: the notice of days off may have come."""
    # By its own first day and the rules of its deal: only the days off have changed.
    end = terms.chosen_end(
        deal.rules, publicity.started_on, publicity.days, publicity.day_kind
    )
    years = list(end.unannounced)
    if end.day == publicity.ends_on and years == publicity.unannounced:
        return
    publicity.ends_on = end.day
    publicity.unannounced = years
    # The term of a locked deal is that of the answer.
    if deal.state == "in_publicity":
        deal.due_on = end.day
