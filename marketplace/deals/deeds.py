"""What is done to deals from the first proposal to 尽调, and how they end: one function a button.

Prices and publicity are in `pricing_deeds.py` and `publicity_deeds.py`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage.settling import deal_begun, deal_over
from marketplace.clock import now, today
from marketplace.deals import (
    announcements,
    data_room,
    queries,
    terms,
)
from marketplace.deals.child_models import (
    MAX_LETTER,
    MAX_NOTE,
    DealLetter,
)
from marketplace.deals.disclosure import side_of
from marketplace.deals.life import (
    CONTRACT_SUBTYPES,
    CONTRACT_TYPES,
    CONVERSION_MODES,
    LETTERS,
    OWNER_TYPES,
    OWNER_TYPES_OF,
    TERMINATE_REASONS,
    contradict_each_other,
)
from marketplace.deals.models import SIDES, Deal, SideName
from marketplace.deals.readiness import (
    is_publicity_due,
    turn_of,
)
from marketplace.deals.writing import (
    move_deal,
    require_seen,
    text_hash,
    write_release,
)
from marketplace.errors import NOT_SAVED, Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.organisations.models import ORGANISATION_KINDS, Organisation
from marketplace.permissions import Reader, require
from marketplace.typed_texts import LEAST, checked_text, gathered_text

MAX_ACCESS_DAYS = 366  # days for which an NDA opens files
CHOOSE, NO_LETTER = "请从列表里选一项。", "写上双方要确认的全文。"


def propose_deal(
    case: Introduction,
    *,
    title: str,
    owner_type: str,
    contract_type: str,
    contract_subtype: str,
    conversion_mode: str,
    by: Person,
) -> Deal:
    """提出交易: one side of an accepted introduction, or a broker of either, wants to begin; the others agree or not.

    Args:
        case: the introduction, which was accepted.
        title: what the deal is about.
        owner_type: of the holder, a key of `OWNER_TYPES`.
        contract_type, contract_subtype, conversion_mode: keys of the lists of `life.py`; the subtype may be empty.
        by: who proposes it.

    Raises:
        NotAllowed: they belong to neither side.
        NotNow: the introduction was not accepted, or there is a deal already.
        Invalid: what was chosen is in no list, or the title lacks.
    """
    require(by, "deal.propose", case)
    side = queries.proposing_side(case, by)
    if side is None:
        raise NotAllowed("只有对接的双方和服务它的技术经理人可以提出交易。")
    if case.state != "accepted":
        raise NotNow(
            f"这次对接现在是「{case.state_name}」。", "对方接受以后才能提出交易。"
        )
    problems: dict[str, list[str]] = {}
    kinds = checked_kinds(
        problems,
        holder=queries.holder_of(case),
        title=title,
        owner_type=owner_type,
        contract_type=contract_type,
        contract_subtype=contract_subtype,
        conversion_mode=conversion_mode,
    )
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    deal = queries.draft_of(case)
    for name, value in kinds.items():
        setattr(deal, name, value)
    deal.proposed_by_side = side
    deal.proposed_by_id = by.id
    # Whoever proposes has agreed for their side; what a broker proposes needs both sides.
    deal.agreed_sides = [side] if side in SIDES else []
    # Who proposes carries it from now on, whoever once sent the introduction.
    if side in SIDES:
        setattr(deal, f"{side}_person_id", by.id)
    deal.began_on = today()
    # Law and settings as they are today: what changes later is for later deals (110).
    deal.rules = terms.rules_on(deal.began_on)
    deal.state = deal.life.initial
    # After the state, from which they follow. The header of every page counts by the stored turn.
    deal.turn = turn_of(deal).who
    deal.due_on = terms.due_on(deal)
    # Whatever is not answered yet is taken as the stricter case (116).
    deal.publicity_due = is_publicity_due(deal)
    db.session.add(deal)
    # For its number, which History and release need; of two who propose at once the second is refused here.
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    deal.life.born(deal, by=by)
    write_release(deal, "create", by=by)
    announcements.announce_proposal(deal, by=by)
    persistence.commit(duplicates=_duplicates())
    return deal


def checked_kinds(
    problems: dict[str, list[str]],
    *,
    holder: Organisation,
    title: str,
    owner_type: str,
    contract_type: str,
    contract_subtype: str,
    conversion_mode: str,
) -> dict[str, str]:
    """What kind of deal it is, as the row holds it; `problems` gets what is wrong."""
    missing = "写明交易的名称，2–200 字。"
    title = gathered_text(
        problems, "title", title, 200, missing=missing, is_public=True
    )
    fitting = OWNER_TYPES_OF.get(holder.kind, tuple(OWNER_TYPES))
    if owner_type not in OWNER_TYPES:
        problems["owner_type"] = [CHOOSE]
    elif owner_type not in fitting:
        names = "或".join(f"「{OWNER_TYPES[one]}」" for one in fitting)
        problems["owner_type"] = [
            f"持有方在平台登记的是{ORGANISATION_KINDS[holder.kind]}，这里选{names}。"
        ]
    if contract_type not in CONTRACT_TYPES:
        problems["contract_type"] = [CHOOSE]
    known = CONTRACT_SUBTYPES.get(contract_type, {})
    if contract_subtype and contract_subtype not in known:
        problems["contract_subtype"] = ["选这一类合同下面的一种，或者不选。"]
    if conversion_mode not in CONVERSION_MODES:
        problems["conversion_mode"] = [CHOOSE]
    elif contradict_each_other(contract_type, conversion_mode):
        fitting_mode = CONVERSION_MODES[contract_type]
        problems["conversion_mode"] = [
            f"合同类型选的是{CONTRACT_TYPES[contract_type]}，这里选「{fitting_mode}」；或者改合同类型。"
        ]
    return {
        "title": title,
        "owner_type": owner_type,
        "contract_type": contract_type,
        "contract_subtype": contract_subtype,
        "conversion_mode": conversion_mode,
    }


def agree_deal(deal: Deal, *, by: Person, seen: int) -> None:
    """同意: the deal begins once both sides have agreed. Raises NotAllowed, NotNow, Stale."""
    side = _side_acting(deal, by)
    require_seen(deal, seen)
    deal.life.permits(deal, "agree", by)
    if side in deal.agreed_sides:
        raise NotNow("您这一方已经同意。", "请等另一方。")
    # A new list: what is changed within one is not noticed.
    deal.agreed_sides = [*deal.agreed_sides, side]
    # Until now it was whoever answered the introduction, or owns the listing.
    setattr(deal, f"{side}_person_id", by.id)
    begins = len(deal.agreed_sides) == len(SIDES)
    move_deal(deal, "agree" if begins else "agree_first", by=by)
    if begins:
        # The broker's case ends where the deal begins.
        deal_begun(deal.introduction, deal.number, by)
        announcements.announce(deal, "交易开始了", by=by)
    persistence.commit()


def refuse_deal(deal: Deal, *, note: str, by: Person, seen: int) -> None:
    """不同意, with the reason, which the other side reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    _side_acting(deal, by)
    require_seen(deal, seen)
    deal.life.permits(deal, "refuse", by)
    # No reason is chosen when a proposal is refused, but the database lets no deal end without one.
    deal.terminate_note = _note(note)
    deal.terminate_reason = "partner_withdrew"
    move_deal(deal, "refuse", by=by, note=deal.terminate_note)
    announcements.announce(deal, "有一方不同意开始交易", by=by)
    persistence.commit()


def draft_letter(
    deal: Deal,
    *,
    letter_kind: str,
    text: str,
    access_until: date | None,
    by: Person,
    seen: int,
) -> DealLetter:
    """起草: a text of 意向书 or NDA; whoever drafts it has confirmed it. The text before it counts no more.

    Args:
        deal: at talks, at 意向, or (an NDA) at 尽调.
        letter_kind: a key of `LETTERS`.
        text: the whole text.
        access_until: of an NDA: the last day on which the receiver may see restricted files.
        by: somebody of either side.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    side = _side_acting(deal, by)
    require_seen(deal, seen)
    deal.life.permits(deal, "draft_letter", by)
    if letter_kind not in LETTERS:
        raise Invalid(CHOOSE, problems={"letter_kind": [CHOOSE]})
    if deal.state == "due_diligence" and letter_kind != "nda":
        raise NotNow("意向书双方已经确认。", "要改就在合同里写明。")
    problems: dict[str, list[str]] = {}
    text = gathered_text(problems, "text", text, MAX_LETTER, missing=NO_LETTER)
    latest = today() + timedelta(days=MAX_ACCESS_DAYS)
    if letter_kind != "nda":
        access_until = None
    elif access_until is None or not today() <= access_until <= latest:
        problems["access_until"] = [f"写明限制文件看到哪一天：今天到 {latest} 之间。"]
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    letter = DealLetter(
        deal_id=deal.id,
        letter_kind=letter_kind,
        text=text,
        # Each side confirms by it, so that nobody confirms a text that was exchanged meanwhile.
        sha256=text_hash(text),
        access_until=access_until,
        drafted_by_id=by.id,
    )
    # What the other side confirmed is the older text: their confirmation stays on its row.
    _confirm(letter, side, by)
    db.session.add(letter)
    move_deal(deal, "draft_letter", by=by, note=LETTERS[letter_kind])
    announcements.announce(deal, f"{LETTERS[letter_kind]}已起草，等确认", by=by)
    persistence.commit()
    return letter


def confirm_letter(
    deal: Deal, *, letter_kind: str, sha256: str, by: Person, seen: int
) -> None:
    """确认: the text as its hash says. With both sides an NDA opens the files, a 意向书 leads to 尽调.

    Raises:
        NotAllowed, NotNow, Stale: also where the text is another one by now.
    """
    side = _side_acting(deal, by)
    require_seen(deal, seen)
    deal.life.permits(deal, "confirm_letter", by)
    letter = deal.letter_of(letter_kind)
    if letter is None:
        raise NotNow("还没有可以确认的文本。", "请先起草。")
    if letter.sha256 != sha256:
        raise NotNow("文本已经换了，不是您看过的那一份。", "请重新看过再确认。")
    if letter.is_confirmed_by(side):
        raise NotNow("您这一方已经确认过这一份。", "请等另一方。")
    _confirm(letter, side, by)
    # The History says which text that side has confirmed.
    move_deal(deal, "confirm_letter", by=by, note=letter.sha256)
    if letter.is_settled:
        _settle(deal, letter, by)
    else:
        announcements.announce(deal, f"{letter.kind_name}等另一方确认", by=by)
    persistence.commit()


def _settle(deal: Deal, letter: DealLetter, by: Person) -> None:
    # An NDA only opens files; it is the 意向书 that leads on.
    if letter.letter_kind == "nda":
        count = data_room.open_files(deal, letter)
        happened = f"保密协议双方已确认，{count} 个限制文件开放到 {letter.access_until}"
        announcements.announce(deal, happened, by=by)
        return
    # By the site: it follows from the second confirmation, which has a History row of its own.
    move_deal(deal, "settle_letter", by=None)
    announcements.announce(deal, "意向书双方已确认，进入尽调", by=by)


def settle_priority(
    deal: Deal, *, priority: str, note: str, by: Person, seen: int
) -> None:
    """记录优先权 of the completers under the same conditions, before a contract: waived, nobody has one, or used.

    Where it is used the achievement goes to the completers, and this deal ends. Source: 民法典 art. 847.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "settle_priority", by)
    if priority not in ("waived", "none", "used"):
        raise Invalid(CHOOSE, problems={"priority": [CHOOSE]})
    deal.priority_note = _note(note)
    deal.priority = priority
    move_deal(deal, "settle_priority", by=by, note=deal.priority_note)
    # What its completers take over cannot go to somebody else.
    if priority == "used":
        _end(deal, "other", "完成人行使了同等条件下的优先受让权。", by)
    else:
        announcements.announce(deal, "完成人优先权已记录，可以签合同", by=by)
    persistence.commit()


def terminate_deal(
    deal: Deal, *, reason: str, note: str, by: Person, seen: int
) -> None:
    """终止, with a reason of the list and a note, which everybody of the deal reads.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    # Apart from the two sides only an operator may end a deal (116).
    if side_of(by, deal) is None:
        require(by, "deal.follow_up", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "terminate", by)
    if reason not in TERMINATE_REASONS:
        raise Invalid(CHOOSE, problems={"reason": [CHOOSE]})
    _end(deal, reason, _note(note), by)
    persistence.commit()


def _end(deal: Deal, reason: str, note: str, by: Person | None) -> None:
    # Nobody could answer an objection or close a publicity once the deal is over.
    running = deal.running_publicity
    if running is not None:
        running.state = "void"
        running.ended_at = now()
        running.result = "交易已终止，公示随之结束。"
    for objection in deal.objections:
        if objection.state == "received":
            # The deal goes no further, which is what a sustained objection would have brought about.
            objection.state = "sustained"
            objection.answer_reason = "handled"
            objection.answer = "交易已终止，不再转化。"
            objection.answered_at = now()
    decision = deal.pending_decision
    if decision is not None:
        decision.state = "replaced"
    # What the NDA opened was opened for this deal alone.
    data_room.close_files(deal)
    deal.terminate_reason = reason
    deal.terminate_note = note
    move_deal(deal, "terminate", by=by, note=f"{TERMINATE_REASONS[reason]}：{note}")
    # The broker's case of the pair ends with it; another one may begin (113).
    deal_over(deal.introduction, reason, note, by)
    announcements.announce(deal, "交易已终止", by=by)


def _side_acting(deal: Deal, by: Reader) -> SideName:
    require(by, "deal.act", deal)
    side = side_of(by, deal)
    # `require` has refused everybody else.
    assert side is not None  # noqa: S101
    return side


def _confirm(letter: DealLetter, side: str, by: Person) -> None:
    setattr(letter, f"{side}_by_id", by.id)
    setattr(letter, f"{side}_at", now())


def _note(raw: str) -> str:
    missing = f"写明原因，{LEAST}–{MAX_NOTE} 字。"
    return checked_text("note", raw, MAX_NOTE, missing=missing)


def _duplicates() -> dict[str, Any]:
    there = NotNow("这次对接已经有一笔交易。", "请在「我的」→「交易」里打开。")
    return {"uq_deal_current": there}
