"""What operators decide about claims: sent back, approved, refused, paid by another one, taken back. Commits."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.envelopes import announcements
from marketplace.envelopes.deeds import let_go
from marketplace.envelopes.models import MAX_NOTE, FundClaim
from marketplace.envelopes.writing import CHANGED, hold_claim, move_money
from marketplace.errors import NOT_SAVED, Invalid, NotAllowed, NotNow
from marketplace.permissions import Reader, reader_id, require
from marketplace.rules.queries import value_on
from marketplace.typed_texts import checked_text, gathered_text
from marketplace.wording import day as day_words
from marketplace.wording import yuan
from marketplace.workdays.queries import load_calendar

RETURN_DAYS = "claims.return_days"
MISSING = "写明理由，申领人会看到，2–500 字。"


def send_back(row: FundClaim, note: str, *, by: Reader, seen: int) -> None:
    """退回补充: the money stays reserved until the last day to hand it in again.

    Raises NotAllowed, NotNow, Stale, Invalid.
    """
    _begin(row, "send_back", by, seen)
    row.note = checked_text("note", note, MAX_NOTE, missing=MISSING)
    days = value_on(RETURN_DAYS, today()).whole
    # Stored, not computed when it is displayed: the job frees money by it, and the notice has named the day.
    row.answer_by = load_calendar().after_workdays(today(), days).day
    _finish(
        row,
        "send_back",
        by,
        f"退回补充：{row.note}",
        f"最晚 {day_words(row.answer_by)} 24:00（北京时间）补好再提交，过期释放预留的资金。",
        until=row.answer_by,
    )


def approve(
    row: FundClaim, amount_fen: int | None, note: str, *, by: Reader, seen: int
) -> None:
    """批准: the whole sum or less of it; the rest is free at once.

    Args:
        row: a claim that was handed in.
        amount_fen: 分; None: what was requested.
        note: a remark; required where it is less.
        by: an operator whom it does not concern.
        seen: its revision that they saw.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: more than was requested, or less without a reason.
    """
    _begin(row, "approve", by, seen)
    # An empty box is the whole sum; only a number can lessen it.
    granted = row.requested_fen if amount_fen is None else amount_fen
    problems: dict[str, list[str]] = {}
    if not 0 < granted <= row.requested_fen:
        most = yuan(row.requested_fen)
        problems["amount_fen"] = [f"写大于 0、不超过 {most} 元的金额。"]
    less = row.requested_fen - granted
    missing = "核定的比申领的少，写明理由。" if less > 0 else ""
    note = gathered_text(problems, "note", note, MAX_NOTE, missing=missing)
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    row.note = note
    if less:
        move_money(row.envelope, "release", less, by=by, claim=row)
    row.approved_fen = granted
    row.approved_by_id = reader_id(by)
    row.approved_at = now()
    happened = f"已批准 {yuan(granted)} 元。{row.note}"
    _finish(row, "approve", by, happened, "等另一位运营人员核对后付款。")


def refuse(row: FundClaim, note: str, *, by: Reader, seen: int) -> None:
    """不予批准. Raises NotAllowed, NotNow, Stale, Invalid."""
    _begin(row, "refuse", by, seen)
    row.note = checked_text("note", note, MAX_NOTE, missing=MISSING)
    let_go(row, by=by)
    _finish(row, "refuse", by, f"不予批准：{row.note}", "有疑问请联系平台运营方。")


def rescind(row: FundClaim, note: str, *, by: Reader, seen: int) -> None:
    """撤销批准, before it is paid. Raises NotAllowed, NotNow, Stale, Invalid."""
    _begin(row, "rescind", by, seen)
    row.note = checked_text("note", note, MAX_NOTE, missing=MISSING)
    let_go(row, by=by)
    _finish(row, "rescind", by, f"批准已撤销：{row.note}", "有疑问请联系平台运营方。")


def pay(
    row: FundClaim, paid_on: date | None, voucher: str, *, by: Reader, seen: int
) -> None:
    """记录付款: by another operator than the one who approved.

    Args:
        row: an approved claim.
        paid_on: the day on the voucher.
        voucher: its number.
        by: an operator whom it does not concern.
        seen: its revision that they saw.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    _require_second(row, by)
    hold_claim(row, seen)
    row.life.permits(row, "pay", by)
    # Again: the approval that was waited for may be their own.
    _require_second(row, by)
    problems: dict[str, list[str]] = {}
    missing = "写付款凭证号，2–100 字。"
    voucher = gathered_text(problems, "voucher", voucher, 100, missing=missing)
    if paid_on is None or paid_on > today() or paid_on < date(2020, 1, 1):
        problems["paid_on"] = ["写今天或以前的日期。"]
    if problems or paid_on is None:
        raise Invalid(*NOT_SAVED, problems=problems)
    row.voucher = voucher
    # The day on the voucher, which may be days before it is recorded here.
    move_money(row.envelope, "pay", row.granted_fen, by=by, claim=row, moved_on=paid_on)
    row.paid_on = paid_on
    row.paid_by_id = reader_id(by)
    _finish(row, "pay", by, f"已付款 {yuan(row.granted_fen)} 元", "请核对到账。")


def recover(row: FundClaim, note: str, *, by: Reader, seen: int) -> None:
    """记录退款: what was paid came back; the money is free again. Raises NotAllowed, NotNow, Stale, Invalid."""
    # By who may pay: never by who approved it.
    require(by, "claim.pay", row)
    hold_claim(row, seen)
    row.life.permits(row, "recover", by)
    row.note = checked_text("note", note, MAX_NOTE, missing=MISSING)
    move_money(
        row.envelope, "recover", row.granted_fen, by=by, claim=row, reason=row.note
    )
    # Nothing is reserved any more; its lines are let go, so that the same may be claimed for again.
    let_go(row, by=by)
    _finish(row, "recover", by, f"款项已退回：{row.note}", "")


def _require_second(row: FundClaim, by: Reader) -> None:
    # First, for the better words: the permission would only say that it is not allowed.
    if row.approved_by_id is not None and row.approved_by_id == reader_id(by):
        raise NotAllowed("批准的人不能自己付款。", "请另一位运营人员核对后付款。")
    require(by, "claim.pay", row)


def _begin(row: FundClaim, deed: str, by: Reader, seen: int) -> None:
    require(by, "claim.review", row)
    hold_claim(row, seen)
    row.life.permits(row, deed, by)


def _finish(
    row: FundClaim,
    deed: str,
    by: Reader,
    happened: str,
    to_do: str,
    *,
    until: date | None = None,
) -> None:
    row.changed_at = now()
    row.life.move(row, deed, by=by, note=row.note)
    announcements.announce_decision(row, deed, happened, to_do, until=until)
    # The revision refuses a second payment; the index does so even where something goes round this file.
    once = NotNow("这笔申领已经付过款。", "请重新打开这一页。")
    persistence.commit(stale=CHANGED, duplicates={"uq_envelope_movement_paid": once})
