"""定价: a decision with its record, those who approve it, and what begins it anew. One function a button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.deals import announcements, terms
from marketplace.deals.child_models import (
    MAX_NOTE,
    MAX_TEXT,
    DealApproval,
    DealDecision,
)
from marketplace.deals.deeds import checked_kinds
from marketplace.deals.life import EVALUATIONS, PRICING_METHODS
from marketplace.deals.models import Deal
from marketplace.deals.readiness import (
    approvals_needed,
    approves_own,
    is_publicity_due,
)
from marketplace.deals.writing import begin_anew, move_deal, require_seen
from marketplace.errors import NOT_SAVED, Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.parsing.text import too_long
from marketplace.permissions import require
from marketplace.typed_texts import LEAST, checked_text, gathered_text

MAX_ATTENDEES = 50
MAX_FEN = 10**13  # 1000 亿元: beyond is a slip of the unit
CHOOSE = "请从列表里选一项。"


@dataclass(frozen=True)
class Price:
    """What is decided on a price, as it was typed.

    Attributes:
        method, evaluation: keys of `PRICING_METHODS`, `EVALUATIONS`.
        price_fen: whole 分; None where the price is said in words only.
        met_on: the day of the meeting that decided.
        attendees: names, one each.
    """

    method: str
    price_fen: int | None
    price_text: str
    basis: str
    evaluation: str
    evaluation_note: str
    empowerment: str
    minutes: str
    met_on: date | None
    attendees: tuple[str, ...]


def decide_price(deal: Deal, price: Price, *, by: Person, seen: int) -> DealDecision:
    """提交定价: the record of what was decided, which others of the holder approve or return.

    Source: 促进科技成果转化法 art. 18 (协议定价, 挂牌交易, 拍卖).

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: something of the record lacks.
    """
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "decide_price", by)
    if deal.pending_decision is not None:
        raise NotNow("有一份定价在等审批。", "请先批准或退回。")
    values = _checked_price(deal, price)
    decision = DealDecision(
        deal_id=deal.id,
        approvals_needed=approvals_needed(deal),
        decided_by_id=by.id,
        **values,
    )
    db.session.add(decision)
    move_deal(deal, "decide_price", by=by)
    announcements.announce(deal, "定价已提交，等审批", by=by)
    persistence.commit()
    return decision


def approve_price(deal: Deal, *, by: Person, seen: int) -> None:
    """批准定价: by somebody of the holder who has not decided it; two different ones where the parties are related.

    Raises:
        NotAllowed: not of the holder's desk or administrators, or who decided it.
        NotNow: nothing waits, or they have approved already.
        Stale.
    """
    decision = _pending(deal, "approve_price", by, seen)
    # Nobody of an institution, and nobody with a related party, approves a price of their own (117).
    if decision.decided_by_id == by.id and not approves_own(deal):
        raise NotAllowed(
            "提交定价的人不能批准自己的定价。", "请本单位另一位审批人批准。"
        )
    if by.id in decision.approver_ids:
        raise NotNow("您已经批准过。", "关联交易要由另一位审批人再批准。")
    db.session.add(DealApproval(decision_id=decision.id, by_id=by.id))
    # Written and read again, for the approvals are counted below.
    with persistence.refusals():
        db.session.flush()
    db.session.expire(decision, ["approvals"])
    if len(decision.approvals) < decision.approvals_needed:
        move_deal(deal, "approve_price", by=by)
        announcements.announce(deal, "一位审批人已批准定价，还要第二位", by=by)
        persistence.commit()
        return
    move_deal(deal, "approve_price", by=by)
    decision.state = "approved"
    # In the row of the deal, where the constraints need it; the decision stays as it was approved.
    deal.pricing_method = decision.method
    deal.price_fen = decision.price_fen
    deal.price_text = decision.price_text
    # A publicity that closed earlier was of another price.
    deal.publicity_closed_on = None
    # Only now is the method known, and 挂牌 or 拍卖 needs no publicity.
    deal.publicity_due = is_publicity_due(deal)
    # By the site: it follows from the last approval, which has its own History row.
    move_deal(deal, "determine_price", by=None)
    announcements.announce(deal, "定价已批准", by=by)
    persistence.commit()


def reject_price(deal: Deal, *, note: str, by: Person, seen: int) -> None:
    """退回定价, with the reason. Raises as `approve_price`; Invalid."""
    decision = _pending(deal, "reject_price", by, seen)
    decision.rejected_note = _note(note)
    decision.state = "rejected"
    move_deal(deal, "reject_price", by=by, note=decision.rejected_note)
    announcements.announce(deal, "定价被退回，要重新提交", by=by)
    persistence.commit()


def revise_deal(
    deal: Deal,
    *,
    title: str,
    owner_type: str,
    contract_type: str,
    contract_subtype: str,
    conversion_mode: str,
    note: str,
    by: Person,
    seen: int,
) -> None:
    """改价格、对象或方式: back to the price. A publicity that ran or has closed counts no more; another one is due.

    Args:
        deal: its price is determined, and no contract is signed.
        title, owner_type, contract_type, contract_subtype, conversion_mode: as `propose_deal`.
        note: why, which both sides and the readers of the publicity read.
        by: somebody of the holder.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "revise", by)
    problems: dict[str, list[str]] = {}
    kinds = checked_kinds(
        problems,
        holder=deal.holder,
        title=title,
        owner_type=owner_type,
        contract_type=contract_type,
        contract_subtype=contract_subtype,
        conversion_mode=conversion_mode,
    )
    missing = f"写明原因，{LEAST}–{MAX_NOTE} 字。"
    reason = gathered_text(problems, "note", note, MAX_NOTE, missing=missing)
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    for name, value in kinds.items():
        setattr(deal, name, value)
    # Only after every check: a publicity that is void does not run on.
    begin_anew(deal, reason)
    move_deal(deal, "revise", by=by, note=reason)
    announcements.announce(deal, "要重新定价；需要公示的，重新公示", by=by)
    persistence.commit()


def _pending(deal: Deal, deed: str, by: Person, seen: int) -> DealDecision:
    require(by, "deal.approve", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, deed, by)
    decision = deal.pending_decision
    if decision is None:
        raise NotNow("没有等审批的定价。", "请先提交定价。")
    return decision


def _checked_price(deal: Deal, price: Price) -> dict[str, object]:
    """The record as it is stored. Raises Invalid."""
    problems: dict[str, list[str]] = {}
    if price.method not in PRICING_METHODS:
        problems["method"] = [CHOOSE]
    if price.evaluation not in EVALUATIONS:
        problems["evaluation"] = [CHOOSE]
    if price.price_fen is None and not price.price_text.strip():
        problems["price"] = ["写金额；按提成等方式计价的，在下一格写明怎么算。"]
    if price.price_fen is not None and not 0 < price.price_fen < MAX_FEN:
        problems["price"] = ["金额要大于 0，不超过 1000 亿元。"]
    if problem := terms.meeting_problem(price.met_on, deal.began_on):
        problems["met_on"] = [problem]
    names = tuple(name for name in price.attendees if name)
    if not names or len(names) > MAX_ATTENDEES:
        problems["attendees"] = [f"写出参会的人，一行一位，1–{MAX_ATTENDEES} 位。"]
    if problem := too_long(max(names, key=len, default=""), 40):
        problems["attendees"] = [f"有一位{problem}"]
    # Whoever waives an evaluation answers for it with a reason.
    reasoned = "写明为什么不评估、谁作的决定。" if price.evaluation == "waived" else ""
    texts = {}
    for name, most, missing in (
        ("price_text", 300, ""),
        (
            "basis",
            MAX_TEXT,
            f"写明定价依据（评估、比价、成本或同类交易），{LEAST}–{MAX_TEXT} 字。",
        ),
        ("evaluation_note", MAX_TEXT, reasoned),
        ("empowerment", MAX_TEXT, ""),
        ("minutes", MAX_TEXT, f"写明会议决议，{LEAST}–{MAX_TEXT} 字。"),
    ):
        # All problems at once: a form with ten boxes comes back marked only once.
        raw = getattr(price, name)
        texts[name] = gathered_text(problems, name, raw, most, missing=missing)
    if problems:
        raise Invalid("定价没有提交。", "请改好标出的几处。", problems=problems)
    return {
        "method": price.method,
        "evaluation": price.evaluation,
        "price_fen": price.price_fen,
        "met_on": price.met_on,
        "attendees": list(names),
        **texts,
    }


def _note(raw: str) -> str:
    missing = f"写明原因，{LEAST}–{MAX_NOTE} 字。"
    return checked_text("note", raw, MAX_NOTE, missing=missing)
