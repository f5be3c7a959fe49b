"""尽调: each item answered by the holder, and what an unanswered one blocks. One function a button."""

from __future__ import annotations

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.deals import announcements
from marketplace.deals.child_models import MAX_NOTE, MAX_TEXT, DealItem
from marketplace.deals.life import DILIGENCE
from marketplace.deals.models import Deal
from marketplace.deals.readiness import is_publicity_due, unanswered_items
from marketplace.deals.writing import move_deal, require_seen
from marketplace.errors import NOT_SAVED, Invalid, NotNow
from marketplace.extensions import db
from marketplace.permissions import require
from marketplace.typed_texts import LEAST, checked_text, gathered_text

CHOOSE = "请从列表里选一项。"


def answer_item(
    deal: Deal, *, code: str, has_finding: bool | None, note: str, by: Person, seen: int
) -> None:
    """答复 one item of 尽调. A related party makes publicity due for anybody, and asks for a second approver.

    Args:
        deal: at 尽调.
        code: a key of `DILIGENCE`.
        has_finding: whether there is something; None: nothing was chosen.
        note: what it is and what was done about it; obligatory where there is something.
        by: somebody of the holder.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "answer_item", by)
    if code not in DILIGENCE:
        raise Invalid(CHOOSE, problems={"code": [CHOOSE]})
    missing = (
        f"写明是什么情况、怎么处理的，{LEAST}–{MAX_TEXT} 字。" if has_finding else ""
    )
    problems: dict[str, list[str]] = {}
    note = gathered_text(problems, "note", note, MAX_TEXT, missing=missing)
    # None is not "no": an item counts as answered only where somebody has chosen.
    if has_finding is None:
        problems["has_finding"] = ["选「没有」或「有」。"]
    if problems or has_finding is None:
        raise Invalid(*NOT_SAVED, problems=problems)
    # It may be answered again until 尽调 is finished; what it was before is in the releases.
    item = deal.item_of(code)
    if item is None:
        item = DealItem(deal_id=deal.id, code=code)
        db.session.add(item)
    item.has_finding = has_finding
    item.note = note
    item.answered_by_id = by.id
    item.answered_at = now()
    # In the row as well: constraints, publicity and the number of approvers go by it.
    if code == "related_party":
        deal.related_party = has_finding
        deal.publicity_due = is_publicity_due(deal)
    move_deal(deal, "answer_item", by=by, note=code)
    persistence.commit()


def finish_diligence(deal: Deal, *, by: Person, seen: int) -> None:
    """完成尽调: every item is answered, and nothing forbids going on. Raises NotAllowed, NotNow, Stale."""
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "finish_diligence", by)
    left = unanswered_items(deal)
    if left:
        raise NotNow(f"尽调还有 {len(left)} 项没有答复。", "答完每一项才能往下走。")
    # State secrets and what may not be exported go no further here, whatever the sides agree on.
    secrecy = deal.item_of("secrecy_export")
    if secrecy is not None and secrecy.has_finding:
        raise NotNow(
            "涉及国家秘密或限制出口的技术不能在平台上继续。",
            "解密或取得许可以后改这一项的答复，否则请终止交易。",
        )
    move_deal(deal, "finish_diligence", by=by)
    announcements.announce(deal, "尽调完成，进入定价", by=by)
    persistence.commit()


def reopen_diligence(deal: Deal, *, note: str, by: Person, seen: int) -> None:
    """退回尽调: something came out later, and no price waits for approval. Raises as `finish_diligence`; Invalid."""
    require(by, "deal.hold", deal)
    require_seen(deal, seen)
    deal.life.permits(deal, "reopen_diligence", by)
    # Its approvals were counted by these answers: another one could change how many are needed.
    if deal.pending_decision is not None:
        raise NotNow("有一份定价在等审批。", "请先批准或退回。")
    move_deal(deal, "reopen_diligence", by=by, note=_checked_note(note))
    announcements.announce(deal, "退回尽调，要改答复", by=by)
    persistence.commit()


def _checked_note(raw: str) -> str:
    missing = f"写明原因，{LEAST}–{MAX_NOTE} 字。"
    return checked_text("note", raw, MAX_NOTE, missing=missing)
